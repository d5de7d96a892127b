"""Projects and sharing agreements: both sign, both confirm, both rate; bookings under them (workflows §3.5)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from services.dispatch.domain.claims.booking import (
    AnswerBooking,
    BookingAsked,
    BookingEnded,
    BookingGranted,
    BookingOverdue,
    BookingRefused,
    BookItem,
    CancelBooking,
)
from services.dispatch.domain.claims.item import ItemUnclaimed, ListKind
from services.dispatch.domain.claims.project import (
    ACTS,
    ClaimProject,
    ConfirmProject,
    ProjectDone,
    ProjectKind,
    ProjectLapsed,
    ProjectRated,
    ProjectStatus,
    RateProject,
    SignProject,
    StartProject,
    subject_of_project,
)
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.dispatch.circle import CLERK, COMMUNITY, GRIDDER, OTHER, TEAM, Circle, paired
from tests.unit.dispatch.test_lists import listed

PROJECT = subject_of_project(COMMUNITY, "p1")
MESSAGES: dict[type, Any] = {
    SignProject: SignProject(),
    StartProject: StartProject(),
    ConfirmProject: ConfirmProject("已完成"),
    RateProject: RateProject(5),
}
CITY = "longchang"
PARTNER = paired(CITY)


def claim(circle: Circle, item: str, actor: Actor, project: str = PROJECT, **more: Any) -> list[Any]:
    asked: dict[str, Any] = {
        "kind": ProjectKind.PROJECT, "item": item, "partner": PARTNER.id, "agreement": "每月开展一次义诊",
        "starts_on": date(2026, 3, 10), "ends_on": date(2026, 6, 30),
    }  # fmt: skip
    return circle.send(project, ClaimProject(**asked | more), actor, creates=True)


def offered(**more: Any) -> Circle:
    """Return a circle where the partner claimed from the community's list and signed."""
    circle = Circle(CITY)
    claim(circle, listed(circle, CLERK, kind=ListKind.SHORTAGE), PARTNER, **more)
    return circle


def at_status(status: ProjectStatus) -> Circle:
    circle = offered()
    if status is ProjectStatus.LAPSED:
        circle.advance(circle.states[PROJECT].due_at)
    steps = [
        (ProjectStatus.MATCHED, ((SignProject(), CLERK),)),
        (ProjectStatus.RUNNING, ((StartProject(), PARTNER),)),
        (ProjectStatus.DONE, ((ConfirmProject("已完成"), CLERK), (ConfirmProject("已完成"), PARTNER))),
        (ProjectStatus.RATED, ((RateProject(5), CLERK), (RateProject(4), PARTNER))),
    ]
    for reached, acts in steps:
        if circle.states[PROJECT].status is status:
            break
        for message, actor in acts:
            circle.send(PROJECT, message, actor)
        assert circle.states[PROJECT].status is reached
    assert circle.states[PROJECT].status is status
    return circle


@pytest.mark.parametrize("status", ProjectStatus)
def test_a_project_takes_the_steps_of_its_table_by_its_two_sides_alone(status: ProjectStatus) -> None:
    sides = {CLERK, PARTNER}
    for kind, message in MESSAGES.items():
        for actor in (CLERK, PARTNER, TEAM, Actor("unit", OTHER), Actor("operations", CITY), Actor("unit", PARTNER.id)):
            circle = at_status(status)
            wanted = actor in sides and status in ACTS[kind][1] and not (kind is SignProject and actor == PARTNER)
            try:
                circle.send(PROJECT, message, actor)
            except Refused:
                assert not wanted, f"{status} {kind.__name__} by {actor} was refused"
            else:
                assert wanted, f"{status} {kind.__name__} by {actor} was not refused"


