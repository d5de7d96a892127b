"""Who claims (认领方): members of alliances and paired units, how they are known, what they have on hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.dispatch.domain.claims.alliance import Alliance, subject_of_alliance
from services.dispatch.domain.claims.table import States, evolve
from services.dispatch.domain.roster import Roster, roster_of
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "claim.not_eligible": (
            "{party} 不是 {community} 的结对单位、联盟成员或报到党员",
            "{party} is neither paired with {community} nor of its alliance nor checked in there",
        ),
        "claim.too_many": (
            "{party} 已有 {open} 项认领未完成，最多 {limit} 项",
            "{party} has {open} of {limit} open claims",
        ),
    }
)

CLAIMANTS = frozenset({"department", "post", "member"})
"""As whom a claimant calls: a paired unit, an organisation of an alliance, a Party member or volunteer by his code."""


class ClaimEnd(StrEnum):
    """How a claim ended."""

    DONE = "done"
    GIVEN_UP = "given_up"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Party:
    """The wishes that a claimant has on hand, over all communities."""

    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimOpened:
    party: str
    wish: str


@dataclass(frozen=True, slots=True)
class ClaimEnded:
    party: str
    wish: str
    end: ClaimEnd


def subject_of_party(code: str) -> str:
    """Return the subject of a claimant."""
    return f"party:{code}"


def refuse(actor: Actor, act: str) -> None:
    """Say that this caller may not do this."""
    raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)


def check_eligible(states: States, party: str, community: str, city: Any) -> None:
    """Refuse whoever is neither paired with the community, nor a member of its alliance, nor checked in there."""
    alliance: Alliance | None = states.get(subject_of_alliance(community))
    checked_in: Roster | None = states.get(roster_of(community))
    is_member = alliance is not None and alliance.has(party)
    if is_member or party in city.paired_with(community) or (checked_in is not None and checked_in.member(party)):
        return
    raise Refused("claim.not_eligible", "claimant", party=party, community=community)


def check_room(states: States, party: str, city: Any) -> None:
    """Refuse one claim more than the city file allows at a time."""
    on_hand: Party | None = states.get(subject_of_party(party))
    count, limit = len(on_hand.open) if on_hand else 0, city.limits["open_claims"]
    if count >= limit:
        raise Refused("claim.too_many", "claimant", party=party, open=count, limit=limit)


def parties(city: Any) -> Iterable[str]:
    """Return who may claim without joining an alliance first: every department that is paired."""
    return dict.fromkeys(pairing.department for pairing in city.pairings)


@evolve.on(ClaimOpened)
def opened(state: Party | None, fact: ClaimOpened, at: datetime) -> Party:
    return Party((*(state.open if state else ()), fact.wish))


@evolve.on(ClaimEnded)
def ended(state: Party | None, fact: ClaimEnded, at: datetime) -> Party | None:
    return state and replace(state, open=tuple(wish for wish in state.open if wish != fact.wish))
