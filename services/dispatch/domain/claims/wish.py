"""The wish (微心愿、点单): state table, facts, messages (workflows §3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.dispatch.domain.claims.party import ClaimEnd
from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "wish.place": ("{place} 不在任何社区内", "{place} lies in no community"),
        "wish.not_yours": ("{actor} 不能办理此步骤：{act}", "{act} is not for {actor}"),
        "wish.act_not_now": ("{now}状态下不能办理：{act}", "Not possible while {now}: {act}"),
        "wish.not_reviewed": ("社区尚未审单，不能认领", "The community has not reviewed it: it cannot be claimed"),
        "wish.claimed": ("已由 {claimant} 认领", "{claimant} has claimed it already"),
        "wish.named": ("社区已派给 {named}，待其答复", "The community has named {named}, who has not answered yet"),
        "wish.own": ("不能认领自己的心愿", "Nobody claims his own wish"),
        "wish.offered_twice": ("退回的心愿只能再公布一次", "What came back is offered once more only"),
        "wish.no_item": ("清单上没有这一项，或已撤下：{item}", "No such item is published: {item}"),
        "wish.item_kind": ("{item} 不是可点单的服务", "{item} is no service to be ordered"),
        "wish.used_up": ("{item} 的数量已点完", "All of {item} is ordered"),
        "wish.matter": ("事项目录中没有可转办的事项 {matter}", "{matter} is no matter of the ladder"),
    },
    {
        "ordered": "待审单",
        "offered": "待领单",
        "refused": "不予受理",
        "diverted": "转为诉求",
        "claimed": "已领单",
        "come_back": "无人认领",
        "bought": "政府购买",
        "fulfilled": "待确认",
        "confirmed": "已圆",
        "unrated": "未评价",
        "offer": "公布",
        "refuse": "不予受理",
        "divert": "转为诉求",
        "name": "派单",
        "agree": "答复派单",
        "claim": "领单",
        "give_up": "放弃",
        "buy": "购买服务",
        "fulfil": "完成",
        "confirm": "确认",
    },
)


class WishStatus(StrEnum):
    """Where a wish stands; until an end the community answers for it."""

    ORDERED = "ordered"
    OFFERED = "offered"
    REFUSED = "refused"
    DIVERTED = "diverted"
    CLAIMED = "claimed"
    COME_BACK = "come_back"
    BOUGHT = "bought"
    FULFILLED = "fulfilled"
    CONFIRMED = "confirmed"
    UNRATED = "unrated"


S = WishStatus
MOVES: Transitions[WishStatus] = Transitions(
    {
        S.ORDERED: {S.OFFERED, S.REFUSED, S.DIVERTED},
        S.OFFERED: {S.CLAIMED, S.COME_BACK},
        S.CLAIMED: {S.OFFERED, S.FULFILLED},
        S.COME_BACK: {S.OFFERED, S.CLAIMED, S.BOUGHT, S.DIVERTED, S.REFUSED},
        S.BOUGHT: {S.FULFILLED},
        S.FULFILLED: {S.CONFIRMED, S.UNRATED},
        S.REFUSED: set(),
        S.DIVERTED: set(),
        S.CONFIRMED: set(),
        S.UNRATED: set(),
    }
)
ENDS = frozenset(status for status, targets in MOVES.table.items() if not targets)


class Role(StrEnum):
    """The part that somebody plays for a wish."""

    COMMUNITY = "community"
    CHANNEL = "channel"
    """The source or grid through which the wisher speaks."""
    CLAIMANT = "claimant"
    NAMED = "named"
    ELIGIBLE = "eligible"


class NamingEnd(StrEnum):
    """Why the one whom the community named did not take the wish."""

    DECLINED = "declined"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish or service ordered; `offered_at` is its age, which a claim given up does not change.

    `due_at` is the end of the one clock that runs; `named` whom the community waits for.
    """

    community: str
    place: str
    raised_by: str
    wording: str
    item: str | None = None
    status: WishStatus = WishStatus.ORDERED
    due_at: datetime | None = None
    offered_at: datetime | None = None
    came_back_at: datetime | None = None
    offered_again: bool = False
    named: str | None = None
    claimant: str | None = None
    grade: int | None = None


# ---- facts; each says where the wish stands after it


@dataclass(frozen=True, slots=True)
class Standing:
    status: WishStatus
    community: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class WishOrdered(Standing):
    place: str
    raised_by: str
    item: str | None
    wording: str


@dataclass(frozen=True, slots=True)
class WishOffered(Standing):
    again: bool = False


