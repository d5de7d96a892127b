"""shell.md §3: subjects, one order of locks, retries."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import TextClause

from shared.persistence.connection import Connection
from shared.persistence.engine import RETRY_AT_ONCE, is_away, sqlstate
from shared.shell.opening import outside
from shared.shell.work import Batch
from tests.support import mini
from tests.support.office import HB, DictOffice, Office, SqlOffice
from tests.support.stack import Cell


@pytest.fixture
def sql(shell_cell: Cell) -> SqlOffice:
    office = SqlOffice(shell_cell)
    yield office
    office.close()


def test_3_1_a_message_may_state_facts_about_every_subject_it_names_and_no_other(office: Office) -> None:
    office.open("c-1", "c-2")
    assert office.desk("also c-2", "k-1").rule is None
    assert (office.row("c-1").sequence, office.row("c-2").sequence) == (2, 2)
    assert office.desk("also c-3", "k-2").rule == "subject.unknown"


def test_3_1_a_parked_message_that_needs_subjects_nobody_locked_is_tried_again_with_them(office: Office) -> None:
    for n in range(2, 10):
        office.fact(mini.registered(f"also c-{n + 100}"), "c-1", n)
    office.deliver()
    assert len(office.parked()) == 8
    office.fact(mini.registered("also c-200"), "c-1", 1)
    office.deliver()
    row = office.row("c-1")
    assert row.seen[0] == 1  # the second one is refused by the miniature: opened already
    assert row.aside is not None
    assert office.row("c-109") is not None


def test_3_2_a_bogus_id_from_outside_makes_no_row(office: Office) -> None:
    office.reply("a note", "m-1", "c-bogus")
    office.deliver()
    assert office.desk("also c-bogus-2", "k-1", "c-bogus").rule == "subject.unknown"
    assert office.row("c-bogus") is None
    assert office.row("c-bogus-2") is None


def test_3_2_statements_lock_fences_then_new_rows_then_subjects_then_inbox_each_sorted(
    sql: SqlOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql.open("c-1", "c-2", "c-3")
    said: list[str] = []
    execute = Connection.execute

    async def note(conn: Connection, statement: TextClause, values: Any = None) -> Any:
        said.append(statement.text)
        return await execute(conn, statement, values)

    monkeypatch.setattr(Connection, "execute", note)
    records = [sql.fact(mini.registered(), name, 1, partition=p) for name, p in (("c-9", 1), ("c-8", 0), ("c-7", 1))]
    replies = [sql.reply("also c-1", "m-1", "c-3"), sql.reply("a note", "m-2", "c-2")]
    sql.drive(sql.shell.store.begin_fences("g", {(r.topic, r.partition): r.offset for r in records + replies}))
    said.clear()
    sql.take(*records, *replies, reader="g")
    order = [
        next((n for n, s in enumerate(said) if what in s), -1)
        for what in ("FROM fence", "INSERT INTO subject", "FROM subject WHERE id", "FROM inbox", "INSERT INTO inbox",
                     "UPDATE subject", "INSERT INTO journal", "UPDATE fence")
    ]  # fmt: skip
    assert order == sorted(order)
    assert -1 not in order
    assert "ORDER BY topic, partition FOR UPDATE" in said[order[0]]
    assert "ORDER BY id ON CONFLICT" in said[order[1]]
    assert "ORDER BY id FOR UPDATE" in said[order[2]]


def test_3_3_facts_are_written_down_in_the_order_in_which_they_were_stated(office: Office) -> None:
    office.open(*(f"c-{n}" for n in range(30, 0, -1)))
    office.desk("count 40", "k-1")
    journal = office.journal()
    assert [row[0] for row in journal] == sorted(row[0] for row in journal)
    assert [row[1] for row in journal[:30]] == [f"c-{n}" for n in range(30, 0, -1)]
    assert [row[2] for row in journal if row[1] == "c-1"] == list(range(1, 42))
    assert office.pending() == [row[0] for row in journal]


def test_3_3_identity_columns_hand_out_one_number_at_a_time(sql: SqlOffice) -> None:
    caches = sql.fetch(
        "SELECT seqcache FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid "
        "WHERE relnamespace = $1::regnamespace",
        sql.schema,
    )
    assert [row[0] for row in caches] == [1] * len(caches)
    assert len(caches) >= 2


def test_3_4_forty_batches_against_each_other_end_without_a_deadlock_or_a_lost_update(sql: SqlOffice) -> None:
    sql.open("c-1", "c-2", "c-3", "c-4")

    async def command(n: int) -> None:
        names = ["c-1", "c-2", "c-3", "c-4"]
        work = []
        for i in range(4):
            own, other = names[(n + i) % 4], names[(n * 3 + i + 1) % 4]
            data = mini.dispatch.Progress(order=own, assignment=1, note=f"also {other}" if other != own else "alone")
            clock = await sql.shell.store.now()
            work.append(outside(data, HB, f"k-{n}-{i}", mini.SERVICE.wire, subject=own, clock=clock, ticket=i))
        await sql.shell.take(Batch(work), "desk")

    async def all_at_once() -> None:
        await asyncio.gather(*(command(n) for n in range(40)))

    sql.drive(all_at_once())
    for name in ("c-1", "c-2", "c-3", "c-4"):
        row = sql.row(name)
        assert row.sequence == len(row.state.notes) + 1
    assert sum(sql.row(f"c-{n}").sequence for n in (1, 2, 3, 4)) == len(sql.journal())


def test_3_4_two_with_the_same_new_id_at_the_same_time_count_once(sql: SqlOffice) -> None:
    sql.open("c-1", "c-2")

    async def both() -> list[object]:
        clock = await sql.shell.store.now()
        taken = []
        for subject in ("c-1", "c-2"):
            data = mini.dispatch.Progress(order=subject, assignment=1, note="a note")
            work = outside(data, HB, "same", mini.SERVICE.wire, subject=subject, clock=clock, ticket=0)
            taken.append(sql.shell.take(Batch([work]), "desk"))
        return [outcome.replies[0].rule for outcome in await asyncio.gather(*taken)]

    assert sorted(map(str, sql.drive(both()))) == ["None", "message.conflicting_id"]


@pytest.mark.parametrize("state", sorted(RETRY_AT_ONCE))
def test_3_4_deadlock_and_serialization_failure_are_retried_at_once(state: str) -> None:
    office = DictOffice()
    real, left = office.store.transaction, [2]

    class Failed(Exception):
        sqlstate = state

    def flaky() -> object:
        if left[0]:
            left[0] -= 1
            raise Failed
        return real()

    office.store.transaction = flaky  # type: ignore[method-assign]
    office.open()
    assert office.row("c-1").sequence == 1
    left[0] = 99
    with pytest.raises(Failed):
        office.desk("a note", "k-1")


def test_3_4_a_database_that_is_away_is_told_from_a_wrong_question() -> None:
    gone = asyncpg.ConnectionDoesNotExistError("gone")
    assert is_away(gone)
    assert is_away(ConnectionRefusedError())
    assert is_away(asyncpg.AdminShutdownError("bye"))
    assert is_away(asyncpg.IdleInTransactionSessionTimeoutError("slow"))
    assert not is_away(asyncpg.UniqueViolationError("twice"))
    assert sqlstate(asyncpg.DeadlockDetectedError("x")) == "40P01"
