"""`sidan import`: hand a file to intake, follow its run; to be called again until everything is in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign

PATIENCE = 300.0
"""Seconds that the service may be away before we give up; the run goes on there as soon as it is back."""
EVERY = 0.3
_AGAIN = frozenset({429, 502, 503, 504})
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "registered": ("立案", "registered"),
    "merged": ("并入已有事项", "merged into a known case"),
    "solved_on_spot": ("当场解决", "solved on the spot"),
    "held": ("待分拣", "held for triage"),
    "rejected": ("不予受理", "rejected with a reply"),
    "refused": ("未收", "refused"),
}


class Unreachable(Exception):
    """The service stayed away longer than our patience."""


class NotTaken(Exception):
    """The service refuses the request as a whole; the message says why."""


class Intake:
    """Intake of one city, asked as one source; waits while it is away."""

    def __init__(self, client: httpx.Client, sleep: Any = time.sleep) -> None:
        self._client, self._sleep = client, sleep

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Return a good answer. Raises Unreachable after `PATIENCE` seconds, NotTaken for a refusal."""
        waited, pause = 0.0, 0.5
        while True:
            try:
                answer = self._client.request(method, path, **more)
                if answer.is_success:
                    return answer
                if answer.status_code not in _AGAIN:
                    raise NotTaken(_said(answer))
                why = _said(answer)
            except httpx.TransportError as error:
                why = repr(error)
            if waited >= PATIENCE:
                raise Unreachable(why)
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, 10.0)

    def upload(self, source: str, file: Path, columns: str, *, dry: bool) -> dict[str, Any]:
        """Hand over a file; returns the run, or what would be read of it."""
        params: dict[str, Any] = {"name": file.name, "columns": columns, "dry": dry}
        found: dict[str, Any] = self.ask(
            "POST", f"/v1/sources/{source}/imports", params=params, content=file.read_bytes()
        ).json()
        return found

    def run(self, run: str) -> dict[str, Any]:
        """Return how far a run is."""
        found: dict[str, Any] = self.ask("GET", f"/v1/imports/{run}").json()
        return found

    def rejects(self, run: str) -> bytes:
        """Return the workbook of the rows that were not taken."""
        return self.ask("GET", f"/v1/imports/{run}/rejects.xlsx").content


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "import",
        help=t(
            "把 CSV 或 Excel 的各行作为报告送入；可先试读，可中断后重跑，同一编号只收一次",
            "Send the rows of a CSV or Excel file as reports; may be looked at first, stopped and run again: "
            "the same id counts once",
        ),
    )(import_)


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help=t("文件", "The file"))],
    source: Annotated[str, typer.Option("--source", help=t("来源代码，如 mailbox", "Code of the source, as mailbox"))],
    columns: Annotated[
        str,
        typer.Option(
            "--columns",
            help=t(
                "字段=列名，以逗号分隔，按来源记住，下次可省；字段：text（必填）、id、subject、at、reporter、name、phone、"
                "place、lon、lat、system、matter、raised_by",
                "field=column, separated by commas, remembered for the source; fields: text (needed), id, subject, at, "
                "reporter, name, phone, place, lon, lat, system, matter, raised_by",
            ),
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=t("试读：只显示会怎样，不写入", "Show what would be read, write nothing"))
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", help=t("未收各行连同原因写入此 Excel", "Write refused rows with reasons, as Excel")),
    ] = None,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    url: Annotated[str, typer.Option("--url", help=t("接单服务地址", "Address of the intake service"))] = "",
    token: Annotated[
        str, typer.Option("--token", envvar="SIDAN_TOKEN", help=t("来源凭证", "Token of the source"))
    ] = "",
) -> None:
    """Import a file."""
    if not (url and token):
        stack = running_stack(city, folder)
        url = url or stack.services["intake"]
        token = token or sign(stack.secret, city, Actor("source", source))
    run = ""
    try:
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
            intake = Intake(client)
            begun = intake.upload(source, file, columns, dry=dry_run)
            if dry_run:
                _show_preview(begun)
                raise typer.Exit(main.CHECK_FAILED if begun["outcomes"].get("refused") else main.OK)
            run = begun["run"]
            ended = _follow(intake, begun)
            if rejects is not None and _left_out(ended):
                rejects.write_bytes(intake.rejects(run))
    except Unreachable as error:
        main.errors.print(t(f"无法连接 {url}：{error}", f"cannot reach {url}: {error}"))
        main.errors.print(t("已送入的不会丢失，再运行一次即可继续", "what went in stays; run it again to go on"))
        raise typer.Exit(main.NOT_RUNNING) from None
    except NotTaken as error:
        main.errors.print(escape(str(error)))
        raise typer.Exit(main.WRONG_USAGE) from None
    main.console.print(summary(t("导入结果", "Import"), ended))
    main.console.print(t(f"批次 {run}", f"run {run}"), highlight=False)
    if ended["status"] == "failed":
        main.errors.print(escape(t(ended["problem"]["zh"], ended["problem"]["en"])), style="red")
    if rejects is not None and _left_out(ended):
        main.console.print(escape(t(f"未收的行：{rejects}", f"rows not taken: {rejects}")))
    bad = ended["status"] == "failed" or ended["outcomes"].get("refused")
    raise typer.Exit(main.CHECK_FAILED if bad else main.OK)


