"""What intake states of the register of households (户册) of each grid: codes alone, never who lives there."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.base import Code, Masked, OutsideMessage
from shared.contracts.intake import Intake

Line = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class HouseholdRegistered(Intake):
    """A household of a grid came to be known, by its code; subject `households:<grid>`."""

    TYPE: ClassVar[str] = "household.registered.v1"
    unit: Code
    household: Code
    by: str


class HouseholdRemoved(Intake):
    """A household is none of this grid any more."""

    TYPE: ClassVar[str] = "household.removed.v1"
    unit: Code
    household: Code
    by: str
    why: Masked


# ---- from outside


class HouseholdEntry(BaseModel):
    """One household: its code, its door, and whom to ask for; all but the code is read by its grid alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)
    household: Code
    door: Line
    contact: Line | None = None
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None


class RegisterHouseholds(OutsideMessage):
    """A grid, or its community, enters households; one that is there already is written anew."""

    TYPE: ClassVar[str] = "household.register.v1"
    households: Annotated[tuple[HouseholdEntry, ...], Field(min_length=1, max_length=200)]


class RemoveHousehold(OutsideMessage):
    """A grid, or its community, takes a household off the register."""

    TYPE: ClassVar[str] = "household.remove.v1"
    household: Code
    why: Annotated[str, StringConstraints(min_length=2, max_length=200)]
