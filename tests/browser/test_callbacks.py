"""Officers call back who was silent: a task is taken from the page, answered there, and the case is closed by it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import Post, Role
from shared.kernel.calendar import SHANGHAI
from tests.browser.conftest import Sit
from tests.browser.documents import lines, says_the_same, taken
from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.browser
OPERATIONS = Post(Role.OPERATIONS, "donggang")
SILENT = "r1"
FORMS = (("Word", "docx"), ("PDF", "pdf"))


def _silent(city: RunningCity, id_: str) -> str:
    """Return a case that is done and verified, whose reporter is silent and drawn for a call-back."""
    case = str(city.report(id_, "burst-pipe")["case"])
    order = city.order(case, "dispatched")
    lead, given = city.holder(order["lead"]), {"assignment": order["assignment"]}
    assert city.act(case, "accept", lead, handler="抢修班长", **given).status_code == 200
    finish = {"what": "已更换阀门", "contacted": True, "evidence": 1, "handler": "抢修班长"}
    assert city.act(case, "finish", lead, **finish, **given).status_code == 200
    verifier = city.holder(city.order(case, "handled")["responsible"])
    seen = {"passed": True, "note": "现场看过，情况属实", "means": "photo"}
    assert city.act(case, "verify", verifier, **seen, **given).status_code == 200
    city.shown(case, "verified")
    mine = ("resident", f"{case}:{SILENT}")
    wait(lambda: city.get("feedback", "/v1/invitations/mine", mine).status_code == 200, 20, "invited")
    # One in a few is drawn, three days later: the deadline is planted as the draw would arm it.
    statement = (
        "INSERT INTO donggang_feedback.deadline (subject, name, due_at, data, touches) "
        "VALUES ($1, $2, now(), $3, '{}') ON CONFLICT (subject, name) DO UPDATE SET due_at = now()"
    )
    drawn = (case, f"call_back:{SILENT}", json.dumps({"round": 1, "reporter": SILENT}))
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        aside.submit(city.sql, statement, *drawn).result()
    wait(lambda: case in _tasks(city), 30, "drawn")
    return case


def _tasks(city: RunningCity) -> list[str]:
    return [task["case"] for task in city.get("feedback", "/v1/call-backs").json()["tasks"]]


def _takes(page: Page, case: str) -> None:
    page.goto("/callbacks")
    page.locator(f".task-card tbody a[href*='{case}']").click()
    expect(page.locator(".act-card .actform")).to_be_visible()


def test_a_call_back_is_taken_and_answered_on_the_page_and_closes_the_case(donggang: RunningCity, sit: Sit) -> None:
    case = _silent(donggang, "call-back-answered")
    page = sit(OPERATIONS)
    _takes(page, case)
    form = page.locator(".act-card .actform")
    form.get_by_label("承办单位联系过反映人").check()
    form.get_by_label("反映人说已解决").check()
    form.get_by_label("满意度").select_option(label="满意")
    form.get_by_label("反映人的话").fill("修好了，谢谢")
    page.reload()
    expect(form.get_by_label("反映人的话")).to_have_value("修好了，谢谢")
    form.get_by_role("button", name="记录回访").click()
    expect(form.locator(".state-done")).to_be_visible()
    donggang.order(case, "closed")
    page.goto("/callbacks")
    expect(page.locator(f".task-card tbody a[href*='{case}']")).to_have_count(0)
    _papers_say_what_the_page_says(page, case)


@dataclass(frozen=True)
class _Entry:
    """One entry of a case's history as the page has it."""

    at: str
    title: str
    who: str
    note: str
    until: str


def _history(page: Page) -> list[_Entry]:
    """Return the history from the beginning on."""
    found: list[list[str]] = page.locator(".history li").evaluate_all(
        """rows => rows.map((row) => ["time", "b", ".who", ".note", ".effect"].map((at) =>
             (row.querySelector(at)?.innerText ?? "").replace("\\n", " ")))"""
    )
    return [_Entry(_moment(at), title, who, note, _moment(effect)) for at, title, who, note, effect in reversed(found)]


def _moment(said: str) -> str:
    """Return an instant of this year that a page tells as papers have it."""
    found = re.search(r"(\d+)-(\d+) \S+ (\d\d:\d\d)", said)
    year = datetime.now(SHANGHAI).year
    return f"{year}年{int(found[1])}月{int(found[2])}日 {found[3]}" if found else ""


