"""What may be done with an order from a desk: one form an act, built from where the order stands and who sits there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.console import moments
from services.console.access.gateway import NotDone
from services.console.access.roles import CITY_WIDE, Role
from services.console.pages.frame import Desk
from services.console.parts import Box, Text
from services.console.parts.act import PROPOSALS, Field, Options, act_form, choice, many, photos, single, text, yes
from services.console.parts.options import department_options
from services.console.projection.case import CaseRow
from services.console.queries import Told
from services.console.queues import Standing
from services.console.words import word
from shared.city.model import Rung
from shared.contracts.dispatch import (
    OrderDispatched,
    OrderPassedUp,
    OrderReminded,
    OrderSupervised,
    SupervisionAnswered,
    SuspensionJudged,
)
from shared.kernel.refusals import Refused
from shared.kernel.rules import words as rule_words

DISPATCHERS = frozenset({Role.STREET, Role.OPERATIONS, Role.COMMUNITY})
MEANS = {"photo": word("现场看过"), "call": word("电话核实")}
MISSING = {"power": word("没有权限"), "money": word("没有经费"), "law": word("没有依据")}
PAUSES = {
    "weather": word("天气"),
    "law_suit": word("诉讼"),
    "funds": word("资金未到位"),
    "season": word("季节"),
    "owners_vote": word("业主表决"),
}
UP = {
    "authority": word("超出权限"),
    "means": word("缺少力量或经费"),
    "outside": word("不属本级事项"),
    "tried": word("办过，未能解决"),
}
OF_THE_CASE = frozenset({"dispatch", "remind", "supervise", "answer-supervision"})
"""Acts on the case itself; the others name the assignment that they answer."""
KEYS = {"accept": "q", "finish": "f", "progress": "e"}
"""Act -> the key that opens its form."""
MEETING = "meeting"
MOST_PHOTOS = 6
PASSING_UP = ("grid", "community")
"""Rungs that pass their orders up, where others say that they are unable."""
LATE_CLOCKS = ("dispatch", "accept", "handle", "verify")
"""Clocks over which a unit is supervised, and of which it is reminded."""
REMINDED_AGAIN = timedelta(hours=24)
"""After which a desk may remind of the same assignment again."""
SUSPENDED, SUPERVISED, ANSWERED = SuspensionJudged.TYPE, OrderSupervised.TYPE, SupervisionAnswered.TYPE
UPHELD = word("支持则改派；不支持则原单位继续办，期间时钟不停。")
CONFIRMED = word("确认后列为议题上会，责任单位不变，直到会议作出决定。")
JUDGES = {
    "hand_back": ("judge-hand-back", "upheld", word("裁定退单"), UPHELD),
    "unable": ("judge-unable", "confirmed", word("确认无力办理"), CONFIRMED),
    "extension": ("judge-extension", "granted", word("批准延期"), word("批准后按新的时限办理。")),
    "suspension": ("judge-suspension", "granted", word("批准挂账"), word("批准后时钟停走，到期自动恢复。")),
    "release": ("judge-release", "granted", word("批准退出协办"), word("批准后该单位不再协办。")),
}
"""Request -> act, field, title, what will happen."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order at a desk: its row, what dispatch says of it beyond that, whose desk it is."""

    row: CaseRow
    stands: Standing
    me: str
    sequence: int | None
    told: Sequence[Told]
    done: Callable[[Mapping[str, Any]], Any]

    @property
    def is_by_meeting(self) -> bool:
        """Tell whether a meeting made the present assignment."""
        return self.row.rung == MEETING

    @property
    def paused_by(self) -> str | None:
        """Return who granted the last suspension: nobody else ends it early."""
        granted = (fact for fact in reversed(self.told) if fact.type == SUSPENDED and fact.data["granted"])
        return next((fact.data["judge"] for fact in granted), None)

    @property
    def is_answer_awaited(self) -> bool:
        """Tell whether the late unit still owes the answer to a supervision order of the running clock."""
        late = (self.row.responsible, self.row.clock)
        given = {fact.data["number"] for fact in self.told if fact.type == SUPERVISED and _of(fact) == late}
        return bool(given - {fact.data["number"] for fact in self.told if fact.type == ANSWERED})


