"""What may be done with a report that the rules could not place, understand, or tell from another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.console.pages.frame import Desk
from services.console.parts import Box, Text
from services.console.parts.act import PROPOSALS, act_form, choice
from services.console.parts.options import grid_options, matter_options
from services.console.projection.case import CaseRow
from services.console.words import word

Done = Callable[[Mapping[str, Any]], Any]
REJECTIONS = {
    "report.out_of_area": word("不在本市辖区"),
    "report.meaningless": word("没有可办的内容"),
    "report.not_public": word("不属公共事务"),
    "report.decided_by_law": word("应由诉讼、仲裁、复议解决"),
    "report.abusive": word("辱骂或骚扰"),
    "report.unlawful": word("内容违法"),
}


def build_held(desk: Desk, row: CaseRow, found: Mapping[str, Any], done: Done) -> None:
    """Build the choice of matter and place, what intake `found` likely first, and the refusal by rule."""
    t, city = desk.t, desk.city
    guesses = {one["matter"]: one for one in found.get("guesses", [])}
    guessed = [
        (code, t("{matter}（{share}）", matter=one["name"], share=f"{one['confidence']:.0%}"))
        for code, one in guesses.items()
    ]
    others = [one for one in matter_options(city) if one[0] not in guesses]
    words = t("、").join(dict.fromkeys(w for one in guesses.values() for w in one.get("words", ())))
    if words:
        Text("p", t("依据的词：{words}", words=words)).classes("next")
    fields = [choice("matter", t("事项"), [*guessed, *others], first=min(len(guessed), PROPOSALS))]
    if row.unit is None:
        fields.append(choice("unit", t("位置（网格）"), grid_options(city)))
    path = f"/v1/cases/{row.id}"
    with Box("details", "act", open=True, data_proposes=True):
        Text("summary", t("归类立案"))
        act_form(desk, "intake", f"{path}/triage", t("归类立案"), fields, done=done,
                 next=t("按事项目录派单；您的选择会成为训练样本。"))  # fmt: skip
    with Box("details", "act"):
        Text("summary", t("不予受理"))
        rules = [(rule, t(said)) for rule, said in REJECTIONS.items()]
        act_form(desk, "intake", f"{path}/reject", t("不予受理"), [choice("rule", t("依据"), rules)], done=done,
                 look="danger", next=t("反映人会收到依据和说明。"))  # fmt: skip


def build_alike(desk: Desk, pair: Mapping[str, Any], done: Done) -> None:
    """Build the comparison of a case with those that it may be one with, and what to say of them."""
    t = desk.t
    path = f"/v1/cases/{pair['case']}"
    with Box("div", "pairs"):
        for one in (pair, *pair["suspects"]):
            place = (one["place"] or {}).get("name", "")
            with Box("div", "pair"):
                Text("b", one["summary"])
                Text("a", one["number"], href=f"/cases/{one['number']}")
                Text("span", t("{place} · {n} 人反映", place=place, n=one["reporters"]))
    into = [(one["case"], f"{one['number']} {one['summary'][:30]}") for one in pair["suspects"]]
    with Box("details", "act", open=True, data_key="m"):
        Text("summary", t("并单"))
        said = t("并入后所有反映人都会得到答复，可在办结前拆回。")
        act_form(
            desk, "intake", f"{path}/merge", t("并单"), [choice("into", t("并入哪一件"), into)], next=said, done=done
        )
    with Box("details", "act"):
        Text("summary", t("不是同一件"))
        act_form(desk, "intake", f"{path}/keep-apart", t("不是同一件"), next=t("以后不再提示。"), done=done)
