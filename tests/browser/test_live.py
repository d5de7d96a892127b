"""What is published shows by itself on every open page; of a console that was killed, what was typed is left."""

from __future__ import annotations

import os
import re
import signal
from time import monotonic

import pytest
from playwright.sync_api import expect

from deploy.local.folder import read_stack
from services.console.access.roles import Post, Role
from tests.browser.conftest import Sit
from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.browser
OPERATIONS = Post(Role.OPERATIONS, "donggang")
GRID = "C01-G01"


def test_a_published_fact_changes_tile_list_map_and_timeline(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case = city.report("live-1", "street-lights")["case"]
    order = city.shown(case, "dispatched")
    cockpit = sit(OPERATIONS)
    listed, page = cockpit.context.new_page(), cockpit.context.new_page()
    cockpit.goto("/?view=list")
    listed.goto("/cases?state=open")
    page.goto(f"/cases/{case}")
    tile = cockpit.locator('[data-figure="open"] b')
    ground = cockpit.locator(f".cell[href*='={GRID}&'], .cell[href$='={GRID}']")
    told = page.locator(".history li")
    expect(tile).to_have_text(re.compile(r"\d"))
    expect(ground).to_have_text(re.compile(r"\d"))
    expect(told).not_to_have_count(0)
    total = listed.locator(".total").get_attribute("data-total")
    before = [int(one.inner_text().replace(",", "")) for one in (tile, ground)]
    expect(tile).to_have_text(total or "")
    entries = told.count()
    sent = monotonic()
    city.report("live-2", "street-lights")
    expect(tile).to_have_text(f"{before[0] + 1:,}")
    print(f"report to tile {monotonic() - sent:.1f} s")
    expect(ground).to_have_text(re.compile(rf"^{before[1] + 1}\b"))
    expect(listed.locator(".newer")).to_be_visible()
    listed.locator(".newer").click()
    expect(listed.locator(".total")).to_have_attribute("data-total", str(before[0] + 1))
    sent = monotonic()
    lead, given = city.holder(order["lead"]), {"assignment": order["assignment"]}
    assert city.act(case, "accept", lead, handler="经办岗", **given).status_code == 200
    expect(told).to_have_count(entries + 1)
    print(f"accepted to timeline {monotonic() - sent:.1f} s")
    expect(page.locator(".steps li[aria-current=step]")).to_contain_text("办单")


def test_a_console_killed_while_somebody_types_is_there_again_with_what_was_typed(
    donggang: RunningCity, sit: Sit
) -> None:
    page = sit(OPERATIONS, url=donggang.stack.services["console"].replace("127.0.0.1", "localhost"))  # may be cut
    page.goto("/intake")
    words = page.locator(".actform textarea").first
    words.press_sequentially("东门路灯")
    page.evaluate("window.opened = true")

    def pid() -> int:
        stack = read_stack(donggang.folder)
        return stack.processes["console"].pid if stack else 0

    known = pid()
    os.kill(known, signal.SIGKILL)
    words.press_sequentially("不亮")
    wait(lambda: pid() not in (0, known), 60, "the console is started again")
    page.wait_for_function("!window.opened", timeout=60_000)  # it knows the page no more, so that is opened anew
    expect(page.locator(".freshness.fresh")).to_be_visible()
    expect(words).to_have_value("东门路灯不亮")
