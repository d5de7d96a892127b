"""A console to which nothing was told: an empty city, every kind of field by hand, key and touch, clocks."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from deploy.local import clock
from services.console.projection import Heard
from services.console.reader import SESSION
from shared.contracts import dispatch as d
from shared.contracts import intake as i
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import working_time_between
from tests.browser.conftest import DESK, PHONE, is_sound, watch
from tests.support import every_field
from tests.support.console_facts import Story, tell_city
from tests.support.console_stack import NOON, Served, apart
from tests.support.running_city import wait
from tests.support.wire import Wire

pytestmark = pytest.mark.browser
WAYS = ("mouse", "keys", "touch")
SPEED = 60
BEHIND = timedelta(minutes=3)
"""What a page may be behind a clock of that speed: a tick of a second, and the way to the browser."""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with apart(every_field.bare, tmp_path_factory.mktemp("bare") / "data") as served:
        yield served


@pytest.fixture
def sit(browser: Browser, served: Served) -> Iterator[Open]:
    """Return a function that opens a page as operations; no page may complain."""
    contexts, wrong = [], list[str]()

    def page(path: str, size: dict[str, int] = DESK, url: str = served.url) -> Page:
        context = browser.new_context(  # type: ignore[call-overload]
            base_url=url, viewport=size, has_touch=size == PHONE, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        contexts.append(context)
        context.add_cookies([{"name": SESSION, "value": served.signed(), "url": url}])
        opened = context.new_page()
        watch(opened, url, wrong, may_be_cut=url != served.url)
        if url != served.url:
            opened.clock.install()
        opened.goto(path)
        return opened

    yield page
    for context in contexts:
        context.close()
    assert wrong == []


# ---- an empty city


def test_an_empty_city_counts_nothing_and_says_what_to_begin_with(sit: Open, tmp_path: Path) -> None:
    page = sit("/")
    expect(page.locator('[data-figure="open"] b')).to_have_text("0")
    begin = page.locator(".stream").get_by_role("link", name="登记第一件")
    expect(begin).to_have_attribute("href", "/intake")
    is_sound(page, tmp_path)
    page.goto("/cases")
    expect(page.locator(".nothing")).to_contain_text("还没有案件")
    is_sound(page, tmp_path)
    page.get_by_role("link", name="登记第一件").click()
    page.wait_for_url("**/intake")
    page.goto("/cases?state=overdue")
    expect(page.locator(".nothing")).to_contain_text("没有符合条件的案件")
    page.goto("/dispatch")
    expect(page.locator(".queue-card")).to_contain_text("这一栏没有待办")


# ---- every kind of field, by mouse, by keyboard alone, by touch


def _opened(sit: Open, way: str) -> Page:
    page = sit(every_field.PATH, PHONE if way == "touch" else DESK)
    page.wait_for_load_state("networkidle")
    return page


def _fill_by_hand(page: Page, press: Callable[[Any], None]) -> None:
    def write(label: str, words: str) -> None:
        field = page.get_by_label(re.compile(f"^{label}"))
        press(field)
        field.fill(words)

    press(page.locator("summary"))
    for label, words in (("理由", "现场看过"), ("岗位", "抢修班"), ("电话", "0415-2211"), ("份数", "3")):
        write(label, words)
    write("何时办好", "2026-11-30")
    write("开会时间", "2026-12-01T09:30")
    lead = page.get_by_label("主办", exact=True)
    press(page.locator("label > span", has_text="主办").first)
    expect(lead).to_have_value("a")  # who presses a caption has chosen nothing
    press(page.locator(".pick", has_text="乙"))
    expect(lead).to_have_value("b")
    page.get_by_label("转给").select_option("c")  # its list is the system's own
    expect(page.get_by_label("为何不支持")).to_have_count(0)
    page.get_by_label("裁定").select_option("false")
    write("为何不支持", "不属本部门")
    press(page.locator("legend", has_text="协办"))
    expect(page.locator(".many input:checked")).to_have_count(0)
    for words in ("甲", "丙"):
        press(page.locator(".many label", has_text=words))
    press(page.get_by_label("已联系"))
    expect(page.get_by_label("最高一级才有")).to_be_disabled()
    press(page.locator(".cards label", has_text="上移"))
    write("各项", "修路灯\n\n清淤")
    write("第二件", "当天清完")


def _fill_by_keys(page: Page) -> None:
    tab, key, write = lambda: page.keyboard.press("Tab"), page.keyboard.press, page.keyboard.type
    page.locator("body").press("Tab")
    expect(page.locator("summary")).to_be_focused()
    key("Enter")
    for words in ("现场看过", "抢修班", "0415-2211"):
        tab()
        write(words)
    tab()
    key("ArrowUp")
    key("ArrowUp")
    tab()
    for words in ("2026-11-30", "2026-12-01 9:30"):
        write(words)
        tab()
        tab()  # past the calendar
    for _ in range(2):  # past the proposals
        tab()
    expect(page.get_by_label("主办", exact=True)).to_be_focused()
    key("ArrowDown")
    tab()
    for _ in "甲乙丙":
        key("ArrowDown")
    tab()
    key("ArrowDown")
    tab()
    write("不属本部门")
    tab()
    key("Space")
    tab()
    tab()
    key("Space")
    tab()
    key("Space")
    tab()
    key("Space")
    key("ArrowDown")
    tab()
    write("修路灯\n\n清淤")
    tab()
    tab()
    write("当天清完")


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_field_makes_the_same_command(sit: Open, way: str) -> None:
    page = _opened(sit, way)
    sent: list[Any] = []

    def take(route: Route) -> None:
        sent.append((route.request.post_data_json, route.request.headers))
        route.fulfill(json={"subject": "none", "sequence": 8, "facts": []})

    page.route("**/act/**", take)
    if way == "keys":
        _fill_by_keys(page)
        page.keyboard.press("Tab")
        expect(page.locator("button[type=submit]")).to_be_focused()
        page.keyboard.press("Space")
    else:
        _fill_by_hand(page, lambda field: field.tap() if way == "touch" else field.click())
        (page.locator("button[type=submit]").tap if way == "touch" else page.locator("button[type=submit]").click)()
    expect(page.locator(".act-end")).to_contain_text("已生效")
    (body, headers), *more = sent
    assert (body, more) == (every_field.SAID, [])
    assert (headers["if-match"], len(headers["idempotency-key"])) == ("7", 32)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("way", WAYS)
def test_refused_stale_lost_and_pressed_twice_it_is_one_command(sit: Open, way: str) -> None:
    page = _opened(sit, way)
    _fill_by_hand(page, lambda field: field.tap() if way == "touch" else field.click())
    send, said, keys = page.locator("button[type=submit]"), page.locator("[class^=state-]"), list[str]()

    def refuse(status: int, field: str) -> Callable[[Route], None]:
        def answer(route: Route) -> None:
            keys.append(route.request.headers["idempotency-key"])
            rule = {"rule": "some.rule", "title": "不合规定", "title_en": "against a rule", "field": field}
            route.fulfill(status=status, json=rule)

        return answer

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort()

    def accept(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fulfill(json={})

    def press(times: int = 1) -> None:
        if way == "keys":
            send.focus()
            for _ in range(times):
                page.keyboard.press("Enter")
        elif way == "touch":
            send.evaluate(
                "(button, n) => { for (let i = 0; i < n; i++) button.click(); }", times
            ) if times > 1 else send.tap()
        else:
            send.click(click_count=times)

    answers = ((refuse(422, "why"), "未生效：不合规定"), (refuse(409, ""), "未生效：不合规定"), (lose, "没有送到"))
    for answer, words in answers:
        page.route("**/act/**", answer, times=1)
        press()
        expect(said).to_contain_text(words)
        expect(said).to_have_attribute("role", "alert")
        expect(page.locator("label.wrong")).to_have_count(1 if keys and len(keys) == 1 else 0)
        expect(page.get_by_label("理由")).to_have_value("现场看过")
    page.route("**/act/**", accept)
    press(2)
    expect(said).to_contain_text("已生效")
    expect(send).to_be_disabled()
    refused, stale, lost, accepted = keys
    assert len({refused, stale, lost}) == 3, "what was decided is over; a corrected one is another command"
    assert lost == accepted, "what was not answered is sent again"


# ---- clocks


def _tell(served: Served, due: datetime, until: datetime | None = None) -> str:
    """Tell of a case that a department has in hand until then, or that rests; returns its id."""
    city, at = served.city, datetime(2026, 9, 28, 9, tzinfo=SHANGHAI)
    case = f"clock-{due:%m%d}-{'rests' if until else 'runs'}"
    s = Story(city, Random(1), at, case, f"DG-{case}", at=at)
    report = {"number": s.number, "source": "hotline", "report": case, "dossier": case, "summary": "路灯不亮"}
    s.say(
        i.CaseRegistered(
            **report, placement=i.Placement(unit="C01-G01", how="unit_code", confidence=1.0),
            understanding=i.Understanding(matter="street-lights", how="rules", confidence=0.9, words=("路灯",)),
            kind="problem", urgent=False, rung="department", reporter=case, ratable=True,
        )
    )  # fmt: skip
    lead = next(iter(city.departments))
    s.order(d.OrderOpened, status="waiting", responsible="S01", rung="department", assignment=0, clock="dispatch",
            due_at=due, dispatcher="S01", case_due_at=due + timedelta(days=30))  # fmt: skip
    s.order(d.OrderDispatched, status="dispatched", responsible=lead, assignment=1, clock="accept", number=s.number,
            matter="street-lights", unit="C01-G01", summary="路灯不亮", urgent=False, dispatcher="S01",
            rule="matter")  # fmt: skip
    s.order(d.OrderAccepted, status="accepted", clock="handle", due_at=due, handler="经办岗", deemed=False)
    if until:
        s.order(d.SuspensionJudged, status="suspended", clock="resume", due_at=until, granted=True, lapsed=False,
                judge="S01", cause="weather", paused_due_at=due)  # fmt: skip
    served.tell(s.facts)
    return case


def _left(page: Page) -> timedelta | None:
    """Return what the page says is left."""
    found = re.fullmatch(r"剩 (?:(\d+) 天 )?(\d+) 小时(?: (\d+) 分)?", page.locator(".clockbox b").inner_text())
    days, hours, minutes = (int(n or 0) for n in found.groups()) if found else (0, 0, 0)
    return timedelta(days=days, hours=hours, minutes=minutes) if found else None


def _now(served: Served) -> datetime:
    with ThreadPoolExecutor(1) as aside:  # the browser's driver holds this thread's event loop
        return aside.submit(lambda: asyncio.run(clock.read_clock(served.dsn, served.city.code))).result()


def _shows(page: Page, served: Served, due: datetime) -> None:
    """Wait until the page says what is left in office hours, as the platform's clock goes on."""

    def agrees() -> bool:
        said = _left(page)
        right = working_time_between(_now(served), due, served.city.calendar)
        return said is not None and right - timedelta(minutes=1) <= said <= right + BEHIND

    wait(agrees, 20, f"{due} on {page.locator('.clockbox').inner_text()}")


