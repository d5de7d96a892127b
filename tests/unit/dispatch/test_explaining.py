"""An order explains its due times: the holder's clock, the case's, what was counted, which rungs are left."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import msgspec

from deploy.cli.clock import lines
from services.dispatch.domain.explaining import Explained, explain
from shared.kernel.account import Why
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.test_projecting import HOLIDAY_WEEK, publish
from tests.unit.dispatch.town import MONDAY, day, order


def explained(played: Play) -> list[Explained]:
    armed = {name: arm.due_at for (_, name), arm in played.deadlines.items()}
    return list(explain(order(played), armed, played.city))


def said(clock: Explained) -> str:
    built = msgspec.json.decode(msgspec.json.encode(clock))
    return "\n".join(lines(built, ZoneInfo("Asia/Shanghai"), town.TOWN.name_of))


def test_the_holder_s_clock_and_the_case_s_are_explained_from_start_and_budget() -> None:
    handle, case = explained(town.accepted())
    assert (handle.clock, handle.charged, handle.start, handle.budget, handle.due_at) == (
        "handle", "water", MONDAY, "7 wd", day(9),
    )  # fmt: skip
    assert (case.clock, case.charged, case.budget) == ("case", "s1", "30 nd")
    assert [line.why for line in handle.lines] == [Why.FIRST, Why.COUNTED, Why.WEEKEND, Why.COUNTED]
    assert handle.lines[-1].days == 7


def test_rungs_that_fired_are_told_from_those_still_to_come() -> None:
    played = town.accepted()
    played.advance(day(9))
    handle, _ = explained(played)
    assert [(rung.name, rung.fired) for rung in handle.rungs] == [
        ("reminder", True), ("overdue", True), ("supervision", False), ("ledger", False),
    ]  # fmt: skip
    assert handle.rungs[2].at == day(10)
    assert handle.rungs[3].at is None


def test_after_a_calendar_came_the_closed_days_are_named_in_the_explanation() -> None:
    played = town.accepted()
    publish(played, replace(HOLIDAY_WEEK, names=dict.fromkeys(HOLIDAY_WEEK.holidays, "防汛假")))
    handle, _ = explained(played)
    assert handle.due_at == day(16)
    text = said(handle)
    for part in (
        "办理时限：2026-03-18 18:00 止",
        "2026-03-09 – 2026-03-13  防汛假放假，不计",
        "7 工作日",
        "累计 7 日",
        "催办：2026-03-1",
    ):
        assert part in text, (part, text)


def test_a_year_whose_calendar_is_not_out_is_marked() -> None:
    handle, _ = explained(town.accepted())
    assert handle.provisional == (2026,)
    assert "2026 年法定节假日尚未公布" in said(handle)
    played = town.accepted()
    publish(played, HOLIDAY_WEEK)
    assert explained(played)[0].provisional == ()


def test_working_hours_say_their_minutes() -> None:
    (dispatch, _) = explained(town.waiting())
    assert (dispatch.clock, dispatch.budget) == ("dispatch", "2 wh")
    assert "计 120 分钟" in said(dispatch)


def test_the_rating_window_is_counted_from_the_verification() -> None:
    played = town.verified()
    (window,) = explained(played)
    assert (window.clock, window.budget, window.start) == ("window", "7 nd", played.now)
    assert window.due_at == order(played).due_at
    assert window.lines[-1].days == 7
    assert "由会议或其他服务确定" not in said(window)


def test_what_a_meeting_set_or_another_service_holds_has_an_end_but_no_budget() -> None:
    for played, clock in ((town.meeting_order(), "handle"), (town.at_meeting(), "answer")):
        (only,) = explained(played)
        assert (only.clock, only.budget, only.lines) == (clock, None, ())
        assert "由会议或其他服务确定" in said(only)


def test_an_order_that_is_over_has_nothing_to_explain() -> None:
    assert explained(town.closed()) == []
