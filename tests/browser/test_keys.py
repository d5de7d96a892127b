"""Work by keyboard alone: sign in, find one's way, classify a report, accept an order and finish it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from services.console.access import accounts
from services.console.access.roles import Post, Role
from shared.city.model import UnitLevel
from shared.persistence.engine import connect
from tests.browser.conftest import Sit
from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.browser
PASSWORD = "a long pass phrase"
ROLES = {UnitLevel.COMMUNITY: Role.COMMUNITY, UnitLevel.STREET: Role.STREET, UnitLevel.CITY: Role.OPERATIONS}
FARTHEST = 60
"""Stops of the Tab key within which anything on a desk is reached."""


def _post(city: RunningCity, code: str) -> Post:
    return Post(Role.CLERK if code in city.city.departments else ROLES[city.city.units[code].level], code)


def _account(city: RunningCity, post: Post) -> str:
    async def add() -> None:
        engine = connect(city.stack.dsns["console"])
        async with engine.begin() as conn:
            await accounts.add(conn, f"keys-{post.at}", "按键", [post], PASSWORD, None)
        await engine.dispose()

    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        aside.submit(lambda: asyncio.run(add())).result()
    return f"keys-{post.at}"


def _tab_to(page: Page, css: str) -> None:
    """Go on with the Tab key until the focus is at what a selector means."""
    for _ in range(FARTHEST):
        if page.evaluate("css => !!document.activeElement?.matches(css)", css):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {css}")


def _signs_in(page: Page, city: RunningCity, post: Post) -> None:
    login = _account(city, post)
    page.context.clear_cookies()
    page.goto("/login")
    _tab_to(page, "input[name=login]")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".person summary")).to_contain_text("按键")
    page.wait_for_load_state("networkidle")


def _opens(page: Page, queue: str, case: str) -> None:
    """Go to the desk, to a queue and to a case in it."""
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.locator(".queues")).to_be_visible()
    page.wait_for_load_state("networkidle")
    _tab_to(page, f".queues a[href*='queue={queue}']")
    page.keyboard.press("Enter")
    expect(page.locator(f".queues a.on[href*='queue={queue}']")).to_be_visible()
    expect(page.locator(f".queue-row[href*='{case}']")).to_be_visible()
    page.wait_for_load_state("networkidle")
    _tab_to(page, f".queue-row[href*='{case}']")
    page.keyboard.press("Enter")
    expect(page.locator(".item-head h2")).to_be_visible()
    expect(page.locator(".acts details.act").first).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_report_is_classified_accepted_and_finished_by_keyboard_alone(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("keys-1")["case"]
    wait(lambda: city.get("console", f"/v1/cases/{case}").json().get("status") == "held", 20, "held")
    holder = _post(city, city.get("console", f"/v1/cases/{case}").json()["responsible"])
    page = sit(holder)
    _signs_in(page, city, holder)
    _opens(page, "held", case)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    city.shown(case, "dispatched")
    lead = _post(city, city.order(case)["lead"])
    if lead != holder:
        page = sit(lead)
        _signs_in(page, city, lead)
    _opens(page, "to_accept", case)
    page.keyboard.press("q")
    _tab_to(page, ".acts details[data-key=q] button")
    page.keyboard.press("Enter")
    city.shown(case, "accepted")
    expect(page.locator("details[data-key=f]")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("f")
    page.keyboard.type("现场已清理完毕")
    page.keyboard.press("Escape")
    expect(page.locator("details[data-key=f] textarea")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator("details[data-key=f] textarea")).to_have_value("现场已清理完毕")
    _tab_to(page, "details[data-key=f] button")
    page.keyboard.press("Enter")
    city.shown(case, "handled")


def _chosen(page: Page) -> str:
    """Return the case that is open in the list, once its panel is there."""
    expect(page.locator(".item-head h2")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return str(page.locator(".queue-row.on").get_attribute("href")).partition("item=")[2]


def test_an_order_is_moved_to_dispatched_anew_and_reported_on_by_single_keys(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    cases = [city.report(f"keys-again-{n}", "burst-pipe")["case"] for n in range(2)]
    orders = [city.order(case, "dispatched") for case in cases]
    above = orders[0]["dispatcher"]
    for case, order in zip(cases, orders, strict=True):
        recall = {"assignment": order["assignment"], "reason": "派错了单位"}
        assert city.act(case, "recall", city.holder(above), **recall).status_code == 200
        city.shown(case, "waiting")
    page = sit(_post(city, above))
    page.goto("/dispatch?queue=waiting" if above.startswith("S") else "/community?queue=waiting")
    expect(page.locator(".queue-row")).not_to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.wait_for_url("**item=*")
    first = _chosen(page)
    page.keyboard.press("j")
    expect(page.locator(f".queue-row.on[href*='{first}']")).to_have_count(0)
    second = _chosen(page)
    page.keyboard.press("k")
    expect(page.locator(f".queue-row.on[href*='{first}']")).to_be_visible()
    assert _chosen(page) == first != second
    expect(page.locator(".acts details[data-proposes] select")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    lead = _post(city, city.shown(first, "dispatched")["lead"])
    clerk = sit(lead)
    given = {"assignment": city.order(first)["assignment"], "handler": "经办岗"}
    assert city.act(first, "accept", city.holder(lead.at), **given).status_code == 200
    city.shown(first, "accepted")
    clerk.goto(f"{'/desk' if lead.role is Role.CLERK else '/dispatch'}?queue=in_hand&item={first}")
    expect(clerk.locator("details[data-key=e]")).to_be_visible()
    clerk.wait_for_load_state("networkidle")
    clerk.keyboard.press("e")
    clerk.keyboard.type("已到现场，正在抢修")
    _tab_to(clerk, "details[data-key=e] button")
    clerk.keyboard.press("Enter")
    expect(clerk.locator(".history")).to_contain_text("已到现场，正在抢修")
    clerk.evaluate("document.activeElement.blur()")
    clerk.keyboard.press("b")
    clerk.wait_for_url(lambda url: "item=" not in url)


def test_the_keys_are_listed_may_be_turned_off_and_the_focus_begins_before_the_text(
    donggang: RunningCity, sit: Sit
) -> None:
    page = sit(Post(Role.OPERATIONS, "donggang"))
    page.goto("/meetings")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    expect(skip).to_have_text("跳到正文")
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('.page')"), "the navigation was skipped"
    page.keyboard.press("?")
    listed = page.locator("dialog.keys")
    expect(listed).to_contain_text("搜索案件")
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    page.keyboard.press("/")
    page.wait_for_url("**/cases#search")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.type("路灯?")
    expect(page.locator("input[type=search]")).to_have_value("路灯?")
    expect(listed).to_be_hidden()
    _tab_to(page, "main a[href]")
    page.keyboard.press("?")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.keyboard.press("?")
    expect(listed.locator("input")).not_to_be_checked()
    assert "/cases" in page.url, "turned off"
