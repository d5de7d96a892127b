"""Rows of the read model in and out of PostgreSQL, whole batches at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect
from sqlalchemy import text as make_text

from shared.persistence.connection import Executes

R = TypeVar("R")
text = cache(make_text)

KEYS = {
    "case_view": ("id",),
    "case_words": ("id",),
    "topic_view": ("topic", "body"),
    "meeting_view": ("id",),
    "ledger_view": ("body",),
    "score_view": ("unit", "period"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact as the timeline keeps it."""

    subject: str
    service: str
    sequence: int
    type: str
    acted_at: datetime
    recorded_at: datetime
    data: msgspec.Raw
    """As JSON."""


async def read(conn: Executes, table: str, key: str, values: Sequence[str], kind: type[R]) -> list[R]:
    """Return the rows whose key is among the values; asks nothing for none."""
    if not values:
        return []
    query = text(f"SELECT row_to_json(t)::text FROM {table} t WHERE {key} = ANY (:values)")  # noqa: S608 - our own names
    found = await conn.execute(query, {"values": list(values)})
    return [msgspec.json.decode(row, type=kind) for (row,) in found]


async def write(conn: Executes, table: str, rows: Sequence[Any]) -> None:
    """Insert or replace rows by their key, in one statement."""
    if not rows:
        return
    names = _names(rows[0].__class__)
    keys = KEYS[table]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    query = (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(names)} "  # noqa: S608 - our own names
        f"FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json)) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )
    await conn.execute(text(query), {"rows": _json(rows)})


async def append(conn: Executes, table: str, rows: Sequence[Any]) -> None:
    """Append rows in their order, in one statement; a row that is there already is an error."""
    if not rows:
        return
    names = ", ".join(_names(rows[0].__class__))
    query = (
        f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - our own names
        f"FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json))"
    )
    await conn.execute(text(query), {"rows": _json(rows)})


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType | inspect.DataclassType)
    return tuple(field.name for field in shape.fields)


def _json(rows: Sequence[Any]) -> str:
    # PostgreSQL cannot hold U+0000 in text; a fact that carries one must not stop the line.
    return msgspec.json.encode(rows).replace(b"\\u0000", b"\\ufffd").decode()
