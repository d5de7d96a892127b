"""Items, bookings, alliances, rosters, double duty, supervision orders: every (state, act, role) off the table refused.

Each table names who may do what in which state; every other combination is generated, refused with a rule that has
words, and leaves states and deadlines as they were (workflows §3.4-§3.5, domain §2.2, §2.4, §4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from services.dispatch.domain import double_duty as dd
from services.dispatch.domain import replies
from services.dispatch.domain import roster as ro
from services.dispatch.domain.claims.alliance import (
    AppointCommissioner,
    AssignPairingOn,
    EndCommissioner,
    JoinAlliance,
    LeaveAlliance,
    MemberKind,
    UnpoolResource,
)
from services.dispatch.domain.claims.booking import AnswerBooking, CancelBooking
from services.dispatch.domain.claims.item import (
    DraftItem,
    ItemStatus,
    PublishItem,
    ReplaceItem,
    ReviseItem,
    WithdrawItem,
)
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import known
from tests.support.play import Play
from tests.unit.dispatch import (
    test_alliances,
    test_lists,
    test_members,
    test_projects,
    test_reminding,
    test_supervision,
    town,
)
from tests.unit.dispatch.circle import CLERK, COMMUNITY, GRID, GRIDDER, OTHER, STRANGER, TEAM, VOLUNTEER, Circle, paired

OPERATIONS = Actor("operations", "desk")
Scene = tuple[Play, str]
"""A state, and the subject that the acts are said to."""


def check(
    scenes: Mapping[str, Callable[[], Scene]],
    acts: Mapping[str, Any],
    roles: Mapping[str, Actor],
    allowed: Iterable[tuple[str, str, str]],
) -> None:
    """Try every combination: those of the table go through, all others are refused and change nothing."""
    wanted = set(allowed)
    assert wanted <= set(product(scenes, acts, roles)), "the table speaks of something else"
    for scene, act, role in product(scenes, acts, roles):
        played, subject = scenes[scene]()
        before, armed = dict(played.states), dict(played.deadlines)
        rule = None
        try:
            played.send(subject, acts[act], roles[role], creates=before.get(subject) is None)
        except Refused as refused:
            rule = refused.rule
        assert (rule is None) is ((scene, act, role) in wanted), f"{role}, {act}, {scene}: {rule or 'not refused'}"
        if rule is not None:
            assert (played.states, played.deadlines) == (before, armed), f"{role}, {act}, {scene} left something"
            assert rule in known()


# ---- items of lists


def item_at(status: ItemStatus) -> Scene:
    circle = Circle()
    item = test_lists.draft(circle, CLERK)
    if status is not ItemStatus.DRAFT:
        circle.send(item, PublishItem(), CLERK)
    if status is ItemStatus.WITHDRAWN:
        circle.send(item, WithdrawItem("不再提供"), CLERK)
    if status is ItemStatus.EXPIRED:
        circle.advance(datetime(2027, 1, 1, tzinfo=SHANGHAI))
    assert circle.states[item].status is status
    return circle, item


def test_items_of_lists() -> None:
    said = test_lists.said() | {"valid_until": date(2027, 12, 31)}
    roles = {
        "owner": CLERK, "other community": Actor("unit", OTHER), "paired": paired(), "team": TEAM, "grid": GRIDDER,
        "operations": OPERATIONS, "resident": Actor("resident", "r"), 
        "owner's code, other kind": Actor("post", COMMUNITY),
    }  # fmt: skip
    acts = {
        "draft": DraftItem(**said), "publish": PublishItem(), "revise": ReviseItem(**said),
        "withdraw": WithdrawItem("完"),
    }  # fmt: skip
    check(
        {status.value: (lambda status=status: item_at(status)) for status in ItemStatus}, acts, roles,
        [
            ("draft", "draft", "owner"), ("draft", "publish", "owner"), ("draft", "withdraw", "owner"),
            ("published", "revise", "owner"), ("published", "withdraw", "owner"),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("status", ItemStatus)
def test_an_item_is_replaced_while_it_is_published_by_its_owner_alone(status: ItemStatus) -> None:
    for actor in (CLERK, Actor("unit", OTHER), TEAM, OPERATIONS):
        circle, item = item_at(status)
        new = ReplaceItem(**test_lists.said() | {"valid_until": date(2027, 12, 31)}, replaces=item)
        before = dict(circle.states)
        try:
            circle.send(test_lists.item_of(COMMUNITY, "2"), new, actor, creates=True, touches=(item,))
        except Refused:
            assert (status, actor) != (ItemStatus.PUBLISHED, CLERK)
            assert circle.states == before
        else:
            assert (status, actor) == (ItemStatus.PUBLISHED, CLERK)


# ---- bookings


def booked(granted: bool | None, *, over: bool = False) -> Scene:
    circle, truck, owner = test_projects.called()
    if granted is not None:
        circle.send(truck, AnswerBooking("b1", granted=granted, why="车辆检修"), owner)
    if over:
        circle.advance(datetime(2026, 3, 5, 12, tzinfo=SHANGHAI))
    return circle, truck


def test_bookings() -> None:
    roles = {
        "owner": paired("guiping"), "grid": GRIDDER, "community": CLERK, "other grid": Actor("unit", "C02-G01"),
        "team": TEAM, "operations": OPERATIONS, "resident": Actor("resident", "r"),
    }  # fmt: skip
    acts = {
        "ask": test_projects.slot("b2", day=6), "ask the same hours": test_projects.slot("b3"),
        "grant": AnswerBooking("b1", granted=True), "refuse": AnswerBooking("b1", granted=False, why="车辆检修"),
        "give back": CancelBooking("b1"), "answer nothing": AnswerBooking("b9", granted=True),
    }  # fmt: skip
    check(
        {
            "asked": lambda: booked(None), "granted": lambda: booked(True), "refused": lambda: booked(False),
            "over": lambda: booked(True, over=True),
        },
        acts, roles,
        [
            *((scene, "ask", "grid") for scene in ("asked", "granted", "refused", "over")),
            *((scene, "ask the same hours", "grid") for scene in ("asked", "refused")),
            ("asked", "grant", "owner"), ("asked", "refuse", "owner"),
            ("asked", "give back", "grid"), ("granted", "give back", "grid"),
        ],
    )  # fmt: skip


# ---- alliances


def circle_with(*done: Any) -> Scene:
    circle = Circle("yulin")
    for data in done:
        circle.send(test_alliances.ALLIANCE, data, CLERK, creates=True)
    return circle, test_alliances.ALLIANCE


def test_alliances_commissioners_and_the_pool() -> None:
    post, pooled = AppointCommissioner("desk-1", TEAM.id, "桥东服务中心"), test_alliances.POOL
    roles = {
        "community": CLERK, "other community": Actor("unit", OTHER), "member": TEAM, "other member": VOLUNTEER,
        "stranger": STRANGER, "operations": OPERATIONS, "grid": GRIDDER,
    }  # fmt: skip
    acts = {
        "join": JoinAlliance(TEAM.id, MemberKind.TEAM), "leave": LeaveAlliance(TEAM.id, "期满"), "appoint": post,
        "dismiss": EndCommissioner("desk-1"), "pool": pooled, "unpool": UnpoolResource(pooled.resource),
    }  # fmt: skip
    both = ("community", "member")
    check(
        {
            "member": circle_with, "left": lambda: circle_with(LeaveAlliance(TEAM.id, "期满")),
            "commissioner": lambda: circle_with(post), "pooled": lambda: circle_with(pooled),
        },
        acts, roles,
        [
            ("left", "join", "community"),
            *((scene, "leave", role) for scene in ("member", "commissioner", "pooled") for role in both),
            ("member", "appoint", "community"), ("pooled", "appoint", "community"),
            ("commissioner", "dismiss", "community"),
            *((scene, "pool", role) for scene in ("member", "commissioner") for role in both),
            *(("pooled", "unpool", role) for role in both),
        ],
    )  # fmt: skip


def test_pairings_are_assigned_on_by_the_community_alone() -> None:
    unit = paired("donggang").id
    check(
        {"paired": lambda: (Circle("donggang"), test_alliances.ALLIANCE)},
        {
            "assign": AssignPairingOn(unit, GRID), "foreign grid": AssignPairingOn(unit, "C02-G01"),
            "not paired": AssignPairingOn("no-such", GRID),
        },
        {
            "community": CLERK, "unit": Actor("department", unit), "grid": GRIDDER, "operations": OPERATIONS,
            "other community": Actor("unit", OTHER),
        },
        [("paired", "assign", "community")],
    )  # fmt: skip


# ---- members and their second duty


def roster(*, entered: bool) -> Scene:
    played = test_members.playing()
    if entered:
        test_members.enter(played, test_members.WORK, test_members.C11)
    return played, ro.roster_of("c11")


PEOPLE = {
    "community": test_members.C11, "community's post": Actor("post", "c11:secretary"), "member": test_members.MEMBER,
    "other member": test_members.OTHER, "other community": town.unit("c12"), "employer": town.department("water"),
    "street": town.unit("s1"), "operations": town.OPERATIONS, "resident": Actor("resident", "m-1"),
}  # fmt: skip
SPEAK = ("community", "community's post", "member")


def test_rosters() -> None:
    check(
        {"out": lambda: roster(entered=False), "in": lambda: roster(entered=True)},
        {"check in": test_members.WORK, "check out": ro.CheckOut("c11", "m-1")},
        PEOPLE,
        [*(("out", "check in", role) for role in SPEAK), *(("in", "check out", role) for role in SPEAK)],
    )


def duty(state: str) -> Scene:
    played = roster(entered=state != "stranger")[0]
    if state not in ("stranger", "checked in"):
        played.send(test_members.DUTY, test_members.CLAIM, test_members.MEMBER, creates=True)
    if state in ("active", "graded"):
        played.send(test_members.DUTY, test_members.DONE, test_members.MEMBER)
    if state == "graded":
        played.send(test_members.DUTY, test_members.GRADE, test_members.C11)
    return played, test_members.DUTY


def test_double_duty() -> None:
    states = ("stranger", "checked in", "claimed", "active", "graded")
    acts = {
        "claim": test_members.CLAIM, "claim another": dd.ClaimDuty("c11", "m-1", dd.DutyKind.ZONE, "楼道保洁"),
        "register": test_members.DONE, "grade": test_members.GRADE,
    }  # fmt: skip
    claimed = ("claimed", "active", "graded")
    check(
        {state: (lambda state=state: duty(state)) for state in states}, acts, PEOPLE,
        [
            *(("checked in", act, role) for act in ("claim", "claim another") for role in SPEAK),
            *((state, act, role) for state in claimed for act in ("claim another", "register") for role in SPEAK),
            *(("active", "grade", role) for role in ("community", "community's post")),
        ],
    )  # fmt: skip


# ---- supervision orders


def supervised(state: str) -> Scene:
    played = town.accepted("pipe") if state == "in time" else test_supervision.late()
    if state in ("pending", "missed", "answered", "over"):
        town.say(played, town.unit("s1"), test_supervision.HAND)
    if state == "missed":
        played.advance(played.deadlines[town.CASE, "receipt:1"].due_at + timedelta(minutes=1))
    if state == "answered":
        town.say(played, town.department("water"), test_supervision.ANSWER)
    if state == "over":
        played.hear(town.CASE, town.heard.CaseWithdrawn(), "intake")
    return played, town.CASE


def test_supervision_orders() -> None:
    roles = {
        "dispatcher": town.unit("s1"), "city": town.unit("top"), "operations": town.OPERATIONS,
        "late": town.department("water"), "other department": town.department("roads"), "grid": town.unit("g111"),
        "community": town.unit("c11"), "resident": Actor("resident", "r"), "source": Actor("source", "hotline"),
        "its post": Actor("post", "s1:secretary"),
    }  # fmt: skip
    acts = {"remind": test_reminding.HAND, "supervise": test_supervision.HAND, "answer": test_supervision.ANSWER,
            "answer another": replies.AnswerSupervision(town.CASE, 7, "已增派人员，三日内办结")}  # fmt: skip
    above = ("dispatcher", "city", "operations", "its post")
    check(
        {state: (lambda state=state: supervised(state))
         for state in ("in time", "late", "pending", "missed", "answered", "over")},
        acts, roles,
        [
            *((state, "supervise", role) for state in ("late", "answered") for role in above),
            *((state, "remind", role)
              for state in ("in time", "late", "pending", "missed", "answered") for role in above),
            ("pending", "answer", "late"), ("missed", "answer", "late"),
        ],
    )  # fmt: skip
