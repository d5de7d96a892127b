"""Recording a call-back (回访): what an officer met with, and what the reporter said (workflows §4.1)."""

from __future__ import annotations

from services.feedback.domain.answering import comment, follow
from services.feedback.domain.asking import after
from services.feedback.domain.call_back import CallBackAttempted, RecordCallBack
from services.feedback.domain.calling import day_of, end_call
from services.feedback.domain.rating import Asked, RatedCase, RatingAnswered, Status, case_of
from services.feedback.domain.table import States, decide
from services.feedback.domain.task import Kind, Task
from shared.kernel.decisions import Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "call_back.no_task": ("没有对该反映人的回访任务", "There is no call-back to make to this reporter"),
        "call_back.same_day": (
            "两次回访须在不同的日子，{day} 已试过一次",
            "The attempts are made on different days; {day} has had one",
        ),
        "call_back.incomplete": (
            "接通的回访须写明是否联系、是否解决和满意度",
            "An answered call-back says contacted, solved and the grade",
        ),
        "call_back.not_answered": (
            "未作答的回访不能填写评价",
            "A call-back without an answer has no contacted, solved, grade or comment",
        ),
    }
)


@decide.on(RecordCallBack)
def record(states: States, message: Message, context: Context) -> Decision:
    """Keep one attempt: an answer outweighs the reporter's own form, the last attempt in vain leaves him unrated."""
    actor = message.actor
    if actor.kind != "operations":
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="call back")
    case = case_of(states, message.subject)
    said: RecordCallBack = message.data
    asked = case.of(said.reporter)
    if asked is None or asked.call_back is None or not asked.call_back.is_open or _is_over(case, asked, message):
        raise Refused("call_back.no_task", "reporter")
    _check_form(said)
    if asked.call_back.tried_on == day_of(message.acted_at):
        raise Refused("call_back.same_day", "reporter", day=day_of(message.acted_at))
    number = asked.call_back.attempts + 1
    attempted = CallBackAttempted(asked.invitation, case.round, asked.reporter, number, said.outcome, actor.id)
    made = Decision((Fact(attempted),))
    if said.outcome == "answered":
        return _answered(case, asked, said, made, message, context)
    if said.outcome == "declined":
        return made + end_call(message.subject, case, asked, "declined", number)
    if number >= context.city.limits["call_backs"]:
        return made + end_call(message.subject, case, asked, "unreachable", number)
    task = Task(Kind.CALL_BACK, message.subject, case.round, asked.reporter, None, number, day_of(message.acted_at))
    return made + Decision(rows=(task,))


def _is_over(case: RatedCase, asked: Asked, message: Message) -> bool:
    return case.status is not Status.ASKED or message.acted_at > asked.until


def _check_form(said: RecordCallBack) -> None:
    given = (said.contacted, said.solved, said.grade)
    if said.outcome == "answered" and None in given:
        raise Refused("call_back.incomplete", "grade")
    if said.outcome != "answered" and (given != (None, None, None) or said.comment):
        raise Refused("call_back.not_answered", "outcome")


def _answered(
    case: RatedCase, asked: Asked, said: RecordCallBack, made: Decision, message: Message, context: Context
) -> Decision:
    assert said.contacted is not None
    assert said.solved is not None
    assert said.grade is not None
    given = RatingAnswered(
        invitation=asked.invitation,
        round=case.round,
        reporter=asked.reporter,
        contacted=said.contacted,
        solved=said.solved,
        grade=said.grade,
        valid=True,
        by="call_back",
    )
    ended = made + end_call(message.subject, case, asked, "answered", made.facts[0].data.attempt)
    rows = comment(message, case, asked.reporter, "call_back", said.comment, context)
    now = after(case, ended.facts, message.acted_at)
    return ended + Decision((Fact(given),), rows=rows) + follow(now, given, message, context)
