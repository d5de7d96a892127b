"""`sidan replay`: a recorded period under another city file, beside what its own makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli import main
from deploy.cli.stack import Folder, running_stack
from deploy.cli.words import t
from deploy.replay.files import Change, changes
from deploy.replay.record import Recorded, read_file, read_journals, since, write_file
from deploy.replay.run import compare
from shared.city.load import CityError, load, path_of
from shared.city.model import City

COUNTS = {
    "overdue.handle": t("办理超期", "handling overdue"),
    "overdue.verify": t("核查超期", "verification overdue"),
    "overdue.dispatch": t("派单超期", "dispatch overdue"),
    "overdue.case": t("全案超期", "cases overdue"),
    "supervised": t("督办", "supervision orders"),
    "hand_back.asked": t("申请退单", "hand-backs asked"),
    "hand_back.upheld": t("认可退单", "hand-backs upheld"),
    "escalated": t("提请上会", "sent to a meeting"),
    "handled": t("办结", "handled"),
    "handled.on_time": t("其中按期", "of these on time"),
    "closed": t("结案", "closed"),
}


MOST, LONGEST = 20, 60
"""Places named where two files differ, and characters shown of a value."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "replay",
        help=t(
            "回放推演：同一时期、同样的人做同样的事，换一份城市配置文件，超期、退单和各部门工作量有何不同",
            "What-if: the same period and the same deeds under another city file: overdue, hand-backs, load",
        ),
    )(replay)


def replay(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help=t("首日", "First day"))],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help=t("末日，含当日", "Last day, included"))],
    other: Annotated[str, typer.Option("--city", metavar="FILE", help=t("另一份城市配置文件", "The other city file"))],
    now: Annotated[
        str | None,
        typer.Option(
            "--now", metavar="FILE", help=t("现行配置文件，默认为运行环境的", "The file in force; the stack's")
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", exists=True, dir_okay=False, help=t("从此文件读取，不找运行环境", "Read this file")),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", dir_okay=False, help=t("把该时期另存为文件", "Write the period down"))
    ] = None,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Print the differences."""
    city = _load(other, "--city")
    begins = first.replace(tzinfo=city.calendar.zone)
    ends = last.replace(tzinfo=city.calendar.zone) + timedelta(days=1)
    if ends <= begins:
        raise typer.BadParameter(t("末日早于首日", "the last day lies before the first"), param_hint="--to")
    if record is None:
        stack = running_stack(city.code, folder)
        file = str(now or stack.city_file)
        in_force = _load(file, "--now")
        with _progress(t("读取日志", "reading journals")) as step:
            facts = asyncio.run(read_journals(stack.dsns["auditor"], stack.city, begins, ends, step))
    else:
        file = now or city.code
        in_force = _load(file, "--now")
        try:
            facts = since(read_file(record), begins, ends)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--record") from None
    if not facts:
        main.errors.print(t("这一时期没有记录", "Nothing was recorded in this period"), style="red")
        raise typer.Exit(main.CHECK_FAILED)
    if save is not None:
        write_file(save, facts)
    with _progress(t("回放", "replaying"), 2 * len(facts)) as step:
        found = compare(facts, ends, in_force, city, step)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _say(changes(path_of(file), path_of(other)))
        _show(found, facts, city)


def _load(file: str, option: str) -> City:
    try:
        return load(file)
    except CityError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


@contextmanager
def _progress(doing: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=main.errors, transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda n: bar.advance(task, n)


def _say(differing: list[Change]) -> None:
    """Print where the two files differ: what could make a difference at all."""
    count = len(differing)
    main.console.print(t(f"两份配置相差 {count} 处", f"The two files differ in {count} places"), highlight=False)
    for path, said, says in differing[:MOST]:
        line = f"  {path}：{_short(said)} → {_short(says)}"
        main.console.print(line, highlight=False, markup=False, soft_wrap=True)
    if count > MOST:
        main.console.print(t(f"  另有 {count - MOST} 处", f"  and {count - MOST} more"), highlight=False)


def _short(said: str) -> str:
    return (said if len(said) <= LONGEST else f"{said[:LONGEST]}…") or "–"


def _show(found: dict[str, Any], facts: list[Recorded], city: City) -> None:
    cases = len({fact.subject for fact in facts})
    main.console.print(
        t(
            f"推演，不改变任何记录：{cases} 件事项、{found['facts']} 条事实",
            f"A what-if, no record is changed: {cases} cases, {found['facts']} facts",
        ),
        highlight=False,
    )
    said = (
        t("记录", "recorded"),
        t("现行配置回放", "file in force"),
        t("另一配置回放", "the other"),
        t("相差", "change"),
    )
    runs = [found[name] for name in ("recorded", "now", "other")]
    counts = Table(t("事项", "figure"), *said, box=None)
    for name, label in COUNTS.items():
        _row(counts, label, [run["counts"].get(name, 0) for run in runs])
    main.console.print(counts)
    for key, title in (("load", t("各部门派单数", "assignments by department")), ("late", t("办理超期归属", "late"))):
        table = Table(title, *said, box=None)
        for code in sorted({code for run in runs for code in run[key]}):
            _row(table, city.name_of(code), [run[key].get(code, 0) for run in runs])
        if table.row_count:
            main.console.print()
            main.console.print(table)
    if found["now"]["counts"] == found["other"]["counts"] and found["now"]["load"] == found["other"]["load"]:
        main.console.print(t("两份配置对这一时期得出相同结果", "Both files come to the same in this period"))
    for name, label in (("now", said[1]), ("other", said[2])):
        left_out = sum(found[name]["left_out"].values())
        if left_out:
            main.console.print(
                t(
                    f"{label}：{left_out} 个动作已不适用，未计入（{_rules(found[name]['left_out'])}）",
                    f"{label}: {left_out} deeds no longer fit and are left out ({_rules(found[name]['left_out'])})",
                ),
                highlight=False,
                markup=False,
            )


def _row(table: Table, label: str, figures: list[int]) -> None:
    change = figures[2] - figures[1]
    table.add_row(label, *map(str, figures), f"{change:+d}" if change else "")


def _rules(left_out: dict[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in left_out.items())
