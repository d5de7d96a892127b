"""The three doors and the relay on real Kafka and PostgreSQL."""

from __future__ import annotations

from shared.contracts import dispatch, intake
from shared.kernel.decisions import Actor
from tests.integration.conftest import Cell
from tests.support.mini import registered
from tests.support.world import running, until, world


async def test_a_fact_is_decided_written_down_and_sent_on_once(cell: Cell) -> None:
    async with world(cell) as w, running(cell):
        await w.fact(registered(), "c-1", 1)
        await w.fact(registered(), "c-1", 1)
        await until(lambda: w.state("c-1"))
        sent = await until(lambda: w.log_of("orders"))
        assert [(r.key, dict(r.headers)["ce_type"], dict(r.headers)["ce_after"]) for r in sent] == [
            (b"c-1", b"order.opened.v1", b"intake:1")
        ]
        await until(lambda: w.value("SELECT count(*) = 0 FROM pending"))
        assert await w.value("SELECT seen FROM subject WHERE id = 'c-1'") == [1, 0, 0, 0]


async def test_an_early_fact_is_parked_and_released_by_its_predecessor(cell: Cell) -> None:
    async with world(cell) as w, running(cell):
        await w.fact(intake.CaseWithdrawn(reporter="p"), "c-1", 2)
        await until(lambda: w.value("SELECT count(*) = 1 FROM parked"))
        assert await w.state("c-1") is None
        await w.fact(registered(), "c-1", 1)
        await until(lambda: w.value("SELECT count(*) = 0 FROM parked"))
        assert (await w.state("c-1"))["withdrawn"] is True


async def test_a_desk_command_is_decided_at_once_and_counts_once(cell: Cell) -> None:
    async with world(cell) as w, running(cell) as process:
        await w.fact(registered(), "c-1", 1)
        await until(lambda: w.state("c-1"))
        note = dispatch.Progress(order="c-1", assignment=1, note="在路上了")
        actor = Actor("department", "hb")
        first = await process.desk.submit(note, "c-1", actor, "key-1")
        again = await process.desk.submit(note, "c-1", actor, "key-1")
        assert (first.sequence, first.facts) == (again.sequence, again.facts)
        assert (await w.state("c-1"))["notes"] == ["在路上了"]
