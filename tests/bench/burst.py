"""Ten times the working-day peak for a minute: `PEAK=2.6 TIMES=10 SECONDS=60 CORES=0,1 python -m tests.bench.burst`.

`PEAK` is reports a second in a working day's peak hour; 2.6 is that of the largest hotline known to us (mean 0.8/s, the
peak hour 2.63 x 1.257 of it). Prints how long after the burst its last case was at its department and closed, what was
refused, and how soon orders came while it lasted. One JSON line; no figure is judged here.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

from tests.bench.outside import Outside, percentile
from tests.bench.stand import Stand, city

PEAK = float(os.environ.get("PEAK", "2.6"))
TIMES = float(os.environ.get("TIMES", "10"))
SECONDS = float(os.environ.get("SECONDS", "60"))
WARM = 200
WITHIN = 600.0


async def reports_at(outside: Outside, rate: float, seconds: float) -> int:
    """Report at a steady rate; returns how many."""
    began, sent = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        due = int(elapsed * rate) - sent
        await outside.report(due)
        sent += due
        await asyncio.sleep(0.01)
    return sent


async def run(stand: Stand) -> dict[str, Any]:
    """Measure; returns every figure."""
    async with Outside(stand.stack.kafka, stand.city) as outside:
        await outside.report(WARM)
        await outside.until_closed(WARM, WITHIN)
        outside.told.ordered.clear()
        sent = await reports_at(outside, PEAK * TIMES, SECONDS)
        ended = time.monotonic()
        await outside.until_closed(WARM + sent, WITHIN)
        latencies, refused = outside.told.to_order(), outside.told.refused
        drained = max(outside.told.closed) - ended
    return {
        "reports": sent,
        "per_second": PEAK * TIMES,
        "cores": sorted(os.sched_getaffinity(0)),
        "refused": len(refused),
        "drained_seconds": round(max(0.0, drained), 1),
        "to_order_ms": {f"p{p}": round(percentile(latencies, p / 100) * 1000) for p in (50, 99)},
    }


if __name__ == "__main__":
    with city() as lent:
        print(json.dumps(asyncio.run(run(lent))), flush=True)
