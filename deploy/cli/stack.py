"""`sidan up`, `sidan status`, `sidan down`: the stack of one city on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from deploy.cli import main
from deploy.cli.words import both, t
from deploy.local import control
from deploy.local.clock import FASTEST
from deploy.local.folder import PROJECT, Stack, folder_of, read_stack
from deploy.local.plan import Plan, plan_for
from deploy.local.resolver import Tell, Words
from deploy.local.supervisor import AlreadyRunning, Supervisor
from shared.city.load import CityError

City = Annotated[str, typer.Option("--city", help=t("城市代码，见 deploy/cities", "City code, as in deploy/cities"))]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help=t("数据文件夹，默认 .sidan/<城市>", "Data folder, by default .sidan/<city>")),
]
DEFAULT_CITY = "donggang"
STATES = {
    "starting": t("正在启动", "starting"),
    "ready": t("已就绪", "ready"),
    "waiting": t("已启动，有服务未就绪", "up, not every service ready"),
    "stopping": t("正在停止", "stopping"),
}


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command(
        help=t(
            "启动 PostgreSQL、Kafka 和五个服务；Ctrl-C 停止，再按一次立即终止。"
            "服务活着而未就绪时环境继续运行，说明原因，--detach 的退出码为 1",
            "Start PostgreSQL, Kafka and the five services; Ctrl-C stops them, a second one kills. "
            "A service that lives but is not ready leaves the stack up: the reason is told, --detach ends with 1",
        )
    )(up)
    app.command(help=t("查看各进程状况", "Show how every process is"))(status)
    app.command(help=t("停止", "Stop"))(down)


def up(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help=t("就绪后转入后台", "Go on in the background once ready"))
    ] = False,
    speed: Annotated[
        float,
        typer.Option(
            "--speed",
            min=1,
            max=FASTEST,
            help=t("虚拟时间的倍速，1 为真实时间", "Speed of virtual time; 1 is real time"),
        ),
    ] = 1.0,
) -> None:
    """Start a stack, here or in the background; one that is up but not ready goes on, and `--detach` leaves with 1."""
    try:
        plan = plan_for(city, folder=folder, speed=speed)
    except CityError as error:
        raise typer.BadParameter(str(error), param_hint="--city") from None
    began = time.monotonic()
    try:
        with telling(t("正在启动", "starting")) as tell:
            if detach:
                stack = control.start(plan, tell=tell)
                _greet(stack, began)
                raise typer.Exit(main.OK if stack.state == "ready" else main.CHECK_FAILED)
        code = _run_here(plan, began)
    except AlreadyRunning:
        main.errors.print(
            t(
                f"{city} 已在运行，见 sidan status；停止用 sidan down",
                f"{city} is already running, see sidan status; sidan down stops it",
            )
        )
        raise typer.Exit(main.CHECK_FAILED) from None
    except control.StartFailed as failure:
        main.errors.print(t(f"未能启动，日志：{failure.log}", f"The start failed; log: {failure.log}"))
        raise typer.Exit(main.NOT_RUNNING) from None
    raise typer.Exit(code)


def _run_here(plan: Plan, began: float) -> int:
    """Be the supervisor; a spinner would need a thread, and children are started from this one alone."""

    def tell(words: Words) -> None:
        main.console.print(f"[green]·[/green] {_line(words)}")

    def on_up(stack: Stack) -> None:
        _greet(stack, began)
        main.console.print(t("按 Ctrl-C 停止", "Ctrl-C stops"))

    supervisor = Supervisor(plan, tell)
    if supervisor.run(on_up=on_up):
        return main.OK
    return main.NOT_RUNNING if supervisor.stack.state == "failed" else main.INTERRUPTED


def status(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Show the processes of a stack."""
    stack = running_stack(city, folder)
    conditions = control.look_at(stack)
    if as_json:
        content = {
            "city": stack.city,
            "state": stack.state,
            "way": stack.way,
            "kafka": stack.kafka,
            "kafka_outside": stack.kafka_outside,
            "speed": stack.speed,
            "folder": str(stack.folder),
            "supervisor": stack.supervisor.pid,
            "processes": [asdict(condition) for condition in conditions],
        }
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        _show(stack, conditions)
    if stack.state != "ready" or not all(condition.is_sound for condition in conditions):
        raise typer.Exit(main.CHECK_FAILED)


