"""How each fact about a meeting or a ledger changes it; nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Ledger, grown
from services.escalation.domain.meeting import Item, Meeting, MeetingStatus
from services.escalation.domain.table import evolve


@evolve.on(f.LedgerHead)
def head(ledger: Ledger | None, fact: f.LedgerHead, at: datetime) -> Ledger:
    """Let the ledger grow by a record."""
    return grown(ledger, fact, at)


@evolve.on(f.MeetingNumbered)
def numbered(ledger: Ledger | None, fact: f.MeetingNumbered, at: datetime) -> Ledger:
    """Count a meeting of the body."""
    now = ledger or Ledger(fact.body, fact.level)
    return replace(now, number=fact.number, on=fact.on or now.on)


@evolve.on(f.MeetingPlanned)
def planned(meeting: Meeting | None, fact: f.MeetingPlanned, at: datetime) -> Meeting:
    """Begin a meeting with its day."""
    return Meeting(
        fact.body,
        fact.level,
        fact.number,
        MeetingStatus.PLANNED,
        fact.opens_at,
        fact.cut_off_at,
        makeup=fact.makeup,
    )


@evolve.on(f.MeetingConvened)
def convened(meeting: Meeting | None, fact: f.MeetingConvened, at: datetime) -> Meeting:
    """Fix the agenda; a temporary meeting begins so."""
    now = meeting or Meeting(fact.body, fact.level, fact.number, MeetingStatus.PLANNED, fact.opens_at, temporary=True)
    more = fact.more or ((),) * len(fact.agenda)
    agenda = tuple(Item(*item) for item in zip(fact.agenda, fact.cases, more, strict=True))
    return replace(now, status=MeetingStatus.CONVENED, agenda=agenda, invited=fact.invited)


@evolve.on(f.MeetingHeld)
def held(meeting: Meeting, fact: f.MeetingHeld, at: datetime) -> Meeting:
    """Note who was there."""
    return replace(meeting, status=MeetingStatus.HELD, held_at=fact.held_at, attendance=fact.attendance)


@evolve.on(f.MeetingMissed)
def missed(meeting: Meeting, fact: f.MeetingMissed, at: datetime) -> Meeting:
    """End a meeting that did not take place."""
    return replace(meeting, status=MeetingStatus.MISSED)


@evolve.on(f.MeetingRecorded)
def recorded(meeting: Meeting, fact: f.MeetingRecorded, at: datetime) -> Meeting:
    """Keep the latest draft of the minutes."""
    return replace(meeting, decisions=fact.decisions)


@evolve.on(f.MeetingAdopted)
def adopted(meeting: Meeting, fact: f.MeetingAdopted, at: datetime) -> Meeting:
    """End the meeting; its minutes anchor the ledger."""
    return replace(meeting, status=MeetingStatus.ADOPTED, ledger_seq=fact.ledger_seq, ledger_hash=fact.ledger_hash)
