"""Facts of whistles, supporting parts, members, meetings and leaders, with the fields that feedback needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class WhistleSounded:
    whistler: str
    callees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalleeReportedIn:
    """A called unit or member came to the place; `late` if after its time."""

    callee: str
    late: bool


@dataclass(frozen=True, slots=True)
class CalleeMissing:
    """A called unit or member did not sign (`of` sign), or did not come (`of` report_in) in time."""

    callee: str


@dataclass(frozen=True, slots=True)
class WhistleRated:
    rated: str
    grade: int


@dataclass(frozen=True, slots=True)
class PartsAgreed:
    """Called units took on parts of an order at the place (协办)."""

    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartAnswered:
    """A supporting unit did its part; `late` if that had lapsed."""

    unit: str
    late: bool


@dataclass(frozen=True, slots=True)
class PartLapsed:
    unit: str


@dataclass(frozen=True, slots=True)
class PartReleaseJudged:
    unit: str
    granted: bool


@dataclass(frozen=True, slots=True)
class MemberCheckedIn:
    unit: str
    employer: str


@dataclass(frozen=True, slots=True)
class DutyClaimed:
    """A member took on a post, team or zone of a community (双岗双责)."""

    community: str
    employer: str


@dataclass(frozen=True, slots=True)
class MeetingAdopted:
    """Minutes with who was there; absences stand on the card of the member unit (domain §5.1)."""

    attendance: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaderTied:
    leader: str
    unit: str
    ends: bool


@dataclass(frozen=True, slots=True)
class LeaderVisited:
    leader: str
    unit: str
    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class LeaderReceived(LeaderVisited):
    raised: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityAssessed:
    """A community graded a member's year (意见反馈表)."""

    community: str
    member: str
    employer: str
    year: int
    grade: str
    activities: int
    hours: int
