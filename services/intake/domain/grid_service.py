"""The grid service list (网格化服务管理清单): what is done in a grid, by which post, with which duty; kept by its town.

The record of a grid's list is `services:<grid>`. An item is never edited: published again it is replaced, by whom and
why is in the fact (domain §2.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.kernel.decisions import Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

MECHANISM = "grid-service-list"
KEEPERS = ("street", "county", "city")
"""Levels that keep the lists of the grids on their ground."""
MOST_ITEMS = 200
LONGEST = 200

register(
    {
        "grid_service.not_a_grid": ("{unit} 不是网格", "{unit} is no grid"),
        "grid_service.unknown_item": ("清单中没有 {item}", "The list has no {item}"),
        "grid_service.too_many": ("一个网格至多 {most} 项", "A grid has at most {most} items"),
        "grid_service.personal": ("人员编码里不能有电话或证件号码", "A code holds no telephone or identity number"),
    }
)


@dataclass(frozen=True, slots=True)
class PublishGridService:
    item: str
    task: str
    post: str
    duty: str
    holder: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawGridService:
    item: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GridServicePublished:
    unit: str
    item: str
    task: str
    post: str
    duty: str
    holder: str | None
    by: str
    why: str
    replaces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GridServiceWithdrawn:
    unit: str
    item: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class GridService:
    """One item: task, post, duty, and whoever of the post does it, by code."""

    item: str
    task: str
    post: str
    duty: str
    holder: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class GridServices:
    """The list of a grid as it stands."""

    items: tuple[GridService, ...] = ()


decide = Deciders()
evolve = Evolution()
States = Mapping[str, GridServices | None]


@decide.on(PublishGridService)
def publish(states: States, message: Message, context: Context) -> Decision:
    """Put an item on a grid's list, or replace it."""
    unit, said, known = _grid(message, context), message.data, states[message.subject] or GridServices()
    post = context.city.posts.get(said.post)
    if post is None or not any(post.level is one.level for one in context.city.lineage(unit)):
        raise Refused("post.unknown", "post", unit=unit, post=said.post)
    for name in ("item", "holder"):
        if sum(letter.isdigit() for letter in getattr(said, name) or "") > 10:
            raise Refused("grid_service.personal", name)
    replaces = any(one.item == said.item for one in known.items)
    if not replaces and len(known.items) >= MOST_ITEMS:
        raise Refused("grid_service.too_many", "item", most=MOST_ITEMS)
    fact = GridServicePublished(
        unit=unit, item=said.item, task=mask(said.task, LONGEST), post=said.post, duty=mask(said.duty, LONGEST),
        holder=said.holder, by=_who(message), why=mask(said.why, LONGEST), replaces=replaces,
    )  # fmt: skip
    return Decision((Fact(fact),))


@decide.on(WithdrawGridService)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Take an item off a grid's list."""
    unit, said, known = _grid(message, context), message.data, states[message.subject] or GridServices()
    if not any(one.item == said.item for one in known.items):
        raise Refused("grid_service.unknown_item", "item", item=said.item)
    return Decision(
        (Fact(GridServiceWithdrawn(unit=unit, item=said.item, by=_who(message), why=mask(said.why, LONGEST))),)
    )


def _grid(message: Message, context: Context) -> str:
    """Return the grid to the town that it lies in and to operations; refuse everybody else."""
    code, city, actor = message.subject.partition(":")[2], context.city, message.actor
    if MECHANISM not in city.mechanisms:
        raise Refused("mechanism.off", "", mechanism=MECHANISM)
    if code not in city.units or city.units[code].level.value not in ("grid", "subgrid"):
        raise Refused("grid_service.not_a_grid", "unit", unit=code)
    own = actor.kind == "unit" and any(
        one.code == actor.id and one.level.value in KEEPERS for one in city.ancestors(code)
    )
    if actor.kind != "operations" and not own:
        raise Refused("actor.not_allowed", "authorization", actor=_who(message), act="gridservice.publish.v1")
    return code


def _who(message: Message) -> str:
    return f"{message.actor.kind}.{message.actor.id}"


@evolve.on(GridServicePublished)
def published(state: GridServices | None, fact: GridServicePublished, at: datetime) -> GridServices:
    """Stand on the list, in the place of what it replaces."""
    new = GridService(fact.item, fact.task, fact.post, fact.duty, fact.holder, at)
    known = state or GridServices()
    if fact.replaces:
        return replace(known, items=tuple(new if one.item == fact.item else one for one in known.items))
    return replace(known, items=(*known.items, new))


@evolve.on(GridServiceWithdrawn)
def withdrawn(state: Any, fact: GridServiceWithdrawn, at: datetime) -> GridServices:
    """Leave the list."""
    return GridServices(tuple(one for one in state.items if one.item != fact.item))
