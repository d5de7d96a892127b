"""A year's statutory calendar is published by dispatch (`calendar:<city>`); what each service moves by it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.base import Contract, Instant, Masked, OutsideMessage

FestivalName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Festival(BaseModel):
    """Days off of one name, first to last, weekends among them included."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)
    name: FestivalName
    first: date
    last: date


class CalendarPublished(Contract):
    """Which days of a year are worked; open clocks are projected anew by it (`order.projected.v1`)."""

    SERVICE: ClassVar[str] = "dispatch"
    TYPE: ClassVar[str] = "calendar.published.v1"
    year: int
    holidays: tuple[Festival, ...]
    makeups: tuple[date, ...]
    """Saturdays and Sundays that are worked (调休)."""
    reason: Masked
    version: int
    """Counts the calendars published in the city."""


class PublishCalendar(OutsideMessage):
    """Operations publish the statutory calendar of a year, or correct it."""

    TYPE: ClassVar[str] = "calendar.publish.v1"
    year: int
    holidays: Annotated[tuple[Festival, ...], Field(max_length=30)]
    makeups: Annotated[tuple[date, ...], Field(max_length=60)] = ()
    reason: Annotated[str, StringConstraints(min_length=4, max_length=200)]
    """Such as the number of the State Council's notice."""


class MovedDeadline(BaseModel):
    """A deadline's name within its subject, where it lay and where it lies now."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)
    name: Annotated[str, StringConstraints(max_length=200)]
    before: Instant
    ends_at: Instant


class _DeadlinesMoved(Contract):
    """Deadlines counted in working time lie elsewhere by a published calendar: which, from when to when, and why."""

    moved: tuple[MovedDeadline, ...]
    calendar: int
    """The calendar by which they lie there now: its version in the city."""
    reason: Masked


class CaseDeadlinesMoved(_DeadlinesMoved):
    """Deadlines that intake holds lie elsewhere by a published calendar."""

    SERVICE: ClassVar[str] = "intake"
    TYPE: ClassVar[str] = "case.deadlines_moved.v1"


class OrderDeadlinesMoved(_DeadlinesMoved):
    """Deadlines that dispatch holds beside an order's own clocks lie elsewhere by a published calendar."""

    SERVICE: ClassVar[str] = "dispatch"
    TYPE: ClassVar[str] = "order.deadlines_moved.v1"


class LedgerDeadlinesMoved(_DeadlinesMoved):
    """Deadlines that escalation holds lie elsewhere by a published calendar."""

    SERVICE: ClassVar[str] = "escalation"
    TYPE: ClassVar[str] = "ledger.deadlines_moved.v1"


class RatingDeadlinesMoved(_DeadlinesMoved):
    """Deadlines that feedback holds lie elsewhere by a published calendar."""

    SERVICE: ClassVar[str] = "feedback"
    TYPE: ClassVar[str] = "rating.deadlines_moved.v1"
