"""What residents and grid staff do on their telephones: on the running city, in a browser, with and without script."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from services.console.access.roles import Post, Role
from services.console.field.page import POLICY
from services.console.reader import SESSION
from tests.browser.conftest import PHONE, Sit, nothing_cut_off
from tests.support.console_stack import sign_in
from tests.support.running_city import RunningCity, wait
from tests.support.wire import Wire
from tests.unit.intake.test_photos import photo, positioned

pytestmark = pytest.mark.browser
ESTATE = "C01-G01-E1"
OWN = "C01-G01"
GRID = Post(Role.GRID, OWN)
PICTURE = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": positioned()}
Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, donggang: RunningCity) -> Iterator[Visit]:
    """Return a function that opens a page without an account; no page may complain or go elsewhere."""
    url = donggang.stack.services["console"]
    wrong: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not said.text.startswith("Failed to load resource"):
            wrong.append(said.text)

    with ExitStack() as open_pages:

        def page(size: dict[str, int] = PHONE, **more: Any) -> Page:
            context = browser.new_context(
                base_url=url, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", **more
            )  # type: ignore[arg-type]
            open_pages.callback(context.close)
            page = context.new_page()
            page.on("console", note)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda r: None if r.url.startswith((url, "blob:", "data:")) else wrong.append(r.url))
            return page

        yield page
    assert wrong == []


def reported(city: RunningCity, id_: str, **more: Any) -> dict[str, Any]:
    """Report as the residents' pages do; the receipt has the link."""
    return city.report(id_, "common-areas", source="mini", **more)


def token_of(receipt: dict[str, Any]) -> str:
    return str(receipt["link"]).rpartition("/")[2]


def verified(city: RunningCity, case: str) -> None:
    """Take a case of the grid to its verification."""
    order = city.order(case, "dispatched")
    who = city.holder(order["lead"])
    for act, body in (
        ("accept", {"handler": "grid-member"}),
        ("finish", {"what": "已清走楼道杂物", "contacted": True, "evidence": 1}),
    ):
        answer = city.act(case, act, who, assignment=order["assignment"], **body)
        assert answer.status_code == 200, answer.text
    order = city.order(case, "handled")
    verifier = city.holder(order["responsible"])
    body = {"assignment": order["assignment"], "passed": True, "note": "现场看过已修好", "means": "photo"}
    assert city.act(case, "verify", verifier, **body).status_code == 200
    mine = ("resident", f"{case}:r1")
    wait(lambda: city.get("feedback", "/v1/invitations/mine", mine).status_code == 200, 20, "invited")


