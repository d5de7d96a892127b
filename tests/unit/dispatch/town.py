"""A small town: one city, two streets, three communities, grids; and builders of cases in every status."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from services.dispatch.domain import decide, evolve, heard, replies
from services.dispatch.domain.order import Order, Status
from shared.city.model import (
    Admission,
    Cadence,
    City,
    Department,
    Kind,
    Level,
    Matter,
    Names,
    Pairing,
    Policy,
    Rung,
    Unit,
    UnitLevel,
)
from shared.kernel.calendar import SHANGHAI, Calendar
from shared.kernel.clock import Budget
from shared.kernel.decisions import Actor
from tests.support.play import Play

UNITS = (
    Unit("top", "市", UnitLevel.CITY),
    Unit("s1", "一街", UnitLevel.STREET, "top"),
    Unit("s2", "二街", UnitLevel.STREET, "top"),
    Unit("c11", "一社区", UnitLevel.COMMUNITY, "s1"),
    Unit("c12", "二社区", UnitLevel.COMMUNITY, "s1"),
    Unit("c21", "三社区", UnitLevel.COMMUNITY, "s2"),
    Unit("g111", "一网格", UnitLevel.GRID, "c11"),
    Unit("g112", "二网格", UnitLevel.GRID, "c11"),
    Unit("g121", "三网格", UnitLevel.GRID, "c12"),
    Unit("b1111", "一楼栋", UnitLevel.SUBGRID, "g111"),
)
DEPARTMENTS = (
    Department("water", "水务", "construction", "stream"),
    Department("roads", "市政", "construction", "stream"),
    Department("order", "城管", "law", "desk"),
    Department("housing", "住建", "construction", "desk"),
)


def matter(code: str, first: Rung, leads: tuple[str, ...], *, admitted: bool = True, verified: bool = True) -> Matter:
    """Build a matter with the default budgets."""
    verify = Budget.parse("2 wd") if verified else None
    accept = Budget.parse("4 wh")
    path = ("a", "b", code)
    return Matter(
        code, code, path, Kind.PROBLEM, "g", first, leads, (), admitted, False, verified, False, accept, {}, verify, ()
    )


MATTERS = (
    matter("litter", Rung.GRID, ("order",)),
    matter("pipe", Rung.DEPARTMENT, ("water",)),
    matter("road", Rung.DEPARTMENT, ("roads", "water", "housing")),
    matter("licence", Rung.GRID, ("order",), admitted=False),
    matter("advice", Rung.DEPARTMENT, ("water",), verified=False),
    matter("orphan", Rung.DEPARTMENT, ()),
    matter("stalls", Rung.STREET, ("order",)),
)
CLOCKS = {
    "dispatch": "2 wh",
    "dispatch.urgent": "1 uh",
    "accept": "4 wh",
    "accept.urgent": "1 uh",
    "handle.grid": "1 wd",
    "handle.community": "3 wd",
    "handle.street": "5 wd",
    "handle.department": "7 wd",
    "verify": "2 wd",
    "rate": "7 nd",
    "case": "30 nd",
    "rework_least": "1 wd",
    "hand_back.window": "1 wd",
    "hand_back.window.urgent": "1 uh",
    "hand_back.judge": "4 wh",
    "unable.judge": "1 wd",
    "extension.before": "4 wh",
    "suspension.judge": "1 wd",
    "suspension.longest": "30 nd",
    "release.judge": "4 wh",
    "supervision": "1 wd",
    "supervision.receipt": "1 wd",
    "ledger": "5 wd",
}


def _level(code: str, unit_level: UnitLevel, answer: str) -> Level:
    cadence = Cadence("month", tuple((month, 1, 10) for month in range(1, 13)))
    return Level(
        code,
        Names(code, code),
        unit_level,
        "会",
        "chair",
        "secretary",
        cadence,
        Budget.parse(answer),
        Budget.parse("10 nd"),
        "share",
        Fraction(1, 2),
        False,
        False,
    )


def town(unable_starts_at: str = "dispatcher") -> City:
    """Build the town."""
    names = Names("小城", "Town")
    policy = Policy(
        1, date(2020, 1, 1), Fraction(1, 10), Fraction(1, 2), Fraction(2, 5), {}, "outcome", 10,
        Budget.parse("7 nd"), Budget.parse("7 wd"), date(2019, 12, 1),
    )  # fmt: skip
    return City(
        code="town",
        names=names,
        version="v1",
        case_prefix="T",
        units={unit.code: unit for unit in UNITS},
        departments={department.code: department for department in DEPARTMENTS},
        pairings=(Pairing("water", "c11"), Pairing("order", "c12")),
        posts={},
        matters={leaf.code: leaf for leaf in MATTERS},
        admission=Admission(False, Budget.parse("1 wd")),
        clocks={name: Budget.parse(text) for name, text in CLOCKS.items()},
        limits={"bounces": 2, "reworks": 2, "hand_backs": 1, "extensions": 1, "suspensions": 1},
        shares={"reminder": Fraction(3, 4), "part": Fraction(3, 4)},
        rungs={
            Rung.GRID: UnitLevel.GRID,
            Rung.COMMUNITY: UnitLevel.COMMUNITY,
            Rung.STREET: UnitLevel.STREET,
            Rung.DEPARTMENT: None,
        },
        chain=(
            _level("estate", UnitLevel.GRID, "45 nd"),
            _level("community", UnitLevel.COMMUNITY, "105 nd"),
            _level("street", UnitLevel.STREET, "105 nd"),
            _level("city", UnitLevel.CITY, "200 nd"),
        ),
        unable_starts_at=unable_starts_at,
        policies=(policy,),
        sources={},
        mechanisms=frozenset(),
        calendar=Calendar(),
        simulation={},
        published={},
        boundaries={},
        marks={},
        pairing_rule={},
        grid_norms={},
    )


TOWN = town()
CASE = "case-1"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
OPERATIONS = Actor("operations", "officer")


def unit(code: str) -> Actor:
    """Return the desk of a unit."""
    return Actor("unit", code)


def department(code: str) -> Actor:
    """Return the desk of a department."""
    return Actor("department", code)


def case(matter: str, place: str = "g111", *, urgent: bool = False) -> heard.CaseRegistered:
    """Build the fact that a case was registered."""
    return heard.CaseRegistered("T-1", heard.Placement(place), heard.Understanding(matter), urgent, "井盖坏了")


def unmerged(matter: str = "road") -> heard.CaseUnmerged:
    """Build the fact that a case stands for itself again."""
    return heard.CaseUnmerged("T-1", heard.Placement("g111"), heard.Understanding(matter), False, "井盖坏了")


def on_spot(handler: str, *, drawn: bool) -> heard.CaseSolvedOnSpot:
    """Build the fact that a grid member solved a case while reporting."""
    return heard.CaseSolvedOnSpot(
        "T-1", heard.Placement("g111"), heard.Understanding("litter"), False, "已清扫", handler, drawn
    )


def play(city: City = TOWN) -> Play:
    """Begin on a Monday morning with no case."""
    return Play(decide, evolve, city, MONDAY)


def order(played: Play) -> Order:
    """Return the order of the case."""
    found: Order = played.states[CASE]
    return found


def say(played: Play, actor: Actor, command: Any) -> list[Any]:
    """Send a command about the case."""
    return played.send(CASE, command, actor)


def opened(matter: str = "pipe", place: str = "g111", city: City = TOWN, *, urgent: bool = False) -> Play:
    """Play until the case is registered and, where a rule decides, dispatched."""
    played = play(city)
    played.hear(CASE, case(matter, place, urgent=urgent), "intake")
    return played


def accepted(matter: str = "pipe", place: str = "g111", city: City = TOWN) -> Play:
    """Play until the lead has signed."""
    played = opened(matter, place, city)
    say(played, lead(played), replies.Accept(CASE, 1, "post-7"))
    return played


def handled(matter: str = "pipe") -> Play:
    """Play until the lead has finished."""
    played = accepted(matter)
    finish(played)
    return played


def suspended() -> Play:
    """Play until the unit above the dispatcher has granted a pause of ten days."""
    played = accepted()
    ask_suspension(played)
    say(played, unit("top"), replies.JudgeSuspension(CASE, 1, True))
    return played


def supported(*support: str) -> Play:
    """Play until operations have dispatched to a lead with supporting departments, and the lead has signed."""
    played = opened("orphan", "top")
    say(played, OPERATIONS, replies.DispatchTo(CASE, "water", support or ("roads", "order")))
    say(played, department("water"), replies.Accept(CASE, 1, "post-7"))
    return played


def verified() -> Play:
    """Play until the grid has passed the work."""
    played = handled()
    verify(played, passed=True)
    return played


def escalated() -> Play:
    """Play until the holder's unable is confirmed."""
    played = accepted()
    ask_unable(played)
    say(played, unit("s1"), replies.JudgeUnable(CASE, 1, True))
    return played


