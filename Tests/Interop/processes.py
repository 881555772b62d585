"""Children that are bounded in time and leave nothing behind."""
import os
import re
import signal
import subprocess
import tempfile
import threading
import time


class Timeout(Exception):
    """A child did not say or do in time what it should."""


class Child:
    """A process in a group of its own, whose output is collected."""

    def __init__(self, command, stdin=None, environment=None, ends=True):
        """`stdin`: what it reads; unless that `ends`, there seems to be more to come."""
        self.command = command
        self.out = bytearray()
        self.err = bytearray()
        self._changed = threading.Condition()
        source = subprocess.DEVNULL
        if stdin is not None and ends:
            source = tempfile.TemporaryFile()
            source.write(stdin)
            source.seek(0)
        elif stdin is not None:
            source = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, **(environment or {})})
        if source is subprocess.PIPE:
            self.process.stdin.write(stdin)
            self.process.stdin.flush()
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in [(self.process.stdout, self.out), (self.process.stderr, self.err)]]
        for reader in self._readers:
            reader.start()

    def _read(self, source, into):
        while chunk := os.read(source.fileno(), 65536):
            with self._changed:
                into += chunk
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, pattern, limit=15):
        """The match of `pattern` in what was said on either output, once it is there."""
        deadline = time.monotonic() + limit
        with self._changed:
            while True:
                for text in (self.out, self.err):
                    if found := re.search(pattern, text.decode(errors="replace")):
                        return found
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not any(r.is_alive() for r in self._readers)):
                    raise Timeout(f"no {pattern!r}: {self.last_words()}")
                self._changed.wait(min(left, 0.2))

    def finish(self, limit=30):
        """Waits for the end; its status."""
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Timeout(f"it did not end within {limit} s: {self.last_words()}") from None
        for reader in self._readers:
            reader.join(5)
        return status

    def last_words(self):
        """The last line that it said on stderr, or else on stdout."""
        lines = (self.err.decode(errors="replace") or self.out.decode(errors="replace")).strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def kill(self):
        """Ends it and its own children, if they still run."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
