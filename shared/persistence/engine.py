"""Connections of a service to its own schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.persistence.connection import Connection

AWAY = (
    OSError, InterfaceError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError,
    TimeoutError,
)  # fmt: skip
"""What is raised while the database is away; `InternalClientError` by a server that dies in the middle of an answer."""
RETRY_AT_ONCE = frozenset({"40P01", "40001"})
"""Deadlock and serialization failure: run the transaction again at once (shell.md §3.4)."""

KEPT = 5
"""Connections that an engine keeps for its next transactions."""
_FREE: WeakKeyDictionary[Engine, list[Any]] = WeakKeyDictionary()
"""Taking one from the engine's pool and giving it back costs 300 µs of processor, the transaction itself 35."""


def schema_of(city: str, service: str = "") -> str:
    """Return the schema of a service in a city's cell, or of the city itself: `donggang_dispatch`."""
    return "_".join(part.replace("-", "_") for part in (city, service) if part)


def connect(dsn: str, *, size: int = 5) -> AsyncEngine:
    """Return an engine on a `postgresql://` address; a connection that has ended is not used again, so outages heal.

    Errors never repeat the values of a statement: they may be a resident's words, and errors are logged.
    """
    url = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=size, max_overflow=5, pool_timeout=10, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "checkout")
    def _is_alive(connection: Any, _: Any, __: Any) -> None:
        if connection.driver_connection.is_closed():  # known by itself: asking the server costs a round trip each time
            raise DisconnectionError

    return engine


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """Run one transaction: commits at the end, rolls back on any error.

    Its statements find rows by index, planned once. A plan made while its tables were empty is kept until they are
    analysed, and reads a growing table whole; one made anew for each batch costs as much as the batch.
    """
    free = _free(engine.sync_engine)
    raw = free.pop() if free else await _open(engine)
    while raw.is_closed():
        raw = free.pop() if free else await _open(engine)
    try:
        try:
            await raw.execute("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
            yield Connection(raw)
        except BaseException:
            if not raw.is_closed():
                await raw.execute("ROLLBACK")
            raise
        await raw.execute("COMMIT")
    finally:
        is_wanted = _FREE.get(engine.sync_engine) is free and len(free) < KEPT
        if not raw.is_closed() and is_wanted and not raw.is_in_transaction():
            free.append(raw)
        elif not raw.is_closed():
            raw.terminate()


def _free(engine: Engine) -> list[Any]:
    """Return the connections of an engine that no transaction uses; they end with it."""
    if engine not in _FREE:
        _FREE[engine] = []
        event.listen(engine, "engine_disposed", _end)
    return _FREE[engine]


def _end(engine: Engine) -> None:
    for raw in _FREE.pop(engine, ()):
        raw.terminate()


async def _open(engine: AsyncEngine) -> Any:
    """Return a new connection as the engine makes it, which its pool knows nothing of any more."""
    pooled: Any = await (await engine.connect()).get_raw_connection()
    raw = pooled.driver_connection
    pooled.detach()
    return raw


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE of a database error, however it is wrapped."""
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None) or getattr(getattr(original, "__cause__", None), "sqlstate", None)
    return state if isinstance(state, str) else None


def is_unsendable(error: BaseException) -> bool:
    """Tell whether the client itself could not put a value on the wire: a lone surrogate, an int or date out of range.

    asyncpg calls that an InterfaceError, as it does a closed connection, and a ValueError at the same time.
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    cause = getattr(original, "__cause__", None)
    return any(isinstance(e, asyncpg.InterfaceError) and isinstance(e, ValueError) for e in (original, cause))


def is_away(error: BaseException) -> bool:
    """Tell whether the error means that the database cannot be reached now, rather than that we asked wrongly."""
    if is_unsendable(error):
        return False
    if isinstance(error, AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return True
    return (sqlstate(error) or "")[:2] in ("08", "57", "53", "25") or sqlstate(error) == "55P03"
