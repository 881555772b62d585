"""Those who use the relay, and those who abuse it."""
import os
import signal
import socket
import subprocess
import time
import zlib

# Statuses of a process that crashed, as subprocess tells them.
CRASHES = {-signal.SIGILL, -signal.SIGTRAP, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGSEGV}
# A line is this long and comes this often.
LINE_SIZE = 300
LINE_PAUSE = 0.1


def line(track, life, number):
    text = f"{track} {life} {number} ".ljust(LINE_SIZE, "x")
    return f"{text} {zlib.crc32(text.encode()):08x}\n".encode()


class Slot:
    """A place for one process after another."""

    def __init__(self, crowd):
        self.crowd = crowd
        self.process = None

    def start(self, arguments, **pipes):
        scheme = self.crowd.schedule.random.choice(["moqt:", "https:"])
        self.process = subprocess.Popen(
            [self.crowd.program] + [scheme + word if word.startswith("//") else word for word in arguments],
            stderr=subprocess.DEVNULL, **pipes)

    def signal(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def reap(self):
        """Waits for its end and counts how it ended."""
        if not self.process:
            return
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "none within 20 s"
        mark = "WRONG: " if status in CRASHES else ""
        self.crowd.tally[f"{mark}{self.crowd.name} ended with {status}"] += 1
        self.process = None


class Crowd:
    def __init__(self, name, schedule, program, url, tally):
        self.name = name
        self.schedule = schedule
        self.program = program
        self.url = url
        self.tally = tally
        self.slots = []

    def leave(self):
        """All at once: half of them without a word."""
        for slot in self.slots:
            slot.signal(signal.SIGCONT)
            slot.signal(self.schedule.random.choice([signal.SIGINT, signal.SIGKILL]))
        for slot in self.slots:
            slot.close()
            slot.reap()


class Publisher(Slot):
    def __init__(self, crowd, track):
        super().__init__(crowd)
        self.track = track
        self.live()

    def live(self):
        # A restart does not use a location again.
        self.life, self.number = int(time.time() * 1000), 0
        options = self.crowd.schedule.random.choice([[], [], ["--publish"], ["--announce", "never", "--publish"]])
        self.start(
            ["pub", "-k", "-q", self.crowd.url, self.track, "--as", "lines", "--group-size", "20", "--first-group",
             str(self.life)] + options, stdin=subprocess.PIPE)
        os.set_blocking(self.process.stdin.fileno(), False)
        end = self.crowd.schedule.random.choice([self.finish, self.kill, self.stall, self.interrupt])
        self.crowd.schedule.between(5, 60, end)
        self.crowd.schedule.after(LINE_PAUSE, self.speak)

    def speak(self):
        if not self.process or self.process.poll() is not None or self.process.stdin.closed:
            return
        try:
            # Smaller than what a pipe takes whole or not at all.
            os.write(self.process.stdin.fileno(), line(self.track, self.life, self.number))
            self.number += 1
        except (BlockingIOError, BrokenPipeError):
            pass
        self.crowd.schedule.after(LINE_PAUSE, self.speak)

    def close(self):
        if self.process:
            self.process.stdin.close()

    def finish(self):
        """The input ends, and so does the track."""
        self.close()
        self.crowd.schedule.after(2, self.renew)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.crowd.schedule.between(0, 4, self.renew)

    def interrupt(self):
        self.signal(signal.SIGINT)
        self.crowd.schedule.between(0, 4, self.renew)

    def stall(self):
        self.signal(signal.SIGSTOP)
        self.crowd.schedule.between(1, 15, self.go_on)

    def go_on(self):
        self.signal(signal.SIGCONT)
        self.crowd.schedule.between(1, 5, self.kill)

    def renew(self):
        self.close()
        self.signal(signal.SIGKILL)
        self.reap()
        self.live()


class Publishers(Crowd):
    def __init__(self, schedule, program, url, count, tally):
        super().__init__("publishers", schedule, program, url, tally)
        self.tracks = [f"soak-{number}--lines" for number in range(count)]
        self.slots = [Publisher(self, track) for track in self.tracks]


class Subscriber(Slot):
    def __init__(self, crowd):
        super().__init__(crowd)
        crowd.schedule.between(0, 10, self.live)

    def live(self):
        random = self.crowd.schedule.random
        self.rest, self.seen, self.has_stalled = b"", None, False
        start = random.choice([["--from", "now"], ["--from", "next"], ["--from", "-1"], ["--join", "2"]])
        draft = random.choice([[], [], ["--draft", str(random.randint(14, 22))]])
        self.options = start + draft
        self.start(
            ["sub", "-k", "-q", self.crowd.url, random.choice(self.crowd.tracks), "--as", "lines", "--wait", "5"]
            + self.options, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.crowd.schedule.watch(self.process.stdout, self.read)
        self.crowd.schedule.between(
            1, 40, random.choice([self.interrupt, self.interrupt, self.kill, self.kill, self.stall]))

    def read(self):
        try:
            some = os.read(self.process.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return
        if not some:
            return self.close()
        *lines, self.rest = (self.rest + some).split(b"\n")
        for text in lines:
            self.check(text)

    def check(self, text):
        self.crowd.tally["lines received"] += 1
        body, _, checksum = text.rpartition(b" ")
        if b"%08x" % zlib.crc32(body) != checksum:
            self.crowd.tally["WRONG: lines with a wrong checksum"] += 1
            return
        _, life, number = body.split()[:3]
        if self.seen and self.seen[0] == life and int(number) != self.seen[1] + 1:
            self.crowd.tally["WRONG: lines missing or out of order"] += 1
            words = " ".join(self.options + ["stalled"] * self.has_stalled)
            print(f"after line {self.seen[1]} came {text[:40].decode()}: sub {words}", flush=True)
        self.seen = (life, int(number))

    def close(self):
        if self.process and not self.process.stdout.closed:
            self.crowd.schedule.unwatch(self.process.stdout)
            self.process.stdout.close()

    def interrupt(self):
        self.signal(signal.SIGINT)
        self.crowd.schedule.after(1, self.renew)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.renew()

    def stall(self):
        self.has_stalled = True
        self.signal(signal.SIGSTOP)
        self.crowd.schedule.between(1, 20, self.go_on)

    def go_on(self):
        self.signal(signal.SIGCONT)
        self.crowd.schedule.between(1, 5, self.interrupt)

    def renew(self):
        self.signal(signal.SIGKILL)
        self.close()
        self.reap()
        self.live()


class Subscribers(Crowd):
    def __init__(self, schedule, program, url, count, tracks, tally):
        super().__init__("subscribers", schedule, program, url, tally)
        self.tracks = tracks
        self.slots = [Subscriber(self) for _ in range(count)]


class Stranger(Slot):
    """Breaks the protocol within a session."""

    def __init__(self, crowd):
        super().__init__(crowd)
        crowd.schedule.after(1, self.live)

    def live(self):
        self.reap()
        self.start(
            ["interop", "--tls-disable-verify", "-r", self.crowd.url, "-t", "malformed", "--draft",
             str(self.crowd.schedule.random.randint(14, 22))], stdout=subprocess.DEVNULL)
        self.crowd.schedule.between(2, 6, self.live)

    def close(self):
        pass


class Strangers(Crowd):
    def __init__(self, schedule, program, url, tally):
        super().__init__("malformed sessions", schedule, program, url, tally)
        self.slots = [Stranger(self)]


class Rubbish:
    """Datagrams that are no QUIC, or almost."""

    def __init__(self, schedule, address, tally):
        self.schedule = schedule
        self.address = address
        self.tally = tally
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        schedule.after(0.1, self.send)

    def send(self):
        random = self.schedule.random
        for _ in range(random.randint(1, 40)):
            packet = bytearray(random.randbytes(random.choice([1, 20, 60, 1200, 1400])))
            if random.random() < 0.5 and len(packet) > 6:
                # A long header of QUIC version 1.
                packet[:6] = bytes([0xC0 | random.randint(0, 63), 0, 0, 0, 1, random.randint(0, 20)])
            self.socket.sendto(packet, self.address)
            self.tally["datagrams of rubbish"] += 1
        self.schedule.after(0.2, self.send)

    def leave(self):
        self.socket.close()
