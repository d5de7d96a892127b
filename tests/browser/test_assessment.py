"""A year's hundred-point assessment through the pages: opened, raters named, voted by link, counted and shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from shared.kernel.calendar import SHANGHAI
from tests.browser.conftest import DESK, PHONE
from tests.support.console_stack import Served, apart
from tests.support.score_stack import scored

pytestmark = pytest.mark.browser
DECEMBER = datetime(2026, 12, 8, 10, tzinfo=SHANGHAI)
COMMUNITY = Post(Role.COMMUNITY, "C02")
POINTS = (30, 20, 20, 10)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with apart(scored, tmp_path_factory.mktemp("assessment") / "data", cases=60, at=DECEMBER) as served:
        yield served


def _opened(browser: Browser, served: Served, wrong: list[str], key: str = "") -> Page:
    size = DESK if key else PHONE
    context = browser.new_context(base_url=served.url, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    if key:
        context.add_cookies([{"name": SESSION, "value": key, "url": served.url}])
    page = context.new_page()
    own = ("/act/", "/b/")

    def note(said: object) -> None:
        at = str(said.location.get("url", ""))  # type: ignore[attr-defined]
        if said.type == "error" and not any(path in at for path in own):  # type: ignore[attr-defined]
            wrong.append(said.text)  # type: ignore[attr-defined]

    page.on("console", note)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return page


def _send(page: Page, title: str) -> None:
    form = page.locator(f".actform:has(button[type=submit]:text-is('{title}'))")
    form.locator("button[type=submit]").click()
    expect(form.locator(".state-done")).to_be_visible()
    page.reload()


def test_an_assessment_is_opened_voted_and_counted_through_the_pages(browser: Browser, served: Served) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, wrong, served.signed(COMMUNITY))
    page.goto("/assessment")
    _send(page, "开启评议")
    naming = page.locator(".actform:has(button:text-is('登记评议人'))")
    naming.get_by_label("居民编号").fill(" ".join(f"R-{n:02d}" for n in range(50)))
    _send(page, "登记评议人")
    tokens = page.locator(".token-card a.mono, .token-card .mono a")
    expect(tokens).to_have_count(50)
    links = [str(link.get_attribute("href")) for link in tokens.all()]
    closing = page.get_by_role("button", name="结束并计票")
    expect(closing).to_be_disabled()

    rater = _opened(browser, served, wrong)
    rater.goto(links[0])
    cards = rater.locator("section.card")
    unit = cards.first.locator("h2").inner_text()
    assert cards.count() > 1
    for place, points in enumerate((31, *POINTS[1:])):
        cards.first.locator("input[type=number]").nth(place).fill(str(points))
    rater.evaluate("document.querySelectorAll('form').forEach((form) => form.noValidate = true)")
    cards.first.get_by_role("button").click()
    expect(rater.get_by_role("alert")).to_contain_text("没有提交成功")
    expect(cards.first.locator("input[type=number]").nth(1)).to_have_value("20")
    cards.first.locator("input[type=number]").first.fill("30")
    cards.first.get_by_role("button").click()
    expect(cards.first).to_contain_text("已投")
    assert rater.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rater.goto(links[0])  # the page does not remember: the box does
    for place, points in enumerate(POINTS):
        cards.first.locator("input[type=number]").nth(place).fill(str(points))
    cards.first.get_by_role("button").click()
    expect(rater.get_by_role("alert")).to_contain_text("已经对该对象投过票")
    rater.goto(links[0][:-1] + ("0" if links[0][-1] != "0" else "1"))
    for place, points in enumerate(POINTS):
        cards.first.locator("input[type=number]").nth(place).fill(str(points))
    cards.first.get_by_role("button").click()
    expect(rater.get_by_role("alert")).to_contain_text("没有这张选票的凭证")

    fields = {str(f.get_attribute("name")): p for f, p in zip(
        cards.first.locator("input[type=number]").all(), POINTS, strict=True)}  # fmt: skip
    code = cards.first.locator("input[name=unit]").get_attribute("value")
    for n, link in enumerate(links[1:], 1):
        form = {"unit": str(code), "key": f"ballot-{n}", **{name: str(p) for name, p in fields.items()}}
        assert rater.request.post(link, form=form, max_redirects=0).status == 303
    page.reload()
    expect(page.locator(".task-card tbody tr", has_text="50 / 50")).to_have_count(1)
    _send(page, "结束并计票")
    expect(page.locator(".tier-card tbody tr", has_text=unit)).to_contain_text(re.compile(r"80(\.00)?"))
    rater.goto(links[0])
    expect(rater.locator("main")).to_contain_text("评议已经结束")
    for one in (page, rater):
        one.context.close()
    assert wrong == []
