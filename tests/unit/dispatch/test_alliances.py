"""Alliances: members join and leave, commissioners, pool, paired units assigned on to grids (domain §2.1, §2.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.domain.claims.alliance import (
    AppointCommissioner,
    AssignPairingOn,
    EndCommissioner,
    JoinAlliance,
    LeaveAlliance,
    MemberKind,
    PoolResource,
    UnpoolResource,
    fitting,
    subject_of_alliance,
)
from services.dispatch.domain.claims.wish import ClaimWish
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.dispatch.circle import (
    CLERK,
    COMMUNITY,
    GRID,
    OTHER,
    STRANGER,
    TEAM,
    VOLUNTEER,
    Circle,
    city,
    paired,
)

ALLIANCE = subject_of_alliance(COMMUNITY)
POOL = PoolResource("doctors", TEAM.id, "医疗卫生", ("义诊", "轮椅"), "周末")


def do(circle: Circle, data: Any, actor: Actor = CLERK) -> list[Any]:
    return circle.send(ALLIANCE, data, actor, creates=True)


def test_the_community_takes_members_in_each_once_each_as_what_it_is() -> None:
    circle = Circle()
    with pytest.raises(Refused, match=r"alliance\.member"):
        do(circle, JoinAlliance(TEAM.id, MemberKind.TEAM))
    for party, kind in ((OTHER, MemberKind.UNIT), (paired().id, MemberKind.VOLUNTEER)):
        with pytest.raises(Refused, match=r"alliance\.kind"):
            do(circle, JoinAlliance(party, kind))
    for actor in (TEAM, Actor("unit", OTHER), Actor("operations", "nanchang")):
        with pytest.raises(Refused, match=r"actor\.not_allowed"):
            do(circle, JoinAlliance("new", MemberKind.ORGANISATION), actor)
    (joined,) = do(circle, JoinAlliance(paired().id, MemberKind.UNIT, ("安全",)))
    assert joined.functions == ("安全",)


def test_who_left_claims_no_more_and_its_posts_and_resources_go_with_it() -> None:
    circle = Circle("yulin")
    do(circle, POOL, TEAM)
    do(circle, AppointCommissioner("desk-1", TEAM.id, "桥东服务中心"))
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        do(circle, LeaveAlliance(TEAM.id, "期满"), VOLUNTEER)
    do(circle, LeaveAlliance(TEAM.id, "期满"), TEAM)
    state = circle.states[ALLIANCE]
    assert (state.has(TEAM.id), state.pool, state.commissioners) == (False, (), ())
    circle.offered()
    with pytest.raises(Refused, match=r"claim\.not_eligible"):
        circle.do(ClaimWish(), TEAM)
    with pytest.raises(Refused, match=r"alliance\.no_member"):
        do(circle, LeaveAlliance(TEAM.id, "期满"))


def test_commissioners_are_posts_of_members_at_a_centre() -> None:
    circle = Circle("yulin")
    with pytest.raises(Refused, match=r"alliance\.no_member"):
        do(circle, AppointCommissioner("desk-1", STRANGER.id, "桥东服务中心"))
    do(circle, AppointCommissioner("desk-1", paired("yulin").id, "桥东服务中心"))
    with pytest.raises(Refused, match=r"alliance\.taken"):
        do(circle, AppointCommissioner("desk-1", TEAM.id, "桥东服务中心"))
    do(circle, EndCommissioner("desk-1"))
    with pytest.raises(Refused, match=r"alliance\.unknown"):
        do(circle, EndCommissioner("desk-1"))
    without = Circle()
    without.city = replace(city(), mechanisms=city().mechanisms - {"commissioners"})
    with pytest.raises(Refused, match=r"mechanism\.off"):
        do(without, AppointCommissioner("desk-1", TEAM.id, "桥东服务中心"))


def test_the_pool_is_proposed_where_its_skills_fit_a_wish() -> None:
    circle = Circle("longchang")
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        do(circle, POOL, VOLUNTEER)
    do(circle, POOL, TEAM)
    with pytest.raises(Refused, match=r"alliance\.taken"):
        do(circle, POOL, TEAM)
    state = circle.states[ALLIANCE]
    assert [one.resource for one in fitting(state, "想要一把轮椅")] == ["doctors"]
    assert fitting(state, "想学书法") == fitting(None, "轮椅") == ()
    do(circle, UnpoolResource("doctors"), TEAM)
    with pytest.raises(Refused, match=r"alliance\.unknown"):
        do(circle, UnpoolResource("doctors"), TEAM)


def test_a_paired_unit_is_assigned_on_to_a_grid_of_the_community_and_back() -> None:
    circle, unit = Circle("donggang"), paired("donggang").id
    for department, grid, rule in (
        ("no-such", GRID, "pairing.not_paired"),
        (unit, "C02-G01", "pairing.not_own_grid"),
    ):
        with pytest.raises(Refused) as refused:
            do(circle, AssignPairingOn(department, grid))
        assert refused.value.rule == rule
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        do(circle, AssignPairingOn(unit, GRID), paired("donggang"))
    do(circle, AssignPairingOn(unit, GRID))
    assert circle.states[ALLIANCE].assigned == ((unit, GRID),)
    do(circle, AssignPairingOn(unit, None))
    assert circle.states[ALLIANCE].assigned == ()
    with pytest.raises(Refused, match=r"mechanism\.off"):
        do(Circle("nanchang"), AssignPairingOn(paired().id, GRID))
