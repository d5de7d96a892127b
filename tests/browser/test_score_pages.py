"""What a person does on the pages of scores and checks, with feedback behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from tests.browser.conftest import DESK, PHONE, is_sound, watch
from tests.support.console_stack import Served, apart
from tests.support.score_stack import QUARTER, scored

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with apart(scored, tmp_path_factory.mktemp("scores") / "data", cases=60) as served:
        yield served


def _opened(browser: Browser, served: Served, key: str, size: dict[str, int], wrong: list[str]) -> Page:
    context = browser.new_context(base_url=served.url, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": key, "url": served.url}])
    page = context.new_page()
    watch(page, served.url, wrong)
    return page


@pytest.fixture(scope="module")
def operations(served: Served) -> str:
    return served.signed()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(browser: Browser, served: Served, operations: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    wrong: list[str] = []
    page = _opened(browser, served, operations, request.param, wrong)
    yield page
    page.context.close()
    assert wrong == []


PAGES = (
    "/scores", "/scores?period=2026-Q3", "/callbacks", "/callbacks?queue=judge", "/callbacks?queue=exclude",
    "/lookbacks", f"/lookbacks?quarter={QUARTER}&draw=draw:S01:{QUARTER}:inspection", "/assessment", "/stars",
    "/appraisal", "/surveys", "/analysis", "/analysis?to=2026-11-24", "/scores?lang=en",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_sound_with_all_that_there_is(
    browser: Browser, served: Served, operations: str, path: str, tmp_path: Path
) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, operations, DESK, wrong)
    page.goto(path)
    expect(page.locator(".facts tbody tr").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    page.locator("details").evaluate_all("boxes => boxes.forEach(box => { box.open = !box.matches('.person') })")
    is_sound(page, tmp_path)
    for tab in page.locator(".section-tabs a.on").all():  # on the phone, where it was looked at last
        expect(tab).to_be_in_viewport(ratio=1)
    page.context.close()
    assert wrong == []


def test_a_figure_opens_to_its_cases_and_the_list_is_as_long_as_the_figure(page: Page) -> None:
    page.goto("/scores?period=2026-Q3")
    page.locator(".how-card tbody tr", has_text="解决").locator("a").last.click()
    expect(page.locator("h1")).to_contain_text("解决")
    below = int(re.sub(r"\D", "", page.locator(".formula").inner_text().split("÷")[1].split("=")[0]))
    rows = page.locator(".figure-card tbody tr")
    expect(rows.first).to_be_visible()
    counted = rows.filter(has_text=re.compile("计入分子|只计入分母")).count()
    while page.get_by_role("link", name="下一页").count():
        page.get_by_role("link", name="下一页").click()
        page.wait_for_load_state("networkidle")
        expect(rows.first).to_be_visible()
        counted += rows.filter(has_text=re.compile("计入分子|只计入分母")).count()
    assert counted == below


def test_a_unit_is_compared_within_its_tier_alone(page: Page, served: Served) -> None:
    page.goto("/scores?period=2026-10")
    tier = page.locator(".tier-card")
    expect(tier.locator("h2")).to_contain_text("部门")
    names = tier.locator("tbody td.name").all_inner_texts()
    assert {name.strip() for name in names} <= {unit.name for unit in served.city.departments.values()}
    tier.get_by_role("link", name="街道").click()
    expect(tier.locator("h2")).to_contain_text("街道")


def test_an_exclusion_takes_two_persons(browser: Browser, served: Served, operations: str) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, operations, DESK, wrong)
    page.goto("/callbacks?queue=exclude")
    page.locator(".task-card tbody a").first.click()
    support = page.locator(".act-card form").first
    support.locator("textarea").fill("确属不可抗力，台风停工")
    support.get_by_role("button", name="表示支持").click()
    expect(support.locator('[role="alert"]')).to_contain_text("未生效")
    expect(support.locator("textarea")).to_have_value("确属不可抗力，台风停工")
    page.context.close()


def test_a_session_with_too_few_raters_cannot_be_closed_and_says_so(browser: Browser, served: Served) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, served.signed(Post(Role.COMMUNITY, "C01")), DESK, wrong)
    page.goto("/assessment")
    expect(page.get_by_role("button", name="结束并计票")).to_be_disabled()
    expect(page.locator(".task-card tbody tr").first).to_contain_text("未满 50 人不生效")
    page.context.close()
    assert wrong == []


def test_a_sample_is_frozen_by_a_street_and_shows_when_its_seed_comes(browser: Browser, served: Served) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, served.signed(Post(Role.STREET, "S01")), DESK, wrong)
    page.goto("/lookbacks?unit=C01&kind=spot_check")
    form = page.locator(".freeze-card .actform")
    for box in form.locator("input[type=checkbox]").all()[:3]:
        box.check()
    form.get_by_role("button", name="封存").click()
    expect(form).to_contain_text("已生效")
    page.goto(f"/lookbacks?quarter={QUARTER}&draw=draw:C01:{QUARTER}:spot_check")
    expect(page.locator(".draw-card")).to_contain_text("全市台账链头")
    page.context.close()
    assert wrong == []


def test_a_survey_is_opened_and_answered_at_the_door_once(browser: Browser, served: Served) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, served.signed(Post(Role.COMMUNITY, "C01")), DESK, wrong)
    page.goto("/surveys")
    asking = page.locator(".ask-card .actform")
    asking.get_by_label("第 1 题").fill("最想先办哪一件？")
    asking.get_by_label("选项").fill("修路灯\n\n加装电梯")
    asking.get_by_role("button", name="发起").click()
    expect(asking).to_contain_text("已生效")
    page.goto("/surveys")
    page.locator(".task-card tbody a", has_text="最想先办哪一件？").click()
    answered = page.locator(".poll-card")
    for least in ("应答 0", "应答 1"):
        expect(answered).to_contain_text(least)
        door = page.locator(".actform")
        door.get_by_label("作答人").fill("H-001")
        door.get_by_label("最想先办哪一件？").select_option(label="加装电梯")
        door.get_by_role("button", name="交票").click()
    expect(door.locator('[role="alert"]')).to_contain_text("一人（户）一票，已经投过")
    assert "1" not in answered.locator("tbody").inner_text(), "no count shows before it is over"
    page.context.close()


def test_where_a_months_topic_recurs_opens_to_the_cases(page: Page) -> None:
    page.goto("/analysis?to=2026-11-24")
    topic = page.locator(".topic-card tbody tr").first
    grids, communities = (int(topic.locator("td.num a").nth(n).inner_text()) for n in (2, 3))
    topic.locator("td.num a").nth(2).click()
    rows = page.locator(".stage-cases tbody tr td:nth-child(3)")
    expect(rows.first).to_be_visible()
    places = [place.split("\n") for place in rows.all_inner_texts()]
    assert (len({grid for grid, _ in places}), len({under for _, under in places})) == (grids, communities)
