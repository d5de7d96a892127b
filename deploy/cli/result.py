"""`sidan result list | export | fetch | pay`: results handed over for appraisal, and a month's basis of pay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.table import Table

from deploy.cli import main
from deploy.cli.asking import Asking
from deploy.cli.papers import TABLES, Out, form_of, write
from deploy.cli.stack import DEFAULT_CITY, City, Folder
from deploy.cli.words import t
from services.feedback.domain.exporting import ExportKind
from services.feedback.papers.result import TITLES

Kind = Annotated[
    ExportKind,
    typer.Argument(
        help=t("部门、书记、党员双岗双责、评先评优", "Departments, secretaries, members' double duty, merit list")
    ),
]
Year = Annotated[int, typer.Argument(min=2000, max=2100, help=t("年份", "Year"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help=t("考核结果输出与薪酬依据", "Results handed over for appraisal, basis of pay"), no_args_is_help=True
    )
    group.command("list", help=t("列出已输出的考核结果", "List what was handed over"))(listed)
    group.command(
        "export",
        help=t(
            "输出一个年度的结果；未公布或没有变化时拒绝，退出码为 1",
            "Hand a year over; exit code 1 where it is not published yet, or nothing has changed",
        ),
    )(export)
    group.command(
        "fetch",
        help=t(
            "取回输出时的原文（.json 与摘要一致）或表格（.csv、.xlsx）",
            "Fetch it as it was handed over: the text of its digest (.json), or a table (.csv, .xlsx)",
        ),
    )(fetch)
    group.command(
        "pay",
        help=t("网格人员一个月的薪酬依据（.csv），只有数据，不算金额", "A month's basis of grid staff's pay (.csv)"),
    )(pay)
    app.add_typer(group, name="result")


def listed(city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Print what was handed over, newest years first."""
    found = Asking("feedback", city, folder).get("/v1/results")["exports"]
    if not found:
        main.console.print(t("还没有输出过", "Nothing was handed over yet"))
        return
    table = Table(t("种类", "kind"), t("年度", "year"), t("第几次", "revision"), t("摘要", "digest"))
    for one in found:
        named = f"{one['kind']} {TITLES[ExportKind(one['kind'])]}"
        table.add_row(named, str(one["year"]), str(one["revision"]), one["digest"][:16])
    main.console.print(table)


def export(kind: Kind, year: Year, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Hand a year over as operations."""
    answer = Asking("feedback", city, folder).post(f"/v1/results/{kind.value}/{year}/export", {})
    said = answer["facts"][0]["data"]
    main.console.print(
        t(
            f"{year}年度{TITLES[kind]}：第 {said['revision']} 次输出，{said['lines']} 条，摘要 {said['digest']}",
            f"{kind.value} {year}: revision {said['revision']}, {said['lines']} lines, digest {said['digest']}",
        ),
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def fetch(
    kind: Kind,
    year: Year,
    out: Out,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, help=t("第几次；不写则最近一次", "Which one; the last without"))
    ] = None,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write what was handed over into a file."""
    path = f"/v1/results/{kind.value}/{year}.{form_of(out, TABLES)}"
    write("feedback", path + (f"?revision={revision}" if revision else ""), out, city, folder)


def pay(
    month: Annotated[str, typer.Argument(help=t("月份，如 2026-11", "Month, such as 2026-11"))],
    out: Out,
    unit: Annotated[
        str | None, typer.Option("--unit", help=t("只要这个单位的辖区", "Only the area of this unit"))
    ] = None,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write every grid person's figures of a month."""
    form_of(out, (".csv",))
    path = f"/v1/pay-basis.csv?month={quote(month, safe='')}" + (f"&unit={quote(unit, safe='')}" if unit else "")
    write("feedback", path, Path(out), city, folder)
