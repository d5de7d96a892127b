"""The daily list of heads and corrections on a real PostgreSQL: by escalation's own HTTP, desk and clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from deploy.audit.anchors import is_following
from deploy.audit.chains import examine
from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.escalation.api import router
from services.escalation.domain import STATES, decide, evolve, seeds, touches
from services.escalation.domain.chain import GENESIS
from services.escalation.store import Store
from services.escalation.translate import WIRE
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import sign
from tests.support.stack import Cell, make_schemas

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

CITY, SECRET = "longchang", "s" * 32


@pytest.fixture(scope="module")
def cell(backing: Backing) -> Cell:
    return make_schemas(backing, CITY, SERVICES)


class Office:
    """Escalation without a broker; `http` speaks to its desk."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.city = cell, load(CITY)
        self.engine = connect(cell.dsns["escalation"])
        service = Service("escalation", decide, evolve, STATES, WIRE, Store(self.city), touches, seeds=seeds)
        bench = Bench(service, self.city, self.city.code, self.city.version, new_id)
        self.store = SqlStore(self.engine, bench, schema_of(CITY))
        self.shell = Shell(self.store, bench)
        self.desk = Desk(self.shell, SECRET)
        app = FastAPI()
        answer_problems(app)
        app.state.desk = self.desk
        app.include_router(router(self.desk))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://escalation")

    async def post(self, path: str, unit: str, **body: Any) -> httpx.Response:
        token = sign(SECRET, CITY, Actor("unit", unit))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
        return await self.http.post(path, json=body, headers=headers)

    async def at(self, when: datetime) -> None:
        """Let the city's clock stand at an instant, and fire what is due."""
        await self.ask(f'DELETE FROM "{schema_of(CITY)}".clock')
        await self.ask(f'INSERT INTO "{schema_of(CITY)}".clock VALUES (clock_timestamp(), $1, 0, NULL)', when)
        while await self.shell.take_due():
            pass

    async def ask(self, statement: str, *values: Any) -> list[Any]:
        conn = await asyncpg.connect(self.cell.dsns["admin"])
        try:
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()


@asynccontextmanager
async def office(cell: Cell) -> AsyncIterator[Office]:
    made = Office(cell)
    task = asyncio.create_task(made.desk.run())
    try:
        yield made
    finally:
        task.cancel()
        await made.http.aclose()
        await made.engine.dispose()


async def test_heads_are_published_at_midnight_open_to_everybody_and_a_correction_is_a_record(cell: Cell) -> None:
    async with office(cell) as o:
        unit = next(body.unit for body in o.city.bodies.values() if body.level == "community")
        noon = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
        await o.at(noon)
        assert (await o.http.get("/v1/heads")).status_code == 404, "nothing was published yet"
        await o.store.seed(seeds(o.city, noon))
        proposed = await o.post("/v1/topics", unit, kind="suggestion", summary="增设非机动车停车位",
                                tried="已清理楼道", asked="请街道协调用地")  # fmt: skip
        assert proposed.status_code == 200, proposed.text
        await o.at(datetime(2026, 3, 3, tzinfo=SHANGHAI))

        first = (await o.http.get("/v1/heads")).json()
        (page,) = first["pages"]
        assert first["on"] == "2026-03-02"
        assert is_following(page, GENESIS)
        (head,) = page["heads"]
        (record,) = await o.ask(f'SELECT seq, hash FROM "{schema_of(CITY, "escalation")}".record')
        assert head == {"ledger": unit, "seq": record["seq"], "hash": record["hash"]}

        refused = await o.post(f"/v1/ledger/{unit}/correct", unit, seq=7, why="没有这一条记录")
        assert (refused.status_code, refused.json()["rule"]) == (409, "ledger.no_record")
        other = next(body.unit for body in o.city.bodies.values() if body.unit != unit)
        refused = await o.post(f"/v1/ledger/{unit}/correct", other, seq=1, why="不是本单位的台账")
        assert refused.status_code == 409
        corrected = await o.post(f"/v1/ledger/{unit}/correct", unit, seq=1, why="提出单位写错了")
        assert corrected.status_code == 200, corrected.text
        assert [fact["type"] for fact in corrected.json()["facts"]] == ["ledger.head.v1", "ledger.corrected.v1"]

        await o.at(datetime(2026, 3, 4, tzinfo=SHANGHAI))
        (second,) = (await o.http.get("/v1/heads", params={"on": "2026-03-03"})).json()["pages"]
        assert is_following(second, page["digest"])
        assert second["heads"][0]["seq"] == 2
        assert (await o.http.get("/v1/heads", params={"on": "2026-03-02"})).json() == first
        conn = await asyncpg.connect(cell.dsns["auditor"])
        done = await examine(conn, CITY)
        await conn.close()
        assert (done.broken, done.records) == ({}, 2)
