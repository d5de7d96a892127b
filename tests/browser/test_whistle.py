"""A community whistles from a case's page, two departments come, and what was agreed at the place is done and rated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit, seated
from tests.support.running_city import RunningCity, running, wait
from tests.support.wording import apart

pytestmark = pytest.mark.browser
WHY = "早市占道与无照经营并存"
COMMUNITY = Post(Role.COMMUNITY, "C01")
FIRST, SECOND = "urban-management", "market-regulation"


@pytest.fixture(scope="module")
def guiping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCity]:
    """Run a city in which communities may whistle."""
    with running("guiping", tmp_path_factory.mktemp("guiping")) as city:
        yield city


@pytest.fixture
def sit(browser: Browser, guiping: RunningCity) -> Iterator[Sit]:
    with seated(browser, guiping) as page:
        yield page


def _case(city: RunningCity, id_: str, place: str) -> str:
    body = {"id": id_, "text": apart(id_), "place": {"unit": place}, "reporter": {"id": "r-1"}}
    told = city.post("intake", "/v1/reports", {**body, "matter": "street-lights"}, ("source", "hotline"))
    assert told.status_code == 200, told.text
    case = str(told.json()["case"])
    wait(lambda: city.get("console", f"/v1/cases/{case}").json().get("responsible"), 20, "shown")
    return case


def _form(page: Page, title: str) -> Locator:
    return page.locator(f".act:has(summary:text-is('{title}'))")


def _send(page: Page, title: str, *fields: str) -> None:
    """Fill the fields of a form in their order and press its button; done, the page offers it no more."""
    form = _form(page, title)
    for place, value in enumerate(fields):
        form.locator("input, textarea").nth(place).fill(value)
    form.locator("button[type=submit]").click()
    expect(form).to_have_count(0)


def test_a_whistle_is_sounded_answered_ended_and_rated_through_the_pages(guiping: RunningCity, sit: Sit) -> None:
    city, case = guiping, _case(guiping, "whistle-1", "C01")
    name = {code: city.city.departments[code].name for code in (FIRST, SECOND)}
    page = sit(COMMUNITY)
    page.goto(f"/cases/{case}")
    sounding = _form(page, "吹哨")
    sounding.locator("summary").click()
    sounding.get_by_label("什么事").fill(WHY)
    sounding.get_by_label(name[FIRST], exact=True).check()
    sounding.get_by_label("具体地点").fill("早市入口")
    sounding.locator("button[type=submit]").click()
    sent = sounding.locator("[role=status], [role=alert]")
    expect(sent).to_contain_text("已生效")

    page.goto("/community?queue=whistles")
    page.locator(".queue-row", has_text=WHY).click()
    expect(page.locator(".details")).to_contain_text("已吹哨")
    expect(page.locator(".details a")).to_have_attribute("href", f"/cases/{case}")
    end = _form(page, "结束")
    expect(end.locator(".off")).to_contain_text(name[FIRST])
    expect(end.locator("button[type=submit]")).to_be_disabled()

    called = sit(Post(Role.CLERK, FIRST), size=PHONE)
    called.goto("/desk?queue=whistles")
    called.locator(".queue-row", has_text=WHY).click()
    _send(called, "签收哨令", "值班班长")
    _send(called, "到场报到", "值班班长")
    assert called.evaluate("document.documentElement.scrollWidth <= innerWidth")
    coming = f"确认到场：{name[FIRST]}"
    expect(_form(page, coming)).to_be_visible()  # what others do shows without a reload
    _send(page, coming)
    expect(_form(page, "取消").locator(".off")).to_contain_text("已有单位到场")
    taken = end.get_by_label(f"{name[FIRST]}办什么")
    taken.fill("每日驻点一小时")
    page.reload()
    expect(taken).to_have_value("每日驻点一小时")
    today = date.fromisoformat(city.get("console", f"/v1/cases/{case}").json()["received_at"][:10])
    due = end.get_by_label("何时办好").first
    due.fill(f"{today - timedelta(days=2)}")
    end.locator("button[type=submit]").click()
    expect(end.locator("[role=alert]")).to_contain_text("已过")
    due.fill(f"{today + timedelta(days=7)}")
    end.locator("button[type=submit]").click()
    expect(page.locator(".details")).to_contain_text("已结束")
    _send(page, f"评价{name[FIRST]}")

    called.goto("/desk?queue=whistles")
    called.locator(".queue-row", has_text=WHY).click()
    expect(called.locator(".details")).to_contain_text("分工第 1 项")
    _send(called, "完成第 1 项", "已连续驻点七天")
    _send(called, "评价这次吹哨")
    called.goto("/desk?queue=whistles")
    expect(called.locator(".queue .empty")).to_be_visible()


def test_one_who_was_called_objects_and_is_released_and_nobody_else_is_shown_a_form(
    guiping: RunningCity, sit: Sit
) -> None:
    name = guiping.city.departments[SECOND].name
    page = sit(COMMUNITY)
    page.goto("/community?queue=whistles")
    sounding = _form(page, "吹哨")
    sounding.locator("summary").click()
    sounding.get_by_label("什么事").fill("电箱冒烟有人围观")
    sounding.get_by_label(name, exact=True).check()
    sounding.locator("button[type=submit]").click()
    page.goto("/community?queue=whistles")
    page.locator(".queue-row", has_text="电箱冒烟").click()
    called = sit(Post(Role.CLERK, SECOND))
    called.goto("/desk?queue=whistles")
    called.locator(".queue-row", has_text="电箱冒烟").click()
    _send(called, "签收哨令", "值班班长")
    _send(called, "到场报到", "值班班长")
    _send(called, "现场异议", "属供电公司职责")
    _send(page, f"放行：{name}", "确属供电公司职责")
    _send(page, "结束")
    page.goto("/community?queue=whistles")
    expect(page.locator(".queue .empty")).to_be_visible()
    code = next(unit.code for unit in guiping.city.children("C01"))
    grid = sit(Post(Role.GRID, code))  # whose members are called on the telephone page
    grid.goto(f"/cases/{_case(guiping, 'whistle-2', code)}")
    expect(grid.locator(".history li").first).to_be_visible()
    expect(grid.locator(".acts details.act").first).to_be_visible()
    expect(_form(grid, "吹哨")).to_have_count(0)