def down(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    every: Annotated[
        bool, typer.Option("--all", help=t("停止本项目的所有城市", "Every stack of this project"))
    ] = False,
    erase: Annotated[bool, typer.Option("--erase", help=t("同时删除数据", "Remove the data as well"))] = False,
) -> None:
    """Stop a stack, and with `--erase` remove what it kept."""
    here = PROJECT / ".sidan"
    folders = sorted(path.parent for path in here.glob("*/ports.json")) if every else [folder or folder_of(city)]
    was_running = False
    for place in folders:
        with telling(t("正在停止", "stopping")) as tell:
            was_running = control.stop(place.resolve(), tell=tell) or was_running
            if erase:
                control.erase(place.resolve())
                tell((f"已删除 {place}", f"{place} removed"))
    if not was_running and not erase:
        main.console.print(t("没有在运行的环境", "nothing was running"))


def running_stack(city: str, folder: Path | None = None) -> Stack:
    """Return the stack a command is to work with, or leave with code 3 and say how to start it."""
    stack = read_stack((folder or folder_of(city)).resolve())
    if stack is None or not stack.is_running():
        main.errors.print(
            t(f"{city} 没有运行；启动：sidan up --city {city}", f"{city} is not running; start: sidan up --city {city}")
        )
        raise typer.Exit(main.NOT_RUNNING)
    return stack


@contextmanager
def telling(doing: str) -> Iterator[Tell]:
    """Show a spinner while something long goes on, and a line for each step that is done."""
    with Status(doing, console=main.console):
        yield lambda words: main.console.print(f"[green]·[/green] {_line(words)}")


def _line(words: Words) -> str:
    said = both if "\n" not in words[0] else t  # a longer text once
    return said(escape(words[0]), escape(words[1]))


def _greet(stack: Stack, began: float) -> None:
    seconds = time.monotonic() - began
    if stack.state == "ready":
        main.console.print(t(f"已就绪（{seconds:.1f} 秒）", f"ready ({seconds:.1f} s)"), style="bold")
    else:
        main.console.print(
            t("已启动，但有服务未就绪；见 sidan status", "up, but not every service is ready; see sidan status"),
            style="yellow",
        )
    _tell_console(stack)


def _tell_console(stack: Stack) -> None:
    if "console" in stack.services:
        main.console.print(t(f"控制台：{stack.services['console']}", f"console: {stack.services['console']}"))


def _show(stack: Stack, conditions: Sequence[control.Condition]) -> None:
    """Print a line per process, fit for 80 columns, and below them what keeps which service from its work."""
    title = f"{stack.city} · {STATES.get(stack.state, stack.state)} · {stack.way} · Kafka {stack.kafka}"
    main.console.print(title, style="italic", markup=False, highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    heads = (
        (t("进程", "process"), "left"),
        (t("进程号", "pid"), "right"),
        (t("状况", "health"), "left"),
        (t("端口", "port"), "right"),
        (t("滞后", "lag"), "right"),
        (t("待发", "pending"), "right"),
        (t("待序", "parked"), "right"),
        (t("内存 MB", "MB"), "right"),
        (t("重启", "restarts"), "right"),
    )
    for head, side in heads:
        table.add_column(head, justify="right" if side == "right" else "left", no_wrap=True)
    for one in conditions:
        table.add_row(
            one.name,
            str(one.pid),
            _health(one),
            f":{urlsplit(one.url).port}" if one.url else "–",
            *("–" if count is None else str(count) for count in (one.lag, one.pending, one.parked)),
            f"{one.memory / 1024 / 1024:.0f}",
            str(one.restarts),
        )
    main.console.print(table)
    _tell_console(stack)
    for one in conditions:
        for reason in one.why if one.is_alive else ():
            main.console.print(f"{one.name}: {reason}", style="yellow", markup=False, highlight=False)


def _health(one: control.Condition) -> str:
    if not one.is_alive:
        return f"[red]{t('已退出', 'ended')}[/red]"
    if one.is_ready is False:
        return f"[yellow]{t('未就绪', 'not ready')}[/yellow]"
    return f"[green]{t('正常', 'well')}[/green]"