def at_meeting() -> Play:
    """Play until the topic is raised at the street's body."""
    played = escalated()
    raise_topic(played)
    return played


def meeting_order() -> Play:
    """Play until the meeting has made an order for housing and housing has signed."""
    played = at_meeting()
    resolve(played)
    say(played, department("housing"), replies.Accept(CASE, 2, "post-1"))
    return played


def lead(played: Play) -> Actor:
    """Return the desk of the present lead."""
    code = order(played).lead or ""
    return department(code) if code in TOWN.departments else unit(code)


def finish(played: Play) -> list[Any]:
    """Finish by the present lead."""
    reply = replies.Finish(CASE, order(played).assignment, "已更换井盖", True, 1)
    return say(played, lead(played), reply)


def verify(played: Play, *, passed: bool) -> list[Any]:
    """Verify by the responsible unit."""
    reply = replies.Verify(CASE, order(played).assignment, passed, "现场查看", "photo")
    return say(played, unit(order(played).responsible or ""), reply)


def ask_hand_back(played: Play, proposed: str = "roads") -> list[Any]:
    """Ask to hand back by the present lead."""
    reply = replies.HandBack(CASE, order(played).assignment, "art-3", proposed, "不属本单位职责")
    return say(played, lead(played), reply)


def ask_extension(played: Play, more: int = 7) -> list[Any]:
    """Ask for more time by the present lead."""
    return say(played, lead(played), replies.AskExtension(CASE, order(played).assignment, more, "雨季施工缓慢"))


