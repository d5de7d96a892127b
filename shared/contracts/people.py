"""What intake states of people: residents who are erased.

Nothing personal is in any of it: a dossier and a reporter are named by ids that say nothing outside their case.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from shared.contracts.base import OutsideMessage
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


# ---- from outside


class EraseDossier(OutsideMessage):
    """The reporter's source or operations erase a dossier of a case that is over."""

    TYPE: ClassVar[str] = "dossier.erase.v1"
    dossier: DossierId
