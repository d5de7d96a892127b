"""What a person does on the pages of scores and checks, with feedback behind them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from tests.browser.conftest import DESK, PHONE, is_sound, watch
from tests.browser.documents import lines, says_the_same, sheets, table, taken
from tests.support.console_stack import Served, apart
from tests.support.running_city import wait
from tests.support.score_stack import QUARTER, scored

pytestmark = pytest.mark.browser


BULLETIN = (("Word", "docx"), ("PDF", "pdf"), ("Excel", "xlsx"))
TIERS = {"部门": ("department", "职能部门和单位"), "街道": ("street", "街道"), "社区": ("community", "社区")}
"""The page's word for a tier, its code in addresses, and its sheet in the bulletin."""


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


def _counted(page: Page) -> int:
    """Return how many cases count in the figure that is open, page by page."""
    rows, counted = page.locator(".figure-card tbody tr"), 0
    while True:
        expect(rows.first).to_be_visible()
        counted += rows.filter(has_text=re.compile("计入分子|只计入分母")).count()
        if not page.get_by_role("link", name="下一页").count():
            return counted
        page.get_by_role("link", name="下一页").click()
        page.wait_for_load_state("networkidle")


def test_every_figure_opens_to_its_cases_and_the_list_is_as_long_as_the_figure(page: Page) -> None:
    page.goto("/scores?period=2026-09")
    how = page.locator(".how-card tbody tr")
    expect(how).to_have_count(3)
    for name in [row[0] for row in table(page.locator(".how-card .facts"))[1:]]:
        page.goto("/scores?period=2026-09")
        row = how.filter(has_text=name)
        below, rate = _number(row.locator("td").nth(2).inner_text()), row.locator("td").nth(3).inner_text()
        row.locator("a").last.click()
        expect(page.locator("h1")).to_contain_text(name)
        assert _tenths(page.locator("h1").inner_text().split()[-1].rstrip("%")) == rate
        assert _number(page.locator(".formula").inner_text().split("÷")[1].split("=")[0]) == below
        assert _counted(page) == below, name


def _number(said: str) -> int:
    return int(re.sub(r"\D", "", said))


def test_a_unit_is_compared_within_its_tier_alone(page: Page, served: Served) -> None:
    page.goto("/scores?period=2026-10")
    tier = page.locator(".tier-card")
    expect(tier.locator("h2")).to_contain_text("部门")
    names = tier.locator("tbody td.name").all_inner_texts()
    assert {name.strip() for name in names} <= {unit.name for unit in served.city.departments.values()}
    tier.get_by_role("link", name="街道").click()
    expect(tier.locator("h2")).to_contain_text("街道")


def test_the_bulletin_says_of_every_peer_what_the_page_says(browser: Browser, served: Served, operations: str) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, operations, DESK, wrong)
    page.goto("/scores?period=2026-10")
    link = page.locator(".downloads a")
    files = {form: taken(page, link.filter(has_text=name), form) for name, form in BULLETIN}
    says_the_same(files["pdf"], files["docx"])
    book, document = sheets(files["xlsx"]), lines(files["docx"])
    tables = [line for line in document if isinstance(line, tuple)]
    for tier, (kind, sheet) in TIERS.items():
        page.goto(f"/scores?period=2026-10&tier={kind}:{kind}")
        expect(page.locator(".tier-card h2")).to_contain_text(tier)
        heads, *shown = table(page.locator(".tier-card .facts"))
        peers = _by_name(book[sheet][2:])
        assert len(shown) == len(peers)
        for row in shown:
            said = {head.partition("（")[0]: cell for head, cell in zip(heads, row, strict=True)}
            peer = peers[said["单位"]]
            answers = said["有效评价"].split("\n")
            assert (said["名次"], answers[0]) == (str(peer["名次"] or "—"), str(peer["有效"]))
            assert ("样本少" in answers) == ("样本少" in peer["备注"])
            assert said["三率综合"] == _written(peer["综合"], "")
            rates = [name for name in said if name.endswith("率")]
            assert len(rates) == 6
            assert [said[name] for name in rates] == [_tenths(peer[name]) for name in rates]
            place, made = [line for line in tables if said["单位"] in line[:2]]
            three = [_written(peer[name]) for name in ("响应率", "解决率", "满意率", "覆盖率")]
            of = f"{peer['有效']}/{peer['应评']}"
            assert place == (said["名次"], said["单位"], said["三率综合"], *three, of, peer["备注"])
            assert made == (said["单位"], *(_written(peer[name]) for name in list(peer)[10:-1]))
    _whole_city(page, book)
    page.context.close()
    assert wrong == []


