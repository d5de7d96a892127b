"""Memory of the services over time, under load: `MINUTES=10 RATE=10 CORES=0,1 python -m tests.bench.memory`.

Prints a line a minute: megabytes of each service, of all five, cases closed; then one JSON line with the five together
at the first minute and the last. What processes share is divided among them.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from shared.contracts.topics import SERVICES
from tests.bench import gauge
from tests.bench.burst import reports_at
from tests.bench.outside import Outside
from tests.bench.stand import Stand, city

MINUTES = int(os.environ.get("MINUTES", "10"))
RATE = float(os.environ.get("RATE", "10"))
FIVE = (*SERVICES, "console")
WITHIN = 600.0


async def run(stand: Stand) -> dict[str, Any]:
    """Measure; returns the figures of the first minute and the last."""
    pids = {name: stand.pids[name] for name in FIVE}
    found: list[dict[str, int]] = []
    async with Outside(stand.stack.kafka, stand.city) as outside:
        sent = 0
        for minute in range(1, MINUTES + 1):
            sent += await reports_at(outside, RATE, 60)
            now = {name: round(size / 2**20) for name, size in gauge.memory(pids).items()}
            found.append(now)
            said = ", ".join(f"{name} {size}" for name, size in now.items())
            print(f"minute {minute}: {said}, all {sum(now.values())} MB; {len(outside.told.closed)} closed", flush=True)
        await outside.until_closed(sent, WITHIN)
    totals = [sum(each.values()) for each in found]
    return {
        "minutes": MINUTES,
        "per_second": RATE,
        "first_mb": totals[0],
        "last_mb": totals[-1],
        "most_mb": max(totals),
    }


if __name__ == "__main__":
    with city() as lent:
        print(json.dumps(asyncio.run(run(lent))), flush=True)
