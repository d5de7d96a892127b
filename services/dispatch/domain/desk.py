"""Who may take which step, when (workflows §1): one line per act, checked before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.dispatch.domain import replies
from services.dispatch.domain.order import Order, Status
from shared.kernel.decisions import Actor, Message
from shared.kernel.refusals import Refused


class Role(StrEnum):
    """The part that a desk must play for the order."""

    LEAD = "lead"
    JUDGE = "judge"
    RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class Act:
    """`kinds` of actors that may take the step in this role, and the statuses in which it exists."""

    name: str
    role: Role
    kinds: frozenset[str]
    statuses: frozenset[Status]


_HOLDERS = frozenset({"department", "unit"})
_UNIT = frozenset({"unit"})
_DISPATCHERS = frozenset({"unit", "operations"})
_HELD = frozenset({Status.DISPATCHED, Status.ACCEPTED})
_ACCEPTED = frozenset({Status.ACCEPTED})

ACTS: Mapping[type, Act] = {
    replies.Accept: Act("accept", Role.LEAD, _HOLDERS, frozenset({Status.DISPATCHED})),
    replies.Progress: Act("progress", Role.LEAD, _HOLDERS, _ACCEPTED),
    replies.HandBack: Act("hand_back", Role.LEAD, _HOLDERS, _HELD),
    replies.Unable: Act("unable", Role.LEAD, _HOLDERS, _ACCEPTED),
    replies.Finish: Act("finish", Role.LEAD, _HOLDERS, _ACCEPTED),
    replies.PassUp: Act("pass_up", Role.LEAD, _UNIT, _ACCEPTED),
    replies.JudgeHandBack: Act("judge_hand_back", Role.JUDGE, _DISPATCHERS, _HELD),
    replies.JudgeUnable: Act("judge_unable", Role.JUDGE, _DISPATCHERS, _ACCEPTED),
    replies.Verify: Act("verify", Role.RESPONSIBLE, _DISPATCHERS, frozenset({Status.HANDLED})),
    # From WAITING the dispatcher, from ACCEPTED a street that holds the case itself (moves 3, 9): both are responsible.
    replies.DispatchTo: Act("dispatch", Role.RESPONSIBLE, _DISPATCHERS, frozenset({Status.WAITING, Status.ACCEPTED})),
}


def admit(states: Mapping[str, Any], message: Message, city: Any) -> tuple[Order, str]:
    """Return the order and the code of the desk that acts, or refuse an act that is not its to take now."""
    order: Order | None = states[message.subject]
    data = message.data
    if order is None:
        raise Refused("subject.unknown", "order", subject=message.subject)
    act = ACTS[type(data)]
    desk = _desk(message.actor, act, city)
    given = getattr(data, "assignment", order.assignment)
    if given != order.assignment:
        raise Refused("order.assignment_over", "assignment", assignment=given, now=order.assignment)
    if act.role is Role.LEAD and desk != order.lead:
        raise Refused("order.not_yours", "order", actor=desk)
    if order.status not in act.statuses:
        raise Refused("order.act_not_now", "status", now=order.status.value, act=act.name)
    if act.role is Role.RESPONSIBLE and desk != order.responsible:
        raise Refused("order.not_yours", "order", actor=desk)
    if act.role is Role.JUDGE:
        _check_judge(order, desk, act)
    return order, desk


def _desk(actor: Actor, act: Act, city: Any) -> str:
    if actor.kind not in act.kinds:
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind} {actor.id}", act=act.name)
    return city.root.code if actor.kind == "operations" else actor.id


def _check_judge(order: Order, desk: str, act: Act) -> None:
    request = order.request
    if request is None or f"judge_{request.kind}" != act.name:
        raise Refused("order.nothing_asked", "order")
    if desk in (request.asker, request.proposed):
        raise Refused("order.judge_interested", "actor", actor=desk)
    if desk != request.judge:
        raise Refused("order.not_yours", "order", actor=desk)
