"""Start, stop, liveness and outages on the real servers."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import Any

import pytest

from deploy.local.resolver import Backing
from deploy.local.topics import ensure_topics
from shared.contracts import dispatch
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell import log as reading
from shared.shell import process as processes
from tests.integration.test_shell_faults import lose
from tests.support.mini import registered
from tests.support.stack import Cell, slim_topics
from tests.support.world import World, running, until, world

HB = Actor("department", "hb")
AWAY_SECONDS = float(os.environ.get("SIDAN_TEST_AWAY", "6"))
"""How long a server stays away; a minute shows the same, slower."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SETTLE_SECONDS", 0.3)


async def opened(w: World) -> int:
    return int(await w.value("SELECT count(*) FROM journal WHERE type = 'order.opened.v1'"))


async def _is(found: Any, wanted: Any) -> bool:
    return bool(await found == wanted)


def note(text: str = "good") -> dispatch.Progress:
    return dispatch.Progress(order="c-0", assignment=1, note=text)


async def test_8_a_dead_client_is_seen_and_started_anew_once(cell: Cell) -> None:
    async with world(cell) as w, running(cell) as process:
        reader = process.readers[0]
        await w.fact(registered(), "c-0", 1)
        await until(lambda: _is(opened(w), 1))
        assert reader.alive()
        reader.sub.consumer._fetcher._fetch_task.cancel()
        await until(lambda: not reader.alive(), 2)
        await until(reader.alive, 15, "restarted")
        await w.fact(registered(), "c-1", 1)
        await until(lambda: _is(opened(w), 2), 20)
        assert process.live()
        await until(lambda: not process.ready(), 10)
        reader.sub.consumer._coordinator._coordination_task.cancel()
        await until(lambda: not process.live(), 10, "given up, for the supervisor to start the process anew")


