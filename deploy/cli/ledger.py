"""`sidan ledger`: verify the chains of the joint-meeting ledgers, export them, show the published list of heads."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.audit.anchors import Anchors, NoAnchors, read_anchors
from deploy.audit.chains import WORDS, Examined, examine
from deploy.audit.chains import Progress as Tell
from deploy.audit.exported import FILE, examine_file
from deploy.audit.exporting import NothingToExport, export
from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from services.escalation.domain.chain import Break, Broken
from shared.persistence.engine import schema_of

R = TypeVar("R")

KINDS = {
    Break.EDITED: t("记录被改动", "edited: a record was changed"),
    Break.GAP: t("记录缺失", "gap: a record is missing"),
    Break.REORDERED: t("记录次序被改动", "reordered: records changed places"),
    Break.FOREIGN: t("混入其他台账的记录", "foreign: a record of another ledger"),
    Break.TRUNCATED: t("末尾被截去", "truncated: the tail was cut off"),
    Break.RECOMPUTED: t("整链被重新计算", "recomputed: another chain than the one written down"),
}
OF_FILE = {
    Break.EDITED: t("文件被改动，或不是导出的台账", "edited: the file was changed, or is no exported ledger"),
    Break.FOREIGN: t("文件末尾之后另有内容，或同一台账出现两次", "foreign: more than the file, or a ledger twice"),
    Break.TRUNCATED: t("文件末尾被截去", "truncated: the end of the file was cut off"),
}
CHANGED_WORDS = t("议定意见原文与台账摘要不符", "words that are not those of their digest")
STEPS = {
    "stream": t("核对消息流", "stream"),
    "journal": t("核对纪要与清单", "minutes and lists"),
    "records": t("逐条校验", "records"),
    "file": t("校验文件（字节）", "file (bytes)"),
}

Body = Annotated[str | None, typer.Option("--body", help=t("只看这个单位的台账", "Only the ledger of this unit"))]
Dsn = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        help=t(
            "直接读取这个数据库（例如恢复的备份），不找运行环境，也不核对消息流",
            "Read this database, such as a restored backup, instead of the stack's; the stream is not read then",
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=t("联席会台账", "Ledgers of the joint meetings"), no_args_is_help=True)
    codes = t(
        "退出码：0 完好；1 有断裂；2 用法有误或没有这本台账；3 数据库或 Kafka 无法连接",
        "Exit codes: 0 whole; 1 broken; 2 wrong usage or no such ledger; 3 database or Kafka cannot be reached",
    )
    group.command(
        "verify",
        epilog=codes,
        help=t(
            "校验台账的哈希链：逐条核对数据库，并与消息流、纪要、上级台账、每日链首清单对照；"
            "加 --export 则只校验导出的文件，不需要任何系统在运行。打印每本断裂台账的第一处断裂",
            "Verify the hash chains: every record in the database, against the stream, minutes, upper ledgers and "
            "daily lists; with --export only the exported file, without any system. Prints the first broken link "
            "of each broken ledger",
        ),
    )(verify_ledgers)
    group.command(
        "export",
        epilog=codes,
        help=t(
            "导出台账为可独立校验的文件：.jsonl 含记录原文与链首，.csv 只含各列",
            "Export ledgers into a file that can be verified by itself: .jsonl with stored texts and heads, "
            ".csv with the columns alone",
        ),
    )(export_ledgers)
    group.command(
        "heads",
        epilog=codes,
        help=t(
            "显示某日公布的全部台账链首；存下来的清单可用于 verify --against",
            "Show the published heads of all ledgers of a day; a kept list serves verify --against",
        ),
    )(show_heads)
    app.add_typer(group, name="ledger")


def verify_ledgers(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    body: Body = None,
    file: Annotated[
        Path | None,
        typer.Option("--export", exists=True, dir_okay=False, help=t("校验这个导出文件", "Verify this exported file")),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar=t("文件|单位:序号:哈希", "FILE|UNIT:SEQ:HASH"),
            help=t(
                "另与别处留存的链首对照：纪要或台账页脚、公布的清单、另一份导出文件、台账的 JSON；可多次使用",
                "Hold against heads kept elsewhere: a page's foot, a published list, another export, a ledger as JSON; "
                "may be repeated",
            ),
        ),
    ] = None,
    dsn: Dsn = None,
) -> None:
    """Verify, print the first broken link of each broken ledger, leave with 1 if there is one."""
    try:
        anchors = read_anchors(against or ())
    except NoAnchors as error:
        raise typer.BadParameter(
            t(f"{error} 既不是 单位:序号:哈希，也不是完好的清单或导出文件", f"no head, list or export: {error}"),
            param_hint="--against",
        ) from None
    if file is not None:
        with _progress(file.stat().st_size) as tell:
            done = examine_file(file, body=body, against=anchors, progress=tell)
    else:
        done = _asked(city, folder, dsn, lambda conn, kafka, tell: _examine(conn, city, kafka, body, anchors, tell))
    if body is not None and body not in done.heads and not done.broken:
        main.errors.print(t(f"没有 {body} 的台账", f"There is no ledger of {body}"), markup=False)
        raise typer.Exit(main.WRONG_USAGE)
    _say(done, body)
    if done.broken:
        raise typer.Exit(main.CHECK_FAILED)


async def _examine(
    conn: asyncpg.Connection, city: str, kafka: str | None, body: str | None, against: Anchors, tell: Tell
) -> Examined:
    return await examine(conn, city, body=body, kafka=kafka, against=against, progress=tell)


def _say(done: Examined, body: str | None) -> None:
    for ledger, found in sorted(done.broken.items()):
        main.console.print(_words(ledger, found, done.lines.get(ledger)), markup=False, highlight=False, soft_wrap=True)
    if done.broken:
        main.console.print(t(f"{len(done.broken)} 处断裂", f"{len(done.broken)} broken"), style="red")
        return
    if body is not None:
        seq, hash_ = done.heads[body]
        main.console.print(
            t(f"链首 {body}:{seq}:{hash_}", f"head {body}:{seq}:{hash_}"), highlight=False, soft_wrap=True
        )
    count = f"{done.records:,}"
    main.console.print(
        t(
            f"{len(done.heads)} 本台账、{count} 条记录，链条完整",
            f"{len(done.heads)} ledgers, {count} records: every chain is whole",
        )
    )


def _words(ledger: str, found: Broken, line: int | None) -> str:
    if ledger == FILE:
        return t(f"文件第 {found.seq} 行", f"line {found.seq} of the file") + f"  {OF_FILE[found.what]}"
    place = t(f"（文件第 {line} 行）", f" (line {line} of the file)") if line else ""
    where = t(f"（对照 {found.where}）", f" (against {found.where})") if found.where else ""
    if ledger.startswith(WORDS):
        return f"{ledger.removeprefix(WORDS)}  {CHANGED_WORDS}: {found.where}"
    return f"{ledger}{f' #{found.seq}' if found.seq else ''}{place}  {KINDS[found.what]}{where}"


def export_ledgers(
    path: Annotated[Path, typer.Argument(metavar=t("文件", "FILE"), dir_okay=False)],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    body: Body = None,
    dsn: Dsn = None,
) -> None:
    """Export as of now."""
    if path.suffix.lower() not in (".jsonl", ".csv"):
        raise typer.BadParameter(t("文件名须以 .jsonl 或 .csv 结尾", "the name must end in .jsonl or .csv"))
    if not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(t("不能在此写文件", "no file can be written here"))

    async def write(conn: asyncpg.Connection, kafka: str | None, tell: Tell) -> tuple[int, int]:
        return await export(conn, city, path, datetime.now(UTC), body=body, progress=tell)

    try:
        ledgers, records = _asked(city, folder, dsn, write)
    except NothingToExport as nothing:
        main.errors.print(t(f"{nothing} 没有台账记录", f"There is no ledger record of {nothing}"), markup=False)
        raise typer.Exit(main.WRONG_USAGE) from None
    main.console.print(
        t(f"已导出 {ledgers} 本台账、{records:,} 条记录：", f"exported {ledgers} ledgers, {records:,} records: ")
        + str(path),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def show_heads(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="YYYY-MM-DD", help=t("哪一天，默认最近一天", "Day; default: latest"))
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", dir_okay=False, help=t("另存为文件", "Keep it in this file"))
    ] = None,
    dsn: Dsn = None,
) -> None:
    """Print a day's list: a line per ledger, then the digest."""
    try:
        day = None if on is None else date.fromisoformat(on)
    except ValueError:
        raise typer.BadParameter(t("日期形如 2026-03-31", "a date is like 2026-03-31"), param_hint="--on") from None

    async def read(conn: asyncpg.Connection, kafka: str | None, tell: Tell) -> list[dict[str, Any]]:
        rows = await conn.fetch(_LISTED.format(schema=schema_of(city, "escalation")), day)
        return [{**row, "on": row["on"].isoformat(), "heads": json.loads(row["heads"])} for row in rows]

    pages = _asked(city, folder, dsn, read)
    if not pages:
        main.errors.print(t("没有公布过这一天的清单", "No list of that day was published"))
        raise typer.Exit(main.WRONG_USAGE)
    if to is not None:
        to.write_text(json.dumps({"on": pages[0]["on"], "pages": pages}, ensure_ascii=False) + "\n", encoding="utf-8")
    for page in pages:
        for head in page["heads"]:
            typer.echo(f"{head['ledger']}:{head['seq']}:{head['hash']}")
    main.console.print(
        t(f"{pages[0]['on']} 清单摘要 ", f"digest of the list of {pages[0]['on']} ") + pages[-1]["digest"],
        highlight=False,
        soft_wrap=True,
    )