def build_forms(desk: Desk, order: Order) -> int:
    """Build every form that this desk has for an order, the likely one open; return how many there are."""
    row, me = order.row, order.me
    built = 0
    is_lead = row.lead == me or (row.lead is None and row.responsible == me and row.status == "accepted")
    if order.stands.request in JUDGES and order.stands.judge == me:
        built += _judge(desk, order)
    if row.status == "handled" and row.responsible == me:
        built += _verify(desk, order)
    if row.status in ("registered", "waiting") and row.responsible == me:
        built += _dispatch(desk, order)
    for one in order.stands.owed:
        fields = [text("note", desk.t("怎么办、何时办好"))]
        title = desk.t("回执督办第 {n} 号", n=one["number"])
        built += _form(desk, order, "answer-supervision", title, fields, fixed={"number": one["number"]}, is_open=True)
    if is_lead:
        built += _hold(desk, order)
        if row.status == "accepted" and row.rung == "street":
            built += _dispatch_on(desk, order)
    if me in row.support and row.status in ("dispatched", "accepted", "suspended"):
        built += _support(desk, order)
    if row.dispatcher == me and row.status in ("dispatched", "accepted"):
        built += _oversee(desk, order)
    if row.status == "suspended" and order.paused_by == me != row.lead:
        built += _form(desk, order, "resume", desk.t("恢复办理"), [_note(desk)], desk.t("时钟从现在起继续。"))
    if row.clock in LATE_CLOCKS and row.lead != me and (_is_above(desk, order) or _is_passed_up(desk, order)):
        aim = desk.t("记入办理经过，责任单位在自己的台上看到；不改时限。")
        built += _form(desk, order, "remind", desk.t("催办"), [_note(desk)], aim, off=_reminded_too_soon(desk, order))
    if _is_late(desk, order) and _is_above(desk, order):
        aim = desk.t("超期单位须限时回执，记入评分。")
        off = desk.t("已有督办单等待回执") if order.is_answer_awaited else ""
        built += _form(desk, order, "supervise", desk.t("督办"), [_note(desk)], aim, look="danger", off=off)
    return built


def _of(fact: Told) -> tuple[str, str]:
    return fact.data["charged"], fact.data["of"]


def _is_late(desk: Desk, order: Order) -> bool:
    row, last = order.row, desk.ticker.last
    return bool(last and row.clock in LATE_CLOCKS and row.due_at and row.due_at < last.moment.now)


def _is_above(desk: Desk, order: Order) -> bool:
    """Tell whether this desk supervises the late unit: operations everybody, else who is above it or dispatched it."""
    city, row, me = desk.city, order.row, order.me
    late = row.responsible
    if late is None or late == me or desk.signed.role not in DISPATCHERS:
        return False
    if desk.signed.role is Role.OPERATIONS:
        return True
    under = row.dispatcher if late in city.departments else late
    return under is not None and under in city.units and city.is_within(under, me)


def _is_passed_up(desk: Desk, order: Order) -> bool:
    """Tell whether this desk passed the case up to who has it now: it may remind, though it supervises nobody there."""
    passed = (fact.data["from_unit"] for fact in order.told if fact.type == OrderPassedUp.TYPE)
    return desk.signed.role in DISPATCHERS and order.row.responsible != order.me and order.me in passed


def _reminded_too_soon(desk: Desk, order: Order) -> str:
    """Return the rule that keeps this desk from reminding of the present assignment once more, if there is one."""
    for fact in reversed(order.told):
        if fact.type == OrderDispatched.TYPE:
            break
        if fact.type == OrderReminded.TYPE and fact.data.get("by") == order.me:
            now = desk.ticker.last.moment.now if desk.ticker.last else fact.acted_at
            at = moments.short_moment(fact.acted_at, now)
            return desk.t("{at} 已催办过，一天后可再催", at=at) if now < fact.acted_at + REMINDED_AGAIN else ""
    return ""


