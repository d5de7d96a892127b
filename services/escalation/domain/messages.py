"""What conveners, leaders in charge, secretaries and members ask of a meeting at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.escalation.domain.topic_messages import TopicDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeMeeting:
    """Somebody asks for a temporary meeting about named entries of the body's ledger."""

    cases: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeeting:
    """The leader in charge calls a proposed meeting."""

    opens_at: datetime
    place: str | None = None
    theme: str | None = None
    invited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseMeeting:
    """The leader in charge refuses a proposed meeting."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConveneMeeting:
    """The secretary sends out the agenda of a planned meeting, with everything that is open on it."""

    cases: tuple[str, ...]
    opens_at: datetime | None = None
    place: str | None = None
    theme: str | None = None
    invited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTopics:
    """The secretary puts entries that came after the cut-off on the agenda."""

    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostponeMeeting:
    """The convener moves the meeting to another day of its period."""

    opens_at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseMeeting:
    """The convener lets a meeting of an excusable body fall out, in writing."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMeeting:
    """Who called a temporary meeting calls it off."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMeeting:
    """The chair opens the meeting with those present."""

    present: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecisions:
    """The secretary records one decision per tabled topic, what was said of earlier decisions, and plans."""

    decisions: tuple[TopicDecision, ...]
    review: str | None = None
    plans: str | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptMinutes:
    """The minutes are signed; every decision takes effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementMinutes:
    """Something is added to adopted minutes, which stay as they are."""

    text: str
