"""One transaction on asyncpg itself: the shell's and the stores' statements, without what an ORM adds to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Row(asyncpg.Record):  # type: ignore[misc]
    """A row whose columns are also attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def _mapping(self) -> dict[str, Any]:
        return dict(self.items())


class Rows(list[Any]):
    """What a statement returned, all of it."""

    def all(self) -> Rows:
        """Return every row."""
        return self

    def one(self) -> Any:
        """Return the only row; raises ValueError for none or more."""
        (row,) = self
        return row

    def first(self) -> Any:
        """Return the first row, or None."""
        return self[0] if self else None


class Connection:
    """A connection within a transaction; takes the statements and values that SQLAlchemy's takes, for a quarter.

    125 µs of processor a statement through SQLAlchemy, 31 µs so (decision 20); a batch is some twelve of them.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Rows:
        """Run a statement with named parameters; raises what asyncpg raises."""
        query, names = _numbered(statement.text)
        arguments: Sequence[Any] = [values[name] for name in names] if values is not None else ()
        return Rows(await self._raw.fetch(query, *arguments, record_class=Row))

    async def scalar(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Any:
        """Return the first column of the first row, or None."""
        rows = await self.execute(statement, values)
        return rows[0][0] if rows else None


Executes = Connection | AsyncConnection
"""What a query may run on: the shell's transaction, or a connection that a page or an address reads with."""


@cache
def _numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the statement as PostgreSQL counts parameters, $1 and on, and their names in that order."""
    compiled = TextClause(text).compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())