_LISTED = """
SELECT "on", page, pages, heads, prev, digest FROM "{schema}".published_heads
WHERE "on" = coalesce($1, (SELECT max("on") FROM "{schema}".published_heads)) ORDER BY page
"""


def _asked(
    city: str,
    folder: Path | None,
    dsn: str | None,
    ask: Callable[[asyncpg.Connection, str | None, Tell], Awaitable[R]],
) -> R:
    """Ask the database, as its auditor, with a bar; leave with 3 and words where a server is away."""
    stack = None if dsn else running_stack(city, folder)

    async def connected(tell: Tell) -> R:
        conn = await asyncpg.connect(stack.dsns["auditor"] if stack else dsn, timeout=10)
        try:
            await conn.execute("SET statement_timeout = '600s'; SET idle_in_transaction_session_timeout = '600s'")
            return await ask(conn, stack.kafka if stack else None, tell)
        finally:
            await conn.close()

    try:
        with _progress() as tell:
            return asyncio.run(connected(tell))
    except KafkaError as error:
        words = t(f"Kafka 无法读取：{error}", f"Kafka cannot be read: {error}")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        words = t(f"无法读取数据库：{error}", f"The database cannot be read: {error}")
    main.errors.print(words, markup=False)
    raise typer.Exit(main.NOT_RUNNING)


@contextmanager
def _progress(total: int | None = None) -> Iterator[Tell]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=main.errors, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(step: str, n: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(STEPS[step], total=total)
            bar.advance(tasks[step], n)

        yield tell
