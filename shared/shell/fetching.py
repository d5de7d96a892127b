"""How long a fetch gathers: what comes after a silence is handed out at once, what follows it together.

A fetch of twelve partitions costs both sides a millisecond, and a broker that answers at the first byte is asked some
hundred times a second: so it does that only while nothing comes. A silence then costs four fetches a second.
"""

from __future__ import annotations

import time
from itertools import chain
from typing import Any

MAX_RECORDS = 500
SILENCE_MS = 250
"""How long the broker holds a fetch open while nothing comes; a reader that seeks elsewhere waits as long at most."""
GATHER_BYTES, GATHER_MS, PATIENT_MS = 65_536, 30, 100
"""While records come the broker gathers this much, or waits this long; patient is who holds no order up."""
MANY = 20
"""Records handed out together from which on there is a load to be patient for: fewer are some cases on their way."""


class Gathering:
    """Hands out what one consumer fetches, in the place of the framework's own loop, which sleeps between two looks."""

    def __init__(self, *, patient: bool) -> None:
        self._patient_ms = PATIENT_MS if patient else GATHER_MS
        self._came_at = 0.0

    async def next(self, consumer: Any) -> tuple[Any, ...]:
        """Return the records that came, or nothing after a silence."""
        fetcher = consumer._fetcher
        found = await consumer.getmany(timeout_ms=fetcher._fetch_max_wait_ms, max_records=MAX_RECORDS)
        records, now = tuple(chain.from_iterable(found.values())), time.monotonic()
        if records:
            self._came_at = now
            wait = self._patient_ms if len(records) >= MANY else GATHER_MS
            fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = GATHER_BYTES, wait
        elif now - self._came_at > SILENCE_MS / 1000:
            fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = 1, SILENCE_MS
        return records
