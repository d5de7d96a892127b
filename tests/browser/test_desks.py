"""Work is done at the desks: a whole case by four people in real browsers, and what the rules refuse."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit
from tests.browser.documents import sheets, taken
from tests.support.running_city import RunningCity, wait
from tests.support.wording import apart

pytestmark = pytest.mark.browser
OPERATIONS = Post(Role.OPERATIONS, "donggang")
TRIED = "现场更换灯泡两盏"


def _holder(lead: str) -> tuple[Post, str]:
    """Return who sits at the desk of a lead, and where that is."""
    return (Post(Role.STREET, lead), "/dispatch") if lead.startswith("S") else (Post(Role.CLERK, lead), "/desk")


def _open(page: Page, path: str, queue: str, case: str) -> None:
    page.goto(f"{path}?queue={queue}&item={case}")
    expect(page.locator(".item-head h2")).to_be_visible()


def _kind(lead: str) -> str:
    return "unit" if lead.startswith("S") else "department"


def _act(page: Page, title: str) -> None:
    """Press the button of a form; what came of it the city is asked, since the form may be gone with its state."""
    page.locator(f".actform:has(button[type=submit]:text-is('{title}')) button[type=submit]").click()


def test_a_case_is_dispatched_accepted_done_and_verified_from_the_desks(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("desk-1", "street-lights")["case"]
    lead = city.shown(case, "dispatched")["lead"]
    post, path = _holder(lead)
    clerk = sit(post)
    clerk.goto(f"{path}?queue=to_accept")
    expect(clerk.locator(".queues .on")).to_contain_text("待签收")
    clerk.locator(f".queue-row[href*='{case}']").click()
    expect(clerk.locator(".item-head h2")).to_be_visible()
    _act(clerk, "签收")
    city.shown(case, "accepted")
    expect(clerk.locator(".act summary:text-is('办结反馈')")).to_be_visible()
    clerk.locator(".act:has(summary:text-is('办结反馈')) textarea").fill(TRIED)
    clerk.reload()
    expect(clerk.locator(".act:has(summary:text-is('办结反馈')) textarea")).to_have_value(TRIED)
    _act(clerk, "办结反馈")
    city.shown(case, "handled")
    expect(clerk.locator(".acts")).to_contain_text("现在不需要您办理")
    assert clerk.evaluate("Object.keys(localStorage).filter((k) => k.includes('finish')).length") == 0
    verifier = city.get("dispatch", f"/v1/orders/{case}").json()["responsible"]
    seat = sit(Post(Role.COMMUNITY, "C01"), size=PHONE)
    if verifier == "C01":
        _open(seat, "/community", "verify", case)
        seat.locator(".act:has(summary:text-is('核查')) textarea").fill("两盏都亮了")
        _act(seat, "核查")
        city.shown(case, "verified")
    assert seat.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_was_not_waited_for_is_under_the_bell_until_it_is_read(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("desk-bell", "street-lights")["case"]
    lead = city.shown(case, "dispatched")["lead"]
    post, path = _holder(lead)
    page = sit(post)
    _open(page, path, "to_accept", case)
    page.route("**/act/**", lambda route: route.fetch() and None, times=1)  # done, and the answer never comes
    _act(page, "签收")
    city.shown(case, "accepted")
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        later = "UPDATE donggang_console.command SET at = at - interval '11 seconds' WHERE case_id = $1"
        aside.submit(lambda: city.sql(later, case)).result()
    _open(page, path, "in_hand", case)
    bell = page.locator(".bell button")
    expect(page.locator(".bell-count")).to_have_text("1")
    bell.focus()
    page.keyboard.press("Enter")
    line = page.locator(".bell-list li.fresh")
    expect(line).to_contain_text("签收")
    expect(line).to_contain_text("已生效")
    expect(line.locator("a")).to_have_attribute("href", f"/cases/{case}")
    expect(page.locator(".bell-count")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".bell-list")).to_have_count(0)
    expect(bell).to_be_focused()
    note = page.locator(".act:has(summary:text-is('报进展'))")
    note.locator("summary").click()
    note.locator("textarea").fill("已到现场看过")
    with page.expect_response("**/outcomes/told"):
        _act(page, "报进展")
    bell.click()
    expect(page.locator(".bell-list li")).to_have_count(1)  # what its page has shown is not under the bell


def test_a_refusal_names_the_rule_and_keeps_what_was_typed(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("desk-2", "street-lights")["case"]
    lead = city.shown(case, "dispatched")["lead"]
    post, path = _holder(lead)
    page = sit(post)
    accept = {"assignment": 1, "handler": "经办岗"}
    assert city.post("dispatch", f"/v1/orders/{case}/accept", accept, (_kind(lead), lead)).status_code == 200
    city.shown(case, "accepted")
    _open(page, path, "in_hand", case)
    back = page.locator(".act:has(summary:text-is('退单'))")
    back.locator("summary").click()
    back.locator("input").first.fill("第 3 条")
    back.locator("select").select_option("gardens")
    back.locator("textarea").fill("不属本部门职责")
    finish = {"assignment": 1, "what": "已换灯泡", "contacted": True, "evidence": 1, "handler": "经办岗"}
    assert city.post("dispatch", f"/v1/orders/{case}/finish", finish, (_kind(lead), lead)).status_code == 200
    back.locator("button[type=submit]").click()
    expect(back.locator(".state-refused")).to_contain_text("未生效")
    expect(page.locator(".item-sub")).to_contain_text("待核查")  # the news is here, and the act is over
    expect(page.locator(".act summary")).to_have_text(["退单"])
    expect(back.locator("textarea")).to_have_value("不属本部门职责")
    expect(back.locator(".off")).to_contain_text("写下的留在这里")
    back.get_by_role("button", name="不留了").click()
    expect(back).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_what_is_being_typed_outlives_news_of_its_case_and_a_reload(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("desk-stale", "street-lights")["case"]
    order = city.order(case, "dispatched")
    post, path = _holder(order["lead"])
    accept = {"handler": "经办岗", "assignment": order["assignment"]}
    assert city.act(case, "accept", (_kind(order["lead"]), order["lead"]), **accept).status_code == 200
    city.shown(case, "accepted")
    page = sit(post)
    _open(page, path, "in_hand", case)
    page.wait_for_load_state("networkidle")
    page.locator(".reveal input").fill("核实具体地点")
    unable = page.locator(".act:has(summary:text-is('无力办理'))")
    unable.locator("summary").click()
    unable.locator("textarea").press_sequentially("已联系")
    told = page.locator(".history li")
    before = told.count()
    progress = {"note": "已到现场看过", "assignment": order["assignment"]}
    assert city.act(case, "progress", (_kind(order["lead"]), order["lead"]), **progress).status_code == 200
    expect(told).to_have_count(before + 1)
    page.keyboard.type("产权单位")  # the cursor is where it was
    extension = {"more": 1, "why": "配件在途，明日送到", "assignment": order["assignment"]}
    assert city.act(case, "extension", (_kind(order["lead"]), order["lead"]), **extension).status_code == 200
    expect(unable.locator(".off")).to_contain_text("已有申请待裁定")  # another form now, and still the cursor
    page.keyboard.type("并留言")
    expect(unable.locator("textarea")).to_have_value("已联系产权单位并留言")
    expect(page.locator(".reveal input")).to_have_value("核实具体地点")
    page.reload()
    expect(unable.locator("textarea")).to_have_value("已联系产权单位并留言")
    expect(unable.locator("textarea")).to_be_visible()
    expect(page.locator(".reveal input")).to_have_value("核实具体地点")
    page.locator(".person summary").click()
    page.locator(".person-menu form[action='/logout'] button").click()
    page.wait_for_url("**/login?out=1")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_only_who_granted_a_suspension_is_offered_to_end_it(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("desk-8", "burst-pipe")["case"]
    order = city.order(case, "dispatched")
    lead, given = city.holder(order["lead"]), {"assignment": order["assignment"]}
    assert city.act(case, "accept", lead, handler="抢修班长", **given).status_code == 200
    asked = {"cause": "weather", "days": 3, "why": "台风停工三天"}
    assert city.act(case, "suspension", lead, **asked, **given).status_code == 200
    judge = city.order(case)["judge"]
    assert judge != order["dispatcher"]
    who = ("operations", "o1") if judge == city.city.root.code else city.holder(judge)
    said = {"granted": True, "note": "情况属实，同意"}
    assert city.act(case, "judge-suspension", who, **said, **given).status_code == 200
    city.shown(case, "suspended")
    at = {Role.COMMUNITY: "C", Role.STREET: "S"}
    dispatcher = sit(
        Post(next(role for role, begins in at.items() if order["dispatcher"][0] == begins), order["dispatcher"])
    )
    dispatcher.goto(f"/cases/{case}")
    expect(dispatcher.locator(".history li").first).to_be_visible()
    expect(dispatcher.locator(".acts")).not_to_be_empty()
    expect(dispatcher.locator(".act:has(summary:text-is('恢复办理'))")).to_have_count(0)
    above = sit(OPERATIONS if judge == city.city.root.code else Post(Role.STREET, judge))
    above.goto(f"/cases/{case}")
    resume = above.locator(".act:has(summary:text-is('恢复办理'))")
    resume.locator("summary").click()
    resume.locator("textarea").fill("台风已过，恢复办理")
    resume.locator("button[type=submit]").click()
    city.shown(case, "accepted")
    expect(resume).to_have_count(0)


def test_what_is_personal_is_shown_for_a_reason_and_on_record(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    who = {"id": "r-9", "name": "王小丽", "phone": "13800002207"}
    case = city.report("desk-3", "street-lights", reporter=who)["case"]
    lead = city.shown(case, "dispatched")["lead"]
    post, path = _holder(lead)
    page = sit(post)
    _open(page, path, "to_accept", case)
    assert "王小丽" not in page.content()
    page.wait_for_load_state("networkidle")
    page.locator(".reveal input").fill("核实具体地点")
    page.locator(".reveal button").click()
    expect(page.locator(".reveal dd", has_text="王小丽")).to_be_visible()
    readings = city.get("intake", f"/v1/cases/{case}/readings").json()["readings"]
    assert [(r["reader"], r["why"]) for r in readings] == [(f"{_kind(lead)}.{lead}", "核实具体地点")]


def test_a_report_that_nobody_understood_is_classified_at_the_dispatch_desk(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("desk-4")["case"]
    wait(lambda: city.get("console", f"/v1/cases/{case}").json().get("status") == "held", 20, "held")
    holder = city.get("console", f"/v1/cases/{case}").json()["responsible"]
    level = Role.COMMUNITY if holder.startswith("C") else Role.OPERATIONS
    page = sit(Post(level, holder))
    page.goto(f"{'/community' if level is Role.COMMUNITY else '/dispatch'}?queue=held&item={case}")
    page.locator(".act:has(summary:text-is('归类立案')) select").first.select_option("street-lights")
    _act(page, "归类立案")
    city.shown(case, "dispatched")


def test_each_desk_fits_desk_and_phone_and_its_keys_move(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    for n in range(3):
        city.report(f"desk-5-{n}", "street-lights")
    page = sit(OPERATIONS)
    page.goto("/dispatch")
    expect(page.locator(".queues a")).to_have_count(9)
    expect(page.locator(".queues b").first).to_have_text(re.compile(r"\d"))
    phone = sit(Post(Role.COMMUNITY, "C01"), size=PHONE)
    for path in ("/community", "/cases", "/community?queue=whistles"):
        phone.goto(path)
        expect(phone.locator("h1")).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_what_was_said_on_the_telephone_becomes_a_case_and_a_file_becomes_many(
    donggang: RunningCity, sit: Sit, tmp_path: Path
) -> None:
    page = sit(OPERATIONS)
    page.goto("/intake")
    said = page.locator(".actform textarea").first
    said.fill(f"{apart('desk-6')} 路灯不亮")
    page.reload()
    expect(said).to_have_value(re.compile("路灯不亮$"))
    page.locator(".raising .actform").first.get_by_role("button", name="登记").click()
    expect(page.locator(".raising .next", has_text="已登记：")).to_contain_text("DG-")
    table = tmp_path / "来件.csv"
    rows = [f"d6-{n},{apart(f'desk-6-{n}')}" for n in range(3)]
    table.write_text("\n".join(["编号,内容", *rows, "d6-9,"]), encoding="gbk")
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="先看一遍").click()
    expect(page.locator("table.plain")).to_contain_text("退回（格式不合）1")
    page.get_by_role("button", name="导入 4 行").click()
    expect(page.locator(".raising a", has_text="下载未导入的行")).to_be_visible()
    refused = page.locator(".raising ul li").all_inner_texts()
    source = page.locator("form:has(input[type=file]) select option:checked").first.inner_text()
    book = sheets(taken(page, page.locator(".raising a", has_text="下载未导入的行"), "xlsx"))
    title, about, heads, *left_out = book["未收的行"]
    assert (title[0], about[0]) == ("未收的行：来件.csv", f"来源 {source} · 共 {len(refused)} 行")
    assert heads == ("行号", "未收原因", "字段", "Reason", "编号", "内容")
    assert ["".join(f"第 {row[0]} 行：{row[1]}".split()) for row in left_out] == [
        "".join(one.split()) for one in refused
    ]
    assert [row[4:] for row in left_out] == [("d6-9", "")]


def test_a_stale_form_is_refused_and_one_sent_twice_or_again_after_a_lost_answer_is_one_command(
    donggang: RunningCity, sit: Sit
) -> None:
    city = donggang
    case = city.report("desk-older", "street-lights")["case"]
    order = city.order(case, "dispatched")
    accept = {"handler": "经办岗", "assignment": order["assignment"]}
    assert city.act(case, "accept", (_kind(order["lead"]), order["lead"]), **accept).status_code == 200
    city.shown(case, "accepted")
    post, path = _holder(order["lead"])
    page = sit(post, size=PHONE)
    _open(page, path, "in_hand", case)
    progress = page.locator(".act:has(summary:text-is('报进展'))")
    send = progress.locator("button[type=submit]")
    progress.locator("summary").tap()
    progress.locator("textarea").fill("已到现场看过")

    def older(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "if-match": "1"})

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/act/**", older, times=1)
    send.tap()
    expect(progress.locator(".state-refused")).to_contain_text("事项已有变化")
    expect(progress.locator("textarea")).to_have_value("已到现场看过")
    page.route("**/act/**", lost, times=1)
    send.tap()
    expect(progress.locator(".state-refused")).to_contain_text("没有送到")
    send.dblclick()
    expect(progress).to_contain_text("已生效")
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        told = "SELECT count(*) AS n FROM donggang_dispatch.journal WHERE subject = $1 AND type = 'order.progressed.v1'"
        assert aside.submit(city.sql, told, case).result()[0]["n"] == 1


def test_every_count_of_the_desks_and_of_the_analysis_is_as_long_as_what_it_opens(
    donggang: RunningCity, sit: Sit
) -> None:
    lead = donggang.shown(donggang.report("desk-count", "street-lights")["case"], "dispatched")["lead"]
    page = sit(OPERATIONS)
    for seat, path in ((page, "/dispatch"), (sit(_holder(lead)[0]), _holder(lead)[1])):
        seat.goto(path)
        counts = seat.locator(".queues b")
        expect(counts.first).to_have_text(re.compile(r"\d"))
        seen = 0
        for link in [str(one.get_attribute("href")) for one in seat.locator(".queues a").all()]:
            seat.goto(link)
            figure = seat.locator(".queues .on b")
            expect(figure).to_have_text(re.compile(r"^\d+$"))
            expect(seat.locator(".queue-row")).to_have_count(int(figure.inner_text()))
            seen += int(figure.inner_text())
        assert seen
    page.goto("/analysis")
    links = page.locator(".facts td a[href^='/cases?'], .facts td .links a[href^='/cases?']")
    wait(lambda: links.count() or (page.reload() and False), 60, "feedback has heard of a case")
    opened = links.evaluate_all("links => links.map((a) => [a.textContent, a.getAttribute('href')])")
    figures = [(int(said), href) for said, href in opened if said.strip().isdigit()]
    assert figures
    for n, href in figures:
        assert page.request.get(href.replace("/cases?", "/rows/cases?") + "&limit=1").json()["total"] == n, href
