"""What a meeting may decide about a topic, and what units and secretaries ask for about one at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DecisionKind(StrEnum):
    """What a meeting may decide about a topic."""

    RESOLVE = "resolve"
    MOVE_UP = "move_up"
    DEFER = "defer"
    DECLINE = "decline"


class DeclineReason(StrEnum):
    """The only reasons for which a topic may be declined (G10)."""

    UNLAWFUL = "unlawful"
    DECIDED_BY_LAW = "decided_by_law"
    NOT_PUBLIC = "not_public"
    UNREASONABLE = "unreasonable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDecision:
    """One decision as the secretary sends it, in full words."""

    topic: str
    kind: DecisionKind
    lead: str | None = None
    support: tuple[str, ...] = ()
    due_on: date | None = None
    done_means: str | None = None
    reason: DeclineReason | None = None
    reply: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeDecision:
    """A lower unit has received what was decided above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellReporters:
    """A unit has told the reporters what was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectToDecline:
    """Somebody asks for review of a decline."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """The secretary writes a settled entry off."""
