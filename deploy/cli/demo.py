"""`sidan demo`: a simulated city at work for a week on a real platform, with one command."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from datetime import timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated

import httpx
import structlog
import typer
from rich.live import Live
from rich.markup import escape

from deploy.audit import Unreachable, Verdict
from deploy.audit import audit as run_audit
from deploy.audit.journals import Finding
from deploy.cli import audit as audit_words
from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, telling
from deploy.cli.words import t
from deploy.demo import staging, summary
from deploy.demo.life import Life, Platform
from deploy.demo.staff import let_in, staff_of
from deploy.local import control
from deploy.local.clock import FASTEST
from deploy.local.folder import PROJECT, Stack, read_stack
from deploy.local.plan import plan_for
from deploy.local.resolver import Tell
from deploy.local.supervisor import AlreadyRunning
from shared.city.load import CityError, load
from shared.city.model import City as Model

_EARLIER = timedelta(hours=2)
"""Virtual time before the week begins, in which the services start."""
_PICTURE, _ASKED_EVERY = 1.0, 10.0
"""Real seconds between two pictures, and between two questions to the platform's own counts."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=t(
            "演示：启动全部环境，让一座模拟城市按加速时钟工作一周，给出一周小结与稽核结论；DEMO_EXIT=1 时到此结束",
            "Demonstrate: start everything, let a simulated city work for a week on an accelerated clock, then sum up "
            "and audit; with DEMO_EXIT=1 it ends there, with exit code 1 if the audit fails",
        )
    )(demo)


def demo(
    city: City = DEFAULT_CITY,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            help=t(
                "演示自己的数据文件夹，每次清空；默认 .sidan/<城市>-demo",
                "Folder of its own, emptied each time; by default .sidan/<city>-demo",
            ),
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help=t("随机种子", "Seed of all chance"))] = 1,
    days: Annotated[int, typer.Option("--days", min=1, max=60, help=t("模拟天数", "Simulated days"))] = 7,
    speed: Annotated[
        float, typer.Option("--speed", min=1, max=FASTEST, help=t("虚拟时间的倍速", "Speed of virtual time"))
    ] = FASTEST,
) -> None:
    """Show the platform at work; every demonstration begins from an empty city in a folder of its own."""
    began = time.monotonic()
    try:
        model = load(city)
    except CityError as error:
        raise typer.BadParameter(str(error), param_hint="--city") from None
    place = (folder or PROJECT / ".sidan" / f"{model.code}-demo").resolve()
    try:
        with telling(t("正在启动", "starting")) as tell:
            stack, life = _start(city, model, place, seed, days, speed, tell)
    except AlreadyRunning:
        main.errors.print(t(f"演示已在运行：{place}", f"a demonstration is already running: {place}"))
        raise typer.Exit(main.CHECK_FAILED) from None
    except control.StartFailed as failure:
        main.errors.print(escape(str(failure)))
        main.errors.print(t(f"未能启动，日志：{failure.log}", f"The start failed; log: {failure.log}"))
        raise typer.Exit(main.NOT_RUNNING) from None
    found: list[Verdict] = []
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_show(stack, life, began, found))
    finally:
        with telling(t("正在停止", "stopping")) as tell:
            control.stop(place, tell=tell)
    if not found:
        raise typer.Exit(main.INTERRUPTED)
    raise typer.Exit(main.OK if found[0].ok else main.CHECK_FAILED)


def _start(city: str, model: Model, place: Path, seed: int, days: int, speed: float, tell: Tell) -> tuple[Stack, Life]:
    known = read_stack(place)
    if known is not None and known.is_running():
        raise AlreadyRunning(str(place))
    control.erase(place)
    life = Life(model, seed, staging.first_day(model), days)
    plan = plan_for(city, folder=place, speed=speed, virtual_at=life.starts - _EARLIER)
    stack = control.start(plan, tell=tell, is_bound=True)
    _log_to(place / "logs" / "demo.log")
    return stack, life


def _log_to(path: Path) -> None:
    """Keep what clients report about outages out of the picture: in a file that stays small."""
    handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=1, encoding="utf-8")
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


async def _show(stack: Stack, life: Life, began: float, found: list[Verdict]) -> None:
    """Greet, let the city live for its days, sum up, audit; then go on until stopped, unless DEMO_EXIT is set."""
    address = stack.services["console"]
    async with life.lived(Platform(stack.kafka, stack.services, stack.secret)), asyncio.TaskGroup() as beside:
        greeting = beside.create_task(_greet(stack, life.city, address, began))
        figures = await _watch(stack, life, address)
        main.console.print(summary.account(life, figures))
        found.append(await _verdict(stack))
        audit_words.leave(stack, found[0])
        audit_words.tell(found[0])
        greeting.cancel()  # only if no page has answered for the whole week
        if stack.is_running() and os.environ.get("DEMO_EXIT", "") in ("", "0"):
            main.console.print(
                t(f"控制台仍在运行：{address}，按 Ctrl-C 停止", f"the console stays up: {address}; Ctrl-C stops")
            )
            while stack.is_running():  # noqa: ASYNC110 - another process ends it
                await asyncio.sleep(_PICTURE)
            main.errors.print(
                t(f"环境已停止，日志：{stack.folder}/logs", f"the stack has stopped; logs: {stack.folder}/logs")
            )


async def _verdict(stack: Stack) -> Verdict:
    """Return the auditor's verdict; one that could not look has not found everything in place."""
    try:
        return await run_audit(stack.dsns["auditor"], stack.kafka, stack.city)
    except Unreachable as away:
        return Verdict(findings=[Finding("unreachable", str(stack.folder), str(away))])


async def _greet(stack: Stack, city: Model, address: str, began: float) -> None:
    """Say where the console is, and who may sign in, as soon as its first page answers."""
    await _first_page(address)
    staff = staff_of(city)
    await let_in(staff, stack.dsns["console"])
    seconds = time.monotonic() - began
    main.console.print(
        t(f"控制台：{address}  （{seconds:.0f} 秒）", f"console: {address}  ({seconds:.0f} s)"), style="bold"
    )
    logins, password = ", ".join(staff.posts), staff.password
    main.console.print(
        t(f"登录账号：{logins}；口令：{password}", f"sign in as {logins}; password: {password}"),
        markup=False,
        highlight=False,
    )
    main.console.print(t(f"数据：{stack.folder}", f"data: {stack.folder}"), style="dim")


async def _first_page(address: str) -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False, follow_redirects=True) as http:
        while True:
            with suppress(httpx.HTTPError):
                if (await http.get(address)).status_code < 400:
                    return
            await asyncio.sleep(0.2)


async def _watch(stack: Stack, life: Life, address: str) -> summary.Figures:
    """Draw the picture until the week is over or the stack has died; a line now and then where there is no terminal."""
    figures, asked = summary.Figures(), 0.0
    is_seen = main.console.is_terminal
    with Live(console=main.console, auto_refresh=False, transient=True) as picture:
        while not life.is_over and stack.is_running():
            if time.monotonic() - asked > _ASKED_EVERY:
                with suppress(TimeoutError):
                    figures = await asyncio.wait_for(summary.Figures.ask(life), _ASKED_EVERY)
                asked = time.monotonic()
                if not is_seen:
                    main.console.print(summary.line(life, figures))
            if is_seen:
                picture.update(summary.live(life, figures, address), refresh=True)
            await asyncio.sleep(_PICTURE)
    with suppress(TimeoutError):
        figures = await asyncio.wait_for(summary.Figures.ask(life), 3 * _ASKED_EVERY)
    return figures
