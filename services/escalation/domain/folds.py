"""How each fact about a meeting or a ledger changes it; nothing else does."""

from __future__ import annotations

from datetime import datetime

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Ledger, grown
from services.escalation.domain.meeting import Item, Meeting, MeetingStatus
from services.escalation.domain.table import evolve
from services.escalation.domain.topic import FINAL
from shared.kernel.replacing import replace


@evolve.on(f.LedgerHead)
def head(ledger: Ledger | None, fact: f.LedgerHead, at: datetime) -> Ledger:
    """Let the ledger grow by a record."""
    return grown(ledger, fact, at)


@evolve.on(f.MeetingNumbered)
def numbered(ledger: Ledger | None, fact: f.MeetingNumbered, at: datetime) -> Ledger:
    """Count a meeting of the body; what ended before the regular meeting before this one need not be told again."""
    now = ledger or Ledger(fact.body, fact.level)
    if fact.on is None:
        return replace(now, number=fact.number)
    told = now.numbered_at
    kept = tuple(d for d in now.decided if d.entry not in FINAL or told is None or d.since >= told)
    return replace(now, number=fact.number, on=fact.on, decided=kept, numbered_at=at)


@evolve.on(f.MeetingPlanned)
def planned(meeting: Meeting | None, fact: f.MeetingPlanned, at: datetime) -> Meeting:
    """Begin a regular meeting with its day, place and theme."""
    return Meeting(
        fact.body,
        fact.level,
        fact.number,
        MeetingStatus.PLANNED,
        fact.opens_at,
        fact.cut_off_at,
        makeup=fact.makeup,
        within=fact.within,
        caller=fact.caller,
        place=fact.place,
        theme=fact.theme,
    )


@evolve.on(f.MeetingProposed)
def proposed(meeting: Meeting | None, fact: f.MeetingProposed, at: datetime) -> Meeting:
    """Begin a temporary meeting with what it is to be about and who decides whether it takes place."""
    return Meeting(
        fact.body,
        fact.level,
        fact.number,
        MeetingStatus.PROPOSED,
        fact.opens_at,
        temporary=True,
        makeup=fact.makeup,
        within=fact.within,
        caller=fact.caller,
        place=fact.place,
        theme=fact.theme,
        named=_items(fact.topics, fact.cases),
        is_duty=fact.duty,
        decide_by=fact.decide_by,
        proposed_at=at,
    )


@evolve.on(f.MeetingConvened)
def convened(meeting: Meeting | None, fact: f.MeetingConvened, at: datetime) -> Meeting:
    """Fix agenda, time, place and theme; until proposals were stated, a temporary meeting began so."""
    now = meeting or Meeting(fact.body, fact.level, fact.number, MeetingStatus.PROPOSED, fact.opens_at, temporary=True)
    return replace(
        now,
        status=MeetingStatus.CONVENED,
        opens_at=fact.opens_at,
        agenda=_items(fact.agenda, fact.cases, fact.more),
        invited=fact.invited,
        leads=fact.leads,
        earlier=fact.earlier,
        within=fact.within,
        caller=fact.caller,
        place=fact.place,
        theme=fact.theme,
    )


@evolve.on(f.MeetingTabled)
def tabled(meeting: Meeting, fact: f.MeetingTabled, at: datetime) -> Meeting:
    """Replace the agenda by a longer one."""
    return replace(
        meeting,
        agenda=_items(fact.agenda, fact.cases, fact.more),
        invited=fact.invited,
        leads=fact.leads,
        earlier=fact.earlier,
    )


@evolve.on(f.MeetingPostponed)
def postponed(meeting: Meeting, fact: f.MeetingPostponed, at: datetime) -> Meeting:
    """Move the meeting; its agenda is fixed anew at the later cut-off."""
    return replace(
        meeting, opens_at=fact.opens_at, cut_off_at=fact.cut_off_at, agenda=(), is_called=True, is_postponed=True
    )


@evolve.on(f.MeetingNotHeld)
def not_held(meeting: Meeting, fact: f.MeetingNotHeld, at: datetime) -> Meeting:
    """Empty the agenda; the meeting is called to sit again where its period still has a day for it."""
    return replace(
        meeting,
        agenda=(),
        sitting=meeting.sitting + 1,
        is_called=fact.opens_at is not None,
        opens_at=fact.opens_at or meeting.opens_at,
        cut_off_at=fact.cut_off_at or meeting.cut_off_at,
    )


@evolve.on(f.MeetingHeld)
def held(meeting: Meeting, fact: f.MeetingHeld, at: datetime) -> Meeting:
    """Note who was there."""
    return replace(
        meeting, status=MeetingStatus.HELD, held_at=fact.held_at, attendance=fact.attendance, chair=fact.chair
    )


@evolve.on(f.MeetingMissed)
def missed(meeting: Meeting, fact: f.MeetingMissed, at: datetime) -> Meeting:
    """End a meeting that did not take place."""
    return replace(meeting, status=MeetingStatus.MISSED)


@evolve.on(f.MeetingCancelled)
def cancelled(meeting: Meeting, fact: f.MeetingCancelled, at: datetime) -> Meeting:
    """End a temporary meeting that was refused or is needed no more."""
    return replace(meeting, status=MeetingStatus.CANCELLED)


@evolve.on(f.MeetingRecorded)
def recorded(meeting: Meeting, fact: f.MeetingRecorded, at: datetime) -> Meeting:
    """Keep the latest draft of the minutes."""
    return replace(meeting, decisions=fact.decisions, review=fact.review, plans=fact.plans, digest=fact.digest)


@evolve.on(f.MeetingAdopted)
def adopted(meeting: Meeting, fact: f.MeetingAdopted, at: datetime) -> Meeting:
    """End the meeting; its minutes anchor the ledger."""
    return replace(
        meeting,
        status=MeetingStatus.ADOPTED,
        adopted_at=at,
        ledger_seq=fact.ledger_seq,
        ledger_hash=fact.ledger_hash,
    )


@evolve.on(f.MeetingSupplemented)
def supplemented(meeting: Meeting, fact: f.MeetingSupplemented, at: datetime) -> Meeting:
    """Count what was added to the minutes."""
    return replace(meeting, supplements=fact.supplement)


def _items(topics: tuple[str, ...], cases: tuple[str, ...], more: tuple[tuple[str, ...], ...] = ()) -> tuple[Item, ...]:
    others = more or ((),) * len(topics)
    return tuple(Item(*item) for item in zip(topics, cases, others, strict=True))
