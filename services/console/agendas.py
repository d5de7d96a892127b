"""What a meeting has before it: its agenda, what is known of a topic, and what may be decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from services.console import moments, words
from services.console.projection.ledger import TopicRow
from services.console.queries import Told
from services.console.sittings import Sitting
from services.console.words import Tongue, word
from shared.city.model import City

Rows = list[dict[str, Any]]
KINDS = {
    "resolve": word("议定"),
    "move_up": word("上移"),
    "defer": word("缓议"),
    "decline": word("不予采纳"),
    "squad": word("成立专班"),
    "list": word("列入难点清单"),
}
STATUSES = {
    "proposed": word("提议召开"),
    "planned": word("待召集"),
    "convened": word("已通知"),
    "held": word("进行中，待签发"),
    "adopted": word("纪要已签发"),
    "missed": word("未按期召开"),
    "cancelled": word("不召开"),
}
TONES = {"proposed": "held", "planned": "held", "convened": "meeting", "held": "ok", "adopted": "ended",
         "missed": "overdue", "cancelled": "ended"}  # fmt: skip
TONE_OF = {"resolve": "ok", "squad": "ok", "list": "soon", "move_up": "meeting", "defer": "soon", "decline": "ended"}
REASONS = {
    "unlawful": word("于法无据"),
    "decided_by_law": word("已依法处理完毕"),
    "not_public": word("不属公共事务"),
    "unreasonable": word("诉求不合理"),
}


def body_name(city: City, code: str) -> str:
    """Return the official name of a body."""
    return city.bodies[code].name if code in city.bodies else city.name_of(code)


def code_name(city: City, body: str, code: str) -> str:
    """Return the name of a post, unit, department or party of a body."""
    if code in city.posts:
        return city.posts[code].name
    known = {member.code: member.name for member in city.bodies[body].members} if body in city.bodies else {}
    return known.get(code) or city.name_of(code)


def address(meeting: str, topic: str = "") -> str:
    """Return the address of a meeting's page, of one of its topics."""
    return f"/meetings/{quote(meeting, safe='')}{'?' + urlencode({'topic': topic}) if topic else ''}"


def title(t: Tongue, number: int, *, temporary: bool, makeup: bool = False) -> str:
    """Return what kind of meeting it is, and its number."""
    if temporary:
        return t("第 {n} 次会议（临时会议）", n=number)
    return t("第 {n} 次会议（补开）", n=number) if makeup else t("第 {n} 次会议（例会）", n=number)


def rows(city: City, t: Tongue, sitting: Sitting, entries: Mapping[str, list[TopicRow]], now: datetime) -> Rows:
    """Return the agenda, in the order fixed at the cut-off: moved-up ones first, then reopened, then by age."""
    found = []
    for n, topic in enumerate(sitting.agenda, 1):
        own = entry_of(entries, topic, sitting.body)
        drafted = sitting.decisions.get(topic)
        kind = drafted["kind"] if drafted else ""
        due = own.answer_due_at if own else None
        found.append(
            {
                "n": n,
                "topic": topic,
                "href": address(sitting.id, topic),
                "title": (own.summary if own else "") or topic,
                "from": _origin(city, t, own),
                "chip": t(KINDS[kind]) if kind else t("待议"),
                "tone": TONE_OF.get(kind, "held"),
                "by": t("{day} 前答复", day=moments.day(due, now)) if due else "",
                "late": due is not None and due < now,
                "urgent": t("紧急") if own and own.urgent else "",
            }
        )
    return found


def entry_of(entries: Mapping[str, list[TopicRow]], topic: str, body: str) -> TopicRow | None:
    """Return a topic's entry in the ledger of a body."""
    return next((row for row in entries.get(topic, ()) if row.body == body), None)


def _origin(city: City, t: Tongue, entry: TopicRow | None) -> str:
    if entry is None:
        return ""
    if entry.from_body:
        return t("↑ 上移自{unit}", unit=city.name_of(entry.from_body))
    return t(words.CAUSES[entry.cause]) if entry.cause in words.CAUSES else ""


