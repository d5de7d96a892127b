"""`sidan draw verify`: compute a published draw again from its population, head and seed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from services.feedback.domain.draw import DrawCase, Inspector, Pair, make, sample_size, seed_of
from shared.city.load import CityError, load
from shared.persistence.engine import schema_of

_STATED = """
SELECT type, value FROM "{schema}".journal
WHERE subject = $1 AND type IN ('draw.frozen.v1', 'draw.made.v1') ORDER BY sequence
"""
_RECORD = 'SELECT hash FROM "{schema}".record WHERE ledger = $1 AND seq = $2'
GENESIS = "0" * 64


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=t("抽检、回头看、两随机的抽样", "Draws of checks and inspections"), no_args_is_help=True)
    group.command(
        "verify",
        help=t(
            "用公布的总体、检查人、链头和种子重算一次抽样；不一致时退出码为 1",
            "Compute a draw again from its published population, pool, head and seed; exit code 1 if it does not hold",
        ),
    )(verify)
    group.callback()(_group)
    app.add_typer(group, name="draw")


def verify(
    draw: Annotated[
        str,
        typer.Argument(
            help=t(
                "抽样编号（draw:单位:季度:类别），或含 frozen 与 made 两项的 JSON 文件",
                "Id of a draw (draw:unit:quarter:kind), or a JSON file with its frozen and made",
            )
        ),
    ],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    dsn: Annotated[
        str | None,
        typer.Option("--dsn", help=t("直接读取这个数据库，不找运行环境", "Read this database instead of the stack's")),
    ] = None,
) -> None:
    """Print each thing that does not hold; leave with 1 if there is one."""
    head: str | None = None
    if Path(draw).is_file():
        stated = _read(Path(draw))
    else:
        try:
            stated, head = asyncio.run(_stated(dsn or running_stack(city, folder).dsns["auditor"], city, draw))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            main.errors.print(t(f"无法读取数据库：{error}", f"The database cannot be read: {error}"), markup=False)
            raise typer.Exit(main.NOT_RUNNING) from None
    if not {"frozen", "made"} <= stated.keys():
        main.errors.print(t(f"没有已抽出的抽样 {draw}", f"There is no draw made by the name {draw}"), markup=False)
        raise typer.Exit(main.WRONG_USAGE)
    try:
        rules = load(city)
        least, share = rules.limits["checks_least"], rules.shares["check_sample"]
        wrong = faults(stated["frozen"], stated["made"], least, share)
    except (CityError, KeyError, TypeError, AttributeError) as error:
        main.errors.print(t(f"内容不完整：{error}", f"Not a whole draw: {error}"), markup=False)
        raise typer.Exit(main.WRONG_USAGE) from None
    if head is not None and head != stated["made"]["head"]:
        wrong.insert(0, t("链头与市级台账不符", "the head is not that of the city's ledger"))
    for fault in wrong:
        main.console.print(fault, markup=False, highlight=False, style="red")
    if wrong:
        raise typer.Exit(main.CHECK_FAILED)
    count = len(stated["made"]["pairs"])
    population = len(stated["frozen"]["cases"])
    of = "户" if stated["frozen"].get("kind") == "survey" else "件"
    main.console.print(t(f"抽样成立：{population} {of}中抽 {count} {of}", f"The draw holds: {count} of {population}"))


def faults(frozen: dict[str, Any], made: dict[str, Any], least: int, share: Any) -> list[str]:
    """Return what does not follow from population, pool, head and seed, in words."""
    wrong = []
    if made["seed"] != seed_of(frozen["quarter"], made["head"]):
        wrong.append(t("种子与链头不符", "the seed does not follow from the head"))
    cases = [DrawCase(**{**case, "barred": tuple(case.get("barred", ()))}) for case in frozen["cases"]]
    pool = [Inspector(**inspector) for inspector in frozen["inspectors"]]
    pairs = [Pair(**pair) for pair in made["pairs"]]
    size = sample_size(len(cases), least, share)
    if len(pairs) != size:
        wrong.append(t(f"应抽 {size} 件，抽了 {len(pairs)} 件", f"{size} are to be drawn, {len(pairs)} were"))
    for place, (found, right) in enumerate(zip(pairs, make(made["seed"], size, cases, pool), strict=False), start=1):
        if found != right:
            wrong.append(
                t(
                    f"第 {place} 件应为 {right.case}（{right.inspector}），记为 {found.case}（{found.inspector}）",
                    f"number {place} must be {right.case} ({right.inspector}), not {found.case} ({found.inspector})",
                )
            )
            break
    return wrong


def _read(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


async def _stated(dsn: str, city: str, draw: str) -> tuple[dict[str, Any], str | None]:
    """Return what feedback stated of a draw, and the head that the city's own ledger has at that place."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        rows = await connection.fetch(_STATED.format(schema=schema_of(city, "feedback")), draw)
        stated = {row["type"].split(".")[1]: json.loads(row["value"]) for row in rows}
        seq = stated.get("made", {}).get("head_seq")
        if not seq:
            return stated, GENESIS if seq == 0 else None
        schema = schema_of(city, "escalation")
        head = await connection.fetchval(_RECORD.format(schema=schema), load(city).root.code, seq)
        return stated, head or ""
    finally:
        await connection.close()


def _group() -> None:
    """Keep `verify` a word of its own though it is the only one."""
