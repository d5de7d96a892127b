"""What other services state, as far as dispatch needs it; the subject is always the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.recounting import DeadlinesMoved


@dataclass(frozen=True, slots=True)
class Placement:
    unit: str


@dataclass(frozen=True, slots=True)
class Understanding:
    matter: str


@dataclass(frozen=True, slots=True)
class CaseRegistered:
    number: str
    placement: Placement
    understanding: Understanding
    urgent: bool
    summary: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class CaseSolvedOnSpot:
    number: str
    placement: Placement
    understanding: Understanding
    urgent: bool
    summary: str
    handler: str
    drawn: bool
    source: str = ""
    evidence: int = 0


@dataclass(frozen=True, slots=True)
class CaseWithdrawn:
    pass


@dataclass(frozen=True, slots=True)
class CaseMerged:
    pass


@dataclass(frozen=True, slots=True)
class CaseSplit:
    pass


@dataclass(frozen=True, slots=True)
class CaseUnmerged(CaseRegistered):
    pass


@dataclass(frozen=True, slots=True)
class TopicRaised:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicAdmitted:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicJoined:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicListed:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicCombined:
    into: str
    answer_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TopicMovedUp:
    topic: str
    to_body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicDeferred:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicObjected:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicReopened:
    topic: str
    body: str
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class TopicResolved:
    topic: str
    body: str
    lead: str
    due_at: datetime
    support: tuple[str, ...] = ()
    own_order: bool = False
    number: str = ""
    summary: str = ""
    unit: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class TopicSquadFormed(TopicResolved):
    pass


@dataclass(frozen=True, slots=True)
class TopicAnswered:
    topic: str


@dataclass(frozen=True, slots=True)
class TopicWithdrawn:
    topic: str


@dataclass(frozen=True, slots=True)
class LedgerDeadlinesMoved(DeadlinesMoved):
    """What a calendar published later moved of a topic or a meeting; of a topic the subject is the case it hangs on."""


@dataclass(frozen=True, slots=True)
class RatingCompleted:
    outcome: str


@dataclass(frozen=True, slots=True)
class ReworkOrdered:
    round: int


@dataclass(frozen=True, slots=True)
class RatingFailed:
    round: int


@dataclass(frozen=True, slots=True)
class ResidentErased:
    """A reporter's dossier is gone, and with it whatever names him."""

    reporter: str
