"""Make the pictures of README and docs anew: `python -m tests.support.screens [FOLDER]`.

Cockpit, cases, wall, scores and appraisal show invented facts; where FOLDER is the data folder of a running stack (that
of `sidan demo`, say), the pages that need the services are taken from it too. They go to `docs/screens`, 256 colours
each.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeVar

import asyncpg
from PIL import Image
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from deploy.local.folder import read_stack
from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from services.intake.routes.follow import token_of
from tests.browser import chromium
from tests.support import score_stack
from tests.support.console_stack import console, sign_in

V = TypeVar("V")
TO = Path(__file__).parents[2] / "docs" / "screens"
WIDE, PHONE = (1440, 900), (390, 844)
COLOURS = 256
OPERATIONS = Post(Role.OPERATIONS, "donggang")


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as somebody sees it; `ready` is what has to be there before it is taken."""

    name: str
    post: Post | None
    path: str
    ready: str
    size: tuple[int, int] = WIDE
    scheme: Literal["light", "dark"] = "light"
    opens: bool = False
    """Whether the first thing of a queue is opened."""


INVENTED = (
    Picture("cockpit", OPERATIONS, "/", ".stream li, .map path.grid"),
    Picture("cockpit-phone", OPERATIONS, "/", ".tile", PHONE),
    Picture("wall", OPERATIONS, "/?wall=1", ".map path.grid"),
    Picture("cockpit-en", OPERATIONS, "/?lang=en", ".map path.grid", scheme="dark"),
    Picture("cases", OPERATIONS, "/cases?state=open&lang=zh", ".case-grid a[href^='/cases/']"),
)
SCORED = (
    Picture("scores", OPERATIONS, "/scores", "canvas"),
    Picture("appraisal", OPERATIONS, "/appraisal", ".actform"),
)
_MOST = "SELECT {who} FROM case_view WHERE {which} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
LEAD = _MOST.format(who="lead", which="status = 'accepted' AND lead !~ '^[CS][0-9]'")
GRID = _MOST.format(who="responsible", which="responsible ~ '^C[0-9]+-G[0-9]+$'")
BODY = "SELECT body FROM topic_view GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
COMMUNITY = _MOST.format(who="responsible", which="status IN ('accepted', 'handled') AND responsible ~ '^C[0-9]+$'")
RATED = "SELECT id FROM case_view WHERE status = 'verified' AND source = 'mini' ORDER BY reporters DESC, id LIMIT 1"
CASE = "SELECT id FROM case_view WHERE status IN ('escalated', 'accepted') ORDER BY status DESC, id LIMIT 1"


def main(folder: Path | None) -> None:
    """Take every picture."""
    TO.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(dir="/tmp") as place:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.ARGS))
        with console(Path(place) / "data") as served:
            _take(browser, served.url, INVENTED, served.signed)
        with score_stack.apart(Path(place) / "scores", 300) as served:
            _take(browser, served.url, SCORED, served.signed)
        if folder is not None:
            _of_running(browser, folder)
        browser.close()


def _of_running(browser: Browser, folder: Path) -> None:
    stack = read_stack(folder)
    if stack is None:
        raise SystemExit(f"no running stack in {folder}")
    dsn = stack.dsns["console"]
    lead, grid, community, case, rated, body = _aside(lambda: asyncio.run(_found(dsn)))
    unit, link = Post(Role.GRID, grid), f"/r/{token_of(stack.secret, stack.city, rated)}"
    clerk, seat = Post(Role.CLERK, lead), Post(Role.COMMUNITY, community)
    pictures = (
        Picture("case", OPERATIONS, f"/cases/{case}", ".history li"),
        Picture("dispatch", OPERATIONS, "/dispatch?queue=alike", ".queue-row", opens=True),
        Picture("desk", clerk, "/desk?queue=in_hand", ".queue-row", opens=True),
        Picture("desk-phone", clerk, "/desk?queue=in_hand", ".queue-row", PHONE, opens=True),
        *([Picture("community", seat, "/community", ".queue-row", opens=True)] if community else []),
        Picture("lists", Post(Role.COMMUNITY, grid.split("-")[0]), "/lists", ".claim-board"),
        Picture("meetings", OPERATIONS, "/meetings", "h1"),
        Picture("ledger", OPERATIONS, f"/ledger/{body}", "h1"),
        Picture("analysis", OPERATIONS, "/analysis", "canvas"),
        Picture("system", OPERATIONS, "/system", ".system-table td.ok"),
        Picture("grid", unit, "/g?tab=verify", "h1", PHONE),
        Picture("spot", unit, "/g/new?spot=1", "h1", PHONE),
        Picture("report", None, "/r", "textarea", PHONE),
        Picture("follow", None, link, ".steps", PHONE),
        Picture("rate", None, f"{link}/rate", ".taps", PHONE),
    )
    _take(browser, stack.services["console"], pictures, lambda post: _aside(lambda: asyncio.run(sign_in(dsn, [post]))))


def _take(browser: Browser, url: str, pictures: Sequence[Picture], key: Callable[[Post], str]) -> None:
    for one in pictures:
        size = ViewportSize(width=one.size[0], height=one.size[1])
        context = browser.new_context(
            base_url=url, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme=one.scheme
        )
        if one.post is not None:
            context.add_cookies([{"name": SESSION, "value": key(one.post), "url": url}])
        page = context.new_page()
        page.goto(one.path)
        page.locator(one.ready).first.wait_for()
        if one.opens:
            page.locator(".queue-row").first.click()
            page.locator(".item-head h2").wait_for()
        page.wait_for_load_state("networkidle")
        seen = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        few = seen.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        place = TO / f"{one.name}.png"
        few.save(place, optimize=True)
        print(place.name, place.stat().st_size, flush=True)
        context.close()


async def _found(dsn: str) -> list[str]:
    """Return a department, a grid, a community, two cases and a body that have something to show."""
    connection = await asyncpg.connect(dsn)
    try:
        return [await connection.fetchval(query) or "" for query in (LEAD, GRID, COMMUNITY, CASE, RATED, BODY)]
    finally:
        await connection.close()


def _aside(work: Callable[[], V]) -> V:
    """Run in a thread of its own: the browser's driver holds this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
