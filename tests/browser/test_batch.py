"""Cases of one matter and place are dispatched together: one command each, and one refused stops no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from services.console.access.roles import Post, Role
from shared.city.model import UnitLevel
from tests.browser.conftest import PHONE, Sit, is_sound
from tests.support.running_city import PLACE, RunningCity

pytestmark = pytest.mark.browser
MATTER, ELSEWHERE = "burst-pipe", "C01-G01-B2"
DESKS = {
    UnitLevel.COMMUNITY: (Role.COMMUNITY, "/community"),
    UnitLevel.STREET: (Role.STREET, "/dispatch"),
    UnitLevel.CITY: (Role.OPERATIONS, "/dispatch"),
}


def _waiting(city: RunningCity, name: str, *, place: str = PLACE, handed_back: bool = False) -> str:
    """Report something that was dispatched by rule and waits again; its first lead may have handed it back."""
    case: str = city.report(name, MATTER, place={"unit": place})["case"]
    order = city.order(case, "dispatched")
    given, above = {"assignment": order["assignment"]}, _who(city, order["dispatcher"])
    if handed_back:
        said = {"clause": "三定方案", "proposed": "gardens", "note": "不属本部门职责"}
        assert city.act(case, "hand-back", city.holder(order["lead"]), **said, **given).status_code == 200
        assert city.act(case, "judge-hand-back", above, upheld=True, note="情况属实", **given).status_code == 200
    else:
        assert city.act(case, "recall", above, reason="派错了单位", **given).status_code == 200
    city.shown(case, "waiting")
    return case


def _who(city: RunningCity, dispatcher: str) -> tuple[str, str]:
    return ("operations", "o1") if dispatcher == city.city.root.code else city.holder(dispatcher)


def _row(page: Page, case: str) -> str:
    return f".queue-line:has(a[href*='item={case}'])"


def _state(page: Page, city: RunningCity, case: str) -> str:
    return f".batch li:has(a[href$='{city.get('console', f'/v1/cases/{case}').json()['number']}'])"


def test_cases_picked_go_out_as_one_command_each_and_one_refused_stops_no_other(
    donggang: RunningCity, sit: Sit, tmp_path: Path
) -> None:
    city = donggang
    barred = _waiting(city, "batch-1", handed_back=True)
    free = [_waiting(city, f"batch-{n}") for n in (2, 3)]
    other = _waiting(city, "batch-4", place=ELSEWHERE)
    order = city.order(barred)
    assert order["dispatcher"] == city.order(other)["dispatcher"]
    role, path = DESKS[city.city.units[order["dispatcher"]].level]
    page = sit(Post(role, order["dispatcher"]))
    page.goto(f"{path}?queue=waiting")
    for n, case in enumerate((barred, *free)):
        box = page.locator(f"{_row(page, case)} input")
        box.focus()
        page.keyboard.press("Space")
        expect(page.locator(".queue-bar [role=status]")).to_have_text(f"已选 {n + 1} 件")
    unlike = page.locator(f"{_row(page, other)} input")
    expect(unlike).to_be_disabled()
    expect(page.locator(f"{_row(page, other)} label")).to_have_attribute(
        "title", "事项或地点与已选的不同，不能一批派出"
    )
    page.reload()
    expect(page.locator(".queue-line input:checked")).to_have_count(3)
    (folder := tmp_path / "list").mkdir()
    is_sound(page, folder)
    page.locator(".queue-bar a").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".batch li")).to_have_count(3)
    lead = next(iter(city.city.matters[MATTER].leads))
    page.locator(".batch select").select_option(lead)
    page.reload()
    expect(page.locator(".batch select")).to_have_value(lead)
    (folder := tmp_path / "form").mkdir()
    is_sound(page, folder)

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(f"**/act/dispatch/v1/orders/{free[0]}/dispatch", lost, times=1)
    page.locator(".batch button[type=submit]").dblclick()
    expect(page.locator(f"{_state(page, city, free[1])} .state-done")).to_have_text("已生效")
    expect(page.locator(f"{_state(page, city, barred)} .state-refused")).to_contain_text("退")
    expect(page.locator(f"{_state(page, city, free[0])} .state-refused")).to_contain_text("没有送到")
    submit = page.locator(".batch button[type=submit]")
    expect(submit).to_have_text("派单 2 件")
    submit.click()
    expect(page.locator(f"{_state(page, city, free[0])} .state-done")).to_have_text("已生效")
    assert [city.order(case, "dispatched")["lead"] for case in free] == [lead, lead]
    elsewhere = next(code for code in sorted(city.city.reach(order["dispatcher"], MATTER)) if code != lead)
    page.locator(".batch select").select_option(elsewhere)
    submit.click()
    expect(page.locator(".batch [role=status]").last).to_have_text("已派 3 件，未成 0 件")
    assert city.order(barred, "dispatched")["lead"] == elsewhere
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        told = "SELECT count(*) AS n FROM donggang_dispatch.journal WHERE subject = $1 AND type = 'order.dispatched.v1'"
        counts = [aside.submit(city.sql, told, case).result()[0]["n"] for case in (barred, *free)]
    assert counts == [2, 2, 2]  # once by rule, once by hand
    page.reload()
    expect(page.locator(".batch .state-off").first).to_contain_text("已不在待派：待签收")
    expect(submit).to_be_disabled()


def test_a_batch_is_picked_with_a_finger_and_what_cannot_go_together_is_not_offered(
    donggang: RunningCity, sit: Sit
) -> None:
    city = donggang
    one, two = _waiting(city, "batch-5"), _waiting(city, "batch-6", place=ELSEWHERE)
    dispatcher = city.order(one)["dispatcher"]
    role, path = DESKS[city.city.units[dispatcher].level]
    page = sit(Post(role, dispatcher), size=PHONE)
    page.goto(f"{path}?queue=waiting&lang=en")
    page.locator(f"{_row(page, one)} label").tap()
    expect(page.locator(".queue-bar [role=status]")).to_have_text("1 picked")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".queue-bar a").tap()
    expect(page.locator(".batch li")).to_have_count(1)
    expect(page.locator(".batch button[type=submit]")).to_have_text("Dispatch 1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".desk-item .back").tap()
    expect(page.locator(f"{_row(page, one)} input")).to_be_checked()
    page.goto(f"{path}?queue=waiting&batch={one},{two}")
    expect(page.locator(".batch .state-off")).to_have_text(
        "Of another matter or place than what is picked: they cannot go together"
    )
    expect(page.locator(".batch button[type=submit]")).to_have_text("Dispatch 1")
    page.goto(f"{path}?queue=waiting&batch={','.join(str(n) for n in range(51))}")
    expect(page.locator(".desk-item .notice")).to_have_text("50 together at most")
    page.goto(f"{path}?queue=overdue&batch={one}")
    expect(page.locator(".queues .on")).to_be_visible()
    expect(page.locator(".batch, .queue-line input")).to_have_count(0)