def _papers_say_what_the_page_says(page: Page, case: str) -> None:
    """Compare every cell of the three papers of a case with its page."""
    page.goto(f"/cases/{case}")
    ended = page.locator(".history li b", has_text="评价计入")
    expect(ended).to_be_attached()
    told = _history(page)

    def of(begins: str) -> _Entry:
        return next(one for one in told if one.title.startswith(begins))

    sent, accepted, done, seen = of("派给"), of("签收"), of("办结反馈"), of("核查通过")
    about = page.locator(".matter-card .details")
    details = dict(zip(about.locator("dt").all_inner_texts(), about.locator("dd").all_inner_texts(), strict=True))
    number = page.locator(".case-head .crumbs span").inner_text().split(" · ")[0].removeprefix(" / ")
    lead, street = sent.title.removeprefix("派给"), sent.who
    urgent = "紧急" if "（紧急）" in details["类型"] else "一般"
    place = ("发生地点", "东港市" + details["位置"].replace(" / ", ""))
    matter = ("事项", details["事项"].replace(" / ", "—"))
    summary = ("反映内容", page.locator("h1").inner_text())

    def made(paper: str) -> list[str | tuple[str, ...]]:
        files = [taken(page, page.locator(".papers a", has_text=f"{paper} {form}"), end) for form, end in FORMS]
        says_the_same(files[1], files[0])
        return lines(files[0])

    given = made("问题交办单")
    asked = given.pop(-4)
    assert asked[0] == "办理要求"
    assert given == [
        street, f"{number} 第1次交办", "问题交办单",
        ("案号", number, "紧急程度", urgent), matter, place, summary,
        ("交办单位", street, "交办时间", sent.at), ("主办单位", lead, "办理层级", "部门"),
        ("协办单位", "无", "派单依据", "事项首选主办部门"),
        ("签收时限", sent.until, "办理时限", accepted.until),
        ("承办岗位", "抢修班长", "签收时间", accepted.at),
        f"{street}（盖章）", sent.at[:-6],
    ]  # fmt: skip
    assert made("处置反馈单") == [
        lead, f"{number} 第1次反馈", "处置反馈单",
        ("案号", number, "紧急程度", urgent), matter, place, summary,
        ("交办单位", street, "签收时间", accepted.at), ("承办单位", done.who, "承办岗位", "抢修班长"),
        ("协办单位", "无", "联系反映人", "已联系"), ("处置情况", done.note),
        ("办结时间", done.at, "办理时限", accepted.until), ("是否按期", "按期办结", "佐证材料", "1件"),
        ("核查结果", f"{seen.who}于{seen.at}核查通过"),
        f"{done.who}（盖章）", done.at[:-6],
    ]  # fmt: skip
    invited, rated = of("邀请反映人评价"), of("回访评价：已解决，4 分")
    assert made("工作评分单") == [
        "东港市指挥中心", f"{number} 第1轮评价", "工作评分单",
        ("案号", number, "评价轮次", "第1轮"), matter, place,
        ("主办单位", lead, "交办单位", street), ("办理单位", done.who, "核查单位", seen.who),
        ("评价开始", invited.at, "评价截止", seen.until), "群众评价",
        ("序号", "方式", "联系", "解决", "满意度", "评价时间", "计分"),
        ("1", "回访", "已联系", "已解决", "满意", rated.at[5:], "计分"),
        ("应评人数", "1人", "有效评价", "1份"), ("已联系", "1份", "已解决", "1份"),
        ("评价结果", "已评价，可以结案"), ("申诉剔除", "无"),
        "东港市指挥中心（盖章）", rated.at[:-6],
    ]  # fmt: skip


def test_a_second_attempt_on_the_same_day_is_refused_by_its_rule(donggang: RunningCity, sit: Sit) -> None:
    case = _silent(donggang, "call-back-in-vain")
    page = sit(OPERATIONS)
    for said in (".state-done", ".state-refused"):
        _takes(page, case)
        form = page.locator(".act-card .actform")
        form.get_by_label("结果").select_option(label="没有联系上")
        expect(form.get_by_label("满意度")).to_have_count(0)
        form.get_by_role("button", name="记录回访").click()
        expect(form.locator(said)).to_be_visible()
    expect(form.locator(".state-refused")).to_contain_text("未生效")
    assert case in _tasks(donggang)
