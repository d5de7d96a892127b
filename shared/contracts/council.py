"""What escalation states of councils (议事机构, domain.md §5.2), and what their unit tells its desk.

Subject: `council:<unit>:<council>`. A council has no ledger and no power over departments.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideId, OutsideMessage

Title = Annotated[str, StringConstraints(min_length=2, max_length=200)]
Said = Annotated[str, StringConstraints(min_length=2, max_length=2000)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Number = Annotated[int, Field(ge=1, le=10_000)]
MOST_ITEMS = 50


class Becomes(StrEnum):
    """What an agreed item goes on as."""

    REPORT = "report"
    PROJECT = "project"
    VOTE = "vote"


class Votes(BaseModel):
    """A counted vote of those present."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    yes: Count
    no: Count
    abstained: Count = 0


class Outcome(BaseModel):
    """What a session made of one item, by the item's place on its list from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    item: Number
    agreed: bool
    becomes: Becomes | None = None
    """Set if and only if it was agreed."""
    votes: Votes | None = None
    """Needed where one party decides by counted vote (四会联治)."""
    note: Said | None = None


class Deliberated(Contract):
    """Every fact names the council."""

    SERVICE: ClassVar[str] = "escalation"
    unit: Code
    council: Code


class CouncilConvened(Deliberated):
    """A session is called, with its list."""

    TYPE: ClassVar[str] = "council.convened.v1"
    number: int
    opens_at: Instant
    place: Masked
    items: tuple[str, ...]


class CouncilCalledOff(Deliberated):
    """The session that was called will not be held."""

    TYPE: ClassVar[str] = "council.called_off.v1"
    number: int
    why: str


class CouncilHeld(Deliberated):
    """A session was held: which parties were there, and what was made of each item."""

    TYPE: ClassVar[str] = "council.held.v1"
    number: int
    on: date
    present: tuple[Code, ...]
    outcomes: tuple[Outcome, ...]


class CouncilAgreed(Deliberated):
    """An item was agreed and goes on as a report, a project or a vote."""

    TYPE: ClassVar[str] = "council.agreed.v1"
    number: int
    item: int
    title: str
    becomes: Becomes
    votes: Votes | None


class CouncilOverseen(Deliberated):
    """The supervision committee's opinion of how an agreed item was carried out."""

    TYPE: ClassVar[str] = "council.overseen.v1"
    number: int
    item: int
    opinion: str


class CouncilFollowed(Deliberated):
    """What became of an agreed item: the id of the report, project or vote."""

    TYPE: ClassVar[str] = "council.followed.v1"
    number: int
    item: int
    reference: str


class CouncilReminded(Deliberated):
    """The council has not met yet in a period of which most is over."""

    TYPE: ClassVar[str] = "council.reminded.v1"
    until: date


class CouncilMissed(Deliberated):
    """The period ended without a session; the unit above is told."""

    TYPE: ClassVar[str] = "council.missed.v1"
    until: date
    above: Code | None


class ConveneCouncil(OutsideMessage):
    """Call a session with its list of items."""

    TYPE: ClassVar[str] = "council.convene.v1"
    opens_at: Instant
    place: Annotated[str, StringConstraints(min_length=2, max_length=200)]
    items: Annotated[tuple[Title, ...], Field(min_length=1, max_length=MOST_ITEMS)]


class CallOffCouncil(OutsideMessage):
    """Call the session off."""

    TYPE: ClassVar[str] = "council.call_off.v1"
    why: Said


class HoldCouncil(OutsideMessage):
    """Write down the session: parties present, one outcome for each item."""

    TYPE: ClassVar[str] = "council.hold.v1"
    present: Annotated[tuple[Code, ...], Field(max_length=20)]
    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=MOST_ITEMS)]


class OverseeItem(OutsideMessage):
    """Publish the supervision committee's opinion of one agreed item."""

    TYPE: ClassVar[str] = "council.oversee.v1"
    number: Number
    item: Number
    opinion: Said


class FollowItem(OutsideMessage):
    """Say what became of one agreed item."""

    TYPE: ClassVar[str] = "council.follow.v1"
    number: Number
    item: Number
    reference: OutsideId
