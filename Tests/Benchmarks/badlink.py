#!/usr/bin/env python3
"""One subscriber behind a bad link among fifty good ones: what it costs the good ones, and what it gets itself.

    badlink.py MOQT BENCH

The good ones' 99th percentile of latency is taken five times with the bad one and five times without, in turns.
"""
import asyncio
import os
import random
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Soak"))
from relay import Relay

moqt, bench = sys.argv[1:3]
TRACK = "bench-live--objects"
GOOD = 50
# 2.4 Mbit/s: more than the bad link takes.
RATE, SIZE = 250, 1200
ROUNDS = 5


class BadLink(asyncio.DatagramProtocol):
    """200 ms there and back, 2 % loss and 1 Mbit/s each way, between one client and the relay."""

    BYTES_PER_SECOND = 125_000
    QUEUE = 0.3

    def __init__(self, loop, relay):
        self.loop = loop
        self.relay = relay
        self.random = random.Random(1)
        self.client = None
        self.free = {True: 0.0, False: 0.0}

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        up = sender != self.relay
        if up:
            self.client = sender
        now = self.loop.time()
        begin = max(now, self.free[up])
        if self.random.random() < 0.02 or begin - now > self.QUEUE or self.client is None:
            return
        self.free[up] = begin + len(data) / self.BYTES_PER_SECOND
        target = self.relay if up else self.client
        self.loop.call_at(self.free[up] + 0.1, self.transport.sendto, data, target)


def bad_link(relay):
    """Runs one in a thread; its port."""
    loop = asyncio.new_event_loop()
    make = loop.create_datagram_endpoint(lambda: BadLink(loop, relay.address), local_addr=("127.0.0.1", 0))
    transport, _ = loop.run_until_complete(make)
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return transport.get_extra_info("sockname")[1]


def publish(url):
    publisher = subprocess.Popen(
        [moqt, "pub", "-k", "-q", url, TRACK, "--as", "lines", "--group-size", str(RATE), "--delivery-timeout", "2000",
         "--start", "now"], stdin=subprocess.PIPE)

    def speak():
        due = time.monotonic()
        while publisher.poll() is None:
            try:
                publisher.stdin.write(b"%d".ljust(SIZE) % time.monotonic_ns() + b"\n")
                publisher.stdin.flush()
            except (BrokenPipeError, ValueError):
                return
            due += 1 / RATE
            time.sleep(max(0, due - time.monotonic()))

    threading.Thread(target=speak, daemon=True).start()
    return publisher


class BadSubscriber:
    """Notes each object with the time at which it came."""

    def __init__(self, port):
        self.objects = []
        self.process = subprocess.Popen(
            [moqt, "sub", "-k", "-q", f"moqt://127.0.0.1:{port}", TRACK, "-F", "%g/%o\\n"], stdout=subprocess.PIPE,
            text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.objects.append((time.monotonic(), *map(int, line.strip().split("/"))))

    def end(self):
        end = time.monotonic()
        self.process.kill()
        self.process.wait()
        pauses = [b[0] - a[0] for a, b in zip(self.objects, self.objects[1:])]
        pauses.append(end - self.objects[-1][0] if self.objects else end)
        holes = sum(
            1 for a, b in zip(self.objects, self.objects[1:]) if a[1] == b[1] and b[2] != a[2] + 1)
        starts = sum(1 for a, b in zip(self.objects, self.objects[1:]) if a[1] != b[1] and b[2] != 0)
        return len(self.objects), len({group for _, group, _ in self.objects}), holes + starts, max(pauses)


def p99(relay):
    said = subprocess.run(
        [bench, "latency", str(relay.address[1]), TRACK, str(GOOD)], stdout=subprocess.PIPE, text=True, check=True).stdout
    count, median, tail, largest = said.split()
    print(f"  {count} objects: p50 {median} ms, p99 {tail} ms, max {largest} ms", flush=True)
    return float(tail)


def main():
    relay = Relay(moqt, [])
    port = bad_link(relay)
    publisher = publish("moqt:" + relay.url)
    time.sleep(1)
    alone, beside, failures = [], [], []
    for _ in range(ROUNDS):
        print("without the bad one")
        alone.append(p99(relay))
        print("with it")
        bad = BadSubscriber(port)
        beside.append(p99(relay))
        count, groups, holes, pause = bad.end()
        print(f"  the bad one: {count} objects of {groups} groups, {holes} holes, longest pause {pause:.1f} s", flush=True)
        if holes or pause > 3 or count == 0:
            failures.append("the bad one stalled or had a hole within a group")
    publisher.kill()
    ratio = statistics.median(after / before for before, after in zip(alone, beside))
    print(f"p99 of the good ones with the bad one: {ratio:.2f} times that without (median of {ROUNDS})")
    if ratio > 1.25:
        failures.append("the good ones are held up")
    status = relay.stop()
    if status != 0:
        failures.append(f"the relay ended with {status}")
    for what in failures:
        print("FAILED:", what)
    return 1 if failures else 0


sys.exit(main())
