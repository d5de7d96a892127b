"""A whistle (吹哨报到): who was called to one place, who came, what was agreed there (workflows §3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.kernel.transitions import Transitions


class WhistleKind(StrEnum):
    """Danger; several powers needed; one unit cannot; voluntary work."""

    EMERGENCY = "emergency"
    JOINT = "joint"
    STUBBORN = "stubborn"
    VOLUNTEER = "volunteer"


class Status(StrEnum):
    """Where a whistle stands; what is no emergency waits for the head of the unit first."""

    ASKED = "asked"
    SOUNDED = "sounded"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Where one who was called stands."""

    NOTIFIED = "notified"
    SIGNED = "signed"
    REPORTED_IN = "reported_in"
    NO_SHOW = "no_show"
    RELEASED = "released"


MOVES: Transitions[Status] = Transitions(
    {
        Status.ASKED: {Status.SOUNDED, Status.CANCELLED},
        Status.SOUNDED: {Status.ENDED, Status.CANCELLED},
        Status.ENDED: set(),
        Status.CANCELLED: set(),
    }
)
PRESENCES: Transitions[Presence] = Transitions(
    {
        Presence.NOTIFIED: {Presence.SIGNED, Presence.NO_SHOW, Presence.RELEASED},
        Presence.SIGNED: {Presence.REPORTED_IN, Presence.NO_SHOW, Presence.RELEASED},
        # Back where the whistler does not find him there; released once he has objected.
        Presence.REPORTED_IN: {Presence.SIGNED, Presence.RELEASED},
        Presence.NO_SHOW: set(),
        Presence.RELEASED: set(),
    }
)


def case_of(subject: str) -> str | None:
    """Return the case that a whistle serves: its subject is `whistle:<case>:<id>`, or `whistle:<id>` without one."""
    return subject.removeprefix("whistle:").rpartition(":")[0] or None


@dataclass(frozen=True, slots=True)
class Callee:
    """One who was called; `arrived_at` is set for whoever came after he had been found missing, too."""

    code: str
    presence: Presence = Presence.NOTIFIED
    confirmed: bool = False
    objected: bool = False
    arrived_at: datetime | None = None
    receipt_due_at: datetime | None = None
    receipted: bool = False

    @property
    def is_settled(self) -> bool:
        """Tell whether the whistle may end as far as this one is concerned."""
        if self.presence is Presence.REPORTED_IN:
            return self.confirmed
        return self.presence in (Presence.NO_SHOW, Presence.RELEASED)


@dataclass(frozen=True, slots=True)
class Part:
    """What a unit took on, until the end of a day; `on_order` where it is answered as a part of the order."""

    unit: str
    due_on: date
    on_order: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Whistle:
    """A whistle; `ratings` are the pairs (rater, rated) that have been given, each once."""

    whistler: str
    kind: WhistleKind
    status: Status
    place: str
    spot: str
    why: str
    case: str | None
    meet_at: datetime | None
    callees: tuple[Callee, ...]
    sign_due_at: datetime | None = None
    report_due_at: datetime | None = None
    parts: tuple[Part, ...] = ()
    ratings: tuple[tuple[str, str], ...] = ()

    def callee(self, code: str) -> Callee | None:
        """Return one who was called."""
        return next((callee for callee in self.callees if callee.code == code), None)


# ---- facts


@dataclass(frozen=True, slots=True)
class WhistleAsked:
    whistler: str
    kind: WhistleKind
    callees: tuple[str, ...]
    place: str
    spot: str
    why: str
    meet_at: datetime | None
    case: str | None
    asked_by: str


@dataclass(frozen=True, slots=True)
class WhistleSounded:
    whistler: str
    kind: WhistleKind
    callees: tuple[str, ...]
    place: str
    spot: str
    why: str
    case: str | None
    approved_by: str | None
    sign_due_at: datetime
    report_due_at: datetime


@dataclass(frozen=True, slots=True)
class CalleeSigned:
    whistler: str
    callee: str
    person: str


@dataclass(frozen=True, slots=True)
class CalleeReportedIn:
    whistler: str
    callee: str
    person: str
    late: bool


@dataclass(frozen=True, slots=True)
class ReportInConfirmed:
    whistler: str
    callee: str
    here: bool


@dataclass(frozen=True, slots=True)
class CalleeMissing:
    whistler: str
    callee: str
    of: str
    supervisor: str
    receipt_due_at: datetime


@dataclass(frozen=True, slots=True)
class AbsenceAnswered:
    whistler: str
    callee: str
    note: str
    on_time: bool


@dataclass(frozen=True, slots=True)
class CalleeObjected:
    whistler: str
    callee: str
    why: str


@dataclass(frozen=True, slots=True)
class CalleeReleased:
    whistler: str
    callee: str
    why: str


@dataclass(frozen=True, slots=True)
class Conclusion:
    unit: str
    what: str
    due_on: date
    on_order: bool = False


@dataclass(frozen=True, slots=True)
class WhistleEnded:
    whistler: str
    conclusions: tuple[Conclusion, ...]
    case: str | None


@dataclass(frozen=True, slots=True)
class PartDone:
    whistler: str
    part: int
    unit: str
    note: str
    on_time: bool


@dataclass(frozen=True, slots=True)
class PartOverdue:
    whistler: str
    part: int
    unit: str
    supervisor: str


@dataclass(frozen=True, slots=True)
class WhistleCancelled:
    whistler: str
    why: str
    refused: bool


@dataclass(frozen=True, slots=True)
class WhistleRated:
    whistler: str
    rater: str
    rated: str
    grade: int
    note: str


# ---- messages


@dataclass(frozen=True, slots=True)
class SoundWhistle:
    kind: WhistleKind
    callees: tuple[str, ...]
    place: str
    why: str
    spot: str = ""
    meet_at: datetime | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class ApproveWhistle:
    approved: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class SignWhistle:
    person: str


@dataclass(frozen=True, slots=True)
class ReportIn:
    person: str


@dataclass(frozen=True, slots=True)
class ConfirmReportIn:
    callee: str
    here: bool


@dataclass(frozen=True, slots=True)
class AnswerAbsence:
    note: str


@dataclass(frozen=True, slots=True)
class ObjectToWhistle:
    why: str


@dataclass(frozen=True, slots=True)
class ReleaseCallee:
    callee: str
    why: str


@dataclass(frozen=True, slots=True)
class Concluded:
    unit: str
    what: str
    due_on: date


@dataclass(frozen=True, slots=True)
class EndWhistle:
    conclusions: tuple[Concluded, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishPart:
    part: int
    note: str


@dataclass(frozen=True, slots=True)
class CancelWhistle:
    why: str


@dataclass(frozen=True, slots=True)
class RateWhistle:
    grade: int
    callee: str | None = None
    note: str = ""
