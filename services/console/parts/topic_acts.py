"""What is done by hand about topics: an officer proposes one to the own body, its secretary admits or returns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.console import agendas, panels
from services.console.access.acts import ACTS, find
from services.console.pages.frame import Desk
from services.console.parts import Box, Details, Text
from services.console.parts.act import ActForm, Field, act_form, choice, many, text, yes
from services.console.projection.case import CaseRow
from services.console.projection.ledger import TopicRow
from services.console.queries import Told
from services.console.words import word

Done = Callable[[Mapping[str, Any]], Any]
KINDS = {"funding": word("经费"), "plan": word("规划计划"), "suggestion": word("意见建议")}
"""What a topic without a case is about."""
STEPS = {
    "solve": word("本级自行解决"),
    "pass_up": word("逐级上报"),
    "dispatch": word("派单办理"),
    "unable": word("由承办单位申请无法办理"),
    "supervise": word("申请督办"),
    "whistle": word("吹哨"),
}
"""What a proposer is told to use instead of the meeting."""
OPEN = frozenset({"waiting", "dispatched", "accepted", "suspended", "handled", "verified"})
"""Where an order stands while its case can be brought to a meeting."""


def may_propose(desk: Desk) -> bool:
    """Tell whether the reader is an officer of a unit, who proposes topics to its body."""
    act = find(ACTS, "escalation", "/v1/topics")
    return act is not None and desk.signed.role in act.roles


def propose(desk: Desk, body: str) -> ActForm | None:
    """Build the form of a topic without a case (W 2.2, move 2); nothing where the reader is no officer of a unit."""
    t = desk.t
    fields = [choice("kind", t("类别"), [(code, t(said)) for code, said in KINDS.items()]), *_said(desk)]
    return act_form(desk, "escalation", "/v1/topics", t("提请列为议题"), fields, mark=f"body={body}",
                    next=t("由联络员 2 个工作日内审查；逾期未审视为列入"))  # fmt: skip


def propose_case(desk: Desk, row: CaseRow) -> None:
    """Offer an officer to bring an open case to the own body without waiting for a rule to do so."""
    t, body = desk.t, desk.city.body_of(desk.signed.post.at) if may_propose(desk) else None
    if body is None or row.status not in OPEN:
        return
    with Box("details", "act"):
        Text("summary", t("提请上会"))
        act_form(desk, "escalation", "/v1/topics", t("提请上会"), _said(desk), mark=f"case={row.id}",
                 fixed={"kind": "case", "cases": [row.id]},
                 next=t("报{body}；联络员 2 个工作日内审查，列入后案件由本级联席会承接", body=body.name))  # fmt: skip


def _said(desk: Desk) -> list[Field]:
    t, city = desk.t, desk.city
    units = [(code, city.name_of(code)) for code in city.departments]
    return [
        text("summary", t("议题"), most=200, hint=t("一句话写明什么事、在哪里；不写姓名、电话、门牌")),
        text("tried", t("已做工作"), most=2000),
        text("asked", t("请求会议决定什么"), most=2000),
        choice("lead", t("拟请牵头"), units, required=False),
        many("support", t("拟请配合"), units),
        yes("urgent", t("紧急")),
    ]


def screen(desk: Desk, rows: Sequence[TopicRow], said: Mapping[str, list[Told]], now: datetime, done: Done) -> None:
    """Let the secretary admit each proposal, or return it with the step of the ladder to use (moves 3 and 4)."""
    t = desk.t
    steps = [(code, t(name)) for code, name in STEPS.items()]
    for row in rows:
        with Box("article", "proposal"):
            with Box("h3"):
                Text("a", row.summary or row.topic, href=panels.address(row.number or row.case_id))
            Details(rows=agendas.about(desk.city, t, row, [row], said.get(row.case_id, []), now))
            path = f"/v1/topics/{row.case_id}"
            act_form(desk, "escalation", f"{path}/admit", t("列入台账"), done=done,
                     next=t("列入后在下次会议研究，答复期限开始计算"))  # fmt: skip
            with Box("details", "act"):
                Text("summary", t("不予列入"))
                fields = [choice("step", t("应当走的步骤"), steps), text("why", t("理由"), most=2000)]
                act_form(desk, "escalation", f"{path}/return", t("退回"), fields, done=done, look="danger",
                         next=t("告知提出单位；案件不受影响"))  # fmt: skip
