"""What the rows of an office's table say as reports: which column is which field, which rows cannot be used and why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from shared.kernel.refusals import Refused
from shared.sheets.sheet import BadRow, Row, text_of, time_of

FIELDS = (
    "id", "text", "subject", "at", "reporter", "name", "phone", "place", "lon", "lat", "system", "matter", "raised_by",
)  # fmt: skip
MOST_ROWS, MOST_BYTES = 200, 700_000
"""Of one batch."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_USUAL: Mapping[str, str] = {
    "id": "编号 工单编号 工单号 留言编号 序号 message_id id",
    "text": "内容 留言详情 留言内容 诉求内容 反映内容 问题描述 详情 text",
    "subject": "标题 留言主题 主题 诉求标题 subject",
    "at": "时间 留言时间 反映时间 诉求时间 来电时间 日期 submitted_at at",
    "reporter": "用户 留言用户 反映人编号 user_id reporter",
    "name": "姓名 反映人 反映人姓名 联系人 name",
    "phone": "电话 联系电话 手机 手机号 phone",
    "place": "地点 地址 网格 所属网格 诉求地点 place address",
    "lon": "经度 lon lng",
    "lat": "纬度 lat",
    "system": "坐标系 system",
    "matter": "事项 事项编码 分类 诉求类别 matter",
    "raised_by": "上报单位 上报网格 raised_by",
}
"""Field -> headings under which offices usually write it."""


@dataclass(slots=True)
class Reading:
    """How rows become reports: field -> position, codes of matters by name; ids met so far with their contents."""

    at: Mapping[str, int]
    matters: Mapping[str, str]
    seen: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    def report(self, row: Row) -> dict[str, Any]:
        """Return what a row says; a row without an id of its own has one by its content. Raises BadRow."""
        if row.broken:
            raise row.broken
        cell = {name: row.cells[position] for name, position in self.at.items()}
        content = sha256(json.dumps([text_of(one) for one in row.cells], ensure_ascii=False).encode()).digest()
        text = text_of(cell["text"])
        if not text:
            raise BadRow(
                "text", "内容为空（公式须先计算并保存）", "text is empty (a formula is to be calculated first)"
            )
        id_ = text_of(cell["id"]) if "id" in cell else content.hex()[:32]
        if not id_:
            raise BadRow("id", "编号为空", "id is empty")
        known = self.seen.setdefault(id_, (content[:16], row.line))
        if known[0] != content[:16]:
            zh, en = f"编号与第 {known[1]} 行相同，内容不同", f"the id of line {known[1]}, with another content"
            raise BadRow("id", zh, en)
        report: dict[str, Any] = {"id": id_, "text": text}
        for name in ("subject", "raised_by"):
            if said := text_of(cell.get(name)):
                report[name] = said
        if matter := text_of(cell.get("matter")):
            report["matter"] = self.matters.get(matter, matter)
        if (when := time_of(cell.get("at"))) is not None:
            report["at"] = when.isoformat()
        person = {key: text_of(cell.get(name)) for name, key in _PERSON.items()}
        if any(person.values()):
            report["reporter"] = {key: said for key, said in person.items() if said}
        if place := _place(cell):
            report["place"] = place
        return report


_PERSON = {"reporter": "id", "name": "name", "phone": "phone"}


def _place(cell: Mapping[str, object]) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if said := text_of(cell.get("place")):
        place["unit" if _CODE.fullmatch(said) else "address"] = said
    for name in ("lon", "lat"):
        if said := text_of(cell.get(name)):
            try:
                place[name] = float(said)
            except ValueError:
                raise BadRow(f"place.{name}", f"不是坐标：{said[:40]}", f"no coordinate: {said[:40]}") from None
    if system := text_of(cell.get("system")):
        place["system"] = system.lower().replace("-", "")
    return place


def read_columns(said: Mapping[str, str] | str) -> dict[str, str]:
    """Return field -> column of a mapping or of `id=message_id,text=text`. Raises Refused."""
    fields = ", ".join(FIELDS)
    pairs = said.items() if isinstance(said, Mapping) else [part.partition("=")[::2] for part in said.split(",")]
    found: dict[str, str] = {}
    for name, column in ((name.strip(), column.strip()) for name, column in pairs):
        if name not in FIELDS or not column or name in found:
            raise Refused("import.unknown_field", "columns", name=name or "-", fields=fields)
        found[name] = column
    if "text" not in found:
        raise Refused("import.columns_needed", "columns", fields=fields, heading="-")
    return found


def suggested(heading: Sequence[str]) -> dict[str, str]:
    """Return what the headings usually mean; the last part counts where a heading has several rows."""
    usual = {word: name for name, words in _USUAL.items() for word in words.split()}
    found: dict[str, str] = {}
    for column in heading:
        name = usual.get(column) or usual.get(column.rpartition("/")[2])
        if name:
            found.setdefault(name, column)
    return found


def positions(columns: Mapping[str, str], heading: Sequence[str]) -> dict[str, int]:
    """Return field -> position of its column, also by the last part of a heading.

    Raises Refused for a column that is not there, or more than once.
    """
    double = [column for column in columns.values() if list(heading).count(column) > 1]
    if double:
        raise Refused("import.double_column", "columns", columns="、".join(double))
    last = [name.rpartition("/")[2] for name in heading]
    found: dict[str, int] = {}
    for name, column in columns.items():
        if column in heading:
            found[name] = list(heading).index(column)
        elif last.count(column) == 1:
            found[name] = last.index(column)
    missing = [column for name, column in columns.items() if name not in found]
    if missing:
        raise Refused("import.missing_column", "columns", columns="、".join(missing), heading="、".join(heading))
    return found


def reading(columns: Mapping[str, str], heading: Sequence[str], city: Any) -> Reading:
    """Return how the rows of a file become reports. Raises Refused for a column that is not there."""
    names = [matter.name for matter in city.matters.values()]
    matters = {matter.name: code for code, matter in city.matters.items() if names.count(matter.name) == 1}
    return Reading(positions(columns, heading), matters)


Said = dict[str, Any] | BadRow
Batch = list[tuple[Row, Said]]


def batches(rows: Iterator[Row], says: Callable[[Row], dict[str, Any]], *, skip: int = 0) -> Iterator[Batch]:
    """Yield rows with what they say, a batch at a time; the first `skip` are read and left out."""
    batch: Batch = []
    size = 0
    for number, row in enumerate(rows):
        said: Said
        try:
            said = says(row)
        except BadRow as bad:
            said = bad
        if number < skip:
            continue
        weight = 0 if isinstance(said, BadRow) else len(json.dumps(said, ensure_ascii=False).encode()) + 2
        if batch and (len(batch) == MOST_ROWS or size + weight > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((row, said))
        size += weight
    if batch:
        yield batch
