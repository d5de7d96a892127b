"""Which cases somebody may see: those of the own unit and below, of the own department, of the own source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from services.console.reader import PRESENT
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rights import office_of
from shared.shell.tokens import read as read_token


@dataclass(frozen=True, slots=True)
class Scope:
    """A condition on `case_view`, and the parameter that it names.

    `found` is the statement that finds the ids of all such cases, and maybe of others, where they may be few.
    """

    condition: str = "true"
    params: dict[str, Any] = field(default_factory=dict)
    found: str = ""


EVERYTHING = Scope()
_NAMED = "SELECT s.id FROM case_seen s WHERE s.code = "


def reader(request: Request, authorization: Annotated[str, Header()] = "") -> Actor:
    """Return who reads: the person signed in, else the bearer of a token; raises Refused("actor.bad_token")."""
    city: City = request.app.state.city
    signed = PRESENT.get().signed
    if signed is not None:
        return signed.actor(city)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Refused("actor.bad_token", "Authorization")
    return read_token(request.app.state.secret, city.code, token.strip())


Reading = Annotated[Actor, Depends(reader)]


def of(actor: Actor, city: City) -> Scope:
    """Return what an actor sees; refuse one who sees no list of cases."""
    if actor.kind == "operations":
        return EVERYTHING
    if actor.kind == "department":
        return Scope("(responsible = :own OR lead = :own OR :own = ANY (support))", {"own": actor.id}, _NAMED + ":own")
    if actor.kind == "source":
        return Scope("source = :own", {"own": actor.id})
    unit = office_of(actor)[0]
    if unit not in city.units:
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read cases")
    if unit == city.root.code:
        return EVERYTHING
    return Scope(
        "(unit = ANY (:own) OR responsible = ANY (:own) OR lead = ANY (:own) OR dispatcher = ANY (:own))",
        {"own": [code for code in city.units if city.is_within(code, unit)]},
        _NAMED + "ANY (:own)",
    )


def bodies_of(actor: Actor, city: City) -> tuple[str, ...]:
    """Return the joint meetings that an actor follows: those of the own unit and below, and those it is a member of."""
    if actor.kind == "operations":
        return tuple(city.bodies)
    party = party_of(actor)
    return tuple(code for code in city.bodies if leads_to(city, code, party) or _is_member(city, code, party))


def party_of(actor: Actor) -> str:
    """Return the unit or department for which an actor comes to a meeting."""
    return actor.id if actor.kind == "department" else office_of(actor)[0]


def leads_to(city: City, body: str, party: str) -> bool:
    """Tell whether a body is that of a unit or of one below it: whose ledger it reads."""
    return party in city.units and city.is_within(body, party)


def _is_member(city: City, body: str, party: str) -> bool:
    return any(member.code == party for member in city.bodies[body].members)
