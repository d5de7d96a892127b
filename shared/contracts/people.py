"""What intake states of people: residents who are erased, who holds a post, who visited whom.

Nothing personal is in any of it: a dossier and a reporter are named by ids that say nothing outside their case.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideId, OutsideMessage
from shared.contracts.intake import Intake

DossierId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Why(StrEnum):
    """Why a dossier goes: somebody asked, or its time is over."""

    REQUEST = "request"
    RETENTION = "retention"


class ResidentErased(Intake):
    """A reporter's dossier is gone; whoever keeps words of that reporter deletes them, every count stays."""

    TYPE: ClassVar[str] = "resident.erased.v1"
    dossier: str
    reporter: str
    """Case-scoped id; empty if nothing but the dossier is known."""
    why: Why


class Work(StrEnum):
    """What is logged: a household visited, an errand done, hazards checked, law made known."""

    HOUSEHOLD = "household"
    ERRAND = "errand"
    HAZARD = "hazard"
    PUBLICITY = "publicity"


class LeaderVisit(StrEnum):
    """Why a leader came: a visit, a joint meeting there, to urge departments, to help with a hard point."""

    VISIT = "visit"
    MEETING = "meeting"
    URGING = "urging"
    HELP = "help"


class Reception(StrEnum):
    """How a leader met somebody (民情家访): fixed reception, by appointment, at home, or coming back."""

    FIXED = "fixed"
    APPOINTMENT = "appointment"
    HOME = "home"
    RETURN = "return"


class Seat(Contract):
    """Who holds a post of a unit, as a code; a part-time member (1+N) comes from a department."""

    post: Code
    holder: Code
    department: Code | None = None
    duties: tuple[Masked, ...] = ()


class PostFilled(Intake):
    """Somebody took a post of a unit (上岗), or his duties changed; subject `unit:<code>`."""

    TYPE: ClassVar[str] = "post.filled.v1"
    unit: Code
    post: Code
    holder: Code
    department: Code | None = None
    duties: tuple[Masked, ...] = ()


class PostVacated(Intake):
    """Somebody left a post of a unit (离岗)."""

    TYPE: ClassVar[str] = "post.vacated.v1"
    unit: Code
    post: Code
    holder: Code


class NoticePublished(Intake):
    """The next version of a grid's public notice (公示); earlier ones are kept."""

    TYPE: ClassVar[str] = "notice.published.v1"
    unit: Code
    version: int
    seats: tuple[Seat, ...]


class VisitLogged(Intake):
    """A grid member's logged work: a household by its code, or an errand, hazard check, publicity."""

    TYPE: ClassVar[str] = "visit.logged.v1"
    unit: Code
    visit: OutsideId
    kind: Work
    household: Code | None = None
    at: Instant
    findings: int


class LeaderTied(Intake):
    """A leader has, or `ends` no longer has, this contact point (联系点); subject `leader:<code>`."""

    TYPE: ClassVar[str] = "leader.tied.v1"
    leader: Code
    unit: Code
    ends: bool = False


class LeaderVisited(Intake):
    """A leader came to a unit that he is tied to; `raised` are reports of the channel leader."""

    TYPE: ClassVar[str] = "leader.visited.v1"
    leader: Code
    unit: Code
    kind: LeaderVisit
    on: date
    raised: tuple[OutsideId, ...] = ()


class LeaderReceived(Intake):
    """A leader received people, or went to them (民情家访); `raised` are reports of the channel leader."""

    TYPE: ClassVar[str] = "leader.received.v1"
    leader: Code
    unit: Code
    kind: Reception
    on: date
    raised: tuple[OutsideId, ...] = ()


# ---- from outside


class EraseDossier(OutsideMessage):
    """The reporter's source or operations erase a dossier of a case that is over."""

    TYPE: ClassVar[str] = "dossier.erase.v1"
    dossier: DossierId


Duty = Annotated[str, StringConstraints(min_length=2, max_length=60)]
Raised = Annotated[tuple[OutsideId, ...], Field(max_length=50)]


class FillPost(OutsideMessage):
    """The unit, one above it or operations put somebody into a post; name and telephone go on the notice alone."""

    TYPE: ClassVar[str] = "post.fill.v1"
    post: Code
    holder: Code
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None
    department: Code | None = None
    duties: Annotated[tuple[Duty, ...], Field(max_length=20)] = ()


class VacatePost(OutsideMessage):
    """The unit, one above it or operations take somebody out of a post."""

    TYPE: ClassVar[str] = "post.vacate.v1"
    post: Code
    holder: Code


class LogVisit(OutsideMessage):
    """A grid member logs a household visit or other grid work; what he found goes in as reports."""

    TYPE: ClassVar[str] = "visit.log.v1"
    visit: OutsideId
    kind: Work
    household: Code | None = None
    at: Instant | None = None
    findings: Annotated[int, Field(ge=0, le=50)] = 0


class TieLeader(OutsideMessage):
    """Operations tie a leader to a unit, or end it."""

    TYPE: ClassVar[str] = "leader.tie.v1"
    unit: Code
    ends: bool = False


class LogLeaderVisit(OutsideMessage):
    """A leader, the unit he came to or operations note his visit."""

    TYPE: ClassVar[str] = "leader.visit.v1"
    unit: Code
    kind: LeaderVisit
    on: date
    raised: Raised = ()


class LogReception(OutsideMessage):
    """A leader, the unit he came to or operations note whom he received, as reports."""

    TYPE: ClassVar[str] = "leader.receive.v1"
    unit: Code
    kind: Reception
    on: date
    raised: Raised = ()
