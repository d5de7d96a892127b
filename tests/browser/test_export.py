"""The list of cases as a workbook: begun from the page, shown with its progress, the same rows in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from tests.browser.conftest import DESK, watch
from tests.support.console_stack import Served, apart, console
from tests.support.running_city import wait

pytestmark = pytest.mark.browser


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


def _rows(path: Path) -> tuple[str, list[tuple[Any, ...]]]:
    """Return the line under the title, and the rows under the heading."""
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    lines = list(sheet.iter_rows(values_only=True))
    return str(lines[1][0]), lines[3:]


def _exported(page: Page, into: Path) -> tuple[str, list[tuple[Any, ...]]]:
    page.get_by_role("button", name="导出 Excel").click()
    link = page.get_by_role("link", name="下载")
    expect(link).to_be_visible()
    with page.expect_download() as taken:
        link.click()
    assert taken.value.suggested_filename == "案件.xlsx"
    taken.value.save_as(into)
    return _rows(into)


def test_what_is_listed_is_exported_whole_and_in_the_order_of_the_screen(page: Page, tmp_path: Path) -> None:
    page.goto("/cases")
    total = int(re.sub(r"\D", "", page.locator("p.total").inner_text()))
    said, rows = _exported(page, tmp_path / "all.xlsx")
    assert len(rows) == len({row[0] for row in rows}) == total > 1000
    assert "导出" in said
    assert f"{total:,} 件" in said
    page.goto("/cases?state=overdue")
    page.locator(".ag-header-cell", has_text="单号").click()
    first = page.locator(".ag-row[row-index='0'] [col-id=number]")
    expect(page.locator(".case-grid")).to_have_attribute("data-sort", "number")
    expect(first).to_have_text(re.compile(r"\S"))
    _, rows = _exported(page, tmp_path / "overdue.xlsx")
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    expect(first).to_have_text(rows[0][0])
    assert len(rows) == int(re.sub(r"\D", "", page.locator("p.total").inner_text()))


def test_an_export_holds_ones_own_cases_and_is_nobody_elses_to_fetch(served: Served, tmp_path: Path) -> None:
    def client(key: str) -> httpx.Client:
        return httpx.Client(
            base_url=served.url, cookies={SESSION: key}, headers={"Origin": served.url}, trust_env=False
        )

    with client(served.signed(Post(Role.COMMUNITY, "C01"))) as own, client(served.signed()) as other:
        begun = own.post("/exports/cases").json()
        at = f"/exports/cases/{begun['id']}"
        wait(lambda: own.get(at).json()["state"] == "done", 20, "exported")
        (tmp_path / "own.xlsx").write_bytes(own.get(f"{at}.xlsx").content)
        said, rows = _rows(tmp_path / "own.xlsx")
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
