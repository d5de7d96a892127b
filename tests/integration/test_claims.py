"""Wishes, lists, projects and alliances over HTTP on a real PostgreSQL: what the desk takes, what its pages read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import asyncpg
import httpx
import openpyxl
import pytest
from fastapi import FastAPI

from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.dispatch.api import router
from services.dispatch.domain import STATES, decide, evolve, seeds, touches
from services.dispatch.store import Store
from services.dispatch.translate import WIRE, refusal
from services.feedback.domain.deed import Deed
from services.feedback.tables.deed import BEHIND, COUNTS, keep
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of, transaction
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import sign
from tests.support.stack import Cell, make_schemas

pytestmark = pytest.mark.stack
SECRET = "s" * 32
NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
CLERK, MINI, TEAM, RIVAL = (
    Actor("unit", "C01"),
    Actor("source", "mini"),
    Actor("post", "team-3"),
    Actor("member", "v-7"),
)


@pytest.fixture(scope="module")
def cell(backing: Backing) -> Cell:
    return make_schemas(backing, "claims", SERVICES)


class Office:
    """Dispatch's desk and clock in a city, spoken to over HTTP."""

    def __init__(self, cell: Cell, city: str = "longchang") -> None:
        self.cell, self.city = cell, load(city)
        self.engine = connect(cell.dsns["dispatch"])
        service = Service("dispatch", decide, evolve, STATES, WIRE, Store(), touches, refusal, seeds)
        bench = Bench(service, self.city, self.city.code, self.city.version, new_id)
        self.store = SqlStore(self.engine, bench, schema_of(cell.code))
        self.shell = Shell(self.store, bench)
        self.desk = Desk(self.shell, SECRET)
        self.partner = Actor("department", self.city.paired_with("C01")[0])
        app = FastAPI()
        app.state.desk = self.desk
        answer_problems(app)
        app.include_router(router(self.desk))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://dispatch")

    async def at(self, when: datetime) -> None:
        schema = schema_of(self.cell.code)
        await self.rows(f'DELETE FROM "{schema}".clock')
        await self.rows(f'INSERT INTO "{schema}".clock VALUES (clock_timestamp(), $1, 0, NULL)', when)
        while await self.shell.take_due():
            pass

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        conn = await asyncpg.connect(self.cell.dsns["admin"])
        try:
            await conn.execute(f'SET search_path TO "{schema_of(self.cell.code, "dispatch")}"')
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()

    def _as(self, actor: Actor, key: str = "") -> dict[str, str]:
        token = sign(SECRET, self.city.code, actor)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or new_id()}

    async def post(self, actor: Actor, path: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
        answer = await self.http.post(path, json=body or {}, headers=self._as(actor, key))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, actor: Actor, path: str, body: dict[str, Any] | None = None) -> str:
        answer = await self.http.post(path, json=body or {}, headers=self._as(actor))
        assert answer.status_code in (403, 404, 409, 422), answer.text
        return str(answer.json()["rule"])

    async def get(self, path: str, actor: Actor = CLERK, **params: Any) -> Any:
        answer = await self.http.get(path, params=params, headers=self._as(actor))
        assert answer.status_code == 200, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.content


@asynccontextmanager
async def office(cell: Cell, city: str = "longchang") -> AsyncIterator[Office]:
    made = Office(cell, city)
    task = asyncio.create_task(made.desk.run())
    try:
        wanted = seeds(made.city, NOW)
        await made.store.seed([(subject, arm) for subject, arm in wanted])
        await made.at(NOW)
        yield made
    finally:
        task.cancel()
        await made.http.aclose()
        await made.engine.dispose()


def wish(**more: Any) -> dict[str, Any]:
    said = {"place": "C01-G01", "wording": "想要一把轮椅", "wisher": {"name": "王小明", "phone": "13800138000"}}
    return said | more


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "community": "C01", "wording": "上门理发", "quantity": 2, "valid_from": "2026-03-01",
        "valid_until": "2026-12-31",
    } | more  # fmt: skip


