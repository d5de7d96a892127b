"""Who may do what (workflows §1), as data: one line per act, and the one check that every door goes through.

A service says how the actor's unit stands to what it acts on (its *ties*); the line says which tie lets it act, and
which forbids it whatever else it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused


class Tie(StrEnum):
    """How a unit stands to a case."""

    LEAD = "lead"
    """Holds the present assignment, or did the work."""
    SUPPORT = "support"
    """Has a part in the present assignment."""
    DISPATCHER = "dispatcher"
    RESPONSIBLE = "responsible"
    """Answers for the case now: dispatcher of what waits, verifier of what is handled."""
    JUDGE = "judge"
    """Of the request that is pending, or of the suspension that runs."""
    ASKER = "asker"
    PROPOSED = "proposed"
    """The unit that a hand-back names as the right one."""


@dataclass(frozen=True, slots=True)
class Right:
    """One line: the `kinds` of actors who may come with the act at all, the tie they need if any, those that forbid it.

    `never` maps a tie to the rule that refuses it. A post (`post.<unit>:<post>`) comes as its unit.
    """

    act: str
    kinds: frozenset[str]
    may: Tie | None = None
    never: Mapping[Tie, str] = field(default_factory=dict)


_HOLDERS = frozenset({"department", "unit"})
_UNITS = frozenset({"unit"})
_DISPATCHERS = frozenset({"unit", "operations"})
_OFFICERS = frozenset({"operations"})
_UNRATED = {Tie.LEAD: "exclusion.interested", Tie.DISPATCHER: "exclusion.interested"}
_UNINTERESTED = {Tie.ASKER: "order.judge_interested", Tie.PROPOSED: "order.judge_interested"}

RIGHTS: Mapping[str, Right] = {
    right.act: right
    for right in (
        # dispatch to departments: street, community, operations; never grid or department (their reach is empty)
        Right("dispatch", _DISPATCHERS, Tie.RESPONSIBLE),
        Right("recall", _DISPATCHERS, Tie.DISPATCHER),
        Right("state_dispute", _DISPATCHERS, Tie.DISPATCHER, {Tie.LEAD: "order.judge_interested"}),
        # whoever holds the assignment
        Right("accept", _HOLDERS, Tie.LEAD),
        Right("progress", _HOLDERS, Tie.LEAD),
        Right("finish", _HOLDERS, Tie.LEAD),
        Right("hand_back", _HOLDERS, Tie.LEAD),
        Right("extension", _HOLDERS, Tie.LEAD),
        Right("suspension", _HOLDERS, Tie.LEAD),
        Right("unable", _HOLDERS, Tie.LEAD),
        Right("pass_up", _UNITS, Tie.LEAD),
        Right("answer_part", _HOLDERS, Tie.SUPPORT),
        Right("release", _HOLDERS, Tie.SUPPORT),
        # judge hand-back, confirm unable, grant extension, suspension, release: never the asker, nor the unit it names
        Right("judge_hand_back", _DISPATCHERS, Tie.JUDGE, _UNINTERESTED),
        Right("judge_unable", _DISPATCHERS, Tie.JUDGE, _UNINTERESTED),
        Right("judge_extension", _DISPATCHERS, Tie.JUDGE, _UNINTERESTED),
        Right("judge_suspension", _DISPATCHERS, Tie.JUDGE, _UNINTERESTED),
        Right("judge_release", _DISPATCHERS, Tie.JUDGE, _UNINTERESTED),
        Right("resume", _DISPATCHERS, Tie.JUDGE, {Tie.LEAD: "order.judge_interested"}),
        # verify: never the handler
        Right("verify", _DISPATCHERS, Tie.RESPONSIBLE, {Tie.LEAD: "order.verify_own"}),
        # officers of operations, never the rated unit or the case's dispatcher
        Right("judge_dissatisfaction", _OFFICERS),
        Right("support_exclusion", _OFFICERS, None, _UNRATED),
        Right("decide_exclusion", _OFFICERS, None, _UNRATED),
    )
}


def office_of(actor: Actor) -> tuple[str, str]:
    """Return unit and post of a caller: `post C01:community-liaison` holds one post, `unit C01` all of its unit's."""
    if actor.kind == "unit":
        return actor.id, ""
    if actor.kind == "post":
        unit, _, post = actor.id.partition(":")
        return unit, post
    return "", ""


def check_kind(right: Right, actor: Actor) -> None:
    """Refuse an actor of a kind that never takes this step."""
    kind = "unit" if actor.kind == "post" else actor.kind
    if kind not in right.kinds:
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind} {actor.id}", act=right.act)


def check_ties(right: Right, desk: str, ties: Collection[Tie]) -> None:
    """Refuse a desk that a tie of its forbids to act, then one without the tie that lets it."""
    for tie, rule in right.never.items():
        if tie in ties:
            raise Refused(rule, "actor", actor=desk)
    if right.may is not None and right.may not in ties:
        raise Refused("order.not_yours", "order", actor=desk)
