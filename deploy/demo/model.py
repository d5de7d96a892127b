"""The demand of a city: who reports what, where, when and through which channel (arrivals of a simulated city)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from deploy.demo import texts
from deploy.demo.draws import Chance, gamma_factor, geometric, one_of, poisson, weighted, zeta
from deploy.demo.parameters import Parameters
from deploy.demo.places import Places, Spot
from shared.city.model import City, Kind, Matter

RESIDENT = ("wish", "hotline", "mini")
GRID = ("grid_spot", "grid_up", "dispute")
CHANNELS = (*GRID, *RESIDENT, "dept", "iot", "excel")
SOURCE = {"grid_spot": "grid", "grid_up": "grid", "dispute": "grid", "wish": "mini"}
"""Channel -> code of the source that sends it, where the two differ."""
GRID_GROUPS = frozenset({"order", "property", "noise", "aid"})
"""Classes of matter that grid staff settle on the spot or pass up: they start at a grid or community (assumed)."""
_EVENING = range(18, 24)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sending:
    """One message of a source: when it goes out (virtual), and what it says.

    `raw` is what really goes over the wire; `fault` names a planted one: malformed, twice, late, misplaced. `matter`,
    `unit` and `solved` are the truth, which the sender knows and a person at the other end can see.
    """

    at: datetime
    channel: str
    source: str
    id: str
    body: Mapping[str, Any]
    raw: bytes
    matter: str
    unit: str
    fault: str = ""


@dataclass(frozen=True)
class Demand:
    """All reports of a city for one seed; the same seed gives the same reports, whatever else is asked of it."""

    city: City
    parameters: Parameters
    chance: Chance

    def between(self, first: date, last: date) -> list[Sending]:
        """Return what is sent on the days from first to last, both included, in order of time.

        People who join an incident later are counted from incidents of the days before as well, so that a short
        stretch has as many of them as a long one.
        """
        within = int(self.parameters.number("arrivals.incident.within"))
        found: list[Sending] = []
        for ordinal in range(first.toordinal() - within, last.toordinal() + 1):
            found += self._incidents(date.fromordinal(ordinal))
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            on = date.fromordinal(ordinal)
            for channel in (*GRID, "dept", "iot", "excel"):
                found += self._plain(channel, on)
        kept = [one for one in found if first <= self._local(one.at).date() <= last]
        return sorted(self._with_dirt(kept), key=lambda one: (one.at, one.source, one.id))

    # -- how many ---------------------------------------------------------------------------------------------------

    def expected(self, channel: str, on: date) -> float:
        """Return the mean number of reports of a channel on a day, before the day's own factor."""
        rate = self.places.total / 1000 * self.parameters.number(f"arrivals.rates.{channel}")
        if channel in RESIDENT:
            months = self.parameters.row("arrivals.months")
            return rate * self._factor(self._resident_class, on) * months[on.month - 1] / (sum(months) / 12)
        if channel in GRID:
            return rate * self._factor(self._grid_class, on)
        if channel == "dept":
            return rate * self._factor(lambda day: float(self.city.calendar.is_working_day(day)), on)
        if channel == "excel":
            return rate * 7 if on.weekday() == 0 else 0.0
        return rate

    @cached_property
    def places(self) -> Places:
        """Return where reports come from."""
        return Places(self.city, self.parameters, self.chance)

    def _factor(self, of_day: Callable[[date], float], on: date) -> float:
        """Return a day's factor over the mean of its year, so that a year's total is the published one."""
        key = (of_day.__name__, on.year)
        if key not in self._means:
            days = [date(on.year, 1, 1) + n * _DAY for n in range(365)]
            self._means[key] = sum(of_day(day) for day in days) / len(days)
        return of_day(on) / self._means[key]

    @cached_property
    def _means(self) -> dict[tuple[str, int], float]:
        return {}

    def _resident_class(self, on: date) -> float:
        is_working = self.city.calendar.is_working_day(on)
        if on.weekday() < 5 and not is_working:
            return self.parameters.number("arrivals.holiday")
        if on.weekday() > 4 and is_working:
            return self.parameters.number("arrivals.makeup")
        return self.parameters.row("arrivals.weekdays")[on.weekday()]

    def _grid_class(self, on: date) -> float:
        if on.weekday() < 5 and not self.city.calendar.is_working_day(on):
            return self.parameters.number("arrivals.grid_days.holiday")
        kind = "weekend" if on.weekday() > 4 and not self.city.calendar.is_working_day(on) else "weekday"
        return self.parameters.number(f"arrivals.grid_days.{kind}")

    # -- residents: incidents with one or more people ---------------------------------------------------------------

    def _incidents(self, on: date) -> Iterator[Sending]:
        day = on.isoformat()
        size = self.parameters.number("arrivals.gamma_k")
        factor = gamma_factor(self.chance.of("residents", "day", day), size)
        for channel in RESIDENT:
            mean = self.expected(channel, on) * factor / self.parameters.number("arrivals.incident.divide")
            for n in range(poisson(self.chance.of(channel, "incidents", day), mean)):
                yield from self._people(channel, on, f"{on:%y%m%d}-{n}")

    def _people(self, channel: str, on: date, incident: str) -> Iterator[Sending]:
        draw = self.chance.of(channel, "incident", incident)
        spot = self.places.anywhere(draw)
        matter = self._matter(channel, draw, on)
        alpha, cap = (self.parameters.number(f"arrivals.incident.{key}") for key in ("zeta", "cap"))
        at = self._hour(channel, draw, on)
        ends = at + timedelta(days=self.parameters.number("arrivals.incident.within"))
        n = 0
        for _ in range(zeta(draw, alpha, int(cap))):
            person = f"r-{spot.unit}-{draw.randrange(10_000)}"
            while at < ends:
                yield self._report(channel, at, f"{incident}-{n}", matter, spot, person)
                n += 1
                at += self._gap(draw)
                if draw.random() >= self.parameters.number("arrivals.incident.repeat"):
                    break

    def _gap(self, draw: random.Random) -> timedelta:
        if draw.random() < self.parameters.number("arrivals.gaps.short_share"):
            return timedelta(minutes=self.parameters.law("arrivals.gaps.short_ln_minutes").draw(draw))
        return timedelta(days=self.parameters.law("arrivals.gaps.long_ln_days").draw(draw))

    # -- grid staff, departments, sensors, files --------------------------------------------------------------------

    def _plain(self, channel: str, on: date) -> Iterator[Sending]:
        day = on.isoformat()
        for n in range(poisson(self.chance.of(channel, "reports", day), self.expected(channel, on))):
            report = f"{on:%y%m%d}-{n}"
            draw = self.chance.of(channel, "report", report)
            spot = self.places.anywhere(draw)
            matter = self._matter(channel, draw, on)
            at = self._hour(channel, draw, on)
            person = f"r-{spot.unit}-{draw.randrange(10_000)}"
            yield self._report(channel, at, report, matter, spot, person)
            if channel == "iot":
                for again in range(geometric(draw, self.parameters.number("arrivals.dirt.flap"))):
                    later = at + timedelta(minutes=draw.uniform(0, 10))
                    yield self._report(channel, later, f"{report}-{again}", matter, spot, person, fault="flap")

    # -- what a report says -----------------------------------------------------------------------------------------

    def _matter(self, channel: str, draw: random.Random, on: date) -> Matter:
        if channel == "dispute":
            return one_of(draw, [m for m in self._known if m.kind is Kind.DISPUTE])
        if channel == "wish":
            return one_of(draw, [m for m in self._known if m.kind is Kind.WISH])
        if channel in ("hotline", "mini") and draw.random() < self.parameters.number("intake.enquiry"):
            return one_of(draw, [m for m in self._known if m.kind is Kind.ENQUIRY])
        shares = self.parameters.shares("groups")
        if channel in ("grid_spot", "grid_up"):
            shares = {group: share for group, share in shares.items() if group in GRID_GROUPS}
            return self._of_group(draw, weighted(draw, shares))
        winter = on.month in self.parameters.row("utility_season.months")
        shares["utility"] *= self.parameters.number(f"utility_season.{'within' if winter else 'outside'}")
        return self._of_group(draw, weighted(draw, shares), without="" if winter else "heating")

    def _of_group(self, draw: random.Random, group: str, without: str = "") -> Matter:
        matters = self._by_group[group]
        if without:
            matters = [m for m in matters if without not in m.code]
        return draw.choices(matters, [len(texts.SENTENCES[m.code]) for m in matters])[0]

    @cached_property
    def _known(self) -> Sequence[Matter]:
        return [matter for code, matter in self.city.matters.items() if code in texts.SENTENCES]

    @cached_property
    def _by_group(self) -> Mapping[str, Sequence[Matter]]:
        found: dict[str, list[Matter]] = {}
        for matter in self._known:
            found.setdefault(matter.group, []).append(matter)
        return found

    def planted(self, channel: str, at: datetime, name: str, matter: Matter, spot: Spot, remark: str) -> Sending:
        """Return one report that a demonstration seeds: the matter is named, the remark is in its text."""
        one = self._report(channel, at, name, matter, spot, f"r-{spot.unit}-planted")
        body = {**one.body, "matter": matter.code, "place": {"unit": spot.unit}}
        body["text"] = f"{str(one.body['text']).rstrip('。')}。{remark}。"
        return replace(one, body=body, raw=json.dumps(body, ensure_ascii=False).encode(), fault="")

    def _report(
        self, channel: str, at: datetime, name: str, matter: Matter, spot: Spot, person: str, fault: str = ""
    ) -> Sending:
        report = f"{channel}-{name}"
        source = SOURCE.get(channel, channel)
        draw = self.chance.of(channel, "words", report)
        text = texts.sentence(draw, matter.code, matter.keywords, spot.words, by_grid=source == "grid")
        body: dict[str, Any] = {"id": report, "text": text, "at": at.isoformat()}
        said = self.chance.of(channel, "place", report)
        if said.random() < self.parameters.number("arrivals.dirt.misplaced"):
            body["place"], fault = self.places.say(said, self.places.anywhere(said)), fault or "misplaced"
        else:
            body["place"] = self.places.say(said, spot)
        given = self.parameters.shares("arrivals.matter_given").get(source, 0.0 if source == "excel" else 1.0)
        if self.chance.happens(given, channel, "matter", report):
            body["matter"] = matter.code
        if source == "grid":
            body["raised_by"] = self._grid_of(spot.unit)
        if source == "iot":
            body["device"] = "s-" + "-".join(name.split("-")[:2])  # what flaps is one sensor
        if source not in ("iot", "dept"):
            body["reporter"] = {"id": person}
        if channel == "grid_spot":
            body["solved"] = {"what": one_of(draw, texts.ON_THE_SPOT), "evidence": draw.randint(1, 3)}
        raw = json.dumps(body, ensure_ascii=False).encode()
        return Sending(at, channel, source, report, body, raw, matter.code, spot.unit, fault)

    def _grid_of(self, unit: str) -> str:
        holder = self.city.rung_unit(unit, next(iter(self.city.rungs)))
        return holder.code if holder else unit

    # -- when -------------------------------------------------------------------------------------------------------

    def _hour(self, channel: str, draw: random.Random, on: date) -> datetime:
        if channel == "excel":
            return self._at(on, 9 * 3600)
        if channel in GRID:
            first, last = self.parameters.row("arrivals.grid_days.hours")
            return self._at(on, draw.uniform(first * 3600, last * 3600))
        if channel == "dept":
            spans = self.city.calendar.hours
            weights = [_seconds(closes) - _seconds(opens) for opens, closes in spans]
            opens, closes = draw.choices(spans, weights)[0]
            return self._at(on, draw.uniform(_seconds(opens), _seconds(closes)))
        if channel == "iot":
            return self._at(on, draw.uniform(0, 86_400))
        hours = list(self.parameters.row(f"arrivals.hours_{'weekend' if on.weekday() > 4 else 'weekday'}"))
        more = self.parameters.shares("arrivals.evening").get(channel, 1.0)
        hours = [weight * (more if hour in _EVENING else 1.0) for hour, weight in enumerate(hours)]
        return self._at(on, (draw.choices(range(24), hours)[0] + draw.random()) * 3600)

    def _at(self, on: date, second: float) -> datetime:
        return datetime.combine(on, time(), self.city.calendar.zone) + timedelta(seconds=int(second))

    def _local(self, at: datetime) -> datetime:
        return self.city.calendar.local(at)

    # -- dirt -------------------------------------------------------------------------------------------------------

    def _with_dirt(self, sendings: Sequence[Sending]) -> Iterator[Sending]:
        for one in sendings:
            draw = self.chance.of(one.channel, "dirt", one.id)
            twice, malformed, late = (
                draw.random() < self.parameters.number(f"arrivals.dirt.{key}")
                for key in ("twice", "malformed", "out_of_order")
            )
            if malformed:
                yield replace(one, raw=_spoil(draw, one.body), fault="malformed")
            elif late:
                yield replace(one, at=one.at + timedelta(hours=draw.uniform(1, 6)), fault="late")
            else:
                yield one
            if twice and not malformed:
                yield replace(one, at=one.at + timedelta(seconds=draw.uniform(1, 600)), fault="twice")


def _spoil(draw: random.Random, body: Mapping[str, Any]) -> bytes:
    """Return what a faulty program sends instead."""
    ways: Sequence[Callable[[], bytes]] = (
        lambda: json.dumps(body, ensure_ascii=False).encode()[:-7],
        lambda: json.dumps({k: v for k, v in body.items() if k != "text"}, ensure_ascii=False).encode(),
        lambda: json.dumps({**body, "text": ["?"]}, ensure_ascii=False).encode(),
        lambda: json.dumps({**body, "txet": "?"}, ensure_ascii=False).encode(),
        lambda: json.dumps({**body, "place": {"lon": 999, "lat": 39.9}}, ensure_ascii=False).encode(),
        lambda: str(body["text"]).encode("gb18030"),
    )
    return one_of(draw, ways)()


def _seconds(at: time) -> float:
    return at.hour * 3600 + at.minute * 60 + at.second
