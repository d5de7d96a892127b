"""What migrations make is what the services' rows describe, and every role may do with it what it should."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from importlib import import_module
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.database import AUDITOR, SERVICES, schema_of
from deploy.local.resolver import Backing
from services.console.projection.case import CaseRow
from services.console.projection.ledger import LedgerRow, MeetingRow, TopicRow
from services.console.projection.rows import KEYS, Entry
from services.console.projection.score import ScoreRow
from shared.persistence.migrate import COUNTED, PRIVATE, migrate
from tests.architecture.reading import ROOT
from tests.support.stack import Cell, make_schemas

pytestmark = pytest.mark.stack

CODE = "migrated"
SHELL = {"fence", "subject", "inbox", "parked", "quarantine", "journal", "pending", "deadline", "alembic_version"}
WITH_ROWS = ("intake", "dispatch", "escalation", "feedback")
HIDDEN = {"quarantine": ("key", "headers", "value", "params"), "parked": ("key", "headers", "value")}
"""Columns that hold what an outside party sent."""


@pytest.fixture(scope="module")
def fresh(backing: Backing) -> Cell:
    return make_schemas(backing, CODE, SERVICES)


def _columns_of(kind: type) -> set[str]:
    """Name the fields of a row class, be it a struct or a dataclass."""
    return set(getattr(kind, "__struct_fields__", ())) or {one.name for one in fields(kind)}


def _is_the_shells(table: str) -> bool:
    return table in SHELL or table.startswith("journal_")


def _rows(service: str) -> MetaData:
    """Return the tables that a service's row classes describe, those of every noun that has its own module."""
    for place in sorted((ROOT / "services" / service / "tables").glob("[a-z]*.py")):
        import_module(f"services.{service}.tables.{place.stem}")
    metadata = import_module(f"services.{service}.store").METADATA
    assert isinstance(metadata, MetaData)
    return metadata


def _append_only(service: str) -> tuple[str, ...]:
    own = import_module(f"services.{service}.store").APPEND_ONLY if service in WITH_ROWS else ("act",)
    return ("journal", *own)


def _read(cell: Cell, service: str, question: Any) -> Any:
    """Ask something of a service's schema over SQLAlchemy."""

    async def ask() -> Any:
        url = cell.dsns["admin"].replace("postgresql", "postgresql+asyncpg", 1)
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            async with engine.connect() as conn:
                await conn.execute(text(f'SET search_path TO "{schema_of(cell.code, service)}"'))
                return await conn.run_sync(question)
        finally:
            await engine.dispose()

    return asyncio.run(ask())


def _differences(conn: Connection, metadata: MetaData) -> list[Any]:
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, parents: kind != "table" or not _is_the_shells(name),
    }
    return list(compare_metadata(MigrationContext.configure(conn, opts=options), metadata))


def _keys(conn: Connection, tables: list[str]) -> dict[str, list[str]]:
    return {table: list(inspect(conn).get_pk_constraint(table)["constrained_columns"]) for table in tables}


@pytest.mark.parametrize("service", WITH_ROWS)
def test_the_migrated_database_is_what_the_rows_describe_and_nothing_more(fresh: Cell, service: str) -> None:
    metadata = _rows(service)
    assert _read(fresh, service, lambda conn: _differences(conn, metadata)) == []
    keys = {name: [column.name for column in table.primary_key] for name, table in metadata.tables.items()}
    assert keys, "a service has rows of its own"
    assert _read(fresh, service, lambda conn: _keys(conn, list(keys))) == keys


