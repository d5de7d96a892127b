"""How the services are: what their own health and metrics say, asked every two seconds while somebody looks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.console import verdicts

EVERY = 2.0
WATCHED_SECONDS = 10.0
"""So long after the last page that asked the services are asked on."""
_SUMS = {
    "sidan_messages_total": "messages", "sidan_pending_facts": "pending", "sidan_oldest_pending_seconds": "pending_age",
    "sidan_parked_facts": "parked", "sidan_aside_subjects": "aside", "sidan_quarantine_records": "quarantine",
    "sidan_deadlines_armed": "armed", "sidan_deadlines_due": "due", "process_resident_memory_bytes": "memory",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """One service: None where it does not say; `why` is what keeps it from its work."""

    service: str
    is_up: bool = False
    why: tuple[str, ...] = ()
    city_version: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    lags: Mapping[str, int] = field(default_factory=dict)
    per_second: float | None = None
    asked_at: float = 0.0


class Pulse:
    """The last answers of all services, and the auditor's last verdict, which lies in the folder `data`."""

    def __init__(self, services: Mapping[str, str], data: Path) -> None:
        self.services, self.data = dict(services), data
        self.last: dict[str, State] = {}
        self._wanted = -WATCHED_SECONDS
        self._http = httpx.AsyncClient(timeout=EVERY, trust_env=False)

    def watch(self) -> Mapping[str, State]:
        """Return the last answers and have the services asked on."""
        self._wanted = time.monotonic()
        return self.last

    def verdict(self) -> Mapping[str, Any] | None:
        """Return what the auditor said last, None where it never did."""
        return verdicts.read(self.data)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask until the block ends."""
        task = asyncio.create_task(self._run(), name="console-pulse")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self._http.aclose()

    async def _run(self) -> None:
        while True:
            if time.monotonic() - self._wanted < WATCHED_SECONDS:
                await self.ask()
            await asyncio.sleep(EVERY)

    async def ask(self) -> None:
        """Ask every service once."""
        found = await asyncio.gather(*(self._of(name, base) for name, base in self.services.items()))
        self.last = {state.service: state for state in found}

    async def _of(self, name: str, base: str) -> State:
        try:
            ready, page = await asyncio.gather(self._http.get(f"{base}/readyz"), self._http.get(f"{base}/metrics"))
            why = ready.json()["why"]
            return _read(name, why, page.text, self.last.get(name), time.monotonic())
        except (httpx.HTTPError, ValueError, KeyError):
            return State(name)


def _read(name: str, why: Mapping[str, Any], page: str, before: State | None, now: float) -> State:
    figures: dict[str, float] = {}
    lags: dict[str, int] = {}
    version = ""
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name in _SUMS:
                figures[_SUMS[sample.name]] = figures.get(_SUMS[sample.name], 0) + sample.value
            elif sample.name == "sidan_lag_records":
                lags[sample.labels["topic"]] = int(sample.value)
            elif sample.name == "sidan_build_info":
                version = f"{sample.labels['version']} · {sample.labels['city_version']}"
    rate = None
    if before is not None and before.is_up and "messages" in before.figures:
        rate = max(0.0, figures.get("messages", 0) - before.figures["messages"]) / max(now - before.asked_at, 0.1)
    return State(name, True, tuple(f"{key}: {value}" for key, value in why.items()), version, figures, lags, rate, now)
