"""A miniature service to try the shell with: it counts what it hears and is told, in the clothes of dispatch.

It hears `case.registered` (opens an order), `case.withdrawn` (withdraws it), is told `order.progress` (refused below
four characters by the contract), and fires deadlines. What a note or a summary says it does:
"refuse me", "break me" (a programming error), "re-arm", "cancel", "cancel all", "arm NAME SECONDS", "copy" (to a
department), "also SUBJECT" (states a fact about that one, too), "count N" (states N facts), "undecidable",
"publish YEAR" (a calendar), "cannot follow" (any).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.contracts import dispatch, feedback, intake
from shared.contracts.base import Contract
from shared.kernel import rules
from shared.kernel.admission import MatterAdmitted
from shared.kernel.calendar import Calendar, CalendarYear, Festival
from shared.kernel.decisions import (
    NOTHING,
    Actor,
    Answer,
    Arm,
    CalendarChanged,
    Cancel,
    Context,
    Deciders,
    Decision,
    Due,
    Evolution,
    Fact,
    Message,
)
from shared.kernel.refusals import Refused
from shared.shell.apply import Bench
from shared.shell.ids import new_id
from shared.shell.service import Service

rules.register({"mini.refused": ("不行", "No")})


@dataclass(frozen=True)
class MiniCase:
    """What the miniature knows of a case."""

    opened: int = 0
    notes: tuple[str, ...] = ()
    fired: int = 0
    withdrawn: bool = False


@dataclass(frozen=True)
class MiniCity:
    """As much of a city as the shell needs."""

    code: str
    version: str = "v1"
    calendar: Calendar = field(default_factory=Calendar)
    given: frozenset[str] = frozenset()

    def admitting(self, matters: frozenset[str]) -> MiniCity:
        """Return the city with these matters given to communities."""
        return changed(self, given=matters)


UNHEARD: set[type[Contract]] = {feedback.ScorePublished}
"""What the miniature does not care for."""


class SameWire:
    """Contracts are the miniature's domain."""

    def hears(self, kind: type[Contract]) -> bool:
        return kind not in UNHEARD

    def to_domain(self, wire: Contract) -> Any:
        return wire

    def to_wire(self, value: Any) -> Contract:
        return value


FIXED: list[str] = []
"""What a test puts in when the code that could not decide has been mended."""

decide = Deciders()
evolve = Evolution()

START_AGAIN = datetime(2026, 11, 4, 1, tzinfo=UTC)
"""Where a published calendar puts the deadline that a case begins with: two days after tests begin."""
STANDING = {"status": dispatch.Status.WAITING, "responsible": "u-1", "clock": "dispatch"}


@decide.on(intake.CaseRegistered)
def open_order(states: Any, message: Message, context: Context) -> Decision:
    if states[message.subject] is not None:
        raise Refused("move.forbidden", "status", now="opened", to="opened")
    if message.data.summary == "undecidable" and not FIXED:
        raise ValueError("planted")
    opened = dispatch.OrderOpened(**STANDING, case_due_at=context.now, dispatcher="u-1")
    return Decision((Fact(opened),), (Arm("later", message.acted_at + timedelta(days=1), {"n": 1}),))


@decide.on(intake.CaseWithdrawn)
def withdraw(states: Any, message: Message, context: Context) -> Decision:
    if states[message.subject] is None:
        raise Refused("subject.unknown", "case", subject=message.subject)
    gone = dispatch.OrderWithdrawn(status=dispatch.Status.WITHDRAWN, responsible=None)
    return Decision((Fact(gone),), (Cancel("later"),))


@decide.on(dispatch.Progress)
def progress(states: Any, message: Message, context: Context) -> Decision:
    if states[message.subject] is None:
        raise Refused("subject.unknown", "order", subject=message.subject)
    note = message.data.note
    if note == "refuse me":
        raise Refused("mini.refused", "note")
    if note == "break me":
        raise ValueError("planted")
    word, _, rest = note.partition(" ")
    said = dispatch.OrderProgressed(**STANDING, note=note)
    if word == "also":
        if states[rest] is None:
            raise Refused("subject.unknown", "note", subject=rest)
        return Decision((Fact(said), Fact(said, rest)))
    if note.startswith("count "):
        return Decision((Fact(said),) * int(rest))
    if word == "publish":
        year = int(rest)
        new_year = Festival("元旦", date(year, 1, 1), date(year, 1, 3))
        row = CalendarYear(year, (new_year,), (), "国办通知", year - 2026)
        return Decision((Fact(said),), rows=(row,))
    if word == "grant":
        matter, _, day = rest.partition(" ")
        return Decision((Fact(said),), rows=(MatterAdmitted(matter, date.fromisoformat(day) if day else None),))
    if note == "copy":
        return Decision((Fact(said, copy_to=("orders.hb",)),))
    return Decision((Fact(said),), _deadlines(note, context.now))