WEEKEND = ("2026-11-27", "2026-11-29T12:00", "2026-11-30")
HOLIDAY = ("2026-09-30", "2026-10-05T10:30", "2026-10-08")
"""A last day in office, a moment at which the office is closed, the first day on which it is open again."""


@pytest.mark.parametrize(("last", "closed", "first"), [WEEKEND, HOLIDAY], ids=["weekend", "holiday"])
def test_a_clock_of_sixty_times_the_speed_counts_office_hours_alone(
    served: Served, sit: Open, last: str, closed: str, first: str
) -> None:
    def at(day: str, time: str) -> datetime:
        return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SHANGHAI)

    due, rest = at(first, "10:10"), timedelta(minutes=100)
    case = _tell(served, due)
    served.turn(at(last, "17:00"), SPEED)
    with Wire(served.url) as wire:
        page = sit(f"/cases/{case}", url=wire.url)
        _shows(page, served, due)
        expect(page.locator(".clockbox .due")).not_to_contain_text("不计时")
        served.turn(at(last, "16:00"), SPEED)
        wait(lambda: (_left(page) or rest) > rest + timedelta(minutes=70), 20, "the page is told")
        wire.cut()
        page.clock.pause_at(datetime.now(SHANGHAI) + timedelta(seconds=1))
        before = _left(page)
        page.clock.fast_forward(30_000)
        after = _left(page)
        assert before is not None
        assert after is not None
        assert before - after == timedelta(minutes=30), "on its own it counts at the platform's speed"
        page.clock.resume()
        served.turn(at(last, "17:59"), SPEED)
        wire.mend()
        page.clock.fast_forward(6_000)  # the longest that a page waits between two attempts
        expect(page.locator(".clockbox .due")).to_contain_text("非办公时间，不计时")
    page = sit(f"/cases/{case}")
    for moment in (f"{last}T18:30", closed, f"{first}T07:30"):
        served.turn(datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI), SPEED)
        expect(page.locator(".clockbox .due")).to_contain_text("非办公时间，不计时")
        wait(lambda: _left(page) == rest, 20, f"nothing is counted at {moment}")
    served.turn(at(first, "08:29"), SPEED)
    expect(page.locator(".clockbox .due")).not_to_contain_text("不计时")
    _shows(page, served, due)
    served.turn(at(first, "10:09"), SPEED)
    expect(page.locator(".clockbox b")).to_have_text(re.compile("^超 "))
    expect(page.locator(".clockbox b")).to_have_class(re.compile("late"))


