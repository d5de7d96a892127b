"""The brief of a case (案件简表): one compact line that analysis counts and checks draw from, without any person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.feedback.domain import heard
from shared.kernel.decisions import Context, Message
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Brief:
    """What one message tells of a case; what it does not tell stays as it is.

    `reason` is why it ended, `handler` who solved it on the spot, `raised_by` the unit whose staff raised it.
    """

    case_id: str
    number: str | None = None
    matter: str | None = None
    kind: str | None = None
    source: str | None = None
    place: str | None = None
    county: str | None = None
    street: str | None = None
    community: str | None = None
    grid: str | None = None
    raised_by: str | None = None
    handler: str | None = None
    registered_at: datetime | None = None
    lead: str | None = None
    dispatcher: str | None = None
    handled_by: str | None = None
    verifier: str | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    written_off_at: datetime | None = None
    mobilised_at: datetime | None = None


def brief(message: Message, context: Context) -> tuple[Brief, ...]:
    """Return what a heard fact adds to the brief of its case, if anything."""
    case, at, fact = Brief(message.subject), message.acted_at, message.data
    match fact:
        case heard.CaseRegistered() | heard.CaseUnmerged():
            return (_registered(case, fact, at, context.city),)
        case heard.CaseSolvedOnSpot():
            return (replace(_registered(case, fact, at, context.city), handler=fact.handler, lead=fact.handler),)
        case heard.OrderDispatched():
            return (replace(case, lead=fact.responsible, dispatcher=fact.dispatcher),)
        case heard.OrderVerified():
            return (
                replace(
                    case,
                    handled_by=fact.handled_by or None,
                    dispatcher=fact.dispatcher or None,
                    verifier=fact.verifier,
                ),
            )
        case heard.CaseClosed():
            return (replace(case, closed_at=at, reason=fact.reason),)
        case heard.OrderWithdrawn():
            return (replace(case, closed_at=at, reason="withdrawn"),)
        case heard.TopicSquadFormed():
            return (replace(case, mobilised_at=at),)
        case heard.TopicWrittenOff(final=True):
            return (replace(case, written_off_at=at),)
    return ()


def _registered(case: Brief, fact: heard.CaseRegistered | heard.CaseSolvedOnSpot, at: datetime, city: Any) -> Brief:
    place = fact.placement.unit
    lineage = city.lineage(place) if place in city.units else ()
    levels: dict[str, str] = {unit.level.value: unit.code for unit in lineage}
    return replace(
        case,
        number=fact.number,
        matter=fact.understanding.matter if fact.understanding else None,
        kind=fact.kind or None,
        source=fact.source,
        place=place,
        raised_by=fact.raised_by,
        registered_at=at,
        county=levels.get("county"),
        street=levels.get("street"),
        community=levels.get("community"),
        grid=levels.get("grid"),
    )
