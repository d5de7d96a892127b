"""People's accounts, posts and sessions: who signs in, as what, until when.

Passwords are kept as argon2id hashes, session keys as SHA-256; both clocks here are real time.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.console.access import commands
from services.console.access.roles import Post, Role
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused

HOURS = 12
"""After which a session ends whatever is done in it."""
IDLE_HOURS = 2
MOST_WRONG, WINDOW_MINUTES = 5, 15
"""Wrong passwords of one login, or ten times as many from one address, in a window before it has to wait."""
SHORTEST, LONGEST = 10, 200
"""Characters of a password."""
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_AT_ONCE = 2
"""Passwords checked at a time: each takes 64 MiB and a core for some 50 ms."""

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody")
_checking = asyncio.Semaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in, and at which of the posts the person works now."""

    login: str
    name: str
    post: Post
    posts: tuple[Post, ...]
    seconds: float
    """How long the session goes on at most, when it was looked up."""

    @property
    def role(self) -> Role:
        """Return the role in hand."""
        return self.post.role

    def actor(self, city: City) -> Actor:
        """Return as whom the services see this person."""
        return self.post.actor(self.login, city)


async def add(
    conn: AsyncConnection, login: str, name: str, posts: Sequence[Post], password: str | None, identity: str | None
) -> None:
    """Add an account or change it to this; `identity` is the issuer's subject (`iss sub`) of single sign-on.

    Facts name an officer by the login, so it is a code, and no address by which somebody is written to.
    """
    if not _LOGIN.fullmatch(login):
        raise Refused("login.no_code", "login", login=login[:100])
    if password is not None and not SHORTEST <= len(password) <= LONGEST:
        raise Refused("login.weak_password", "password", shortest=SHORTEST, longest=LONGEST)
    hashed = None if password is None else await asyncio.to_thread(_HASHER.hash, password)
    await conn.execute(
        text(
            "INSERT INTO account (login, name, password, identity) VALUES (:login, :name, :password, :identity) "
            "ON CONFLICT (login) DO UPDATE SET name = excluded.name, disabled_at = NULL, "
            "password = coalesce(excluded.password, account.password), "
            "identity = coalesce(excluded.identity, account.identity)"
        ),
        {"login": login, "name": name, "password": hashed, "identity": identity},
    )
    await conn.execute(text("DELETE FROM account_post WHERE login = :login"), {"login": login})
    await conn.execute(
        text("INSERT INTO account_post (login, role, unit) VALUES (:login, :role, :unit)"),
        [{"login": login, "role": post.role.value, "unit": post.place} for post in posts],
    )
    await conn.execute(text("DELETE FROM session WHERE login = :login"), {"login": login})


async def disable(conn: AsyncConnection, login: str) -> bool:
    """Let an account in no more, and end its sessions; tell whether there is such an account."""
    done = await conn.execute(
        text("UPDATE account SET disabled_at = coalesce(disabled_at, now()) WHERE login = :login RETURNING login"),
        {"login": login},
    )
    await conn.execute(text("DELETE FROM session WHERE login = :login"), {"login": login})
    return done.first() is not None


async def sign_in(engine: AsyncEngine, login: str, password: str, address: str) -> str:
    """Return the key of a new session; raises Refused("login.wrong") or Refused("http.too_often")."""
    async with engine.begin() as conn:
        await _check_may_try(conn, login, address)
        query = "SELECT password FROM account WHERE login = :login AND disabled_at IS NULL"
        kept = (await conn.execute(text(query), {"login": login})).scalar_one_or_none()
        # The attempt is on record before it is judged: many at once cannot outrun the limit.
        tried = await conn.execute(
            text("INSERT INTO attempt (login, address) VALUES (:login, :address) RETURNING id"),
            {"login": login, "address": address},
        )
        attempt = tried.scalar_one()
    async with _checking:  # an unknown login takes as long as a known one
        right = await asyncio.to_thread(_is_right, kept or _NOBODY, password)
    if not right or kept is None:
        raise Refused("login.wrong", "password")
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM attempt WHERE id = :id"), {"id": attempt})
        return await begin(conn, login)


