"""`sidan audit`: count every report, and say what is lost, double or in two places."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.audit import Unreachable, Verdict
from deploy.audit import audit as run_audit
from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from deploy.local.folder import FILES, Stack, write_json
from services.console.verdicts import FILE

PRINTED = 20
OUTCOMES = {
    "closed": t("已结案", "closed"),
    "open": t("在办（恰有一个责任单位，时钟在走）", "open (exactly one responsible unit, clock running)"),
    "in_triage": t("待归类", "in triage"),
    "rejected": t("不予受理（已答复）", "rejected with a reply"),
    "withdrawn": t("已撤回", "withdrawn"),
    "nowhere": t("下落不明", "nowhere"),
    "two_places": t("同时在两处", "in two places"),
}
KINDS = {
    "gap": t("序号缺失", "gaps"),
    "double": t("重复", "doubles"),
    "order": t("乱序", "out of order"),
    "differs": t("流与日志不一致", "stream differs from journal"),
    "missing": t("已记而流上没有", "written down but not on the stream"),
    "foreign": t("来历不明", "foreign"),
    "unheard": t("未被读取", "not applied by a reader"),
    "parked": t("滞留超过 60 秒", "parked for over 60 s"),
    "aside": t("搁置", "set aside"),
    "chain": t("台账链断裂", "broken ledger chain"),
    "personal": t("事实中有手机号或身份证号", "a mobile or an identity number in a fact"),
    "nowhere": t("下落不明", "nowhere"),
    "two_places": t("同时在两处", "in two places"),
    "unreachable": t("无法核对", "could not look"),
}

AWAY = {
    "database": (
        "无法连接 PostgreSQL，稽核未进行；查看 sidan status 与 logs/postgres.log，恢复后重试",
        "PostgreSQL cannot be reached, nothing was audited; see sidan status and logs/postgres.log, then try again",
    ),
    "broker": (
        "无法连接 Kafka，稽核未完成；查看 sidan status 与 logs/kafka.log，恢复后重试",
        "Kafka cannot be reached, the audit is not complete; see sidan status and logs/kafka.log, then try again",
    ),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=t(
            "稽核：以只读身份清点每一件反映，核对日志、消息流与台账链，查有无手机号、身份证号；"
            "有缺失、重复、两处并存或此类号码时退出码 1，无法连接时 3",
            "Audit: as a read-only role, account for every report, check journals, streams and ledgers, and look for "
            "mobile and identity numbers; exit 1 if anything is lost, double, in two places or personal, 3 if a server "
            "cannot be reached",
        )
    )(audit)


def audit(
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Audit a running stack."""
    try:
        stack = running_stack(city, folder)
        verdict = examine(stack)
    except Unreachable as away:
        zh, en = AWAY[away.server]
        main.errors.print(t(zh, en), style="red")
        main.errors.print(f"({away})", markup=False, highlight=False)
        raise typer.Exit(main.NOT_RUNNING) from None
    leave(stack, verdict)
    if as_json:
        typer.echo(json.dumps(verdict.as_json(), ensure_ascii=False, indent=1))
    else:
        tell(verdict)
    if not verdict.ok:
        raise typer.Exit(main.CHECK_FAILED)


def leave(stack: Stack, verdict: Verdict) -> None:
    """Leave the verdict, with the time, where the console's page on the system reads it."""
    write_json(stack.folder / FILES / FILE, {"at": datetime.now(UTC).isoformat(), **verdict.as_json()})


def examine(stack: Stack) -> Verdict:
    """Run the audit with a progress line."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=main.errors, transient=True) as bar:
        tasks = {
            "journals": bar.add_task(t("核对日志", "journals"), total=None),
            "streams": bar.add_task(t("核对消息流", "streams"), total=None),
            "cases": bar.add_task(t("清点案件", "cases"), total=None),
        }
        return asyncio.run(
            run_audit(stack.dsns["auditor"], stack.kafka, stack.city, lambda step, n: bar.advance(tasks[step], n))
        )


def tell(verdict: Verdict) -> None:
    """Print the verdict for a person."""
    table = Table(box=None, show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_row(t("反映总数", "reports"), f"{verdict.reports:,}")
    for outcome, label in OUTCOMES.items():
        if verdict.outcomes.get(outcome):
            table.add_row(f"  {label}", f"{verdict.outcomes[outcome]:,}")
    table.add_row(t("事实（日志 / 消息流）", "facts (journals / streams)"),
                  f"{sum(verdict.facts.values()):,} / {sum(verdict.on_streams.values()):,}")  # fmt: skip
    table.add_row(t("台账 / 记录", "ledgers / records"), f"{verdict.chains:,} / {verdict.records:,}")
    table.add_row(t("待发 · 候前 · 隔离", "pending · parked · quarantined"),
                  f"{verdict.pending:,} · {verdict.parked:,} · {verdict.quarantined:,}")  # fmt: skip
    main.console.print(table)
    for finding in verdict.findings[:PRINTED]:
        main.console.print(f"[red]✗[/red] {KINDS.get(finding.kind, finding.kind)}: ", end="")
        main.console.print(f"{finding.where}  {finding.what}", markup=False)
    if len(verdict.findings) > PRINTED:
        main.console.print(t(f"… 共 {len(verdict.findings)} 项", f"… {len(verdict.findings)} in all"))
    main.console.print(
        t(
            "[green]✓ 全部在位：无缺失、无重复、次序无误[/green]",
            "[green]✓ all in place: none lost, none double, in order[/green]",
        )
        if verdict.ok
        else t("[red]✗ 稽核未通过[/red]", "[red]✗ the audit failed[/red]")
    )