@decide.on(CalendarChanged)
def follow(states: Any, message: Message, context: Context) -> Decision:
    state = states[message.subject]
    if state.notes[:1] == ("cannot follow",):
        raise ValueError("planted")
    years = ",".join(map(str, sorted(context.city.calendar.known)[-1:]))
    said = dispatch.OrderProgressed(**STANDING, note=f"calendar {message.data.version} of {years}")
    return Decision((Fact(said),), (Arm("later", START_AGAIN, {"n": 1}),))


def _deadlines(note: str, now: datetime) -> tuple[Arm | Cancel, ...]:
    words = note.split()
    if note == "re-arm":
        return (Arm("later", now + timedelta(days=2), {"n": 2}),)
    if words[0] == "arm" and len(words) == 3:
        return (Arm(words[1], now + timedelta(seconds=float(words[2])), {"n": 3}),)
    return {"cancel": (Cancel("later"),), "cancel all": (Cancel("la*"),)}.get(note, ())


def touches(message: Message) -> tuple[str, ...]:
    """Name the other subject that a note or summary speaks of."""
    said = getattr(message.data, "note", "") or getattr(message.data, "summary", "")
    word, _, rest = said.partition(" ")
    return (rest,) if word == "also" else ()


@decide.on(Due)
def fire(states: Any, message: Message, context: Context) -> Decision:
    state = states[message.subject]
    if state is None or state.withdrawn:
        return NOTHING
    if message.data.name == "breaks":
        raise ValueError("planted")
    takes_along = (Cancel("takes_along*"),) if message.data.name == "takes" else ()
    return Decision((Fact(dispatch.OrderReminded(**STANDING, of=message.data.name)),), takes_along)


@evolve.on(dispatch.OrderOpened)
def opened(state: MiniCase | None, fact: Any, at: datetime) -> MiniCase:
    return MiniCase(opened=1)


@evolve.on(dispatch.OrderProgressed)
def progressed(state: MiniCase, fact: Any, at: datetime) -> MiniCase:
    return changed(state, notes=(*state.notes, fact.note))


@evolve.on(dispatch.OrderReminded)
def reminded(state: MiniCase, fact: Any, at: datetime) -> MiniCase:
    return changed(state, fired=state.fired + 1)


@evolve.on(dispatch.OrderWithdrawn)
def withdrawn(state: MiniCase, fact: Any, at: datetime) -> MiniCase:
    return changed(state, withdrawn=True)


def refusal(data: Any, sender: Actor, message_id: str | None, stream: str | None, error: Refused) -> Answer | None:
    order = getattr(data, "order", None)
    said = dispatch.ReplyRefused(reply=message_id, order=order, rule=error.rule, field=error.field, params=error.params)
    return Answer(said, f"orders.{sender.id}", order or "") if sender.kind == "department" else None


SERVICE = Service("dispatch", decide, evolve, {"case": MiniCase}, SameWire(), refusal=refusal, touches=touches)


def bench(city: str, service: Service = SERVICE) -> Bench:
    return Bench(service, MiniCity(city), city, "v1", new_id)


def registered(summary: str = "路灯不亮", **more: Any) -> intake.CaseRegistered:
    """Make the fact that opens a case."""
    values = {
        "number": "T-1", "source": "s", "report": "r", "dossier": "d", "kind": "problem", "urgent": False,
        "placement": intake.Placement(unit="u-1", how="unit_code", confidence=1.0),
        "understanding": intake.Understanding(matter="m", how="given", confidence=1.0),
        "rung": "grid", "summary": summary, "reporter": "p", "ratable": True,
    }  # fmt: skip
    return intake.CaseRegistered(**{**values, **more})
