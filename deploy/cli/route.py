"""`sidan route explain REPORT`: which rules were tried for the lead of a case, which fired, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from deploy.cli import main
from deploy.cli.asking import Asking
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from shared.city.load import load
from shared.city.routing import WHY

RULES = {
    "rung": t("事项首办层级", "where the matter begins"),
    "pairing": t("包联关系", "pairing"),
    "matter": t("事项目录", "the matter's first choice"),
    "load": t("在办件最少", "fewest open orders"),
    "turn": t("轮流", "in turn"),
    "hand": t("人工派单", "by hand"),
    "meeting": t("联席会议议定", "a joint meeting's decision"),
}
RUNGS = {
    "grid": t("网格", "grid"),
    "community": t("社区", "community"),
    "street": t("街道", "street"),
    "department": t("部门", "department"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=t("派单规则", "Routing"), no_args_is_help=True)
    group.command(
        "explain",
        help=t(
            "说明一件反映派给谁、试过哪些规则、哪条生效、为什么",
            "Say who got a report's case: which rules were tried, which one fired, and why",
        ),
    )(explain)
    group.callback()(_group)
    app.add_typer(group, name="route")


def _group() -> None:
    """Keep `explain` a command of its own."""


def explain(
    report: Annotated[
        str,
        typer.Argument(help=t("来源/反映编号，或案号、事项编号", "source/id of a report, or number or id of its case")),
    ],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Print what the rules say, then each assignment that was made."""
    case = Asking("intake", city, folder).get(f"/v1/reports/{report}")["case"] if "/" in report else report
    told = Asking("dispatch", city, folder).get(f"/v1/orders/{case}/route")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for line in lines(told, load(running_stack(city, folder).city_file)):
        main.console.print(line, markup=False, highlight=False, soft_wrap=True)


def lines(told: dict[str, Any], city: Any) -> Iterator[str]:
    """Return what is said of a route; units and departments by name with their codes."""

    def name(code: str) -> str:
        return f"{city.name_of(code)}({code})"

    names = {rule.code: rule.name for rule in city.routing}
    matter = city.matters.get(told["matter"])
    about = "—".join(matter.path) if matter else told["matter"]
    source = city.sources.get(told["source"])
    first = t(source.names.zh, source.names.en) if source else told["source"]
    received = t(f" · 首接：{first}", f" · received by {first}") if told["source"] else ""
    yield f"{told['number']} · {about} · {name(told['place'])}{received}"
    rules = told["rules"]
    if rules is None:
        yield t("联席会议议题，没有派单规则", "A topic of a joint meeting: no routing rule")
    elif rules["holder"] and not any(rule["lead"] for rule in rules["tried"]):
        rung, holder, above = RUNGS[rules["rung"]], name(rules["holder"]), name(rules["dispatcher"])
        yield t(
            f"✓ 首办层级 {rung}：{holder} 先办，{above} 为交办单位",
            f"✓ begins at the {rung}: {holder} holds it, {above} dispatches",
        )
    else:
        desk = name(rules["holder"] or rules["dispatcher"])
        yield t(f"由 {desk} 派单，依次试：", f"{desk} dispatches; tried in order:")
        for rule in rules["tried"]:
            title = rule["name"] or RULES.get(rule["rule"], rule["rule"])
            counts = [f" {count}" for count in rule["loads"]] or [""] * len(rule["among"])
            among = "、".join(f"{name(code)}{count}" for code, count in zip(rule["among"], counts, strict=True))
            mark, so = ("✓", f" → {name(rule['lead'])}") if rule["lead"] else ("·", "")
            yield f"  {mark} {rule['rule']} {title}{so}：{t(*WHY[rule['why']])}" + (f"［{among}］" if among else "")
        if not any(rule["lead"] for rule in rules["tried"]):
            yield t("  没有规则生效：由交办单位人工派单", "  no rule fired: the dispatcher decides by hand")
    if not told["assignments"]:
        yield t("尚未派单，或当场解决而无须派单", "no assignment: not dispatched yet, or solved on the spot")
    for made in told["assignments"]:
        at = datetime.fromisoformat(made["at"]).astimezone(ZoneInfo("Asia/Shanghai"))
        support = "、".join(map(name, made["support"]))
        number = t(f"第{made['assignment']}次交办", f"assignment {made['assignment']}")
        rule = names.get(made["rule"]) or RULES.get(made["rule"], made["rule"])
        yield f"{number} {at:%Y-%m-%d %H:%M} {name(made['dispatcher'])} → {name(made['lead'])}（{rule}）" + (
            t(f"，协办 {support}", f", supported by {support}") if support else ""
        )
