"""Fill a city with closed cases, copied in the database from some that went through it: old age in minutes."""

from __future__ import annotations

import asyncpg

CHUNK = 20_000
"""Cases in one transaction."""

TABLES = {
    "intake": {"subject": ("id",), "report": ("case_id", "source_id"), "dossier": ("case_id", "id"),
               "journal": ("subject",)},
    "dispatch": {"subject": ("id",), "responsibility": ("case_id",), "journal": ("subject",)},
    "escalation": {"subject": ("id",)},
    "feedback": {"subject": ("id",), "invitation": ("case_id", "invitation", "token_hash"), "answer": ("case_id",),
                 "case_line": ("case_id",), "assignment_line": ("case_id",), "journal": ("subject",)},
    "console": {"subject": ("id",), "case_view": ("id", "number"), "timeline": ("subject",)},
}  # fmt: skip
"""Schema -> table -> the column of the case id, then what else must not occur twice."""


async def preload(dsn: str, city: str, count: int) -> None:
    """Copy the closed cases that there are until `count` more are there; their ids sort before those to come."""
    conn = await asyncpg.connect(dsn)
    closed = [row[0] for row in await conn.fetch(f"SELECT id FROM {city}_console.case_view WHERE status = 'closed'")]
    made = 0
    while made < count:
        cases = closed[: count - made]
        copies = min(CHUNK // len(cases) or 1, (count - made) // len(cases))
        first = made // len(closed)
        async with conn.transaction():
            for service, tables in TABLES.items():
                for table, unique in tables.items():
                    await _copy(conn, f"{city}_{service}", table, unique, cases, range(first, first + copies))
        made += copies * len(cases)
        print(f"{made} of {count} closed cases", flush=True)
    for service in TABLES:
        for table in TABLES[service]:
            await conn.execute(f"VACUUM ANALYZE {city}_{service}.{table}")
    await conn.execute("CHECKPOINT")
    await conn.close()


async def _copy(
    conn: asyncpg.Connection, schema: str, table: str, unique: tuple[str, ...], cases: list[str], copies: range
) -> None:
    columns = await conn.fetch(
        "SELECT attname FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        "WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT attisdropped AND attidentity = '' "
        "AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') NOT LIKE '%(%'", f"{schema}.{table}",
    )  # fmt: skip
    names = {row[0]: f'"{row[0]}"' for row in columns}
    values = ", ".join(f"lpad(n::text, 6, '0') || '.' || {q}" if name in unique else q for name, q in names.items())
    await conn.execute(
        f"INSERT INTO {schema}.{table} ({', '.join(names.values())}) SELECT {values} FROM {schema}.{table}, "
        f"generate_series($2::int, $3::int) n WHERE {unique[0]} = ANY($1::text[])",
        cases, copies.start, copies.stop - 1,
    )  # fmt: skip
