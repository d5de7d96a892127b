"""What people did to an order, read back from the facts it led to: who plays which part, and the message he sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.dispatch.domain import replies
from services.dispatch.domain.order import Order
from shared.contracts import dispatch as d
from shared.contracts.base import Contract
from shared.kernel.clock import Budget

Desk = Callable[[Order], str | None]
"""Who plays the part now; another one than in the record where the order went elsewhere."""


@dataclass(frozen=True, slots=True)
class Act:
    """A deed of a person: the message for an order as it stands, and whose it is to send."""

    desk: Desk
    message: Callable[[Order], Any]


def _lead(order: Order) -> str | None:
    return order.lead


def _responsible(order: Order) -> str | None:
    return order.responsible


def _judge(order: Order) -> str | None:
    return order.request.judge if order.request else None


def _accept(f: Any, case: str) -> Act | None:
    return None if f.deemed else Act(_lead, lambda o: replies.Accept(case, o.assignment, f.handler, f.office_phone))


def _progress(f: Any, case: str) -> Act:
    return Act(_lead, lambda o: replies.Progress(case, o.assignment, f.note))


def _hand_back(f: Any, case: str) -> Act:
    return Act(_lead, lambda o: replies.HandBack(case, o.assignment, f.clause, f.proposed, f.note))


def _judge_hand_back(f: Any, case: str) -> Act | None:
    return None if f.lapsed else Act(_judge, lambda o: replies.JudgeHandBack(case, o.assignment, f.upheld))


def _unable(f: Any, case: str) -> Act:
    return Act(_lead, lambda o: replies.Unable(case, o.assignment, f.missing, f.tried))


def _judge_unable(f: Any, case: str) -> Act | None:
    return None if f.lapsed else Act(_judge, lambda o: replies.JudgeUnable(case, o.assignment, f.confirmed))


def _pass_up(f: Any, case: str) -> Act:
    return Act(_lead, lambda o: replies.PassUp(case, o.assignment, f.reason, f.note))


def _finish(f: Any, case: str) -> Act | None:
    if not f.note:  # solved on the spot and drawn for verification: nobody reported it done to dispatch
        return None
    return Act(
        _lead, lambda o: replies.Finish(case, o.assignment, f.note, f.contacted, f.evidence, f.handler, f.done_at)
    )


def _verify(f: Any, case: str) -> Act | None:
    return (
        None
        if f.verifier is None
        else Act(_responsible, lambda o: replies.Verify(case, o.assignment, True, "", f.means or None))
    )


def _fail(f: Any, case: str) -> Act:
    return Act(_responsible, lambda o: replies.Verify(case, o.assignment, False, f.reason))


def _extension(f: Any, case: str) -> Act:
    return Act(_lead, lambda o: replies.AskExtension(case, o.assignment, Budget.parse(f.more).amount, f.why))


def _judge_extension(f: Any, case: str) -> Act | None:
    return None if f.lapsed else Act(_judge, lambda o: replies.JudgeExtension(case, o.assignment, f.granted))


def _suspension(f: Any, case: str) -> Act:
    return Act(_lead, lambda o: replies.AskSuspension(case, o.assignment, f.cause, f.days, f.why))


def _judge_suspension(f: Any, case: str) -> Act | None:
    return None if f.lapsed else Act(_judge, lambda o: replies.JudgeSuspension(case, o.assignment, f.granted))


def _resume(f: Any, case: str) -> Act | None:
    return Act(lambda o: o.paused_by, lambda o: replies.Resume(case, o.assignment)) if f.early else None


def _recall(f: Any, case: str) -> Act:
    return Act(lambda o: o.dispatcher, lambda o: replies.Recall(case, o.assignment, f.reason))


def _dispute(f: Any, case: str) -> Act:
    return Act(
        _lead,
        lambda o: replies.StateDispute(case, o.assignment, tuple(unit for unit in f.among if unit != o.lead), f.note),
    )


def _part(f: Any, case: str) -> Act:
    return Act(lambda o: f.unit, lambda o: replies.AnswerPart(case, o.assignment, f.note))


def _release(f: Any, case: str) -> Act:
    return Act(lambda o: f.unit, lambda o: replies.AskRelease(case, o.assignment, f.why))


def _judge_release(f: Any, case: str) -> Act | None:
    return None if f.lapsed else Act(_judge, lambda o: replies.JudgeRelease(case, o.assignment, f.granted))


def _dispatch(f: Any, case: str) -> Act | None:
    if f.rule != "hand":
        return None
    return Act(_responsible, lambda o: replies.DispatchTo(case, f.responsible, f.support))


_ACTS: Mapping[type[Contract], Callable[[Any, str], Act | None]] = {
    d.OrderAccepted: _accept,
    d.OrderProgressed: _progress,
    d.HandBackAsked: _hand_back,
    d.HandBackJudged: _judge_hand_back,
    d.UnableAsked: _unable,
    d.UnableJudged: _judge_unable,
    d.ExtensionAsked: _extension,
    d.ExtensionJudged: _judge_extension,
    d.SuspensionAsked: _suspension,
    d.SuspensionJudged: _judge_suspension,
    d.OrderResumed: _resume,
    d.OrderRecalled: _recall,
    d.DepartmentsDisputed: _dispute,
    d.PartAnswered: _part,
    d.PartReleaseAsked: _release,
    d.PartReleaseJudged: _judge_release,
    d.OrderPassedUp: _pass_up,
    d.OrderHandled: _finish,
    d.OrderVerified: _verify,
    d.VerificationFailed: _fail,
    d.OrderDispatched: _dispatch,
}


def act_of(fact: Contract, case: str) -> Act | None:
    """Return the deed behind a fact, or None where a rule or a clock made it."""
    read = _ACTS.get(type(fact))
    return read(fact, case) if read else None
