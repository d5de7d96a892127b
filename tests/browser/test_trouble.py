"""The office while the console is away: what was shown stays with its age, so does what is typed; pages live again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import Sit
from tests.support.running_city import RunningCity
from tests.support.wire import Wire

pytestmark = pytest.mark.browser
OPERATIONS = Post(Role.OPERATIONS, "donggang")
BEGUN, MEANWHILE, AFTERWARDS = "已到现场", "看过线路", "换好灯泡"


@pytest.fixture
def wire(donggang: RunningCity) -> Iterator[Wire]:
    """Lend a wire to the running console that can be cut."""
    with Wire(donggang.stack.services["console"]) as wire:
        yield wire


def _later(page: Page, seconds: int) -> None:
    """Let time pass for a page; its own clock is put forward."""
    page.clock.fast_forward(seconds * 1000)


def test_pages_open_over_a_cut_say_their_age_keep_what_is_typed_and_tell_what_happened_meanwhile(
    donggang: RunningCity, sit: Sit, wire: Wire
) -> None:
    city = donggang
    case = city.report("trouble-1", "street-lights")["case"]
    order = city.order(case, "dispatched")
    lead, given = city.holder(order["lead"]), {"assignment": order["assignment"]}
    assert city.act(case, "accept", lead, handler="经办岗", **given).status_code == 200
    city.shown(case, "accepted")
    post, path = (
        (Post(Role.CLERK, lead[1]), "/desk") if lead[0] == "department" else (Post(Role.STREET, lead[1]), "/dispatch")
    )
    desk, board = sit(post, url=wire.url), sit(OPERATIONS, url=wire.url)
    for page in (desk, board):
        page.clock.install()
    desk.goto(f"{path}?queue=in_hand&item={case}")
    board.goto("/")
    figure, told = board.locator('[data-figure="open"] b'), desk.locator(".history li")
    expect(figure).not_to_have_text("—")
    words = desk.locator(".act:has(summary:text-is('办结反馈')) textarea")
    words.fill(BEGUN)
    before = told.count()
    wire.cut()
    shown = figure.inner_text()
    _later(board, 11)
    expect(board.locator(".freshness.old")).to_contain_text("秒未更新")
    assert board.locator(".banner").count() == 0
    for page in (desk, board):
        _later(page, 31)
        expect(page.locator(".banner")).to_contain_text("数据已停止更新")
    assert figure.inner_text() == shown, "what was known stays"
    words.press_sequentially(MEANWHILE)
    assert city.act(case, "progress", lead, note="同事补记：线路老化", **given).status_code == 200
    city.report("trouble-2", "street-lights")
    wire.mend()
    for page in (desk, board):
        _later(page, 6)  # the longest that a page waits between two attempts
        expect(page.locator(".banner")).to_have_count(0)
        expect(page.locator(".freshness.fresh")).to_be_visible()
    expect(told).to_have_count(before + 1)
    expect(desk.locator(".history")).to_contain_text("线路老化")
    expect(figure).not_to_have_text(shown)
    expect(words).to_have_value(BEGUN + MEANWHILE)
    words.press_sequentially(AFTERWARDS)
    desk.locator(".actform:has(button:text-is('办结反馈')) button[type=submit]").click()
    city.shown(case, "handled")


def test_a_page_whose_console_does_not_answer_stays_and_lives_again_when_it_does(
    donggang: RunningCity, sit: Sit, wire: Wire
) -> None:
    page = sit(OPERATIONS, url=wire.url)
    page.clock.install()
    page.goto("/intake")
    expect(page.locator(".freshness")).to_contain_text(re.compile(r"数据截至 \d"))
    page.evaluate("window.opened = true")
    wire.hold()
    for _ in range(8):  # a ping that is missed after 72 s, and attempts of 20 s each
        _later(page, 25)
    expect(page.locator(".banner")).to_contain_text("数据已停止更新")
    assert page.evaluate("window.opened"), "a page that went away to look for the console shows nothing at all"
    words = page.locator(".actform textarea").first
    words.fill("东门路灯不亮")
    wire.mend()
    _later(page, 25)
    expect(page.locator(".banner")).to_have_count(0)
    expect(words).to_have_value("东门路灯不亮")