def looked(city: RunningCity, statement: str, *args: Any) -> list[Any]:
    """Look into the database from a thread of its own: the browser's driver holds this one's event loop."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(city.sql, statement, *args).result()


def test_a_report_with_a_photo_goes_in_without_script_and_is_followed(visit: Visit, donggang: RunningCity) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/r")
    page.fill("#text", "七号楼前的井盖碎了一块，晚上有人踩空，<b>请快修</b>")
    page.select_option("#estate", ESTATE)
    page.set_input_files("input[type=file]", [PICTURE, {**PICTURE, "name": "b.gif", "buffer": photo("GIF")}])
    page.click("button.main")
    expect(page.locator("#wrong")).to_contain_text("只收 JPEG、PNG 和 WebP")
    assert "井盖碎了" in page.input_value("#text"), "what was typed is still there"
    page.set_input_files("input[type=file]", [PICTURE])
    page.click("button.main")
    page.wait_for_url("**/r/*.*?sent=*")
    expect(page.locator(".good")).to_contain_text("收到了，编号 DG-")
    expect(page.locator(".shot img")).to_have_count(1)
    shown = httpx.get(page.url.split("?")[0] + "/photos/1", trust_env=False)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert b"Exif" not in shown.content
    assert page.locator("h1 b").count() == 0, "what people write is text"
    page.fill("#text", "刚才又有人绊了一下")
    page.click("button[value=add]")
    expect(page.locator(".good")).to_contain_text("办理单位看得到")
    page.click("button[value=remind]")
    expect(page.locator(".good")).to_contain_text("已催办")
    page.click("button[value=remind]")
    expect(page.locator("#wrong")).to_contain_text("一天后可再催")


def test_who_knows_a_near_case_again_joins_it(visit: Visit, donggang: RunningCity) -> None:
    first = reported(donggang, "field-near", place={"unit": ESTATE}, text="三单元楼道声控灯长期不亮摸黑上楼")
    donggang.order(first["case"], "dispatched")
    page = visit()
    page.goto("/r")
    page.select_option("#estate", ESTATE)
    page.fill("#text", "三单元楼道灯不亮")
    mine = page.locator(".choice", has_text="声控灯")
    expect(mine).to_contain_text("我也遇到")
    mine.click()
    page.reload()
    assert page.input_value("#text") == "三单元楼道灯不亮", "kept over a reload"
    expect(mine).to_be_visible()
    mine.click()
    page.click("button.main")
    page.wait_for_url("**/r/*.*?sent=merged")
    expect(page.locator("main")).to_contain_text("共 2 人反映")
    page.goto("/r")
    assert page.input_value("#text") == "", "sent is no draft any more"


def test_three_taps_are_an_answer_and_half_solved_is_not_solved(visit: Visit, donggang: RunningCity) -> None:
    receipt = reported(donggang, "field-rate")
    verified(donggang, receipt["case"])
    path = f"/r/{token_of(receipt)}/rate"
    page = visit()
    page.goto(path)
    expect(page.locator(".quote")).to_contain_text("已清走楼道杂物")
    page.click("button[name=contacted][value='1']")
    expect(page.locator("[data-kept]").first).to_be_visible()
    page.click("button[name=solved][value=half]")
    page.fill("#comment", "坡道还有一段没铺防滑条")
    page.reload()
    assert page.locator("[aria-pressed=true]").count() == 2, "a tap is kept without the last button"
    page.fill("#comment", "坡道还有一段没铺防滑条")
    page.click("button[name=grade][value='2']")
    expect(page.locator("[aria-pressed=true]")).to_have_count(3)
    page.click("button[value=finish]")
    expect(page.locator(".good")).to_contain_text("您的评价已收到")
    (given,) = looked(
        donggang,
        "SELECT value::json ->> 'solved' AS solved, value::json ->> 'grade' AS grade FROM donggang_feedback.journal "
        "WHERE subject = $1 AND type = 'rating.answered.v1'", receipt["case"],
    )  # fmt: skip
    assert (given["solved"], given["grade"]) == ("false", "2")


def test_rating_and_the_grids_work_go_without_script(visit: Visit, donggang: RunningCity) -> None:
    receipt = reported(donggang, "field-bare-rate")
    verified(donggang, receipt["case"])
    page = visit(java_script_enabled=False)
    page.goto(f"/r/{token_of(receipt)}/rate")
    page.click("button[name=contacted][value='1']")
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)
    page.click("button[name=solved][value=half]")
    page.fill("#comment", "还差一盏灯")
    page.click("button[name=grade][value='4']")
    expect(page.locator("[aria-pressed=true]")).to_have_count(3)
    page.click("button[value=finish]")
    expect(page.locator(".good")).to_contain_text("您的评价已收到")
    case = reported(donggang, "field-bare-grid")["case"]
    order = donggang.shown(case, "dispatched")
    console, dsn = donggang.stack.services["console"], donggang.stack.dsns["console"]
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        key = aside.submit(lambda: asyncio.run(sign_in(dsn, [Post(Role.GRID, order["lead"])]))).result()
    page.context.add_cookies([{"name": SESSION, "value": key, "url": console}])
    page.goto("/g?tab=todo")
    page.locator(f"[data-case='{case}'] form[action='/g/do/accept'] button").click()
    donggang.shown(case, "accepted")
    page.goto("/g?tab=todo")
    card = page.locator(f"[data-case='{case}']")
    card.locator("summary", has_text="办完了").click()
    card.locator("form[action='/g/do/finish'] textarea").fill("已清走杂物，通道畅通")
    card.locator("form[action='/g/do/finish'] button.main").click()
    expect(page.locator("main")).to_contain_text("至少一份佐证")


def test_a_link_that_is_not_ours_is_404_and_one_opened_too_often_waits(donggang: RunningCity) -> None:
    receipt = reported(donggang, "field-limit")
    other = reported(donggang, "field-other")
    token, foreign = token_of(receipt), token_of(other)
    forged = f"{receipt['case']}.{foreign.rpartition('.')[2]}"
    url = donggang.stack.services["console"]
    with httpx.Client(base_url=url, trust_env=False) as http:
        for path in (f"/r/{forged}", "/r/nothing", f"/r/{'x' * 43}/rate", f"/r/{forged}/rate", f"/r/{forged}/photos/1"):
            answer = http.get(path)
            assert answer.status_code == 404, path
            assert answer.headers["content-security-policy"].startswith(POLICY)
        assert "没有这个链接" in http.get(f"/r/{forged}").text
        answers = [http.get(f"/r/{token}") for _ in range(40)]
        assert [a.status_code for a in answers[:30]] == [200] * 30
        late = next(a for a in answers if a.status_code == 429)
        assert "请求过于频繁" in late.text
        assert http.get(f"/r/{foreign}").status_code == 200, "another link is not held up"
        page = http.get(f"/r/{foreign}").text
        assert not re.search(r"hotline|resident|r-1|C01-G01-B1", page), "nothing of anybody and no code"


def test_a_link_after_its_time_says_so_and_names_the_telephone(visit: Visit, donggang: RunningCity) -> None:
    receipt = reported(donggang, "field-late")
    verified(donggang, receipt["case"])
    path = f"/r/{token_of(receipt)}/rate"
    looked(
        donggang,
        "UPDATE donggang_feedback.subject SET state = replace(state::text, (state -> 'asked' -> 0 ->> 'until'), "
        "'2026-01-05T00:00:00Z')::json WHERE id = $1", receipt["case"],
    )  # fmt: skip
    page = visit()
    page.goto(path)
    expect(page.locator("main")).to_contain_text("评价已截止")
    expect(page.locator("main")).to_contain_text("12345")


@pytest.fixture
def wire(donggang: RunningCity) -> Iterator[Wire]:
    """Lend a wire to the running console that can be cut: the browser's own offline is not told to every worker."""
    with Wire(donggang.stack.services["console"]) as wire:
        yield wire


