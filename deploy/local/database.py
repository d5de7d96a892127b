"""The database of a city: schemas, roles with the least they need, the clock and the calendar everyone reads."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

DATABASE = "sidan"
SERVICES = ("intake", "dispatch", "escalation", "feedback", "console")
AUDITOR = "auditor"
PUBLISHERS = {"dispatch": "calendar", "intake": "admission"}
"""Who publishes what for the whole city: dispatch owns the clocks, intake the list of what communities are given."""

# A zombie that hangs in its transaction would otherwise block its partition for ever (shell.md 1.6).
_LIMITS = {"idle_in_transaction_session_timeout": "10s", "lock_timeout": "10s", "statement_timeout": "30s"}

_CLOCK = """
CREATE TABLE IF NOT EXISTS "{city}".clock (
    real_at timestamptz NOT NULL, virtual_at timestamptz NOT NULL, rate double precision NOT NULL, horizon timestamptz);
CREATE UNIQUE INDEX IF NOT EXISTS clock_is_one_row ON "{city}".clock ((true));
CREATE TABLE IF NOT EXISTS "{city}".calendar (
    version int PRIMARY KEY, year int NOT NULL, content jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE IF NOT EXISTS "{city}".admission (
    version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, matter text NOT NULL, from_on date,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE OR REPLACE FUNCTION "{city}".sidan_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT least(virtual_at + (clock_timestamp() - real_at) * rate, coalesce(horizon, 'infinity'))
         FROM "{city}".clock),
        clock_timestamp())
$$;
"""


def schema_of(city: str, service: str = "") -> str:
    """Return the schema of a city, or of one of its services, which is also the name of that service's login."""
    cell = city.replace("-", "_")
    return f"{cell}_{service}" if service else cell


async def prepare(admin: str, city: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make the database, schemas and roles of a city, as often as it is called, and return a DSN per login.

    `admin` is an administrator's DSN of any database of the server; `passwords` has one per service and `auditor`.
    The answer also holds `admin`: the administrator's DSN of our database, with which migrations run; those also grant
    what each role may do with the tables they make.
    """
    await _make_database(admin)
    ours = _dsn(admin, database=DATABASE)
    connection = await asyncpg.connect(ours)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('sidan.prepare'))")
            await _make_city(connection, city, passwords)
    finally:
        await connection.close()
    logins = {name: schema_of(city, name) for name in (*SERVICES, AUDITOR)}
    return {name: _dsn(ours, user=login, password=passwords[name]) for name, login in logins.items()} | {"admin": ours}


async def _make_database(admin: str) -> None:
    connection = await asyncpg.connect(admin)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    except asyncpg.DuplicateDatabaseError:
        pass  # another stack on the same server was quicker
    finally:
        await connection.close()


async def _make_city(connection: asyncpg.Connection, city: str, passwords: Mapping[str, str]) -> None:
    cell, auditor = schema_of(city), schema_of(city, AUDITOR)
    await connection.execute(f'REVOKE ALL ON DATABASE "{DATABASE}" FROM PUBLIC')
    await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{cell}"')
    await connection.execute(_CLOCK.format(city=cell))
    await _make_login(connection, auditor, passwords[AUDITOR], path=[cell])
    await connection.execute(f'ALTER ROLE "{auditor}" SET default_transaction_read_only = on')
    await _let_read_clock(connection, cell, auditor)
    for service in SERVICES:
        schema = schema_of(city, service)
        owner = f"{schema}_owner"
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", owner):
            await connection.execute(f'CREATE ROLE "{owner}" NOLOGIN')
        await connection.execute(f'GRANT "{owner}" TO CURRENT_USER')  # an administrator need not be superuser
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}" AUTHORIZATION "{owner}"')
        await _make_login(connection, schema, passwords[service], path=[schema, cell])
        await _let_read_clock(connection, cell, schema)
        if service in PUBLISHERS:
            await connection.execute(f'GRANT INSERT ON "{cell}".{PUBLISHERS[service]} TO "{schema}"')
        await _let_read_clock(connection, cell, owner)  # a migration may use the clock's function
        await connection.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO "{schema}"')


async def _make_login(connection: asyncpg.Connection, name: str, password: str, *, path: list[str]) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    secret = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f'{"ALTER" if exists else "CREATE"} ROLE "{name}" LOGIN PASSWORD {secret}')
    for setting, value in _LIMITS.items():
        await connection.execute(f"ALTER ROLE \"{name}\" SET {setting} = '{value}'")
    await connection.execute(f'ALTER ROLE "{name}" SET search_path = {", ".join(path)}')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{DATABASE}" TO "{name}"')


async def _let_read_clock(connection: asyncpg.Connection, cell: str, role: str) -> None:
    await connection.execute(f'GRANT USAGE ON SCHEMA "{cell}" TO "{role}"')
    await connection.execute(f'GRANT SELECT ON "{cell}".clock, "{cell}".calendar, "{cell}".admission TO "{role}"')


def _dsn(dsn: str, *, database: str = "", user: str = "", password: str = "") -> str:
    parts = urlsplit(dsn)
    netloc = parts.netloc
    if user:
        netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}" if database else parts.path))
