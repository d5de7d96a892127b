"""What the rows of a file say as reports, and how many of them one request may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from deploy.cli.sheet import BadRow, Row, text_of, time_of
from deploy.cli.words import t

FIELDS = ("id", "text", "subject", "at", "reporter", "place", "matter")
NEEDED = ("id", "text")
MOST_ROWS, MOST_BYTES = 500, 700_000
"""Of one request; the service takes 1,000 reports and 1 MiB."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

Batch = list[tuple[Row, dict[str, Any] | BadRow]]


def mapping(columns: str) -> dict[str, str]:
    """Read `id=message_id,text=text`. Raises BadParameter for unknown, doubled or missing fields."""
    found: dict[str, str] = {}
    for part in columns.split(","):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or name not in FIELDS or not column or name in found:
            known = ", ".join(FIELDS)
            raise typer.BadParameter(
                t(f"看不懂“{part}”；可用字段：{known}", f"cannot read {part!r}; fields: {known}"),
                param_hint="--columns",
            )
        found[name] = column
    for name in NEEDED:
        if name not in found:
            raise typer.BadParameter(t(f"缺少 {name}=列名", f"{name}=column is missing"), param_hint="--columns")
    return found


def report_of(row: Row, at: Mapping[str, int]) -> dict[str, Any]:
    """Return the report that a row says; `at` is field -> position. Raises BadRow."""
    if row.broken:
        raise row.broken
    cell = {name: row.cells[position] for name, position in at.items()}
    report: dict[str, Any] = {name: text_of(cell[name]) for name in NEEDED}
    for name in NEEDED:
        if not report[name]:
            raise BadRow(name, t(f"{name} 为空", f"{name} is empty"))
    for name in ("subject", "matter"):
        if said := text_of(cell.get(name)):
            report[name] = said
    if (when := time_of(cell.get("at"))) is not None:
        report["at"] = when.isoformat()
    if reporter := text_of(cell.get("reporter")):
        report["reporter"] = {"id": reporter}
    if place := text_of(cell.get("place")):
        report["place"] = {"unit" if _CODE.fullmatch(place) else "address": place}
    return report


def batches(rows: Iterator[Row], at: Mapping[str, int], *, skip: int = 0) -> Iterator[Batch]:
    """Yield rows with what they say, as many as one request may hold; the first `skip` are left out."""
    batch: Batch = []
    size = 0
    for number, row in enumerate(rows):
        if number < skip:
            continue
        said: dict[str, Any] | BadRow
        try:
            said = report_of(row, at)
        except BadRow as bad:
            said = bad
        weight = 0 if isinstance(said, BadRow) else len(json.dumps(said, ensure_ascii=False).encode()) + 2
        if batch and (len(batch) == MOST_ROWS or size + weight > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((row, said))
        size += weight
    if batch:
        yield batch
