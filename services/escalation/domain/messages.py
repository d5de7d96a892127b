"""What conveners and secretaries ask for at the desk about a meeting."""

from __future__ import annotations

from dataclasses import dataclass

from services.escalation.domain.topic_messages import TopicDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMeeting:
    """The chair opens the meeting with those present."""

    present: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecisions:
    """The secretary records one decision per tabled topic."""

    decisions: tuple[TopicDecision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptMinutes:
    """The minutes are signed; every decision takes effect."""
