"""What a meeting may decide about a topic, and what units and secretaries ask for about one at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.escalation.domain.topic import TopicKind


class DecisionKind(StrEnum):
    """What a meeting may decide about a topic."""

    RESOLVE = "resolve"
    MOVE_UP = "move_up"
    DEFER = "defer"
    DECLINE = "decline"
    SQUAD = "squad"
    LIST = "list"


class DeclineReason(StrEnum):
    """The only reasons for which a topic may be declined (G10)."""

    UNLAWFUL = "unlawful"
    DECIDED_BY_LAW = "decided_by_law"
    NOT_PUBLIC = "not_public"
    UNREASONABLE = "unreasonable"


class LadderStep(StrEnum):
    """What a proposer should do instead of the joint meeting: a step of the ladder (move 4)."""

    SOLVE = "solve"
    PASS_UP = "pass_up"  # noqa: S105  a step of the ladder
    DISPATCH = "dispatch"
    UNABLE = "unable"
    SUPERVISE = "supervise"
    WHISTLE = "whistle"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDecision:
    """One decision as the secretary sends it, in full words."""

    topic: str
    kind: DecisionKind
    lead: str | None = None
    support: tuple[str, ...] = ()
    due_on: date | None = None
    leader: str | None = None
    members: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    done_means: str | None = None
    plan: str | None = None
    reason: DeclineReason | None = None
    reply: str | None = None
    tried: str | None = None
    why: str | None = None
    asked: str | None = None
    discussion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeTopic:
    """An officer proposes a topic to his unit's own body."""

    kind: TopicKind
    summary: str
    tried: str
    asked: str
    cases: tuple[str, ...] = ()
    body: str | None = None
    lead: str | None = None
    support: tuple[str, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitTopic:
    """The secretary puts a proposed topic on the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTopic:
    """The secretary sends a proposed topic back and names the step of the ladder to use."""

    step: LadderStep
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveTopic:
    """The secretary above acknowledges a topic that was moved up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenTopic:
    """The convener accepts new facts."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawTopic:
    """The proposing unit, or the secretary once every case is closed, takes a topic back."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CombineTopic:
    """The secretary lets a topic go on as part of the one that the case `into` carries."""

    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeDecision:
    """A lower unit has received what was decided above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellReporters:
    """A unit has told the reporters what was decided, or could not reach one of them."""

    reporter: str = ""
    reached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectToDecline:
    """Somebody asks for review of a decline."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """The secretary writes a settled entry off."""
