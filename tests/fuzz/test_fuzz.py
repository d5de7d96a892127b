"""Some hundred damaged records and requests; `python -m tests.fuzz.run` throws ten thousand of each."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog

from deploy.local.resolver import Backing
from tests.flow.simulate import quiet
from tests.fuzz.damage import KINDS
from tests.fuzz.run import throw

pytestmark = pytest.mark.stack


def test_damaged_records_and_requests_are_answered_or_kept_with_a_reason_and_their_neighbours_go_on(
    backing: Backing, tmp_path: Path
) -> None:
    before = structlog.get_config()
    quiet()
    try:
        tallies = throw(backing, tmp_path / "city", 5 * len(KINDS), 200, 1, cases=8, steps=300)
    finally:
        structlog.configure(**before)
    for title, tally in tallies.items():
        tally.show(title)
        assert tally.findings == [], title
        assert tally.total("5xx") == tally.total("stuck") == 0
    assert tallies["records of outside parties"].total("quarantined") > 50
    assert tallies["requests"].total("refused") > 50
