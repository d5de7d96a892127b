"""Streets and communities that whistle, grids that call their Party members, and those who come, or not (吹哨报到)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from deploy.demo.draws import one_of, poisson
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.city.model import UnitLevel
from shared.contracts import whistle
from shared.kernel.decisions import Actor

MEMBERS = 3
"""Party members whom a grid calls."""
REASONS = ("占道经营与无照经营并存，需多部门到场", "群租房隐患突出，单个部门无法处置", "道路积水影响通行，需现场会商")
NAMED = "值班负责人"
CONCLUDED = timedelta(days=10)
"""What is agreed at the place is done within."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who whistles for whom, when."""

    at: datetime
    unit: str
    name: str
    kind: str
    callees: tuple[str, ...]


class Whistlers:
    """Everybody who sounds a whistle or answers one, in cities whose file lets a level whistle."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._awaited: dict[str, set[str]] = {}
        """Whistle -> callees who have neither come nor gone missing."""
        self._there: dict[str, list[str]] = {}
        """Whistle -> callees who came."""

    def plan(self, first: date, last: date) -> None:
        """Put on the agenda what is called on the days from first to last, both included."""
        if not self._world.city.whistles:
            return
        for street in self._world.city.of_level(UnitLevel.STREET):
            for month in sorted({(day.year, day.month) for day in _days(first, last)}):
                for call in self._of(street.code, *month):
                    if first <= call.at.date() <= last:
                        self._world.agenda.at(call.at, partial(self._sound, call))

    def _of(self, street: str, year: int, month: int) -> Iterator[Call]:
        """Yield what a street, its communities and its grids call in a month, in working hours."""
        city, behaviour = self._world.city, self._world.behaviour
        draw = behaviour.chance.of(street, "whistles", f"{year}-{month}")
        begins = city.calendar.office_time(city.calendar.midnight(date(year, month, 1).toordinal()))
        ends = city.calendar.office_time(
            city.calendar.midnight(date(year + month // 12, month % 12 + 1, 1).toordinal())
        )
        below = [
            unit for unit in city.units.values() if unit.level in city.whistles and city.is_within(unit.code, street)
        ]
        for n in range(poisson(draw, behaviour.parameters.number("whistle.per_street_month"))):
            level = one_of(draw, sorted({unit.level for unit in below}))
            unit = one_of(draw, [unit for unit in below if unit.level is level])
            rule = city.whistles[level]
            at = city.calendar.earliest_at(begins + int((ends - begins) * draw.uniform(1e-6, 1)))
            name = f"{street}/{year}-{month}/{n}"
            called = 1 + poisson(draw, behaviour.parameters.number("whistle.called_poisson"))
            serving = sorted(c for c, d in city.departments.items() if not d.area or city.is_within(unit.code, d.area))
            departments = tuple(draw.sample(serving, min(len(serving), max(2, called))))
            members = tuple(f"{unit.code}-M{number}" for number in range(1, MEMBERS + 1))
            yield Call(
                at, unit.code, name, one_of(draw, rule.kinds), members if rule.callees == "members" else departments
            )

    async def _sound(self, call: Call) -> None:
        world, actor = self._world, Actor("unit", call.unit)
        if world.city.whistles[world.city.units[call.unit].level].callees == "members":
            paired = world.city.departments
            for member in call.callees:
                body = {
                    "unit": call.unit,
                    "kind": "home",
                    "employer": one_of(world.behaviour.chance.of(member, "work"), sorted(paired)),
                }
                await world.desk.act(actor, "dispatch", f"/v1/members/{member}/check-in", body, f"{member}/check-in")
        meet_at = world.city.calendar.earliest_at(world.city.calendar.office_time(world.now()) + int(4 * 3600 * 1e6))
        said = {
            "kind": call.kind, "callees": list(call.callees), "place": call.unit,
            "why": one_of(world.behaviour.chance.of(call.unit, "why", call.name), REASONS),
        }  # fmt: skip
        if call.kind != "emergency":
            said["meet_at"] = meet_at.isoformat()
        await world.desk.act(actor, "dispatch", "/v1/whistles", said, f"whistle/{call.name}")

    def hear(self, heard: Heard) -> None:
        """Let those answer whom a fact about a whistle concerns."""
        fact, subject = heard.data, heard.envelope.subject
        if heard.stream != "orders" or not isinstance(fact, whistle.Whistled):
            return
        match fact:
            case whistle.WhistleSounded():
                self._awaited[subject], self._there[subject] = set(fact.callees), []
                for callee in fact.callees:
                    self._at(subject, callee, "sign", fact.sign_due_at, {"person": NAMED})
                    self._at(subject, callee, "report-in", fact.report_due_at, {"person": NAMED})
            case whistle.CalleeReportedIn(late=False):
                self._whistler(subject, fact.whistler, f"confirm/{fact.callee}", {"callee": fact.callee, "here": True})
            case whistle.ReportInConfirmed(here=True):
                self._there.get(subject, []).append(fact.callee)
                self._settled(subject, fact.whistler, fact.callee)
            case whistle.CalleeMissing():
                self._at(subject, fact.callee, "receipt", fact.receipt_due_at, {"note": "已调整值班，补到现场"})
                self._settled(subject, fact.whistler, fact.callee)
            case whistle.WhistleEnded():
                self._follow_up(subject, fact)
            case _:
                pass

    def _at(self, subject: str, callee: str, verb: str, due_at: datetime, body: dict[str, object]) -> None:
        """Plan an answer inside its limit, now and then after it."""
        world = self._world
        draw = world.behaviour.chance.of(callee, verb, subject)
        late = draw.random() < world.behaviour.parameters.number("whistle.late")
        now = world.now()
        share = (
            draw.uniform(1.05, 1.5)
            if late
            else draw.uniform(0.6, 0.95)
            if verb == "report-in"
            else draw.uniform(0.1, 0.6)
        )
        world.agenda.at(now + (due_at - now) * share, partial(self._answer, subject, callee, verb, body))

    async def _answer(self, subject: str, callee: str, verb: str, body: dict[str, object]) -> None:
        world = self._world
        actor = Actor("department" if callee in world.city.departments else "member", callee)
        path = f"/v1/whistles/{subject.removeprefix('whistle:')}/{verb}"
        await world.desk.act(actor, "dispatch", path, body, f"{subject}/{callee}/{verb}")

    def _whistler(self, subject: str, unit: str, verb: str, body: dict[str, object]) -> None:
        async def act() -> None:
            path = f"/v1/whistles/{subject.removeprefix('whistle:')}/{verb.partition('/')[0]}"
            await self._world.desk.act(Actor("unit", unit), "dispatch", path, body, f"{subject}/{verb}")

        at = self._world.now() + timedelta(minutes=self._world.behaviour.chance.of(unit, verb, subject).uniform(2, 20))
        self._world.agenda.at(at, act)

    def _settled(self, subject: str, unit: str, callee: str) -> None:
        """End the whistle once nobody is expected any more; whoever came takes something on."""
        waited = self._awaited.get(subject)
        if waited is None:
            return
        waited.discard(callee)
        if not waited:
            del self._awaited[subject]
            due_on = (self._world.city.calendar.local(self._world.now()) + CONCLUDED).date().isoformat()
            concluded = [
                {"unit": one, "what": "落实现场议定意见", "due_on": due_on} for one in self._there[subject][:1]
            ]
            self._whistler(subject, unit, "end", {"conclusions": concluded})

    def _follow_up(self, subject: str, fact: whistle.WhistleEnded) -> None:
        """Let those who took something on do it, and both sides rate each other."""
        for number, part in enumerate(fact.conclusions, 1):
            due_at = self._world.city.calendar.midnight(part.due_on.toordinal())
            self._at(subject, part.unit, "finish-part", due_at, {"part": number, "note": "已按议定办结"})
        for callee in self._there.pop(subject, ()):
            grade = self._world.behaviour.chance.of(callee, "grade", subject).randint(3, 5)
            self._at(subject, callee, "rate", self._world.now() + timedelta(hours=4), {"grade": grade})
            self._whistler(subject, fact.whistler, f"rate/{callee}", {"callee": callee, "grade": grade})


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)
