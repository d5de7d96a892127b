"""Pages of the list of cases: any selection, any order, any words, at the same cost however many there are."""

from __future__ import annotations

from collections.abc import Mapping
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
WALKED = 50_000
"""So many cases are rather looked at one by one than looked up by a common word."""
SEARCH_CAP = 10_000
"""Where counting of a free search stops: beyond, the total is "more than this"."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `capped` says that there are more than `total`."""

    rows: list[CaseRow]
    total: int
    capped: bool


async def total(conn: AsyncConnection, city: City, selection: Selection, scope: Scope = EVERYTHING) -> tuple[int, bool]:
    """Return how many cases within a scope a selection chooses, and whether there are more: a search has a cap."""
    if selection.q:
        _, _, found = await _search(conn, city, selection, scope)
        return min(found, SEARCH_CAP), found > SEARCH_CAP
    return (await queries.counts(conn, city, {"chosen": selection}, scope))["chosen"], False


async def page(
    conn: AsyncConnection, city: City, selection: Selection, sort: str, limit: int, offset: int,
    scope: Scope = EVERYTHING,
) -> Page:  # fmt: skip
    """Return one page within a scope and the exact total; a free search is counted up to the cap."""
    if selection.q:
        condition, params, found = await _search(conn, city, selection, scope)
    else:
        condition, params = _within(city, selection, scope)
        found = (await queries.counts(conn, city, {"chosen": selection}, scope))["chosen"]
    rows = await _sorted(conn, condition, params, sort, _beside(selection), limit, offset) if found > offset else []
    capped = bool(selection.q) and found > SEARCH_CAP
    return Page(rows, min(found, SEARCH_CAP) if capped else found, capped)


def _within(city: City, selection: Selection, scope: Scope) -> tuple[str, dict[str, Any]]:
    condition, params = selection.condition(city)
    return (condition if scope is EVERYTHING else f"{condition} AND {scope.condition}"), params | scope.params


_FOUND = "SELECT w.id FROM case_words w WHERE w.words @@ CAST(:looked AS tsquery) AND (w.said LIKE :like OR :bare)"
_SAYS = (
    "(SELECT w.words @@ CAST(:looked AS tsquery) AND (w.said LIKE :like OR :bare) FROM case_words w WHERE w.id = c.id)"
)


async def _search(
    conn: AsyncConnection, city: City, selection: Selection, scope: Scope
) -> tuple[str, dict[str, Any], int]:
    """Return the condition of a search by words, and how many it finds, counted to one more than the cap.

    Rare words are looked up first; common ones are met soon by walking along the list.
    """
    looked, like, bare = words.sought(selection.q)
    condition, params = _within(city, selection, scope)
    if not looked:
        return "false", params, 0
    sought = {"looked": looked, "like": like, "bare": bare}
    params |= sought
    capped = f"SELECT count(*) FROM (%s LIMIT {SEARCH_CAP + 1}) found"  # noqa: S608 - our own statements
    found = (await conn.execute(text(capped % _FOUND), sought)).scalar_one()
    is_common = found > SEARCH_CAP
    if found and condition != "true":
        beside = (await queries.counts(conn, city, {"": replace(selection, q="")}, scope))[""]
        says = _SAYS if is_common and beside < WALKED else f"c.id IN ({_FOUND})"
        counted = f"SELECT 1 FROM case_view c WHERE {condition} AND {says}"  # noqa: S608 - values are bound
        found = (await conn.execute(text(capped % counted), params)).scalar_one()
    says = f"{condition} AND {_SAYS if is_common else f'c.id IN ({_FOUND})'}"
    return says, params, found


def _beside(selection: Selection) -> str:
    """Return the time along which equal or empty values are walked: the one that the selection cuts, if it does."""
    if selection.registered_from or selection.registered_to:
        return "registered_at"
    return "closed_at" if selection.closed_from or selection.closed_to else "received_at"


async def _sorted(
    conn: AsyncConnection, condition: str, params: Mapping[str, Any], sort: str, beside: str, limit: int, offset: int
) -> list[CaseRow]:
    """Return a page in an order, empty values last, then by `beside`; each half of it is one walk along an index."""
    column, way = SORTS[sort.lstrip("-")], "DESC" if sort.startswith("-") else "ASC"
    told = {**params, "limit": limit, "offset": offset}
    if column in _NEVER_NULL:
        keys = (column, "id") if column in ("number", "received_at") else (column, beside, "id")
        order = ", ".join(f"{key} {way}" for key in keys)
        query = (
            f"SELECT to_jsonb(c)::text FROM (SELECT * FROM case_view c WHERE {condition} "  # noqa: S608
            f"ORDER BY {order} LIMIT :limit OFFSET :offset) c"
        )
        return await queries.rows(conn, query, CaseRow, **told)
    told["depth"] = limit + offset
    query = (
        f"SELECT (to_jsonb(c) - 'half')::text FROM ("  # noqa: S608
        f"(SELECT c.*, 1 AS half FROM case_view c WHERE {condition} AND {column} IS NOT NULL "
        f"ORDER BY {column} {way}, {beside} {way}, id {way} LIMIT :depth) UNION ALL "
        f"(SELECT c.*, 2 AS half FROM case_view c WHERE {condition} AND {column} IS NULL "
        f"ORDER BY {beside} {way}, id {way} LIMIT :depth) "
        f"ORDER BY half, {column} {way}, {beside} {way}, id {way} LIMIT :limit OFFSET :offset) c"
    )
    return await queries.rows(conn, query, CaseRow, **told)
