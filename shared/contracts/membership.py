"""What dispatch states of Party members in communities: check-in (双报到), double duty (双岗双责) with its two forms.

Subjects: `roster:<unit>`, `activity:<community>:<member>`. A member is a code that his own unit keeps,
never a name.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Masked, OutsideMessage

Year = Annotated[int, Field(ge=2000, le=2100)]


class CheckInKind(StrEnum):
    """Where his unit is paired, or where he lives."""

    WORK = "work"
    HOME = "home"


class DutyKind(StrEnum):
    """A volunteer post, a team, a responsibility zone."""

    POST = "post"
    TEAM = "team"
    ZONE = "zone"


class ActivityGrade(StrEnum):
    """The year's grade (考评等次)."""

    EXCELLENT = "excellent"
    GOOD = "good"
    PASSED = "passed"
    FAILED = "failed"


class Membership(Contract):
    """Dispatch states it."""

    SERVICE: ClassVar[str] = "dispatch"


class MemberCheckedIn(Membership):
    """A working member checked in at a community or grid; `employer` is his own unit."""

    TYPE: ClassVar[str] = "member.checked_in.v1"
    unit: Code
    member: Code
    kind: CheckInKind
    employer: Code


class MemberCheckedOut(Membership):
    """He moved away or left his unit."""

    TYPE: ClassVar[str] = "member.checked_out.v1"
    unit: Code
    member: Code


class DutyClaimed(Membership):
    """He took on a post, team or zone of the community; one at a time."""

    TYPE: ClassVar[str] = "activity.claimed.v1"
    community: Code
    member: Code
    employer: Code
    kind: DutyKind
    item: Masked


class ActivityRegistered(Membership):
    """A line of the activity register (活动登记表)."""

    TYPE: ClassVar[str] = "activity.registered.v1"
    community: Code
    member: Code
    on: date
    hours: int
    what: Masked


class ActivityAssessed(Membership):
    """The community's opinion on a year (意见反馈表); the grade goes to the member's own unit."""

    TYPE: ClassVar[str] = "activity.assessed.v1"
    community: Code
    member: Code
    employer: Code
    year: int
    grade: ActivityGrade
    opinion: Masked
    activities: int
    hours: int


# ---- messages


class CheckIn(OutsideMessage):
    """Check a member in; by the unit, or by himself."""

    TYPE: ClassVar[str] = "member.check_in.v1"
    unit: Code
    member: Code
    kind: CheckInKind
    employer: Code


class CheckOut(OutsideMessage):
    """Strike a member from the roster."""

    TYPE: ClassVar[str] = "member.check_out.v1"
    unit: Code
    member: Code


class ClaimDuty(OutsideMessage):
    """Take on a post, team or zone that the city file offers."""

    TYPE: ClassVar[str] = "activity.claim.v1"
    community: Code
    member: Code
    kind: DutyKind
    item: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class RegisterActivity(OutsideMessage):
    """Enter what was done on a day, in whole hours."""

    TYPE: ClassVar[str] = "activity.register.v1"
    on: date
    hours: Annotated[int, Field(ge=1, le=24)]
    what: Annotated[str, StringConstraints(min_length=2, max_length=2000)]


class AssessActivities(OutsideMessage):
    """Grade a member's year, with the community's opinion."""

    TYPE: ClassVar[str] = "activity.assess.v1"
    year: Year
    grade: ActivityGrade
    opinion: Annotated[str, StringConstraints(min_length=2, max_length=2000)]
