"""The page on the system: health, what is kept aside with its reason, sent again or discarded; the last verdict."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Locator, Page, expect
from typer.testing import CliRunner

from deploy.cli.main import build
from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit
from tests.support.running_city import PLACE, RunningCity, wait

pytestmark = pytest.mark.browser
TOPIC = "donggang.reports.commissioner.v1"


def _states(city: RunningCity) -> dict[int, str]:
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        rows = aside.submit(city.sql, "SELECT id, state FROM donggang_intake.quarantine WHERE topic = $1", TOPIC)
        return {row["id"]: row["state"] for row in rows.result()}


def _row(page: Page, id_: int) -> Locator:
    return page.locator(f".kept-row:has(b:text-is('intake/{id_}'))")


def test_what_was_refused_is_shown_with_its_reason_sent_again_and_discarded(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    body = {"id": "system-1", "text": "路灯坏了", "place": {"unit": PLACE}, "matter": "not-yet"}
    with ThreadPoolExecutor(1) as aside:
        aside.submit(
            lambda: city.publish("reports.commissioner", json.dumps(body).encode(), "system-1", type_="report.v1")
        ).result()
    first = next(iter(wait(lambda: _states(city), 20, "kept")))
    page = sit(Post(Role.ADMIN, city.city.root.code))
    page.goto("/system")
    expect(page.locator(".system-table .ok")).to_have_count(5)
    expect(_row(page, first)).to_contain_text("没有这个事项：not-yet")
    _row(page, first).get_by_role("button", name="重放").click()
    expect(_row(page, first)).to_have_count(0)
    wait(lambda: len(_states(city)) == 2, 20, "refused anew")
    (second,) = set(_states(city)) - {first}
    phone = sit(Post(Role.OPERATIONS, city.city.root.code), size=PHONE)
    phone.goto("/system")
    expect(_row(phone, first)).to_have_count(0)
    _row(phone, second).get_by_role("button", name="作废").click()
    expect(_row(phone, second)).to_have_count(0)
    assert _states(city) == {first: "replayed", second: "discarded"}


def test_the_auditors_last_verdict_stands_on_the_page_with_its_time(donggang: RunningCity, sit: Sit) -> None:
    page = sit(Post(Role.OPERATIONS, donggang.city.root.code))
    page.goto("/system")
    expect(page.locator(".audited")).to_contain_text("稽核")
    words = ["audit", "--folder", str(donggang.folder)]
    with ThreadPoolExecutor(1) as aside:
        done = aside.submit(lambda: CliRunner().invoke(build("audit"), words)).result()
    assert done.exit_code in (0, 1), done.output
    said = "✓ 全部在位：无缺失、无重复、次序无误" if done.exit_code == 0 else "✗ 稽核未通过"
    expect(page.locator(".audited p").first).to_contain_text(f"{said} · 稽核于 ")
