"""Erasing a person (抹去): the dossier goes, with everything that hangs on it; what was counted stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.intake.domain.case import Case, Status, evolve
from services.intake.domain.registration import decide
from shared.kernel.decisions import NOTHING, Actor, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "dossier.still_open": (
            "事项尚未办结，承办单位还需要这些信息；可先撤回",
            "The case is still open and its handling unit needs the dossier; take the report back first",
        ),
    }
)

RETENTION = Actor("system", "retention")
"""Who erases what has been kept for as long as the city allows."""


class Why(StrEnum):
    """Why a dossier goes: somebody asked, or its time is over."""

    REQUEST = "request"
    RETENTION = "retention"


@dataclass(frozen=True, slots=True)
class EraseDossier:
    """Erase one reporter's dossier of a case."""

    dossier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErased:
    """A reporter's dossier is gone."""

    dossier: str
    reporter: str
    why: Why


@dataclass(frozen=True, slots=True)
class Ended:
    """A private row: the case is over, and the time begins to run after which its dossiers go."""

    case: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A private row: who said this took it back while others stay; its time begins, its unit reads it no more."""

    dossier: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A private row: this dossier, its photos and its messages are to go."""

    dossier: str
    case: str


@decide.on(EraseDossier)
def erase(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Let the reporter's source, operations or time erase a dossier of a case that is over, once.

    A fact goes to every case in which the reporter had an id (merged, split), and names him by that id.
    """
    case = states[message.subject]
    wanted: EraseDossier = message.data
    if case is None:
        raise Refused("subject.unknown", "case", subject=message.subject)
    actor = message.actor
    others = (*case.members, *case.left)
    sources = {("source", case.source), *(("source", m.source) for m in others if m.dossier == wanted.dossier)}
    if actor != RETENTION and actor.kind != "operations" and (actor.kind, actor.id) not in sources:
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="dossier.erase.v1")
    if wanted.dossier in case.erased:
        return NOTHING
    has_left = case.gone and wanted.dossier == case.dossier
    if case.status in (Status.HELD, Status.OPEN, Status.SPLIT, Status.MERGED) and not has_left:
        raise Refused("dossier.still_open", "status")
    why = Why.RETENTION if actor == RETENTION else Why.REQUEST
    gone = {name: _ids(states, other, wanted.dossier) for name, other in states.items() if other is not None}
    gone[message.subject] = gone[message.subject] or ("",)
    stated = tuple(
        Fact(ResidentErased(dossier=wanted.dossier, reporter=reporter, why=why), name)
        for name in sorted(gone, key=lambda name: (name != message.subject, name))
        for reporter in gone[name]
    )
    rows = [Erased(wanted.dossier, message.subject)]
    if wanted.dossier == case.dossier and not has_left:  # the parts hold what the desk wrote down of his words
        parts = ((name, states.get(name)) for name in case.parts)
        rows += (Erased(part.dossier, name) for name, part in parts if part and part.status is not Status.OPEN)
    return Decision(stated, rows=tuple(rows))


def _ids(states: Mapping[str, Case | None], case: Case, dossier: str) -> tuple[str, ...]:
    whole = states.get(case.part_of or "")
    is_own = dossier == case.dossier or (whole is not None and dossier == whole.dossier)
    joined = tuple(m.reporter for m in (*case.left, *case.members) if m.dossier == dossier)
    return (*((case.reporter,) if is_own else ()), *joined)


@evolve.on(ResidentErased)
def erased(case: Case, fact: ResidentErased, at: datetime) -> Case:
    """Remember it, so that nobody erases it again."""
    return replace(case, erased=(*case.erased, fact.dossier))