async def test_a_wish_is_ordered_once_claimed_by_the_first_and_its_wisher_shown_to_him_alone(cell: Cell) -> None:
    async with office(cell) as o:
        for who, kind in ((TEAM, "team"), (RIVAL, "volunteer")):
            await o.post(CLERK, "/v1/alliances/C01/join", {"party": who.id, "kind": kind})
        await o.post(
            TEAM, "/v1/alliances/C01/pool",
            {"resource": "doctors", "party": TEAM.id, "expert_class": "医疗", "skills": ["轮椅"], "times": "周末"},
        )  # fmt: skip
        ordered = await o.post(MINI, "/v1/wishes", wish(), "key-1")
        again = await o.post(MINI, "/v1/wishes", wish(), "key-1")
        name = ordered["subject"]
        assert again == ordered
        assert (await o.get(f"/v1/wishes/{name}"))["status"] == "ordered"
        assert await o.refused(RIVAL, f"/v1/wishes/{name}/claim") == "wish.not_reviewed"
        await o.post(CLERK, f"/v1/wishes/{name}/offer")
        answers = await asyncio.gather(
            *(o.http.post(f"/v1/wishes/{name}/claim", json={}, headers=o._as(who)) for who in (TEAM, RIVAL, TEAM))
        )
        won = [answer for answer in answers if answer.status_code == 200]
        assert (len(won), {a.json()["rule"] for a in answers if a not in won}) == (1, {"wish.claimed"})
        stands = await o.get(f"/v1/wishes/{name}")
        assert [one["resource"] for one in stands["fits"]] == ["doctors"]
        winner, other = (TEAM, RIVAL) if stands["claimant"] == TEAM.id else (RIVAL, TEAM)
        assert (await o.get(f"/v1/wishes/{name}/wisher", winner))["name"] == "王小明"
        for actor in (other, CLERK, MINI):
            answer = await o.http.get(f"/v1/wishes/{name}/wisher", headers=o._as(actor))
            assert answer.json()["rule"] == "actor.not_allowed"
        assert [row["reader"] for row in await o.rows("SELECT reader FROM wisher_read")] == [
            f"{winner.kind}.{winner.id}"
        ]
        assert not await o.rows("SELECT 1 FROM journal WHERE value LIKE '%王小明%' OR value LIKE '%13800138000%'")
        listed = await o.get("/v1/wishes", community="C01", status="claimed")
        assert [one["id"] for one in listed["items"]] == [name]
        await o.post(winner, f"/v1/wishes/{name}/fulfil", {"what": "已送到家中", "evidence": 1})
        await o.post(MINI, f"/v1/wishes/{name}/confirm", {"grade": 5})
        assert not await o.rows("SELECT 1 FROM wisher")
        circle = await o.get("/v1/alliances/C01")
        assert circle["deeds"] == [{"party": winner.id, "kind": "wish", "done": 1}]


async def test_a_department_that_is_paired_claims_without_joining_and_a_late_claim_comes_back(cell: Cell) -> None:
    async with office(cell) as o:
        name = (await o.post(MINI, "/v1/wishes", wish()))["subject"]
        await o.post(CLERK, f"/v1/wishes/{name}/offer")
        await o.post(o.partner, f"/v1/wishes/{name}/claim")
        await o.at(NOW + timedelta(days=40))
        await o.at(NOW + timedelta(days=41))
        assert (await o.get(f"/v1/wishes/{name}"))["status"] == "come_back"
        await o.post(CLERK, f"/v1/wishes/{name}/divert", {"matter": "street-lights", "why": "属于诉求"})
        await o.at(NOW + timedelta(days=42))
        (born,) = await o.rows("SELECT subject FROM journal WHERE type = 'wish.became_case.v1'")
        assert ":" not in born["subject"]
        await o.at(NOW)


async def test_a_list_is_published_ordered_replaced_exported_and_shown_on_the_menu(cell: Cell) -> None:
    async with office(cell) as o:
        owner = o.partner.id
        first = (await o.post(o.partner, f"/v1/lists/{owner}/items", item("service")))["subject"]
        await o.post(o.partner, f"/v1/items/{first}/publish")
        ordered = (await o.post(MINI, "/v1/wishes", wish(item=first)))["subject"]
        assert await o.refused(o.partner, f"/v1/items/{first}/revise", item("service")) == "list.in_use"
        new = (await o.post(o.partner, f"/v1/items/{first}/replace", item("service", wording="上门剪发")))["subject"]
        menu = await o.get("/v1/menus/C01")
        assert [one["id"] for one in menu["items"]] == [new]
        assert (await o.get(f"/v1/items/{first}"))["ordered"] == 1
        await o.post(CLERK, f"/v1/wishes/{ordered}/refuse", {"why": "已有同类服务"})
        await o.at(NOW + timedelta(seconds=1))
        assert (await o.get(f"/v1/items/{first}"))["ordered"] == 0
        listed = await o.get(f"/v1/lists/{owner}", status="published")
        assert ([one["id"] for one in listed["items"]], listed["review"]["period"]) == ([new], "2026Q1")
        book = openpyxl.load_workbook(BytesIO(await o.get(f"/v1/lists/{owner}.xlsx")))
        (sheet,) = book.worksheets
        assert {sheet.cell(4, 2).value, sheet.cell(5, 2).value} == {"上门理发", "上门剪发"}
        assert await o.refused(MINI, "/v1/wishes", wish(item="item:none:1")) == "subject.unknown"


