"""Rows of a service's own tables: written as one JSON list, one statement for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import DateTime, Table, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB

MOMENT: Any = DateTime(timezone=True)
"""An aware instant; `Any` because `Field` is typed for classes of types alone."""


def insert(table: Table, then: str = "") -> TextClause:
    """Return the statement that puts a JSON list `rows` into a table; `then` says what to do about a known key."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    shape = ", ".join(f'"{c.name}" {"jsonb" if isinstance(c.type, JSONB) else c.type}' for c in table.columns)
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    statement = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(CAST(:rows AS json)) AS t({shape}) ORDER BY {key} {then}"  # noqa: E501, S608 - names of our own tables
    return text(statement.replace("DATETIME", "timestamptz"))


def rows_of(kept: Sequence[Any]) -> dict[str, str]:
    """Return rows, whose fields are named as the table's columns, as such a statement's parameters."""
    return {"rows": msgspec.json.encode(kept).decode()}