def test_it_is_done_when_both_have_said_so_and_rated_when_both_have_rated() -> None:
    circle = at_status(ProjectStatus.RUNNING)
    circle.send(PROJECT, ConfirmProject("义诊两次"), CLERK)
    assert circle.states[PROJECT].status is ProjectStatus.RUNNING
    with pytest.raises(Refused, match=r"project\.said"):
        circle.send(PROJECT, ConfirmProject("义诊两次"), CLERK)
    (done,) = circle.send(PROJECT, ConfirmProject("义诊两次"), PARTNER)
    assert isinstance(done, ProjectDone)
    circle.send(PROJECT, RateProject(5), PARTNER)
    with pytest.raises(Refused, match=r"project\.said"):
        circle.send(PROJECT, RateProject(1), PARTNER)
    (rated,) = circle.send(PROJECT, RateProject(4), CLERK)
    assert isinstance(rated, ProjectRated)
    assert (rated.status, rated.rated, circle.states[PROJECT].grades) == (
        ProjectStatus.RATED, PARTNER.id, ((PARTNER.id, 5), (COMMUNITY, 4)),
    )  # fmt: skip


def test_one_sided_signing_lapses_after_fifteen_days_and_frees_the_item() -> None:
    circle = offered()
    item = circle.states[PROJECT].item
    due = circle.states[PROJECT].due_at
    assert due == datetime(2026, 3, 18, tzinfo=SHANGHAI)
    lapsed, freed = circle.advance(due)
    assert isinstance(lapsed, ProjectLapsed)
    assert freed == ItemUnclaimed(item, PROJECT)
    with pytest.raises(Refused, match=r"project\.act_not_now"):
        circle.send(PROJECT, SignProject(), CLERK)
    claim(circle, item, PARTNER, subject_of_project(COMMUNITY, "p2"))


def test_an_item_is_claimed_by_one_project_at_a_time() -> None:
    circle = offered()
    with pytest.raises(Refused) as refused:
        claim(circle, circle.states[PROJECT].item, PARTNER, subject_of_project(COMMUNITY, "p2"))
    assert (refused.value.rule, refused.value.params["project"]) == ("project.taken", PROJECT)


@pytest.mark.parametrize(
    ("owner", "actor", "more", "rule"),
    [
        (CLERK, CLERK, {}, "project.sides"),
        (CLERK, TEAM, {}, "project.sides"),
        (CLERK, Actor("unit", OTHER), {}, "project.sides"),
        (CLERK, Actor("post", "nobody"), {"partner": "nobody"}, "claim.not_eligible"),
        (CLERK, PARTNER, {"ends_on": date(2026, 3, 1)}, "project.dates"),
        (CLERK, PARTNER, {"kind": ProjectKind.SHARING}, "project.resource"),
        (PARTNER, PARTNER, {}, "project.sides"),
    ],
)
def test_a_claim_is_for_an_item_of_the_other_sides_list(
    owner: Actor, actor: Actor, more: dict[str, Any], rule: str
) -> None:
    circle = Circle(CITY)
    item = listed(circle, owner, kind=ListKind.SHORTAGE)
    with pytest.raises(Refused) as refused:
        claim(circle, item, actor, **more)
    assert refused.value.rule == rule


def test_a_community_claims_from_the_list_of_its_partner() -> None:
    circle = Circle(CITY)
    claim(circle, listed(circle, PARTNER, kind=ListKind.STRENGTH), CLERK)
    circle.send(PROJECT, SignProject(), PARTNER)
    assert circle.states[PROJECT].signed == (COMMUNITY, PARTNER.id)


# ---- sharing and bookings


def shared() -> tuple[Circle, str]:
    """Return a circle with a hall shared by agreement, open from nine to five."""
    circle = Circle(CITY)
    hall = listed(circle, PARTNER, kind=ListKind.RESOURCE, quantity=1, opens=time(9), closes=time(17))
    claim(circle, hall, CLERK, kind=ProjectKind.SHARING)
    circle.send(PROJECT, SignProject(), PARTNER)
    circle.advance(circle.now)
    return circle, hall


def slot(booking: str, day: int = 5, first: int = 10, last: int = 12) -> BookItem:
    return BookItem(
        booking,
        "社区义诊",
        datetime(2026, 3, day, first, tzinfo=SHANGHAI),
        datetime(2026, 3, day, last, tzinfo=SHANGHAI),
    )