async def test_8_a_reader_that_is_kept_from_taking_names_the_topic_that_it_is_late_with(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LATE_SECONDS", 0.5)
    async with world(cell) as w, running(cell) as process:
        reader = process.readers[0]
        await w.fact(registered(), "c-0", 1)
        await until(lambda: _is(opened(w), 1))
        assert reader.late() == []
        async with w.db.transaction():
            await w.db.execute("SELECT FROM fence FOR UPDATE")
            await w.fact(registered(), "c-1", 1)
            await until(lambda: reader.late() == [topic_name(cell.code, "cases")])
        await until(lambda: reader.late() == [])
        assert await opened(w) == 2


async def test_8_kafka_away_at_start_is_waited_for_while_the_desk_answers(cell: Cell) -> None:
    async with world(cell) as w:
        async with running(cell):
            await w.fact(registered(), "c-0", 1)
            await until(lambda: _is(opened(w), 1))
        async with running(cell, wait=False, kafka="127.0.0.1:1") as process:
            reply = await asyncio.wait_for(process.desk.submit(note(), "c-0", HB, "k-1"), 5)
            assert reply.sequence == 2
            await until(lambda: process.database_ok)
            assert process.ready() == {"kafka": "waiting"}
            assert process.live()
        async with running(cell):
            await until(lambda: w.value("SELECT count(*) = 0 FROM pending"), 10)


async def test_8_a_missing_topic_at_start_is_waited_for(cell: Cell) -> None:
    name = topic_name(cell.code, "cases")
    await lose(cell, "cases")
    async with world(cell) as w, running(cell, wait=False) as process:
        await asyncio.sleep(0.5)
        assert process.live()
        assert process.ready()["kafka"] == "waiting"
        await ensure_topics(cell.kafka, {name: slim_topics(cell.code)[name]})
        await w.fact(registered(), "c-0", 1)
        await until(lambda: _is(opened(w), 1))


async def test_8_a_process_stops_within_five_seconds_also_with_kafka_away_at_start(cell: Cell) -> None:
    async with world(cell) as w:
        async with running(cell) as process:
            for n in range(50):
                await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        async with running(cell, wait=False, kafka="127.0.0.1:1") as process:
            await asyncio.sleep(0.3)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        assert not [t for t in process._tasks if not t.done()]


async def test_8_a_second_worker_without_a_share_of_a_stream_is_ready_all_the_same(cell: Cell) -> None:
    async with running(cell) as one, running(cell) as two:
        await until(lambda: not one.ready() and not two.ready(), 15)
        shares = [len(p.readers[1].sub.consumer.assignment()) for p in (one, two)]
        assert sorted(shares) == [0, 1]
        assert one._may_fire()
        assert two._may_fire()


async def test_7_and_8_the_database_away_nothing_is_lost_and_the_desk_says_so(cell: Cell, backing: Backing) -> None:
    if not backing.children:
        pytest.skip("the servers are not ours to kill")
    server = backing.children[0]
    async with world(cell) as w, running(cell) as process:
        for n in range(24):
            await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
        await until(lambda: _is(opened(w), 24))
        server.kill()
        for n in range(24, 48):
            await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
        with pytest.raises(Refused) as refused:
            await asyncio.wait_for(process.desk.submit(note(), "c-0", HB, "k-1"), 15)
        assert refused.value.rule == "database.away"
        await asyncio.sleep(AWAY_SECONDS)
        assert process.live()
        assert process.ready()["database"] == "away"
        server.start()
        began = time.monotonic()
        await until(w_again(w), 20, "database back")
        await until(lambda: _is(opened(w), 48), 30)
        print(f"\nafter the database's return: {time.monotonic() - began:.1f} s")
        assert (await process.desk.submit(note(), "c-0", HB, "k-1")).sequence == 2
        await until(lambda: w.value("SELECT count(*) = 0 FROM pending"), 30)
        assert await w.value("SELECT count(DISTINCT subject) FROM journal") == 48
        assert {int(dict(r.headers)["ce_sequence"]) for r in await w.log_of("orders")} == {1, 2}
        await until(lambda: not process.ready(), 15, "ready")


def w_again(w: World) -> Any:
    async def connected() -> bool:
        try:
            await w.again()
        except Exception:
            return False
        return True

    return connected


async def test_8_the_broker_killed_and_away_nothing_is_lost_and_the_desk_goes_on(cell: Cell, backing: Backing) -> None:
    if not backing.children:
        pytest.skip("the servers are not ours to kill")
    broker = backing.children[1]
    async with world(cell) as w, running(cell) as process:
        for n in range(24):
            await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
        await until(lambda: _is(opened(w), 24))
        broker.kill()
        for n in range(20):
            await asyncio.wait_for(process.desk.submit(note(), f"c-{n}", HB, f"k-{n}"), 5)
        await asyncio.sleep(AWAY_SECONDS)
        assert await w.value("SELECT count(*) FROM pending") >= 20
        assert process.live()
        assert process.readers[0].is_behind()
        broker.start()
        began = time.monotonic()
        for n in range(24, 48):
            await asyncio.wait_for(w.fact(registered(), f"c-{n}", 1, partition=n % 12), 40)
        up = time.monotonic()
        await until(lambda: _is(opened(w), 48), 40)
        await until(lambda: w.value("SELECT count(*) = 0 FROM pending"), 40)
        print(f"\nbroker up after {up - began:.1f} s, all read and sent {time.monotonic() - up:.1f} s later")
        assert process.live()
        await until(lambda: not process.readers[0].is_behind(), 20)
        sent = [(dict(r.headers)["ce_subject"], dict(r.headers)["ce_sequence"]) for r in await w.log_of("orders")]
        assert len(set(sent)) == 68
        assert await w.value("SELECT max(n) FROM (SELECT count(*) n FROM journal GROUP BY subject, sequence) x") == 1


async def test_8_a_task_that_misses_its_first_cancellation_does_not_hold_up_the_stop(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async with running(cell) as process:
        process._spawn("stubborn", stubborn())
        await asyncio.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 5
