#!/usr/bin/env python3
"""What connections cost the relay: memory when idle, and CPU time per handshake beside ngtcp2's own example server.

    connections.py MOQT BENCH [--connections N] [--handshakes N] [--server GTLSSERVER]

While the handshakes are made, a live track goes through the relay and every line of it must arrive. Then packets that
begin connections that nobody goes on with are sent: they must leave no state, and get at most three times their size in
answers (RFC 9000, 8.1).
"""
import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Soak"))
from relay import Relay

arguments = argparse.ArgumentParser()
arguments.add_argument("moqt")
arguments.add_argument("bench")
arguments.add_argument("--connections", type=int, default=10000)
arguments.add_argument("--handshakes", type=int, default=5000)
arguments.add_argument("--server", help="ngtcp2's example server for GnuTLS")
options = arguments.parse_args()
failures = []

# A process may have so many clients: each has a socket and a watch of routes.
PER_PROCESS = 2500
TICKS = os.sysconf("SC_CLK_TCK")


def expect(condition, what):
    print(("ok: " if condition else "FAILED: ") + what, flush=True)
    if not condition:
        failures.append(what)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class LiveTrack:
    """A line every 10 ms from a publisher through the relay to a subscriber; every one must arrive."""

    def __init__(self, url):
        name = "bench-live--lines"
        self.subscriber = subprocess.Popen(
            [options.moqt, "sub", "-k", "-q", url, name, "--as", "lines", "--wait", "20"], stdout=subprocess.PIPE)
        self.publisher = subprocess.Popen(
            [options.moqt, "pub", "-k", "-q", url, name, "--as", "lines", "--group-size", "100"], stdin=subprocess.PIPE)
        self.sent = 0
        self.going = True
        self.thread = threading.Thread(target=self.speak)
        self.thread.start()

    def speak(self):
        while self.going:
            self.publisher.stdin.write(b"line %d\n" % self.sent)
            self.publisher.stdin.flush()
            self.sent += 1
            time.sleep(0.01)

    def end(self):
        self.going = False
        self.thread.join()
        self.publisher.stdin.close()
        received = self.subscriber.communicate()[0].split(b"\n")[:-1]
        whole = received == [b"line %d" % number for number in range(self.sent)]
        expect(
            whole and self.publisher.wait() == 0 and self.subscriber.wait() == 0,
            f"the live track lost nothing: {len(received)} of {self.sent} lines")


def handshakes(port, alpn, pid):
    """Handshakes per CPU second of the process."""
    before = cpu_seconds(pid)
    said = subprocess.run(
        [options.bench, "handshakes", str(port), alpn, str(options.handshakes)], stdout=subprocess.PIPE, text=True,
        check=True).stdout
    complete = int(said.split()[0])
    expect(complete == options.handshakes, f"{alpn}: {said.strip()}")
    # The last connections are being closed.
    time.sleep(1)
    return complete / (cpu_seconds(pid) - before)


def example_server():
    """ngtcp2's example server for GnuTLS with a certificate like the relay's; its port."""
    work = tempfile.mkdtemp()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", f"{work}/key.pem", "-out", f"{work}/cert.pem"], check=True,
        stderr=subprocess.DEVNULL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [options.server, "-q", "127.0.0.1", str(port), f"{work}/key.pem", f"{work}/cert.pem"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    return process, port


def measure_handshakes(relay):
    live = LiveTrack("moqt:" + relay.url)
    time.sleep(1)
    ours = []
    theirs = []
    example = example_server() if options.server else None
    for _ in range(3):
        ours.append(handshakes(relay.address[1], "moqt-22", relay.pid))
        if example:
            theirs.append(handshakes(example[1], "h3", example[0].pid))
    live.end()
    print("handshakes per CPU second: the relay", *(f"{rate:.0f}" for rate in ours))
    if example:
        example[0].kill()
        print("handshakes per CPU second: ngtcp2's example", *(f"{rate:.0f}" for rate in theirs))
        ratio = sorted(ours)[1] / sorted(theirs)[1]
        expect(ratio >= 0.8, f"{ratio:.2f} times ngtcp2's example server (median of three)")


def measure_memory(relay):
    before = relay.memory()
    publisher = subprocess.Popen(
        [options.moqt, "pub", "-k", "-q", "moqt:" + relay.url, "bench-idle--lines", "--as", "lines"],
        stdin=subprocess.PIPE)
    crowds = []
    left = options.connections
    while left > 0:
        count = min(left, PER_PROCESS)
        crowd = subprocess.Popen(
            [options.bench, "subscribe", str(relay.address[1]), "bench-idle--lines", str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print(crowd.stdout.readline().strip(), flush=True)
        crowds.append(crowd)
        left -= count
    time.sleep(2)
    each = (relay.memory() - before) / options.connections
    expect(each <= 150, f"{each:.1f} KiB for each of {options.connections} idle subscribed connections")
    for crowd in crowds:
        lost = crowd.communicate("\n")[0].split()
        expect(lost[:1] == ["0"], f"{' '.join(lost)} of a crowd")
    publisher.kill()


def measure_flood(relay, count=20000):
    """Clients that say hello, each from a port of its own, and never another word."""
    before = relay.memory()
    said = subprocess.run(
        [options.bench, "flood", str(relay.address[1]), "moqt-22", str(count)], stdout=subprocess.PIPE, text=True,
        check=True).stdout.strip()
    worst = float(re.search(r"at most ([\d.]+) times", said)[1])
    expect(worst <= 3, said)
    grown = relay.memory() - before
    expect(grown < 16384, f"{grown} KiB more after {count} first flights without a second")


def with_relay(measure):
    """Each measure has a relay of its own, so that none finds memory that another has had."""
    limits = ["--max-connections", "20000", "--max-connections-per-address", "20000"]
    relay = Relay(options.moqt, ["--idle-timeout", "300"] + limits)
    measure(relay)
    expect(relay.stop() == 0, "the relay ended with status 0")


def main():
    with_relay(measure_memory)
    with_relay(measure_handshakes)
    with_relay(measure_flood)
    return 1 if failures else 0


signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
