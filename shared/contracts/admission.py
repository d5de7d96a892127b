"""What intake states of admission (准入): which matters communities may be given, who asked, what the city decided."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Instant, Masked, OutsideMessage
from shared.contracts.intake import Intake

Said = Annotated[str, StringConstraints(min_length=2, max_length=500)]


class AdmissionRequested(Intake):
    """A department asks that communities may be given a matter, with what goes along; subject `admission:<matter>`."""

    TYPE: ClassVar[str] = "admission.requested.v1"
    matter: Code
    department: Code
    powers: Masked
    people: int
    money: Masked
    from_on: date
    due_at: Instant
    """Until then the city decides; silence refuses."""


class AdmissionDecided(Intake):
    """The city admits the matter from a day on, or refuses it by a rule."""

    TYPE: ClassVar[str] = "admission.decided.v1"
    matter: Code
    department: Code
    granted: bool
    silent: bool
    """Nobody decided in time: refused."""
    rule: str | None = None
    why: Masked
    from_on: date


class AdmissionWithdrawn(Intake):
    """The department takes its request back, or the city takes the matter off the list."""

    TYPE: ClassVar[str] = "admission.withdrawn.v1"
    matter: Code
    department: Code
    was: str
    """requested or granted."""
    why: Masked


# ---- from outside


class RequestAdmission(OutsideMessage):
    """A department asks, well ahead, with the powers, people and money that go along (权随责走、费随事转)."""

    TYPE: ClassVar[str] = "admission.request.v1"
    powers: Said
    people: Annotated[int, Field(ge=0, le=10_000)]
    money: Said
    from_on: date


class DecideAdmission(OutsideMessage):
    """The city decides; a refusal names its rule."""

    TYPE: ClassVar[str] = "admission.decide.v1"
    granted: bool
    rule: str | None = None
    why: Annotated[str, StringConstraints(max_length=500)] = ""


class WithdrawAdmission(OutsideMessage):
    """The department or the city takes it back."""

    TYPE: ClassVar[str] = "admission.withdraw.v1"
    why: Said
