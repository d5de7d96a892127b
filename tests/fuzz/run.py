"""Damage records and requests by the thousand: `python -m tests.fuzz.run --records 10000 --requests 10000 [--seed k]`.

Four of ten records are facts on the state streams, each reader's in a cell of its own; the others come from outside.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import control
from deploy.local.resolver import Backing, local_stack
from tests.flow.simulate import quiet
from tests.fuzz import facts
from tests.fuzz.records import Outside
from tests.fuzz.requests import Requests
from tests.fuzz.stand import furnish, running, unready
from tests.fuzz.tally import Tally

CASES = 48
STEPS = 3500
"""How long the five services live before their facts are taken down."""


def throw(
    backing: Backing, folder: Path, records: int, requests: int, seed: int, *, cases: int, steps: int
) -> dict[str, Tally]:
    """Throw damaged facts, records and requests at the services; returns what became of them."""
    tallies = {"facts on the state streams": facts.run(backing, records * 4 // 10, seed, steps=steps)}
    with running(backing, folder) as city:
        office = furnish(city, cases)
        tallies["records of outside parties"] = outside = Outside(city, office, seed).run(records - records * 4 // 10)
        for service, why in unready(city).items():
            outside.find(f"{service} is not ready: {why}")
        tallies["requests"] = asked = Requests(city, office, seed).run(requests)
        verdict = city.audit()
        if not verdict.ok:
            asked.find(f"the auditor found {verdict.as_json()}")
    return tallies


@contextmanager
def _servers() -> Iterator[tuple[Backing, Path]]:
    with tempfile.TemporaryDirectory(prefix="sidan-fuzz-") as folder:
        servers = Path(folder) / "servers"
        try:
            with local_stack(servers, "test") as backing:
                yield backing, Path(folder) / "city"
        finally:
            control.erase(servers)


def main() -> int:
    """Run what the command line asks for; returns 1 if anything was lost, stuck or answered by 5xx."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    quiet()
    began = time.monotonic()
    with _servers() as (backing, folder):
        tallies = throw(backing, folder, asked.records, asked.requests, asked.seed, cases=CASES, steps=STEPS)
    for title, tally in tallies.items():
        tally.show(title)
    bad = sum(len(tally.findings) for tally in tallies.values())
    count, spent = sum(tally.total() for tally in tallies.values()), time.monotonic() - began
    print(f"\nseed {asked.seed}, {count} in all, {spent:.0f} s: {bad} findings")
    return int(bad > 0)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
