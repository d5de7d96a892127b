"""Wishes: ordered, reviewed, claimed, done, confirmed; every allowed and every forbidden step (workflows §3.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.dispatch.domain.claims.party import ClaimEnd, ClaimEnded
from services.dispatch.domain.claims.wish import (
    ACTS,
    ENDS,
    MOVES,
    AgreeToWish,
    BuyWish,
    ClaimWish,
    ConfirmWish,
    DivertWish,
    Forgotten,
    FulfilWish,
    GiveUpWish,
    NameClaimant,
    NamingEnd,
    OfferWish,
    RefuseWish,
    Role,
    WishBecameCase,
    WishConfirmed,
    WishFulfilled,
    WishNamingEnded,
    WishOverdue,
    WishReleased,
    WishStatus,
    subject_of_wish,
)
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.dispatch.circle import (
    CLERK,
    COMMUNITY,
    GRID,
    GRIDDER,
    MINI,
    OTHER,
    STRANGER,
    TEAM,
    VOLUNTEER,
    WISH,
    Circle,
    city,
    come_back,
    paired,
    problem,
    standing,
)

MESSAGES: dict[type, Any] = {
    OfferWish: OfferWish(),
    RefuseWish: RefuseWish("不属于服务范围"),
    DivertWish: DivertWish(problem(), "属于诉求"),
    NameClaimant: NameClaimant(TEAM.id),
    AgreeToWish: AgreeToWish(agrees=True),
    ClaimWish: ClaimWish(),
    GiveUpWish: GiveUpWish("时间冲突"),
    BuyWish: BuyWish("家政公司"),
    FulfilWish: FulfilWish("已送到", 1),
    ConfirmWish: ConfirmWish(5),
}
ACTORS: dict[str, tuple[Actor, frozenset[Role]]] = {
    "community": (CLERK, frozenset({Role.COMMUNITY})),
    "channel": (MINI, frozenset({Role.CHANNEL})),
    "claimant": (VOLUNTEER, frozenset({Role.CLAIMANT, Role.ELIGIBLE})),
    "named": (TEAM, frozenset({Role.NAMED, Role.ELIGIBLE})),
    "paired": (paired(), frozenset({Role.ELIGIBLE})),
    "another community": (Actor("unit", OTHER), frozenset()),
    "another grid": (GRIDDER, frozenset()),
    "operations": (Actor("operations", "nanchang"), frozenset()),
    "resident": (Actor("resident", "v-7"), frozenset()),
    "another source": (Actor("source", "hotline"), frozenset()),
}
NAMED_IN = (WishStatus.OFFERED, WishStatus.COME_BACK)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def is_allowed(kind: type, status: WishStatus, roles: frozenset[Role], *, named: bool) -> bool:
    """Say by the table alone whether a step is to be taken."""
    act = ACTS[kind]
    if named and kind is not AgreeToWish:
        return False
    if kind is AgreeToWish and not named:
        return False
    return any(role in roles and status in statuses for role, statuses in act.roles.items())


@pytest.mark.parametrize("status", WishStatus)
def test_a_wish_takes_the_steps_of_its_table_by_those_who_may_and_no_other(status: WishStatus) -> None:
    for named in (False, True) if status in NAMED_IN else (False,):
        for kind, message in MESSAGES.items():
            for who, (actor, roles) in ACTORS.items():
                circle = standing(status, named=named)
                wanted = is_allowed(kind, status, roles, named=named)
                before = circle.states[WISH]
                try:
                    circle.do(message, actor)
                except Refused:
                    assert not wanted, f"{status} {kind.__name__} by {who} was refused"
                    assert circle.states[WISH] is before
                else:
                    assert wanted, f"{status} {kind.__name__} by {who} was not refused"


def test_no_step_leads_where_the_table_of_states_does_not() -> None:
    for status in WishStatus:
        for kind, message in MESSAGES.items():
            for named in (False, True) if status in NAMED_IN else (False,):
                for actor, roles in ACTORS.values():
                    if is_allowed(kind, status, roles, named=named):
                        circle = standing(status, named=named)
                        circle.do(message, actor)
                        now = circle.status()
                        assert now is status or MOVES.allows(status, now), f"{status} -> {now}"


def test_forbidden_25_two_claims_at_once_one_wins_and_the_other_is_told_who() -> None:
    circle = Circle().offered()
    circle.do(ClaimWish(), VOLUNTEER)
    with pytest.raises(Refused) as refused:
        circle.do(ClaimWish(), TEAM)
    assert (refused.value.rule, refused.value.params) == ("wish.claimed", {"claimant": VOLUNTEER.id})
    assert circle.states[WISH].claimant == VOLUNTEER.id


def test_forbidden_25_an_unreviewed_wish_cannot_be_claimed() -> None:
    circle = Circle()
    circle.order()
    with pytest.raises(Refused, match=r"wish\.not_reviewed"):
        circle.do(ClaimWish(), VOLUNTEER)


def test_an_order_is_taken_once_and_says_nothing_of_who_wishes() -> None:
    circle = Circle()
    (ordered,) = circle.order(wording="想要一把轮椅，电话13800138000，王小明")
    assert circle.order() == []
    assert (ordered.status, ordered.community, ordered.raised_by) == (WishStatus.ORDERED, COMMUNITY, "mini")
    assert ordered.due_at.date().isoformat() == "2026-03-04"
    said = "".join(repr(data) for _, data in circle.facts)
    assert "13800138000" not in said


@pytest.mark.parametrize(
    ("actor", "place", "rule"),
    [
        (Actor("source", "iot"), GRID, "actor.not_allowed"),
        (Actor("unit", OTHER), GRID, "actor.not_allowed"),
        (Actor("unit", "C01-G02"), GRID, "actor.not_allowed"),
        (Actor("operations", "nanchang"), GRID, "actor.not_allowed"),
        (VOLUNTEER, GRID, "actor.not_allowed"),
        (MINI, "S01", "wish.place"),
        (MINI, "nowhere", "wish.place"),
        (MINI, "C02-G01", "wish.place"),
    ],
)
def test_only_a_source_of_people_or_the_grid_of_the_place_orders(actor: Actor, place: str, rule: str) -> None:
    circle = Circle()
    with pytest.raises(Refused) as refused:
        circle.order(actor=actor, place=place)
    assert refused.value.rule == rule


def test_a_grid_orders_for_a_resident_and_confirms_for_him() -> None:
    circle = Circle().offered(actor=GRIDDER)
    circle.do(ClaimWish(), VOLUNTEER)
    circle.do(FulfilWish("已送到"), VOLUNTEER)
    with pytest.raises(Refused, match=r"wish\.not_yours"):
        circle.do(ConfirmWish(5), MINI)
    (confirmed,) = circle.do(ConfirmWish(4), GRIDDER)
    assert isinstance(confirmed, WishConfirmed)
    assert (confirmed.claimant, confirmed.grade) == (VOLUNTEER.id, 4)


def test_where_the_mechanism_is_off_nobody_orders() -> None:
    circle = Circle()
    circle.city = replace(city(), mechanisms=frozenset({"alliance"}))
    with pytest.raises(Refused, match=r"mechanism\.off"):
        circle.order()


def test_guiping_dispatches_and_members_agree_but_nobody_claims_by_himself() -> None:
    circle = Circle("guiping").offered()
    with pytest.raises(Refused, match=r"mechanism\.off"):
        circle.do(ClaimWish(), VOLUNTEER)
    circle.do(NameClaimant(VOLUNTEER.id), CLERK)
    circle.do(AgreeToWish(agrees=True), VOLUNTEER)
    assert circle.states[WISH].claimant == VOLUNTEER.id


def test_only_the_paired_and_the_members_of_its_alliance_claim_a_wish() -> None:
    circle = Circle().offered()
    for actor in (STRANGER, Actor("department", "no-such")):
        with pytest.raises(Refused, match=r"claim\.not_eligible"):
            circle.do(ClaimWish(), actor)
    with pytest.raises(Refused, match=r"claim\.not_eligible"):
        circle.do(NameClaimant(STRANGER.id), CLERK)
    circle.do(ClaimWish(), paired())
    assert circle.states[WISH].claimant == paired().id


def test_nobody_claims_his_own_wish() -> None:
    circle = Circle().offered(member=VOLUNTEER.id)
    with pytest.raises(Refused, match=r"wish\.own"):
        circle.do(ClaimWish(), VOLUNTEER)
    with pytest.raises(Refused, match=r"wish\.own"):
        circle.do(NameClaimant(VOLUNTEER.id), CLERK)
    circle.do(ClaimWish(), TEAM)


def test_a_claimant_has_three_wishes_on_hand_at_most_over_all_communities() -> None:
    circle = Circle()
    wishes = [subject_of_wish(COMMUNITY, f"n{n}") for n in range(4)]
    for wish in wishes[:3]:
        circle.claimed(wish)
    circle.offered(wishes[3])
    with pytest.raises(Refused) as refused:
        circle.do(ClaimWish(), VOLUNTEER, wishes[3])
    assert (refused.value.rule, refused.value.params["open"]) == ("claim.too_many", "3")
    circle.do(FulfilWish("已送到"), VOLUNTEER, wishes[0])
    circle.do(ClaimWish(), VOLUNTEER, wishes[3])


def test_silence_of_the_community_is_charged_and_moves_nothing() -> None:
    circle = Circle()
    circle.order()
    due = circle.states[WISH].due_at
    (overdue,) = circle.advance(due + timedelta(days=9))
    assert isinstance(overdue, WishOverdue)
    assert (overdue.charged, circle.status()) == (COMMUNITY, WishStatus.ORDERED)
    circle.do(OfferWish(), CLERK)


def test_unclaimed_for_fifteen_days_it_comes_back_and_is_offered_once_more_only() -> None:
    circle = Circle().offered()
    assert circle.states[WISH].due_at == at("2026-03-18T00:00:00")
    circle.advance(at("2026-03-17T23:59:59"))
    assert circle.status() is WishStatus.OFFERED
    circle.advance(at("2026-03-18T00:00:00"))
    assert circle.status() is WishStatus.COME_BACK
    circle.do(OfferWish(), CLERK)
    circle.advance(circle.states[WISH].due_at)
    with pytest.raises(Refused, match=r"wish\.offered_twice"):
        circle.do(OfferWish(), CLERK)
    circle.do(BuyWish("家政公司"), CLERK)
    (fulfilled,) = circle.do(FulfilWish("家政公司已上门"), CLERK)
    assert isinstance(fulfilled, WishFulfilled)
    assert (fulfilled.by, fulfilled.claimant) == (COMMUNITY, None)


def test_a_claim_given_up_keeps_the_age_of_the_wish() -> None:
    circle = Circle().offered()
    due = circle.states[WISH].due_at
    circle.advance(at("2026-03-10T09:00:00"))
    circle.do(ClaimWish(), VOLUNTEER)
    circle.advance(at("2026-03-12T09:00:00"))
    released, ended = circle.do(GiveUpWish("时间冲突"), VOLUNTEER)
    assert isinstance(released, WishReleased)
    assert (released.status, released.due_at, ended) == (
        WishStatus.OFFERED, due, ClaimEnded(VOLUNTEER.id, WISH, ClaimEnd.GIVEN_UP),
    )  # fmt: skip
    circle.do(ClaimWish(), TEAM)


def test_a_claim_not_done_in_thirty_days_lapses_and_the_old_wish_comes_back_at_once() -> None:
    circle = Circle().claimed()
    assert circle.states[WISH].due_at == at("2026-04-02T00:00:00")
    stated = circle.advance(at("2026-04-02T00:00:00"))
    assert [type(fact).__name__ for fact in stated] == ["WishReleased", "ClaimEnded", "WishCameBack"]
    assert circle.states[f"party:{VOLUNTEER.id}"].open == ()


def test_the_one_named_agrees_within_a_working_day_or_it_stands_as_before() -> None:
    circle = Circle().offered()
    due = circle.states[WISH].due_at
    circle.do(NameClaimant(TEAM.id), CLERK)
    with pytest.raises(Refused, match=r"wish\.named"):
        circle.do(ClaimWish(), VOLUNTEER)
    ended = circle.advance(circle.states[WISH].due_at)
    assert ended == [WishNamingEnded(WishStatus.OFFERED, COMMUNITY, due, TEAM.id, NamingEnd.LAPSED)]
    circle.do(NameClaimant(TEAM.id), CLERK)
    circle.do(AgreeToWish(agrees=False), TEAM)
    circle.do(NameClaimant(VOLUNTEER.id), CLERK)
    circle.do(AgreeToWish(agrees=True), VOLUNTEER)
    assert circle.states[WISH].claimant == VOLUNTEER.id


def test_a_wish_that_came_back_can_be_dispatched() -> None:
    circle = come_back()
    circle.do(NameClaimant(TEAM.id), CLERK)
    circle.do(AgreeToWish(agrees=True), TEAM)
    assert circle.status() is WishStatus.CLAIMED


def test_a_wish_that_belongs_on_the_ladder_is_stated_on_a_case_of_its_own() -> None:
    circle = Circle()
    circle.order()
    (diverted,) = circle.do(DivertWish(problem(), "属于诉求"), CLERK)
    circle.advance(circle.now)
    assert (diverted.case, WishBecameCase(WISH, problem(), GRID, "想要一把轮椅")) in circle.facts
    wishes = [code for code, matter in city().matters.items() if matter.kind.value == "wish"]
    for matter in (*wishes[:1], "no-such"):
        other = Circle()
        other.order()
        with pytest.raises(Refused, match=r"wish\.matter"):
            other.do(DivertWish(matter, "属于诉求"), CLERK)


def test_who_wished_is_forgotten_when_the_wish_ends() -> None:
    for status in ENDS:
        circle = standing(status)
        assert [row.wish for row in circle.rows if isinstance(row, Forgotten)] == [WISH]
    assert not [row for row in standing(WishStatus.FULFILLED).rows if isinstance(row, Forgotten)]


def test_silence_of_the_wisher_leaves_it_unrated() -> None:
    circle = standing(WishStatus.FULFILLED)
    due = circle.states[WISH].due_at
    assert due == at("2026-03-10T00:00:00")
    circle.advance(due)
    assert (circle.status(), circle.states[WISH].grade) == (WishStatus.UNRATED, None)
    assert not [key for key in circle.deadlines if key[0] == WISH]
