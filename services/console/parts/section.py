"""What the pages on rating and checking share: their tabs, what to say when the owner does not answer, times."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from datetime import datetime

from services.console import moments
from services.console.access.gateway import NotDone
from services.console.access.roles import places_under
from services.console.pages.frame import Desk
from services.console.parts import Box, Text
from shared.kernel.refusals import Refused

SCORES = "scores"
ONLY_WITH = {
    "assessment": {"hundred-point"},
    "stars": {"star-rating"},
    "appraisal": {"appraisal-exports", "street-rights", "joint-review", "rectification-lists"},
}
"""Page -> the mechanisms without which a city has nothing on it."""


def tabs(desk: Desk, here: str) -> None:
    """Build the tabs of those pages that are the reader's."""
    t = desk.t
    on = desk.city.mechanisms
    own = [one for one in places_under(SCORES, desk.signed.role) if one.key not in ONLY_WITH or ONLY_WITH[one.key] & on]
    if len(own) > 1:
        with Box("nav", "section-tabs", aria_label=t("评分与检查")):
            for place in own:
                link = Text("a", t(place.name), href=place.path).classes("on" if place.key == here else "")
                if place.key == here:
                    link.props["aria-current"] = "page"


async def guarded(desk: Desk, build: Awaitable[None]) -> None:
    """Await what builds a page; say in its frame which rule refused, or that the service does not answer."""
    t = desk.t
    try:
        await build
    except NotDone as error:
        Text("h1", t("这里没有可看的"))
        with Box("div", "nothing"):
            Text("p", error.said(t.language)).classes("refused")
    except Refused:
        Text("h1", t("暂时看不到"))
        with Box("div", "nothing"):
            Text("p", t("评分服务暂时没有回答，稍后重试。"))
            Text("a", t("重试"), href=desk.request.url.path).classes("button")


def now(desk: Desk) -> datetime:
    """Return the platform's time at the last look of the ticker."""
    assert desk.ticker.last is not None, "a page is built after the ticker's first look"
    return desk.ticker.last.moment.now


def when(desk: Desk, at: str) -> str:
    """Return a moment of an owner's JSON as the office writes it."""
    moment = datetime.fromisoformat(at)
    return moments.short_moment(moment, now(desk) if desk.ticker.last else moment)


def next_code(taken: Iterable[str], begins: str) -> str:
    """Return the code of what a desk makes next, one above those that begin so: the same until it is made.

    A form's draft is kept by its address, so a code that changed with the clock would lose what is typed.
    """
    ends = (code.removeprefix(f"{begins}-") for code in taken if code.startswith(f"{begins}-"))
    return f"{begins}-{1 + max((int(end) for end in ends if end.isdecimal()), default=0)}"
