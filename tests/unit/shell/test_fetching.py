"""What comes after a silence is handed out at once; what follows it is gathered, the longer the more there is."""

import asyncio
from types import SimpleNamespace

import pytest

from shared.shell import fetching
from shared.shell.fetching import GATHER_BYTES, GATHER_MS, MANY, PATIENT_MS, SILENCE_MS, Gathering


class Consumer:
    """Hands out one list after the other; each look takes as long as it was told to wait."""

    def __init__(self, now: list[float], *found: int) -> None:
        self._fetcher = SimpleNamespace(_fetch_min_bytes=1, _fetch_max_wait_ms=SILENCE_MS)
        self.now, self.found = now, list(found)

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[str, list[int]]:
        count = self.found.pop(0)
        self.now[0] += 0.0 if count else timeout_ms / 1000
        return {"place": list(range(count))} if count else {}


@pytest.mark.parametrize("patient", [False, True])
def test_a_silence_ends_at_the_first_byte_and_a_load_is_gathered(monkeypatch, patient):
    now = [1000.0]
    monkeypatch.setattr(fetching, "time", SimpleNamespace(monotonic=lambda: now[0]))
    gathering, consumer = Gathering(patient=patient), Consumer(now, 1, MANY, 0, *[0] * 10)

    def look() -> tuple[int, int, int]:
        records = asyncio.run(gathering.next(consumer))
        return len(records), consumer._fetcher._fetch_min_bytes, consumer._fetcher._fetch_max_wait_ms

    assert look() == (1, GATHER_BYTES, GATHER_MS)
    many = PATIENT_MS if patient else GATHER_MS
    assert look() == (MANY, GATHER_BYTES, many)
    assert look() == (0, GATHER_BYTES, many), "one empty look is no silence yet"
    while now[0] < 1000.0 + SILENCE_MS / 1000:
        look()
    assert look() == (0, 1, SILENCE_MS)
