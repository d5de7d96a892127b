"""`sidan classify train | predict | evaluate | examples`: learn from labelled texts what a text is about."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer
from rich.table import Table

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from shared.kernel.decisions import Actor
from shared.papers.workbook import inert
from shared.sheets.opening import open_sheet
from shared.sheets.sheet import NotATable, text_of
from shared.shell.tokens import sign

if TYPE_CHECKING:
    from shared.texts.evaluation import Measured
    from shared.texts.training import Example, Line

COLUMNS = ("message_id", "label", "confidence", "words")
EXAMPLES = ("id", "case", "subject", "text", "matter", "guessed", "confidence", "model", "chosen_by", "chosen_at")
PAGE = 500
MOST_NAMED = 20
"""Lines of a file that are named as left out; of more the number says it."""
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help=t("CSV 或 Excel 文件", "CSV or Excel file"))
]
Texts = Annotated[
    str,
    typer.Option("--text", help=t("文本列，标题在前：subject,text", "Columns of text, headline first: subject,text")),
]
Label = Annotated[str, typer.Option("--label", help=t("标签列，如 level1", "Column of the label, such as level1"))]
Catalogue = Annotated[
    Path | None,
    typer.Option(
        "--catalogue",
        exists=True,
        dir_okay=False,
        help=t(
            "事项目录：第一列为标签，其后各列为下级名称；目录里的词也参与训练",
            "Catalogue: the label first, then the names below it; its words are learnt from too",
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help=t("归类：训练、预测、评估、导出样本", "Classification: train, predict, evaluate, export examples"),
        no_args_is_help=True,
    )
    group.command(
        "train", help=t("用已标注的文本训练模型，写成一个数据文件", "Train a model; it is a file of plain data")
    )(train)
    group.command(
        "predict",
        help=t("给每一行文本标签、置信度和依据的词", "Give every row a label, its confidence and the words behind it"),
    )(predict)
    group.command(
        "evaluate",
        help=t(
            "交叉验证：准确率、宏平均 F1、混淆矩阵、置信度是否可信、阈值以上的覆盖率和准确率；相似的文本总在同一折",
            "Cross-validate: accuracy, macro-F1, confusion, calibration, coverage and accuracy above the threshold; "
            "texts that are nearly the same stay in one fold",
        ),
    )(evaluate)
    group.command(
        "examples",
        help=t(
            "导出人工分拣的结果作训练样本（谁、何时、原先猜的是什么）；已删除的卷宗不再导出",
            "Export what people chose in triage as training data: who, when, what had been guessed; erased dossiers "
            "are left out",
        ),
    )(examples)
    app.add_typer(group, name="classify")


def train(
    file: File,
    text: Texts,
    label: Label,
    out: Annotated[Path, typer.Option("--out", "-o", help=t("模型文件（.npz）", "The model file (.npz)"))],
    catalogue: Catalogue = None,
) -> None:
    """Train on every labelled row."""
    texts, lines = _examples(file, text, label), _lines(catalogue)
    from shared.texts.training import TooFew, train

    began = time.monotonic()
    about = {"file": file.name, "text": text, "label": label, "catalogue": catalogue.name if catalogue else None}
    try:
        model = train(texts, lines, about)
    except TooFew:
        raise _wrong(t("至少要有两个标签，各有两行", "needs two labels with two rows each"), "--label") from None
    try:
        model.save(out)
    except OSError as error:
        raise _wrong(str(error), "--out") from None
    took = time.monotonic() - began
    dropped = sorted({e.label for e in texts} - set(model.labels))
    main.console.print(
        t(
            f"已写入 {out}：{len(texts)} 行，{len(model.labels)} 个标签，{took:.1f} 秒",
            f"{out} written: {len(texts)} rows, {len(model.labels)} labels, {took:.1f} s",
        ),
        markup=False,
        highlight=False,
    )
    if dropped:
        said = "、".join(dropped)
        main.console.print(
            t(f"只有一行、未学的标签：{said}", f"labels of a single row, not learnt: {said}"), markup=False
        )


def predict(
    model: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=t("模型文件", "The model file"))],
    file: File,
    out: Annotated[Path, typer.Option("--out", "-o", help=t("写入此 CSV", "Write this CSV"))],
    text: Texts = "subject,text",
    id_: Annotated[str, typer.Option("--id", help=t("编号列", "Column of the id"))] = "message_id",
) -> None:
    """Write one row per row of the file."""
    from shared.texts.classifier import BadModel, load

    try:
        reader = load(model)
    except BadModel as error:
        raise _wrong(t(f"不是模型文件：{error}", f"not a model file: {error}"), "MODEL") from None
    began, rows = time.process_time(), 0
    wanted = _names(text)
    with _writing(out) as write:
        write(COLUMNS)
        for cells in _rows(file, (id_, *wanted), "--text"):
            reading = reader.read(*_parts(cells[1:]))[0]
            write((cells[0], reading.label, f"{reading.confidence:.4f}", " ".join(reading.words)))
            rows += 1
    pace = rows / max(time.process_time() - began, 1e-9)
    main.console.print(
        t(f"已写入 {out}：{rows} 行，每秒每核 {pace:,.0f} 条", f"{out} written: {rows} rows, {pace:,.0f} texts/s/core"),
        markup=False,
        highlight=False,
    )


def evaluate(
    file: File,
    text: Texts = "subject,text",
    label: Label = "level1",
    catalogue: Catalogue = None,
    folds: Annotated[int, typer.Option("--folds", min=2, max=50, help=t("折数", "Folds"))] = 5,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0, max=1, help=t("低于此置信度转人工", "Below it, a person decides"))
    ] = 0.55,
    seed: Annotated[int, typer.Option("--seed", help=t("如何分折", "How rows are dealt to folds"))] = 0,
) -> None:
    """Hold every row out once."""
    texts, lines = _examples(file, text, label), _lines(catalogue)
    from shared.texts.evaluation import evaluate
    from shared.texts.training import TooFew

    try:
        found = evaluate(texts, lines, folds=folds, threshold=threshold, seed=seed)
    except (TooFew, ValueError) as error:
        raise _wrong(t(f"行数不足以分折：{error}", f"too few rows for the folds: {error}"), "--folds") from None
    _tell(found, threshold)


def examples(
    out: Annotated[Path, typer.Option("--out", "-o", help=t("写入此 CSV", "Write this CSV"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Ask the running intake service, page by page."""
    stack = running_stack(city, folder)
    token = sign(stack.secret, city, Actor("operations", "desk"))
    rows, after = 0, 0
    try:
        with (
            httpx.Client(base_url=stack.services["intake"], timeout=60, trust_env=False) as http,
            _writing(out) as write,
        ):
            write(EXAMPLES)
            while True:
                given = {"after": after, "limit": PAGE}
                answer = http.get("/v1/examples", params=given, headers={"Authorization": f"Bearer {token}"})
                answer.raise_for_status()
                page = answer.json()
                for item in page["items"]:
                    write([item[name] for name in EXAMPLES])
                rows += len(page["items"])
                if page["next"] is None:
                    break
                after = page["next"]
    except httpx.HTTPError as error:
        main.errors.print(t(f"无法连接服务：{error}", f"The service cannot be reached: {error}"), markup=False)
        raise typer.Exit(main.NOT_RUNNING) from None
    main.console.print(
        t(f"已写入 {out}：{rows} 条样本", f"{out} written: {rows} examples"), markup=False, highlight=False
    )