def _by_name(rows: list[tuple[Any, ...]]) -> dict[str, dict[str, Any]]:
    heads, *lines = rows
    return {line[1]: dict(zip(heads, line, strict=True)) for line in lines}


def _written(figure: Any, sign: str = "%") -> str:
    return "—" if figure in ("", "—") else f"{Decimal(str(figure)):.2f}{sign}"


def _tenths(figure: Any) -> str:
    return "—" if figure in ("", "—") else f"{Decimal(str(figure)).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def _whole_city(page: Page, book: dict[str, list[tuple[Any, ...]]]) -> None:
    """Compare what the page says of the whole city, now and month by month."""
    page.goto("/scores?period=2026-10")
    (city,) = _by_name(book["全市"][2:]).values()
    how = page.locator(".how-card")
    for row in table(how.locator(".facts"))[1:]:
        assert row[3] == _tenths(city[row[0]])
    expect(how).to_contain_text(f"综合 {_written(city['综合'], '')}")
    expect(how).to_contain_text(f"评价覆盖 {_tenths(city['覆盖率'])}")
    expect(how).to_contain_text(f"未评价 {city['应评'] - city['有效']} 件")
    expect(how).to_contain_text(f"剔除 {city['剔除']} 件")
    trend = page.locator(".trend-card")
    trend.locator("summary").click()
    months = [(row[0].replace(" ", ""), row[4], *row[1:4]) for row in table(trend.locator(".facts"))[:0:-1]]
    over = [(row[0], _written(row[1], ""), *map(_tenths, row[2:])) for row in book["全市走势"][3:]]
    assert len(over) > 1
    assert months[-len(over) :] == over


def test_results_handed_over_say_what_the_scores_say(browser: Browser, served: Served, operations: str) -> None:
    wrong: list[str] = []
    page = _opened(browser, served, operations, DESK, wrong)
    page.goto("/appraisal")
    page.locator(".actform", has_text="部门实绩考核 2025").get_by_role("button", name="输出").click()
    found = page.locator(".task-card", has_text="考核结果输出").locator(".facts tbody tr", has_text="部门实绩考核")
    wait(lambda: found.count() or (page.reload() and False), 20, "handed over")
    kind, year, revision, _, digest, _ = found.locator("td").all_inner_texts()
    whole = str(found.locator("td.mono").get_attribute("title"))
    made = taken(page, found.get_by_role("link", name="工作簿"), "xlsx")
    ((title, about, heads, *rows),) = sheets(made).values()
    assert (kind, title[0], digest) == ("部门实绩考核", f"{year}年度部门实绩考核结果", whole[:12])
    assert f"第 {revision} 次输出  共 {len(rows)} 条" in about[0]
    sheet = openpyxl.load_workbook(BytesIO(made)).active
    assert sheet is not None
    assert f"SHA-256 {whole}" in str(sheet.oddFooter.left.text)
    at = f"/paper/feedback/v1/results/departments/{year}"
    told = page.request.get(f"{at}.json").body()
    assert sha256(told).hexdigest() == whole
    columns, *values = csv.reader(io.StringIO(page.request.get(f"{at}.csv").body().decode("utf-8-sig")))
    assert tuple(columns) == heads
    assert [row[:2] for row in values] == [list(row[:2]) for row in rows]
    page.goto(f"/scores?period={year}&tier=department:department")
    names, *shown = table(page.locator(".tier-card .facts"))
    scored = {row[names.index("单位")]: dict(zip(names, row, strict=True)) for row in shown}
    assert set(scored) <= {row[1] for row in rows}
    ranked = sum(row["名次"] != "—" for row in scored.values())
    for row in rows:
        said, peer = dict(zip(heads, row, strict=True)), scored.get(row[1])
        if peer is None:
            assert (said["名次"], said["年度三率综合"]) == ("—", "—"), "what has no score has none in the workbook"
            continue
        assert str(said["名次"]) == peer["名次"]
        assert _written(said["年度三率综合"], "") == next(cell for name, cell in peer.items() if "三率综合" in name)
        assert (said["排名总数"], said["分档"]) == (ranked, "职能部门和单位")
    page.context.close()
    assert wrong == []


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
