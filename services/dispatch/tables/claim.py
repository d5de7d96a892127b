"""Who wishes, kept apart from the facts and only until the wish ends; wishes, lists and projects as pages read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Text, text
from sqlmodel import Field

from services.dispatch.domain.claims.wish import AgreeToWish, ClaimWish, Contact, Forgotten, NameClaimant
from services.dispatch.tables.row import Row
from shared.kernel.decisions import Message
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT

ASKING = (AgreeToWish, ClaimWish, NameClaimant)
"""Whose deciders must know that nobody claims his own wish."""


class WisherRow(Row, table=True):
    """One wisher of an open wish."""

    __tablename__ = "wisher"
    __table_args__ = ({"comment": "Personal; the row goes when the wish ends."},)

    wish: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    member: str | None = Field(sa_type=Text)


class WisherReadRow(Row, table=True):
    """One look at who wishes."""

    __tablename__ = "wisher_read"
    __table_args__ = ({"comment": "Who looked at a wisher, when; append-only."},)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    wish: str = Field(sa_type=Text)
    reader: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=MOMENT)


APPEND_ONLY = ("wisher_read",)

_KEEP = text(
    "INSERT INTO wisher (wish, name, phone, address, member) SELECT * FROM unnest(CAST(:wish AS text[]), "
    "CAST(:name AS text[]), CAST(:phone AS text[]), CAST(:address AS text[]), CAST(:member AS text[]))"
)
_FORGET = text("DELETE FROM wisher WHERE wish = ANY(CAST(:wishes AS text[]))")
_MEMBERS = text("SELECT wish, member FROM wisher WHERE wish = ANY(CAST(:wishes AS text[]))")
_NOTE = text("INSERT INTO wisher_read (wish, reader, at) VALUES (:wish, :reader, :at)")
_WISHER = text("SELECT name, phone, address FROM wisher WHERE wish = :wish")

_OF = (
    "SELECT id, sequence, state FROM subject WHERE kind = '{kind}' AND {by} = :{by} "
    "AND (CAST(:status AS text) IS NULL OR state->>'status' = :status) AND id > :after ORDER BY id LIMIT :limit"
)
WISHES = text(_OF.format(kind="wish", by="community"))
"""The wishes of a community, by status if one is given."""
PROJECTS = text(_OF.format(kind="project", by="community"))
"""The projects of a community."""
ITEMS = text(_OF.format(kind="item", by="owner"))
"""The items of an owner."""
OFFERED_TO = text(
    "SELECT id, sequence, state FROM subject WHERE kind = 'item' AND community = :community "
    "AND state->>'status' = 'published' AND id > :after ORDER BY id LIMIT :limit"
)
"""What is published to the circle of a community, whoever keeps it."""
DEEDS = text(
    "SELECT state->>'claimant' AS party, 'wish' AS kind, count(*) AS done FROM subject WHERE kind = 'wish' "
    "AND community = :community AND state->>'claimant' IS NOT NULL "
    "AND state->>'status' IN ('fulfilled', 'confirmed', 'unrated') GROUP BY 1 UNION ALL "
    "SELECT state->>'partner', 'project', count(*) FROM subject WHERE kind = 'project' "
    "AND community = :community AND state->>'status' IN ('done', 'rated') GROUP BY 1 ORDER BY 1, 2"
)
"""What each member of a community's circle has done."""


async def wishers(conn: Connection, messages: Sequence[Message]) -> dict[str, str | None]:
    """Return, for the wishes that somebody wants to take, the code under which their wisher may claim."""
    wishes = sorted({m.subject for m in messages if isinstance(m.data, ASKING)})
    if not wishes:
        return {}
    return {row.wish: row.member for row in await conn.execute(_MEMBERS, {"wishes": wishes})}


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Keep who wishes, forget whose wish ended."""
    contacts = [row for row in rows if isinstance(row, Contact)]
    if contacts:
        names = ("wish", "name", "phone", "address", "member")
        await conn.execute(_KEEP, {name: [getattr(row, name) for row in contacts] for name in names})
    over = sorted({row.wish for row in rows if isinstance(row, Forgotten)})
    if over:
        await conn.execute(_FORGET, {"wishes": over})


async def wisher_for(conn: Executes, wish: str, reader: str, at: datetime) -> dict[str, str] | None:
    """Show who wishes, noting who looked; None once the wish is over."""
    found = (await conn.execute(_WISHER, {"wish": wish})).first()
    if found is None:
        return None
    await conn.execute(_NOTE, {"wish": wish, "reader": reader, "at": at})
    return dict(found._mapping)
