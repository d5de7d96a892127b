"""What a person sees first: cockpit, list and case page of a console with real facts in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from tests.browser.conftest import DESK, PHONE, is_sound, watch
from tests.support.console_facts import tell_case
from tests.support.console_stack import NOON, Served, console

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("console") / "data", cases=300) as served:
        yield served


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return dict(request.param)


@pytest.fixture
def page(browser: Browser, served: Served, size: dict[str, int]) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": served.signed(), "url": served.url}])
    page = context.new_page()
    wrong: list[str] = []
    watch(page, served.url, wrong)
    yield page
    context.close()
    assert wrong == []


def _number(text: str | None) -> int:
    return int(re.sub(r"\D", "", text or ""))


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_the_cockpit_shows_figures_map_and_freshness(page: Page, size: dict[str, int]) -> None:
    page.goto("/")
    expect(page.locator('[data-figure="open"] b')).not_to_have_text("—")
    expect(page.locator(".freshness")).to_contain_text("数据截至 14:3")
    expect(page.locator(".map path.grid").first).to_be_attached()
    assert page.locator(".map path.grid").count() == 105
    assert page.locator(".map img").count() == 0, "a tile from somewhere"
    expect(page.locator(".step")).to_have_count(5)
    expect(page.locator(".level")).to_have_count(4)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert _fits(page)
    if size == DESK:
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "the cockpit fits the desk"


def _figures(page: Page, links: str) -> list[tuple[int, str]]:
    """Return every figure that is a link, the last number of its words, with where it leads."""
    found = page.locator(links).evaluate_all(
        "links => links.map((a) => [a.querySelector('b')?.innerText ?? (a.getAttribute('aria-label') && "
        "!a.classList.contains('cell') ? a.getAttribute('aria-label') : a.firstChild.data), a.getAttribute('href')])"
    )
    return [(_number(re.findall(r"[\d,]+", said)[-1]), href) for said, href in found]


def _total(page: Page, href: str) -> int:
    """Return how many the list says that it has, as its page is sent."""
    found = re.search(r"data-total\W+(\d+)", page.request.get(href).text())
    assert found is not None, href
    return int(found[1])


def test_every_figure_of_the_cockpit_leads_to_the_list_of_exactly_its_cases(page: Page, size: dict[str, int]) -> None:
    page.goto("/")
    expect(page.locator('[data-figure="open"] b')).not_to_have_text("—")
    tiles = _figures(page, ".tile a[href]")
    assert len(tiles) == 12
    if size == PHONE:
        figure, href = tiles[0]
        page.locator(".tile a").first.click()
        expect(page.locator(".total")).to_have_attribute("data-total", str(figure))
        return
    steps, levels = _figures(page, ".ladder a"), _figures(page, ".level-head a")
    assert (len(steps) > 5, len(levels)) == (True, 4)
    for figure, href in (*tiles, *steps, *levels):
        assert _total(page, href) == figure, href
    for mode in ("open", "overdue", "recent"):
        page.goto(f"/?view=list&map={mode}")
        expect(page.locator(".gridlist .cell[href]").first).to_be_attached()
        grids = _figures(page, ".gridlist .cell[href]")
        assert len(grids) == 105
        badges = page.locator(".gridlist .map-badge").all_inner_texts()
        shown = [(figure, href) for figure, href in grids if figure]
        assert shown
        for figure, href in shown[::7]:
            assert _total(page, href) == figure, href
        own = [
            page.request.get(href.replace("/cases?", "/rows/cases?") + "&limit=1").json()["total"] for _, href in grids
        ]
        assert own == [figure for figure, _ in grids], mode
        if mode == "overdue":
            assert sorted(map(int, badges)) == sorted(figure for figure in own if figure)


def test_the_list_shows_rows_and_opens_a_case(page: Page, size: dict[str, int]) -> None:
    page.goto("/cases?state=open")
    rows = page.locator(".case-grid a[href^='/cases/']" if size == DESK else ".order-row")
    expect(rows.first).to_be_visible()
    assert _fits(page)
    rows.first.click()
    expect(page.locator(".history li").first).to_be_visible()


def test_a_case_shows_every_fact_and_a_new_one_by_itself(page: Page, served: Served, size: dict[str, int]) -> None:
    told = tell_case(served.city, Random(size["width"]), size["width"], NOON - timedelta(days=30), NOON)
    served.tell(told[:-1])
    page.goto(f"/cases/{told[0].subject}")
    expect(page.locator(".history li")).to_have_count(len(told) - 1)
    expect(page.locator(".steps li[aria-current=step]")).to_have_count(1)
    expect(page.locator(".clockbox b")).to_have_text(re.compile("剩|超|没有"))
    expect(page.locator(".responsible")).not_to_be_empty()
    ground = page.locator(".place-card .map")
    expect(ground.locator("path.grid.shade2")).to_have_count(1)
    assert ground.locator("img").count() == 0, "a tile from somewhere"
    around, pin = ground.bounding_box(), ground.locator(".map-pin").bounding_box()
    assert around is not None
    assert pin is not None
    assert around["x"] <= pin["x"] <= around["x"] + around["width"]
    assert around["y"] <= pin["y"] <= around["y"] + around["height"]
    served.tell(told[-1:])
    expect(page.locator(".history li")).to_have_count(len(told))
    expect(page.locator(".history [aria-live]")).to_have_text(re.compile("."))
    assert page.locator(".history [aria-live]").evaluate("said => getComputedStyle(said).display") != "none", "unheard"
    assert _fits(page)


def test_who_may_reminds_and_supervises_from_the_menu_of_an_overdue_row(
    page: Page, served: Served, tmp_path: Path
) -> None:
    page.goto("/")
    menu = page.locator(".row-menu").first
    expect(menu).to_be_attached()
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.locator("a")).to_have_text(["催办", "督办"])
    expect(menu.locator("a").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator("a").first).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    is_sound(page, tmp_path)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/[^?]+\?act=supervise"))
    page.goto("/?wall=1")
    expect(page.locator(".rows .late").first).to_be_visible()
    expect(page.locator(".row-menu")).to_have_count(0)
    page.context.add_cookies(
        [{"name": SESSION, "value": served.signed(Post(Role.LEADER, served.city.root.code)), "url": served.url}]
    )
    page.goto("/")
    expect(page.locator(".rows .late").first).to_be_visible()
    expect(page.locator(".row-menu")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/?wall=1", "/?view=list", "/?lang=en", "/cases?state=open"])
def test_a_page_full_of_facts_is_sound(browser: Browser, served: Served, path: str, tmp_path: Path) -> None:
    context = browser.new_context(base_url=served.url, viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": served.signed(), "url": served.url}])
    page, wrong = context.new_page(), list[str]()
    watch(page, served.url, wrong)
    page.goto(path)
    expect(page.locator(".case-grid a[href^='/cases/'], .step").first).to_be_visible()
    is_sound(page, tmp_path)
    context.close()
    assert wrong == []


def test_facts_show_on_every_open_page_by_themselves(page: Page, served: Served, size: dict[str, int]) -> None:
    page.goto("/")
    opened, shades = page.locator('[data-figure="open"] b'), "paths => paths.map(p => p.classList[1]).join()"
    expect(page.locator(".map path.grid")).to_have_count(105)
    expect(opened).to_have_text(re.compile(r"\d"))
    before, map_before = _number(opened.inner_text()), page.locator(".map path.grid").evaluate_all(shades)
    listed = page.context.new_page()
    listed.goto("/cases?state=open")
    expect(listed.locator(".total")).to_have_attribute("data-total", str(before))
    numbers, at = range(size["width"], size["width"] + 60), NOON - timedelta(minutes=3)
    first = [tell_case(served.city, Random(n), 80_000 + n, at, NOON)[0] for n in numbers]
    told = [fact for fact in first if fact.type == "case.registered.v1"]
    served.tell(told)
    expect(opened).to_have_text(f"{before + len(told):,}")
    expect(page.locator(".stream li").first).to_contain_text(told[-1].data.summary)
    assert page.locator(".map path.grid").evaluate_all(shades) != map_before
    expect(listed.locator(".newer")).to_be_visible()
    expect(listed.locator(".total")).to_have_attribute("data-total", str(before))  # nothing moves under the reader


def test_what_people_write_is_text_wherever_it_shows(page: Page, served: Served, size: dict[str, int]) -> None:
    evil = "<img src=x onerror=alert(1)>\u202e停水"
    told = tell_case(served.city, Random(7), 70_000 + size["width"], NOON - timedelta(days=1), NOON)
    first = told[0]
    served.tell([replace(first, data=first.data.model_copy(update={"summary": evil})), *told[1:]])
    for path in (f"/cases/{first.subject}", f"/cases?q={first.data.number}"):
        page.goto(path)
        expect(page.get_by_text("onerror=alert(1)").first).to_be_attached()
        assert page.locator("img[src=x]").count() == 0, path


def test_a_read_model_that_is_late_is_said_with_the_stream_and_over_when_it_has_caught_up(
    page: Page, served: Served
) -> None:
    page.goto("/")
    expect(page.locator(".freshness.fresh")).to_be_visible()
    served.late.append("donggang.orders.v1")
    expect(page.locator(".banner")).to_contain_text("donggang.orders.v1")
    served.late.clear()
    expect(page.locator(".banner")).to_have_count(0)


def test_english_is_kept_for_the_next_page(page: Page) -> None:
    page.goto("/?lang=en")
    expect(page.locator(".tile-name").first).to_have_text("Received today")
    page.goto("/cases")
    expect(page.locator("h1")).to_have_text("Cases")
    assert page.locator("html").get_attribute("lang") == "en-US"


def test_a_number_that_does_not_exist_is_a_404_with_a_search(served: Served) -> None:
    answer = httpx.get(f"{served.url}/cases/NOPE", cookies={SESSION: served.signed()})
    assert answer.status_code == 404
    assert "没有这个单号" in answer.text


@pytest.mark.parametrize(("language", "said"), [("zh", "没有得到答复，请核对"), ("en", "No answer came: please check")])
def test_what_is_under_the_bell_is_sound(
    browser: Browser, served: Served, language: str, said: str, tmp_path: Path
) -> None:
    context = browser.new_context(base_url=served.url, viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": served.signed(), "url": served.url}])
    page, wrong = context.new_page(), list[str]()
    watch(page, served.url, wrong)
    served.plant(
        "INSERT INTO command (login, key, service, path, case_id, page, acted_at, at, state, rule, field, title, "
        "title_en) SELECT login, $1 || n, 'dispatch', '/v1/orders/' || id || '/verify', id, '', sidan_now(), "
        "now() - n * interval '1 minute', (ARRAY['done', 'refused', 'sent'])[n], '', '', '', '' FROM account, "
        "(SELECT id, row_number() OVER (ORDER BY id) AS n FROM case_view LIMIT 3) c",
        language,
    )
    page.goto(f"/cases?lang={language}")
    expect(page.locator(".bell-count")).to_be_visible()
    page.locator(".bell button").click()
    expect(page.locator(".bell-list")).to_contain_text(said)
    is_sound(page, tmp_path)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.locator("h1").click()
    expect(page.locator(".bell-list")).to_have_count(0)
    context.close()
    assert wrong == []


def test_a_filter_is_saved_opened_and_deleted_by_keyboard(page: Page) -> None:
    page.goto("/cases")
    expect(page.locator(".act.save")).to_have_count(0)  # nothing is filtered
    page.goto("/cases?state=overdue&unit=C01")
    page.locator(".save summary").press("Enter")
    page.locator(".save input").fill("江滨超期<b>")
    page.keyboard.press("Enter")
    link = page.locator(".saved a")
    expect(link).to_have_text("江滨超期<b>")
    expect(link).to_have_attribute("aria-current", "true")
    page.goto("/cases")
    expect(link).not_to_have_attribute("aria-current", "true")
    link.press("Enter")
    page.wait_for_url("**/cases?state=overdue&unit=C01")
    expect(page.locator(".chosen a")).to_contain_text("C01")
    page.get_by_role("button", name="删除筛选：江滨超期<b>").press("Enter")
    expect(link).to_have_count(0)
    assert page.url.endswith("/cases?state=overdue&unit=C01")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_with_saved_filters_is_sound(browser: Browser, served: Served, language: str, tmp_path: Path) -> None:
    context = browser.new_context(base_url=served.url, viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": served.signed(), "url": served.url}])
    page, wrong = context.new_page(), list[str]()
    watch(page, served.url, wrong)
    served.plant(
        "INSERT INTO saved_filter (login, name, query) SELECT login, n || repeat($1, 39), 'state=open' FROM account, "
        "generate_series(1, 6) n ON CONFLICT DO NOTHING",
        "长",
    )
    page.goto(f"/cases?state=open&lang={language}")
    page.locator(".save summary").click()
    expect(page.locator(".save .next")).to_be_visible()
    expect(page.locator(".saved li")).to_have_count(6)
    is_sound(page, tmp_path)
    served.plant("DELETE FROM saved_filter")
    context.close()
    assert wrong == []


def test_a_socket_of_a_foreign_origin_is_refused(served: Served) -> None:
    address = f"{served.url}/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert httpx.get(address, headers={"Origin": "http://elsewhere.example"}).status_code == 403
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    foreign = {**upgrade, **key, "Origin": "http://elsewhere.example"}
    assert httpx.get(address.replace("polling", "websocket"), headers=foreign).status_code == 403


def test_every_answer_carries_the_headers_that_bind_the_page(served: Served) -> None:
    for path in ("/", "/v1/cases", "/static/console.css", "/cases/NOPE"):
        headers = httpx.get(served.url + path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