def test_what_is_shared_is_booked_at_once_in_its_hours_by_the_two_sides_and_never_twice() -> None:
    circle, hall = shared()
    (granted,) = circle.send(hall, slot("b1"), CLERK)
    assert isinstance(granted, BookingGranted)
    with pytest.raises(Refused) as refused:
        circle.send(hall, slot("b2", first=11, last=13), PARTNER)
    assert (refused.value.rule, refused.value.params["by"]) == ("booking.clash", COMMUNITY)
    circle.send(hall, slot("b2", first=12, last=13), PARTNER)
    for wrong in (slot("b3", first=8, last=10), slot("b3", first=16, last=18), slot("b3", day=1)):
        with pytest.raises(Refused, match=r"booking\.time"):
            circle.send(hall, wrong, CLERK)
    for actor in (TEAM, Actor("unit", OTHER), GRIDDER):
        with pytest.raises(Refused, match=r"booking\.no_right"):
            circle.send(hall, slot("b4", day=6), actor)
    with pytest.raises(Refused, match=r"booking\.known"):
        circle.send(hall, slot("b1", day=6), CLERK)


def test_a_booking_ends_with_its_time_or_when_given_back() -> None:
    circle, hall = shared()
    circle.send(hall, slot("b1"), CLERK)
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        circle.send(hall, CancelBooking("b1"), PARTNER)
    (ended,) = circle.send(hall, CancelBooking("b1"), CLERK)
    assert isinstance(ended, BookingEnded)
    assert not ended.used
    circle.send(hall, slot("b2"), PARTNER)
    used = circle.advance(datetime(2026, 3, 5, 12, tzinfo=SHANGHAI))
    assert [fact.used for fact in used] == [True]
    assert circle.states[hall].slots == ()


def test_nothing_is_booked_before_both_have_signed() -> None:
    circle = Circle(CITY)
    hall = listed(circle, PARTNER, kind=ListKind.RESOURCE)
    claim(circle, hall, CLERK, kind=ProjectKind.SHARING)
    with pytest.raises(Refused, match=r"booking\.no_right"):
        circle.send(hall, slot("b1"), CLERK)


def called() -> tuple[Circle, str, Actor]:
    """Return a circle of Guiping where a grid has called for a resource."""
    circle, owner = Circle("guiping"), paired("guiping")
    truck = listed(circle, owner, kind=ListKind.RESOURCE, quantity=1)
    (asked,) = circle.send(truck, slot("b1"), GRIDDER)
    assert isinstance(asked, BookingAsked)
    return circle, truck, owner


def test_a_grid_has_a_right_to_resources_and_a_refusal_needs_a_reason() -> None:
    circle, truck, owner = called()
    for actor in (CLERK, TEAM, GRIDDER):
        with pytest.raises(Refused, match=r"actor\.not_allowed"):
            circle.send(truck, AnswerBooking("b1", granted=True), actor)
    with pytest.raises(Refused, match=r"booking\.why"):
        circle.send(truck, AnswerBooking("b1", granted=False), owner)
    (refused,) = circle.send(truck, AnswerBooking("b1", granted=False, why="车辆检修"), owner)
    assert refused == BookingRefused(truck, owner.id, "b1", GRIDDER.id, "车辆检修")
    with pytest.raises(Refused, match=r"booking\.unknown"):
        circle.send(truck, AnswerBooking("b1", granted=True), owner)


def test_what_the_owner_grants_is_the_grids() -> None:
    circle, truck, owner = called()
    circle.send(truck, AnswerBooking("b1", granted=True), owner)
    with pytest.raises(Refused, match=r"booking\.answered"):
        circle.send(truck, AnswerBooking("b1", granted=False, why="车辆检修"), owner)
    with pytest.raises(Refused, match=r"booking\.clash"):
        circle.send(truck, slot("b2"), GRIDDER)
    for actor in (CLERK, Actor("unit", "C02-G01")):
        with pytest.raises(Refused, match=r"booking\.no_right"):
            circle.send(truck, slot("b3", day=6), actor)


def test_silence_grants_nothing_and_is_charged_to_the_owner() -> None:
    circle, truck, owner = called()
    overdue = circle.advance(circle.now + timedelta(days=4))
    assert overdue == [BookingOverdue(truck, owner.id, "b1", owner.id)]
    assert circle.states[truck].slots == ()