async def test_a_project_is_signed_run_and_rated_by_both_and_its_agreement_prints(cell: Cell) -> None:
    async with office(cell) as o:
        need = (await o.post(CLERK, "/v1/lists/C01/items", item("shortage", wording="缺一名书法老师")))["subject"]
        await o.post(CLERK, f"/v1/items/{need}/publish")
        claim = {
            "item": need, "partner": o.partner.id, "agreement": "每周一次书法课", "starts_on": "2026-03-10",
            "ends_on": "2026-06-30",
        }  # fmt: skip
        name = (await o.post(o.partner, "/v1/communities/C01/projects", claim))["subject"]
        assert (await o.get(f"/v1/projects/{name}/agreement.docx"))[:2] == b"PK"
        for path, who, body in (
            ("sign", CLERK, {}), ("start", CLERK, {}), ("confirm", CLERK, {"what": "已开课"}),
            ("confirm", o.partner, {"what": "已开课"}), ("rate", CLERK, {"grade": 5}),
            ("rate", o.partner, {"grade": 4}),
        ):  # fmt: skip
            await o.post(who, f"/v1/projects/{name}/{path}", body)
        listed = await o.get("/v1/projects", community="C01", status="rated")
        assert [one["id"] for one in listed["items"]] == [name]
        assert (await o.get(f"/v1/projects/{name}/agreement.pdf"))[:4] == b"%PDF"


async def test_a_shared_hall_is_booked_by_one_at_a_time(cell: Cell) -> None:
    async with office(cell) as o:
        hall = (
            await o.post(o.partner, f"/v1/lists/{o.partner.id}/items", item("resource", quantity=1, wording="会议室"))
        )["subject"]
        await o.post(o.partner, f"/v1/items/{hall}/publish")
        claim = {
            "kind": "sharing", "item": hall, "partner": o.partner.id, "agreement": "工作日开放",
            "starts_on": "2026-03-02", "ends_on": "2026-12-31",
        }  # fmt: skip
        name = (await o.post(CLERK, "/v1/communities/C01/projects", claim))["subject"]
        await o.post(o.partner, f"/v1/projects/{name}/sign")
        await o.at(NOW + timedelta(seconds=1))
        slot = {"purpose": "社区义诊", "starts_at": "2026-03-05T10:00:00+08:00", "ends_at": "2026-03-05T12:00:00+08:00"}
        await o.post(CLERK, f"/v1/items/{hall}/book", {"booking": "b1", **slot})
        assert await o.refused(o.partner, f"/v1/items/{hall}/book", {"booking": "b2", **slot}) == "booking.clash"


async def test_deeds_are_counted_by_period_and_open_to_their_facts(cell: Cell) -> None:
    engine = connect(cell.dsns["feedback"])
    rows = [
        Deed("wish:C01:1", 3, "C01", "done", NOW), Deed("wish:C01:1", 4, "C01", "rated", NOW, 5),
        Deed("wish:C01:2", 4, "C01", "rated", NOW, 4), Deed("wish:C01:3", 1, "C01", "done", NOW + timedelta(days=40)),
        Deed("wish:C01:1", 3, "v-7", "done", NOW),
    ]  # fmt: skip
    try:
        async with transaction(engine) as conn:
            await keep(conn, rows)
        span = {"unit": "C01", "first": NOW - timedelta(days=1), "last": NOW + timedelta(days=29)}
        async with engine.connect() as conn:
            counts = {r.kind: (r.n, r.grades) for r in await conn.execute(COUNTS, span)}
            behind = (await conn.execute(BEHIND, {**span, "kind": "rated", "limit": 10})).all()
    finally:
        await engine.dispose()
    assert counts == {"done": (1, None), "rated": (2, 9)}
    assert [row.subject for row in behind] == ["wish:C01:1", "wish:C01:2"]