def _hold(desk: Desk, order: Order) -> int:
    t, row, city = desk.t, order.row, desk.city
    matter = city.matters.get(row.matter or "")
    if row.status == "dispatched":
        handler = single("handler", t("承办岗位"), value=t("经办岗"), most=64, hint=t("写岗位，不写姓名"))
        phone = single("office_phone", t("办公电话"), "tel", required=False, most=20)
        limit = matter.handle.get(Rung(row.rung)) if matter and row.rung in set(Rung) else None
        said = t("签收后开始计办理时限 {limit}。", limit=moments.budget(t, limit)) if limit else ""
        return _form(desk, order, "accept", t("签收"), [handler, phone], said, is_open=True) + _hand_back(desk, order)
    if row.status != "accepted":
        return 0
    pending = t("已有申请待裁定") if order.stands.request else ""
    late = t("已超期，不得再申请延期") if _is_late(desk, order) else pending
    met = t("会议交办的事项，由会议决定") if order.is_by_meeting else ""
    made = [
        _form(
            desk, order, "finish", t("办结反馈"),
            [text("what", t("办了什么、结果如何")), yes("contacted", t("已联系反映人")),
             photos("photos", t("照片"), f"/act/intake/v1/cases/{row.id}/supplement", "what", count="evidence",
                    most=MOST_PHOTOS, hint=t("至多 {n} 张，核查的单位能看到；位置等信息不保留", n=MOST_PHOTOS)),
             single("evidence", t("证明材料（份）"), "number", value=1, least=1, most=20,
                    hint=t("连同照片；单据由本单位留存备查")),
             single("handler", t("办理岗位"), required=False, most=64)],
            t("送核查，并请 {n} 位反映人评价。", n=max(row.reporters, 1)), is_open=True, off=pending,
        ),
        _form(desk, order, "progress", t("报进展"), [_note(desk)], t("不影响时钟，反映人能看到。")),
        _hand_back(desk, order),
        _form(
            desk, order, "extension", t("申请延期"),
            [single("more", t("再要多少（按原时限的单位）"), "number", least=1, most=1000, value=1),
             text("why", t("理由"))],
            t("须在到期前由派单单位批准；未批准前仍按原时限。"), off=late,
        ),
        _form(
            desk, order, "suspension", t("申请挂账"),
            [choice("cause", t("原因"), _options(desk, PAUSES)),
             single("days", t("自然日"), "number", least=1, most=366, value=30), text("why", t("说明"))],
            t("由上级批准，时钟停走到期恢复。"), off=met or late,
        ),
    ]  # fmt: skip
    if row.rung in PASSING_UP:
        fields = [choice("reason", t("理由"), _options(desk, UP)), _note(desk)]
        said = t("交上一级办理，附上已做的工作。")
        made.append(_form(desk, order, "pass-up", t("上报上一级"), fields, said, off=pending))
    else:
        fields = [choice("missing", t("缺什么"), _options(desk, MISSING)), text("tried", t("办过什么"))]
        said = t("确认后列为议题；责任单位不变，直到会议作出决定。")
        made.append(_form(desk, order, "unable", t("无力办理"), fields, said, off=met or pending))
    return sum(made)


def _hand_back(desk: Desk, order: Order) -> int:
    t = desk.t
    fields = [
        single("clause", t("依据条款"), most=64, hint=t("事项清单或派单目录的条款")),
        choice("proposed", t("应由谁办"), department_options(desk.city)),
        text("note", t("理由")),
    ]
    said = t("由派单单位裁定，期间时钟不停；再退将直接上会。")
    off = t("已有申请待裁定") if order.stands.request else ""
    if order.is_by_meeting:
        off = t("会议交办的事项，由会议决定")
    return _form(desk, order, "hand-back", t("退单"), fields, said, off=off)


def _support(desk: Desk, order: Order) -> int:
    t = desk.t
    answered = _form(desk, order, "answer-part", t("协办答复"), [_note(desk)], t("交主办单位汇总。"), is_open=True)
    return answered + _form(desk, order, "release", t("申请退出协办"), [text("why", t("理由"))], t("由派单单位批准。"))


def _judge(desk: Desk, order: Order) -> int:
    t = desk.t
    path, field, title, said = JUDGES[order.stands.request or ""]
    fields = [
        choice(field, t("裁定"), [("true", t("支持")), ("false", t("不支持"))]) | {"flag": True},
        text("note", t("理由")),
    ]
    return _form(desk, order, path, t(title), fields, t(said), is_open=True)


