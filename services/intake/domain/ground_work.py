"""What a grid's people are and do: posts with their notice, household visits and other grid work, leaders' visits.

The record of a unit (`unit:<code>`) holds who has its posts and which version of its notice stands; a leader's
(`leader:<code>`) the units that he is tied to (domain §2.2). People are codes here; names are private rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.kernel.decisions import Actor, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "mechanism.off": ("本市未启用此机制：{mechanism}", "This city has not switched on {mechanism}"),
        "post.unknown": ("{unit} 没有岗位 {post}", "{unit} has no post {post}"),
        "post.taken": ("岗位 {post} 已由 {holder} 担任，请先离任", "Post {post} is held by {holder}; vacate it first"),
        "post.not_held": ("{holder} 不在岗位 {post}", "{holder} does not hold {post}"),
        "post.part_time_by_department": (
            "兼职网格员须来自一个部门，且仅限1+N网格员",
            "A part-time member comes from a department, and only where 1+N grid staff is on",
        ),
        "post.personal": (
            "人员编码里不能有电话或证件号码",
            "A person's code holds no telephone or identity number",
        ),
        "visit.household": ("入户走访须写户编码，其他事务不写", "A household visit names a household, other work none"),
        "visit.personal": (
            "户编码里不能有电话或证件号码",
            "A household's code holds no telephone or identity number",
        ),
        "visit.in_future": ("时间 {at} 晚于现在（{now}）", "The time {at} is in the future (now {now})"),
        "leader.not_tied": ("{leader} 没有联系点 {unit}", "{leader} is not tied to {unit}"),
    }
)

SKEW = timedelta(minutes=5)
LONGEST_DUTY = 60
GRIDS = frozenset({"community", "grid", "subgrid"})
"""Levels whose people are on public notice: first-, second- and third-level grids."""


class Work(StrEnum):
    """What is logged: a household visited, an errand done, hazards checked, law made known."""

    HOUSEHOLD = "household"
    ERRAND = "errand"
    HAZARD = "hazard"
    PUBLICITY = "publicity"


class LeaderVisit(StrEnum):
    """Why a leader came: a visit, its community's joint meeting, to urge departments, to help with a hard point."""

    VISIT = "visit"
    MEETING = "meeting"
    URGING = "urging"
    HELP = "help"


class Reception(StrEnum):
    """How a leader met somebody (民情家访): fixed reception, by appointment, at home, or coming back."""

    FIXED = "fixed"
    APPOINTMENT = "appointment"
    HOME = "home"
    RETURN = "return"


# ---- messages


@dataclass(frozen=True, slots=True)
class FillPost:
    post: str
    holder: str
    name: str
    phone: str | None = None
    department: str | None = None
    duties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VacatePost:
    post: str
    holder: str


@dataclass(frozen=True, slots=True)
class LogVisit:
    visit: str
    kind: Work
    household: str | None = None
    at: datetime | None = None
    findings: int = 0


@dataclass(frozen=True, slots=True)
class TieLeader:
    unit: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class LogLeaderVisit:
    unit: str
    kind: LeaderVisit
    on: date
    raised: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogReception:
    unit: str
    kind: Reception
    on: date
    raised: tuple[str, ...] = ()


# ---- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFilled:
    unit: str
    post: str
    holder: str
    department: str | None
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostVacated:
    unit: str
    post: str
    holder: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Who holds a post of a unit; a part-time member comes from a department."""

    post: str
    holder: str
    department: str | None = None
    duties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePublished:
    unit: str
    version: int
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLogged:
    unit: str
    visit: str
    kind: Work
    household: str | None
    at: datetime
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderTied:
    leader: str
    unit: str
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderVisited:
    leader: str
    unit: str
    kind: LeaderVisit
    on: date
    raised: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderReceived:
    leader: str
    unit: str
    kind: Reception
    on: date
    raised: tuple[str, ...]


# ---- private rows and states


@dataclass(frozen=True, slots=True)
class HolderName:
    """A private row: the name and telephone of whoever holds a post, for the notice; None takes it away."""

    unit: str
    post: str
    holder: str
    name: str | None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A private row: one version of a unit's notice."""

    unit: str
    version: int
    seats: tuple[Seat, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Logged:
    """A private row: one logged piece of grid work."""

    unit: str
    visit: str
    kind: str
    household: str | None
    at: datetime
    findings: int


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """Who has the posts of a unit, and the version of its notice; 0 while it never had one."""

    seats: tuple[Seat, ...] = ()
    notice: int = 0


@dataclass(frozen=True, slots=True)
class Leader:
    """The units that a leader is tied to (联系点)."""

    units: tuple[str, ...] = ()


decide = Deciders()
evolve = Evolution()


def _require(city: Any, *mechanisms: str) -> None:
    if not any(mechanism in city.mechanisms for mechanism in mechanisms):
        raise Refused("mechanism.off", "", mechanism=mechanisms[0])


def _refuse(actor: Actor, act: str) -> Refused:
    return Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)