def ask_suspension(played: Play, days: int = 10, cause: str = "funds") -> list[Any]:
    """Ask for a pause by the present lead."""
    return say(played, lead(played), replies.AskSuspension(CASE, order(played).assignment, cause, days, "资金未到位"))


def ask_unable(played: Play) -> list[Any]:
    """Say unable by the present lead."""
    reply = replies.Unable(CASE, order(played).assignment, "money", "已申请资金未批")
    return say(played, lead(played), reply)


def raise_topic(played: Play, body: str = "s1", topic: str = "t1") -> list[Any]:
    """Hear that the topic was raised."""
    return played.hear(CASE, heard.TopicRaised(topic, body, day(90)), "escalation")


def resolve(played: Play, until: datetime | None = None) -> list[Any]:
    """Hear that a meeting ordered housing to do it."""
    fact = heard.TopicResolved("t1", "s1", "housing", until or day(30))
    return played.hear(CASE, fact, "escalation")


def day(n: int) -> datetime:
    """Return the office closing of the n-th day after the Monday."""
    return datetime.fromordinal(MONDAY.toordinal() + n).replace(hour=18, tzinfo=SHANGHAI)


def closed() -> Play:
    """Play until the rating is complete."""
    played = verified()
    played.hear(CASE, heard.RatingCompleted("rated"), "feedback")
    return played


def withdrawn() -> Play:
    """Play until the reporter has withdrawn."""
    played = opened()
    played.hear(CASE, heard.CaseWithdrawn(), "intake")
    return played


def waiting() -> Play:
    """Play until a case waits that no rule can dispatch."""
    return opened("orphan")


IN = {
    Status.WAITING: waiting,
    Status.DISPATCHED: opened,
    Status.ACCEPTED: accepted,
    Status.SUSPENDED: suspended,
    Status.HANDLED: handled,
    Status.VERIFIED: verified,
    Status.ESCALATED: at_meeting,
    Status.CLOSED: closed,
    Status.WITHDRAWN: withdrawn,
}
"""How to bring a case into each status."""
