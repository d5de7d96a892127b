"""A year's calendar is published by operations, checked, kept, and published again only if it says something new."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.dispatch.domain.almanac import CalendarPublished, PublishCalendar, almanac_of
from shared.kernel.calendar import Calendar, CalendarYear, Festival
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.dispatch import town
from tests.unit.dispatch.town import OPERATIONS

SUBJECT = almanac_of("town")
SPRING = Festival("春节", date(2027, 2, 5), date(2027, 2, 11))
ASKED = PublishCalendar(2027, (SPRING,), (date(2027, 2, 20), date(2027, 2, 14)), "国办发明电〔2026〕7号")


def publish(played: Any, actor: Actor = OPERATIONS, **changed: Any) -> list[Any]:
    return list(played.send(SUBJECT, replace(ASKED, **changed), actor, creates=True))


def test_a_published_year_is_stated_with_its_version_and_goes_to_every_service() -> None:
    played = town.play()
    (fact,) = publish(played)
    assert fact == CalendarPublished(
        2027, (SPRING,), (date(2027, 2, 14), date(2027, 2, 20)), "国办发明电〔2026〕7号", 1
    )
    assert played.rows == [CalendarYear(2027, fact.holidays, fact.makeups, fact.reason, 1)]


def test_the_same_calendar_again_states_nothing_and_a_correction_counts_on() -> None:
    played = town.play()
    publish(played)
    assert publish(played, makeups=tuple(reversed(ASKED.makeups)), reason="再次转发") == []
    (fact,) = publish(played, makeups=(), reason="更正通知")
    assert (fact.version, fact.makeups) == (2, ())
    assert [year.version for year in played.states[SUBJECT].years] == [2]


@pytest.mark.parametrize("kind", ["unit", "department", "source", "resident"])
def test_nobody_but_operations_publishes(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        publish(town.play(), Actor(kind, "s1"))
    assert refused.value.rule == "actor.not_allowed"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"year": 1999}, "calendar.year"),
        ({"holidays": (replace(SPRING, last=date(2027, 2, 4)),)}, "calendar.holiday"),
        ({"holidays": (replace(SPRING, last=SPRING.first + timedelta(days=15)),)}, "calendar.holiday"),
        ({"year": 2028, "makeups": ()}, "calendar.holiday"),
        ({"makeups": (date(2027, 2, 15),)}, "calendar.makeup"),
        ({"makeups": (date(2027, 2, 6),)}, "calendar.makeup"),
        ({"makeups": (date(2028, 2, 5),)}, "calendar.makeup"),
    ],
)
def test_a_calendar_that_cannot_be_right_is_refused(changed: dict[str, Any], rule: str) -> None:
    played = town.play()
    with pytest.raises(Refused) as refused:
        publish(played, **changed)
    assert refused.value.rule == rule
    assert SUBJECT not in played.states


def test_a_published_year_replaces_the_provisional_one_alone() -> None:
    old = Calendar(
        holidays=frozenset({date(2026, 10, 1), date(2027, 3, 1)}), makeups=frozenset({date(2026, 9, 20)}),
        known=frozenset({2026}), names={date(2026, 10, 1): "国庆节"},
    )  # fmt: skip
    new = old.with_year(CalendarYear(2027, (SPRING,), (date(2027, 2, 14),), "", 1))
    assert new.is_provisional(date(2027, 2, 5)) is False
    assert [new.is_working_day(day) for day in (date(2027, 2, 8), date(2027, 2, 14), date(2027, 3, 1))] == [
        False, True, True,
    ]  # fmt: skip
    assert not new.is_working_day(date(2026, 10, 1))
    assert (new.names[date(2026, 10, 1)], new.names[date(2027, 2, 5)]) == ("国庆节", "春节")
