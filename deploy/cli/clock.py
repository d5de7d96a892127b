"""`sidan clock explain CASE`: how each due time of a case came about, line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from deploy.cli import main
from deploy.cli.asking import Asking
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from shared.city.load import load

CLOCKS = {
    "dispatch": t("派单", "dispatch"),
    "accept": t("签收", "accept"),
    "handle": t("办理", "handle"),
    "verify": t("核查", "verify"),
    "window": t("评价窗口", "rating window"),
    "answer": t("会议答复", "answer of a meeting"),
    "case": t("全案", "whole case"),
}
RUNGS = {
    "reminder": t("催办", "reminder"),
    "overdue": t("到期", "end"),
    "supervision": t("督办", "supervision order"),
    "ledger": t("提请上会", "to the ledger"),
}
UNITS = {
    "uh": t("紧急小时（昼夜计）", "urgent hours, round the clock"),
    "wh": t("工作小时", "working hours"),
    "wd": t("工作日", "working days"),
    "nd": t("自然日", "natural days"),
}
WHY = {
    "first": t("起算当日，不计", "the day it started, not counted"),
    "counted": t("工作日", "working day"),
    "makeup": t("调休上班", "made-up working day"),
    "weekend": t("周末，不计", "weekend, not counted"),
    "holiday": t("放假，不计", "holiday, not counted"),
    "suspended": t("挂账，不计", "suspended, not counted"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=t("时限", "Clocks"), no_args_is_help=True)
    group.command(
        "explain",
        help=t(
            "逐行说明一件事项的每个时限如何得出：起点、时限、计入与不计入的日子、挂账、各级时点",
            "Say line by line how each due time of a case came about: start, budget, days counted and not, rungs",
        ),
    )(explain)
    group.callback()(_group)
    app.add_typer(group, name="clock")


def _group() -> None:
    """Keep `explain` a command of its own."""


def explain(
    case: Annotated[str, typer.Argument(help=t("案号或事项编号", "Number or id of the case"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Print every running clock."""
    told = Asking("dispatch", city, folder).get(f"/v1/orders/{case}/clocks")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    main.console.print(t(f"{told['number']}（{told['case']}）", f"{told['number']} ({told['case']})"), markup=False)
    known = load(running_stack(city, folder).city_file)
    if not told["clocks"]:
        main.console.print(t("没有时限在走", "No clock is running"))
    for clock in told["clocks"]:
        for line in lines(clock, ZoneInfo(told["zone"]), known.name_of):
            main.console.print(line, markup=False, highlight=False, soft_wrap=True)


def lines(clock: dict[str, Any], zone: ZoneInfo, name_of: Callable[[str], str]) -> Iterator[str]:
    """Return what is said of one clock; who is charged by name with his code."""

    def at(text: str) -> str:
        return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M}"

    name, due_at = CLOCKS[clock["clock"]], at(clock["due_at"])
    yield ""
    charged = f"{name_of(clock['charged'])}({clock['charged']})"
    yield t(f"{name}时限：{due_at} 止，由 {charged} 负责", f"{name}: until {due_at}, {charged}")
    if clock["budget"] is None:
        yield t("  到期时刻由会议或其他服务确定，不由时限推算", "  set by a meeting or another service")
        return
    amount, _, unit = clock["budget"].partition(" ")
    yield t(
        f"  起点 {at(clock['start'])}，时限 {amount} {UNITS[unit]}"
        f"（第 {clock['assignment']} 次交办，第 {clock['version'] + 1} 版）",
        f"  from {at(clock['start'])}, {amount} {UNITS[unit]} "
        f"(assignment {clock['assignment']}, version {clock['version'] + 1})",
    )
    for pause in clock["suspensions"]:
        yield t(
            f"  挂账 {at(pause['start'])} 至 {at(pause['end'])}",
            f"  suspended from {at(pause['start'])} to {at(pause['end'])}",
        )
    for line in clock["lines"]:
        yield f"  {_days(line)}  {_why(line, unit)}"
    for year in clock["provisional"]:
        yield t(
            f"  {year} 年法定节假日尚未公布，暂按周一至周五计，公布后重算",
            f"  {year}: no statutory calendar yet, Monday to Friday for now, projected anew when it is out",
        )
    for rung in clock["rungs"]:
        if rung["fired"]:
            yield t(f"  {RUNGS[rung['name']]}：已发生", f"  {RUNGS[rung['name']]}: fired")
        elif rung["at"]:
            yield t(f"  {RUNGS[rung['name']]}：{at(rung['at'])}", f"  {RUNGS[rung['name']]}: {at(rung['at'])}")


def _days(line: dict[str, Any]) -> str:
    return line["first"] if line["first"] == line["last"] else f"{line['first']} – {line['last']}"


def _why(line: dict[str, Any], unit: str) -> str:
    why = line["why"]
    if why == "counted" and unit == "nd":
        said = t("自然日", "day")
    elif why == "holiday" and line["name"]:
        said = t(f"{line['name']}放假，不计", f"holiday ({line['name']}), not counted")
    else:
        said = WHY[why]
    if line["minutes"] is not None:
        return said + t(f"，计 {line['minutes']} 分钟", f", {line['minutes']} minutes")
    if line["days"] is not None:
        return said + t(f"，累计 {line['days']} 日", f", {line['days']} so far")
    return said
