"""Ally (结盟): join and leave, appoint commissioners, fill the pool, assign a paired unit on to a grid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.dispatch.domain.claims.alliance import (
    PERSONS,
    Alliance,
    AppointCommissioner,
    AssignPairingOn,
    Commissioner,
    CommissionerAppointed,
    CommissionerEnded,
    EndCommissioner,
    JoinAlliance,
    LeaveAlliance,
    Member,
    MemberJoined,
    MemberKind,
    MemberLeft,
    PairingAssignedOn,
    PoolResource,
    Resource,
    ResourcePooled,
    ResourceUnpooled,
    UnpoolResource,
)
from services.dispatch.domain.claims.party import CLAIMANTS, refuse
from services.dispatch.domain.claims.table import States, decide, evolve
from services.dispatch.domain.mechanism import require
from shared.kernel.decisions import NOTHING, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace

MECHANISMS = ("alliance", "wish-claim", "wish-dispatch", "grid-menu", "claimed-projects")
"""Whoever claims must be on record, also where the city calls its circle no alliance."""


@decide.on(JoinAlliance)
def join(states: States, message: Message, context: Context) -> Decision:
    """Take a member in; a department joins as a unit, a unit of the tree not at all."""
    asked: JoinAlliance = message.data
    city = context.city
    require(city, *MECHANISMS)
    alliance = _own(states, message, "take members in")
    is_department = asked.party in city.departments
    if asked.party in city.units or (is_department and asked.kind in PERSONS):
        raise Refused("alliance.kind", "kind", party=asked.party, kind=asked.kind.value)
    if alliance.has(asked.party):
        raise Refused("alliance.member", "party", party=asked.party)
    functions = tuple(mask(one) for one in asked.functions)
    return Decision((Fact(MemberJoined(alliance.community, asked.party, asked.kind, functions)),))


@decide.on(LeaveAlliance)
def leave(states: States, message: Message, context: Context) -> Decision:
    """End a membership, by the member or the community; what is claimed stays claimed."""
    asked: LeaveAlliance = message.data
    alliance = _of_member(states, message, asked.party, "end a membership")
    return Decision((Fact(MemberLeft(alliance.community, asked.party, mask(asked.why))),))


@decide.on(AppointCommissioner)
def appoint(states: States, message: Message, context: Context) -> Decision:
    """Enter a member's post at a service centre."""
    asked: AppointCommissioner = message.data
    require(context.city, "commissioners")
    alliance = _own(states, message, "appoint a commissioner")
    _check_member(alliance, asked.party, context.city)
    if any(one.post == asked.post for one in alliance.commissioners):
        raise Refused("alliance.taken", "post", code=asked.post)
    return Decision((Fact(CommissionerAppointed(alliance.community, asked.post, asked.party, mask(asked.centre))),))


@decide.on(EndCommissioner)
def dismiss(states: States, message: Message, context: Context) -> Decision:
    """End such a post."""
    alliance = _own(states, message, "end a commissioner's post")
    post: str = message.data.post
    if all(one.post != post for one in alliance.commissioners):
        raise Refused("alliance.unknown", "post", code=post)
    return Decision((Fact(CommissionerEnded(alliance.community, post)),))


@decide.on(PoolResource)
def pool(states: States, message: Message, context: Context) -> Decision:
    """Enter a person or team with skills and times."""
    asked: PoolResource = message.data
    require(context.city, "commissioners")
    alliance = _of_member(states, message, asked.party, "fill the pool", context.city)
    if any(one.resource == asked.resource for one in alliance.pool):
        raise Refused("alliance.taken", "resource", code=asked.resource)
    skills = tuple(mask(skill) for skill in asked.skills)
    words = mask(asked.expert_class), skills, mask(asked.times)
    return Decision((Fact(ResourcePooled(alliance.community, asked.resource, asked.party, *words)),))


@decide.on(UnpoolResource)
def unpool(states: States, message: Message, context: Context) -> Decision:
    """Take it out again."""
    code: str = message.data.resource
    alliance = _alliance(states, message)
    found = next((one for one in alliance.pool if one.resource == code), None)
    if found is None:
        raise Refused("alliance.unknown", "resource", code=code)
    _of_member(states, message, found.party, "empty the pool", context.city)
    return Decision((Fact(ResourceUnpooled(alliance.community, code)),))


