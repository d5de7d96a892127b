"""Surveys and public votes (问卷、网上评选): a person once, secret, counted at the end, in no rate (domain §6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.feedback.domain.ballot import Ballot, Box, Sealed, Spent, Voter
from services.feedback.domain.draw import CheckKind, Draw
from services.feedback.domain.mechanism import refuse, require, require_unit
from services.feedback.domain.table import States, decide, evolve, on_due
from services.feedback.domain.window import MOVES, Status
from shared.kernel.decisions import NOTHING, Actor, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "poll.exists": ("{code} 已经发起过", "There is a poll {code} already"),
        "poll.window": ("结束时间须晚于开始时间和现在", "It ends after it begins, and in the future"),
        "poll.twice": ("问题或选项 {code} 重复", "Question or option {code} is given twice"),
        "poll.not_open": ("现在不能作答（{opens} 至 {until}）", "Answers are taken from {opens} to {until} only"),
        "poll.over": ("已经结束", "It is over"),
        "poll.draw_needed": (
            "满意度调查须先按户抽样（{draw}）",
            "The satisfaction survey asks households that were drawn ({draw})",
        ),
        "poll.not_drawn": ("该户未被抽中", "This household was not drawn"),
        "poll.voter_needed": ("须说明投票人或户", "Say which person or household votes"),
        "poll.voted": ("一人（户）一票，已经投过", "One vote each, and this one is given"),
        "poll.incomplete": ("须逐题作答，缺少或多出：{questions}", "Answer each question: {questions}"),
        "poll.no_option": ("问题 {question} 没有选项 {option}", "Question {question} has no option {option}"),
    }
)

ALL = "all"
"""What a token is spent on: the whole poll."""


class PollKind(StrEnum):
    """A survey, a public vote, an owners' vote (one per household), the yearly satisfaction survey."""

    SURVEY = "survey"
    VOTE = "vote"
    OWNERS = "owners"
    SATISFACTION = "satisfaction"


MECHANISM = {PollKind.VOTE: "star-rating"}
"""Public votes come with the stars, everything else with the surveys."""


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    question: str
    option: str
    count: int


@dataclass(frozen=True, slots=True)
class PollOpened:
    kind: PollKind
    unit: str
    code: str
    questions: tuple[Question, ...]
    opens_at: datetime
    until: datetime
    about: str | None = None
    asked: int | None = None
    draw: str | None = None
    households: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PollCounted:
    asked: int | None
    answered: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class OpenPoll:
    kind: PollKind
    unit: str
    code: str
    questions: tuple[Question, ...]
    opens_at: datetime
    until: datetime
    about: str | None = None
    asked: int | None = None
    draw: str | None = None


@dataclass(frozen=True, slots=True)
class CastVote:
    answers: dict[str, str]
    voter: str | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll as it was opened, and what came of it."""

    opened: PollOpened
    status: Status = Status.OPEN
    counted: PollCounted | None = None


def subject_of(unit: str, code: str) -> str:
    """Return the subject of a unit's poll."""
    return f"poll:{unit}:{code}"


@decide.on(OpenPoll)
def open_poll(states: States, message: Message, context: Context) -> Decision:
    """Open a poll of the unit's own; operations open the city's."""
    asked: OpenPoll = message.data
    require(context.city, MECHANISM.get(asked.kind, "surveys"))
    if message.actor.kind != "operations" or asked.unit != context.city.root.code:
        require_unit(message.actor, asked.unit, "open a poll")
    if states[message.subject] is not None:
        raise Refused("poll.exists", "code", code=asked.code)
    if not asked.opens_at < asked.until or asked.until <= message.acted_at:
        raise Refused("poll.window", "until")
    for codes in ([q.code for q in asked.questions], *([o.code for o in q.options] for q in asked.questions)):
        for n, code in enumerate(codes):
            if code in codes[:n]:
                raise Refused("poll.twice", "questions", code=code)
    households = _drawn(states, asked)
    opened = PollOpened(
        asked.kind,
        asked.unit,
        asked.code,
        asked.questions,
        asked.opens_at,
        asked.until,
        asked.about,
        len(households) or asked.asked,
        asked.draw,
        households,
    )
    return Decision((Fact(opened),), (Arm("poll", asked.until),))


