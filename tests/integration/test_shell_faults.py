"""What breaks a reader on the real servers: skipped, re-created, truncated, poisoned, oversized, thrown out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from deploy.local.topics import ensure_topics
from shared.contracts import dispatch, intake
from shared.contracts.envelope import sent
from shared.contracts.topics import topic_name
from shared.persistence.engine import schema_of
from shared.shell import log as reading
from shared.shell import process as processes
from tests.support.mini import registered
from tests.support.stack import Cell, slim_topics
from tests.support.world import World, fact_headers, running, until, world


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SETTLE_SECONDS", 0.3)


async def decided(w: World) -> int:
    return int(await w.value("SELECT count(*) FROM journal WHERE type = 'order.opened.v1'"))


async def each_once(w: World, count: int) -> None:
    """Check that each of the cases was opened exactly once, and nothing waits."""
    rows = await w.rows("SELECT subject, count(*) n FROM journal WHERE type = 'order.opened.v1' GROUP BY subject")
    assert {row["n"] for row in rows} == {1}
    assert len(rows) == count
    assert await w.value("SELECT count(*) FROM parked") == 0


def at(cell: Cell, partition: int) -> TopicPartition:
    return TopicPartition(topic_name(cell.code, "cases"), partition)


async def test_1_2_a_batch_that_the_framework_skips_is_noticed_its_partition_stops_and_nothing_is_lost(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(cell) as w:
        with monkeypatch.context() as planted:
            planted.setattr(processes, "Reader", partial(reading.Reader, safe=False))
            async with running(cell) as process:
                await w.fact(registered(), "c-1", 1)
                await until(lambda: w.state("c-1"))
                bad = [*fact_headers(cell, registered(), "c-2", 1), ("theirs", b"\xff\xfe")]
                await w.fact(registered(), "c-2", 1, headers=bad)
                await w.fact(registered(), "c-3", 1)
                await w.fact(registered(), "c-4", 1, partition=1)
                await until(lambda: at(cell, 0) in process.readers[0].stuck, 30, "stopped")
                await w.fact(registered(), "c-5", 1, partition=1)
                await until(lambda: w.state("c-4"), 20)
                await until(lambda: w.state("c-5"), 20)
                assert await w.state("c-3") is None
                assert await w.value("SELECT expected FROM fence WHERE partition = 0 AND topic LIKE '%cases%'") == 1
                await until(lambda: "cannot pass offset 1" in str(process.ready()), 20, "stopped again, alone")
        async with running(cell):
            await until(lambda: w.state("c-3"))
            await each_once(w, 5)


async def test_4_3_the_same_header_costs_nothing_with_our_parser_and_a_broken_one_of_ours_only_its_record(
    cell: Cell,
) -> None:
    async with world(cell) as w, running(cell):
        theirs = [*fact_headers(cell, registered(), "c-1", 1), ("theirs", b"\xff\xfe")]
        await w.fact(registered(), "c-1", 1, headers=theirs)
        ours = [(k, b"\xff" if k == "ce_type" else v) for k, v in fact_headers(cell, registered(), "c-2", 1)]
        await w.fact(registered(), "c-2", 1, headers=ours)
        await w.fact(registered(), "c-3", 1)
        await until(lambda: w.state("c-3"))
        assert await w.state("c-1") is not None
        kept = await w.rows("SELECT rule, headers::text FROM quarantine")
        assert [row["rule"] for row in kept] == ["message.unreadable"]
        assert '["ce_type", "ff"]' in kept[0]["headers"]


async def test_1_2_what_retention_took_is_a_hole_that_is_accepted_and_alarms(cell: Cell) -> None:
    async with world(cell) as w:
        async with running(cell):
            await w.fact(registered(), "c-0", 1)
            await until(lambda: w.state("c-0"))
        for n in range(1, 8):
            await w.fact(registered(), f"c-{n}", 1)
        admin = AIOKafkaAdminClient(bootstrap_servers=cell.kafka)
        await admin.start()
        await admin.delete_records({at(cell, 0): RecordsToDelete(before_offset=5)})
        await admin.close()
        before = reading.metrics.HOLES.labels(f"{cell.code}.dispatch")._value.get()
        async with running(cell):
            await until(lambda: w.state("c-7"))
        assert reading.metrics.HOLES.labels(f"{cell.code}.dispatch")._value.get() > before
        assert await decided(w) == 4
        assert await w.value("SELECT expected FROM fence WHERE partition = 0 AND topic LIKE '%cases%'") == 8


async def test_1_4_a_fence_beyond_the_logs_end_stops_its_partition_says_so_and_the_others_go_on(cell: Cell) -> None:
    async with world(cell) as w:
        async with running(cell):
            await w.fact(registered(), "c-0", 1)
            await until(lambda: w.state("c-0"))
        await w.value("UPDATE fence SET expected = 1000 WHERE partition = 0 AND topic LIKE '%cases%'")
        async with running(cell) as process:
            await w.fact(registered(), "c-1", 1)
            await w.fact(registered(), "c-2", 1, partition=1)
            await until(lambda: w.state("c-2"))
            assert await w.state("c-1") is None
            assert "beyond the log's end" in str(process.ready())
            assert process.live()
            await w.value("UPDATE fence SET expected = 1 WHERE partition = 0 AND topic LIKE '%cases%'")
            await until(lambda: w.state("c-1"), 10, "goes on once the operator has moved the fence")


async def test_1_3_a_topic_that_was_made_anew_and_is_shorter_is_noticed(cell: Cell) -> None:
    async with world(cell) as w:
        async with running(cell):
            for n in range(5):
                await w.fact(registered(), f"c-{n}", 1)
            await until(lambda: w.state("c-4"))
        await make_anew(cell, "cases")
        async with running(cell) as process:
            assert "beyond the log's end" in str(process.ready())
        await w.value("UPDATE fence SET expected = 0")
        for n in range(3, 9):
            await w.fact(registered(), f"c-{n}", 1)
        async with running(cell):
            await until(lambda: w.state("c-8"))
            await each_once(w, 9)


async def make_anew(cell: Cell, stream: str) -> None:
    name = topic_name(cell.code, stream)
    await lose(cell, stream)
    await ensure_topics(cell.kafka, {name: slim_topics(cell.code)[name]})


async def lose(cell: Cell, stream: str) -> None:
    name = topic_name(cell.code, stream)
    admin = AIOKafkaAdminClient(bootstrap_servers=cell.kafka)
    await admin.start()
    await admin.delete_topics([name])

    async def is_gone() -> bool:
        return name not in await admin.list_topics()

    await until(is_gone)
    await admin.close()


async def test_1_6_a_zombie_that_hangs_in_its_transaction_is_thrown_out_and_the_partition_goes_on(cell: Cell) -> None:
    admin = await asyncpg.connect(cell.dsns["admin"])
    role = schema_of(cell.code, "dispatch")
    kept = await admin.fetchval("SELECT rolconfig FROM pg_roles WHERE rolname = $1", role)
    limits = ("idle_in_transaction_session_timeout=10s", "lock_timeout=10s", "statement_timeout=30s")
    assert set(limits) <= set(kept)
    await admin.execute(f"ALTER ROLE {role} SET idle_in_transaction_session_timeout = '2s'")
    await admin.close()
    async with world(cell) as w, running(cell):
        await w.fact(registered(), "c-1", 1)
        await until(lambda: w.state("c-1"))
        zombie = await asyncpg.connect(cell.dsns["dispatch"])
        await zombie.execute("BEGIN")
        await zombie.execute("SELECT * FROM fence FOR UPDATE")
        await w.fact(registered(), "c-2", 1)
        await asyncio.sleep(0.5)
        assert await w.state("c-2") is None
        await until(lambda: w.state("c-2"), 8)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await zombie.execute("COMMIT")


async def test_1_3_a_rebalance_in_mid_batch_loses_nothing_and_decides_nothing_twice(cell: Cell) -> None:
    async with world(cell) as w, running(cell) as first:
        real = first.shell.take

        async def slow(batch: Any, door: str) -> Any:
            await asyncio.sleep(0.7)
            return await real(batch, door)

        first.shell.take = slow  # type: ignore[method-assign]
        for n in range(150):
            await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
        async with running(cell) as second:
            for n in range(150, 300):
                await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
            await until(lambda: all(p.readers[0].sub.consumer.assignment() for p in (first, second)))
            await until(lambda: _is(decided(w), 300), 30)
        for n in range(300, 320):  # and the survivor owns everything again
            await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
        await until(lambda: _is(decided(w), 320), 30)
        await each_once(w, 320)


async def _is(counted: Any, wanted: int) -> bool:
    return bool(await counted == wanted)


async def test_1_3_a_stale_batch_of_a_zombie_has_no_effect_after_another_took_over(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "DRAIN_SECONDS", 0.5)
    async with world(cell) as w, running(cell) as zombie:
        real, may_go, hangs = zombie.shell.take, asyncio.Event(), asyncio.Event()

        async def hang(batch: Any, door: str) -> Any:
            hangs.set()
            await may_go.wait()
            return await real(batch, door)

        zombie.shell.take = hang  # type: ignore[method-assign]
        for n in range(60):
            await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
        await asyncio.wait_for(hangs.wait(), 10)
        async with running(cell) as other:
            await until(lambda: other.readers[0].sub.consumer.assignment(), 20)
            mine = {tp.partition for tp in other.readers[0].sub.consumer.assignment() if "cases" in tp.topic}
            wanted = sum(n % 12 in mine for n in range(60))
            await until(lambda: _is(decided(w), wanted), 20)
            may_go.set()
            await until(lambda: _is(decided(w), 60), 20)
            for n in range(60, 84):
                await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
            await until(lambda: _is(decided(w), 84), 20)
            await each_once(w, 84)


async def test_4_2_poison_among_good_records_harms_only_itself_and_its_bytes_go_after_ninety_days(cell: Cell) -> None:
    async with world(cell) as w, running(cell) as process:
        for n in range(60):
            bad = n % 15 == 7
            await w.fact(registered("undecidable" if bad else "路灯不亮"), f"c-{n}", 1, partition=n % 3)
        await until(lambda: _is(decided(w), 56))
        assert await w.value("SELECT count(*) FROM subject WHERE aside IS NOT NULL") == 4
        note = dispatch.Progress(order="c-1", assignment=1, note="good")
        for n in range(20):
            value = (
                [b"{", b"\xff\xff", b"", b'{"order":"c-1","assignment":1,"note":"a\\u0000bc"}'][n // 5]
                if n % 5
                else None
            )
            await w.reply(note, f"m-{n}", value=value)
        await until(lambda: _is(w.value("SELECT count(*) FROM quarantine"), 16))
        assert (await w.state("c-1") or {})["notes"] == ["good"] * 4
        answered = await until(lambda: w.log_of("orders.hb"))
        assert {dict(r.headers)["ce_type"] for r in answered} == {b"reply.refused.v1"}
        for days, left in ((89, 16), (91, 0)):
            await w.db.execute(f"UPDATE quarantine SET at = clock_timestamp() - make_interval(days => {days})")
            await process.prune(w.db)
            bytes_or_words = "value <> '' OR key IS NOT NULL OR headers::text <> '[]' OR params::text <> '{}'"
            assert await w.value(f"SELECT count(*) FROM quarantine WHERE {bytes_or_words}") == left
        assert await w.value("SELECT count(*) FROM quarantine WHERE state = 'swept' AND rule <> ''") == 16


async def test_4_2_an_oversized_message_from_outside_is_refused_with_an_answer(cell: Cell) -> None:
    async with world(cell) as w, running(cell):
        await w.fact(registered(), "c-1", 1)
        await until(lambda: w.state("c-1"))  # replies have a reader of their own, which may be quicker
        note = dispatch.Progress(order="c-1", assignment=1, note="good")
        await w.reply(note, "m-1", value=b"x" * 70_000)
        await w.reply(note, "m-2", value=b"x" * 900_000)
        await w.reply(note, "m-3", headers=list(sent("m-3", note.TYPE, "/hb")))
        await until(lambda: _is(w.value("SELECT count(*) FROM quarantine WHERE rule = 'message.too_large'"), 2))
        await until(lambda: _is(_answers(w), 2))
        assert (await w.state("c-1") or {})["notes"] == ["good"]


async def _answers(w: World) -> int:
    return len(await w.log_of("orders.hb"))


async def test_4_2_a_restart_with_mended_code_decides_what_was_set_aside(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support import mini

    async with world(cell) as w:
        async with running(cell):
            await w.fact(registered("undecidable"), "c-1", 1)
            await w.fact(intake.CaseWithdrawn(reporter="p"), "c-1", 2)
            await until(lambda: _is(w.value("SELECT count(*) FROM parked"), 2))
        monkeypatch.setattr(mini, "FIXED", ["yes"])
        async with running(cell):
            await until(lambda: _is(w.value("SELECT count(*) FROM parked"), 0))
            assert (await w.state("c-1") or {})["withdrawn"] is True
