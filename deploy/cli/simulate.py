"""`sidan simulate year`: a city's year through the real rules, in memory, beside what the city has published."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from statistics import fmean, stdev
from typing import Annotated, Any

import typer
import yaml
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli import main
from deploy.cli.audit import examine
from deploy.cli.stack import DEFAULT_CITY, City, telling
from deploy.cli.words import t
from deploy.demo.parameters import Parameters
from deploy.local import control
from deploy.local.folder import PROJECT
from deploy.local.plan import plan_for
from deploy.local.supervisor import AlreadyRunning
from deploy.simulation.compare import Expected, differences, expected, is_good, years
from deploy.simulation.stack import live_on
from deploy.simulation.what_if import changed
from deploy.simulation.year import Year, live
from shared.city.load import CityError, load
from shared.city.model import City as Model

WORKERS = 2
_EARLIER = timedelta(hours=2)
"""Virtual time before the year begins, in which the services start."""
_ENOUGH = 0.95
"""Share of seeds whose deciding figures must each lie in their range."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=t("模拟", "Simulation"), no_args_is_help=True)
    group.command(
        "year",
        help=t(
            "在内存中用真实规则模拟一座城市的一年，与公布数字对照；主要数字落在 99 % 区间之外时退出码为 1",
            "Simulate a city's year in memory by the real rules, beside the published figures; exit code 1 when one of "
            "the main figures lies outside its 99 % range",
        ),
    )(year)
    group.callback()(_group)
    app.add_typer(group, name="simulate")


def _group() -> None:
    """Keep `year` a word of its own though it is the only one."""


