"""Lists and claims in a browser: a wish is ordered, reviewed, claimed by the first and confirmed; an item is published
and claimed as a project that both sides sign."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import Post, Role
from shared.kernel.calendar import SHANGHAI
from tests.browser.conftest import AXE, NARROW, PHONE, Sit
from tests.browser.documents import lines, says_the_same, sheets, table, taken
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
    expect(community.locator(".history", has_text="心愿已圆，5 分")).to_be_visible()


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
    expect(clerk.locator(".facts tr", has_text=wording[:6])).to_contain_text("已签约")
    _agreement_says_what_the_page_says(clerk, wording)
    clerk.goto(f"/lists?at={HERE}&tab=lists")
    _workbook_says_what_the_page_says(clerk)


def test_a_day_is_typed_or_picked_in_the_language_of_the_page(donggang: RunningCity, sit: Sit) -> None:
    partner = donggang.city.paired_with(HERE)[0]
    page = sit(Post(Role.CLERK, partner), size=NARROW)
    for lang, label, month, said in (
        ("zh", "有效从", "十一月", "请写成 2026-11-24"), ("en", "Valid from", "November", "Please write 2026-11-24")
    ):  # fmt: skip
        page.goto(f"/lists?at={HERE}&tab=lists&lang={lang}")
        day = page.get_by_role("textbox", name=label, exact=True)
        day.fill("不知道")
        assert day.evaluate("field => field.validationMessage") == said
        day.fill("2026/11/5")
        day.press("Tab")
        expect(day).to_have_value("2026-11-05")
        assert day.evaluate("field => field.validity.valid")
        page.keyboard.press("Enter")  # the calendar's own button comes next
        calendar = page.locator(".day-open")
        expect(calendar).to_contain_text(month)
        page.evaluate(AXE)
        found = page.evaluate("axe.run('.day-field', { resultTypes: ['violations'] })")["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        expect(calendar).to_have_count(0)
        page.keyboard.press("Enter")
        chosen = calendar.get_by_role("button", name="24", exact=True)
        chosen.focus()
        chosen.press("Enter")
        expect(day).to_have_value("2026-11-24")
        expect(day).to_be_focused()


def _agreement_says_what_the_page_says(page: Page, wording: str) -> None:
    agreed, sides, days, status = next(row for row in table(page.locator(".facts")) if wording[:6] in row[0])
    (first, second), (starts, ends) = sides.split(" · "), days.split(" – ")
    link = page.locator(".card-more a")
    written = taken(page, link.filter(has_text="Word"), "docx")
    says_the_same(taken(page, link.filter(has_text="PDF"), "pdf"), written)
    assert status == "已签约"
    on = datetime.now(SHANGHAI)
    assert lines(written) == [
        first, "共建项目协议书", f"甲方：{first}", f"乙方：{second}",
        "一、共建内容", f"清单条目：{wording}", agreed,
        "二、起止时间", f"自{_day(date.fromisoformat(starts))}至{_day(date.fromisoformat(ends))}",
        "三、双方约定",
        "双方按约定内容开展共建，完成后由双方确认，并相互评价；逾期只有一方签约的，本协议不生效。",
        f"甲方（盖章）：{first}（已签约）", f"乙方（盖章）：{second}（已签约）", f"签订日期：{_day(on)}",
    ]  # fmt: skip


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def _workbook_says_what_the_page_says(page: Page) -> None:
    own = page.locator(".card", has=page.get_by_role("link", name="Excel"))
    name = table(own.locator(".facts"))[1][2]
    shown = {}
    for kind, what, owner, left, until, status in table(own.locator(".facts"))[1:]:
        assert owner == name
        rest, total = map(int, left.split(" / "))
        shown.setdefault(f"{kind}清单", []).append((*what.partition("\n")[::2], total, total - rest, until, status))
    book = sheets(taken(page, own.get_by_role("link", name="Excel"), "xlsx"))
    assert list(book) == sorted(shown, key=list(book).index)
    for kind, (title, total, heads, *rows) in book.items():
        assert (title[0], total[0]) == (f"{name}{kind}", f"共 {len(rows)} 项")
        said = [dict(zip(heads, row, strict=True)) for row in rows]
        assert [one["序号"] for one in said] == list(range(1, len(rows) + 1))
        columns = ("内容", "服务形式", "数量", "已点单", "有效期至", "状态")
        assert [tuple(one[column] for column in columns) for one in said] == shown[kind]
