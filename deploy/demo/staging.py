"""What a demonstration arranges: a week in which joint meetings fall, and hard problems that reach their agendas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from deploy.demo import texts
from deploy.demo.draws import one_of
from deploy.demo.model import Demand, Sending
from shared.city.model import City, Kind, Matter, Rung

OPENS = time(8)
_WORTH = {Rung.GRID: 1, Rung.COMMUNITY: 4, Rung.STREET: 12}
"""How much a meeting adds to a week, by the rung of its unit: the higher, the rarer."""
_MOST = {Rung.GRID: 5, Rung.COMMUNITY: 4, Rung.STREET: 6}
"""Problems seeded for meetings of one rung."""
_STREETS, _EACH = 6, 2
"""Streets, and tangled problems seeded at each of them: they wait for a meeting after the week."""


def first_day(city: City) -> date:
    """Return the Monday whose working week has most meetings that a problem of its first day can still reach.

    Of the last year with a statutory calendar; the latest of equal weeks. A topic reaches a meeting when its cut-off
    lies on the second day or later.
    """
    year = max(city.calendar.known)
    mondays = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    return max((day for day in mondays if day.weekday() == 0), key=lambda day: (_worth(city, day), day))


def _worth(city: City, monday: date) -> int:
    return sum(_WORTH[rung] for body in reachable(city, monday) if (rung := city.rung_of(body)) in _WORTH)


def reachable(city: City, monday: date) -> list[str]:
    """Return the units whose bodies meet by Friday with a cut-off after Monday."""
    days = city.clocks["cut_off"].amount
    return [
        body
        for body, on in _meetings(city, monday.year)
        if on <= monday + timedelta(days=4) and city.calendar.working_day_before(on, days) > monday
    ]


def _meetings(city: City, year: int) -> list[tuple[str, date]]:
    return [(body, on) for body in city.bodies for on in city.meeting_days(body, year)]


def planted(demand: Demand, monday: date) -> Iterator[Sending]:
    """Yield the seeded problems of the first morning.

    Where a rung's own body meets, work that fails verification again and again; at streets, matters that no single
    department can settle.
    """
    city = demand.city
    at = datetime.combine(monday, OPENS, city.calendar.zone)
    for n, (unit, rung) in enumerate(_wanted(demand, monday)):
        draw = demand.chance.of("staging", "place", f"{unit}/{n}")
        spot = demand.places.within(draw, unit)
        matters = [matter for matter in _nameable(city) if _comes_to(city, matter, spot.unit, unit, rung)]
        if not matters:
            continue
        at += timedelta(minutes=2)
        channel, remark = ("hotline", texts.TANGLED) if rung is Rung.STREET else ("grid_up", texts.STUBBORN)
        yield demand.planted(channel, at, f"{monday:%y%m%d}-hard-{n}", one_of(draw, matters), spot, remark)


def _wanted(demand: Demand, monday: date) -> Iterator[tuple[str, Rung]]:
    """Yield the units that get a seeded problem: some of those whose bodies will meet, and streets in any case."""
    city, left = demand.city, dict(_MOST)
    for body in sorted(reachable(city, monday), key=lambda one: demand.chance.of("staging", "order", one).random()):
        rung = city.rung_of(body)
        if rung is not None and left.get(rung, 0):
            left[rung] -= 1
            yield body, rung
    streets = [unit.code for unit in city.units.values() if city.rung_of(unit.code) is Rung.STREET]
    for street in streets[:_STREETS] * _EACH:
        yield street, Rung.STREET


def _nameable(city: City) -> list[Matter]:
    known = (matter for code, matter in city.matters.items() if code in texts.SENTENCES)
    return [matter for matter in known if not matter.urgent and matter.kind is Kind.PROBLEM]


def _comes_to(city: City, matter: Matter, place: str, unit: str, rung: Rung) -> bool:
    """Tell whether such a matter at that place starts with the unit; for a street, as the dispatcher of departments."""
    first, holder = city.first_holder(matter.code, place)
    wanted = Rung.DEPARTMENT if rung is Rung.STREET else rung
    return first is wanted and holder.code == unit and (rung is not Rung.STREET or matter.group != "utility")