def _tell(found: Measured, threshold: float) -> None:
    say = main.console.print
    figures = (
        (t("文本", "texts"), f"{found.texts}"),
        (t("其中与他条近似（同折）", "nearly as another (same fold)"), f"{found.alike}"),
        (t("准确率", "accuracy"), f"{found.accuracy:.4f}"),
        (t("宏平均 F1", "macro-F1"), f"{found.macro_f1:.4f}"),
        (t(f"置信度 ≥ {threshold} 的占比", f"share with confidence ≥ {threshold}"), f"{found.coverage:.4f}"),
        (t("其中准确率", "accuracy there"), f"{found.sure_accuracy:.4f}"),
        (t("校准误差（ECE，十段）", "calibration error (ECE, ten bins)"), f"{found.calibration_error:.4f}"),
    )
    for name, figure in figures:
        say(f"{name}  {figure}", markup=False, highlight=False)
    bins = Table(t("文本数", "texts"), t("平均置信度", "mean confidence"), t("准确率", "accuracy"), box=None)
    for one in found.bins:
        bins.add_row(str(one.texts), f"{one.confidence:.3f}", f"{one.accuracy:.3f}")
    say(bins)
    confusion = Table(t("实际＼给出", "true \\ given"), *found.labels, box=None)
    for name, row in zip(found.labels, found.confusion, strict=True):
        confusion.add_row(name, *(str(n) if n else "·" for n in row))
    say(confusion)


def _examples(file: Path, text: str, label: str) -> list[Example]:
    from shared.texts.training import Example

    wanted = _names(text)
    rows = _rows(file, (*wanted, label), "--text/--label")
    return [Example(*_parts(cells[:-1]), cells[-1]) for cells in rows if cells[-1] and any(cells[:-1])]


def _lines(catalogue: Path | None) -> Sequence[Line]:
    if catalogue is None:
        return ()
    from shared.texts.training import catalogue_lines

    with open_sheet(catalogue) as sheet:
        return catalogue_lines([[text_of(cell) for cell in row.cells] for row in sheet.rows if row.broken is None])


def _names(columns: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in columns.split(",") if name.strip())


def _parts(cells: Sequence[str]) -> tuple[str, str]:
    """Return headline and text: one column alone is text without headline."""
    return ("", cells[0]) if len(cells) == 1 else (cells[0], "\n".join(cells[1:]))


def _rows(file: Path, columns: Sequence[str], option: str) -> Iterator[list[str]]:
    """Yield the wanted cells of every readable row as text; say which rows are none."""
    broken: list[str] = []
    try:
        with open_sheet(file) as sheet:
            missing = [name for name in columns if name not in sheet.heading]
            if missing:
                known = "、".join(sheet.heading)
                said = "、".join(missing)
                raise _wrong(t(f"没有列 {said}；文件有 {known}", f"no column {said}; the file has {known}"), option)
            at = [sheet.heading.index(name) for name in columns]
            for row in sheet.rows:
                if row.broken is None:
                    yield [text_of(row.cells[place]) for place in at]
                else:
                    broken.append(str(row.line))
    except NotATable as error:
        raise _wrong(str(error), "FILE") from None
    if broken:
        lines = "、".join(broken[:MOST_NAMED]) + ("…" if len(broken) > MOST_NAMED else "")
        said = t(
            f"{len(broken)} 行无法读取，已略过：第 {lines} 行",
            f"{len(broken)} rows left out, unreadable: lines {lines}",
        )
        main.errors.print(said, markup=False, highlight=False)


@contextmanager
def _writing(out: Path) -> Iterator[Any]:
    """Write rows to a CSV that Excel opens as UTF-8 and that appears when it is whole."""
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            yield lambda cells: writer.writerow([inert(c) if isinstance(c, str) else c for c in cells])
        part.replace(out)
    except OSError as error:
        raise _wrong(str(error), "--out") from None
    finally:
        part.unlink(missing_ok=True)


def _wrong(said: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(said, param_hint=option)
