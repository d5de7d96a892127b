"""A desk command alone and behind a bulk import: `COMMANDS=300 IMPORT=40000 CORES=0,1 python -m tests.bench.desk`.

The command is one report by HTTP, decided, kept and answered by intake; the import is lists of 1,000 reports to the
same service. Prints milliseconds from request to answer, alone and while the import runs. One JSON line; nothing is
judged.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from typing import Any

import httpx

from shared.kernel.decisions import Actor
from shared.shell.tokens import sign
from tests.bench.outside import kinds, percentile
from tests.bench.stand import Stand, city
from tests.support.wording import apart

COMMANDS = int(os.environ.get("COMMANDS", "300"))
IMPORT = int(os.environ.get("IMPORT", "40000"))
PAGE, AT_ONCE = 1_000, 2
PAUSE = 0.05
"""Seconds between two commands of the one person at the desk."""
SOURCE = Actor("source", "excel")  # one without a limit a minute


class Counter:
    """A counter window: it sends reports, one or many, and waits for the answer."""

    def __init__(self, stand: Stand, http: httpx.AsyncClient) -> None:
        self.url = f"{stand.stack.services['intake']}/v1/reports"
        self.header = {"Authorization": f"Bearer {sign(stand.stack.secret, stand.city.code, SOURCE)}"}
        self.http, self.kinds = http, kinds(stand.city)[0]
        self._numbers = itertools.count()

    def _one(self) -> dict[str, Any]:
        n = next(self._numbers)
        kind, id_ = self.kinds[n * 7 % len(self.kinds)], f"d-{n}"
        reporter = {"id": f"r-{n}", "name": "居民", "phone": "13800000000"}
        return {
            "id": id_, "text": apart(id_), "place": {"unit": kind.place}, "matter": kind.matter, "reporter": reporter,
        }  # fmt: skip

    async def _post(self, body: Any) -> float:
        began = time.perf_counter()
        answer = await self.http.post(self.url, json=body, headers=self.header)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} {answer.text[:300]}")
        return time.perf_counter() - began

    async def command(self) -> float:
        """Return the seconds of one command."""
        await asyncio.sleep(PAUSE)
        return await self._post(self._one())

    async def bring_in(self, count: int) -> float:
        """Import so many reports; returns the seconds."""
        began, pages = time.perf_counter(), iter(range(count // PAGE))

        async def send() -> None:
            for _ in pages:
                await self._post([self._one() for _ in range(PAGE)])

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
        return time.perf_counter() - began


async def run(stand: Stand) -> dict[str, Any]:
    """Measure; returns every figure."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
        counter = Counter(stand, http)
        for _ in range(20):
            await counter.command()
        alone = sorted([await counter.command() for _ in range(COMMANDS)])
        importing = asyncio.create_task(counter.bring_in(IMPORT))
        behind: list[float] = []
        while not importing.done():
            behind.append(await counter.command())
        took = await importing
    figures = {name: {f"p{p}": round(percentile(sorted(taken), p / 100) * 1000) for p in (50, 99)}
               for name, taken in (("alone_ms", alone), ("behind_import_ms", behind))}  # fmt: skip
    cores = sorted(os.sched_getaffinity(0))
    return {
        "cores": cores,
        **figures,
        "commands": [len(alone), len(behind)],
        "imported_per_second": round(IMPORT / took),
    }


if __name__ == "__main__":
    with city() as lent:
        print(json.dumps(asyncio.run(run(lent))), flush=True)
