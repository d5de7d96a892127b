"""One Chromium for the browser tests, and people who sit before it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from services.console.access.roles import Post
from services.console.reader import SESSION
from tests.browser import chromium
from tests.support.console_stack import sign_in
from tests.support.running_city import RunningCity

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
LOOKS = tuple((size, scheme) for scheme in ("light", "dark") for size in (DESK, PHONE))
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
CUT_OFF = """() => {
  const cut = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const is_free = ({ clipPath, textOverflow, overflowX }) =>
    clipPath !== "none" || textOverflow === "ellipsis" || /auto|scroll/.test(overflowX);
  const is_seen = (own) =>
    own.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !own.closest(".map");
  while (texts.nextNode()) {
    const said = texts.currentNode, own = said.parentElement, range = document.createRange();
    if (!said.data.trim() || !is_seen(own)) continue;
    range.selectNodeContents(said);
    const box = range.getBoundingClientRect();
    let left = 0, right = innerWidth;
    for (let around = own; around && around !== document.body; around = around.parentElement) {
      const look = getComputedStyle(around), edge = around.getBoundingClientRect();
      if (is_free(look)) { left = -Infinity; right = Infinity; break; }
      if (look.overflowX !== "visible") { left = Math.max(left, edge.left); right = Math.min(right, edge.right); }
      if (look.position === "fixed") break;
    }
    const is_cut = box.width > 1 && box.height > 1 && (box.left < left - 1 || box.right > right + 1);
    if (is_cut) cut.push(own.className + ": " + said.data.trim().slice(0, 40));
  }
  return cut;
}"""
"""What is written where nobody can read it: beyond the screen, or beyond a box that neither scrolls nor shortens. Names
on a map are left out: it is moved, and has its list."""
Sit = Callable[..., Page]
expect.set_options(timeout=20_000)
"""Conditions are waited for, and a machine may be busy."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser for the tests of a file; where there is none say so, and under CI fail.

    Its driver holds the thread's event loop, which asynchronous tests of other files need.
    """
    executable = chromium.find()
    if executable is None:
        reason = "no Chromium: set SIDAN_CHROMIUM, install one, or run as root where apt-get can"
        print(reason)
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(chromium.ARGS))
        yield browser
        browser.close()


@pytest.fixture
def sit(browser: Browser, donggang: RunningCity) -> Iterator[Sit]:
    """Return a function that signs somebody in at posts of the running city and opens a page; no page may complain."""
    with seated(browser, donggang) as page:
        yield page


@contextmanager
def seated(browser: Browser, city: RunningCity) -> Iterator[Sit]:
    """Yield what `sit` returns, for any running city."""
    console, dsn = city.stack.services["console"], city.stack.dsns["console"]
    wrong: list[str] = []
    with ExitStack() as open_pages:

        def page(*posts: Post, size: dict[str, int] = DESK, url: str = console) -> Page:
            with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
                key = aside.submit(lambda: asyncio.run(sign_in(dsn, posts))).result()
            context = browser.new_context(  # type: ignore[call-overload]
                base_url=url,
                viewport=size,
                has_touch=size in (PHONE, NARROW),
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
            open_pages.callback(context.close)
            context.add_cookies([{"name": SESSION, "value": key, "url": url}])
            page = context.new_page()
            watch(page, url, wrong, may_be_cut=url != console)
            return page

        yield page
    assert wrong == []


def refusal(said: ConsoleMessage, page: Page) -> bool:
    """Tell whether Chromium reports what the page itself shows: an act that a rule refused, or that still waits; an
    address that leads nowhere, or to another's page."""
    at = str(said.location.get("url", ""))
    return at == page.url or any(path in at for path in ("/act/", "/g/do/"))


def watch(page: Page, origin: str, wrong: list[str], *, may_be_cut: bool = False) -> None:
    """Note errors of a page's console, and every request that leaves the machine; a refused act is no error of ours,
    nor what Chromium says of a wire that was cut."""
    own = (origin, origin.replace("http", "ws"), "data:", "blob:")

    def note(said: ConsoleMessage) -> None:
        cut = may_be_cut and re.search(r"^WebSocket connection to|net::ERR_", said.text)
        if said.type == "error" and not refusal(said, page) and not cut:
            wrong.append(said.text)

    page.on("console", note)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(own) else wrong.append(f"foreign: {asked.url}"))


def is_sound(page: Page, pictures: Path) -> None:
    """Look at a page on desk and phone, in light and dark: one heading, no wider than the screen, and nothing that
    axe-core finds; a picture of each is left for a person to look at."""
    expect(page.locator("h1")).to_have_count(1)
    page.evaluate(AXE)
    for size, scheme in LOOKS:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        look = f"{page.url} at {size['width']} {scheme}"
        page.screenshot(path=pictures / f"{size['width']}-{scheme}.jpeg", type="jpeg", quality=60)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], look
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.screenshot(path=pictures / "320.jpeg", type="jpeg", quality=60)
    nothing_cut_off(page, f"{page.url} at 320")


def nothing_cut_off(page: Page, look: str) -> None:
    """See that a page is no wider than the screen, and that no words end beyond it or beyond a box that hides them."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
    assert page.evaluate(CUT_OFF) == [], look