def about(
    city: City, t: Tongue, entry: TopicRow, chain: Sequence[TopicRow], said: Sequence[Told], now: datetime
) -> Rows:
    """Return what the chair reads out of a topic: where from, why, what was tried, what is asked, what is attached."""
    begun = next((f.data for f in said if f.type in ("topic.raised.v1", "topic.proposed.v1")), {})
    up = next((f for f in reversed(said) if f.type == "topic.moved_up.v1" and f.data["to_body"] == entry.body), None)
    reopened = [f.data for f in said if f.type == "topic.reopened.v1" and f.data["body"] == entry.body]
    unit = begun.get("proposer") or entry.unit
    shown: Rows = [{"name": t("来源"), "text": t("{unit}提出", unit=city.name_of(unit)) if unit else "—"}]
    cause = begun.get("cause") or entry.cause
    shown.append({"name": t("上会原因"), "text": t(words.CAUSES[cause]) if cause in words.CAUSES else "—"})
    tried = [text for text in (begun.get("tried"), *(one.get("tried") for one in reopened)) if text]
    shown.append({"name": t("已做工作"), "text": t("；").join(tried) or t("见案件经过")})
    lead, support = begun.get("lead"), begun.get("support") or ()
    asked = [begun["asked"]] if begun.get("asked") else []
    if lead:
        asked.append(t("拟请{unit}牵头", unit=city.name_of(lead)))
    if support:
        asked.append(t("{units}配合", units=t("、").join(city.name_of(code) for code in support)))
    shown.append({"name": t("请求"), "text": t("；").join(asked) or "—"})
    if len(chain) > 1:
        steps = t(" → ").join(f"{city.name_of(row.body)} {moments.day(row.opened_at, now)}" for row in chain)
        shown.append({"name": t("上移经过"), "text": steps})
    if up is not None:
        seq, head = up.data["ledger_seq"], up.data["ledger_hash"][:8]
        attached = t(
            "下级台账第 {n} 条（{hash}）、{body}纪要，齐全", n=seq, hash=head, body=body_name(city, up.data["body"])
        )
        shown.append({"name": t("附件"), "text": attached})
    if entry.deferrals:
        shown.append({"name": t("缓议"), "text": t("已 {n} 次", n=entry.deferrals)})
    return shown


def kinds(city: City, t: Tongue, sitting: Sitting, entry: TopicRow, now: datetime) -> list[tuple[str, str, str, str]]:
    """Return (kind, word, what it does, rule that forbids it now) of every decision that this level has."""
    level, above = city.levels[sitting.level], city.body_above(sitting.body)
    most = city.limits["deferrals"]
    found = [("resolve", t("定牵头、配合与期限，转为工单，不得退单"), "")]
    if above is not None:
        days = city.levels[above.level].answer
        found.append(
            (
                "move_up",
                t("报{body}，附本级台账条目与纪要；上级{limit}内答复", body=above.name, limit=_limit(t, days)),
                "",
            )
        )
    spent = t("已缓议 {n} 次，不得再缓", n=entry.deferrals) if entry.deferrals >= most else ""
    next_on = _next_day(city, sitting, now)
    found.append(
        (
            "defer",
            t("列入 {day} 的会议，第 {n} 次，最多 {most} 次", day=next_on, n=entry.deferrals + 1, most=most),
            spent,
        )
    )
    urgent = t("紧急议题不得不予采纳") if entry.urgent else ""
    found.append(("decline", t("书面答复反映人，可申请复核一次"), urgent))
    if level.may_form_squad:
        found.append(("squad", t("定专班负责人、牵头单位与期限"), ""))
    if level.may_list:
        found.append(("list", t("明确包抓领导与推进计划，每次例会复议"), ""))
    return [(kind, t(KINDS[kind]), hint, off) for kind, hint, off in found]


def _limit(t: Tongue, budget: Any) -> str:
    return t("{n} 个自然日", n=budget.amount)


def _next_day(city: City, sitting: Sitting, now: datetime) -> str:
    today = city.calendar.local(max(now, sitting.opens_at or now)).date()
    days = [on for year in (today.year, today.year + 1) for on in city.meeting_days(sitting.body, year) if on > today]
    return f"{days[0]:%m-%d}" if days else "—"


def reach(city: City, sitting: Sitting) -> list[tuple[str, str]]:
    """Return whom a decision may ask to lead or support: those present or called, the own area; the top everybody."""
    body = city.bodies[sitting.body]
    called = [*sitting.leads, *sitting.attendance, *(member.code for member in body.members), *sitting.invited]
    below = [sitting.body, *(unit.code for unit in city.children(sitting.body))]
    all_of = list(city.departments) if city.body_above(sitting.body) is None else []
    codes = dict.fromkeys(code for code in (*called, *below, *all_of) if code in city.units or code in city.departments)
    return [(code, city.name_of(code)) for code in codes]


def leaders(city: City, sitting: Sitting) -> list[tuple[str, str]]:
    """Return whom a decision may name as leader of a squad or of a listed problem."""
    body = city.bodies[sitting.body]
    posts = [body.convener, *body.leaders.values(), *(member.code for member in body.members)]
    codes = dict.fromkeys(code for code in posts if code in city.posts or code in city.units)
    return [(code, code_name(city, sitting.body, code)) for code in codes]


def latest_due(city: City, now: datetime) -> tuple[date, date]:
    """Return the first and the last day that a decision may set as its deadline (G7)."""
    today = city.calendar.local(now).date()
    return today + timedelta(days=1), today + timedelta(days=city.clock("resolution.longest").amount)


def quorum(city: City, t: Tongue, sitting: Sitting) -> str:
    """Return the body's rule of quorum in words (G5)."""
    body = city.bodies[sitting.body]
    if body.quorum_rule == "three_parties":
        if sitting.makeup:
            return t("再次召集：再缺席的一方不计，支部须到会")
        return t("三方（党支部、物业、业委会）须各有人到会")
    if sitting.temporary and sitting.leads:
        return t("主持人和每个拟请牵头单位须到会")
    return t("应到 {n} 家，主持人到会，过半数且不少于 {share}", n=len(body.members), share=str(body.quorum))
