"""Ledgers on real PostgreSQL and Kafka: nobody can change a record unseen, and the service's own role not at all."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import create_async_engine
from typer.testing import CliRunner

from deploy.audit.anchors import STATING, read_anchors
from deploy.audit.chains import Examined, examine
from deploy.audit.exported import examine_file
from deploy.audit.exporting import export
from deploy.cli import main
from deploy.local.database import SERVICES
from deploy.local.folder import PROJECT
from deploy.local.resolver import Backing
from deploy.local.topics import ensure_topics
from services.escalation.domain.chain import Break, Record, make_record
from services.escalation.domain.ledger import digest_of
from services.escalation.store import APPEND_ONLY, Store
from services.escalation.translate import WIRE
from shared.contracts.envelope import SEQUENCE, SUBJECT, TYPE
from shared.contracts.topics import topic_name, topics
from shared.persistence.engine import schema_of
from tests.support.stack import Cell, make_schemas
from tests.unit.escalation.hall import COMMUNITY, ESTATE, STREET, Hall

pytestmark = pytest.mark.stack

CODE = "ledgered"
SCHEMA = schema_of(CODE, "escalation")
COLUMNS = [field.name for field in fields(Record)]


def lived() -> Hall:
    """Let some topics move up, be declined and be resolved; the list of heads is published every day."""
    hall = Hall(lists=True)
    for case in ("c-1", "c-2", "c-3"):
        hall.escalate(case)
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "move_up")
    hall.decide_at(STREET, "decline")
    hall.advance(hall.now + timedelta(days=2))
    return hall


@pytest.fixture(scope="module")
def cell(backing: Backing) -> Cell:
    """Write a life into a fresh city: records as the service's own role, heads also on the stream."""
    made, hall = make_schemas(backing, CODE, SERVICES), lived()
    asyncio.run(_write(made, hall))
    return made


async def _write(cell: Cell, hall: Hall) -> None:
    engine = create_async_engine(cell.dsns["escalation"].replace("postgresql", "postgresql+asyncpg", 1))
    async with engine.begin() as conn:
        await Store(hall.city).save(conn, hall.rows)
    await engine.dispose()
    counts: dict[str, int] = {}
    stated = []
    for subject, data in hall.facts:
        counts[subject] = counts.get(subject, 0) + 1
        wire = WIRE.to_wire(data)
        stated.append((subject, counts[subject], wire.TYPE, wire.model_dump_json()))
    conn = await asyncpg.connect(cell.dsns["escalation"])
    await conn.executemany(
        "INSERT INTO journal (subject, sequence, type, streams, key, headers, value) "
        "VALUES ($1, $2, $3, '{ledger}', $1, '{}', $4)",
        stated,
    )
    await conn.close()
    await ensure_topics(cell.kafka, topics(CODE, (), ()))
    producer = AIOKafkaProducer(bootstrap_servers=cell.kafka)
    await producer.start()
    for subject, sequence, kind, value in stated:
        headers = [(TYPE, kind.encode()), (SUBJECT, subject.encode()), (SEQUENCE, str(sequence).encode())]
        await producer.send_and_wait(topic_name(CODE, "ledger"), value.encode(), key=subject.encode(), headers=headers)
    await producer.stop()


def _examine(cell: Cell, *, stream: bool = True, **more: Any) -> Examined:
    async def ask() -> Examined:
        conn = await asyncpg.connect(cell.dsns["auditor"])
        try:
            return await examine(conn, CODE, kafka=cell.kafka if stream else None, **more)
        finally:
            await conn.close()

    return asyncio.run(ask())


def _run(dsn: str, *statements: tuple[Any, ...]) -> list[Any]:
    async def ask() -> list[Any]:
        conn = await asyncpg.connect(dsn)
        try:
            return [await conn.fetch(statement, *values) for statement, *values in statements]
        finally:
            await conn.close()

    return asyncio.run(ask())


def _records(cell: Cell, ledger: str) -> list[Record]:
    (rows,) = _run(
        cell.dsns["admin"],
        (f'SELECT {", ".join(COLUMNS)} FROM "{SCHEMA}".record WHERE ledger = $1 ORDER BY seq', ledger),
    )
    return [Record(*row) for row in rows]