def test_the_comparison_sees_a_missing_table_column_and_index_and_a_superfluous_one(fresh: Cell) -> None:
    async def ask(script: str) -> None:
        await _execute(fresh.dsns["admin"], f'SET search_path TO "{schema_of(CODE, "dispatch")}"; {script}')

    metadata = _rows("dispatch")
    plants = {
        "CREATE TABLE more (a int)": ("DROP TABLE more", "remove_table"),
        "ALTER TABLE responsibility ADD more int": ("ALTER TABLE responsibility DROP more", "remove_column"),
        "ALTER TABLE responsibility RENAME lead TO led":
            ("ALTER TABLE responsibility RENAME led TO lead", "add_column"),
        "ALTER INDEX responsibility_judge RENAME TO j": ("ALTER INDEX j RENAME TO responsibility_judge", "add_index"),
        "ALTER TABLE responsibility ALTER number DROP NOT NULL":
            ("ALTER TABLE responsibility ALTER number SET NOT NULL", "modify_nullable"),
    }  # fmt: skip
    for plant, (remedy, kind) in plants.items():
        asyncio.run(ask(plant))
        found = _read(fresh, "dispatch", lambda conn: _differences(conn, metadata))
        asyncio.run(ask(remedy))
        assert kind in [one[0] if isinstance(one, tuple) else one[0][0] for one in found], (plant, found)


@pytest.mark.parametrize("service", SERVICES)
def test_a_subject_that_goes_on_is_not_written_to_its_indexes_again(fresh: Cell, service: str) -> None:
    async def ask() -> Any:
        conn = await asyncpg.connect(fresh.dsns["admin"])
        rolled = conn.transaction()
        await rolled.start()
        await conn.execute(f'SET LOCAL search_path TO "{schema_of(CODE, service)}"')
        await conn.execute("INSERT INTO subject (id, kind, seen, state) VALUES ('c', 'case', '{}', '{\"a\": 1}')")
        await conn.execute("UPDATE subject SET sequence = 2, seen = '{1}', state = '{\"a\": 2}' WHERE id = 'c'")
        counts = await conn.fetchrow(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relid = 'subject'::regclass"
        )
        await rolled.rollback()
        await conn.close()
        return tuple(counts)

    assert asyncio.run(ask()) == (1, 1)


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_the_console_s_tables_have_the_columns_and_keys_of_the_rows_it_writes(fresh: Cell) -> None:
    kinds = {
        "case_view": CaseRow, "topic_view": TopicRow, "meeting_view": MeetingRow, "ledger_view": LedgerRow,
        "score_view": ScoreRow, "timeline": Entry,
    }  # fmt: skip
    generated = {"timeline": {"position", "written"}}
    others = {
        "case_tally", "case_words", "case_seen", "account", "account_post", "session", "attempt", "act", "command",
        "saved_filter",
    }  # fmt: skip

    def look(conn: Connection) -> dict[str, set[str]]:
        tables = {name for name in inspect(conn).get_table_names() if not _is_the_shells(name)} - others
        return {name: {column["name"] for column in inspect(conn).get_columns(name)} for name in tables}

    described = {name: _columns_of(kind) | generated.get(name, set()) for name, kind in kinds.items()}
    assert _read(fresh, "console", look) == described
    assert _read(fresh, "console", lambda conn: _keys(conn, list(KEYS))) == {name: list(k) for name, k in KEYS.items()}


def test_no_two_services_share_a_registry_of_rows() -> None:
    assert len({id(_rows(service)) for service in WITH_ROWS}) == len(WITH_ROWS)


def test_migrating_again_changes_nothing(backing: Backing, fresh: Cell) -> None:
    before = asyncio.run(_picture(fresh))
    for service in SERVICES:
        migrate(fresh.dsns["admin"], CODE, service)
    assert asyncio.run(_picture(fresh)) == before


async def _picture(cell: Cell) -> list[Any]:
    """Return every table, column, index and right of the cell, and when PostgreSQL last touched its catalogue rows."""
    conn = await asyncpg.connect(cell.dsns["admin"])
    try:
        return [
            await conn.fetch(query, f"{CODE}_%")
            for query in (
                "SELECT c.oid, c.relname, c.relkind, c.relacl::text FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname LIKE $1 ORDER BY 1",
                "SELECT a.attrelid, a.attname, a.atttypid, a.attnotnull, a.attacl::text FROM pg_attribute a "
                "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname LIKE $1 ORDER BY 1, a.attnum",
            )
        ]
    finally:
        await conn.close()


