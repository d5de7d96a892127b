"""The daily list of heads and corrections on a real PostgreSQL: by escalation's own HTTP, desk and clock."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import pytest

from deploy.audit.anchors import is_following
from deploy.audit.chains import examine
from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.escalation.domain import seeds
from services.escalation.domain.chain import GENESIS
from shared.kernel.calendar import SHANGHAI
from shared.persistence.engine import schema_of
from tests.support.ledger_office import ledger_office
from tests.support.stack import Cell, make_schemas

pytestmark = pytest.mark.stack

CITY = "longchang"


@pytest.fixture(scope="module")
def cell(backing: Backing) -> Cell:
    return make_schemas(backing, CITY, SERVICES)


async def test_heads_are_published_at_midnight_open_to_everybody_and_a_correction_is_a_record(cell: Cell) -> None:
    async with ledger_office(cell) as o:
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
