"""`sidan ledger verify`: check the hash chain of every joint-meeting ledger, or of one body's."""

from __future__ import annotations

import asyncio
from typing import Annotated

import asyncpg
import typer

from deploy.audit.chains import Chains, read_chains
from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from services.escalation.domain.chain import Break, Broken, verify

KINDS = {
    Break.EDITED: t("记录被改动", "edited: a record was changed"),
    Break.GAP: t("记录缺失", "gap: a record is missing"),
    Break.REORDERED: t("记录次序被改动", "reordered: records changed places"),
    Break.FOREIGN: t("混入其他台账的记录", "foreign: a record of another ledger"),
    Break.TRUNCATED: t("末尾被截去", "truncated: the tail was cut off"),
    Break.RECOMPUTED: t("整链被重新计算", "recomputed: another chain than the one written down"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=t("联席会台账", "Ledgers of the joint meetings"), no_args_is_help=True)
    group.command(
        "verify",
        help=t(
            "校验台账的哈希链，并与纪要、上级台账和日志中记下的链头核对；发现断裂时退出码为 1",
            "Verify the hash chains against all heads in minutes, upper ledgers and journal; exit code 1 when broken",
        ),
    )(verify_ledgers)
    group.callback()(_group)
    app.add_typer(group, name="ledger")


def verify_ledgers(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    body: Annotated[
        str | None, typer.Option("--body", help=t("只校验这个单位的台账", "Only the ledger of this unit"))
    ] = None,
    dsn: Annotated[
        str | None,
        typer.Option("--dsn", help=t("直接读取这个数据库，不找运行环境", "Read this database instead of the stack's")),
    ] = None,
) -> None:
    """Verify, print the first broken link of each broken ledger, leave with 1 if there is one."""
    try:
        ledgers, anchors = asyncio.run(_read(dsn or running_stack(city, folder).dsns["auditor"], city))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        main.errors.print(t(f"无法读取数据库：{error}", f"The database cannot be read: {error}"), markup=False)
        raise typer.Exit(main.NOT_RUNNING) from None
    if body is not None and body not in ledgers:
        main.errors.print(t(f"没有 {body} 的台账", f"There is no ledger of {body}"), markup=False)
        raise typer.Exit(main.WRONG_USAGE)
    wanted = sorted(ledgers) if body is None else [body]
    checked = ((ledger, verify(ledger, ledgers[ledger], anchors.get(ledger, ()))) for ledger in wanted)
    broken = {ledger: found for ledger, found in checked if found is not None}
    for ledger, found in broken.items():
        main.console.print(f"{ledger} #{found.seq}  {_words(found)}", markup=False, highlight=False)
    count = sum(len(ledgers[ledger]) for ledger in wanted)
    if broken:
        main.console.print(t(f"{len(broken)} 本台账断裂", f"{len(broken)} broken ledgers"), style="red")
        raise typer.Exit(main.CHECK_FAILED)
    main.console.print(
        t(
            f"{len(wanted)} 本台账、{count} 条记录，链条完整",
            f"{len(wanted)} ledgers, {count} records: every chain is whole",
        )
    )


def _group() -> None:
    """Keep `verify` a word of its own though it is the only one."""


def _words(found: Broken) -> str:
    where = t(f"（对照 {found.where}）", f" (against {found.where})") if found.where else ""
    return f"{KINDS[found.what]}{where}"


async def _read(dsn: str, city: str) -> Chains:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await read_chains(connection, city)
    finally:
        await connection.close()
