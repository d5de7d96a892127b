"""`sidan import`: send the rows of a file as reports of a source; to be run again until everything is in."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli import main
from deploy.cli.rows import Batch, batches, mapping
from deploy.cli.sheet import BadRow, NotATable, Sheet, open_sheet
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from deploy.local.folder import folder_of, read_json, write_json
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign

PATIENCE = 300.0
"""Seconds that the service may be away before the import gives up."""
_AGAIN = frozenset({429, 502, 503, 504})

Send = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


class Unreachable(Exception):
    """The service stayed away longer than our patience."""


class NotTaken(Exception):
    """The service refuses the request as a whole; the message says why."""


@dataclass
class Tally:
    """What has become of the rows so far; `rows` of them need not be sent again."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that did not become a report: where, which, why."""

    line: int
    report: str
    field: str
    reason: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "import",
        help=t(
            "把 CSV 或 Excel 的各行作为报告送入；可中断后重跑，同一编号只收一次",
            "Send the rows of a CSV or Excel file as reports; may be stopped and run again, the same id counts once",
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
                "字段=列名，以逗号分隔；字段：id、text（必填）、subject、at、reporter、place、matter",
                "field=column, separated by commas; fields: id, text (needed), subject, at, reporter, place, matter",
            ),
        ),
    ],
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help=t("被拒各行写入此 CSV", "Write refused rows to this CSV"))
    ] = None,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    url: Annotated[str, typer.Option("--url", help=t("接单服务地址", "Address of the intake service"))] = "",
    token: Annotated[
        str, typer.Option("--token", envvar="SIDAN_TOKEN", help=t("来源凭证", "Token of the source"))
    ] = "",
) -> None:
    """Import a file."""
    wanted = mapping(columns)
    if not (url and token):
        stack = running_stack(city, folder)
        url = url or stack.services["intake"]
        token = token or sign(stack.secret, city, Actor("source", source))
    place = (folder or folder_of(city)) / "imports" / f"{fingerprint(file, columns, url, token)}.json"
    tally = _resumed(place)
    try:
        with open_sheet(file) as sheet, _sender(url, token) as send, _listing(rejects, tally.rows > 0) as tell:
            missing = sorted(set(wanted.values()) - set(sheet.heading))
            if missing:
                raise typer.BadParameter(
                    t(f"没有列 {'、'.join(missing)}；", f"no column {', '.join(missing)}; ")
                    + t(f"文件有 {'、'.join(sheet.heading)}", f"the file has {', '.join(sheet.heading)}"),
                    param_hint="--columns",
                )
            _run(sheet, wanted, tally, send, tell, lambda: _keep(place, tally))
    except NotATable as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    except Unreachable as error:
        main.errors.print(t(f"无法连接 {url}：{error}", f"cannot reach {url}: {error}"))
        main.errors.print(t("已送入的不会丢失，再运行一次即可继续", "what went in stays; run it again to go on"))
        raise typer.Exit(main.NOT_RUNNING) from None
    except NotTaken as error:
        main.errors.print(escape(str(error)))
        raise typer.Exit(main.WRONG_USAGE) from None
    place.unlink(missing_ok=True)
    main.console.print(summary(tally))
    raise typer.Exit(main.CHECK_FAILED if tally.outcomes["refused"] else main.OK)


def fingerprint(file: Path, columns: str, url: str, token: str) -> str:
    """Return what tells this import from any other: content, columns, where to (a stack made anew has new tokens)."""
    digest = sha256(f"{columns}\n{url}\n{token}\n".encode())
    with file.open("rb") as content:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:24]


def summary(tally: Tally) -> Table:
    """Return the rows by outcome, what was rejected by rule as well."""
    names = {
        "registered": t("立案", "registered"),
        "solved_on_spot": t("当场解决", "solved on the spot"),
        "held": t("待分拣", "held for triage"),
        "rejected": t("不予受理", "rejected with a reply"),
        "refused": t("未收（见上）", "refused (see above)"),
    }
    table = Table(title=t("导入结果", "Import"))
    table.add_column(t("结果", "outcome"))
    table.add_column(t("行数", "rows"), justify="right")
    for outcome, name in names.items():
        if tally.outcomes[outcome]:
            table.add_row(name, f"{tally.outcomes[outcome]:,}")
    for rule, count in sorted(tally.rules.items()):
        table.add_row(f"  {rule}", f"{count:,}")
    table.add_section()
    table.add_row(t("合计", "all"), f"{tally.outcomes.total():,}")
    return table