async def sign_in_as(engine: AsyncEngine, identity: str) -> str:
    """Return the key of a new session of the account with this identity; raises Refused("login.unknown_identity")."""
    async with engine.begin() as conn:
        query = "SELECT login FROM account WHERE identity = :identity AND disabled_at IS NULL"
        login = (await conn.execute(text(query), {"identity": identity})).scalar_one_or_none()
        if login is None:
            raise Refused("login.unknown_identity", "sub")
        return await begin(conn, login)


async def begin(conn: AsyncConnection, login: str) -> str:
    """Return the key of a new session at the first of the account's posts."""
    key = secrets.token_urlsafe(32)
    begun = await conn.execute(
        text(
            "INSERT INTO session (id, login, role, unit, ends_at) "
            "SELECT :id, login, role, unit, now() + make_interval(hours => :hours) FROM account_post "
            "WHERE login = :login ORDER BY role, unit LIMIT 1 RETURNING id"
        ),
        {"id": _mark(key), "login": login, "hours": HOURS},
    )
    if begun.first() is None:
        raise Refused("login.no_post", "login")
    await conn.execute(text("DELETE FROM session WHERE ends_at < now()"))
    old = "DELETE FROM attempt WHERE at < now() - make_interval(mins => :minutes)"
    await conn.execute(text(old), {"minutes": WINDOW_MINUTES})
    await commands.sweep(conn)
    return key


async def find(engine: AsyncEngine, key: str) -> Signed | None:
    """Return who is signed in by a session's key; None if it has ended or been idle too long."""
    if not key or len(key) > LONGEST:
        return None
    async with engine.begin() as conn:
        row = (await conn.execute(_FIND, {"id": _mark(key), "hours": IDLE_HOURS})).one_or_none()
        if row is None:
            return None
        if row.is_stale:
            await conn.execute(text("UPDATE session SET seen_at = now() WHERE id = :id"), {"id": _mark(key)})
    posts = tuple(Post.written(role, unit) for role, unit in zip(row.roles, row.units, strict=True))
    post = Post.written(row.role, row.unit)
    return Signed(row.login, row.name, post, posts, float(row.seconds)) if post in posts else None


async def work_as(engine: AsyncEngine, key: str, post: str) -> None:
    """Go on at another of one's posts; raises Refused("login.no_post")."""
    role, _, unit = post.partition("@")
    async with engine.begin() as conn:
        done = await conn.execute(
            text(
                "UPDATE session s SET role = p.role, unit = p.unit FROM account_post p "
                "WHERE s.id = :id AND p.login = s.login AND p.role = :role AND p.unit = :unit RETURNING s.id"
            ),
            {"id": _mark(key), "role": role, "unit": unit},
        )
        if done.first() is None:
            raise Refused("login.no_post", "post")


async def sign_out(engine: AsyncEngine, key: str) -> None:
    """End a session."""
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM session WHERE id = :id"), {"id": _mark(key)})


_FIND = text(
    "SELECT s.login, a.name, s.role, s.unit, extract(epoch FROM s.ends_at - now()) AS seconds, "
    "s.seen_at < now() - interval '1 minute' AS is_stale, "
    "array(SELECT role FROM account_post p WHERE p.login = s.login ORDER BY role, unit) AS roles, "
    "array(SELECT unit FROM account_post p WHERE p.login = s.login ORDER BY role, unit) AS units "
    "FROM session s JOIN account a ON a.login = s.login AND a.disabled_at IS NULL "
    "WHERE s.id = :id AND s.ends_at > now() AND s.seen_at > now() - make_interval(hours => :hours)"
)
_TRIES = text(
    "SELECT count(*) FILTER (WHERE login = :login) AS of_login, count(*) AS of_all, "
    "extract(epoch FROM min(at) + make_interval(mins => :minutes) - now())::int AS seconds FROM attempt "
    "WHERE (login = :login OR address = :address) AND at > now() - make_interval(mins => :minutes)"
)


async def _check_may_try(conn: AsyncConnection, login: str, address: str) -> None:
    asked = {"login": login, "address": address, "minutes": WINDOW_MINUTES}
    tries = (await conn.execute(_TRIES, asked)).one()
    if tries.of_login >= MOST_WRONG or tries.of_all >= 10 * MOST_WRONG:
        raise Refused("http.too_often", "", seconds=max(1, tries.seconds))


def _is_right(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _mark(key: str) -> bytes:
    """Return what is kept of a session's key: whoever reads the table cannot sign in by it."""
    return sha256(key.encode()).digest()
