"""The relay on real Kafka and PostgreSQL: one leader, in order, at least once; a lost topic is filled again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from shared.contracts import dispatch
from shared.contracts.topics import topic_name
from shared.kernel.decisions import NOTHING, Actor, Context, Decision, Message
from shared.persistence.engine import schema_of
from shared.persistence.migrate import migrate
from shared.shell import log as reading
from shared.shell import relay as relays
from shared.shell.republish import NotLost, republish
from tests.integration.test_shell_faults import make_anew
from tests.support.mini import SERVICE, registered
from tests.support.stack import Cell
from tests.support.world import World, fact_headers, running, until, world

HB = Actor("department", "hb")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SETTLE_SECONDS", 0.3)


def in_order(records: Sequence[Any]) -> dict[str, list[int]]:
    """Return the sequences of each subject as a reader keeps them: the first of each, as they came."""
    found: dict[str, list[int]] = {}
    for record in records:
        headers = dict(record.headers)
        kept = found.setdefault(headers["ce_subject"].decode(), [])
        n = int(headers["ce_sequence"])
        if n not in kept:
            kept.append(n)
    return found


async def nothing_pending(w: World) -> bool:
    return bool(await w.value("SELECT count(*) = 0 FROM pending"))


async def test_5_2_one_relay_leads_and_when_its_connection_is_cut_facts_go_on_in_order(cell: Cell) -> None:
    async with world(cell) as w, running(cell) as one, running(cell) as two:
        await until(lambda: one.relay.leads or two.relay.leads)
        assert not (one.relay.leads and two.relay.leads)
        admin = await asyncpg.connect(cell.dsns["admin"])
        for n in range(5):
            await w.fact(registered(), f"c-{n}", 1, partition=n)
        await until(lambda: _all_there(w, 5))
        role = schema_of(cell.code, "dispatch")
        for round_ in range(4):
            note = dispatch.Progress(order="c-0", assignment=1, note="count 30")
            await asyncio.gather(*(one.desk.submit(note, f"c-{n}", HB, f"k-{round_}-{n}") for n in range(5)))
            await admin.execute(
                "SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
                "WHERE l.locktype = 'advisory' AND a.usename = $1",
                role,
            )
        await admin.close()
        await until(lambda: nothing_pending(w), 20)
        assert in_order(await w.log_of("orders")) == {f"c-{n}": list(range(1, 122)) for n in range(5)}


async def _all_there(w: World, count: int) -> bool:
    return bool(await w.value("SELECT count(*) FROM subject WHERE state IS NOT NULL") == count)


async def test_5_3_a_fact_too_large_to_send_holds_back_its_subject_only_and_alarms(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "MAX_REQUEST_BYTES", 700)
    monkeypatch.setattr(relays, "PAGE", 10)  # what is held back must not fill the pages
    async with world(cell) as w, running(cell) as process:
        for name in ("c-1", "c-2"):
            await w.fact(registered(), name, 1)
        await until(lambda: _all_there(w, 2))
        large = dispatch.Progress(order="c-1", assignment=1, note="路" * 200)
        await process.desk.submit(large, "c-1", HB, "k-large")
        for n in range(30):
            small = dispatch.Progress(order="c-1", assignment=1, note="good")
            await process.desk.submit(small, "c-1", HB, f"k-{n}")
        for n in range(30):
            await process.desk.submit(dispatch.Progress(order="c-2", assignment=1, note="good"), "c-2", HB, f"l-{n}")
        await until(lambda: _sequences(w, "c-2", 31))
        assert in_order(await w.log_of("orders"))["c-1"] == [1]
        assert await w.value("SELECT count(*) FROM pending") == 31
        await until(lambda: relays.metrics.HELD_BACK._value.get() >= 31)
    monkeypatch.setattr(relays, "MAX_REQUEST_BYTES", 900_000)
    async with world(cell) as w, running(cell):
        await until(lambda: _sequences(w, "c-1", 32))


async def _sequences(w: World, subject: str, count: int) -> bool:
    return in_order(await w.log_of("orders")).get(subject) == list(range(1, count + 1))


async def test_5_4_a_topic_ahead_of_its_journal_stops_the_relay_before_it_sends_anything(cell: Cell) -> None:
    async with world(cell) as w:
        data = dispatch.OrderReminded(status=dispatch.Status.WAITING, responsible="u-1", clock="dispatch", of="x")
        await w.fact(data, "c-1", 7, stream="orders", headers=fact_headers(cell, data, "c-1", 7))
        async with running(cell) as process:
            await w.fact(registered(), "c-2", 1)
            await until(lambda: process.fatal)
            assert "c-1 is at 7" in str(process.fatal)
            assert not process.live()
            assert len(await w.log_of("orders")) == 1


@dataclass(frozen=True)
class Heard:
    """What the reader of the lost topic has heard of a case."""

    orders: int = 0


def _hear(state: Any, fact: Any, at: datetime) -> Any:
    return Heard((state.orders if state else 0) + 1) if isinstance(fact, dispatch.Dispatch) else state


def _nothing(states: Any, message: Message, context: Context) -> Decision:
    return NOTHING


HEARER = replace(SERVICE, name="feedback", decide=_nothing, evolve=_hear, states={"case": Heard}, refusal=None)


async def test_5_4_republish_fills_a_lost_topic_and_its_readers_hear_everything_once(cell: Cell) -> None:
    await asyncio.to_thread(migrate, cell.dsns["admin"], cell.code, "feedback")
    schema = schema_of(cell.code, "feedback")
    admin = await asyncpg.connect(cell.dsns["admin"])

    async def heard() -> int:
        rows = await admin.fetch(f"SELECT coalesce((state ->> 'orders')::int, 0) n, seen[2] s FROM {schema}.subject")
        assert all(row["n"] == row["s"] for row in rows)
        return sum(row["n"] for row in rows)

    async with world(cell) as w:
        async with running(cell), running(cell, service=HEARER):
            for n in range(40):
                await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
            await until(lambda: _is(heard(), 40))
        with pytest.raises(NotLost):
            await republish(cell.dsns["admin"], cell.kafka, cell.code, "dispatch")
        await make_anew(cell, "orders")
        async with running(cell) as process, running(cell, service=HEARER) as hearer:
            assert "beyond the log's end" in str(hearer.ready())
            note = dispatch.Progress(order="c-1", assignment=1, note="good")
            for n in range(5):
                await process.desk.submit(note, "c-1", HB, f"k-{n}")
            facts, readers = await republish(cell.dsns["admin"], cell.kafka, cell.code, "dispatch")
            assert facts == 45
            assert readers["feedback"] == 3
            await until(lambda: _is(heard(), 45), 20)
            await until(lambda: nothing_pending(w))
            assert {k: len(v) for k, v in in_order(await w.log_of("orders")).items()} == {
                f"c-{n}": 6 if n == 1 else 1 for n in range(40)
            }
            assert await admin.fetchval(f"SELECT count(*) FROM {schema}.parked") == 0
            await until(lambda: not hearer.readers[0].stuck)
    await admin.close()


async def _is(counted: Any, wanted: int) -> bool:
    return bool(await counted == wanted)


async def test_5_5_records_carry_real_time_whatever_the_citys_clock_says(cell: Cell) -> None:
    async with world(cell) as w:
        await w.jump(datetime.fromisoformat("2093-01-01T00:00:00+00:00"))
        async with running(cell):
            await w.fact(registered(), "c-1", 1)
            sent = await until(lambda: w.log_of("orders"))
            assert abs(sent[0].timestamp / 1000 - datetime.now().timestamp()) < 60
            assert topic_name(cell.code, "orders") == sent[0].topic
