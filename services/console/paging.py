"""Pages of the list of cases: any selection, any order, any words, at the same cost however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console import queries
from services.console.access.scope import EVERYTHING, Scope
from services.console.projection import words
from services.console.projection.case import CaseRow
from services.console.selection import SORTS, Selection
from shared.city.model import City

_NEVER_NULL = ("number", "received_at", "status", "source")
CAP = 10_000
"""Where counting stops for a search and for who sees a part: beyond, the total is "more than this"."""
SEARCHED = 2_000
"""Where it stops for words that so many cases have that each is tried."""
FEW, SOME = 40_000, 250_000
"""Up to so many rows of `case_seen`, two or three a case, are a reader's cases looked up; beside what words find, up to
so many. More are met on the way."""
PAIRS = 4
"""So many pairs of a word are looked at to know how rare it is."""
RARE, COMMON = 50_000, 200_000
"""Up to so many cases that have the words are looked up; more, if beside them lie a reader's own cases."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `capped` says that there are more than `total`."""

    rows: list[CaseRow]
    total: int
    capped: bool


async def total(conn: AsyncConnection, city: City, selection: Selection, scope: Scope = EVERYTHING) -> tuple[int, bool]:
    """Return how many cases within a scope a selection chooses, and whether there are more than that."""
    found = await _find(conn, city, selection, scope)
    return found.total, found.is_capped


async def page(
    conn: AsyncConnection, city: City, selection: Selection, sort: str, limit: int, offset: int,
    scope: Scope = EVERYTHING,
) -> Page:  # fmt: skip
    """Return one page within a scope and the total: exact for who sees everything and seeks no words, else capped."""
    found = await _find(conn, city, selection, scope)
    if found.ids is not None:
        rows = await _gathered(conn, found.ids, sort, _beside(selection), limit, offset)
    elif found.total > offset:
        rows = await _walked(conn, found.condition, found.params, sort, _beside(selection), limit, offset, scope)
    else:
        rows = []
    return Page(rows, found.total, found.is_capped)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a selection chooses: `ids` where they were looked up and are few; else the condition to walk along."""

    total: int
    is_capped: bool
    condition: str
    params: Mapping[str, Any]
    ids: list[str] | None = None


_HAVING = "SELECT w.id FROM case_words w WHERE w.words @@ CAST(:looked AS tsquery)"
_LOOKED_UP = f"{_HAVING} AND (w.said LIKE :like OR :bare)"
_SAYS = (
    "(SELECT w.words @@ CAST(:looked AS tsquery) AND (w.said LIKE :like OR :bare) FROM case_words w WHERE w.id = c.id)"
)


async def _find(conn: AsyncConnection, city: City, selection: Selection, scope: Scope) -> _Found:
    """Count what a selection chooses, and look it up where that is cheaper than to meet it on the way.

    Who sees everything has counters and indexes for every order. Words and a part of the city thin a list out: then
    the ids are looked up to one more than the cap, and walked along are only those lists of which it has more.
    """
    await conn.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))  # the plan hangs on whose cases it is
    condition, params = selection.condition(city)
    if scope is EVERYTHING:
        beside = await _counted(conn, city, selection)
        if not selection.q:
            return _Found(beside, False, condition, params)
        return await _search(conn, selection.q, condition, params, beside)
    own = await _estimated(conn, scope.found, scope.params) if scope.found else SOME + 1
    met = f"{condition} AND {scope.condition}"
    few = f"{met} AND id = ANY (ARRAY({scope.found}))" if own <= FEW else met
    if selection.q:
        return await _search(
            conn, selection.q, met, params | scope.params, own, few, scope.found if own <= SOME else ""
        )
    wanted = f"SELECT id FROM case_view WHERE {few} LIMIT {CAP + 1}"  # noqa: S608 - values are bound
    return await _met(conn, wanted, met, params | scope.params, CAP)


async def _counted(conn: AsyncConnection, city: City, selection: Selection) -> int:
    return (await queries.counts(conn, city, {"": replace(selection, q="")}))[""]


async def _search(
    conn: AsyncConnection, q: str, condition: str, params: dict[str, Any], beside: int, few: str = "", among: str = ""
) -> _Found:
    """Find words: by the index of words where fewer have them than there are cases `beside`, else one by one.

    `few` is the condition by which one by one goes; `among` finds the ids of a part that is worth being laid beside
    what the words find. Both are found apart: how many have several pairs the planner takes for next to none.
    """
    looked, like, bare = words.sought(q)
    if not looked:
        return _Found(0, False, "false", params, [])
    params |= {"looked": looked, "like": like, "bare": bare}
    met, having = f"{condition} AND {_SAYS}", await _having(conn, [looked] if bare else looked.split(" & "))
    if having > min(beside, COMMON if among else RARE):
        cap = SEARCHED
        wanted = f"SELECT id FROM case_view c WHERE {few or condition} AND {_SAYS} LIMIT {cap + 1}"  # noqa: S608 - values are bound
    else:
        cap = CAP
        own, within = (f", own AS MATERIALIZED ({among})", "id IN (SELECT id FROM own) AND ") if among else ("", "")
        wanted = (
            f"WITH said AS MATERIALIZED ({_LOOKED_UP}){own} SELECT id FROM said JOIN case_view USING (id) "  # noqa: S608
            f"WHERE {within}{condition} LIMIT {cap + 1}"
        )
    return await _met(conn, wanted, met, params, cap)


async def _having(conn: AsyncConnection, pairs: Sequence[str]) -> int:
    """Return how many cases may have a word: the rarest of its pairs counts, since they come together."""
    return min([await _estimated(conn, _HAVING, {"looked": pair}) for pair in pairs[:PAIRS]])


async def _estimated(conn: AsyncConnection, query: str, params: Mapping[str, Any]) -> int:
    """Return how many rows a query may find, as the planner's statistics know it: to count them costs too much."""
    plan = (await conn.execute(text(f"EXPLAIN (FORMAT JSON) {query}"), params)).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


