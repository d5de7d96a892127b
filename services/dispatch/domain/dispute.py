"""The mediation of a dispute (矛盾纠纷调解), a side of its case; names stay in the dossier (workflows §3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.transitions import Transitions


class Mediation(StrEnum):
    """Where a dispute stands."""

    OPENED = "opened"
    MEDIATING = "mediating"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


MOVES: Transitions[Mediation] = Transitions(
    {
        Mediation.OPENED: {Mediation.MEDIATING, Mediation.WITHDRAWN},
        # Another mediator may take the place of the first.
        Mediation.MEDIATING: {
            Mediation.MEDIATING, Mediation.SUCCEEDED, Mediation.FAILED, Mediation.WITHDRAWN,
        },
        Mediation.SUCCEEDED: set(),
        Mediation.FAILED: set(),
        Mediation.WITHDRAWN: set(),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute between `parties` persons; `interested` are units and posts that may not mediate it."""

    status: Mediation
    community: str
    opened_by: str
    parties: int
    interested: tuple[str, ...]
    mediator: str = ""
    forget: bool = False
    """Somebody of it was erased while the others go on: names and words go with its end."""

    @property
    def is_running(self) -> bool:
        """Tell whether it is neither settled, failed nor taken back."""
        return bool(MOVES.table[self.status])

    @property
    def reader(self) -> str:
        """Return the one unit that sees names: the mediator's, before one is named the unit that opened it."""
        return self.mediator.partition(":")[0] or self.opened_by


# ---- facts


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    community: str
    opened_by: str
    parties: int
    interested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediatorNamed:
    mediator: str
    unit: str


@dataclass(frozen=True, slots=True)
class DisputeSucceeded:
    mediator: str
    parties: int
    clauses: int


@dataclass(frozen=True, slots=True)
class DisputeFailed:
    mediator: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisputeWithdrawn:
    by_order: bool


# ---- private rows: what no stream may carry


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party of a dispute, for the mediator's unit alone."""

    case: str
    party: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class DisputeText:
    """What the quarrel is about, and what was agreed, in full; `signed` are the parties, in their order."""

    case: str
    about: str | None
    clauses: tuple[str, ...]
    signed: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class DisputeErased:
    """Names and words of the case's dispute go; what was counted stays."""

    case: str


# ---- messages


@dataclass(frozen=True, slots=True)
class Party:
    id: str
    name: str
    phone: str = ""
    interested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenDispute:
    order: str
    parties: tuple[Party, ...]
    about: str


@dataclass(frozen=True, slots=True)
class NameMediator:
    order: str
    mediator: str
    no_interest: bool


@dataclass(frozen=True, slots=True)
class ReachAgreement:
    order: str
    clauses: tuple[str, ...]
    signed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailDispute:
    order: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WithdrawDispute:
    order: str
