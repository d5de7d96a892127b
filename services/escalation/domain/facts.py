"""What escalation states about meetings and ledgers; the contract of the same name says what each means to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.escalation.domain.topic import EntryStatus
from services.escalation.domain.topic_messages import DecisionKind, DeclineReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OfMeeting:
    """What every fact about a meeting says: whose it is, its number, and what kind of meeting."""

    body: str
    level: str
    number: int
    temporary: bool
    makeup: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlanned(OfMeeting):
    on: date
    opens_at: datetime
    cut_off_at: datetime
    within: date | None
    caller: str
    place: str
    theme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingProposed(OfMeeting):
    topics: tuple[str, ...]
    cases: tuple[str, ...]
    by: str
    why: str
    caller: str
    duty: bool
    decide_by: datetime
    opens_at: datetime
    within: date
    place: str
    theme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierDecision:
    """How an entry that was decided before stands when the agenda is fixed."""

    topic: str
    case: str
    entry: EntryStatus
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingConvened(OfMeeting):
    opens_at: datetime
    agenda: tuple[str, ...]
    cases: tuple[str, ...]
    more: tuple[tuple[str, ...], ...]
    invited: tuple[str, ...]
    leads: tuple[str, ...]
    earlier: tuple[EarlierDecision, ...]
    within: date | None
    caller: str
    place: str
    theme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingTabled(OfMeeting):
    agenda: tuple[str, ...]
    cases: tuple[str, ...]
    more: tuple[tuple[str, ...], ...]
    invited: tuple[str, ...]
    leads: tuple[str, ...]
    earlier: tuple[EarlierDecision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPostponed(OfMeeting):
    opens_at: datetime
    cut_off_at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNotHeld(OfMeeting):
    why: str
    absent: tuple[str, ...]
    opens_at: datetime | None
    cut_off_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(OfMeeting):
    held_at: datetime
    chair: str
    members: int
    present: int
    agenda: tuple[str, ...]
    attendance: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMissed(OfMeeting):
    why: str
    supervisor: str
    excused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCancelled(OfMeeting):
    why: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingLate(OfMeeting):
    what: str
    supervisor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDraft:
    """One recorded decision; its words are masked here, `digest` vouches for the full ones."""

    topic: str
    kind: DecisionKind
    lead: str | None = None
    support: tuple[str, ...] = ()
    due_on: date | None = None
    reason: DeclineReason | None = None
    leader: str | None = None
    members: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    done_means: str = ""
    plan: str = ""
    reply: str = ""
    tried: str = ""
    why: str = ""
    asked: str = ""
    discussion: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRecorded(OfMeeting):
    decisions: tuple[DecisionDraft, ...]
    review: str
    plans: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingAdopted(OfMeeting):
    decisions: dict[str, DecisionKind]
    attendance: tuple[str, ...]
    absent: tuple[str, ...]
    ledger_seq: int
    ledger_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingSupplemented(OfMeeting):
    supplement: int
    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    body: str
    level: str
    seq: int
    hash: str
    kind: str
    topic: str
    case: str
    entry: EntryStatus | None
    moved_up: bool
    reopened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNumbered:
    body: str
    level: str
    number: int
    on: date | None


def of(meeting: Any) -> dict[str, Any]:
    """Return what every fact about a meeting says of it."""
    return {
        "body": meeting.unit,
        "level": meeting.level,
        "number": meeting.number,
        "temporary": meeting.temporary,
        "makeup": meeting.makeup,
    }
