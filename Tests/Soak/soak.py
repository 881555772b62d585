#!/usr/bin/env python3
"""Publishers and subscribers that join, leave, die, stall, come back and send rubbish; the relay has to outlive them.

    soak.py PROGRAM [--relay PROGRAM] [--seconds N] [--publishers N] [--subscribers N] [--seed N] [RELAY OPTION]...

There are two rounds of load. After each everybody leaves, and the relay is given the time in which it may forget them;
its memory then must be the same both times, within a tenth, and it must say that it holds nothing. Every line that arrives is checked: it has a checksum, and
within one life of its publisher no line is missing. Ends 0 when the relay did, on SIGTERM, and all that was so.
"""
import argparse
import collections
import sys
import time

from crowd import Publishers, Rubbish, Strangers, Subscribers
from relay import Relay
from schedule import Schedule

# What the relay may keep of somebody who vanished: idle timeout, then the time for a successor, and a little.
FORGETTING = 10 + 60 + 8

arguments = argparse.ArgumentParser()
arguments.add_argument("program")
arguments.add_argument("--relay", help="the program that relays, if another")
arguments.add_argument("--seconds", type=float, default=600, help="of the whole, two times of forgetting included")
arguments.add_argument("--publishers", type=int, default=20)
arguments.add_argument("--subscribers", type=int, default=200)
arguments.add_argument("--seed", type=int, default=int(time.time()))
options, relay_options = arguments.parse_known_args()


def slope(samples):
    """KiB a minute, by least squares."""
    count = len(samples)
    if count < 2:
        return 0.0
    mean_time = sum(at for at, _ in samples) / count
    mean_size = sum(size for _, size in samples) / count
    spread = sum((at - mean_time) ** 2 for at, _ in samples)
    return 60 * sum((at - mean_time) * (size - mean_size) for at, size in samples) / spread


def load(schedule, relay, seconds, tally):
    """A round of load; returns the relay's memory in it, as (seconds, KiB)."""
    publishers = Publishers(schedule, options.program, relay.url, options.publishers, tally)
    crowd = [
        publishers,
        Subscribers(schedule, options.program, relay.url, options.subscribers, publishers.tracks, tally),
        Strangers(schedule, options.program, relay.url, tally),
        Rubbish(schedule, relay.address, tally),
    ]
    samples = []

    def sample():
        samples.append((time.monotonic(), relay.memory()))
        schedule.after(1, sample)

    sample()
    schedule.run(seconds)
    for actors in crowd:
        actors.leave()
    schedule.clear()
    return samples


def forgetting(schedule, relay):
    """What the relay holds when it has had the time to forget everybody, in KiB."""
    schedule.run(FORGETTING)
    return relay.memory()


def main():
    print(f"soak: seed {options.seed}, {options.publishers} publishers, {options.subscribers} subscribers", flush=True)
    tally = collections.Counter()
    schedule = Schedule(options.seed)
    relay = Relay(options.relay or options.program, ["--idle-timeout", "10", "--cache-time", "10"] + relay_options)
    held, wrong = [], []
    for round_number in (1, 2):
        samples = load(schedule, relay, max(10, options.seconds / 2 - FORGETTING), tally)
        held.append(forgetting(schedule, relay))
        left = relay.held()
        if left:
            wrong.append(f"after round {round_number} the relay still has {left}")
        peak = max(size for _, size in samples)
        print(f"round {round_number}: at most {peak} KiB, {held[-1]} KiB when all had left", flush=True)
    half = samples[len(samples) // 2:]
    print(f"slope over the last half of the load: {slope(half):+.0f} KiB a minute")
    status = relay.stop()
    for what, count in sorted(tally.items()):
        print(f"{count:8} {what}")
    wrong += [what for what in tally if what.startswith("WRONG")]
    if status != 0:
        wrong.append(f"the relay ended with status {status}")
    if held[1] > held[0] * 1.1:
        wrong.append(f"the relay holds {held[1]} KiB after the second round, {held[0]} KiB after the first")
    wrong += relay.complaints()
    for what in wrong:
        print(f"soak: {what}")
    print("soak: FAILED" if wrong else "soak: ok")
    return 1 if wrong else 0


sys.exit(main())