def summary(title: str, found: Mapping[str, Any]) -> Table:
    """Return the rows by outcome, and those that were not taken by rule."""
    table = Table(title=title)
    table.add_column(t("结果", "outcome"))
    table.add_column(t("行数", "rows"), justify="right")
    outcomes: Mapping[str, int] = found["outcomes"]
    for outcome, name in OUTCOMES.items():
        if outcomes.get(outcome):
            table.add_row(t(*name), f"{outcomes[outcome]:,}")
    for rule, count in sorted(found["rules"].items()):
        table.add_row(f"  {rule}", f"{count:,}")
    if found.get("known"):
        table.add_row(t("  其中早已收到", "  come before"), f"{found['known']:,}")
    table.add_section()
    table.add_row(t("合计", "all"), f"{sum(outcomes.values()):,}")
    return table


def _left_out(run: Mapping[str, Any]) -> int:
    return sum(run["outcomes"].get(outcome, 0) for outcome in ("refused", "rejected"))


def _follow(intake: Intake, run: dict[str, Any]) -> dict[str, Any]:
    """Show how far the run is until it ends; returns it."""
    doing = t("正在送入", "sending")
    with Progress(
        TextColumn(doing), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]:,}"),
        TimeRemainingColumn(), console=main.console,
    ) as shown:  # fmt: skip
        task = shown.add_task(doing, total=1.0, rows=0)
        while run["ended_at"] is None:
            time.sleep(EVERY)
            run = intake.run(run["run"])
            shown.update(task, completed=run["part"], rows=run["rows"])
    return run


def _show_preview(found: Mapping[str, Any]) -> None:
    columns = "，".join(f"{field}={column}" for field, column in found["columns"].items())
    main.console.print(escape(t(f"列：{columns}", f"columns: {columns}")))
    shown = Table(title=t("前几行会这样读", "The first rows as they would be read"))
    for name in (t("行", "line"), t("结果", "outcome"), t("内容", "content")):
        shown.add_column(name)
    for one in found["first"]:
        said = one.get("report") or {}
        words = " · ".join(f"{key}={value}" for key, value in said.items())
        why = t(one["zh"], one["en"]) if "zh" in one else ""
        shown.add_row(str(one["line"]), t(*OUTCOMES[one["outcome"]]), escape(f"{why} {words}".strip()[:300]))
    main.console.print(shown)
    for one in found["refused"]:
        main.console.print(escape(t(f"第 {one['line']} 行：{one['zh']}", f"line {one['line']}: {one['en']}")))
    main.console.print(summary(t("试读结果，未写入", "What would become of it; nothing is written"), found))


def _said(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return f"{answer.status_code} {t(problem['title'], problem.get('title_en', problem['title']))}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"
