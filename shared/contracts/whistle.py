"""What dispatch states of whistles (吹哨报到, workflows §3.4), and what whistlers and those called tell its desk.

Subject: `whistle:<case or nothing>:<id>`. A whistle changes nobody's responsibility for its case.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideMessage

Said = Annotated[str, StringConstraints(min_length=2, max_length=2000)]
Person = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Grade = Annotated[int, Field(ge=1, le=5)]


class WhistleKind(StrEnum):
    """Danger; several powers needed; one unit cannot; voluntary work."""

    EMERGENCY = "emergency"
    JOINT = "joint"
    STUBBORN = "stubborn"
    VOLUNTEER = "volunteer"


class Whistled(Contract):
    """Every fact about a whistle names who sounded it."""

    SERVICE: ClassVar[str] = "dispatch"
    whistler: Code


class WhistleAsked(Whistled):
    """Somebody of the unit wants to call, and its head has not agreed yet."""

    TYPE: ClassVar[str] = "whistle.asked.v1"
    kind: WhistleKind
    callees: tuple[Code, ...]
    place: Code
    spot: Masked
    why: Masked
    meet_at: Instant | None
    case: Code | None
    asked_by: str


class WhistleSounded(Whistled):
    """Everybody named must sign, then come; from now on their clocks run."""

    TYPE: ClassVar[str] = "whistle.sounded.v1"
    kind: WhistleKind
    callees: tuple[Code, ...]
    place: Code
    spot: Masked
    why: Masked
    case: Code | None
    approved_by: str | None
    """The head's post or his unit; none for an emergency."""
    sign_due_at: Instant
    report_due_at: Instant


class CalleeSigned(Whistled):
    """One who was called has signed, naming a person."""

    TYPE: ClassVar[str] = "whistle.signed.v1"
    callee: Code
    person: Masked


class CalleeReportedIn(Whistled):
    """One who was called says that his person is at the place (报到)."""

    TYPE: ClassVar[str] = "whistle.reported_in.v1"
    callee: Code
    person: Masked
    late: bool
    """He had been found missing: both stay on record."""


class ReportInConfirmed(Whistled):
    """The whistler says whether he is there."""

    TYPE: ClassVar[str] = "whistle.confirmed.v1"
    callee: Code
    here: bool


class CalleeMissing(Whistled):
    """A limit passed: the supervision order goes to him, who must answer it until `receipt_due_at`."""

    TYPE: ClassVar[str] = "whistle.no_show.v1"
    callee: Code
    of: str
    """sign or report_in."""
    supervisor: Code
    receipt_due_at: Instant


class AbsenceAnswered(Whistled):
    """The one who was missing has answered the supervision order (回执)."""

    TYPE: ClassVar[str] = "whistle.receipted.v1"
    callee: Code
    note: Masked
    on_time: bool


class CalleeObjected(Whistled):
    """One who came says that this is not his."""

    TYPE: ClassVar[str] = "whistle.objected.v1"
    callee: Code
    why: Masked


class CalleeReleased(Whistled):
    """The whistler lets one go."""

    TYPE: ClassVar[str] = "whistle.released.v1"
    callee: Code
    why: Masked


class Conclusion(Contract):
    """A part of the order that a unit takes on, done by the end of a day."""

    unit: Code
    what: Masked
    due_on: date
    on_order: bool = False
    """It is a supporting part of the case's order, and answered there."""


class WhistleEnded(Whistled):
    """What was agreed at the place; nothing settled leaves the case where it was."""

    TYPE: ClassVar[str] = "whistle.ended.v1"
    conclusions: tuple[Conclusion, ...]
    case: Code | None


class PartDone(Whistled):
    """A unit has done its part."""

    TYPE: ClassVar[str] = "whistle.part_done.v1"
    part: int
    unit: Code
    note: Masked
    on_time: bool


class PartOverdue(Whistled):
    """A part was not done by the end of its day."""

    TYPE: ClassVar[str] = "whistle.part_overdue.v1"
    part: int
    unit: Code
    supervisor: Code


class WhistleCancelled(Whistled):
    """Taken back, or not agreed to by the head, while nobody was at the place."""

    TYPE: ClassVar[str] = "whistle.cancelled.v1"
    why: Masked
    refused: bool


class WhistleRated(Whistled):
    """Two-way rating (双向): the whistler of one who was called, or he of the whistle."""

    TYPE: ClassVar[str] = "whistle.rated.v1"
    rater: Code
    rated: Code
    grade: Grade
    note: Masked = ""


# ---- messages


class SoundWhistle(OutsideMessage):
    """Call: kind, whom, where, why; `meet_at` for what is no emergency, `case` where it serves one."""

    TYPE: ClassVar[str] = "whistle.sound.v1"
    kind: WhistleKind
    callees: Annotated[tuple[Code, ...], Field(min_length=1, max_length=30)]
    place: Code
    spot: Annotated[str, StringConstraints(max_length=200)] = ""
    why: Said
    meet_at: Instant | None = None
    case: Code | None = None


class ApproveWhistle(OutsideMessage):
    """The head of the unit agrees, or does not and says why."""

    TYPE: ClassVar[str] = "whistle.approve.v1"
    approved: bool
    why: Annotated[str, StringConstraints(max_length=2000)] = ""


class SignWhistle(OutsideMessage):
    """Sign for a call, naming who will come."""

    TYPE: ClassVar[str] = "whistle.sign.v1"
    person: Person


class ReportIn(OutsideMessage):
    """Report in at the place, naming who came."""

    TYPE: ClassVar[str] = "whistle.report_in.v1"
    person: Person


class ConfirmReportIn(OutsideMessage):
    """Say whether one who reported in is there."""

    TYPE: ClassVar[str] = "whistle.confirm.v1"
    callee: Code
    here: bool


class AnswerAbsence(OutsideMessage):
    """Answer the supervision order for not coming."""

    TYPE: ClassVar[str] = "whistle.receipt.v1"
    note: Said


class ObjectToWhistle(OutsideMessage):
    """Say, at the place, that this is not one's own."""

    TYPE: ClassVar[str] = "whistle.object.v1"
    why: Said


class ReleaseCallee(OutsideMessage):
    """Let one who was called go."""

    TYPE: ClassVar[str] = "whistle.release.v1"
    callee: Code
    why: Said


class Concluded(OutsideMessage):
    """One conclusion: who does what by when."""

    unit: Code
    what: Said
    due_on: date


class EndWhistle(OutsideMessage):
    """End with conclusions, none if nothing was settled."""

    TYPE: ClassVar[str] = "whistle.end.v1"
    conclusions: Annotated[tuple[Concluded, ...], Field(max_length=30)] = ()


class FinishPart(OutsideMessage):
    """Say that a part is done."""

    TYPE: ClassVar[str] = "whistle.finish_part.v1"
    part: Annotated[int, Field(ge=1, le=30)]
    note: Said


class CancelWhistle(OutsideMessage):
    """Take a whistle back while nobody is at the place."""

    TYPE: ClassVar[str] = "whistle.cancel.v1"
    why: Said


class RateWhistle(OutsideMessage):
    """Rate: the whistler names whom; one who was called rates the whistle and names nobody."""

    TYPE: ClassVar[str] = "whistle.rate.v1"
    callee: Code | None = None
    grade: Grade
    note: Annotated[str, StringConstraints(max_length=2000)] = ""
