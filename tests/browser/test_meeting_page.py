"""A temporary meeting in real browsers: asked for, called, held, decided, signed, corrected; then its ledger."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from services.console.access.roles import Post, Role
from shared.kernel.calendar import SHANGHAI
from tests.browser.conftest import DESK, PHONE, Sit
from tests.support.running_city import RunningCity, wait
from tests.unit.papers.reading import word_text

pytestmark = pytest.mark.browser
BODY = "C05"
RETURNED = "河边步道亮化计划"
TRIED, ASKED = "已征求居民意见", "请安排场地与经费"
TOPICS = (("suggestion", "东门加装充电棚"), ("funding", "外墙维修资金缺口八万元"))
WORDS = {
    "充电棚": "充电棚建成并通电，请联系人王小明验收，电话13800138000",
    "外墙": "本级没有维修经费，请与联系人李四商量，电话13900139000",
}
SECONDS_AHEAD = 5


def _propose(page: Page) -> None:
    """Propose three topics without a case by the page, admit two of them and return the third."""
    for kind, summary in (*TOPICS, ("plan", RETURNED)):
        page.goto("/meetings")
        form = _form(page, "提请列为议题")
        form.locator("select").first.select_option(kind)
        for label, words in (("议题", summary), ("已做工作", TRIED), ("请求会议决定什么", ASKED)):
            form.locator(f"label:has(> span:text-matches('^{label}')) textarea").fill(words)
        _press(page, "提请列为议题")
        expect(form).to_contain_text("已生效")
    proposals = page.locator(".screen-card .proposal")
    page.goto(f"/ledger/{BODY}")
    wait(lambda: proposals.count() == len(TOPICS) + 1 or not page.reload(), 20, "the topics wait to be screened")
    returned = proposals.filter(has_text=RETURNED)
    expect(returned).to_contain_text(TRIED)
    returned.locator("summary").press("Enter")
    returned.locator("select").select_option("dispatch")
    returned.locator("textarea").fill("请先按职责派单")
    returned.locator("button:text-is('退回')").click()
    for left in range(len(TOPICS), 0, -1):
        expect(proposals).to_have_count(left)
        proposals.first.locator("button:text-is('列入台账')").click()
    expect(proposals).to_have_count(0)
    expect(page.locator(".ledger-rows tbody tr").filter(has_text=RETURNED)).to_contain_text("不予列入")


def _form(page: Page, title: str) -> Locator:
    return page.locator(f".actform:has(button[type=submit]:text-is('{title}'))")


def _press(page: Page, title: str) -> None:
    button = _form(page, title).locator("button[type=submit]")
    expect(button).to_be_enabled()
    button.click()


def _decide(page: Page, topic: str, kind: str) -> Locator:
    """Choose a decision of the topic that the page shows now; returns its form."""
    expect(page.locator(".topic-now h2")).to_contain_text(topic)
    form = page.locator(".topic-now .actform")
    form.locator(f".cards label:has(b:text-is('{kind}'))").click()
    return form


def _call_in_a_moment(page: Page) -> None:
    """Call the meeting; the field takes seconds here, so that nobody waits for a whole minute."""
    at = page.locator("input[type=datetime-local]")
    at.evaluate("field => { field.step = 1 }")
    opens_at = datetime.now(UTC).astimezone(SHANGHAI) + timedelta(seconds=SECONDS_AHEAD)
    at.fill(f"{opens_at:%Y-%m-%dT%H:%M:%S}")
    _press(page, "召集会议")


def test_a_temporary_meeting_is_asked_for_called_held_decided_signed_and_corrected(
    donggang: RunningCity, sit: Sit
) -> None:
    if not donggang.city.calendar.is_working_day(datetime.now(UTC).astimezone(SHANGHAI).date()):
        pytest.skip("a meeting opens on a working day, and the running city lives today")
    recorder, convener = sit(Post(Role.RECORDER, BODY)), sit(Post(Role.CONVENER, BODY))
    _propose(recorder)
    options = _form(recorder, "提议召开").locator(".many label")
    recorder.goto("/meetings")
    wait(lambda: options.count() == len(TOPICS) or not recorder.reload(), 20, "both topics wait")
    for box in options.locator("input").all():
        box.check()
    _form(recorder, "提议召开").locator("textarea").fill("居民反映强烈，等不到例会")
    _press(recorder, "提议召开")
    recorder.wait_for_url(re.compile(r"/meetings/meeting"))
    expect(recorder.locator(".sitting-facts .chip")).to_have_text("提议召开")
    expect(recorder.locator(".agenda li")).to_have_count(len(TOPICS))
    assert _form(recorder, "召集会议").count() == 0, "the convener calls it"

    convener.goto(recorder.url)
    _call_in_a_moment(convener)
    expect(_form(convener, "开会")).to_contain_text("尚未到时间")
    expect(_form(convener, "开会").locator("button")).to_be_enabled()  # as soon as its time has come, of itself
    for name in ("改期", "取消会议"):
        convener.locator(f"details.act summary:text-is('{name}')").click()
    expect(_form(convener, "改期").locator("button")).to_be_enabled()
    expect(_form(convener, "取消会议")).to_contain_text("还有 2 项议题没有撤回，不得取消")
    for box in _form(convener, "开会").locator(".many input").all():
        box.check()
    _press(convener, "开会")

    expect(recorder.locator(".sitting-facts")).to_contain_text("应到 6 实到 6（有效）")
    expect(_form(convener, "闭会并签发纪要")).to_contain_text("还有 2 项没有决定")
    form = _decide(recorder, "充电棚", "议定")
    form.locator("select").select_option(BODY)
    form.locator("input[type=date]").fill(f"{datetime.now(SHANGHAI) + timedelta(days=14):%Y-%m-%d}")
    form.locator("label:has-text('完成标准') textarea").fill(WORDS["充电棚"])
    _press(recorder, "记录决定，下一项")
    expect(convener.locator(".minutes")).to_contain_text("现已决定 1 项")
    form = _decide(recorder, "外墙", "上移")
    form.locator("label:has-text('理由') textarea").fill(WORDS["外墙"])
    form.locator("label:has-text('已做工作') textarea").fill("业委会两次协商未果")
    form.locator("label:has-text('请求上级解决什么') textarea").fill("请协调维修资金")
    _press(recorder, "记录决定")
    expect(_form(recorder, "记录决定").locator("button")).to_be_enabled()  # the page has followed
    expect(convener.locator(".minutes")).to_contain_text("已做工作：业委会两次协商未果")
    expect(convener.locator(".minutes")).to_contain_text("请求上级：请协调维修资金")
    _form(recorder, "记入纪要").locator("label:has-text('下步工作') textarea").fill("下月检查充电棚进度")
    _press(recorder, "记入纪要")
    expect(convener.locator(".minutes")).to_contain_text("下步工作：下月检查充电棚进度")
    expect(convener.locator(".minutes .open")).to_have_count(0)
    said = _form(recorder, "记录决定").locator("label:has-text('理由') textarea")
    expect(said).to_have_value(WORDS["外墙"])  # the recorder reads in full what the facts do not show
    _press(convener, "闭会并签发纪要")
    expect(recorder.locator(".sitting-facts .chip")).to_have_text("纪要已签发")
    assert _form(recorder, "记录决定").count() == 0

    for text in ("地点为东门北侧", "经费由街道统筹"):
        _form(convener, "补充纪要").locator("textarea").fill(text)
        _press(convener, "补充纪要")
        expect(convener.locator(".minutes")).to_contain_text(text)
    for name, ending in (("纪要 Word", "docx"), ("纪要 PDF", "pdf"), ("补充 2 Word", "docx")):
        _downloads(convener, ".minutes-card a", name, ending)
    drawn_from_facts = convener.locator(".minutes").inner_text()
    assert "充电棚建成并通电" in drawn_from_facts
    assert not any(secret in drawn_from_facts for secret in ("王小明", "李四", "13800138000", "13900139000"))
    _words_in_full_for_the_entitled_alone(donggang, convener.url)
    _ledger(convener)


def _words_in_full_for_the_entitled_alone(city: RunningCity, url: str) -> None:
    """Read the signed minutes as the body and as operations; what all may see of the meeting has masked words."""
    meeting = unquote(url.rsplit("/", 1)[1].partition("?")[0])
    for who, shown in ((("unit", BODY), True), (("operations", "duty"), False)):
        said = word_text(city.get("escalation", f"/v1/meetings/{meeting}/minutes.docx", who).content)
        assert [words in said for words in WORDS.values()] == [shown] * len(WORDS), who
    ledger = city.get("escalation", f"/v1/ledger/{BODY}", ("unit", BODY)).text
    assert not re.search(r"王小明|李四|(?<!\w)1[3-9]\d{9}(?!\w)", ledger)


def _downloads(page: Page, links: str, name: str, ending: str) -> None:
    with page.expect_download() as taken:
        page.locator(links, has_text=name).click()
    assert taken.value.suggested_filename.endswith(f".{ending}")
    assert taken.value.path().stat().st_size > 100


def _ledger(page: Page) -> None:
    """See both topics in the ledger, its chain whole, and take its files away; on desk and phone."""
    page.goto("/ledger")
    page.wait_for_url(f"**/ledger/{BODY}")
    expect(page.locator(".chain-line.whole")).to_contain_text("链校验 ✓")
    decided = page.locator(".ledger-rows tbody tr")
    expect(decided).to_have_count(len(TOPICS) + 1)
    expect(decided.filter(has_text="充电棚")).to_contain_text("已议定，办理中")
    expect(decided.filter(has_text="外墙")).to_contain_text("已上移")
    for name, ending in (("Excel", "xlsx"), ("CSV", "csv"), ("JSON", "json")):
        _downloads(page, ".ledger-files a", name, ending)
    paths = (page.url, page.locator(".ledger-rows td:last-child a").first.get_attribute("href"), "/meetings")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in paths:
            page.goto(str(path))
            expect(page.locator("h1").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} at {size['width']}"
