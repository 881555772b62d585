"""The relay under load."""
import re
import signal
import subprocess
import tempfile


class Relay:
    def __init__(self, program, options):
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [program, "relay", "--listen", "127.0.0.1:0", "--drain", "5"] + options,
            stdout=subprocess.PIPE, stderr=self._log, text=True)
        line = self._process.stdout.readline()
        found = re.match(r"listening on (127\.0\.0\.1):(\d+) ", line)
        if not found:
            raise SystemExit(f"soak: the relay said {line!r} and {''.join(self.complaints())}")
        self.address = (found[1], int(found[2]))
        self.pid = self._process.pid
        self.url = f"//{found[1]}:{found[2]}"

    def memory(self):
        """Resident memory in KiB; 0 when it is gone."""
        try:
            with open(f"/proc/{self._process.pid}/status") as status:
                return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        except (FileNotFoundError, TypeError):
            return 0

    def stop(self):
        """Its exit status on SIGTERM; a signal's is negative."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "none within 30 s"

    def complaints(self):
        """Lines of its log that a healthy relay does not write."""
        self._log.seek(0)
        marks = ("Sanitizer", "Fatal error", "runtime error", "Crash")
        return [line.rstrip()[:200] for line in self._log if any(mark in line for mark in marks)][:20]