async def _execute(dsn: str, statement: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


async def _allowed(dsn: str, statements: list[str]) -> list[str]:
    """Return the statements that are not denied, even to one who lifts its default; each is tried alone, and undone."""
    conn = await asyncpg.connect(dsn)
    allowed = []
    try:
        for statement in statements:
            transaction = conn.transaction()
            await transaction.start()
            try:
                await conn.execute("SET TRANSACTION READ WRITE")
                await conn.execute(statement)
                allowed.append(statement)
            except asyncpg.InsufficientPrivilegeError:
                pass
            finally:
                await transaction.rollback()
    finally:
        await conn.close()
    return allowed


async def _tables(cell: Cell, service: str) -> dict[str, str]:
    """Return table -> one of its columns."""
    conn = await asyncpg.connect(cell.dsns["admin"])
    try:
        rows = await conn.fetch(
            "SELECT table_name, min(column_name) AS one FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = $1 AND table_type = 'BASE TABLE' GROUP BY 1",
            schema_of(cell.code, service),
        )
    finally:
        await conn.close()
    return {row["table_name"]: row["one"] for row in rows}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_cannot_change_what_is_only_appended(fresh: Cell, service: str) -> None:
    tables = asyncio.run(_tables(fresh, service))
    kept = {name: one for name, one in tables.items() if name in _append_only(service) or name.startswith("journal_")}
    assert set(kept) >= set(_append_only(service))
    assert len(kept) > len(_append_only(service)), "the journal's partitions as well"
    forbidden = [f'UPDATE "{name}" SET "{one}" = "{one}"' for name, one in kept.items()]
    forbidden += [statement for name in kept for statement in (f'DELETE FROM "{name}"', f'TRUNCATE "{name}"')]
    forbidden += ["DROP TABLE journal", "ALTER TABLE journal ADD more int", "CREATE TABLE more (a int)"]
    assert asyncio.run(_allowed(fresh.dsns[service], forbidden)) == []
    others = [other for other in SERVICES if other != service]
    foreign = [f'SELECT 1 FROM "{schema_of(CODE, other)}".journal' for other in others]
    assert asyncio.run(_allowed(fresh.dsns[service], foreign)) == []
    free = [f'DELETE FROM "{name}"' for name in tables if name not in kept and name != "alembic_version"]
    assert asyncio.run(_allowed(fresh.dsns[service], free)) == free, "and it may work with the rest"


@pytest.mark.parametrize("service", SERVICES)
def test_the_auditor_reads_neither_identity_nor_words_nor_bytes_and_writes_nothing(fresh: Cell, service: str) -> None:
    schema, tables = schema_of(CODE, service), asyncio.run(_tables(fresh, service))
    private = PRIVATE.get(service, ())
    assert set(private) <= set(tables)
    hidden = [f'SELECT 1 FROM "{schema}".{table}' for table in private]
    hidden += [f'SELECT {column} FROM "{schema}".{table}' for table, columns in HIDDEN.items() for column in columns]
    hidden += [f'SELECT * FROM "{schema}".{table}' for table in HIDDEN]
    open_to_all = [f'SELECT {columns} FROM "{schema}".{table}' for table, columns in COUNTED.items()]
    open_to_all += [f'SELECT * FROM "{schema}"."{name}"' for name in tables if name not in (*private, *COUNTED)]
    writes = [
        statement
        for name, one in tables.items()
        for statement in (
            f'INSERT INTO "{schema}"."{name}" DEFAULT VALUES',
            f'UPDATE "{schema}"."{name}" SET "{one}" = NULL',
            f'DELETE FROM "{schema}"."{name}"',
            f'TRUNCATE "{schema}"."{name}"',
        )
    ]
    auditor = fresh.dsns[AUDITOR]
    assert asyncio.run(_allowed(auditor, hidden)) == []
    assert asyncio.run(_allowed(auditor, open_to_all)) == open_to_all
    assert asyncio.run(_allowed(auditor, [*writes, f'CREATE TABLE "{schema}".more (a int)'])) == []
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        asyncio.run(_execute(auditor, writes[0]))
