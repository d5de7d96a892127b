"""Who sees a case: a row for each unit and department that it names, so that a small reader's cases are looked up.

Lists are walked along an order and each case is tried; that finds a street's soon, a department's late or never.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.console.projection.case import CaseRow
from services.console.projection.rows import text
from shared.persistence.connection import Executes

_WRITE = (
    "WITH gone AS (DELETE FROM case_seen s USING unnest(CAST(:left AS text[]), CAST(:of AS text[])) g(code, id) "
    "WHERE s.code = g.code AND s.id = g.id) "
    "INSERT INTO case_seen (code, id) SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:ids AS text[]))"
)
ANEW = (
    "INSERT INTO case_seen (code, id) SELECT DISTINCT code, id FROM case_view, "
    "unnest(support || ARRAY[unit, responsible, lead, dispatcher]) code WHERE code IS NOT NULL ORDER BY code, id"
)
"""Writes down who sees which case; into an empty `case_seen`."""


def codes(row: CaseRow) -> frozenset[str]:
    """Return the units and departments that a case names."""
    named = (row.unit, row.responsible, row.lead, row.dispatcher, *row.support)
    return frozenset(code for code in named if code is not None)


async def keep(conn: Executes, before: Mapping[str, CaseRow], after: Mapping[str, CaseRow]) -> None:
    """Keep who sees the cases that name others than before."""
    new, old = list[tuple[str, str]](), list[tuple[str, str]]()
    for name, row in after.items():
        was = before.get(name)
        now, then = codes(row), codes(was) if was is not None else frozenset()
        new += [(code, name) for code in now - then]
        old += [(code, name) for code in then - now]
    if new or old:
        said = {"codes": [c for c, _ in new], "ids": [n for _, n in new],
                "left": [c for c, _ in old], "of": [n for _, n in old]}  # fmt: skip
        await conn.execute(text(_WRITE), said)