def _unit(message: Message, context: Context, act: str, *, above: bool = True) -> str:
    """Return the unit whose record it is, to itself, a unit above it and operations; refuse everybody else."""
    code = message.subject.partition(":")[2]
    city, actor = context.city, message.actor
    if code not in city.units:
        raise Refused("subject.unknown", "unit", subject=code)
    own = actor.kind == "unit" and actor.id in city.units and city.is_within(code, actor.id)
    if not (own and (above or actor.id == code)) and not (above and actor.kind == "operations"):
        raise _refuse(actor, act)
    return code


def _is_long_number(code: str) -> bool:
    """Tell whether a code has as many digits as a telephone or identity number."""
    return sum(letter.isdigit() for letter in code) > 10


@decide.on(FillPost)
def fill(states: Any, message: Message, context: Context) -> Decision:
    """Put somebody into a post of the unit: one full-time holder, and N part-time ones of departments (1+N)."""
    city, said = context.city, message.data
    _require(city, "posts-ex-officio", "grid-staff")
    code = _unit(message, context, "post.fill.v1")
    post = city.posts.get(said.post)
    if post is None or post.level is not city.units[code].level:
        raise Refused("post.unknown", "post", unit=code, post=said.post)
    record: UnitRecord = states[message.subject] or UnitRecord()
    if said.department is not None and ("grid-staff" not in city.mechanisms or said.department not in city.departments):
        raise Refused("post.part_time_by_department", "department")
    held = [s for s in record.seats if s.post == said.post and s.department is None]
    if said.department is None and held and held[0].holder != said.holder:
        raise Refused("post.taken", "post", post=said.post, holder=held[0].holder)
    if _is_long_number(said.holder):
        raise Refused("post.personal", "holder")
    duties = tuple(mask(duty, LONGEST_DUTY) for duty in said.duties)
    seat = Seat(said.post, said.holder, said.department, duties)
    filled = PostFilled(unit=code, post=said.post, holder=said.holder, department=said.department, duties=duties)
    row = HolderName(code, said.post, said.holder, said.name, said.phone)
    return _noticed(code, record, _with(record, seat), filled, row, message, city)


@decide.on(VacatePost)
def vacate(states: Any, message: Message, context: Context) -> Decision:
    """Take somebody out of a post; his name leaves the notice at once."""
    said: VacatePost = message.data
    code = _unit(message, context, "post.vacate.v1")
    record: UnitRecord = states[message.subject] or UnitRecord()
    left = _without(record, said.post, said.holder)
    if left == record.seats:
        raise Refused("post.not_held", "holder", holder=said.holder, post=said.post)
    gone = PostVacated(unit=code, post=said.post, holder=said.holder)
    row = HolderName(code, said.post, said.holder, None)
    return _noticed(code, record, left, gone, row, message, context.city)


def _noticed(
    code: str, record: UnitRecord, seats: tuple[Seat, ...], fact: Any, row: HolderName, message: Message, city: Any
) -> Decision:
    """State the change, and with it the next version of the notice, where grids have one."""
    if "public-notice" not in city.mechanisms or city.units[code].level.value not in GRIDS:
        return Decision((Fact(fact),), rows=(row,))
    version = record.notice + 1
    notice = NoticePublished(unit=code, version=version, seats=seats)
    return Decision((Fact(fact), Fact(notice)), rows=(row, Published(code, version, seats, message.acted_at)))


def _with(record: UnitRecord, seat: Seat) -> tuple[Seat, ...]:
    return (*_without(record, seat.post, seat.holder), seat)


def _without(record: UnitRecord, post: str, holder: str) -> tuple[Seat, ...]:
    return tuple(seat for seat in record.seats if (seat.post, seat.holder) != (post, holder))


