"""Fifty seeds of the whole system, one of them twice, and every planted fault found."""

from __future__ import annotations

import pytest

from tests.flow.faults import FAULTS
from tests.flow.simulate import one, pool, quiet
from tests.flow.world import donggang

SEEDS = 50
TRIES = 12
"""Seeds within which every planted fault must have been found."""


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> None:
    donggang()
    quiet()


def test_fifty_seeds_keep_every_promise() -> None:
    with pool() as workers:
        results = workers.map(one, range(SEEDS), chunksize=1)
    assert {result.seed: result.findings for result in results if result.findings} == {}
    happened = {what for result in results for what in result.counts}
    assert happened >= {
        "batch", "crash", "zombie", "skipped", "hole", "relay crash", "clock crash", "commanded", "refused", "struck",
    }  # fmt: skip


def test_a_seed_replays_exactly() -> None:
    first, again, other = one(7), one(7), one(8)
    assert first.digest == again.digest
    assert first.counts == again.counts
    assert other.digest != first.digest


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    assert any(one(seed, fault).findings for seed in range(TRIES)), f"{fault} was not found"