def year(
    city: City = DEFAULT_CITY,
    seed: Annotated[
        int, typer.Option("--seed", help=t("随机种子，同样的种子得到同样的一年", "The same seed gives the same year"))
    ] = 1,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help=t("从该种子起模拟多少年", "How many seeds, from that one on"))
    ] = 1,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help=t(
                "改动一个参数并与原值逐种子比较，可重复", "Change a parameter and compare seed by seed; may be repeated"
            ),
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help=t("只模拟前若干天", "Only the first days"))] = 365,
    on_stack: Annotated[
        bool,
        typer.Option("--stack", help=t("在真实环境上逐步走完同一年", "Step through the same year on a real stack")),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Simulate and leave with 0 when the deciding figures lie in their ranges and every check held."""
    model, wanted = _model(city), _changes(changes or [])
    try:
        changed(city, wanted)
    except KeyError as missing:
        raise typer.BadParameter(t(f"没有参数 {missing}", f"no parameter {missing}"), param_hint="--set") from None
    except (TypeError, ValueError) as error:
        raise typer.BadParameter(
            t(f"取值不合要求：{error}", f"a value does not fit: {error}"), param_hint="--set"
        ) from None
    if on_stack and (seeds > 1 or wanted):
        said = t("--stack 只走一年", "--stack goes through one year alone")
        raise typer.BadParameter(said, param_hint="--stack")
    if seeds == 1 and not wanted:
        found = (_on_stack if on_stack else _one)(model, seed, days)
        _tell(as_json, _as_json([found]), lambda: _print_year(model, found))
        raise typer.Exit(main.OK if is_good(model, found) else main.CHECK_FAILED)
    base, other = _many(city, range(seed, seed + seeds), wanted, days)
    if wanted:
        _tell(as_json, _compared(base, other), lambda: _print_differences(model, base, other, wanted))
        raise typer.Exit(main.CHECK_FAILED if any(one.findings for one in (*base, *other)) else main.OK)
    _tell(as_json, _as_json(base), lambda: _print_years(model, base))
    raise typer.Exit(main.OK if _are_good(model, base) else main.CHECK_FAILED)


def _model(city: str) -> Model:
    try:
        model = load(city)
    except CityError as error:
        raise typer.BadParameter(str(error), param_hint="--city") from None
    if "year" not in model.simulation:
        said = t(f"{city} 的城市文件没有 simulation.year", f"the city file of {city} has no simulation.year")
        raise typer.BadParameter(said, param_hint="--city")
    return model


def _changes(said: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in said:
        key, sign, value = one.partition("=")
        if not sign:
            raise typer.BadParameter(t(f"应写成 键=值：{one}", f"not KEY=VALUE: {one}"), param_hint="--set")
        found[key] = yaml.safe_load(value)
    return found


@contextmanager
def _bar(doing: str, total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn(doing), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=main.errors, transient=True) as shown:
        task = shown.add_task("", total=total)
        yield lambda: shown.advance(task)


def _one(model: Model, seed: int, days: int) -> Year:
    with _bar(t(f"模拟 {model.names.zh}", f"simulating {model.names.en}"), days) as advance:
        return live(model, seed, days=days, progress=lambda day: advance())


def _on_stack(model: Model, seed: int, days: int) -> Year:
    """Start a stack of its own, step it through the year, audit it, stop it; its data stays for a look."""
    place = PROJECT / ".sidan" / f"{model.code}-year"
    first = datetime.combine(Parameters(model.simulation).day("year.first"), time(), model.calendar.zone)
    control.erase(place)
    try:
        with telling(t("正在启动", "starting")) as tell:
            stack = control.start(
                plan_for(model.code, folder=place, virtual_at=first - _EARLIER), tell=tell, is_bound=True
            )
    except AlreadyRunning:
        main.errors.print(t(f"环境已在运行：{place}", f"a stack is already running: {place}"))
        raise typer.Exit(main.CHECK_FAILED) from None
    except control.StartFailed as failure:
        main.errors.print(escape(f"{failure}\n{failure.log}"))
        raise typer.Exit(main.NOT_RUNNING) from None
    seen: set[date] = set()
    try:
        with _bar(t(f"逐步模拟 {model.names.zh}", f"stepping {model.names.en}"), days) as advance:

            def progress(day: date) -> None:
                if day not in seen:
                    seen.add(day)
                    advance()

            year = asyncio.run(live_on(stack, model, seed, days=days, progress=progress))
        year.findings += (f"{one.kind} {one.where}: {one.what}" for one in examine(stack).findings)
        return year
    finally:
        with telling(t("正在停止", "stopping")) as tell:
            control.stop(place, tell=tell)


def _many(city: str, seeds: Sequence[int], change: Mapping[str, Any], days: int) -> tuple[list[Year], list[Year]]:
    asked = [{}, change] if change else [{}]
    found: tuple[list[Year], list[Year]] = [], []
    with _bar(t("模拟多年", "simulating years"), len(seeds) * len(asked)) as advance:
        for which, one in years(city, seeds, asked, days=days, workers=WORKERS):
            found[which].append(one)
            advance()
    for of_change in found:
        of_change.sort(key=lambda year: year.seed)
    return found


def _are_good(model: Model, found: Sequence[Year]) -> bool:
    least = _ENOUGH * len(found)
    inside = (sum(bool(one.is_inside(y.figures[one.key])) for y in found) for one in expected(model) if one.decides)
    return not any(y.findings for y in found) and all(count >= least for count in inside)


# -- what is printed ------------------------------------------------------------------------------------------------


def _tell(as_json: bool, content: Any, show: Callable[[], None]) -> None:
    if as_json:
        print(json.dumps(content, ensure_ascii=False))
    else:
        show()


def _as_json(found: Sequence[Year]) -> Any:
    return [asdict(one) for one in found]


def _compared(base: Sequence[Year], other: Sequence[Year]) -> Any:
    rows = [asdict(one) for one in differences(base, other)]
    return {"differences": rows, "base": _as_json(base), "changed": _as_json(other)}


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 or place == len(headings) - 1 else "right")
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _range(one: Expected) -> str:
    return "–" if one.low is None else f"{_number(one.low)}–{_number(one.high)}"


def _mark(one: Expected, value: float) -> str:
    inside = one.is_inside(value)
    if inside is None:
        return ""
    star = " *" if one.decides else ""
    return t("[green]区间内[/]", "[green]inside[/]") + star if inside else t("[red]区间外[/]", "[red]outside[/]") + star


def _words(one: Expected) -> str:
    return escape(t(*one.words))


def _print_year(model: Model, year: Year) -> None:
    table = _table(
        t("数字", "figure"),
        t("公布", "published"),
        t("本年", "this year"),
        t("参考均值", "reference"),
        t("99 % 区间", "99 % range"),
        "",
    )
    for one in expected(model):
        value = year.figures[one.key]
        table.add_row(
            _words(one), _number(one.published), _number(value), _number(one.mean), _range(one), _mark(one, value)
        )
    of, seconds = Parameters(model.simulation).day("year.first").year, f"{year.seconds:.0f}"
    main.console.print(
        t(
            f"{model.names.zh} {of} 年，种子 {year.seed}：{year.facts:,} 条事实，{seconds} 秒",
            f"{model.names.en}, {of}, seed {year.seed}: {year.facts:,} facts, {seconds} s",
        )
    )
    main.console.print(table)
    _print_ends([year])


def _print_years(model: Model, found: Sequence[Year]) -> None:
    table = _table(
        t("数字", "figure"), t("公布", "published"), t("均值", "mean"), t("标准差", "sd"), t("参考均值", "reference"),
        t("99 % 区间", "99 % range"), t("区间内", "inside"),
    )  # fmt: skip
    for one in expected(model):
        values = [year.figures[one.key] for year in found]
        inside = [one.is_inside(value) for value in values]
        said = "" if None in inside else f"{sum(map(bool, inside))}/{len(found)}{' *' if one.decides else ''}"
        sd = f"{stdev(values):.1f}" if len(values) > 1 else "–"
        table.add_row(
            _words(one), _number(one.published), f"{fmean(values):,.1f}", sd, _number(one.mean), _range(one), said
        )
    main.console.print(table)
    _print_ends(found)


def _print_differences(model: Model, base: Sequence[Year], other: Sequence[Year], changes: Mapping[str, Any]) -> None:
    said = ", ".join(f"{key}={value}" for key, value in changes.items())
    main.console.print(escape(t(f"{len(base)} 个相同种子，改动 {said}", f"{len(base)} equal seeds, changed {said}")))
    words = {one.key: _words(one) for one in expected(model)}
    table = _table(
        t("数字", "figure"), t("原值", "before"), t("改后", "after"), t("差", "difference"), t("标准误", "std. error")
    )
    for one in differences(base, other):
        table.add_row(
            words.get(one.key, one.key),
            f"{one.base:,.1f}",
            f"{one.other:,.1f}",
            f"{one.other - one.base:+,.1f}",
            f"{one.error:.1f}",
        )
    main.console.print(table)
    _print_ends([*base, *other])


def _print_ends(found: Sequence[Year]) -> None:
    """Say which figures decide and what did not hold."""
    main.console.print(t("* 决定退出码的数字", "* figures that decide the exit code"), style="dim")
    findings = [f"{year.seed}: {finding}" for year in found for finding in year.findings]
    for finding in findings[:20]:
        main.console.print(escape(finding), style="red", highlight=False)
    if not findings:
        main.console.print(
            t(
                "每季度末核对：每件事项恰在一处，上移的都在上一级，议程无遗漏，台账链条完整",
                "at each quarter's end: every case in exactly one place, every move up arrived, no agenda with a gap, "
                "every chain whole",
            ),
            style="dim",
        )
