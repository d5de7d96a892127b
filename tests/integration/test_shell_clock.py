"""Deadlines on the real servers: restarts, two workers, our own backlog."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts import dispatch, intake
from shared.kernel.decisions import Actor
from shared.shell import log as reading
from tests.support.mini import registered
from tests.support.stack import Cell
from tests.support.world import World, running, until, world

HB = Actor("department", "hb")


async def reminded(w: World) -> dict[str, int]:
    rows = await w.rows("SELECT subject, count(*) n FROM journal WHERE type = 'order.reminded.v1' GROUP BY subject")
    return {row["subject"]: row["n"] for row in rows}


async def opened(w: World, count: int) -> bool:
    return bool(await w.value("SELECT count(*) FROM subject WHERE state IS NOT NULL") == count)


async def test_6_2_deadlines_over_a_restart_with_two_workers_fire_once_each(cell: Cell) -> None:
    now = datetime.now(UTC)
    async with world(cell) as w:
        await w.jump(now)
        async with running(cell) as process:
            for n in range(60):
                await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
            await until(lambda: opened(w, 60))

            async def say(n: int, note: str) -> None:
                data = dispatch.Progress(order=f"c-{n}", assignment=1, note=note)
                await process.desk.submit(data, f"c-{n}", HB, f"k-{n}")

            await asyncio.gather(*(say(n, "re-arm") for n in range(20)))
            await asyncio.gather(*(say(n, "cancel") for n in range(20, 30)))
        await w.jump(now + timedelta(days=1, minutes=5))
        async with running(cell), running(cell):
            await until(lambda: _is(reminded(w), {f"c-{n}": 1 for n in range(30, 60)}), 20)
            await asyncio.sleep(0.5)
            assert len(await reminded(w)) == 30
        await w.jump(now + timedelta(days=2, minutes=5))
        async with running(cell), running(cell):
            await until(lambda: _is(reminded(w), {f"c-{n}": 1 for n in (*range(20), *range(30, 60))}), 20)
            await asyncio.sleep(0.5)
            assert set((await reminded(w)).values()) == {1}
            assert await w.value("SELECT count(*) FROM deadline") == 0


async def _is(found: Any, wanted: Any) -> bool:
    return bool(await found == wanted)


async def test_6_3_after_an_outage_of_ours_what_lay_in_the_log_is_read_before_any_deadline_fires(cell: Cell) -> None:
    now = datetime.now(UTC)
    async with world(cell) as w:
        await w.jump(now)
        async with running(cell):
            for n in range(40):
                await w.fact(registered(), f"c-{n}", 1, partition=n % 12)
            await until(lambda: opened(w, 40))
        for n in range(39):
            await w.fact(intake.CaseWithdrawn(reporter="p"), f"c-{n}", 2, partition=n % 12)
        await w.jump(now + timedelta(days=2))
        async with running(cell, wait=False) as process:
            real = process.shell.take

            async def slow(batch: Any, door: str) -> Any:
                await asyncio.sleep(1.5)
                return await real(batch, door)

            process.shell.take = slow  # type: ignore[method-assign]
            await until(lambda: _is(reminded(w), {"c-39": 1}), 20)
            assert await w.value("SELECT count(*) FROM journal WHERE type = 'order.withdrawn.v1'") == 39


async def test_6_3_the_clock_holds_while_a_backlog_older_than_five_seconds_is_read(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BEHIND_SECONDS", 1.0)
    now = datetime.now(UTC)
    async with world(cell) as w, running(cell) as process:
        await w.fact(registered(), "c-1", 1)
        await until(lambda: opened(w, 1))
        may_go = asyncio.Event()
        real = process.shell.take

        async def held(batch: Any, door: str) -> Any:
            await may_go.wait()
            return await real(batch, door)

        process.shell.take = held  # type: ignore[method-assign]
        await w.fact(registered(), "c-2", 1)
        await until(lambda: process.readers[0].is_behind(), 10, "behind")
        await w.jump(now + timedelta(days=2))
        await asyncio.sleep(1.0)
        assert await reminded(w) == {}
        may_go.set()
        await until(lambda: not process.readers[0].is_behind(), 10, "no longer behind")
        await until(lambda: _has(w, "c-1"), 10)


async def _has(w: World, subject: str) -> bool:
    return subject in await reminded(w)
