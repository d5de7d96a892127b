"""`sidan console rebuild`: the read model made anew while the old one serves."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from services.console.rebuild import Busy, Lacking, Rebuilt
from services.console.rebuild import rebuild as make_anew
from shared.city.load import load

_STAGES = {
    "read": ("读取并归并事实", "Facts read and folded"),
    "index": ("建立索引", "Indexes"),
    "follow": ("追上其间到来的", "Those that came meanwhile"),
    "switch": ("切换", "Switch"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=t("指挥台的读模型", "The console's read model"), no_args_is_help=True)
    group.callback()(lambda: None)
    group.command(
        "rebuild",
        help=t(
            "由事件流重建读模型：旧的照常服务，建成后一次切换；中断后重来即可。事件流缺失时不切换，退出码为 1",
            "Make the read model anew from the streams; the old one serves until the switch. Interrupted: start again. "
            "Streams that lack facts: no switch, exit 1",
        ),
    )(rebuild)
    app.add_typer(group, name="console")


def rebuild(city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Make the read model anew and say how many facts it holds and how fast they were read."""
    stack = running_stack(city, folder)
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=main.errors) as progress:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, of: int) -> None:
            task = tasks.get(stage)
            if task is None:
                task = tasks[stage] = progress.add_task(t(*_STAGES[stage]), total=of)
            progress.update(task, completed=done, total=of)

        try:
            done = asyncio.run(make_anew(stack.dsns["admin"], stack.kafka, load(stack.city_file), tell))
        except (Busy, Lacking, KafkaError, OSError, asyncpg.PostgresError) as error:
            progress.stop()
            _refuse(error)
    _say(done, time.monotonic() - began)


def _refuse(error: Exception) -> None:
    if isinstance(error, Busy):
        main.errors.print(t("另一次重建正在进行", "Another rebuild is under way"))
        raise typer.Exit(main.CHECK_FAILED)
    if isinstance(error, Lacking):
        main.errors.print(
            t(
                f"事件流缺少读模型已有的事实，未切换；先 sidan republish：{error}",
                f"The streams lack facts that the read model holds, nothing changed; sidan republish first: {error}",
            )
        )
        raise typer.Exit(main.CHECK_FAILED)
    main.errors.print(t("Kafka 或 PostgreSQL 不能用", "Kafka or PostgreSQL cannot be used"), style="red")
    main.errors.print(f"({type(error).__name__}: {error})", markup=False, highlight=False)
    raise typer.Exit(main.NOT_RUNNING)


def _say(done: Rebuilt, seconds: float) -> None:
    rate = f"{(done.facts + done.meanwhile) / seconds:,.0f}"
    main.console.print(
        t(
            f"{done.facts} 条事实已重建，其间又到 {done.meanwhile} 条；{seconds:.1f} 秒，每秒 {rate} 条",
            f"{done.facts} facts made anew, {done.meanwhile} more meanwhile; {seconds:.1f} s, {rate} a second",
        ),
        highlight=False,
    )