def test_what_the_grid_sends_without_a_network_waits_and_goes_out_once(
    sit: Sit, donggang: RunningCity, wire: Wire
) -> None:
    cases = [donggang.report(f"field-queue-{matter}", matter)["case"] for matter in ("common-areas", "lifts")]
    for case in cases:
        donggang.shown(case, "dispatched")
    page = sit(GRID, size=PHONE, url=wire.url)
    page.goto("/g?tab=todo")
    for case in cases:
        expect(page.locator(f"[data-case='{case}']")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    wire.cut()
    page.context.set_offline(True)
    for n, case in enumerate(cases, start=1):
        page.locator(f"[data-case='{case}'] form[action='/g/do/accept'] button").click()
        expect(page.locator(".queue")).to_contain_text(f"{n} 条待发")
    page.close()  # the telephone is put away
    again = page.context.new_page()
    again.goto("/g/new")  # and taken out again where there is no network
    for n, words in enumerate(("北门路灯杆歪了", "东门井盖松动了"), start=3):
        again.fill("#text", words)
        again.click("button.main")
        expect(again.locator(".queue")).to_contain_text(f"{n} 条待发")
    assert donggang.order(cases[0])["status"] == "dispatched"
    wire.mend()
    again.context.set_offline(False)
    again.goto("/g?tab=todo")
    for case in cases:
        donggang.order(case, "accepted")
    expect(again.locator(".queue")).to_be_hidden()
    counted = looked(
        donggang,
        "SELECT count(*) AS n FROM donggang_dispatch.journal WHERE subject = ANY($1) AND type = 'order.accepted.v1'",
        cases,
    )
    assert counted[0]["n"] == 2
    for words in ("北门路灯杆歪了", "东门井盖松动了"):
        found = looked(
            donggang, "SELECT count(*) AS n FROM donggang_console.case_view WHERE summary LIKE $1", f"{words}%"
        )
        assert found[0]["n"] >= 1, words


def test_the_grid_solves_on_the_spot_in_a_few_taps_and_is_told_the_rule_that_refuses(
    sit: Sit, donggang: RunningCity
) -> None:
    made = (
        "SELECT count(*) AS n FROM donggang_intake.journal WHERE type = 'case.solved_on_spot.v1' AND value LIKE $1",
        f'%"raised_by":"{OWN}"%',
    )
    before = looked(donggang, *made)[0]["n"]
    page = sit(GRID, size=PHONE)
    count = (
        "addEventListener('pointerdown', () => { sessionStorage.taps = 1 + Number(sessionStorage.taps || 0) }, true)"
    )
    page.add_init_script(count)
    page.goto("/g")
    began = monotonic()
    page.locator("a[href='/g/new?spot=1']").click()
    page.locator(".chip", has_text="小区公共部位").click()
    page.locator(".chip", has_text="已清理").click()
    page.set_input_files("input[type=file]", [PICTURE])
    page.locator(".shot img").wait_for()
    page.click("button.main")
    page.wait_for_url("**/g?done=DG-*")
    taps = int(page.evaluate("sessionStorage.taps")) + 1  # the camera is opened by hand
    print(f"solved on the spot: {taps} taps, {monotonic() - began:.1f} s without the hand")
    assert taps == 5
    expect(page.locator(".queue")).to_be_hidden()
    assert looked(donggang, *made)[0]["n"] == before + 1
    case = donggang.report("field-refused", "house-repair")["case"]
    donggang.shown(case, "dispatched")
    page.goto("/g?tab=todo")
    card = page.locator(f"[data-case='{case}']")
    card.locator("form[action='/g/do/accept'] button").click()
    expect(card.locator("summary")).to_have_count(2)  # the page follows by itself
    card.locator("summary", has_text="办完了").click()
    card.locator("form[action='/g/do/finish'] textarea").fill("换了新的读卡器，试过可用")
    card.locator("form[action='/g/do/finish'] button.main").click()
    expect(page.locator(".queue")).to_contain_text("至少一份佐证")
    page.reload()
    expect(card.locator("form[action='/g/do/finish'] textarea")).to_be_visible()
    expect(card.locator("form[action='/g/do/finish'] textarea")).to_have_value(re.compile("新的读卡器"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_field_page_is_clean_at_every_size(visit: Visit, sit: Sit, donggang: RunningCity, scheme: str) -> None:
    receipt = reported(donggang, f"field-clean-{scheme}")
    verified(donggang, receipt["case"])
    token = token_of(receipt)
    page = visit(color_scheme=scheme)
    for path in ("/r", f"/r/{token}", f"/r/{token}/rate", "/r/nothing", "/n/C01-G01", "/r?lang=en"):
        _is_clean(page, path)
    page = sit(GRID, size=PHONE)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in ("/g?tab=todo", "/g?tab=verify", "/g/new", "/g/new?spot=1", "/g/visits"):
        _is_clean(page, path)


def _is_clean(page: Page, path: str) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    answer = page.goto(path)
    assert answer is not None
    assert answer.headers["content-security-policy"] == POLICY
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
    for width, text in ((320, "100%"), (320, "200%"), (390, "200%"), (1440, "100%")):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
        nothing_cut_off(page, f"{path} at {width} {text}")
    small = page.evaluate(
        """[...document.querySelectorAll('button, a.button, input:not([type=hidden]), select, textarea, summary')]
        .filter(e => e.offsetParent && !e.closest('.chip, .choice, .add, header, .shot'))
        .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert small == [], path
