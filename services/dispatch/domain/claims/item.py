"""Items of lists (清单): who keeps which list, facts, messages, state (domain §2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "list.not_kept": ("{owner} 不编制此类清单：{kind}", "{owner} keeps no list of kind {kind}"),
        "list.dates": ("有效期的结束早于开始，或已过去", "The valid dates end before they begin, or are over"),
        "list.hours": ("开放时间须同时写明，且结束晚于开始", "Opening hours come both, closing after opening"),
        "list.partner": (
            "责任清单由社区和结对单位共同编制",
            "A responsibility list is kept by community and paired unit",
        ),
        "list.by_partner": ("须由 {partner} 确认公布", "{partner} publishes it, who did not write it"),
        "list.status": ("{now}的条目不能办理：{act}", "Not possible while {now}: {act}"),
        "list.in_use": ("已被点单或认领，不能修改，只能替换", "Ordered or claimed: it is replaced, never edited"),
        "list.other_kind": ("修改不能更换清单类别和归属", "A revision keeps list and owner"),
        "list.not_begun": ("{owner} 没有公布过清单", "{owner} has published no list"),
        "list.reviewed": ("本季度已复核", "It was reviewed in this quarter"),
    },
    {
        "draft": "起草中",
        "published": "已公布",
        "withdrawn": "已撤下",
        "expired": "已到期",
        "write": "起草",
        "publish": "公布",
        "revise": "修改",
        "replace": "替换",
    },
)


class ListKind(StrEnum):
    """Of which list an item is: 需求、资源、服务、责任、优势、紧缺、服务事项."""

    DEMAND = "demand"
    RESOURCE = "resource"
    SERVICE = "service"
    RESPONSIBILITY = "responsibility"
    STRENGTH = "strength"
    SHORTAGE = "shortage"
    SERVICE_ITEM = "service_item"


class ItemStatus(StrEnum):
    """Where an item stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Keeper(StrEnum):
    """Who keeps a list."""

    COMMUNITY = "community"
    PARTY = "party"
    """A paired unit or a member of an alliance."""
    OPERATIONS = "operations"


K, _BOTH = ListKind, frozenset({Keeper.COMMUNITY, Keeper.PARTY})
_THREE = {K.DEMAND: frozenset({Keeper.COMMUNITY}), K.RESOURCE: _BOTH, K.SERVICE: _BOTH}
KEPT: Mapping[str, Mapping[ListKind, frozenset[Keeper]]] = {
    "lists-three": _THREE,
    "lists-four": {**_THREE, K.RESPONSIBILITY: _BOTH},
    "lists-needs-services": dict.fromkeys((K.DEMAND, K.SERVICE, K.STRENGTH, K.SHORTAGE), _BOTH),
    "service-items": {K.SERVICE_ITEM: frozenset({Keeper.OPERATIONS})},
    "right-to-resources": {K.RESOURCE: _BOTH},
    "sharing-agreements": {K.RESOURCE: _BOTH},
}
"""Mechanism -> its lists -> who keeps them."""
ORDERED_BY_RESIDENTS = frozenset({K.SERVICE, K.SERVICE_ITEM})

MOVES: Transitions[ItemStatus] = Transitions(
    {
        ItemStatus.DRAFT: {ItemStatus.PUBLISHED, ItemStatus.WITHDRAWN},
        ItemStatus.PUBLISHED: {ItemStatus.WITHDRAWN, ItemStatus.EXPIRED},
        ItemStatus.WITHDRAWN: set(),
        ItemStatus.EXPIRED: set(),
    }
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking of an item that is asked or granted."""

    booking: str
    by: str
    purpose: str
    starts_at: datetime
    ends_at: datetime
    granted: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list; `ordered` of its quantity are taken, `project` has claimed it, `shared` may book it."""

    owner: str
    kind: ListKind
    community: str | None
    wording: str
    quantity: int
    form: str
    valid_from: date
    valid_until: date
    partner: str | None = None
    opens: time | None = None
    closes: time | None = None
    status: ItemStatus = ItemStatus.DRAFT
    revision: int = 0
    ordered: int = 0
    project: str | None = None
    shared: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()

    @property
    def is_published(self) -> bool:
        """Tell whether it can be ordered, claimed, booked."""
        return self.status is ItemStatus.PUBLISHED

    @property
    def is_used(self) -> bool:
        """Tell whether anybody relies on its words."""
        return self.ordered > 0 or self.project is not None or bool(self.shared or self.slots)


# ---- facts


@dataclass(frozen=True, slots=True)
class ItemDrafted:
    owner: str
    kind: ListKind
    community: str | None
    wording: str
    quantity: int
    form: str
    valid_from: date
    valid_until: date
    partner: str | None = None
    opens: time | None = None
    closes: time | None = None


@dataclass(frozen=True, slots=True)
class ItemPublished:
    owner: str
    kind: ListKind
    community: str | None
    wording: str
    quantity: int
    form: str
    valid_from: date
    valid_until: date
    partner: str | None
    opens: time | None
    closes: time | None
    revision: int
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class ItemWithdrawn:
    owner: str
    kind: ListKind
    why: str
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class ItemExpired:
    owner: str
    kind: ListKind


@dataclass(frozen=True, slots=True)
class ItemOrdered:
    item: str
    wish: str


@dataclass(frozen=True, slots=True)
class ItemUnordered:
    item: str
    wish: str


@dataclass(frozen=True, slots=True)
class ItemClaimed:
    item: str
    project: str


@dataclass(frozen=True, slots=True)
class ItemUnclaimed:
    item: str
    project: str


@dataclass(frozen=True, slots=True)
class ItemShared:
    item: str
    project: str
    parties: tuple[str, ...]


# ---- messages


@dataclass(frozen=True, slots=True)
class DraftItem:
    kind: ListKind
    community: str | None
    wording: str
    quantity: int
    form: str
    valid_from: date
    valid_until: date
    partner: str | None = None
    opens: time | None = None
    closes: time | None = None


@dataclass(frozen=True, slots=True)
class PublishItem:
    pass


@dataclass(frozen=True, slots=True)
class ReviseItem(DraftItem):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceItem(DraftItem):
    replaces: str


@dataclass(frozen=True, slots=True)
class WithdrawItem:
    why: str


def subject_of_item(owner: str, key: str) -> str:
    """Return the subject of an item."""
    return f"item:{owner}:{key}"


def keepers(kind: ListKind, city: Any) -> frozenset[Keeper]:
    """Return who keeps this list in a city, by the mechanisms that it switches on."""
    found: frozenset[Keeper] = frozenset()
    for mechanism in city.mechanisms:
        found |= KEPT.get(mechanism, {}).get(kind, frozenset())
    return found


def orderable(item: Item, city: Any) -> bool:
    """Tell whether residents order it."""
    return item.kind in ORDERED_BY_RESIDENTS and bool(keepers(item.kind, city))
