"""The statutory calendar of a year, published in the city once the State Council has given it out (domain.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.dispatch.domain.evolution import evolve
from shared.kernel.calendar import FIRST_YEAR, LAST_YEAR, CalendarYear, Festival
from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

LONGEST_FESTIVAL = 15
"""Days; the longest of any year so far had ten (Spring Festival 2020)."""

register(
    {
        "calendar.year": ("年份应在 {first}–{last} 之间：{year}", "Not a year of {first}-{last}: {year}"),
        "calendar.holiday": (
            "节日 {name} 的起止日期不对，或不在 {year} 年：{first} 至 {last}",
            "The days of {name} are wrong or not of {year}: {first} to {last}",
        ),
        "calendar.makeup": (
            "调休上班日应为 {year} 年内不放假的周六、周日：{day}",
            "A make-up day is a Saturday or Sunday of {year} that is no holiday: {day}",
        ),
    }
)

decide = Deciders()


@dataclass(frozen=True, slots=True)
class PublishCalendar:
    year: int
    holidays: tuple[Festival, ...]
    makeups: tuple[date, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class CalendarPublished:
    year: int
    holidays: tuple[Festival, ...]
    makeups: tuple[date, ...]
    reason: str
    version: int


@dataclass(frozen=True, slots=True)
class Almanac:
    """The calendars published in the city: how many, and the last one of each year."""

    version: int = 0
    years: tuple[CalendarPublished, ...] = ()


def almanac_of(city_code: str) -> str:
    """Return the subject under which a city's calendars are published."""
    return f"calendar:{city_code}"


@decide.on(PublishCalendar)
def publish(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Let operations publish a year; every service works by it from the next transaction on, open clocks follow.

    What says the same as the year's present calendar changes nothing.
    """
    asked: PublishCalendar = message.data
    if message.actor.kind != "operations":
        who = f"{message.actor.kind} {message.actor.id}"
        raise Refused("actor.not_allowed", "actor", actor=who, act="calendar.publish")
    _check(asked)
    almanac: Almanac = states[message.subject] or Almanac()
    said = (asked.year, asked.holidays, tuple(sorted(asked.makeups)))
    if any((year.year, year.holidays, year.makeups) == said for year in almanac.years):
        return NOTHING
    version = almanac.version + 1
    # The reason names a public notice by its number (…7号), which masking would take for somebody's house.
    fact = CalendarPublished(*said, asked.reason, version)
    return Decision((Fact(fact),), rows=(CalendarYear(*said, asked.reason, version),))


@evolve.on(CalendarPublished)
def published(almanac: Almanac | None, fact: CalendarPublished, at: Any) -> Almanac:
    """Keep the last calendar of each year."""
    before = almanac or Almanac()
    others = tuple(year for year in before.years if year.year != fact.year)
    return replace(before, version=fact.version, years=(*others, fact))


def _check(asked: PublishCalendar) -> None:
    if not FIRST_YEAR < asked.year < LAST_YEAR:
        raise Refused("calendar.year", "year", first=FIRST_YEAR + 1, last=LAST_YEAR - 1, year=asked.year)
    off: set[date] = set()
    for festival in asked.holidays:
        length = (festival.last - festival.first).days + 1
        if not 1 <= length <= LONGEST_FESTIVAL or asked.year not in (festival.first.year, festival.last.year):
            raise Refused(
                "calendar.holiday", "holidays", name=festival.name, year=asked.year, first=festival.first,
                last=festival.last,
            )  # fmt: skip
        off |= set(festival.days)
    for day in asked.makeups:
        if day.year != asked.year or day.weekday() < 5 or day in off:
            raise Refused("calendar.makeup", "makeups", year=asked.year, day=day)
