"""What dispatch states of the mediation of disputes (矛盾纠纷调解, workflows §3.5), and what its desk is told.

A dispute is a side of its case: its subject is the case, its clock and responsible unit are the order's. Names and
terms are in no fact; parties are `p1`, `p2`, … of this case.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, OutsideMessage

Said = Annotated[str, StringConstraints(min_length=2, max_length=2000)]
PartyId = Annotated[str, StringConstraints(pattern=r"^p[1-9][0-9]?$")]


class Remedy(StrEnum):
    """The lawful ways that are left after a mediation fails."""

    LAWSUIT = "lawsuit"
    ARBITRATION = "arbitration"
    ADMINISTRATIVE = "administrative"
    LEGAL_AID = "legal_aid"


class Disputed(Contract):
    """Dispatch states it about a case."""

    SERVICE: ClassVar[str] = "dispatch"


class DisputeOpened(Disputed):
    """A grid member or the community opens it; `interested` are the units and posts that have an interest in it."""

    TYPE: ClassVar[str] = "dispute.opened.v1"
    community: Code
    opened_by: Code
    parties: int
    interested: tuple[str, ...]


class MediatorNamed(Disputed):
    """A post without interest mediates; from now on its unit alone sees names."""

    TYPE: ClassVar[str] = "dispute.mediating.v1"
    mediator: str
    """Unit and post, as `C01-G01:building-group`."""
    unit: Code


class DisputeSucceeded(Disputed):
    """All parties signed the agreement (调解协议)."""

    TYPE: ClassVar[str] = "dispute.succeeded.v1"
    mediator: str
    parties: int
    clauses: int


class DisputeFailed(Disputed):
    """It could not be settled: the parties were told the lawful ways."""

    TYPE: ClassVar[str] = "dispute.failed.v1"
    mediator: str
    told: tuple[Remedy, ...]


class DisputeWithdrawn(Disputed):
    """The parties take it back, or its order ended otherwise."""

    TYPE: ClassVar[str] = "dispute.withdrawn.v1"
    by_order: bool


# ---- messages


class Party(OutsideMessage):
    """Who quarrels: goes into the dossier; `interested` are the units and posts that he belongs to or is kin with."""

    id: PartyId
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    phone: Annotated[str, StringConstraints(max_length=32)] = ""
    interested: Annotated[tuple[Annotated[str, StringConstraints(max_length=128)], ...], Field(max_length=10)] = ()


class OpenDispute(OutsideMessage):
    """Open the mediation of a case that is a dispute, naming the parties."""

    TYPE: ClassVar[str] = "dispute.open.v1"
    order: Code
    parties: Annotated[tuple[Party, ...], Field(min_length=2, max_length=20)]
    about: Said


class NameMediator(OutsideMessage):
    """Name who mediates, or somebody else in his place; `no_interest` is his own declaration."""

    TYPE: ClassVar[str] = "dispute.name_mediator.v1"
    order: Code
    mediator: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}:[A-Za-z0-9-]{1,64}$")]
    no_interest: bool


class ReachAgreement(OutsideMessage):
    """Enter the agreement as it was signed: its clauses, and who signed."""

    TYPE: ClassVar[str] = "dispute.agree.v1"
    order: Code
    clauses: Annotated[tuple[Said, ...], Field(min_length=1, max_length=30)]
    signed: Annotated[tuple[PartyId, ...], Field(max_length=20)]


class FailDispute(OutsideMessage):
    """Give up, having told the parties the lawful ways."""

    TYPE: ClassVar[str] = "dispute.fail.v1"
    order: Code
    told: Annotated[tuple[Remedy, ...], Field(max_length=4)]


class WithdrawDispute(OutsideMessage):
    """The parties do not want it mediated any more."""

    TYPE: ClassVar[str] = "dispute.withdraw.v1"
    order: Code