async def _met(conn: AsyncConnection, wanted: str, met: str, params: Mapping[str, Any], cap: int) -> _Found:
    ids = (await conn.execute(text(f"SELECT ARRAY({wanted})"), params)).scalar_one()
    if len(ids) > cap:
        return _Found(cap, True, met, params)
    return _Found(len(ids), False, "", {}, ids)


def _beside(selection: Selection) -> str:
    """Return the time along which equal or empty values are walked: the one that the selection cuts, if it does."""
    if selection.registered_from or selection.registered_to:
        return "registered_at"
    return "closed_at" if selection.closed_from or selection.closed_to else "received_at"


def _keys(column: str, beside: str) -> tuple[str, ...]:
    return (column, "id") if column in ("number", "received_at") else (column, beside, "id")


async def _gathered(
    conn: AsyncConnection, ids: Sequence[str], sort: str, beside: str, limit: int, offset: int
) -> list[CaseRow]:
    """Return a page of the cases named, in the order in which they would be met."""
    column, way = SORTS[sort.lstrip("-")], "DESC" if sort.startswith("-") else "ASC"
    order = ", ".join(f"{key} {way} NULLS LAST" for key in _keys(column, beside))
    query = (
        "SELECT to_jsonb(c)::text FROM (SELECT * FROM case_view WHERE id = ANY (:ids) "  # noqa: S608
        f"ORDER BY {order} LIMIT :limit OFFSET :offset) c"
    )
    return await queries.rows(conn, query, CaseRow, ids=ids, limit=limit, offset=offset) if ids else []


async def _walked(
    conn: AsyncConnection, condition: str, params: Mapping[str, Any], sort: str, beside: str, limit: int, offset: int,
    scope: Scope,
) -> list[CaseRow]:  # fmt: skip
    """Return a page in an order, empty values last, then by `beside`; each part of it is one walk along an index.

    In the order of units those of the reader come first: she who sees a part would else walk past all the others.
    """
    column, way = SORTS[sort.lstrip("-")], "DESC" if sort.startswith("-") else "ASC"
    order = ", ".join(f"{key} {way}" for key in _keys(column, beside))
    parts = ["true"] if column in _NEVER_NULL else [f"{column} IS NOT NULL", f"{column} IS NULL"]
    if column == "unit" and isinstance(scope.params.get("own"), list):
        parts = ["unit = ANY (:own)", "unit <> ALL (:own)", "unit IS NULL"]
    rows: list[CaseRow] = []
    for part in parts:
        within = f"FROM case_view c WHERE {condition} AND {part}"
        told = {**params, "limit": limit - len(rows), "offset": offset}
        keys = order.partition(", ")[2] if part.endswith("IS NULL") else order  # so that an index has that order
        query = f"SELECT to_jsonb(c)::text FROM (SELECT * {within} ORDER BY {keys} LIMIT :limit OFFSET :offset) c"  # noqa: S608
        found = await queries.rows(conn, query, CaseRow, **told)
        rows += found
        if len(rows) == limit or part is parts[-1]:
            break
        if not found and offset:
            passed = text(f"SELECT count(*) FROM (SELECT {within} LIMIT :offset) c")  # noqa: S608
            offset -= (await conn.execute(passed, told)).scalar_one()
        else:
            offset = 0
    return rows