def test_what_is_suspended_says_until_when_and_counts_days_of_the_calendar(served: Served, sit: Open) -> None:
    due, until = (datetime(2026, month, day, 10, tzinfo=SHANGHAI) for month, day in ((12, 15), (11, 30)))
    case = _tell(served, due, until)
    night = datetime(2026, 11, 28, 3, tzinfo=SHANGHAI)
    served.turn(night, SPEED)
    page = sit(f"/cases/{case}")
    expect(page.locator(".clockbox .due")).to_have_text("已挂账，至 11-30 周一 10:00")

    def agrees() -> bool:
        said, right = _left(page), until - _now(served)
        return said is not None and right - timedelta(hours=1) <= said <= right + BEHIND

    wait(agrees, 20, "two days and some hours")
    served.turn(night + timedelta(days=2), SPEED)
    wait(agrees, 20, "the weekend is counted")
    assert (_left(page) or until - night) < timedelta(hours=8)


# ---- what people write

EVIL = "<img src=x onerror=ran=1>" + "\u202e" + "停水" * 20 + "W" * 54
"""A name as nobody has one: markup, a mark that turns what follows round, and a word of no end; 120 characters."""
NUMBER = "DG-EVIL"
STANDS_FOR_ITSELF = """() => [...document.querySelectorAll("main *")].filter((one) =>
  [...one.childNodes].some((node) => node.nodeType === 3 && node.data.includes("\u202e"))
  && one.checkVisibility() && getComputedStyle(one).display === "inline"
  && !getComputedStyle(one).unicodeBidi.startsWith("isolate")).map((one) => one.outerHTML.slice(0, 90))"""


