"""`sidan quarantine list|show|replay|discard`: what was refused or could not be read, and what to do with it."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import asyncpg
import typer
from aiokafka import AIOKafkaProducer
from rich.table import Table

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from deploy.local.folder import Stack
from shared.contracts.envelope import ID
from shared.contracts.topics import SERVICES
from shared.kernel.rules import words

SHANGHAI = ZoneInfo("Asia/Shanghai")
PAGE = 50
Which = Annotated[str, typer.Argument(metavar="SERVICE/ID", help=t("如 intake/17", "such as intake/17"))]


def register(app: typer.Typer) -> None:
    """Add the four commands."""
    group = typer.Typer(
        help=t("被拒收或无法读取的消息", "Messages that were refused or could not be read"), no_args_is_help=True
    )
    group.command("list", help=t("列出，最新在前", "List them, newest first"))(list_kept)
    group.command("show", help=t("显示一条的原文、消息头与原因", "Show one: bytes, headers, reason"))(show)
    group.command(
        "replay", help=t("改正规则或程序后，原样重放一条", "Send one again as it came, once rules or code changed")
    )(replay)
    group.command("discard", help=t("作废一条（仍保留在案）", "Discard one; it stays on record"))(discard)
    app.add_typer(group, name="quarantine")


def list_kept(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    every: Annotated[bool, typer.Option("--all", help=t("含已处理的", "Also those dealt with"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """List what is kept."""
    rows = asyncio.run(_list(running_stack(city, folder), every))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    table = Table(box=None)
    for heading in (
        t("编号", "Id"),
        t("时间", "At"),
        t("来自", "From"),
        t("字段", "Field"),
        t("原因", "Why"),
        t("状态", "State"),
    ):
        table.add_column(heading)
    for row in rows:
        at = row["at"].astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
        table.add_row(row["which"], at, row["sender"], row["field"], _why(row), row["state"])
    main.console.print(table if rows else t("隔离区是空的", "The quarantine is empty"))


def show(which: Which, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Show one message; its bytes may hold personal data, so it is shown only on demand."""
    row = asyncio.run(_get(running_stack(city, folder), which))
    for name in ("topic", "partition", "offset", "stamped_at", "sender", "rule", "field", "state"):
        said = row[name].astimezone(SHANGHAI) if name == "stamped_at" else row[name]
        main.console.print(f"{name:12} {said}", markup=False)
    main.console.print(_why(row), markup=False)
    for name, value in json.loads(row["headers"]):
        main.console.print(f"  {name}: {bytes.fromhex(value).decode('utf-8', 'backslashreplace')}", markup=False)
    main.console.print(bytes(row["value"]).decode("utf-8", "backslashreplace")[:5000], markup=False)


def replay(which: Which, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Write the original record to its stream again; the service decides it anew."""
    asyncio.run(_replay(running_stack(city, folder), which))
    main.console.print(t(f"{which} 已重放", f"{which} was sent again"))


def discard(which: Which, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Mark one as not to be dealt with."""
    asyncio.run(_mark(running_stack(city, folder), which, "discarded"))
    main.console.print(t(f"{which} 已作废", f"{which} is discarded"))


def _why(row: dict[str, Any]) -> str:
    for service in SERVICES:  # each brings the words of its own rules
        import_module(f"services.{service}.domain")
    zh, en = words(row["rule"], json.loads(row["params"]))
    return f"{row['rule']}  {t(zh, en)}"


def _split(which: str) -> tuple[str, int]:
    service, _, number = which.partition("/")
    if service not in SERVICES or not number.isdigit():
        raise typer.BadParameter(t("应为 服务/编号，如 intake/17", "expected service/id, such as intake/17"))
    return service, int(number)


async def _list(stack: Stack, every: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for service in SERVICES:
        conn = await asyncpg.connect(stack.dsns[service])
        try:
            found = await conn.fetch(
                "SELECT id, at, sender, rule, field, params::text AS params, state, topic FROM quarantine "
                "WHERE $1 OR state = 'kept' ORDER BY id DESC LIMIT $2",
                every,
                PAGE,
            )
        finally:
            await conn.close()
        rows += [{"which": f"{service}/{row['id']}", **dict(row)} for row in found]
    return sorted(rows, key=lambda row: row["at"], reverse=True)


async def _get(stack: Stack, which: str) -> dict[str, Any]:
    service, number = _split(which)
    conn = await asyncpg.connect(stack.dsns[service])
    try:
        row = await conn.fetchrow(
            "SELECT *, headers::text AS headers, params::text AS params FROM quarantine WHERE id = $1", number
        )
    finally:
        await conn.close()
    if row is None:
        raise typer.BadParameter(t(f"没有 {which}", f"There is no {which}"))
    return dict(row)


async def _mark(stack: Stack, which: str, state: str) -> None:
    await _get(stack, which)
    service, number = _split(which)
    conn = await asyncpg.connect(stack.dsns[service])
    try:
        await conn.execute("UPDATE quarantine SET state = $2 WHERE id = $1", number, state)
    finally:
        await conn.close()


async def _replay(stack: Stack, which: str) -> None:
    """Forget that its id was refused, then send it: in this order, so that a crash between leaves it replayable."""
    row = await _get(stack, which)
    if row["state"] == "swept":
        raise typer.BadParameter(t(f"{which} 的原文已过保存期", f"the bytes of {which} are gone: kept long enough"))
    service, _ = _split(which)
    headers = [(name, bytes.fromhex(value)) for name, value in json.loads(row["headers"])]
    id_ = dict(headers).get(ID, b"").decode("utf-8", "replace")
    conn = await asyncpg.connect(stack.dsns[service])
    try:
        await conn.execute(
            "DELETE FROM inbox WHERE sender = $1 AND id = $2 AND result ->> 'rule' IS NOT NULL", row["sender"], id_
        )
    finally:
        await conn.close()
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(row["topic"], bytes(row["value"]), row["key"], headers=headers)
    finally:
        await producer.stop()
    await _mark(stack, which, "replayed")