@decide.on(LogVisit)
def log(states: Any, message: Message, context: Context) -> Decision:
    """Note a household visit or other grid work of the unit's own member; no resident's name is in it."""
    said: LogVisit = message.data
    _require(context.city, "household-visits" if said.kind is Work.HOUSEHOLD else "grid-work")
    code = _unit(message, context, "visit.log.v1", above=False)
    if (said.household is not None) != (said.kind is Work.HOUSEHOLD):
        raise Refused("visit.household", "household")
    if said.household is not None and _is_long_number(said.household):
        raise Refused("visit.personal", "household")
    at = said.at or message.acted_at
    if at > message.acted_at + SKEW:
        raise Refused("visit.in_future", "at", at=at, now=context.now)
    fact = VisitLogged(
        unit=code, visit=said.visit, kind=said.kind, household=said.household, at=at, findings=said.findings
    )
    return Decision((Fact(fact),), rows=(Logged(code, said.visit, said.kind.value, said.household, at, said.findings),))


def _leader(message: Message, context: Context, mechanism: str, unit: str, act: str, *also: str) -> str:
    """Return the leader's code to operations, to himself by his post, and to the unit that he came to."""
    _require(context.city, mechanism)
    if unit not in context.city.units:
        raise Refused("report.unknown_unit", "unit", unit=unit)
    leader, actor = message.subject.partition(":")[2], message.actor
    own = (("post", leader), *((kind, unit) for kind in also))
    if actor.kind != "operations" and (actor.kind, actor.id) not in own:
        raise _refuse(actor, act)
    return leader


@decide.on(TieLeader)
def tie(states: Any, message: Message, context: Context) -> Decision:
    """Tie a leader to a unit, or end it."""
    said: TieLeader = message.data
    leader = _leader(message, context, "leader-contacts", said.unit, "leader.tie.v1")
    if message.actor.kind != "operations":
        raise _refuse(message.actor, "leader.tie.v1")
    tied = said.unit in (states[message.subject] or Leader()).units
    if tied is not said.ends:
        if said.ends:
            raise Refused("leader.not_tied", "unit", leader=leader, unit=said.unit)
        return Decision()
    return Decision((Fact(LeaderTied(leader=leader, unit=said.unit, ends=said.ends)),))


@decide.on(LogLeaderVisit)
def visit(states: Any, message: Message, context: Context) -> Decision:
    """Note that a leader came to a unit that he is tied to, and which reports came of it."""
    said: LogLeaderVisit = message.data
    leader = _leader(message, context, "leader-contacts", said.unit, "leader.visit.v1", "unit")
    if said.unit not in (states[message.subject] or Leader()).units:
        raise Refused("leader.not_tied", "unit", leader=leader, unit=said.unit)
    _not_in_future(said.on, context)
    fact = LeaderVisited(leader=leader, unit=said.unit, kind=said.kind, on=said.on, raised=said.raised)
    return Decision((Fact(fact),))


@decide.on(LogReception)
def receive(states: Any, message: Message, context: Context) -> Decision:
    """Note how a leader met people and which reports, of the channel leader, came of it."""
    said: LogReception = message.data
    leader = _leader(message, context, "leader-reception", said.unit, "leader.receive.v1", "unit")
    _not_in_future(said.on, context)
    fact = LeaderReceived(leader=leader, unit=said.unit, kind=said.kind, on=said.on, raised=said.raised)
    return Decision((Fact(fact),))


def _not_in_future(on: date, context: Context) -> None:
    if on > context.city.calendar.local(context.now).date():
        raise Refused("visit.in_future", "on", at=on, now=context.now)


@evolve.on(PostFilled)
def filled(state: UnitRecord | None, fact: PostFilled, at: datetime) -> UnitRecord:
    record = state or UnitRecord()
    return replace(record, seats=_with(record, Seat(fact.post, fact.holder, fact.department, fact.duties)))


@evolve.on(PostVacated)
def vacated(state: UnitRecord, fact: PostVacated, at: datetime) -> UnitRecord:
    return replace(state, seats=_without(state, fact.post, fact.holder))


@evolve.on(NoticePublished)
def published(state: UnitRecord, fact: NoticePublished, at: datetime) -> UnitRecord:
    return replace(state, notice=fact.version)


@evolve.on(VisitLogged)
def logged(state: UnitRecord | None, fact: VisitLogged, at: datetime) -> UnitRecord:
    return state or UnitRecord()


@evolve.on(LeaderTied)
def tied(state: Leader | None, fact: LeaderTied, at: datetime) -> Leader:
    units = tuple(unit for unit in (state or Leader()).units if unit != fact.unit)
    return Leader(units if fact.ends else (*units, fact.unit))


@evolve.on(LeaderVisited, LeaderReceived)
def came(state: Leader | None, fact: Any, at: datetime) -> Leader:
    return state or Leader()
