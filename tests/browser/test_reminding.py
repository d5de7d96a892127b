"""A unit reminds whoever has a case (催办): from a link to its page, on record, and seen at the desk that has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit, is_sound
from tests.support.running_city import RunningCity

pytestmark = pytest.mark.browser
REMIND = ".act:has(summary:text-is('催办'))"


def test_a_reminder_stands_in_the_history_changes_no_limit_and_is_seen_at_the_desk(
    donggang: RunningCity, sit: Sit, tmp_path: Path
) -> None:
    city = donggang
    case = city.report("remind-1", "burst-pipe")["case"]
    order = city.shown(case, "dispatched")
    desk = sit(Post(Role.CLERK, order["lead"]), size=PHONE)
    desk.goto(f"/desk?queue=to_accept&item={case}&lang=en")
    expect(desk.locator(".history li").first).to_be_visible()
    told = desk.locator(".history li").count()
    page = sit(Post(Role.OPERATIONS, "donggang"))
    page.goto(f"/cases/{case}?act=remind")
    expect(page.locator(f"{REMIND} textarea")).to_be_focused()
    (folder := tmp_path / "form").mkdir()
    is_sound(page, folder)
    page.locator(f"{REMIND} textarea").focus()
    page.keyboard.type("群众来电询问")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".history li").first).to_contain_text("催办（签收）")
    expect(page.locator(".history li").first).to_contain_text("群众来电询问")
    expect(page.locator(f"{REMIND} .off")).to_contain_text("一天后可再催")
    now = city.order(case, "dispatched")
    assert (now["due_at"], now["clock"], now["responsible"]) == (order["due_at"], "accept", order["lead"])
    expect(desk.locator(".history li")).to_have_count(min(told + 1, 8))
    expect(desk.locator(".history li").first).to_contain_text("Reminded by hand")
    desk.goto("/desk?queue=to_accept")
    expect(desk.locator(f".queue-line:has(a[href*='item={case}']) .queue-low")).to_contain_text("1 reminder(s)")
    is_sound(desk, tmp_path)


def test_only_who_is_above_or_passed_a_case_up_is_offered_to_remind(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("remind-2", "burst-pipe")["case"]
    order = city.shown(case, "dispatched")
    street = sit(Post(Role.STREET, order["dispatcher"]))
    street.goto(f"/cases/{case}")
    expect(street.locator(REMIND)).to_have_count(1)
    for post in (Post(Role.COMMUNITY, "C01"), Post(Role.CLERK, order["lead"]), Post(Role.LEADER, "donggang")):
        page = sit(post)
        page.goto(f"/cases/{case}?act=remind")
        expect(page.locator(".history li").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.locator(REMIND)).to_have_count(0)
    refused = city.act(case, "remind", ("unit", "C01"), note="请抓紧办理")
    assert (refused.status_code, refused.json()["rule"]) == (409, "reminding.not_above")
    assert city.act(case, "remind", ("unit", order["dispatcher"]), note="请抓紧办理").status_code == 200
    again = city.act(case, "remind", ("unit", order["dispatcher"]), note="请抓紧办理")
    assert again.json()["rule"] == "reminding.too_soon"


def test_a_community_reminds_those_who_have_what_it_passed_up(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("remind-3", "owners-committee")["case"]
    order = city.order(case, "dispatched")
    holder, given = city.holder("C01"), {"assignment": order["assignment"]}
    assert city.act(case, "accept", holder, handler="经办岗", **given).status_code == 200
    assert city.act(case, "pass-up", holder, reason="means", note="已调解三次无效", **given).status_code == 200
    assert city.shown(case, "dispatched")["responsible"] != "C01"
    page = sit(Post(Role.COMMUNITY, "C01"), size=PHONE)
    page.goto(f"/cases/{case}?act=remind")
    page.locator(f"{REMIND} textarea").fill("居民天天来问")
    page.locator(f"{REMIND} button[type=submit]").tap()
    expect(page.locator(".history li").first).to_contain_text("居民天天来问")
