"""The third paper of an order as data: what was asked and answered in a round of rating; who answered is not in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.feedback import (
    DissatisfactionJudged,
    ExclusionDecided,
    RatingAnswered,
    RatingCompleted,
    RatingFailed,
    RatingInvited,
    ReworkOrdered,
)
from shared.persistence.journal import Stated

MADE_OF = (
    RatingInvited,
    RatingAnswered,
    DissatisfactionJudged,
    ReworkOrdered,
    RatingFailed,
    RatingCompleted,
    ExclusionDecided,
)
"""Facts of which the paper is made; the index of the journal names the same."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer; `reporter` counts those who were asked from one and says no more about them."""

    reporter: int
    by: str
    """reporter, or call_back (回访)."""
    contacted: bool
    solved: bool
    grade: int
    answered_at: datetime
    valid: bool
    unscored: str | None
    """Why it is kept without being scored: late, round_over, outweighed."""
    controllable: bool | None = None
    """Of a dissatisfied one: whether its reason was in the unit's control; None while nobody judged it."""


@dataclass(frozen=True, slots=True)
class RatingSheet:
    """工作评分单 of one round; units, departments and the matter by their codes, instants as they count."""

    case: str
    number: str
    round: int
    matter: str
    unit: str
    lead: str | None
    dispatcher: str | None
    handled_by: str | None
    verifier: str | None
    asked: int
    asked_at: datetime
    until: datetime
    answers: tuple[GivenAnswer, ...]
    outcome: str | None
    """rated, window_over, rework (返工), meeting (提请上会); None while answers may still come."""
    excluded: str | None
    """The ground on which the case was left out of the scores (剔除)."""


def rounds(
    case: str, stated: Sequence[Stated], brief: Mapping[str, Any], made: Sequence[Mapping[str, Any]]
) -> list[RatingSheet]:
    """Return a sheet per round, the first one first; `made` are the order's assignments with the instant of each."""
    numbers = sorted({one.data.round for one in stated if isinstance(one.data, RatingInvited)})
    return [_round(case, number, stated, brief, made) for number in numbers]


def _round(
    case: str, number: int, stated: Sequence[Stated], brief: Mapping[str, Any], made: Sequence[Mapping[str, Any]]
) -> RatingSheet:
    invited = [one for one in stated if isinstance(one.data, RatingInvited) and one.data.round == number]
    places = {one.data.reporter: place for place, one in enumerate(invited, start=1)}
    judged = {
        one.data.reporter: one.data.controllable
        for one in stated
        if isinstance(one.data, DissatisfactionJudged) and one.data.round == number
    }
    given = [one for one in stated if isinstance(one.data, RatingAnswered) and one.data.round == number]
    asked_at = invited[0].at
    standing: Mapping[str, Any] = next((line for line in reversed(made) if line["made_at"] <= asked_at), {})
    return RatingSheet(
        case=case,
        number=brief.get("number") or "",
        round=number,
        matter=brief.get("matter") or "",
        unit=brief.get("place") or "",
        lead=standing.get("lead"),
        dispatcher=standing.get("dispatcher"),
        handled_by=brief.get("handled_by"),
        verifier=brief.get("verifier"),
        asked=len(places),
        asked_at=asked_at,
        until=max(one.data.until for one in invited),
        answers=tuple(_answer(one, places, judged) for one in given if one.data.reporter in places),
        outcome=_outcome(number, stated),
        excluded=next(
            (one.data.code for one in stated if isinstance(one.data, ExclusionDecided) and one.data.granted), None
        ),
    )


def _answer(one: Stated, places: Mapping[str, int], judged: Mapping[str, bool]) -> GivenAnswer:
    fact: RatingAnswered = one.data
    return GivenAnswer(
        places[fact.reporter],
        fact.by,
        fact.contacted,
        fact.solved,
        fact.grade,
        one.at,
        fact.valid,
        fact.unscored,
        judged.get(fact.reporter),
    )


def _outcome(number: int, stated: Sequence[Stated]) -> str | None:
    for one in stated:
        match one.data:
            case ReworkOrdered(round=turn) if turn == number:
                return "rework"
            case RatingFailed(round=turn) if turn == number:
                return "meeting"
            case RatingCompleted(round=turn, outcome=outcome) if turn == number:
                return str(outcome)
    return None
