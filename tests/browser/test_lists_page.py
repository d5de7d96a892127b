"""Lists and claims in a browser: a wish is ordered, reviewed, claimed by the first and confirmed; an item is published
and claimed as a project that both sides sign."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit
from tests.support.running_city import RunningCity
from tests.support.wording import apart

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
HERE = "C01"


def _do(page: Page, title: str) -> None:
    """Press the button of a form."""
    page.locator(f".actform button[type=submit]:text-is('{title}')").first.click()


def test_a_wish_goes_from_order_to_grade_and_one_claim_wins(donggang: RunningCity, sit: Sit) -> None:
    first, second = donggang.city.paired_with(HERE)[:2]
    wording = apart("lists-wish")
    community = sit(Post(Role.COMMUNITY, HERE))
    community.goto("/lists")
    form = community.locator(".actform")
    form.locator("textarea").fill(wording)
    for n, said in enumerate(("王小丽", "13800002207")):
        form.locator("input").nth(n).fill(said)
    _do(community, "代为点单")
    column = community.locator(".claim-board section")
    row = column.nth(0).locator(".queue-row", has_text=wording[:12])
    expect(row).to_be_visible()  # the board follows by itself
    row.click()
    _do(community, "审单通过，公布认领")
    expect(column.nth(1)).to_contain_text(wording[:12])
    address = community.url.split("/lists")[1]
    winner, loser = sit(Post(Role.CLERK, first)), sit(Post(Role.CLERK, second), size=PHONE)
    for page in (winner, loser):
        page.goto(f"/lists{address}")
        expect(page.locator(".acts button")).to_be_enabled()
    _do(winner, "认领")
    expect(winner.locator(".act summary:text-is('已办好')")).to_be_visible()
    expect(loser.locator(".acts .off")).to_contain_text("已由")
    expect(loser.locator(".acts button")).to_be_disabled()
    assert loser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    winner.locator(".reveal input").fill("上门前联系")
    winner.locator(".reveal button").click()
    expect(winner.locator(".reveal dd", has_text="王小丽")).to_be_visible()
    assert "王小丽" not in loser.content()
    winner.locator(".act:has(summary:text-is('已办好')) textarea").fill("已送到家中")
    _do(winner, "已办好")
    expect(column.nth(3)).to_contain_text(wording[:12])
    _do(community, "确认并评价")
    expect(community.locator(".history")).to_contain_text("心愿已圆，5 分")


def test_an_item_is_published_claimed_and_the_project_signed_by_both(donggang: RunningCity, sit: Sit) -> None:
    partner = donggang.city.paired_with(HERE)[0]
    wording = apart("lists-item")
    clerk, community = sit(Post(Role.CLERK, partner)), sit(Post(Role.COMMUNITY, HERE))
    clerk.goto(f"/lists?at={HERE}&tab=lists")
    draft = clerk.locator(".actform", has_text="哪个清单")
    draft.locator("select").select_option("service")
    draft.locator("textarea").fill(wording)
    _do(clerk, "写入清单")
    clerk.locator(".facts .name a", has_text=wording[:12]).first.click()
    _do(clerk, "公布")
    community.goto(f"/lists?at={HERE}&tab=lists")
    community.locator(".facts .name a", has_text=wording[:12]).click()
    community.locator(".actform textarea").first.fill(f"每周一次{wording[:6]}")
    _do(community, "认领并签约")
    clerk.goto(f"/lists?at={HERE}&tab=projects")
    clerk.locator(".facts .name a", has_text=wording[:6]).first.click()
    _do(clerk, "签约")
    expect(clerk.locator(".actform button:text-is('开始')")).to_be_visible()
    with clerk.expect_download() as taken:
        clerk.locator(".card-more a", has_text="PDF").click()
    assert taken.value.suggested_filename.endswith(".pdf")
