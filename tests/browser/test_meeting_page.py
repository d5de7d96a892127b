"""A temporary meeting in real browsers: asked for, called, held, decided, signed, corrected; then its ledger."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from services.console.access.roles import Post, Role
from shared.kernel.calendar import SHANGHAI
from tests.browser.conftest import DESK, PHONE, Sit
from tests.browser.documents import lines, says_the_same, sheets, table, taken
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
FORMS = (("Word", "docx"), ("PDF", "pdf"))
DECISIONS = {"议定": "明确牵头单位办理", "上移": "上移上一级联席会", "—": ""}
KINDS = {
    **{about: words for (_, about), words in zip(TOPICS, ("意见建议", "经费事项"), strict=True)},
    RETURNED: "计划方案",
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
    """Call the meeting, to the second, so that nobody waits for a whole minute."""
    at = _form(page, "召集会议").locator(".day-field input")
    opens_at = datetime.now(UTC).astimezone(SHANGHAI) + timedelta(seconds=SECONDS_AHEAD)
    at.fill(f"{opens_at:%Y-%m-%d %H:%M:%S}")
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
    expect(
        _form(convener, "开会").locator("button[type=submit]")
    ).to_be_enabled()  # as soon as its time has come, of itself
    for name in ("改期", "取消会议"):
        convener.locator(f"details.act summary:text-is('{name}')").click()
    expect(_form(convener, "改期").locator("button[type=submit]")).to_be_enabled()
    expect(_form(convener, "取消会议")).to_contain_text("还有 2 项议题没有撤回，不得取消")
    for box in _form(convener, "开会").locator(".many input").all():
        box.check()
    _press(convener, "开会")

    expect(recorder.locator(".sitting-facts")).to_contain_text("应到 6 实到 6（有效）")
    expect(_form(convener, "闭会并签发纪要")).to_contain_text("还有 2 项没有决定")
    form = _decide(recorder, "充电棚", "议定")
    form.locator("select").select_option(BODY)
    form.locator(".day-field input").fill(f"{datetime.now(SHANGHAI) + timedelta(days=14):%Y-%m-%d}")
    form.locator("label:has-text('完成标准') textarea").fill(WORDS["充电棚"])
    _press(recorder, "记录决定，下一项")
    expect(convener.locator(".minutes")).to_contain_text("现已决定 1 项")
    form = _decide(recorder, "外墙", "上移")
    form.locator("label:has-text('理由') textarea").fill(WORDS["外墙"])
    form.locator("label:has-text('已做工作') textarea").fill("业委会两次协商未果")
    form.locator("label:has-text('请求上级解决什么') textarea").fill("请协调维修资金")
    _press(recorder, "记录决定")
    expect(_form(recorder, "记录决定").locator("button[type=submit]")).to_be_enabled()  # the page has followed
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
    drawn_from_facts = convener.locator(".minutes").inner_text()
    assert "充电棚建成并通电" in drawn_from_facts
    assert not any(secret in drawn_from_facts for secret in ("王小明", "李四", "13800138000", "13900139000"))
    _words_in_full_for_the_entitled_alone(donggang, convener.url)
    leader = sit(Post(Role.OPERATIONS, "donggang"))
    leader.goto(convener.url)
    brought = _papers(leader, [member.name for member in donggang.city.bodies[BODY].members])
    _ledger(convener, brought, donggang.city.body_above(BODY))


def _words_in_full_for_the_entitled_alone(city: RunningCity, url: str) -> None:
    """Read the signed minutes as the body and as operations; what all may see of the meeting has masked words."""
    meeting = unquote(url.rsplit("/", 1)[1].partition("?")[0])
    for who, shown in ((("unit", BODY), True), (("operations", "duty"), False)):
        said = word_text(city.get("escalation", f"/v1/meetings/{meeting}/minutes.docx", who).content)
        assert [words in said for words in WORDS.values()] == [shown] * len(WORDS), who
    ledger = city.get("escalation", f"/v1/ledger/{BODY}", ("unit", BODY)).text
    assert not re.search(r"王小明|李四|(?<!\w)1[3-9]\d{9}(?!\w)", ledger)


def _papers(page: Page, members: list[str]) -> dict[str, dict[str, str]]:
    """Compare notice, minutes and both supplements with the page, line by line; returns what it says of each topic."""
    brought, titles = {}, {}
    for link in [str(one.get_attribute("href")) for one in page.locator(".agenda a").all()]:
        page.goto(link)
        topic = parse_qs(urlsplit(link).query)["topic"][0]
        titles[topic] = page.locator(".topic-now h2").inner_text().split(". ", 1)[1]
        about = page.locator(".topic-now .details")
        brought[topic] = dict(
            zip(about.locator("dt").all_inner_texts(), about.locator("dd").all_inner_texts(), strict=True)
        )
    minutes = page.locator(".minutes")
    said = minutes.locator("p").all_inner_texts()
    told = dict(line.split("：", 1) for line in said if "：" in line)
    name = page.locator(".crumbs span").inner_text().split(" · ")[1].replace(" ", "")
    body = page.locator("h1").inner_text()
    held = datetime.strptime(told["时间"], "%Y-%m-%d %H:%M")
    at = f"{held.year}年{held.month}月{held.day}日{held.hour}时" + (f"{held.minute:02d}分" if held.minute else "")
    year, number = re.findall(r"\d+", minutes.locator(".issue").inner_text())
    of = f"〔{year}〕第{number}号"
    signed = re.search(r"(\d+)-(\d+) .*签发", minutes.inner_text())
    assert signed is not None
    on = f"{year}年{int(signed[1])}月{int(signed[2])}日"

    def made(paper: str) -> list[str]:
        files = [taken(page, page.locator(".minutes-card a", has_text=f"{paper} {form}"), end) for form, end in FORMS]
        says_the_same(files[1], files[0])
        return [str(line) for line in lines(files[0])]

    topics = []
    for n, (topic, title) in enumerate(titles.items(), 1):
        decided = next(line for line in said if line.startswith(f"{n}、{title}。"))
        topics += [f"（{'一二'[n - 1]}）{title}（{topic}）", *_brought(brought[topic]), *_decided(decided, held)]
    signature = [f"签发：{told['主持']}", on]
    issued = ["抄送：各成员单位、各议题提出单位。", f"社区联络员\t{on}印发"]
    place, theme = told["地点"], told["主题"]
    assert "应到 6 家，实到 6 家；缺席：无" in said
    assert made("纪要") == [
        f"{body}会议纪要", of, f"{name}纪要",
        f"{at}，{body}在{place}召开{name}。会议主题：{theme}。会议由{told['主持']}主持。"
        f"会议听取了以往议定事项落实情况，研究议题{len(titles)}件。现将会议议定事项纪要如下。",
        "一、以往议定事项落实情况", "本次会议前没有尚未销号的议定事项。",
        "二、议题研究和议定情况", *topics,
        "三、工作安排", told["下步工作"],
        "四、到会情况", f"出席：{'、'.join(members)}", "应到常任成员6个，实到6个。",
        *signature, *issued,
    ]  # fmt: skip
    for n, numeral in ((1, "一"), (2, "二")):
        assert made(f"补充 {n}") == [
            f"{body}会议纪要", f"{of}补充{numeral}", f"{name}补充纪要",
            f"{body}{name}纪要（{of}）签发后，现补充如下。原纪要及其议定意见不变。",
            told[f"补充纪要 {n}"], *signature, *issued,
        ]  # fmt: skip
    opens = datetime.strptime(page.locator(".sitting-facts span").nth(1).inner_text()[-5:], "%H:%M")
    due = f"{held.year}年{held.month}月{held.day}日{opens.hour}时" + (f"{opens.minute:02d}分" if opens.minute else "")
    assert [line.replace("\n", "") for line in made("通知")] == [
        body, f"关于召开{body}{name}的通知", "各成员单位、受邀单位：",
        f"定于{due}召开{body}{name}。现将有关事项通知如下：",
        "一、会议时间", due, "二、会议地点", place, "三、会议主题", theme, "四、参会成员", "、".join(members),
        "五、会议议程", "听取以往议定事项落实情况", "研究下列议题：",
        *(f"{n}. {title}（{topic}）" for n, (topic, title) in enumerate(titles.items(), 1)), body,
    ]  # fmt: skip
    return brought


def _brought(about: dict[str, str]) -> list[str]:
    unit = about["来源"].removesuffix("提出")
    own = (unit, about["上会原因"], about["已做工作"], about["请求"])
    return [
        f"{label}：{said}" for label, said in zip(("报告单位", "提请事由", "已采取措施", "请求事项"), own, strict=True)
    ]


def _decided(line: str, held: datetime) -> list[str]:
    """Return what the minutes have to say of a decision that the page tells in one sentence."""
    if found := re.search(r"议定：由(.+)牵头，(\d+)-(\d+) 前办结，不得退单。完成标准：(.+)", line):
        month, day = int(found[2]), int(found[3])
        due = f"{held.year + ((month, day) < (held.month, held.day))}年{month}月{day}日"
        return ["议定意见：明确牵头单位办理", f"完成标准：{found[4]}", f"牵头单位：{found[1]}", f"完成时限：{due}"]
    found = re.search(r"决定上移上一级联席会议，附本级台账条目与纪要。已做工作：(.+)；理由：(.+)；请求上级：(.+)", line)
    assert found is not None, line
    return ["议定意见：上移上一级联席会", f"已采取措施：{found[1]}", f"理由：{found[2]}", f"请求事项：{found[3]}"]


def _ledger(page: Page, brought: dict[str, dict[str, str]], above: Any) -> None:
    """See both topics in the ledger, its chain whole, and its files as the page has it; on desk and phone."""
    page.goto("/ledger")
    page.wait_for_url(f"**/ledger/{BODY}")
    expect(page.locator(".chain-line.whole")).to_contain_text("链校验 ✓")
    decided = page.locator(".ledger-rows tbody tr")
    expect(decided).to_have_count(len(TOPICS) + 1)
    expect(decided.filter(has_text="充电棚")).to_contain_text("已议定，办理中")
    expect(decided.filter(has_text="外墙")).to_contain_text("已上移")
    _files(page, brought, above)
    paths = (page.url, page.locator(".ledger-rows td:last-child a").first.get_attribute("href"), "/meetings")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in paths:
            page.goto(str(path))
            expect(page.locator("h1").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} at {size['width']}"


def _files(page: Page, brought: dict[str, dict[str, str]], above: Any) -> None:
    """Compare the workbook's cells with those of the page, and the other two forms with the workbook."""
    link = page.locator(".ledger-files a")
    book = sheets(taken(page, link.filter(has_text="Excel"), "xlsx"))
    contents, (title, read, heads, *rows) = book.values()
    shown = table(page.locator(".ledger-rows"))[:0:-1]  # the newest is on top of the page
    chain = re.search(r"✓ (\d+) 条连续.* 链首 (\w+)", page.locator(".chain-line").inner_text())
    assert chain is not None
    body = page.locator("h1").inner_text().removesuffix(" 议题台账")
    assert contents[-1][:4] == (1, body, len(rows), int(chain[1]))
    assert contents[-1][4][:8] == chain[2]
    assert title[0] == f"{body}议题台账"
    assert f"台账链首 第{chain[1]}条 {chain[2]}" in read[0]
    assert len(rows) == len(shown)
    for n, (row, cells) in enumerate(zip(rows, shown, strict=True), 1):
        (topic, on), about = cells[0].split("\n"), cells[1].partition("\n")[0]
        said = dict(zip(heads, row, strict=True))
        told = brought.get(topic)
        assert (said["序号"], said["议题编号"], said["议题"], said["提出日期"][5:]) == (n, topic, about, on)
        assert (said["牵头"] or "—", said["时限"][5:] or "—") == cells[3:5]
        assert said["议定意见"][11:].partition("；")[0] == DECISIONS[cells[2]]
        meeting = re.search(r"第 \d+ 次会议", cells[6])
        assert said["会议与纪要编号"].partition("，")[0] == (meeting[0].replace(" ", "") if meeting else "")
        assert said["上移日期与去向"][11:] == (f"上移{above.name}" if cells[5] == "已上移" else "")
        assert said["办理结果"][11:].partition("，")[0] == (cells[5] if cells[5] == "不予列入" else "")
        assert said["来源案件"] == f"无（{KINDS[about]}）"
        if told:
            assert (said["提出单位"] + "提出", said["事由"], said["已采取措施"]) == tuple(told.values())[:3]
    head, *values = csv.reader(io.StringIO(taken(page, link.filter(has_text="CSV"), "csv").decode("utf-8-sig")))
    assert head == ["联席会", *heads]
    assert values == [[body, *map(str, row)] for row in rows]
    (told_of,) = json.loads(taken(page, link.filter(has_text="JSON"), "json"))["ledgers"]
    assert [["" if value is None else value for value in one.values()] for one in told_of["entries"]] == [
        list(row) for row in rows
    ]
    assert (told_of["body"], told_of["seq"], told_of["hash"][:8]) == (body, int(chain[1]), chain[2])
