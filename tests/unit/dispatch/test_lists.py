"""Lists: drafted, published, revised, replaced, withdrawn, expired, reviewed each quarter (domain §2.4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from services.dispatch.domain.claims.item import (
    KEPT,
    DraftItem,
    ItemExpired,
    ItemPublished,
    ItemStatus,
    ItemUnordered,
    ItemWithdrawn,
    Keeper,
    ListKind,
    PublishItem,
    ReplaceItem,
    ReviseItem,
    WithdrawItem,
    subject_of_item,
)
from services.dispatch.domain.claims.reviewing import ListReviewReminded, ListStale, ReviewList, subject_of_list
from services.dispatch.domain.claims.wish import OfferWish, RefuseWish, subject_of_wish
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.dispatch.circle import CLERK, COMMUNITY, OTHER, STRANGER, TEAM, Circle, city, paired

UNTIL = date(2026, 12, 31)


def said(kind: ListKind = ListKind.DEMAND, **more: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "kind": kind, "community": COMMUNITY, "wording": "为老人理发", "quantity": 2, "form": "志愿",
        "valid_from": date(2026, 3, 1), "valid_until": UNTIL,
    }  # fmt: skip
    return content | more


def item_of(owner: str, key: str = "1") -> str:
    return subject_of_item(owner, key)


def draft(circle: Circle, actor: Actor, key: str = "1", **more: Any) -> str:
    item = item_of(actor.id, key)
    circle.send(item, DraftItem(**said(**more)), actor, creates=True)
    return item


def listed(circle: Circle, actor: Actor, key: str = "1", **more: Any) -> str:
    item = draft(circle, actor, key, **more)
    circle.send(item, PublishItem(), actor)
    return item


def test_every_list_of_a_city_is_kept_by_those_whom_its_mechanisms_name_and_nobody_else() -> None:
    for name in ("nanchang", "longchang", "donggang", "guiping", "yulin"):
        circle = Circle(name)
        keepers = {Keeper.COMMUNITY: CLERK, Keeper.PARTY: paired(name), Keeper.OPERATIONS: Actor("operations", "desk")}
        for kind in ListKind:
            wanted = {keeper for mechanism in city(name).mechanisms for keeper in KEPT.get(mechanism, {}).get(kind, ())}
            partner = paired(name).id if kind is ListKind.RESPONSIBILITY else None
            for keeper, actor in keepers.items():
                owner = city(name).root.code if keeper is Keeper.OPERATIONS else actor.id
                other = COMMUNITY if keeper is Keeper.PARTY and partner else partner
                community = None if keeper is Keeper.OPERATIONS else COMMUNITY
                content = DraftItem(**said(kind, partner=other, community=community))
                item = item_of(owner, kind)
                if keeper in wanted:
                    circle.send(item, content, actor, creates=True)
                    continue
                with pytest.raises(Refused, match=r"list\.not_kept"):
                    circle.send(item, content, actor, creates=True)


def test_an_item_is_published_by_its_owner_with_its_whole_content() -> None:
    circle = Circle()
    item = draft(circle, CLERK, wording="为老人理发，电话13800138000")
    for actor in (TEAM, paired(), Actor("unit", OTHER), Actor("operations", "nanchang")):
        with pytest.raises(Refused, match=r"actor\.not_allowed"):
            circle.send(item, PublishItem(), actor)
    published, _ = circle.send(item, PublishItem(), CLERK)
    assert isinstance(published, ItemPublished)
    assert (published.revision, published.quantity, "1380013" in published.wording) == (1, 2, False)
    with pytest.raises(Refused, match=r"list\.status"):
        circle.send(item, PublishItem(), CLERK)


def test_a_draft_may_be_written_anew_what_is_published_may_not() -> None:
    circle = Circle()
    item = draft(circle, CLERK)
    assert circle.send(item, DraftItem(**said()), CLERK, creates=True) == []
    circle.send(item, DraftItem(**said(wording="为老人剪发")), CLERK)
    assert circle.states[item].wording == "为老人剪发"
    circle.send(item, PublishItem(), CLERK)
    with pytest.raises(Refused, match=r"list\.status"):
        circle.send(item, DraftItem(**said()), CLERK)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"valid_until": date(2026, 2, 1)}, "list.dates"),
        ({"valid_from": date(2027, 1, 1)}, "list.dates"),
        ({"opens": datetime(2026, 1, 1, 9).time()}, "list.hours"),
        ({"community": OTHER}, "list.not_kept"),
        ({"partner": "somebody"}, "list.partner"),
    ],
)
def test_what_an_item_says_must_hold_together(more: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        draft(Circle(), CLERK, **more)
    assert refused.value.rule == rule


def test_a_stranger_to_the_circle_keeps_no_list() -> None:
    with pytest.raises(Refused, match=r"claim\.not_eligible"):
        draft(Circle(), STRANGER, kind=ListKind.SERVICE)


def test_a_responsibility_is_written_by_one_and_published_by_the_other() -> None:
    circle = Circle()
    item = draft(circle, CLERK, kind=ListKind.RESPONSIBILITY, partner=paired().id)
    with pytest.raises(Refused, match=r"list\.by_partner"):
        circle.send(item, PublishItem(), CLERK)
    circle.send(item, PublishItem(), paired())
    assert circle.states[item].is_published
    for partner in (None, TEAM.id, OTHER):
        with pytest.raises(Refused, match=r"list\.partner"):
            draft(circle, CLERK, "2", kind=ListKind.RESPONSIBILITY, partner=partner)


def test_an_unused_item_is_revised_one_that_was_ordered_is_replaced_only() -> None:
    circle = Circle()
    owner = paired()
    item = listed(circle, owner, kind=ListKind.SERVICE)
    revised = circle.send(item, ReviseItem(**said(ListKind.SERVICE, wording="上门理发")), owner)[0]
    assert (revised.revision, circle.states[item].wording) == (2, "上门理发")
    circle.order(item=item)
    with pytest.raises(Refused, match=r"list\.in_use"):
        circle.send(item, ReviseItem(**said(ListKind.SERVICE)), owner)
    with pytest.raises(Refused, match=r"list\.other_kind"):
        circle.send(item_of(owner.id, "2"), ReplaceItem(**said(ListKind.RESOURCE), replaces=item), owner, creates=True)
    new = item_of(owner.id, "2")
    circle.send(new, ReplaceItem(**said(ListKind.SERVICE), replaces=item), owner, creates=True)
    assert circle.stated(ItemWithdrawn)[-1].replaced_by == new
    assert (circle.states[item].status, circle.states[new].status) == (ItemStatus.WITHDRAWN, ItemStatus.PUBLISHED)
    with pytest.raises(Refused, match=r"list\.status"):
        circle.send(item_of(owner.id, "3"), ReplaceItem(**said(ListKind.SERVICE), replaces=item), owner, creates=True)


def test_only_the_owner_revises_replaces_withdraws() -> None:
    circle = Circle()
    item = listed(circle, paired(), kind=ListKind.SERVICE)
    for message in (WithdrawItem("不再提供"), ReviseItem(**said(ListKind.SERVICE))):
        for actor in (CLERK, TEAM, Actor("unit", OTHER)):
            with pytest.raises(Refused, match=r"actor\.not_allowed"):
                circle.send(item, message, actor)
    circle.send(item, WithdrawItem("不再提供"), paired())
    with pytest.raises(Refused, match=r"move\.forbidden"):
        circle.send(item, WithdrawItem("不再提供"), paired())


def test_residents_order_published_services_until_all_are_taken() -> None:
    circle = Circle()
    demand, service = listed(circle, CLERK), listed(circle, paired(), kind=ListKind.SERVICE)
    with pytest.raises(Refused, match=r"wish\.item_kind"):
        circle.order(item=demand)
    with pytest.raises(Refused, match=r"wish\.no_item"):
        circle.order(item=draft(circle, paired(), "d", kind=ListKind.SERVICE))
    first, second, third = (subject_of_wish(COMMUNITY, f"w{n}") for n in range(3))
    circle.order(first, item=service)
    circle.order(second, item=service)
    with pytest.raises(Refused, match=r"wish\.used_up"):
        circle.order(third, item=service)
    circle.do(OfferWish(), CLERK, first)
    circle.do(RefuseWish("已有同类服务"), CLERK, second)
    circle.advance(circle.now)
    assert circle.stated(ItemUnordered) == [ItemUnordered(service, second)]
    circle.order(third, item=service)


def test_an_item_expires_when_its_valid_dates_are_over() -> None:
    circle = Circle()
    item = listed(circle, CLERK, valid_until=date(2026, 3, 10))
    circle.advance(datetime(2026, 3, 10, 23, 59, tzinfo=SHANGHAI))
    assert circle.states[item].is_published
    (expired,) = circle.advance(datetime(2026, 3, 11, tzinfo=SHANGHAI))
    assert isinstance(expired, ItemExpired)
    with pytest.raises(Refused, match=r"move\.forbidden"):
        circle.send(item, WithdrawItem("不再需要"), CLERK)


def test_a_list_is_looked_through_once_a_quarter_or_is_reminded_and_then_stale() -> None:
    circle = Circle()
    listed(circle, CLERK)
    listed(circle, CLERK, "2")
    book = subject_of_list(COMMUNITY)
    with pytest.raises(Refused, match=r"list\.reviewed"):
        circle.send(book, ReviewList(), CLERK)
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        circle.send(book, ReviewList(), paired())
    with pytest.raises(Refused, match=r"list\.not_begun"):
        circle.send(subject_of_list(OTHER), ReviewList(), Actor("unit", OTHER))
    circle.advance(datetime(2026, 7, 1, tzinfo=SHANGHAI))
    above = city().ancestors(COMMUNITY)[0].code
    assert [fact for _, fact in circle.facts if isinstance(fact, ListReviewReminded | ListStale)] == [
        ListReviewReminded(COMMUNITY, "2026Q2"), ListStale(COMMUNITY, "2026Q2", above),
    ]  # fmt: skip
    assert circle.states[book].stale
    circle.send(book, ReviewList(), CLERK)
    assert not circle.states[book].stale
    circle.advance(datetime(2026, 10, 1, tzinfo=SHANGHAI))
    assert len(circle.stated(ListStale)) == 1
    circle.advance(datetime(2027, 1, 1, tzinfo=SHANGHAI))
    assert [fact.period for fact in circle.stated(ListStale)] == ["2026Q2", "2026Q4"]
