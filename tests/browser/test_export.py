"""The list of cases as a workbook: begun from the page, shown with its progress, the same rows in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from tests.browser.conftest import DESK, watch
from tests.browser.documents import sheets, taken
from tests.support.console_stack import Served, apart, console
from tests.support.running_city import wait

pytestmark = pytest.mark.browser
HEADS = ("单号", "标题", "状态", "事项", "层级", "责任单位", "到期", "剩余", "来源", "反映人数", "网格")
COLUMNS = ["number", "summary", "chip", "matter_name", "rung", "responsible_name", "due small", "due b", "source",
           "reporters", "unit_name"]  # fmt: skip
"""The same as the grid of the page names them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with apart(console, tmp_path_factory.mktemp("export") / "data", cases=1300) as served:
        yield served


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url, viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": served.signed(), "url": served.url}])
    page = context.new_page()
    wrong: list[str] = []
    watch(page, served.url, wrong)
    yield page
    context.close()
    assert wrong == []


def _rows(made: bytes) -> tuple[str, list[tuple[Any, ...]]]:
    """Return the line under the title, and the rows under the heading."""
    ((_, said, heads, *rows),) = sheets(made).values()
    assert heads == HEADS
    return str(said[0]), rows


def _exported(page: Page) -> tuple[str, list[tuple[Any, ...]]]:
    page.get_by_role("button", name="导出 Excel").click()
    link = page.get_by_role("link", name="下载")
    expect(link).to_be_visible()
    return _rows(taken(page, link, "案件.xlsx"))


def _on_screen(page: Page) -> list[list[str]]:
    """Return the rows that the grid has drawn, cell by cell; what is left and when it is due are two columns apart."""
    expect(page.locator(".ag-row[row-index='0'] [col-id=number]")).to_have_text(re.compile(r"\S"))
    return page.locator(".ag-row").evaluate_all(
        """(rows, columns) => rows.filter((row) => row.innerText.trim()).map((row) => columns.map((at) => {
             const [id, part] = at.split(" "), cell = row.querySelector(`[col-id=${id}]`);
             return (part ? cell.querySelector(part) : cell)?.textContent ?? "";
           }))""",
        COLUMNS,
    )


def test_what_is_listed_is_exported_whole_and_in_the_order_of_the_screen(page: Page) -> None:
    page.goto("/cases")
    total = int(re.sub(r"\D", "", page.locator("p.total").inner_text()))
    said, rows = _exported(page)
    assert len(rows) == len({row[0] for row in rows}) == total > 1000
    assert "导出" in said
    assert f"{total:,} 件" in said
    page.goto("/cases?state=overdue")
    page.locator(".ag-header-cell", has_text="单号").click()
    first = page.locator(".ag-row[row-index='0'] [col-id=number]")
    expect(page.locator(".case-grid")).to_have_attribute("data-sort", "number")
    expect(first).to_have_text(re.compile(r"\S"))
    _, rows = _exported(page)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    shown = _on_screen(page)
    assert len(shown) > 10
    assert [[str(cell) for cell in row] for row in rows[: len(shown)]] == shown
    assert len(rows) == int(re.sub(r"\D", "", page.locator("p.total").inner_text()))


def test_an_export_holds_ones_own_cases_and_is_nobody_elses_to_fetch(served: Served) -> None:
    def client(key: str) -> httpx.Client:
        return httpx.Client(
            base_url=served.url, cookies={SESSION: key}, headers={"Origin": served.url}, trust_env=False
        )

    with client(served.signed(Post(Role.COMMUNITY, "C01"))) as own, client(served.signed()) as other:
        begun = own.post("/exports/cases").json()
        at = f"/exports/cases/{begun['id']}"
        wait(lambda: own.get(at).json()["state"] == "done", 20, "exported")
        said, rows = _rows(own.get(f"{at}.xlsx").content)
        listed = own.get("/v1/cases", params={"limit": 200}).json()
        assert len(rows) == listed["total"] < other.get("/v1/cases").json()["total"]
        assert served.city.name_of("C01") in said
        for address in (at, f"{at}.xlsx"):
            answer = other.get(address)
            assert (answer.status_code, answer.json()["rule"]) == (409, "export.unknown")
        wrong = own.post("/exports/cases", params={"state": "nonsense"}).json()
        assert "state" in wrong["field"]
        own.post("/exports/cases")
        assert own.get(at).json()["rule"] == "export.unknown", "the next takes the place of the last"
    with httpx.Client(base_url=served.url, trust_env=False) as nobody:
        assert nobody.post("/exports/cases").status_code >= 400
