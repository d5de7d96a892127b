"""Kill a running city at random under load, let it come to rest, and count what was lost, twice, disordered, stuck."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from deploy.audit import Verdict, audit
from deploy.local.pulse import hindrances
from tests.faults.clients import Clients, Told
from tests.faults.counting import Count, count, unsettled
from tests.faults.planted import plant_all
from tests.faults.stand import Stand, stand
from tests.faults.strikes import Hand, Struck, draw

Tell = Callable[[str], None]
RATE = (8.0, 30.0)
"""Reports per second within a burst."""
RESTS_WITHIN = 180.0
"""Seconds after the last strike within which the city must be ready and have nothing under way."""


@dataclass
class Result:
    """One run."""

    seed: int
    seconds: float
    rest: float
    struck: Struck
    restarts: int
    told: Told
    unanswered: int
    found: Count
    verdict: Verdict
    caught: dict[str, bool]
    """Planted fault -> whether it was counted; empty where none was planted."""

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        is_clean = self.verdict.ok and not any(self.found.figures().values()) and not self.told.failures
        return is_clean and all(self.caught.values())

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "ok": self.ok,
            "seed": self.seed,
            "seconds": round(self.seconds),
            "rest_seconds": round(self.rest, 1),
            "kills": sum(self.struck.kills.values()),
            "by_victim": dict(self.struck.kills),
            "others": dict(self.struck.others),
            "missed": self.struck.missed,
            "restarts": self.restarts,
            "outside": dict(self.told.counts),
            "facts": self.found.facts,
            "records": self.found.records,
            "repeats": self.found.repeats,
            **self.found.figures(),
            "unanswered": self.unanswered,
            "failures": dict(self.told.failures),
            "planted": self.caught,
            "auditor": {"ok": self.verdict.ok, "reports": self.verdict.reports, "outcomes": self.verdict.outcomes,
                        "found": self.verdict.by_kind()},
        }  # fmt: skip


def run(kills: int, seconds: float, seed: int, tell: Tell, *, holds: bool = False, plants: bool = False) -> Result:
    """Do all of it.

    `holds`: a city in which something is wrong is kept up for a look until Ctrl-C. `plants`: afterwards faults are
    planted in what is left, to see that they are counted.
    """
    with stand(tell) as city:
        if not city.rooms:
            tell("full disks are left out: mounting is not possible here")
        result = asyncio.run(_run(city, kills, seconds, seed, tell, plants))
        if holds and not result.ok:
            show(result)
            tell(f"held in {city.folder}, database {city.stack.dsns['admin']}; Ctrl-C ends it")
            with suppress(KeyboardInterrupt):
                signal.pause()
        return result


async def _run(city: Stand, kills: int, seconds: float, seed: int, tell: Tell, plants: bool) -> Result:
    rng = random.Random(seed)
    strikes = draw(rng, kills, seconds, has_rooms=bool(city.rooms))
    hand = Hand(city, rng, lambda _: None)
    clients = Clients(city, random.Random(seed + 1), RATE)
    began = time.monotonic()
    async with clients:
        await _until_answered(clients, 60)
        began = time.monotonic()
        try:
            tasks = []
            for n, strike in enumerate(strikes, 1):
                await asyncio.sleep(max(0.0, strike.at - (time.monotonic() - began)))
                tasks.append(asyncio.create_task(hand.strike(strike)))
                _show(n, len(strikes), began, seconds, f"{strike.kind} {strike.victim}", clients)
            await asyncio.gather(*tasks)
        finally:
            hand.undo()
        struck_at = time.monotonic()
        unanswered = await clients.finish(RESTS_WITHIN)
        await _rest(city, struck_at + RESTS_WITHIN, tell)
        rest = time.monotonic() - struck_at
        tell(f"at rest after {rest:.0f} s")
    stack = city.stack

    async def look() -> Count:
        return await count(stack.dsns["admin"], stack.kafka, city.city.code, clients.told)

    found = await look()
    found.stuck += [f"{unanswered} messages of clients unanswered"] if unanswered else []
    found.stuck += [f"{n} not ready: {why}" for n, url in stack.services.items() if (why := hindrances(url))]
    verdict = await audit(stack.dsns["auditor"], stack.kafka, city.city.code)
    seconds = time.monotonic() - began
    caught = await plant_all(stack.dsns["admin"], stack.kafka, city.city.code, found, look) if plants else {}
    return Result(seed, seconds, rest, hand.struck, city.restarts(), clients.told, unanswered, found, verdict, caught)


async def _until_answered(clients: Clients, within: float) -> None:
    """Return once the first orders are worked on: strikes shall meet a city at work."""
    async with asyncio.timeout(within):
        while clients.told.counts["replies"] < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def _rest(city: Stand, until: float, tell: Tell) -> None:
    """Wait until all is ready and nothing is under way at three looks in a row."""
    stack, calm, why = city.stack, 0, ["not looked"]
    while calm < 3 and time.monotonic() < until:
        try:
            why = [f"{name}: {w}" for name, url in stack.services.items() for w in hindrances(url)]
            why += await unsettled(stack.dsns["admin"], stack.kafka, city.city.code)
        except Exception as error:
            why = [repr(error)[:100]]
        calm = calm + 1 if not why else 0
        await asyncio.sleep(1)
    if calm < 3:
        tell(f"no rest: {why}")


def _show(n: int, of: int, began: float, seconds: float, what: str, clients: Clients) -> None:
    if sys.stdout.isatty() or n % max(1, of // 20) == 0 or n == of:
        full, told = n * 30 // of, clients.told.counts
        reports = told["reports by topic"] + told["reports by HTTP"]
        print(
            f"\r[{'#' * full}{'.' * (30 - full)}] {n}/{of} {what:22s} {reports} reports, {clients.waiting} waiting, "
            f"{max(0.0, seconds - (time.monotonic() - began)):.0f} s left ",
            end="" if sys.stdout.isatty() else "\n", flush=True,
        )  # fmt: skip


def show(result: Result) -> None:
    """Print the table, what was found, and the JSON line."""
    console = Console()
    table = Table("strike", "times", title=f"seed {result.seed}")
    for what, n in (*result.struck.kills.items(), *result.struck.others.items()):
        table.add_row(what if " " in what or what == "jump" else f"kill -9 {what}", str(n))
    console.print()
    console.print(table)
    figures = Table("lost", "twice", "out of order", "stuck", "auditor")
    figures.add_row(*(str(n) for n in result.found.figures().values()), str(result.verdict.by_kind() or "ok"))
    console.print(figures)
    for name, is_caught in result.caught.items():
        print(f"planted: {name}: {'counted' if is_caught else 'NOT COUNTED'}")
    for name in ("lost", "twice", "disordered", "stuck"):
        for line in getattr(result.found, name)[:20]:
            print(f"{name}: {line}")
    for finding in result.verdict.findings[:20]:
        print(f"auditor: {finding.kind} {finding.where}: {finding.what}")
    print(json.dumps(result.as_json(), ensure_ascii=False), flush=True)


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hold", action="store_true", help="keep the city up for a look when something is wrong")
    parser.add_argument("--plant", action="store_true", help="afterwards plant faults, to see that they are counted")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    result = run(asked.kills, asked.minutes * 60, asked.seed, _tell, holds=asked.hold, plants=asked.plant)
    show(result)
    return int(not result.ok)


def _tell(said: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {said}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
