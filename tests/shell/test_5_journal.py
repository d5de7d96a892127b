"""shell.md §5, as far as the rows show it; the relay itself is tried on the real servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts.topics import MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES
from shared.shell.relay import NEXT_PAGE
from tests.support.mini import registered
from tests.support.office import Office, SqlOffice
from tests.support.stack import Cell


def test_5_1_every_fact_and_answer_is_journalled_and_pending_in_the_same_transaction(office: Office) -> None:
    office.open()
    office.desk("copy", "k-1")
    office.reply("refuse me", "m-1")
    office.deliver()
    journal = office.journal()
    assert [(row[3], row[4]) for row in journal] == [
        ("order.opened.v1", ("orders",)),
        ("order.progressed.v1", ("orders", "orders.hb")),
        ("reply.refused.v1", ("orders.hb",)),
    ]
    assert office.pending() == [row[0] for row in journal]


def test_5_1_a_refused_batch_journals_nothing(office: Office) -> None:
    office.open()
    office.desk("break me", "k-1")
    office.desk("refuse me", "k-2")
    assert len(office.journal()) == 1


def test_5_1_the_journal_cannot_be_changed_by_the_service_that_writes_it(shell_cell: Cell) -> None:
    office = SqlOffice(shell_cell)
    try:
        office.open()
        rights = office.fetch(
            "SELECT has_table_privilege($1, c.oid, 'UPDATE') OR has_table_privilege($1, c.oid, 'DELETE') "
            "FROM pg_class c WHERE relnamespace = $1::regnamespace AND relname LIKE 'journal%' "
            "AND relkind IN ('r', 'p')",
            office.schema,
        )
        assert {row[0] for row in rights} == {False}
        assert len(rights) >= 3
    finally:
        office.close()


def test_5_1_the_relay_reads_its_page_by_index_and_never_the_whole_journal(shell_cell: Cell) -> None:
    office = SqlOffice(shell_cell)
    try:
        office.open()
        for n in range(30):
            office.desk("count 60", f"k-{n}")
        office.fetch("DELETE FROM pending WHERE id > 5")
        office.fetch("ANALYZE journal")
        office.fetch("ANALYZE pending")
        plan = "\n".join(row[0] for row in office.fetch(f"EXPLAIN {NEXT_PAGE}", [], 1000))
        assert "Index" in plan
        assert f"Seq Scan on journal_{datetime.now(UTC):%Y%m}" not in plan
    finally:
        office.close()


def test_5_3_our_own_limit_lies_below_the_brokers() -> None:
    assert MAX_REQUEST_BYTES + 50_000 < MAX_MESSAGE_BYTES


def test_5_5_virtual_time_is_in_the_headers_and_recorded_time_is_real(office: Office) -> None:
    office.set_time(datetime(2031, 5, 1, tzinfo=UTC))
    office.open()
    office.desk("a note", "k-1")
    headers = office.headers(2)
    assert datetime.fromisoformat(headers["ce_time"]) == datetime(2031, 5, 1, tzinfo=UTC)
    assert abs(datetime.fromisoformat(headers["ce_recordedtime"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_5_5_a_fact_that_is_heard_keeps_its_time(office: Office) -> None:
    office.fact(registered(), "c-1", 1)
    heard_at = office.now
    office.set_time(heard_at + timedelta(days=3))
    office.deliver()
    assert datetime.fromisoformat(office.headers(1)["ce_time"]) == heard_at