def _run(
    sheet: Sheet, wanted: Mapping[str, str], tally: Tally, send: Send, tell: Callable[[Refusal], None],
    keep: Callable[[], None],
) -> None:  # fmt: skip
    at = {name: list(sheet.heading).index(column) for name, column in wanted.items()}
    done_before = tally.rows
    with _progress() as (shown, task):
        for rows in batches(sheet.rows, at, skip=done_before):
            _take(rows, tally, send, tell)
            keep()
            shown.update(task, completed=sheet.part_read(), rows=tally.rows)
        shown.update(task, completed=1.0, rows=tally.rows)


def _take(rows: Batch, tally: Tally, send: Send, tell: Callable[[Refusal], None]) -> None:
    """Send one batch and count it; a row that the service refuses is told like one that could not be read."""
    reports = [said for _, said in rows if not isinstance(said, BadRow)]
    answers = iter(send(reports) if reports else [])
    outcomes: list[str] = []
    for row, said in rows:
        if isinstance(said, BadRow):
            outcomes.append("refused")
            tell(Refusal(row.line, "", said.field, said.reason))
            continue
        answer = next(answers)
        outcomes.append(answer["outcome"])
        if answer["outcome"] == "refused":
            tell(Refusal(row.line, said["id"], answer["field"], t(answer["title"], answer["title_en"])))
        elif answer.get("rule"):
            tally.rules[answer["rule"]] += 1
    tally.outcomes.update(outcomes)
    tally.rows += len(rows)


@contextmanager
def _sender(url: str, token: str) -> Iterator[Send]:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
        yield lambda reports: post(client, reports)


def post(
    client: httpx.Client, reports: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> list[dict[str, Any]]:
    """Send a list of reports until the service has taken it; the same ids may come twice, which changes nothing.

    Raises Unreachable after `PATIENCE` seconds of waiting, NotTaken if the request itself is refused.
    """
    body = json.dumps(reports, ensure_ascii=False).encode()
    waited, pause = 0.0, 0.5
    while True:
        try:
            answer = client.post("/v1/reports", content=body, headers={"Content-Type": "application/json"})
            if answer.status_code == httpx.codes.OK:
                items: list[dict[str, Any]] = answer.json()["items"]
                return items
            if answer.status_code not in _AGAIN:
                raise NotTaken(_said(answer))
            why = _said(answer)
        except httpx.TransportError as error:
            why = repr(error)
        if waited >= PATIENCE:
            raise Unreachable(why)
        sleep(pause)
        waited += pause
        pause = min(pause * 2, 10.0)


def _said(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return f"{answer.status_code} {t(problem['title'], problem.get('title_en', problem['title']))}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"


@contextmanager
def _listing(path: Path | None, going_on: bool) -> Iterator[Callable[[Refusal], None]]:
    """Show each refused row as it comes, and write it down if asked; a resumed import goes on in the same file."""

    def show(row: Refusal) -> None:
        named = f" {row.report}" if row.report else ""
        where = f" [{row.field}]" if row.field else ""
        main.console.print(t(f"第 {row.line} 行", f"line {row.line}") + escape(f"{named}{where} {row.reason}"))

    if path is None:
        yield show
        return
    with path.open("a" if going_on else "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        if not going_on:
            writer.writerow(("line", "id", "field", "reason"))

        def write(row: Refusal) -> None:
            show(row)
            writer.writerow((row.line, row.report, row.field, row.reason))
            file.flush()

        yield write


@contextmanager
def _progress() -> Iterator[tuple[Progress, Any]]:
    doing = t("正在送入", "sending")
    with Progress(
        TextColumn(doing), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]:,}"),
        TimeRemainingColumn(), console=main.console,
    ) as shown:  # fmt: skip
        yield shown, shown.add_task(doing, total=1.0, rows=0)


def _resumed(place: Path) -> Tally:
    kept = read_json(place)
    return Tally(kept.get("rows", 0), Counter(kept.get("outcomes", {})), Counter(kept.get("rules", {})))


def _keep(place: Path, tally: Tally) -> None:
    write_json(place, {"rows": tally.rows, "outcomes": dict(tally.outcomes), "rules": dict(tally.rules)})