@pytest.fixture
def tampering(cell: Cell) -> Iterator[Cell]:
    """Let the database's owner do what he likes; afterwards everything is put back."""
    tables = ("record", "journal", "published_heads")
    kept = [(f'CREATE TABLE "{SCHEMA}".kept_{table} AS TABLE "{SCHEMA}".{table}',) for table in tables]
    _run(cell.dsns["admin"], *kept)
    yield cell
    for table in tables:
        put_back = "OVERRIDING SYSTEM VALUE " if table == "journal" else ""
        _run(
            cell.dsns["admin"],
            (f'DELETE FROM "{SCHEMA}".{table}',),
            (f'INSERT INTO "{SCHEMA}".{table} {put_back}SELECT * FROM "{SCHEMA}".kept_{table}',),
            (f'DROP TABLE "{SCHEMA}".kept_{table}',),
        )


def _put(cell: Cell, records: Sequence[Record]) -> None:
    """Replace a ledger in the database by other records."""
    marks = ", ".join(f"${n}" for n in range(1, len(COLUMNS) + 1))
    insert = f'INSERT INTO "{SCHEMA}".record ({", ".join(COLUMNS)}) VALUES ({marks})'
    _run(
        cell.dsns["admin"],
        (f'DELETE FROM "{SCHEMA}".record WHERE ledger = $1', records[0].ledger),
        *((insert, *(getattr(record, name) for name in COLUMNS)) for record in records),
    )


def _forged(records: Sequence[Record], start: int) -> list[Record]:
    """Compute a ledger anew from a record on, with another decision in it."""
    forged = list(records[: start - 1])
    for record in records[start - 1 :]:
        prev, body = (forged[-1].hash if forged else "0" * 64), {**json.loads(record.body), "forged": 1}
        forged.append(make_record(record.ledger, record.seq, prev, record.at, record.kind, record.topic, body))
    return forged


# ---- what the rights alone prevent


KEYS = {"record": "ledger, seq", "published_heads": '"on", page'}


def test_ledgers_and_published_lists_are_only_appended() -> None:
    assert set(KEYS) <= set(APPEND_ONLY)


