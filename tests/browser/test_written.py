"""A name with markup and a mark that turns letters round, in every text field that people fill: it is shown as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import DESK, PHONE, Sit, watch
from tests.support.running_city import RunningCity
from tests.support.wording import apart

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=ran=1>\u202e"
OPERATIONS = Post(Role.OPERATIONS, "donggang")
TYPED = "textarea, input[type=text], input:not([type]), input[type=search]"
STANDS_FOR_ITSELF = """() => [...document.querySelectorAll("main *")].filter((one) =>
  [...one.childNodes].some((node) => node.nodeType === 3 && node.data.includes("\\u202e"))
  && one.checkVisibility() && getComputedStyle(one).display === "inline"
  && !getComputedStyle(one).unicodeBidi.startsWith("isolate")).map((one) => one.outerHTML.slice(0, 90))"""


def _fill(form: Locator, words: str) -> int:
    """Type that, and words of one's own, into every text field of a form; returns how many there are."""
    fields = [field for field in form.locator(TYPED).all() if field.is_visible()]
    for field in fields:
        field.fill((EVIL + words)[: int(field.get_attribute("maxlength") or 200)])
    return len(fields)


def is_text(page: Page) -> None:
    """Look at a page on desk and phone: what people wrote is there as text, runs nothing, and moves nothing else."""
    expect(page.locator("main").get_by_text("onerror=ran=1").first).to_be_attached()
    for size in (DESK, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.locator("img[src=x]").count() == 0, page.url
        assert page.evaluate("window.ran") is None, page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, size)
        assert page.evaluate(STANDS_FOR_ITSELF) == [], page.url


def test_in_what_a_resident_writes(browser: Browser, donggang: RunningCity) -> None:
    wrong, url = list[str](), donggang.stack.services["console"]
    context = browser.new_context(base_url=url, viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    page = context.new_page()
    watch(page, url, wrong)
    page.goto("/r")
    assert _fill(page.locator("form"), f"{apart('written-1')}路灯不亮") == 2
    page.select_option("#estate", "C01-G01-E1")
    page.click("button.main")
    page.wait_for_url("**/r/*.*?sent=*")
    is_text(page)
    page.fill("#text", f"{EVIL}又灭了")
    page.click("button[value=add]")
    expect(page.locator(".good")).to_contain_text("办理单位看得到")
    is_text(page)
    page.goto("/r")
    page.select_option("#estate", "C01-G01-E1")
    page.fill("#text", f"{EVIL}{apart('written-1')}")
    expect(page.locator(".choice").first).to_contain_text("onerror=ran=1")  # a case nearby, in words of another
    is_text(page)
    context.close()
    assert wrong == []


def test_in_what_the_office_registers_and_imports(donggang: RunningCity, sit: Sit, tmp_path: Path) -> None:
    page = sit(OPERATIONS)
    page.goto("/intake")
    one = page.locator(".raising .actform").first
    assert _fill(one, f"{apart('written-2')}路灯不亮") == 3
    one.get_by_label("位置（网格）").select_option("C01-G01")
    one.get_by_label("事项").select_option("street-lights")
    one.get_by_role("button", name="登记").click()
    expect(page.locator(".raising .next", has_text="已登记：")).to_contain_text("DG-")
    table = tmp_path / "来件.csv"
    rows = [f"{EVIL}w-{n},{EVIL}{apart(f'written-3-{n}')},{EVIL}王小丽,C01-G01,{EVIL}东门" for n in range(2)]
    table.write_text("\n".join([f"编号,内容,姓名,网格,地址{EVIL}", *rows, f"{EVIL},"]), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="先看一遍").click()
    expect(page.locator("table.plain")).to_be_visible()
    is_text(page)
    page.get_by_role("button", name=re.compile("导入 . 行")).click()
    expect(page.locator(".raising a", has_text="下载未导入的行")).to_be_visible()
    page.goto("/cases?q=onerror")
    is_text(page)


def test_in_what_a_desk_writes_and_reads(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    who = {"id": f"{EVIL}r-1", "name": f"{EVIL}王小丽", "phone": "13800002207"}
    place = {"unit": "C05-G01", "address": f"{EVIL}东门"}  # where nobody else has anything to say
    said = EVIL + "".join(apart(f"written-4-{n}") for n in range(6))  # like no other that begins so
    case = city.report("written-4-b", "street-lights", text=said, reporter=who, place=place)["case"]
    order = city.shown(case, "dispatched")
    lead = order["lead"]
    is_street = lead in city.city.units
    page = sit(Post(Role.STREET if is_street else Role.CLERK, lead))
    desk = "/dispatch" if is_street else "/desk"
    for act, queue, status in (
        ("签收", "to_accept", "accepted"), ("报进展", "in_hand", "accepted"), ("申请延期", "in_hand", "accepted"),
    ):  # fmt: skip
        page.goto(f"{desk}?queue={queue}&item={case}")
        box = page.locator(f".act:has(summary:text-is('{act}'))")
        expect(box).to_be_visible()
        page.wait_for_load_state("networkidle")
        box.evaluate("box => { box.open = true }")
        assert _fill(box, "写明情况") == 1
        box.locator("button[type=submit]").click()
        expect(box.locator(".state-done").or_(page.locator(".history", has_text=act))).not_to_have_count(0)
        city.shown(case, status)
        is_text(page)
    page.goto(f"{desk}?queue=in_hand&item={case}")
    page.wait_for_load_state("networkidle")
    page.locator(".reveal input").fill(f"{EVIL}核实")
    page.locator(".reveal button").click()
    expect(page.locator(".reveal dd", has_text="王小丽")).to_contain_text(EVIL)
    is_text(page)
    judge = sit(Post(Role.STREET, order["dispatcher"]) if order["dispatcher"].startswith("S") else OPERATIONS)
    for path in (f"/cases/{case}", f"/dispatch?queue=judged&item={case}", "/dispatch?queue=judged"):
        judge.goto(path)
        judge.wait_for_load_state("networkidle")
        is_text(judge)
