"""A community of a real city with its circle: what wishes, lists, projects and alliances are tried on."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from services.dispatch.domain import decide, evolve, touches
from services.dispatch.domain.claims.alliance import JoinAlliance, MemberKind, subject_of_alliance
from services.dispatch.domain.claims.wish import (
    AgreeToWish,
    BuyWish,
    ClaimWish,
    Contact,
    FulfilWish,
    NameClaimant,
    OfferWish,
    OrderWish,
    Wisher,
    WishStatus,
    subject_of_wish,
)
from services.dispatch.domain.prepared import Prepared
from shared.city.load import load
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from tests.support.play import Play

NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
COMMUNITY, GRID, OTHER = "C01", "C01-G01", "C02"
MINI, CLERK, GRIDDER = Actor("source", "mini"), Actor("unit", COMMUNITY), Actor("unit", GRID)
VOLUNTEER, TEAM, STRANGER = Actor("member", "v-7"), Actor("post", "team-3"), Actor("member", "v-9")
WISH = subject_of_wish(COMMUNITY, "w1")


@cache
def city(name: str = "nanchang") -> City:
    return load(name)


def paired(name: str = "nanchang") -> Actor:
    """Return a unit of the community's circle: a paired one, or the team where the city pairs none."""
    codes = city(name).paired_with(COMMUNITY)
    return Actor("department", codes[0]) if codes else TEAM


class Circle(Play):
    """Dispatch in virtual time, with the wishers that its table would keep."""

    def __init__(self, name: str = "nanchang") -> None:
        super().__init__(decide, evolve, city(name), NOW, touches)
        self.join(VOLUNTEER.id, MemberKind.VOLUNTEER)
        self.join(TEAM.id, MemberKind.TEAM)

    @property
    def prepared(self) -> Prepared:  # type: ignore[override]
        return Prepared({row.wish: row.member for row in self.rows if isinstance(row, Contact)})

    @prepared.setter
    def prepared(self, value: Any) -> None:
        """Keep nothing: it follows from the rows."""

    def join(self, party: str, kind: MemberKind, community: str = COMMUNITY) -> None:
        asked = JoinAlliance(party, kind)
        self.send(subject_of_alliance(community), asked, Actor("unit", community), creates=True)

    def order(self, wish: str = WISH, actor: Actor = MINI, **more: Any) -> list[Any]:
        wisher = Wisher("王小明", "13800138000", member=more.pop("member", None))
        said: dict[str, Any] = {"place": GRID, "item": None, "wording": "想要一把轮椅", "wisher": wisher} | more
        return self.send(wish, OrderWish(**said), actor, creates=True)

    def do(self, data: Any, actor: Actor, wish: str = WISH) -> list[Any]:
        return self.send(wish, data, actor)

    def offered(self, wish: str = WISH, **more: Any) -> Circle:
        self.order(wish, **more)
        self.do(OfferWish(), CLERK, wish)
        return self

    def claimed(self, wish: str = WISH, by: Actor = VOLUNTEER) -> Circle:
        self.offered(wish)
        self.do(ClaimWish(), by, wish)
        return self

    def status(self, wish: str = WISH) -> WishStatus:
        status: WishStatus = self.states[wish].status
        return status


def come_back() -> Circle:
    circle = Circle().offered()
    circle.advance(circle.states[WISH].due_at)
    return circle


def _named(status: WishStatus) -> Circle:
    circle = Circle().offered() if status is WishStatus.OFFERED else come_back()
    circle.do(NameClaimant(TEAM.id), CLERK)
    return circle


def standing(status: WishStatus, *, named: bool = False) -> Circle:
    """Return a circle whose wish stands so, by the shortest way; with somebody named where that can be."""
    if named:
        return _named(status)
    if status is WishStatus.ORDERED:
        circle = Circle()
        circle.order()
    elif status is WishStatus.OFFERED:
        circle = Circle().offered()
    elif status is WishStatus.CLAIMED:
        circle = Circle().claimed()
    elif status in (WishStatus.COME_BACK, WishStatus.BOUGHT):
        circle = come_back()
        if status is WishStatus.BOUGHT:
            circle.do(BuyWish("家政公司"), CLERK)
    else:
        circle = _ended(status)
    assert circle.status() is status
    return circle


def _ended(status: WishStatus) -> Circle:
    from services.dispatch.domain.claims.wish import ConfirmWish, DivertWish, RefuseWish

    circle = Circle()
    if status in (WishStatus.REFUSED, WishStatus.DIVERTED):
        circle.order()
        data = RefuseWish("不属于服务范围") if status is WishStatus.REFUSED else DivertWish(problem(), "属于诉求")
        circle.do(data, CLERK)
        return circle
    circle.claimed()
    circle.do(FulfilWish("已送到", 1), VOLUNTEER)
    if status is WishStatus.CONFIRMED:
        circle.do(ConfirmWish(5), MINI)
    elif status is WishStatus.UNRATED:
        circle.advance(circle.states[WISH].due_at)
    return circle


def problem() -> str:
    return next(code for code, matter in city().matters.items() if matter.kind.value == "problem")


__all__ = ["AgreeToWish", "Circle", "come_back", "standing"]
