"""Run many seeds on two processes: `python -m tests.flow.simulate 1000`, `--seed K` for one story, `--faults`."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections import Counter
from functools import partial

import structlog

from tests.flow.faults import FAULTS, planted
from tests.flow.run import Result, run
from tests.flow.world import donggang

WORKERS = 2
STORY_LINES = 150


def quiet() -> None:
    """Let the shell's own alarms be silent: thousands of faults are played here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def _work() -> None:
    """Make a worker ready: the city is never looked through for garbage, and the rest seldom."""
    quiet()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def one(seed: int, fault: str | None = None) -> Result:
    """Run one seed, with a planted fault if one is named."""
    if fault is None:
        return run(seed)
    with planted(fault):
        return run(seed)


def tell(seed: int, fault: str | None, lines: int = STORY_LINES) -> Result:
    """Run one seed and print the end of its story."""
    story: list[str] = []
    if fault is None:
        result = run(seed, tell=story.append)
    else:
        with planted(fault):
            result = run(seed, tell=story.append)
    if result.findings:
        print(*story[-lines:], sep="\n")
    for finding in result.findings:
        print(f"!! {finding}")
    print(f"seed {seed}: {result.facts} facts, {result.steps} steps, {dict(result.counts)}, digest {result.digest}")
    return result


def pool() -> multiprocessing.pool.Pool:
    """Make the worker processes; the city is loaded before, once."""
    donggang()
    return multiprocessing.get_context("fork").Pool(WORKERS, initializer=_work)


def simulate(first: int, count: int) -> list[Result]:
    """Run seeds with a progress bar; returns those that broke something."""
    bad: list[Result] = []
    totals: Counter[str] = Counter()
    facts, began = 0, time.monotonic()
    with pool() as workers:
        for n, result in enumerate(workers.imap_unordered(one, range(first, first + count)), 1):
            facts += result.facts
            totals.update(result.counts)
            if result.findings:
                bad.append(result)
            _progress(n, count, began, f"{facts} facts, {len(bad)} bad")
    print(f"\n{count} seeds, {facts} facts, {time.monotonic() - began:.0f} s: {len(bad)} bad")
    print(", ".join(f"{what} {n}" for what, n in sorted(totals.items())))
    return sorted(bad, key=lambda result: result.seed)


def _progress(n: int, count: int, began: float, what: str) -> None:
    if sys.stdout.isatty() or n % max(1, count // 10) == 0:
        full = n * 30 // count
        left = (time.monotonic() - began) / n * (count - n)
        print(f"\r[{'#' * full}{'.' * (30 - full)}] {n}/{count} {what}, {left:.0f} s left ", end="", flush=True)


def table(count: int) -> dict[str, int]:
    """Print in how many of the first seeds each planted fault is caught."""
    caught: dict[str, int] = {}
    with pool() as workers:
        for name in FAULTS:
            results = workers.map(partial(one, fault=name), range(count))
            bad = [result for result in results if result.findings]
            caught[name] = len(bad)
            said = bad[0].findings[0][:90] if bad else ""
            print(f"{name:38s} {len(bad):3d} of {count}  {said}", flush=True)
    return caught


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="run this one and tell its story if it breaks")
    parser.add_argument("--fault", choices=sorted(FAULTS), help="with --seed: plant this fault")
    parser.add_argument("--faults", action="store_true", help="show in how many seeds each planted fault is caught")
    asked = parser.parse_args()
    quiet()
    if asked.faults:
        return int(any(n == 0 for n in table(asked.seeds).values()))
    if asked.seed is not None:
        return int(bool(tell(asked.seed, asked.fault).findings))
    bad = simulate(asked.first, asked.seeds)
    if bad:
        tell(bad[0].seed, None)
        print(f"bad seeds: {[result.seed for result in bad]}; again with: make simulate SEED={bad[0].seed}")
    return int(bool(bad))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