def _verify(desk: Desk, order: Order) -> int:
    t = desk.t
    fields = [
        choice("passed", t("核查结果"), [("true", t("已解决")), ("false", t("没解决"))]) | {"flag": True},
        choice("means", t("怎么核实的"), _options(desk, MEANS)) | {"when": ["passed", "true"]},
        text("note", t("看到什么")),
    ]
    said = t("通过则请反映人评价；不通过退回承办单位，时限减半。")
    return _form(desk, order, "verify", t("核查"), fields, said, is_open=True)


def dispatch_fields(desk: Desk, row: CaseRow, me: str) -> list[Field]:
    """Return the fields of whom a case may be dispatched to: those that its matter names first."""
    t, city = desk.t, desk.city
    matter = city.matters.get(row.matter or "")
    departments = _departments(desk, row)
    below = [(unit.code, unit.name) for unit in city.children(me)] if desk.signed.role not in CITY_WIDE else []
    if desk.signed.role is Role.OPERATIONS:
        below = [(unit.code, unit.name) for unit in city.children(city.root.code)]
    by_rule = sum(code in city.departments for code in matter.leads) if matter else 0
    return [
        choice("lead", t("主办单位"), [*departments, *below], first=min(by_rule, PROPOSALS)),
        many("support", t("协办单位"), departments),
    ]


def _dispatch(desk: Desk, order: Order) -> int:
    t, fields = desk.t, dispatch_fields(desk, order.row, order.me)
    return _form(desk, order, "dispatch", t("派单"), fields, t("主办单位签收时限即刻开始。"), is_open=True)


def _dispatch_on(desk: Desk, order: Order) -> int:
    """Build the form by which a street that holds a case itself gives it to a department; it stays the dispatcher."""
    t = desk.t
    departments = _departments(desk, order.row)
    fields = [choice("lead", t("主办单位"), departments), many("support", t("协办单位"), departments)]
    return _form(desk, order, "dispatch", t("转派部门"), fields, t("主办单位签收时限即刻开始。"))


def _departments(desk: Desk, row: CaseRow) -> Options:
    """Return the departments, those that the matter names first."""
    matter = desk.city.matters.get(row.matter or "")
    named = (*matter.leads, *matter.supports) if matter else ()
    return sorted(department_options(desk.city), key=lambda one: named.index(one[0]) if one[0] in named else len(named))


def _oversee(desk: Desk, order: Order) -> int:
    t, row = desk.t, order.row
    off = t("会议交办的事项，由会议决定") if order.is_by_meeting else ""
    if row.status == "dispatched":
        return _form(desk, order, "recall", t("撤回派单"), [text("reason", t("理由"))], t("计为派单不准。"), off=off)
    if row.lead not in desk.city.departments:
        return 0
    others = many("others", t("还有哪些单位"), [one for one in department_options(desk.city) if one[0] != row.lead])
    said = t("由联席会议决定谁办，责任单位暂不变。")
    return _form(desk, order, "state-dispute", t("职责争议"), [others, _note(desk)], said, off=off)


def _form(
    desk: Desk, order: Order, act: str, title: str, fields: list[Field], said: str = "", *, is_open: bool = False,
    off: str = "", look: str = "", fixed: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    path = f"/v1/orders/{order.row.id}/{act}"
    given = dict(fixed or {}) if act in OF_THE_CASE else {"assignment": order.row.assignment}
    is_asked = desk.request.query_params.get("act") == act
    box = Box("details", "act", **({"open": True} if is_open or is_asked else {}))
    if act in KEYS:
        box.props["data-key"] = KEYS[act]
    if act == "dispatch" and is_open:
        box.props["data-proposes"] = True
    with box:
        Text("summary", title)
        form = act_form(
            desk, "dispatch", path, title, fields, next=said, sequence=order.sequence, off=off, look=look,
            fixed=given, done=order.done,
        )  # fmt: skip
    if form is None:
        box.delete()
        return 0
    return 1


def _note(desk: Desk) -> Field:
    return text("note", desk.t("说明"))


def _options(desk: Desk, table: Mapping[str, str]) -> Options:
    return [(code, desk.t(name)) for code, name in table.items()]


def said_by(desk: Desk, error: NotDone | Refused) -> str:
    """Return the rule by which something was not told, in the reader's language."""
    if isinstance(error, NotDone):
        return error.said(desk.t.language)
    zh, en = rule_words(error.rule, error.params)
    return zh if desk.t.language == "zh" else en