@decide.on(AssignPairingOn)
def assign_on(states: States, message: Message, context: Context) -> Decision:
    """Let a paired unit answer for one grid of the community, against crowding, or for all of it again."""
    asked: AssignPairingOn = message.data
    city = context.city
    require(city, "assigned-on")
    alliance = _own(states, message, "assign a paired unit on")
    if asked.department not in city.paired_with(alliance.community):
        raise Refused("pairing.not_paired", "department", department=asked.department, community=alliance.community)
    grids = {unit.code for unit in city.children(alliance.community)}
    if asked.grid is not None and asked.grid not in grids:
        raise Refused("pairing.not_own_grid", "grid", grid=asked.grid, community=alliance.community)
    if dict(alliance.assigned).get(asked.department) == asked.grid:
        return NOTHING
    return Decision((Fact(PairingAssignedOn(alliance.community, asked.department, asked.grid)),))


def _alliance(states: States, message: Message) -> Alliance:
    community = message.subject.partition(":")[2]
    return states.get(message.subject) or Alliance(community)


def _own(states: States, message: Message, act: str) -> Alliance:
    """Return the alliance, which only its community may change."""
    alliance = _alliance(states, message)
    if message.actor.kind != "unit" or message.actor.id != alliance.community:
        refuse(message.actor, act)
    return alliance


def _of_member(states: States, message: Message, party: str, act: str, city: Any = None) -> Alliance:
    """Return the alliance, where the community or the member itself acts; with a city, a paired unit is one as well."""
    alliance, actor = _alliance(states, message), message.actor
    is_member = actor.kind in CLAIMANTS and actor.id == party
    if not is_member and (actor.kind != "unit" or actor.id != alliance.community):
        refuse(actor, act)
    _check_member(alliance, party, city)
    return alliance


def _check_member(alliance: Alliance, party: str, city: Any) -> None:
    is_paired = city is not None and party in city.paired_with(alliance.community)
    if not (is_paired or alliance.has(party)):
        raise Refused("alliance.no_member", "party", party=party)


# ---- evolution


def _begun(state: Alliance | None, community: str) -> Alliance:
    return state or Alliance(community)


@evolve.on(MemberJoined)
def joined(state: Alliance | None, fact: MemberJoined, at: datetime) -> Alliance:
    alliance = _begun(state, fact.community)
    return replace(alliance, members=(*alliance.members, Member(fact.party, MemberKind(fact.kind), fact.functions)))


@evolve.on(MemberLeft)
def left(state: Alliance, fact: MemberLeft, at: datetime) -> Alliance:
    return replace(
        state,
        members=tuple(one for one in state.members if one.party != fact.party),
        commissioners=tuple(one for one in state.commissioners if one.party != fact.party),
        pool=tuple(one for one in state.pool if one.party != fact.party),
    )


@evolve.on(CommissionerAppointed)
def appointed(state: Alliance | None, fact: CommissionerAppointed, at: datetime) -> Alliance:
    alliance = _begun(state, fact.community)
    return replace(alliance, commissioners=(*alliance.commissioners, Commissioner(fact.post, fact.party, fact.centre)))


@evolve.on(CommissionerEnded)
def dismissed(state: Alliance, fact: CommissionerEnded, at: datetime) -> Alliance:
    return replace(state, commissioners=tuple(one for one in state.commissioners if one.post != fact.post))


@evolve.on(ResourcePooled)
def pooled(state: Alliance | None, fact: ResourcePooled, at: datetime) -> Alliance:
    alliance = _begun(state, fact.community)
    entered = Resource(fact.resource, fact.party, fact.expert_class, fact.skills, fact.times)
    return replace(alliance, pool=(*alliance.pool, entered))


@evolve.on(ResourceUnpooled)
def unpooled(state: Alliance, fact: ResourceUnpooled, at: datetime) -> Alliance:
    return replace(state, pool=tuple(one for one in state.pool if one.resource != fact.resource))


@evolve.on(PairingAssignedOn)
def assigned_on(state: Alliance | None, fact: PairingAssignedOn, at: datetime) -> Alliance:
    alliance = _begun(state, fact.community)
    others = tuple(pair for pair in alliance.assigned if pair[0] != fact.department)
    return replace(alliance, assigned=others if fact.grid is None else (*others, (fact.department, fact.grid)))
