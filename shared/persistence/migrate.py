"""Bring a service's schema up to date and give its role exactly the rights that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.persistence.engine import schema_of

_ROOT = Path(__file__).resolve().parents[2]
PRIVATE = {
    "intake": (
        "dossier",
        "dossier_read",
        "holder",
        "household",
        "household_read",
        "import_reject",
        "import_run",
        "supplement",
    ),
    "dispatch": ("dispute_party", "dispute_text", "wisher"),
    "escalation": ("wording",),
    "feedback": ("remark", "voter", "spent", "ballot", "sealing", "tap"),
    "console": ("account", "account_post", "session", "attempt", "act", "command", "saved_filter"),
}
"""Tables that the auditor may not read: residents' identity, people's own words, secret ballots, who signs in."""
COUNTED = {
    "quarantine": 'id, topic, partition, "offset", digest, stamped_at, sender, rule, field, state, at',
    "parked": 'subject, service, sequence, topic, partition, "offset", stamped_at, why, at',
}
"""Tables of which the auditor sees everything but the sender's bytes, which may hold identity."""
MONTHS_AHEAD = 3


def migrate(admin_dsn: str, city: str, service: str) -> None:
    """Run the shell's and the service's own migrations, make the journal's next partitions, grant rights."""
    asyncio.run(_migrate(admin_dsn, city, service))


async def _migrate(admin_dsn: str, city: str, service: str) -> None:
    engine = create_async_engine(admin_dsn.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    try:
        async with engine.connect() as conn:
            await conn.run_sync(_upgrade, schema_of(city, service), service)
            await conn.commit()
            await conn.run_sync(_partitions)
            await conn.run_sync(_grants, city, service)
            await conn.commit()
    finally:
        await engine.dispose()


def _upgrade(conn: Connection, schema: str, service: str) -> None:
    conn.execute(text(f'SET search_path TO "{schema}"'))
    conn.execute(text(f'SET ROLE "{schema}_owner"'))
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "shared" / "persistence"))
    places = [_ROOT / "shared" / "persistence" / "versions", _ROOT / "services" / service / "migrations" / "versions"]
    config.set_main_option("version_locations", " ".join(str(p) for p in places if p.is_dir()))
    config.set_main_option("path_separator", "space")
    script = ScriptDirectory.from_config(config)

    def steps(revision: object, _: object) -> object:
        wanted = script._upgrade_revs("heads", revision)  # type: ignore[arg-type]
        # A service may build on the shell's tables; between two branches Alembic itself promises no order.
        return sorted(wanted, key=lambda step: not step.revision.revision.startswith("shell_"))

    context = EnvironmentContext(config, script, fn=steps, destination_rev="heads")
    with context:
        context.configure(connection=conn, version_table="alembic_version", transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()


def _partitions(conn: Connection) -> None:
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS_AHEAD):
        after = (month + timedelta(days=32)).replace(day=1)
        conn.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS journal_{month:%Y%m} PARTITION OF journal "
                f"FOR VALUES FROM ('{month:%Y-%m-%d}') TO ('{after:%Y-%m-%d}')"
            )
        )
        month = after


async def grant(conn: asyncpg.Connection, city: str, service: str) -> None:
    """Give a service's role and the auditor their rights on tables that have come anew."""
    journals = await conn.fetch(_JOURNALS.replace(":s", "$1"), f'"{schema_of(city, service)}"')
    for statement in _rights(city, service, [row[0] for row in journals]):
        await conn.execute(statement)


_JOURNALS = (
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(:s) AND relname LIKE 'journal\\_%' "
    "AND relkind = 'r'"
)


def _grants(conn: Connection, city: str, service: str) -> None:
    journals = conn.execute(text(_JOURNALS), {"s": f'"{schema_of(city, service)}"'})
    for statement in _rights(city, service, [row[0] for row in journals]):
        conn.execute(text(statement))


def _rights(city: str, service: str, journals: Sequence[str]) -> list[str]:
    schema, auditor = schema_of(city, service), schema_of(city, "auditor")
    statements = [
        f'GRANT USAGE ON SCHEMA "{schema}" TO "{schema}", "{auditor}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO "{schema}"',
        f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO "{auditor}"',
        f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{schema}"',
        f'REVOKE INSERT, UPDATE, DELETE ON "{schema}".alembic_version FROM "{schema}"',
    ]
    kept = ["journal", *_append_only(service), *journals]
    statements += [f'REVOKE UPDATE, DELETE, TRUNCATE ON "{schema}"."{table}" FROM "{schema}"' for table in kept]
    statements += [f'REVOKE ALL ON "{schema}"."{table}" FROM "{auditor}"' for table in PRIVATE.get(service, ())]
    for table, columns in COUNTED.items():
        statements.append(f'REVOKE SELECT ON "{schema}".{table} FROM "{auditor}"')  # noqa: S608 - names of ours
        statements.append(f'GRANT SELECT ({columns}) ON "{schema}".{table} TO "{auditor}"')
    return statements


def _append_only(service: str) -> tuple[str, ...]:
    if service == "console":
        return ("act",)
    return tuple(getattr(import_module(f"services.{service}.store"), "APPEND_ONLY", ()))
