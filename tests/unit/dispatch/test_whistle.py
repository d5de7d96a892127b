"""Whistles (吹哨报到): every allowed and forbidden step from the tables, the guards, the clock (workflows §3.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from services.dispatch.domain import decide, evolve, touches
from services.dispatch.domain import replies as r
from services.dispatch.domain import whistle as w
from services.dispatch.domain.order import Status as OrderStatus
from services.dispatch.domain.roster import CheckInKind, Member, Roster
from services.dispatch.domain.whistle import MOVES, PRESENCES, Callee, Presence, Status, Whistle, WhistleKind
from services.dispatch.domain.whistle_desk import ACTS, Role
from shared.city.model import UnitLevel, Whistling
from shared.kernel.clock import Budget
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.dispatch import town

LIMITS = {
    "whistle.sign": "2 wh", "whistle.sign.urgent": "1 uh", "whistle.report_in": "3 wd",
    "whistle.report_in.urgent": "2 uh", "supervision.receipt": "1 wd",
}  # fmt: skip
ALL = ("emergency", "joint", "stubborn")
CITY = replace(
    town.TOWN,
    mechanisms=frozenset({"whistle"}),
    whistles={
        UnitLevel.GRID: Whistling("members", ("emergency", "volunteer")),
        UnitLevel.COMMUNITY: Whistling("departments", ALL),
        UnitLevel.STREET: Whistling("departments", ALL),
    },
    clocks={**town.TOWN.clocks, **{name: Budget.parse(text) for name, text in LIMITS.items()}},
)
W = "whistle:w1"
C11, WATER, ORDER = town.unit("c11"), town.department("water"), town.department("order")
HEAD, CLERK = Actor("post", "c11:chair"), Actor("post", "c11:secretary")
SOON = town.MONDAY + timedelta(days=1)


def playing() -> Play:
    return Play(decide, evolve, CITY, town.MONDAY, touches)


def call(kind: str = "joint", callees: tuple[str, ...] = ("water", "order"), **more: Any) -> w.SoundWhistle:
    given = {"place": "g111", "why": "早市占道", "meet_at": None if kind == "emergency" else SOON, **more}
    return w.SoundWhistle(WhistleKind(kind), callees, **given)


def sounded(actor: Actor = C11, asked: w.SoundWhistle | None = None) -> Play:
    played = playing()
    played.send(W, asked or call(), actor, creates=True)
    return played


def refused(played: Play, data: Any, actor: Actor, rule: str, subject: str = W) -> None:
    before = dict(played.states), dict(played.deadlines)
    with pytest.raises(Refused) as error:
        played.send(subject, data, actor, creates=isinstance(data, w.SoundWhistle))
    assert error.value.rule == rule
    assert (played.states, played.deadlines) == before


def state(played: Play) -> Whistle:
    found: Whistle = played.states[W]
    return found


def presence(played: Play, code: str = "water") -> Presence:
    callee = state(played).callee(code)
    assert callee is not None
    return callee.presence


def come(played: Play, *codes: str) -> None:
    for code in codes:
        played.send(W, w.SignWhistle("值班长"), town.department(code))
        played.send(W, w.ReportIn("值班长"), town.department(code))
        played.send(W, w.ConfirmReportIn(code, True), C11)


# ---- generated from the tables

SAMPLES: dict[type, Any] = {
    w.ApproveWhistle: w.ApproveWhistle(True),
    w.CancelWhistle: w.CancelWhistle("已自行撤离"),
    w.EndWhistle: w.EndWhistle(),
    w.ConfirmReportIn: w.ConfirmReportIn("water", True),
    w.ReleaseCallee: w.ReleaseCallee("water", "不需到场"),
    w.SignWhistle: w.SignWhistle("值班长"),
    w.ReportIn: w.ReportIn("值班长"),
    w.ObjectToWhistle: w.ObjectToWhistle("不属本单位"),
    w.AnswerAbsence: w.AnswerAbsence("已调整值班"),
    w.FinishPart: w.FinishPart(1, "已完成"),
    w.RateWhistle: w.RateWhistle(5),
}
ACTORS = {
    "unit": C11, "head": HEAD, "clerk": CLERK, "callee": WATER, "other callee": ORDER,
    "department": town.department("roads"), "grid": town.unit("g111"), "street": town.unit("s1"),
    "operations": town.OPERATIONS, "resident": Actor("resident", "c11"), "source": Actor("source", "water"),
}  # fmt: skip
MAY = {
    Role.WHISTLER: {"unit", "head", "clerk"},
    Role.HEAD: {"unit", "head"},
    Role.CALLEE: {"callee", "other callee"},
    Role.EITHER: {"unit", "head", "clerk", "callee", "other callee"},
}


def standing(status: Status, at: Presence) -> Play:
    """Begin with a whistle where both who were called stand the same, all that their steps need at hand."""
    played = playing()
    came = town.MONDAY if at is Presence.REPORTED_IN else None
    due = town.MONDAY if at is Presence.NO_SHOW else None
    callees = tuple(Callee(code, at, False, True, came, due) for code in ("water", "order"))
    parts = (w.Part("water", date(2026, 3, 20)),) if status is Status.ENDED else ()
    late = town.MONDAY + timedelta(days=3)
    played.states[W] = Whistle(
        "c11", WhistleKind.JOINT, status, "g111", "", "", None, SOON, callees, town.MONDAY, late, parts
    )
    return played


def taken(played: Play, data: Any, actor: Actor) -> str | None:
    try:
        played.send(W, data, actor)
    except Refused as error:
        return error.rule
    return None


@pytest.mark.parametrize("kind", ACTS, ids=lambda kind: kind.__name__)
def test_a_step_exists_for_its_role_in_its_status_and_presence_alone(kind: type) -> None:
    act, data = ACTS[kind], SAMPLES[kind]
    guarded = {"whistle.unsettled", "whistle.on_site", "whistle.no_part", "whistle.not_called"}
    allowed = 0
    for status, at, who in product(Status, Presence, ACTORS):
        rule = taken(standing(status, at), data, ACTORS[who])
        stands = at in act.presences or not _names(act, data)
        exists = who in MAY[act.role] and status in act.statuses and stands
        if exists:
            assert rule is None or rule in guarded, (status, at, who, rule)
            allowed += rule is None
        else:
            assert rule in {"whistle.not_now", "whistle.not_yours", "whistle.not_called", "whistle.head_only"}, (
                status, at, who, rule,
            )  # fmt: skip
    assert allowed


def _names(act: Any, data: Any) -> bool:
    return act.role is Role.CALLEE or getattr(data, "callee", None) is not None


def test_no_step_lets_a_callee_hand_back_a_whistle() -> None:
    allowed = {kind.__name__ for kind, act in ACTS.items() if act.role in (Role.CALLEE, Role.EITHER)}
    assert allowed == {"SignWhistle", "ReportIn", "ObjectToWhistle", "AnswerAbsence", "FinishPart", "RateWhistle"}
    assert r.HandBack not in ACTS


def test_what_is_over_stays_over() -> None:
    assert {status for status, to in MOVES.table.items() if not to} == {Status.ENDED, Status.CANCELLED}
    assert {at for at, to in PRESENCES.table.items() if not to} == {Presence.NO_SHOW, Presence.RELEASED}


# ---- sounding


def test_an_emergency_calls_at_once_and_its_clocks_are_urgent() -> None:
    played = sounded(CLERK, call("emergency"))
    (fact,) = played.stated(w.WhistleSounded)
    assert (fact.approved_by, fact.case) == (None, None)
    assert (fact.sign_due_at, fact.report_due_at) == (
        town.MONDAY + timedelta(hours=1), town.MONDAY + timedelta(hours=2),
    )  # fmt: skip


def test_what_is_no_emergency_waits_for_the_head_and_calls_nobody_before() -> None:
    played = sounded(CLERK)
    assert (state(played).status, played.deadlines) == (Status.ASKED, {})
    refused(played, w.ApproveWhistle(True), CLERK, "whistle.head_only")
    refused(played, w.ApproveWhistle(False), HEAD, "whistle.why")
    played.send(W, w.ApproveWhistle(True), HEAD)
    assert state(played).status is Status.SOUNDED
    assert played.stated(w.WhistleSounded)[0].approved_by == "c11:chair"


def test_a_head_who_does_not_agree_ends_it() -> None:
    played = sounded(CLERK)
    played.send(W, w.ApproveWhistle(False, "先由网格处理"), HEAD)
    assert (state(played).status, played.stated(w.WhistleCancelled)[0].refused) == (Status.CANCELLED, True)


def test_departments_that_subscribe_get_their_call_on_their_own_stream() -> None:
    played = sounded()
    assert {stream for stream, _ in played.copies} == {"orders.water"}


def test_the_same_call_sent_again_changes_nothing() -> None:
    played = sounded()
    assert played.send(W, call(), C11, creates=True) == []


def test_forbidden_26_a_single_department_that_an_order_reaches_anyway_is_not_whistled_for() -> None:
    refused(playing(), call(callees=("water",)), C11, "whistle.single")
    played = playing()
    played.hear(town.CASE, town.case("pipe"), "intake")
    refused(played, call(callees=("water",), case=town.CASE), town.unit("s1"), "whistle.single")
    assert sounded(C11, call(callees=("roads",))).stated(w.WhistleSounded)  # not paired: an order does not reach it


@pytest.mark.parametrize(
    ("actor", "asked", "rule"),
    [
        (WATER, call(), "actor.not_allowed"),
        (town.OPERATIONS, call(), "actor.not_allowed"),
        (town.unit("top"), call(), "whistle.level"),
        (town.unit("g111"), call("joint"), "whistle.kind"),
        (C11, call("volunteer"), "whistle.kind"),
        (C11, call(place="g121"), "whistle.place"),
        (C11, call(place="nowhere"), "whistle.place"),
        (C11, call(callees=("water", "nobody")), "whistle.callee_unknown"),
        (C11, call(callees=("water", "water")), "whistle.callee_twice"),
        (town.unit("g111"), call("emergency", ("m-1",)), "whistle.not_checked_in"),
        (C11, call("emergency", meet_at=SOON), "whistle.meet_at"),
        (C11, call(meet_at=None), "whistle.meet_at"),
        (C11, call(meet_at=town.MONDAY), "whistle.meet_at"),
        (C11, call(meet_at=town.MONDAY + timedelta(days=9)), "whistle.meet_at"),
        (C11, call(case="no-such"), "whistle.case_over"),
    ],
)
def test_who_may_call_whom_where_when(actor: Actor, asked: w.SoundWhistle, rule: str) -> None:
    refused(playing(), asked, actor, rule)


def test_a_grid_calls_the_members_checked_in_there() -> None:
    played = playing()
    played.states["roster:g111"] = Roster((Member("m-1", CheckInKind.HOME, "water"),))
    asked = call("volunteer", ("m-1",))
    played.send(W, asked, town.unit("g111"), creates=True)
    member = Actor("member", "m-1")
    played.send(W, w.SignWhistle("本人"), member)
    played.send(W, w.ReportIn("本人"), member)
    played.send(W, w.ConfirmReportIn("m-1", True), town.unit("g111"))
    played.send(W, w.EndWhistle(), town.unit("g111"))
    assert state(played).status is Status.ENDED


def test_a_whistle_for_a_case_leaves_its_responsible_unit_and_clock_as_they_are() -> None:
    played = playing()
    played.hear(town.CASE, town.case("litter"), "intake")
    before = played.states[town.CASE]
    played.send(W, call(case=town.CASE), C11, creates=True)
    come(played, "water", "order")
    played.send(W, w.EndWhistle(), C11)
    assert played.states[town.CASE] == before
    played.states[town.CASE] = replace(before, status=OrderStatus.CLOSED)
    refused(played, call(case=town.CASE), C11, "whistle.case_over", "whistle:w2")


# ---- coming, or not


def test_whoever_does_not_sign_in_time_is_missing_supervised_and_answers() -> None:
    played = sounded()
    played.advance(town.MONDAY + timedelta(hours=2))
    facts = played.stated(w.CalleeMissing)
    assert [(f.callee, f.of, f.supervisor) for f in facts] == [("order", "sign", "top"), ("water", "sign", "top")]
    played.send(W, w.AnswerAbsence("已调整值班"), WATER)
    assert played.stated(w.AbsenceAnswered)[0].on_time
    refused(played, w.AnswerAbsence("再次说明"), WATER, "whistle.no_absence")


def test_whoever_signed_and_did_not_come_is_missing_and_a_late_arrival_stands_beside_it() -> None:
    played = sounded()
    played.send(W, w.SignWhistle("值班长"), WATER)
    played.advance(SOON)
    assert [f.of for f in played.stated(w.CalleeMissing) if f.callee == "water"] == ["report_in"]
    played.send(W, w.ReportIn("值班长"), WATER)
    callee = state(played).callee("water")
    assert callee is not None
    assert (callee.presence, callee.arrived_at, played.stated(w.CalleeReportedIn)[0].late) == (
        Presence.NO_SHOW, SOON, True,
    )  # fmt: skip
    refused(played, w.ReportIn("值班长"), WATER, "whistle.not_now")


def test_exactly_at_the_limit_is_in_time() -> None:
    played = sounded()
    played.now = town.MONDAY + timedelta(hours=2)
    played.send(W, w.SignWhistle("值班长"), WATER)
    played.advance(played.now)
    assert presence(played) is Presence.SIGNED


def test_whom_the_whistler_does_not_find_there_must_still_come() -> None:
    played = sounded()
    played.send(W, w.SignWhistle("值班长"), WATER)
    played.send(W, w.ReportIn("值班长"), WATER)
    played.send(W, w.ConfirmReportIn("water", False), C11)
    assert presence(played) is Presence.SIGNED
    played.send(W, w.ReportIn("值班长"), WATER)
    played.advance(SOON + timedelta(hours=1))
    assert presence(played) is Presence.REPORTED_IN
    played.send(W, w.ConfirmReportIn("water", False), C11)
    assert presence(played) is Presence.NO_SHOW


def test_one_who_came_is_released_only_after_he_objected() -> None:
    played = sounded()
    come(played, "water")
    refused(played, w.ReleaseCallee("water", "不需到场"), C11, "whistle.objection_first")
    played.send(W, w.ObjectToWhistle("不属本单位"), WATER)
    played.send(W, w.ReleaseCallee("water", "异议成立"), C11)
    assert presence(played) is Presence.RELEASED


# ---- ending


def conclude(unit: str, on: date = date(2026, 3, 20)) -> w.EndWhistle:
    return w.EndWhistle((w.Concluded(unit, "驻点值守", on),))


def test_it_ends_only_when_everybody_is_there_missing_or_released() -> None:
    played = sounded()
    refused(played, w.EndWhistle(), C11, "whistle.unsettled")
    come(played, "water")
    refused(played, w.EndWhistle(), C11, "whistle.unsettled")
    played.send(W, w.ReleaseCallee("order", "不需到场"), C11)
    refused(played, conclude("order"), C11, "whistle.conclusion_unit")
    refused(played, conclude("water", date(2026, 3, 1)), C11, "whistle.conclusion_date")
    played.send(W, conclude("water"), C11)
    assert state(played).status is Status.ENDED
    assert set(played.deadlines) == {(W, "part:1")}


def test_a_part_is_done_by_its_unit_by_the_end_of_its_day_or_is_overdue() -> None:
    played = sounded()
    come(played, "water", "order")
    both = w.EndWhistle(tuple(w.Concluded(unit, "驻点值守", date(2026, 3, 20)) for unit in ("water", "order")))
    played.send(W, both, C11)
    refused(played, w.FinishPart(1, "已完成"), ORDER, "whistle.no_part")
    played.now = datetime(2026, 3, 20, 23, 59, tzinfo=town.MONDAY.tzinfo)
    played.send(W, w.FinishPart(1, "已完成"), WATER)
    played.advance(played.now + timedelta(days=1))
    assert played.stated(w.PartDone)[0].on_time
    assert [(f.part, f.unit, f.supervisor) for f in played.stated(w.PartOverdue)] == [(2, "order", "top")]
    played.send(W, w.FinishPart(2, "已完成"), ORDER)
    assert not played.stated(w.PartDone)[1].on_time


def test_what_a_department_takes_on_for_a_case_becomes_a_part_of_its_order_until_that_day() -> None:
    played = playing()
    played.hear(town.CASE, town.case("litter"), "intake")
    played.send(town.CASE, r.Accept(town.CASE, 1, "post"), town.unit("g111"))
    subject = f"whistle:{town.CASE}:w1"
    played.send(subject, call("emergency", case=town.CASE), C11, creates=True)
    for code in ("water", "order"):
        played.send(subject, w.SignWhistle("值班长"), town.department(code))
        played.send(subject, w.ReportIn("值班长"), town.department(code))
        played.send(subject, w.ConfirmReportIn(code, True), C11)
    agreed = tuple(w.Concluded(unit, "清理现场", date(2026, 3, 4)) for unit in ("water", "c11"))
    played.send(subject, w.EndWhistle(agreed), C11)
    order = played.states[town.CASE]
    assert (order.open_parts, order.responsible) == (("water",), "g111")
    assert played.states[subject].parts == (
        w.Part("water", date(2026, 3, 4), True), w.Part("c11", date(2026, 3, 4), False),
    )  # fmt: skip
    with pytest.raises(Refused) as error:
        played.send(subject, w.FinishPart(1, "已完成"), WATER)
    assert error.value.rule == "whistle.no_part"
    played.send(subject, w.FinishPart(2, "已完成"), C11)
    assert played.deadlines[town.CASE, "part.lapse:water"].due_at == datetime(2026, 3, 5, tzinfo=town.MONDAY.tzinfo)
    played.send(town.CASE, r.AnswerPart(town.CASE, 1, "已清理"), WATER)
    assert played.states[town.CASE].open_parts == ()


def test_nobody_cancels_once_somebody_is_at_the_place() -> None:
    played = sounded()
    played.send(W, w.SignWhistle("值班长"), WATER)
    played.send(W, w.ReportIn("值班长"), WATER)
    refused(played, w.CancelWhistle("不需要了"), C11, "whistle.on_site")
    other = sounded()
    other.send(W, w.CancelWhistle("已自行撤离"), C11)
    assert (state(other).status, other.deadlines) == (Status.CANCELLED, {})


def test_both_sides_rate_each_other_once() -> None:
    played = sounded()
    come(played, "water", "order")
    played.send(W, w.EndWhistle(), C11)
    played.send(W, w.RateWhistle(4, "water"), C11)
    played.send(W, w.RateWhistle(3), WATER)
    assert [(f.rater, f.rated, f.grade) for f in played.stated(w.WhistleRated)] == [
        ("c11", "water", 4),
        ("water", "c11", 3),
    ]
    refused(played, w.RateWhistle(1, "water"), C11, "whistle.rated")
    refused(played, w.RateWhistle(5), C11, "whistle.not_called")
    refused(played, w.RateWhistle(5, "order"), WATER, "whistle.not_called")
