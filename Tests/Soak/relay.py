"""The relay under load."""
import re
import signal
import subprocess
import tempfile
import urllib.request


class Relay:
    def __init__(self, program, options):
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [program, "relay", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--drain", "5"] + options,
            stdout=subprocess.PIPE, stderr=self._log, text=True)
        listening = self._said(r"listening on (127\.0\.0\.1):(\d+) ")
        self.address = (listening[1], int(listening[2]))
        self._http = self._said(r"serving (http://\S+)")[1]
        self.pid = self._process.pid
        self.url = f"//{listening[1]}:{listening[2]}"

    def _said(self, pattern):
        line = self._process.stdout.readline()
        found = re.match(pattern, line)
        if not found:
            raise SystemExit(f"soak: the relay said {line!r}")
        return found

    def held(self):
        """What it says that it holds: metrics that should be 0 when everybody has left, and are not."""
        with urllib.request.urlopen(self._http + "metrics", timeout=10) as answer:
            values = re.findall(r"^(moqt_\w+)(?:\{.*\})? (\d+)$", answer.read().decode(), re.MULTILINE)
        gauges = [
            "connections", "handshakes", "sessions", "subscriptions", "publications", "fetches", "tracks", "namespaces",
            "cache_bytes", "cache_objects",
        ]
        return {name: int(value) for name, value in values if name.removeprefix("moqt_") in gauges and value != "0"}

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