@decide.on(CastVote)
def cast(states: States, message: Message, context: Context) -> Decision:
    """Take one person's answers, once; no fact tells of it, so that nothing can lead back to the person."""
    vote: CastVote = message.data
    poll: Poll | None = states.get(message.subject)
    if poll is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    if not _may_take(message.actor, poll.opened.unit, context.city):
        refuse(message.actor, "vote")
    if poll.status is not Status.OPEN:
        raise Refused("poll.over", "status")
    asked = poll.opened
    if not asked.opens_at <= message.acted_at <= asked.until:
        opens, until = (context.city.calendar.local(at) for at in (asked.opens_at, asked.until))
        raise Refused("poll.not_open", "", opens=f"{opens:%Y-%m-%d %H:%M}", until=f"{until:%Y-%m-%d %H:%M}")
    if asked.households and (message.actor.kind == "resident" or vote.voter not in asked.households):
        raise Refused("poll.not_drawn", "voter")
    voter: Voter | None = context.prepared.found.get(message.id)
    if voter is None:
        raise Refused("poll.voter_needed", "voter")
    _check_answers(asked.questions, vote.answers)
    if ALL in voter.spent:
        raise Refused("poll.voted", "voter")
    ballots = (Ballot(message.subject, q.code, vote.answers[q.code]) for q in asked.questions)
    return Decision(rows=(Spent(message.subject, voter.hash, ALL), *ballots))


@on_due("poll")
def count(states: States, message: Message, context: Context) -> Decision:
    """Count when the window ends."""
    poll: Poll | None = states[message.subject]
    if poll is None or poll.status is not Status.OPEN:
        return NOTHING
    MOVES.check(poll.status, Status.COUNTED)
    box: Box = context.prepared.found[message.id]
    choices = tuple(
        Choice(question.code, option.code, box.contents.get((question.code, option.code), 0))
        for question in poll.opened.questions
        for option in question.options
    )
    return Decision((Fact(PollCounted(poll.opened.asked, box.voters, choices)),), rows=(Sealed(message.subject),))


def touches(message: Message) -> tuple[str, ...]:
    """Name the draw of the households that a survey asks."""
    return (message.data.draw,) if isinstance(message.data, OpenPoll) and message.data.draw else ()


def _may_take(actor: Actor, unit: str, city: Any) -> bool:
    """Tell whether a caller answers for himself, brings answers in, or takes them at doors on the poll's own ground."""
    if actor.kind != "unit":
        return actor.kind in ("resident", "source")
    return actor.id in city.units and (city.is_within(actor.id, unit) or city.is_within(unit, actor.id))


def _drawn(states: States, asked: OpenPoll) -> tuple[str, ...]:
    """Return the households that the draw chose; the satisfaction survey asks nobody else (domain §6.2)."""
    if asked.draw is None and asked.kind is not PollKind.SATISFACTION:
        return ()
    draw = states.get(asked.draw or "")
    if not isinstance(draw, Draw) or draw.kind is not CheckKind.SURVEY or draw.unit != asked.unit or not draw.pairs:
        raise Refused("poll.draw_needed", "draw", draw=asked.draw or "—")
    return tuple(pair.case for pair in draw.pairs)


def _check_answers(questions: tuple[Question, ...], answers: dict[str, str]) -> None:
    strange = {question.code for question in questions} ^ answers.keys()
    if strange:
        raise Refused("poll.incomplete", "answers", questions=" ".join(sorted(strange)))
    for question in questions:
        if answers[question.code] not in {option.code for option in question.options}:
            raise Refused("poll.no_option", "answers", question=question.code, option=answers[question.code])


@evolve.on(PollOpened)
def opened(state: Poll | None, fact: PollOpened, at: datetime) -> Poll:
    return Poll(fact)


@evolve.on(PollCounted)
def counted(state: Poll, fact: PollCounted, at: datetime) -> Poll:
    return replace(state, status=Status.COUNTED, counted=fact)