@dataclass(frozen=True, slots=True)
class WishRefused(Standing):
    why: str


@dataclass(frozen=True, slots=True)
class WishDiverted(Standing):
    case: str
    matter: str
    why: str


@dataclass(frozen=True, slots=True)
class WishBecameCase:
    wish: str
    matter: str
    place: str
    wording: str


@dataclass(frozen=True, slots=True)
class WishNamed(Standing):
    named: str


@dataclass(frozen=True, slots=True)
class WishNamingEnded(Standing):
    named: str
    end: NamingEnd


@dataclass(frozen=True, slots=True)
class WishClaimed(Standing):
    claimant: str
    dispatched: bool


@dataclass(frozen=True, slots=True)
class WishReleased(Standing):
    claimant: str
    end: ClaimEnd
    why: str = ""


@dataclass(frozen=True, slots=True)
class WishCameBack(Standing):
    pass


@dataclass(frozen=True, slots=True)
class WishBought(Standing):
    provider: str


@dataclass(frozen=True, slots=True)
class WishFulfilled(Standing):
    by: str
    claimant: str | None
    what: str
    evidence: int


@dataclass(frozen=True, slots=True)
class WishConfirmed(Standing):
    claimant: str | None
    grade: int


@dataclass(frozen=True, slots=True)
class WishUnrated(Standing):
    claimant: str | None


@dataclass(frozen=True, slots=True)
class WishOverdue(Standing):
    charged: str


# ---- messages


@dataclass(frozen=True, slots=True)
class Wisher:
    name: str
    phone: str
    address: str = ""
    member: str | None = None


@dataclass(frozen=True, slots=True)
class OrderWish:
    place: str
    item: str | None
    wording: str
    wisher: Wisher


@dataclass(frozen=True, slots=True)
class OfferWish:
    pass


@dataclass(frozen=True, slots=True)
class RefuseWish:
    why: str


@dataclass(frozen=True, slots=True)
class DivertWish:
    matter: str
    why: str


@dataclass(frozen=True, slots=True)
class NameClaimant:
    named: str


@dataclass(frozen=True, slots=True)
class AgreeToWish:
    agrees: bool


@dataclass(frozen=True, slots=True)
class ClaimWish:
    pass


@dataclass(frozen=True, slots=True)
class GiveUpWish:
    why: str


@dataclass(frozen=True, slots=True)
class BuyWish:
    provider: str


@dataclass(frozen=True, slots=True)
class FulfilWish:
    what: str
    evidence: int = 0


@dataclass(frozen=True, slots=True)
class ConfirmWish:
    grade: int


# ---- what the tables keep


@dataclass(frozen=True, slots=True)
class Contact:
    """Who wishes, kept beside the facts until the wish ends."""

    wish: str
    name: str
    phone: str
    address: str
    member: str | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The wish is over: nobody has a right to know any more who wished."""

    wish: str


@dataclass(frozen=True, slots=True)
class Act:
    """Who may take a step, while the wish stands how."""

    name: str
    roles: Mapping[Role, frozenset[WishStatus]]


def _act(name: str, role: Role, *statuses: WishStatus) -> Act:
    return Act(name, {role: frozenset(statuses)})


ACTS: Mapping[type, Act] = {
    OfferWish: _act("offer", Role.COMMUNITY, S.ORDERED, S.COME_BACK),
    RefuseWish: _act("refuse", Role.COMMUNITY, S.ORDERED, S.COME_BACK),
    DivertWish: _act("divert", Role.COMMUNITY, S.ORDERED, S.COME_BACK),
    NameClaimant: _act("name", Role.COMMUNITY, S.OFFERED, S.COME_BACK),
    AgreeToWish: _act("agree", Role.NAMED, S.OFFERED, S.COME_BACK),
    ClaimWish: _act("claim", Role.ELIGIBLE, S.OFFERED),
    GiveUpWish: _act("give_up", Role.CLAIMANT, S.CLAIMED),
    BuyWish: _act("buy", Role.COMMUNITY, S.COME_BACK),
    FulfilWish: Act("fulfil", {Role.CLAIMANT: frozenset({S.CLAIMED}), Role.COMMUNITY: frozenset({S.BOUGHT})}),
    ConfirmWish: _act("confirm", Role.CHANNEL, S.FULFILLED),
}
"""Every step of a wish after it was ordered."""


def subject_of_wish(community: str, key: str) -> str:
    """Return the subject of a wish of a community."""
    return f"wish:{community}:{key}"