@pytest.mark.parametrize(("table", "key"), KEYS.items())
def test_the_services_role_can_add_to_a_ledger_and_nothing_else(cell: Cell, table: str, key: str) -> None:
    dsn = cell.dsns["escalation"]
    _run(dsn, (f"GRANT ALL ON {table} TO CURRENT_USER",))  # who owns nothing can give himself nothing
    for statement in (
        f"UPDATE {table} SET prev = prev",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET prev = ''",
        f"ALTER TABLE {table} DROP COLUMN prev",
        f"DROP TABLE {table}",
        f"CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            _run(dsn, (statement,))
    with pytest.raises(asyncpg.UniqueViolationError):
        _run(dsn, (f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1",))


def test_erasing_all_words_with_their_salts_leaves_every_chain_whole(cell: Cell) -> None:
    (before,) = _run(cell.dsns["admin"], (f'SELECT count(*) FROM "{SCHEMA}".wording',))
    assert before[0][0] > 0
    _run(cell.dsns["escalation"], ("DELETE FROM wording",))
    assert _examine(cell).broken == {}


def test_records_from_before_their_text_was_kept_get_the_very_text_that_was_hashed(
    tampering: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = PROJECT / "services" / "escalation" / "migrations" / "versions" / "0002_stored_lines.py"
    spec = spec_from_file_location("stored_lines", path)
    assert spec is not None
    assert spec.loader is not None
    migration, statements = module_from_spec(spec), []
    spec.loader.exec_module(migration)
    monkeypatch.setattr(migration.op, "execute", statements.append, raising=False)
    migration.upgrade()
    schema = (f'SET search_path TO "{SCHEMA}"',)
    _run(tampering.dsns["admin"], schema, ("UPDATE record SET line = ''",), (statements[1],))
    assert _examine(tampering).broken == {}


# ---- what an owner of the database can do, and how it shows


def test_what_nobody_touched_is_whole_against_database_stream_minutes_ledgers_and_lists(cell: Cell) -> None:
    done = _examine(cell)
    assert done.broken == {}
    assert set(done.heads) == {ESTATE, COMMUNITY, STREET}
    assert done.records == sum(seq for seq, _ in done.heads.values())
    assert _examine(cell, body=ESTATE).records == done.heads[ESTATE][0]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found(tampering: Cell, column: str) -> None:
    value = "seq + 1000" if column == "seq" else f"overlay({column} placing 'x' from 3 for 1)"
    _run(
        tampering.dsns["admin"],
        (f'UPDATE "{SCHEMA}".record SET {column} = {value} WHERE ledger = $1 AND seq = 2', ESTATE),
    )
    for stream in (True, False):
        found = _examine(tampering, stream=stream).broken[ESTATE]
        assert found.seq == 2
        assert found.what is {"ledger": Break.GAP, "seq": Break.REORDERED}.get(column, Break.EDITED)


def test_missing_and_swapped_records_and_a_missing_tail_and_ledger_are_found(tampering: Cell) -> None:
    whole = _records(tampering, ESTATE)
    swapped = [*whole]
    names = ("prev", "at", "kind", "topic", "body", "line", "hash")
    one, two = ({name: getattr(whole[place], name) for name in names} for place in (1, 2))
    swapped[1], swapped[2] = Record(ESTATE, 2, **two), Record(ESTATE, 3, **one)
    for records, what, seq in (
        ([*whole[:1], *whole[2:]], Break.GAP, 2),
        (swapped, Break.REORDERED, 2),
        (whole[:-1], Break.TRUNCATED, len(whole)),
    ):
        _put(tampering, records)
        found = _examine(tampering, stream=False).broken
        assert [(name, broken.what, broken.seq) for name, broken in found.items()] == [(ESTATE, what, seq)]
    _run(tampering.dsns["admin"], (f'DELETE FROM "{SCHEMA}".record WHERE ledger = $1', ESTATE))
    found = _examine(tampering, stream=False).broken
    assert (found[ESTATE].what, found[ESTATE].seq) == (Break.TRUNCATED, 1)


def test_a_record_renamed_from_another_ledger_is_foreign(tampering: Cell) -> None:
    _run(
        tampering.dsns["admin"],
        (f'UPDATE "{SCHEMA}".record SET seq = seq + 500 WHERE ledger = $1 AND seq = 2', ESTATE),
        (f'UPDATE "{SCHEMA}".record SET ledger = $1 WHERE ledger = $2 AND seq = 2', ESTATE, COMMUNITY),
    )
    assert _examine(tampering).broken[ESTATE].what is Break.FOREIGN


def test_a_ledger_computed_anew_differs_from_what_minutes_lists_and_upper_ledgers_hold(tampering: Cell) -> None:
    whole = _records(tampering, ESTATE)
    _put(tampering, _forged(whole, 3))
    found = _examine(tampering, stream=False).broken
    assert set(found) == {ESTATE}
    assert (found[ESTATE].what, found[ESTATE].seq) == (Break.RECOMPUTED, 3)
    _run(
        tampering.dsns["admin"], (f"DELETE FROM \"{SCHEMA}\".journal WHERE type LIKE 'ledger.head%' OR type LIKE 'm%'",)
    )
    _run(tampering.dsns["admin"], (f"DELETE FROM \"{SCHEMA}\".journal WHERE type LIKE 'topic%'",))
    found = _examine(tampering, stream=False).broken
    assert found[ESTATE].what is Break.RECOMPUTED
    assert found[ESTATE].where.startswith(f"{COMMUNITY}#"), "the upper ledger wrote it down"
    assert found[f"heads:{CODE}"].what is Break.EDITED, "and the published lists lack what stated them"


def test_who_forges_ledgers_minutes_and_lists_alike_is_found_by_the_stream_and_by_what_others_kept(
    tampering: Cell, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.jsonl"
    asyncio.run(_export(tampering, kept))
    for ledger in (ESTATE, COMMUNITY, STREET):
        _put(tampering, _forged(_records(tampering, ledger), 1))
    wiped = [(f'DELETE FROM "{SCHEMA}".{table}',) for table in ("journal", "published_heads")]
    _run(tampering.dsns["admin"], *wiped)
    by_stream = _examine(tampering).broken
    assert {by_stream[ledger].what for ledger in (ESTATE, COMMUNITY, STREET)} == {Break.RECOMPUTED}
    assert by_stream[ESTATE].where.startswith(f"{CODE}.ledger.v1 ")
    by_file = _examine(tampering, stream=False, against=read_anchors([str(kept)])).broken
    assert by_file[STREET].what is Break.RECOMPUTED


def test_a_published_list_that_was_changed_is_found(tampering: Cell) -> None:
    _run(tampering.dsns["admin"], (f"UPDATE \"{SCHEMA}\".published_heads SET heads = '[]' WHERE heads <> '[]'",))
    assert set(_examine(tampering).broken) == {f"heads:{CODE}"}


def test_a_fact_that_cannot_be_read_any_more_is_named(tampering: Cell) -> None:
    _run(
        tampering.dsns["admin"],
        (f"UPDATE \"{SCHEMA}\".journal SET value = '{{' WHERE type = $1 AND sequence = 3", STATING[0]),
    )
    assert all("ledger.head.v1" in name for name in _examine(tampering, stream=False).broken)


def test_words_that_were_changed_are_found_by_an_auditor_who_cannot_read_them(tampering: Cell) -> None:
    said = "ledger, meeting, topic, salt, text, digest"
    _run(
        tampering.dsns["admin"],
        (f'INSERT INTO "{SCHEMA}".wording ({said}) SELECT $1, \'m\', \'T-1\', \'s\', \'准予办理\', $2', ESTATE,
         digest_of("s", "准予办理")),
    )  # fmt: skip
    assert _examine(tampering).broken == {}
    _run(tampering.dsns["admin"], (f"UPDATE \"{SCHEMA}\".wording SET text = '不予办理' WHERE salt = 's'",))
    found = _examine(tampering).broken
    _run(tampering.dsns["admin"], (f"DELETE FROM \"{SCHEMA}\".wording WHERE salt = 's'",))
    assert set(found) == {f"words:{ESTATE}"}
    assert "准予" not in found[f"words:{ESTATE}"].where
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        _run(tampering.dsns["auditor"], (f'SELECT text FROM "{SCHEMA}".wording',))
    (columns,) = _run(tampering.dsns["auditor"], (f'SELECT * FROM "{SCHEMA}".wording_proof LIMIT 1',))
    assert all(set(row.keys()) == {"ledger", "meeting", "topic", "digest", "is_genuine"} for row in columns)


# ---- the file, and the command


async def _export(cell: Cell, path: Path, body: str | None = None) -> tuple[int, int]:
    conn = await asyncpg.connect(cell.dsns["auditor"])
    try:
        return await export(conn, CODE, path, datetime.now(UTC), body=body)
    finally:
        await conn.close()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_exported_file_is_the_database_and_can_be_checked_alone(cell: Cell, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"all.{form}"
    ledgers, records = asyncio.run(_export(cell, path))
    done, live = examine_file(path), _examine(cell)
    assert (done.broken, done.heads, done.records) == ({}, live.heads, live.records)
    assert (ledgers, records) == (3, live.records)
    asyncio.run(_export(cell, path, COMMUNITY))
    assert set(examine_file(path).heads) == {COMMUNITY}


def test_a_file_of_a_forged_database_is_broken_by_itself(tampering: Cell, tmp_path: Path) -> None:
    _put(tampering, _forged(_records(tampering, ESTATE), 2))
    asyncio.run(_export(tampering, tmp_path / "all.jsonl"))
    found = examine_file(tmp_path / "all.jsonl").broken
    assert found[ESTATE].what is Break.RECOMPUTED, "minutes and upper ledgers travel with the file"


def _sidan(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main.console, "_file", out)
        ended = CliRunner().invoke(main.build("ledger"), ["ledger", *arguments])
    return ended.exit_code, out.getvalue() + ended.output


def test_the_commands_verify_export_and_show_the_published_heads(tampering: Cell, tmp_path: Path) -> None:
    where = ("--city", CODE, "--dsn", tampering.dsns["auditor"])
    assert _sidan("verify", *where)[0] == 0
    listed, kept = tmp_path / "heads.json", tmp_path / "e.jsonl"
    code, said = _sidan("heads", *where, "--to", str(listed))
    assert (code, f"{ESTATE}:" in said, "清单摘要" in said) == (0, True, True)
    assert _sidan("export", str(kept), *where, "--body", ESTATE)[0] == 0
    _run(tampering.dsns["admin"], (f'DELETE FROM "{SCHEMA}".record WHERE ledger = $1 AND seq > 2', ESTATE))
    code, said = _sidan("verify", *where, "--body", ESTATE)
    assert (code, f"{ESTATE} #3  末尾被截去（对照" in said) == (1, True), said
    alone = _sidan("verify", "--export", str(kept), "--against", str(listed))
    assert alone[0] == 0, "what was exported before is whole, without any system"


def test_the_commands_say_by_their_code_what_was_wrong_with_the_question(cell: Cell, tmp_path: Path) -> None:
    where = ("--city", CODE, "--dsn", cell.dsns["auditor"])
    file = str(tmp_path / "e.jsonl")
    assert _sidan("verify", *where, "--body", "C99")[0] == 2
    assert _sidan("export", file, *where, "--body", "C99")[0] == 2
    assert _sidan("export", str(tmp_path / "e.xlsx"), *where)[0] == 2
    assert _sidan("export", "/nowhere/e.csv", *where)[0] == 2
    assert _sidan("heads", *where, "--on", "1999-01-01")[0] == 2
    assert _sidan("heads", *where, "--on", "gestern")[0] == 2
    assert _sidan("verify", "--city", CODE, "--dsn", "postgresql://x:x@127.0.0.1:1/x")[0] == 3
