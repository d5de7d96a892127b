"""`sidan hot`: the hottest issues of a file of messages as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from deploy.cli import main
from deploy.cli.words import t
from shared.kernel.masking import mask
from shared.papers.paper import Column
from shared.papers.workbook import A3, Workbook
from shared.sheets.opening import open_sheet
from shared.sheets.sheet import BadRow, NotATable, Row, text_of, time_of

if TYPE_CHECKING:
    from shared.texts.clusters import Message
    from shared.texts.heat import Issue

NEEDED = ("message_id", "user_id", "subject", "submitted_at", "text")
COUNTED = ("likes", "dislikes")
ISSUES = (
    Column("排名", 6), Column("热度", 8), Column("地点", 22), Column("人群", 10), Column("问题", 40),
    Column("开始", 12), Column("结束", 12), Column("留言数", 8), Column("人数", 8), Column("增长", 8),
    Column("点赞净数", 10),
)  # fmt: skip
MESSAGES = (
    Column("排名", 6), Column("留言编号", 12), Column("日期", 12), Column("主题", 40), Column("内容", 90),
    Column("点赞", 8), Column("反对", 8),
)  # fmt: skip
FOOT = "热度 0–100：人数、增长、持续天数、点赞净数各与最高者相比（对数），权重 0.40、0.25、0.20、0.15；联系方式等已隐去"
LONGEST = 10_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=t(
            "热点问题：把说同一地点同一问题的留言归在一起，按热度排名，写成工作簿；文件需有列 "
            "message_id、user_id、subject、submitted_at、text，likes、dislikes 可缺",
            "Hot issues: gather the messages of one trouble at one place, rank by heat, write a workbook; the file has "
            "columns message_id, user_id, subject, submitted_at, text, and perhaps likes, dislikes",
        )
    )(hot)


def hot(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, readable=True, help=t("CSV 或 Excel 文件", "CSV or Excel file")),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("写入此 .xlsx", "Write this .xlsx"))],
    top: Annotated[int, typer.Option("--top", min=1, max=500, help=t("前几名", "How many issues"))] = 5,
) -> None:
    """Rank the issues of a file."""
    if out.suffix.lower() != ".xlsx":
        raise typer.BadParameter(t("后缀应为 .xlsx", "must end in .xlsx"), param_hint="--out")
    messages, left_out = read(file)
    from shared.texts.clusters import gather
    from shared.texts.heat import rank

    issues = rank(messages, gather(messages), top)
    try:
        write(out, file.name, messages, issues)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--out") from None
    shown = Table("#", t("热度", "heat"), t("地点", "place"), t("问题", "problem"), t("人数", "people"), box=None)
    for number, issue in enumerate(issues, start=1):
        shown.add_row(str(number), f"{issue.heat:.1f}", issue.place, mask(issue.problem), str(issue.people))
    main.console.print(shown)
    main.console.print(
        t(f"已写入 {out}：{len(messages)} 条留言", f"{out} written: {len(messages)} messages")
        + (t(f"，{left_out} 行无法读取", f", {left_out} rows could not be read") if left_out else ""),
        markup=False,
        highlight=False,
    )


def read(file: Path) -> tuple[list[Message], int]:
    """Return the messages of a file and how many rows are none."""
    found: list[Message] = []
    left_out = 0
    try:
        with open_sheet(file) as sheet:
            missing = [name for name in NEEDED if name not in sheet.heading]
            if missing:
                said = "、".join(missing)
                raise typer.BadParameter(t(f"没有列 {said}", f"no column {said}"), param_hint="FILE")
            at = {name: sheet.heading.index(name) for name in (*NEEDED, *COUNTED) if name in sheet.heading}
            for row in sheet.rows:
                try:
                    found.append(_message(row, at))
                except BadRow:
                    left_out += 1
    except NotATable as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    return found, left_out


def _message(row: Row, at: dict[str, int]) -> Message:
    from shared.texts.clusters import Message

    if row.broken:
        raise row.broken
    cell = {name: row.cells[place] for name, place in at.items()}
    when = time_of(cell["submitted_at"])
    if when is None:
        raise BadRow("submitted_at", "没有时间", "no time")
    counts = {name: int(said) if (said := text_of(cell.get(name))).isdigit() else 0 for name in COUNTED}
    return Message(
        id=text_of(cell["message_id"]), person=text_of(cell["user_id"]), subject=text_of(cell["subject"]),
        text=text_of(cell["text"]), at=when, **counts,
    )  # fmt: skip


def write(out: Path, name: str, messages: Sequence[Message], issues: Sequence[Issue]) -> None:
    """Write two sheets: the issues, and their messages in order of time; whole or not at all."""
    part = out.with_name(f".{out.stem}.part.xlsx")
    try:
        book = Workbook(part, "热点问题")
        sheet = book.sheet("热点问题", "热点问题表", ISSUES, subtitle=name, foot=FOOT, frozen=2, paper=A3)
        for number, issue in enumerate(issues, start=1):
            sheet.row((
                number, issue.heat, issue.place, issue.group, mask(issue.problem), issue.first.date(),
                issue.last.date(), len(issue.messages), issue.people, issue.growth, issue.likes,
            ))  # fmt: skip
        sheet = book.sheet("留言明细", "热点问题留言明细表", MESSAGES, subtitle=name, foot=FOOT, frozen=2, paper=A3)
        for number, issue in enumerate(issues, start=1):
            for said in (messages[place] for place in issue.messages):
                sheet.row((
                    number, said.id, said.at.date(), mask(said.subject), mask(said.text, LONGEST), said.likes,
                    said.dislikes,
                ))  # fmt: skip
        book.close()
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
