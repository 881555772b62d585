#!/usr/bin/env python3
"""Runs every case with every peer and prints the table; ends 0 when nothing failed that a peer is not known to get wrong.

What fails is given a second round when the rest is done, alone, and says so: peers, and shared machines, may stall.

    table.py PROGRAM PREFIX [--peer TEXT] [--role TEXT] [--draft N] [--transport T] [--case TEXT] [--jobs N]
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import itertools
import sys

import aiomoqt
import aiomoqt_old
import browsers
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


def run(job):
    return [known.judged(result) for result in job.results()]


def failures(results):
    return {result.case: result.detail for result in results if result.outcome == "FAIL"}


def again(job, first):
    """The results of the second round of a job that failed in the first."""
    failed = failures(first)
    for result in run(job):
        note = f"in the second round; in the first: {failed[result.case]}" if result.case in failed else result.detail
        yield dataclasses.replace(result, detail=note) if result.outcome == "ok" else result


def main():
    ours.program = options.program
    root.prepare(options.prefix)
    jobs = [job for job in itertools.chain(aiomoqt.jobs(), aiomoqt_old.jobs(), moqffi.jobs(), browsers.jobs()) if wanted(job)]
    print(HEADER, flush=True)
    outcomes = collections.Counter()

    def show(results):
        for result in results:
            outcomes[result.outcome] += 1
            print(result.line(), flush=True)

    failed = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for job, results in zip(jobs, pool.map(run, jobs)):
            if failures(results):
                failed.append((job, results))
            else:
                show(results)
    for job, results in failed:
        show(again(job, results))
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "no such case")
    known.explain(sys.stdout)
    sys.exit(1 if outcomes["FAIL"] or not outcomes else 0)


main()
