"""A desk of intake in memory, on the real Donggang file."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.intake.domain import decide, evolve
from services.intake.domain.gathering import Sought
from services.intake.domain.registration import Prepared, seek
from services.intake.domain.report import Report
from shared.city.load import load
from shared.city.model import City
from shared.kernel.decisions import Actor
from tests.support.play import Play

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
"""A Monday morning."""


class Numbers(dict[str, str]):
    """Case numbers as the store would have prepared them."""

    def __missing__(self, case: str) -> str:
        self[case] = f"DG-20261123-{len(self) + 1:04d}"
        return self[case]


class Office(Play):
    """Intake with the shorthand of its tests."""

    def report(self, case: str = "case-1", source: str = "hotline", **fields: Any) -> list[Any]:
        """Send a report; without other words one that the rules understand, at a known grid."""
        said = {"id": "R-1", "text": "路灯不亮，漆黑一片", "subject": "路灯坏了"} | fields
        return self.send(case, Report(**said), Actor("source", source), creates=True)

    def gathered(self, case: str, same_as: str, **fields: Any) -> list[Any]:
        """Send a report of somebody who knows an open case again, prepared as the store would."""
        said, mini = Report(same_as=same_as, **fields), Actor("source", "mini")
        trace = seek(said, case, self.now, mini.id, None, self.city)
        return self.send(case, Sought(said, trace), mini, creates=True, touches=(same_as,))


@pytest.fixture(scope="session")
def city() -> City:
    return load("donggang")


@pytest.fixture
def office(city: City) -> Office:
    play = Office(decide, evolve, city, NOW)
    play.prepared = Prepared(Numbers())
    return play


@pytest.fixture
def grid(city: City) -> str:
    return next(unit.code for unit in city.units.values() if unit.level.value == "grid")