def _written(data: Any) -> Any:
    """Return a fact in which people wrote that wherever they may."""
    kinds = type(data).model_fields
    free = [
        name
        for name, kind in kinds.items()
        if getattr(data, name) and (name == "handler" or "max_length=200" in f"{kind.metadata}{kind.annotation}")
    ]
    return data.model_copy(update=dict.fromkeys(free, EVIL))


@pytest.fixture(scope="module")
def evil(served: Served) -> str:
    """Tell of sixty cases and a year of meetings in such words; returns a case that 57 people reported."""
    assert len(EVIL) == 120
    served.turn(NOON, 1)
    told = list(tell_city(served.city, NOON, 60))
    longest = max(Counter(fact.subject for fact in told).items(), key=lambda one: one[1])[0]
    first = next(fact for fact in told if fact.subject == longest)
    facts = [replace(fact, data=_written(fact.data)) for fact in told]
    joined = [
        i.ReporterJoined(source="hotline", report=f"r{n}", dossier=f"d{n}", reporter=f"p{n}", ratable=True)
        for n in range(56)
    ]
    after = max(fact.sequence for fact in told if fact.subject == longest and fact.service == "intake")
    facts += [
        Heard(longest, "intake", after + n, one.TYPE, one, first.acted_at, first.acted_at)
        for n, one in enumerate(joined, 1)
    ]
    served.tell(facts)
    return longest


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_whatever_people_write_is_text_and_breaks_no_layout(
    served: Served, sit: Open, evil: str, size: dict[str, int], tmp_path: Path
) -> None:
    page = sit(f"/cases/{evil}", size)
    expect(page.locator(".crumbs")).to_contain_text("57 人反映")
    meeting = next(unit for unit in served.city.bodies)
    paths = (f"/cases/{evil}", "/", "/?view=list", "/cases", "/cases?q=停水", "/dispatch?queue=held", "/meetings",
             f"/ledger/{meeting}", "/?wall=1")  # fmt: skip
    for n, path in enumerate(paths):
        page.goto(path)
        expect(page.locator("main").get_by_text("onerror=ran=1").first).to_be_attached()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=tmp_path / f"{n}.jpeg", type="jpeg", quality=60)
        assert page.locator("img[src=x]").count() == 0, path
        assert page.evaluate("window.ran") is None, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(STANDS_FOR_ITSELF) == [], path
