"""Officers call back who was silent: a task is taken from the page, answered there, and the case is closed by it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import Sit
from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.browser
OPERATIONS = Post(Role.OPERATIONS, "donggang")
SILENT = "r1"


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
