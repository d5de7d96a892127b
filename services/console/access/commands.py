"""What became of one's commands, kept until the page that sent one has shown it, else under the bell (操作结果)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.console.access.roles import place_of

MOST, DAYS = 100, 7
"""Commands kept of one person, and for how long."""
TOLD_SECONDS = 10
"""A page that is still open says within these that it has shown the answer; what is then left is under the bell."""
LOST_SECONDS = 150
"""Longer than the gateway waits for a service: of what has no answer by then, the process that sent it is gone."""
_CASE = re.compile(r"/v1/(?:cases|orders)/([^/]+)/.*|/cases/([^/?]+)(?:\?.*)?")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Command:
    """One command on its way: whose, under which key, what it asks for, about which case, from which page."""

    login: str
    key: str
    service: str
    path: str
    case: str
    page: str

    @classmethod
    def of(cls, login: str, key: str, service: str, path: str, referer: str) -> Command:
        """Return a command; its page is where the browser says that it comes from, if that is a page of ours."""
        came = urlsplit(referer)
        page = came.path + (f"?{came.query}" if came.query else "")
        page = page if place_of(came.path) and len(page) <= _LONGEST else ""
        found = _CASE.fullmatch(path) or _CASE.fullmatch(page)
        return cls(login, key, service, path[:_LONGEST], unquote(found[1] or found[2]) if found else "", page)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: done, refused by a rule, or lost; `case` is one that came of it."""

    state: str
    rule: str = ""
    field: str = ""
    title: str = ""
    title_en: str = ""
    case: str = ""


LOST = Outcome("lost")


@dataclass(frozen=True, slots=True)
class Kept:
    """One line under the bell; `state` is sent while it waits for its answer."""

    key: str
    service: str
    path: str
    case_id: str
    number: str
    page: str
    acted_at: datetime
    state: str
    rule: str
    field: str
    title: str
    title_en: str
    is_new: bool


_OURS = f"at > now() - interval '{DAYS} days'"
_STATE = f"CASE WHEN state = 'sent' AND at < now() - interval '{LOST_SECONDS} seconds' THEN 'lost' ELSE state END"


async def sent(engine: AsyncEngine, command: Command) -> None:
    """Keep a command before it is sent; one sent again under its key is the same, and waits for its answer anew."""
    async with engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO command (login, key, service, path, case_id, page, acted_at) "
                "VALUES (:login, :key, :service, :path, :case, :page, sidan_now()) ON CONFLICT (login, key) DO UPDATE "
                "SET (service, path, case_id, page, acted_at, at, state, rule, field, title, title_en, read_at) = "
                "(excluded.service, excluded.path, excluded.case_id, excluded.page, excluded.acted_at, now(), "
                "'sent', '', '', '', '', NULL)"
            ),
            {"login": command.login, "key": command.key, "service": command.service, "path": command.path,
             "case": command.case, "page": command.page},
        )  # fmt: skip
        surplus = (
            "DELETE FROM command WHERE login = :login AND key IN "
            "(SELECT key FROM command WHERE login = :login AND key IN "
            "(SELECT key FROM command WHERE login = :login ORDER BY at DESC OFFSET :most) FOR UPDATE SKIP LOCKED)"
        )
        await conn.execute(text(surplus), {"login": command.login, "most": MOST})


async def answered(conn: AsyncConnection, command: Command, outcome: Outcome) -> None:
    """Keep what became of a command."""
    await conn.execute(
        text(
            "UPDATE command SET state = :state, rule = :rule, field = :field, title = :title, title_en = :title_en, "
            "case_id = coalesce(nullif(case_id, ''), :case), read_at = NULL WHERE login = :login AND key = :key"
        ),
        {"login": command.login, "key": command.key, "state": outcome.state, "rule": outcome.rule,
         "field": outcome.field, "title": outcome.title, "title_en": outcome.title_en, "case": outcome.case},
    )  # fmt: skip


async def told(engine: AsyncEngine, login: str, key: str) -> None:
    """Forget a command whose page has shown the answer."""
    async with engine.begin() as conn:
        await conn.execute(
            text("DELETE FROM command WHERE login = :login AND key = :key"), {"login": login, "key": key}
        )


async def read(engine: AsyncEngine, login: str) -> list[Kept]:
    """Return what is kept of one's commands, newest first; what has an outcome is read from now on."""
    query = (
        f"SELECT key, service, path, case_id, page, acted_at, rule, field, title, title_en, {_STATE} AS state, "  # noqa: S608 - our own words
        "coalesce((SELECT number FROM case_view v WHERE v.id = case_id), '') AS number, read_at IS NULL AS is_new "
        f"FROM command WHERE login = :login AND {_OURS} ORDER BY at DESC, key FOR UPDATE"
    )
    async with engine.begin() as conn:
        rows = (await conn.execute(text(query), {"login": login})).all()
        known = [row.key for row in rows if row.state != "sent"]
        mark = "UPDATE command SET read_at = now() WHERE login = :login AND key = ANY (:known) AND read_at IS NULL"
        await conn.execute(text(mark), {"login": login, "known": known})
    return [Kept(**{**row._mapping, "is_new": row.is_new and row.state != "sent"}) for row in rows]


async def unread(conn: AsyncConnection) -> dict[str, int]:
    """Return how many outcomes wait for each person who has not read them."""
    query = (
        f"SELECT login, count(*) AS n FROM command WHERE read_at IS NULL AND {_STATE} <> 'sent' AND {_OURS} "  # noqa: S608 - our own words
        f"AND at < now() - interval '{TOLD_SECONDS} seconds' GROUP BY login"
    )
    return {row.login: int(row.n) for row in await conn.execute(text(query))}


async def sweep(conn: AsyncConnection) -> None:
    """Forget what is too old."""
    await conn.execute(text(f"DELETE FROM command WHERE NOT {_OURS}"))  # noqa: S608 - our own words
