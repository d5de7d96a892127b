"""One case of two, one taken out again, several of one: by keyboard at the desk, by hand and touch on its page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit
from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.browser
OPERATIONS = Post(Role.OPERATIONS, "donggang")
COMMUNITY = Post(Role.COMMUNITY, "C01")


def _status(city: RunningCity, case: str, status: str) -> None:
    wait(lambda: city.get("console", f"/v1/cases/{case}").json().get("status") == status, 20, status)


def _form(page: Page, title: str) -> str:
    return f".act:has(summary:text-is('{title}'))"


def test_a_suspected_duplicate_is_merged_at_the_dispatch_desk_by_keyboard_alone(
    donggang: RunningCity, sit: Sit
) -> None:
    city = donggang
    first = city.report("join-1", "water-outage", text="从下午三点停水到现在，物业没有任何通知，请尽快恢复供水")
    likely = city.report("join-2", "water-outage", text="水管井里有人施工挖断了")
    assert likely["outcome"] == "registered"
    for one in (first, likely):
        city.shown(one["case"], "dispatched")
    page = sit(OPERATIONS)
    page.goto(f"/dispatch?queue=alike&item={likely['case']}")
    merge, into = page.locator("details[data-key=m]"), page.locator("details[data-key=m] select")
    expect(into).to_be_visible()
    expect(page.locator(".pair")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("m")
    expect(into).to_be_focused()
    page.keyboard.press("Escape")
    expect(into).to_be_hidden()
    expect(merge.locator("summary")).to_be_focused()
    page.keyboard.press("m")
    expect(into).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _status(city, likely["case"], "merged")
    wait(lambda: city.get("console", f"/v1/cases/{first['case']}").json()["reporters"] == 2, 20, "two reporters")
    expect(page.locator(".responsible, .item-sub").first).to_contain_text("已并单")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("b")
    page.wait_for_url(re.compile("queue=alike$"))
    expect(page.locator(f".queue-row[href*='{likely['case']}']")).to_have_count(0)


def test_a_case_is_merged_from_its_page_and_stands_for_itself_again(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    cases = [city.report(f"join-by-hand-{n}", "street-lights")["case"] for n in range(2)]
    for case in cases:
        city.shown(case, "dispatched")
    number = city.get("console", f"/v1/cases/{cases[1]}").json()["number"]
    page = sit(COMMUNITY)
    page.goto(f"/cases/{cases[0]}")
    page.get_by_role("link", name="并单").click()
    merge = page.locator(_form(page, "并单"))
    choice = merge.locator("select option", has_text=number)
    merge.locator("select").select_option(str(choice.get_attribute("value")))
    merge.locator("button[type=submit]").click()
    _status(city, cases[0], "merged")
    undo = page.locator(_form(page, "取消并单"))
    expect(merge).to_have_count(0)
    undo.locator("summary").click()
    undo.locator("button[type=submit]").click()
    city.shown(cases[0], "dispatched")
    expect(undo).to_have_count(0)
    expect(page.locator(".history")).to_contain_text("恢复单独办理")


def test_a_report_of_two_things_is_split_on_a_phone_and_each_part_goes_its_own_way(
    donggang: RunningCity, sit: Sit
) -> None:
    city = donggang
    case = city.report("join-split", "street-lights")["case"]
    city.shown(case, "dispatched")
    page = sit(OPERATIONS, size=PHONE)
    page.goto(f"/cases/{case}?do=split")
    split = page.locator(_form(page, "拆单"))
    expect(split.get_by_label("第 1 件：事项")).to_have_value("street-lights")
    expect(split.get_by_label("第 3 件：事项")).to_have_count(0)
    split.get_by_label("第 2 件：说的是什么").fill("楼前下水道堵了")
    expect(split.get_by_label("第 3 件：事项")).to_be_visible()
    send = split.locator("button[type=submit]")
    send.tap()
    expect(split.locator("select:invalid")).to_have_count(1)  # of what matter the second is, nobody has said
    split.get_by_label("第 2 件：事项").select_option("drains")
    split.get_by_label("第 3 件：说的是什么").fill("还有")
    send.tap()
    expect(split.locator(".state-refused")).to_contain_text("未生效")
    expect(split.locator("label.wrong")).to_have_text(re.compile("第 3 件：事项"))
    split.get_by_label("第 3 件：说的是什么").fill("")
    expect(split.get_by_label("第 4 件：事项")).to_have_count(0)
    send.tap()
    _status(city, case, "split")
    expect(page.locator(".history")).to_contain_text("拆分为 2 件分别办理")
    expect(split).to_have_count(0)

    def parts() -> list[str]:
        shown = city.get("intake", "/v1/reports/hotline/join-split").json()
        return [part["summary"] for part in shown["parts"]]

    wait(lambda: len(parts()) == 2, 20, "both are opened")
    assert city.order(case, "withdrawn")["responsible"] is None  # its own order is over
    expect(page.locator(".responsible")).to_have_text("已拆分")
    assert parts()[1] == "楼前下水道堵了"


def test_what_is_done_or_not_on_ones_ground_is_not_merged(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("join-late", "street-lights")["case"]
    order = city.order(case, "dispatched")
    lead, given = city.holder(order["lead"]), {"assignment": order["assignment"]}
    assert city.act(case, "accept", lead, handler="经办岗", **given).status_code == 200
    finish = {"what": "已换灯泡两盏", "contacted": True, "evidence": 1, **given}
    assert city.act(case, "finish", lead, **finish).status_code == 200
    city.shown(case, "handled")
    page = sit(COMMUNITY)
    page.goto(f"/cases/{case}?do=split")
    expect(page.locator(".acts")).to_contain_text("已办结，不能再并单、拆单")
    expect(page.locator(_form(page, "拆单")).locator("button[type=submit]")).to_be_disabled()
