"""Councils (议事机构) beside the chain: called, held, agreed, followed; no ledger and no power (domain.md §5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.escalation.domain.table import evolve
from shared.kernel.replacing import replace


class Becomes(StrEnum):
    """What an agreed item goes on as."""

    REPORT = "report"
    PROJECT = "project"
    VOTE = "vote"


@dataclass(frozen=True, slots=True)
class Votes:
    """A counted vote of those present."""

    yes: int
    no: int
    abstained: int = 0

    @property
    def is_carried(self) -> bool:
        """Tell whether more than half of those counted were for it."""
        return 2 * self.yes > self.yes + self.no + self.abstained


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session made of one item, by the item's place on its list from 1."""

    item: int
    agreed: bool
    becomes: Becomes | None = None
    votes: Votes | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """An agreed item of which nobody has said yet what became of it."""

    number: int
    item: int
    title: str
    becomes: Becomes
    overseen: bool = False


@dataclass(frozen=True, slots=True)
class Council:
    """One council of one unit; `items` are the titles of the session that is called and not held."""

    number: int = 0
    opens_at: datetime | None = None
    items: tuple[str, ...] = ()
    held_on: date | None = None
    open: tuple[Open, ...] = ()


# ---- facts


@dataclass(frozen=True, slots=True)
class CouncilConvened:
    unit: str
    council: str
    number: int
    opens_at: datetime
    place: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CouncilCalledOff:
    unit: str
    council: str
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class CouncilHeld:
    unit: str
    council: str
    number: int
    on: date
    present: tuple[str, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class CouncilAgreed:
    unit: str
    council: str
    number: int
    item: int
    title: str
    becomes: Becomes
    votes: Votes | None


@dataclass(frozen=True, slots=True)
class CouncilOverseen:
    unit: str
    council: str
    number: int
    item: int
    opinion: str


@dataclass(frozen=True, slots=True)
class CouncilFollowed:
    unit: str
    council: str
    number: int
    item: int
    reference: str


@dataclass(frozen=True, slots=True)
class CouncilReminded:
    unit: str
    council: str
    until: date


@dataclass(frozen=True, slots=True)
class CouncilMissed:
    unit: str
    council: str
    until: date
    above: str | None


# ---- commands


@dataclass(frozen=True, slots=True)
class ConveneCouncil:
    opens_at: datetime
    place: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallOffCouncil:
    why: str


@dataclass(frozen=True, slots=True)
class HoldCouncil:
    present: tuple[str, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class OverseeItem:
    number: int
    item: int
    opinion: str


@dataclass(frozen=True, slots=True)
class FollowItem:
    number: int
    item: int
    reference: str


# ---- evolution


@evolve.on(CouncilConvened)
def _convened(state: Council | None, fact: CouncilConvened, at: datetime) -> Council:
    return replace(state or Council(), number=fact.number, opens_at=fact.opens_at, items=fact.items)


@evolve.on(CouncilCalledOff)
def _called_off(state: Council, fact: CouncilCalledOff, at: datetime) -> Council:
    return replace(state, opens_at=None, items=())


@evolve.on(CouncilHeld)
def _held(state: Council, fact: CouncilHeld, at: datetime) -> Council:
    return replace(state, opens_at=None, items=(), held_on=fact.on)


@evolve.on(CouncilAgreed)
def _agreed(state: Council, fact: CouncilAgreed, at: datetime) -> Council:
    return replace(state, open=(*state.open, Open(fact.number, fact.item, fact.title, fact.becomes)))


@evolve.on(CouncilOverseen)
def _overseen(state: Council, fact: CouncilOverseen, at: datetime) -> Council:
    return replace(
        state,
        open=tuple(
            replace(one, overseen=True) if (one.number, one.item) == (fact.number, fact.item) else one
            for one in state.open
        ),
    )


@evolve.on(CouncilFollowed)
def _followed(state: Council, fact: CouncilFollowed, at: datetime) -> Council:
    left = tuple(one for one in state.open if (one.number, one.item) != (fact.number, fact.item))
    return replace(state, open=left)


@evolve.on(CouncilReminded)
@evolve.on(CouncilMissed)
def _watched(state: Council | None, fact: Any, at: datetime) -> Council:
    return state or Council()
