#!/usr/bin/env python3
"""Runs every case with every peer and prints the table; ends 0 when nothing failed that a peer is not known to get wrong.

    table.py PROGRAM PREFIX [--peer TEXT] [--role TEXT] [--draft N] [--transport T] [--case TEXT] [--jobs N]
"""
import argparse
import collections
import concurrent.futures
import itertools
import sys

import aiomoqt
import aiomoqt_old
import chromium
import known
import moqffi
import ours
import root
from results import HEADER

arguments = argparse.ArgumentParser()
arguments.add_argument("program")
arguments.add_argument("prefix")
for name in ["peer", "role", "draft", "transport", "case"]:
    arguments.add_argument(f"--{name}", help="only those with this in their name", default="")
arguments.add_argument("--jobs", type=int, default=2, help="how many at a time")
options = arguments.parse_args()


def wanted(job):
    return all(
        text in str(getattr(job, name)) for name in ["peer", "role", "draft", "transport", "case"]
        if (text := getattr(options, name)))


def main():
    ours.program = options.program
    root.prepare(options.prefix)
    jobs = [job for job in itertools.chain(aiomoqt.jobs(), aiomoqt_old.jobs(), moqffi.jobs(), chromium.jobs()) if wanted(job)]
    print(HEADER, flush=True)
    outcomes = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for results in pool.map(lambda job: list(job.results()), jobs):
            for result in map(known.judged, results):
                outcomes[result.outcome] += 1
                print(result.line(), flush=True)
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "no such case")
    known.explain(sys.stdout)
    sys.exit(1 if outcomes["FAIL"] or not outcomes else 0)


main()
