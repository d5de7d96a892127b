"""Who may take which step, when (workflows §1): checked before anything else, whatever door the message came by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.dispatch.domain import replies
from services.dispatch.domain.order import Order, Status
from shared.kernel.decisions import Actor, Message
from shared.kernel.refusals import Refused
from shared.kernel.rights import RIGHTS, Right, Tie, check_kind, check_ties, office_of


@dataclass(frozen=True, slots=True)
class Act:
    """A step: its line of workflows §1, and the statuses in which it exists."""

    right: Right
    statuses: frozenset[Status]


def _act(name: str, *statuses: Status) -> Act:
    return Act(RIGHTS[name], frozenset(statuses))


_HELD = (Status.DISPATCHED, Status.ACCEPTED)

ACTS: Mapping[type, Act] = {
    replies.Accept: _act("accept", Status.DISPATCHED),
    replies.Progress: _act("progress", Status.ACCEPTED, Status.SUSPENDED),
    replies.HandBack: _act("hand_back", *_HELD),
    replies.AskExtension: _act("extension", Status.ACCEPTED),
    replies.AskSuspension: _act("suspension", Status.ACCEPTED),
    replies.Unable: _act("unable", Status.ACCEPTED),
    replies.Finish: _act("finish", Status.ACCEPTED),
    replies.PassUp: _act("pass_up", Status.ACCEPTED),
    replies.AnswerPart: _act("answer_part", *_HELD, Status.SUSPENDED),
    replies.AskRelease: _act("release", *_HELD),
    replies.JudgeHandBack: _act("judge_hand_back", *_HELD),
    replies.JudgeExtension: _act("judge_extension", Status.ACCEPTED),
    replies.JudgeSuspension: _act("judge_suspension", Status.ACCEPTED),
    replies.JudgeUnable: _act("judge_unable", Status.ACCEPTED),
    replies.JudgeRelease: _act("judge_release", *_HELD),
    replies.Resume: _act("resume", Status.SUSPENDED),
    replies.Recall: _act("recall", Status.DISPATCHED),
    replies.StateDispute: _act("state_dispute", Status.ACCEPTED),
    replies.Verify: _act("verify", Status.HANDLED),
    # From WAITING the dispatcher, from ACCEPTED a street that holds the case itself (moves 3, 9): both are responsible.
    replies.DispatchTo: _act("dispatch", Status.WAITING, Status.ACCEPTED),
}

_OF_THE_ASSIGNMENT = frozenset({Tie.LEAD, Tie.SUPPORT, Tie.DISPATCHER})
"""Ties that last as long as the assignment; for the others it is first asked whether the step exists now at all."""


def admit(states: Mapping[str, Any], message: Message, city: Any) -> tuple[Order, str]:
    """Return the order and the code of the desk that acts, or refuse an act that is not its to take now."""
    order: Order | None = states[message.subject]
    data = message.data
    if order is None:
        raise Refused("subject.unknown", "order", subject=message.subject)
    act = ACTS[type(data)]
    right = act.right
    desk = _desk(message.actor, right, city)
    given = getattr(data, "assignment", order.assignment)
    if given != order.assignment:
        raise Refused("order.assignment_over", "assignment", assignment=given, now=order.assignment)
    if right.may in _OF_THE_ASSIGNMENT:
        check_ties(right, desk, ties(order, desk))
    if order.status not in act.statuses:
        raise Refused("order.act_not_now", "status", now=order.status.value, act=right.act)
    if right.may not in _OF_THE_ASSIGNMENT:
        if right.act.startswith("judge_") and (order.request is None or f"judge_{order.request.kind}" != right.act):
            raise Refused("order.nothing_asked", "order")
        check_ties(right, desk, ties(order, desk))
    return order, desk


def ties(order: Order, desk: str) -> frozenset[Tie]:
    """Tell how a desk stands to an order."""
    request = order.request
    found = {
        Tie.LEAD: desk == order.lead,
        Tie.SUPPORT: order.part_of(desk) is not None,
        Tie.DISPATCHER: desk == order.dispatcher,
        Tie.RESPONSIBLE: desk == order.responsible,
        Tie.JUDGE: desk == (order.paused_by if request is None else request.judge),
        Tie.ASKER: request is not None and desk == request.asker,
        Tie.PROPOSED: request is not None and desk == request.proposed,
    }
    return frozenset(tie for tie, is_so in found.items() if is_so)


def _desk(actor: Actor, right: Right, city: Any) -> str:
    check_kind(right, actor)
    if actor.kind == "operations":
        root: str = city.root.code
        return root
    if actor.kind != "post":
        return actor.id
    unit, post = office_of(actor)
    is_there = unit in city.units and post in city.posts and city.posts[post].level is city.units[unit].level
    # At the city operations dispatch; a leader's post there only judges as convener.
    if not is_there or (unit == city.root.code and right.act != "judge_extension"):
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind} {actor.id}", act=right.act)
    return unit
