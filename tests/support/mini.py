"""A miniature service to try the shell with: it counts what it hears and is told, in the clothes of dispatch.

It hears `case.registered` (opens an order), `case.withdrawn` (withdraws it), is told `order.progress` (refused below
four characters by the contract, `mini.refused` for the note "refuse me"), and fires a deadline `later`.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime, timedelta
from typing import Any

from shared.contracts import dispatch, intake
from shared.contracts.base import Contract
from shared.kernel import rules
from shared.kernel.decisions import (
    NOTHING,
    Actor,
    Answer,
    Arm,
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


class SameWire:
    """Contracts are the miniature's domain."""

    def to_domain(self, wire: Contract) -> Any:
        return wire

    def to_wire(self, value: Any) -> Contract:
        return value


decide = Deciders()
evolve = Evolution()

STANDING = {"status": dispatch.Status.WAITING, "responsible": "u-1", "clock": "dispatch"}


@decide.on(intake.CaseRegistered)
def open_order(states: Any, message: Message, context: Context) -> Decision:
    if states[message.subject] is not None:
        raise Refused("move.forbidden", "status", now="opened", to="opened")
    if message.data.summary == "undecidable":
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
    if message.data.note == "refuse me":
        raise Refused("mini.refused", "note")
    if message.data.note == "break me":
        raise ValueError("planted")
    arms = (Arm("later", context.now + timedelta(days=2), {"n": 2}),) if message.data.note == "re-arm" else ()
    return Decision((Fact(dispatch.OrderProgressed(**STANDING, note=message.data.note)),), arms)


@decide.on(Due)
def fire(states: Any, message: Message, context: Context) -> Decision:
    state = states[message.subject]
    if state is None or state.withdrawn:
        return NOTHING
    return Decision((Fact(dispatch.OrderReminded(**STANDING, of=message.data.name)),))


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


SERVICE = Service("dispatch", decide, evolve, {"case": MiniCase}, SameWire(), refusal=refusal)


def bench(city: str) -> Bench:
    return Bench(SERVICE, MiniCity(city), city, "v1", new_id)


def registered(summary: str = "路灯不亮", **more: Any) -> intake.CaseRegistered:
    """Make the fact that opens a case."""
    values = {
        "number": "T-1", "source": "s", "report": "r", "dossier": "d", "kind": "problem", "urgent": False,
        "placement": intake.Placement(unit="u-1", how="unit_code", confidence=1.0),
        "understanding": intake.Understanding(matter="m", how="given", confidence=1.0),
        "rung": "grid", "summary": summary, "reporter": "p", "ratable": True,
    }  # fmt: skip
    return intake.CaseRegistered(**{**values, **more})
