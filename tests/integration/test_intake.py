"""Intake on real Kafka and PostgreSQL: reports by stream and by HTTP, one case each, whoever sends twice."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from deploy.local.database import schema_of
from services.intake.api import router
from services.intake.chores.channel import FileChannel
from services.intake.chores.importing import Importer
from services.intake.chores.photos import Blobs
from services.intake.chores.sender import Sender
from services.intake.chores.sweep import once
from services.intake.domain import STATES, decide, evolve, touches
from services.intake.routes.follow import path_of
from services.intake.routes.photo import LARGER_BODIES
from services.intake.store import Store
from services.intake.tables.dossier import dossiers_of
from services.intake.translate import Linked, refusal, wire
from shared.city.load import load
from shared.city.model import City
from shared.contracts.envelope import sent
from shared.contracts.intake import Report, ReportReceived, ReportRejected
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.process import Process, application
from shared.shell.service import Service
from shared.shell.tokens import sign
from tests.integration.conftest import Backing, Cell, make_cell
from tests.support.wording import apart
from tests.support.world import World, settings, until, world

SOURCES = ("hotline", "grid", "mailbox", "iot")
_numbers = itertools.count(1)


@pytest.fixture
def cell(backing: Backing) -> Cell:
    return make_cell(backing, f"in{next(_numbers)}", ("intake", "dispatch"), SOURCES)


class Client:
    """Intake's HTTP with tokens at hand."""

    def __init__(self, http: httpx.AsyncClient, city: City, db: asyncpg.Connection, secret: str, desk: Desk) -> None:
        self.http, self.city, self.db, self.secret, self.desk = http, city, db, secret, desk
        self._keys = itertools.count(1)

    def token(self, kind: str, id_: str) -> dict[str, str]:
        token = sign(self.secret, self.city.code, Actor(kind, id_))
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{next(self._keys)}"}

    async def post(self, path: str, body: Any, kind: str = "source", id_: str = "hotline") -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.token(kind, id_))

    async def get(self, path: str, kind: str = "source", id_: str = "hotline") -> httpx.Response:
        return await self.http.get(path, headers=self.token(kind, id_))


@pytest_asyncio.fixture
async def client(cell: Cell, tmp_path: Path) -> AsyncIterator[Client]:
    known = load("donggang")
    more = {"admission", "grid-service-list"}
    city = replace(known, code=cell.code, mechanisms=known.mechanisms | more)
    given = settings(cell, "intake")
    store = Store(new_id, city)

    def link(case: str) -> str:
        return path_of(given.secret, city.code, case)

    service = Service("intake", decide, evolve, STATES, Linked(wire, link), store, touches, refusal)
    blobs = Blobs("", tmp_path / "photos")

    def furnish(app: FastAPI, process: Process) -> None:
        app.include_router(router(process.desk, blobs))
        app.state.larger_bodies = LARGER_BODIES

    app = application(service, given, city, furnish)
    process = app.state.process
    await process.start()
    db = await asyncpg.connect(cell.dsns["intake"])
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as http:
            await until(lambda: process.reading and all(r.assigned() for r in process.readers), 30, "assigned")
            yield Client(http, city, db, given.secret, process.desk)
    finally:
        await db.close()
        await process.stop()


def grid_of(city: City) -> str:
    return next(unit.code for unit in city.units.values() if unit.level.value == "grid")


def report(id_: str, city: City, **more: Any) -> dict[str, Any]:
    return {"id": id_, "text": "路灯不亮，漆黑", "matter": "street-lights", "place": {"unit": grid_of(city)}} | more


async def test_one_report_by_http_answers_with_number_and_address_and_can_be_followed(client: Client) -> None:
    answer = await client.post("/v1/reports", report("A/1", client.city))
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["outcome"] == "registered"
    assert said["number"].endswith("-0001")
    shown = (await client.get(said["follow"])).json()
    assert (shown["case"], shown["status"]["code"]) == (said["case"], "registered")
    assert (await client.get(said["follow"], "source", "mailbox")).status_code == 403
    assert (await client.get("/v1/reports/hotline/none")).status_code == 404
    again = await client.post("/v1/reports", report("A/1", client.city, text="换个说法再报一次"))
    assert again.json() == said


async def test_a_list_answers_item_by_item_and_neighbours_of_a_bad_one_go_on(client: Client) -> None:
    city = client.city
    items = [
        report("B1", city),
        report("B2", city, at="2099-01-01T00:00:00+08:00"),
        report("B3", city, colour="red"),
        "nonsense",
        report("B4", city, text="。", matter=None),
        report("B1", city),
    ]
    answer = (await client.post("/v1/reports", items)).json()["items"]
    assert [item["outcome"] for item in answer] == [
        "registered",
        "refused",
        "refused",
        "refused",
        "rejected",
        "registered",
    ]
    assert [item.get("field") for item in answer[1:4]] == ["at", "colour", "body"]
    assert answer[1]["rule"] == "report.in_future"
    assert answer[4]["rule"] == "report.meaningless"
    assert answer[5] == answer[0]
    too_many = await client.post("/v1/reports", [report(str(n), city) for n in range(1001)])
    assert (too_many.status_code, too_many.json()["field"]) == (422, "body")


async def test_the_same_reports_sent_by_many_at_once_are_one_case_each_with_numbers_of_their_own(
    client: Client,
) -> None:
    lists = [[report(f"C{n}", client.city) for n in range(200)] for _ in range(4)]
    lists[1].reverse()
    answers = await asyncio.gather(*(client.post("/v1/reports", items) for items in lists))
    told = {item["report"]: item for answer in answers for item in answer.json()["items"]}
    assert len(told) == 200
    assert (
        await client.db.fetchval("SELECT count(*) FROM journal WHERE type IN ('case.registered.v1', 'case.merged.v1')")
        == 200
    )
    assert await client.db.fetchval("SELECT count(*) FROM dossier") == 200
    numbers = sorted(item["number"] for item in told.values())
    assert [int(number[-4:]) for number in numbers] == list(range(1, 201))


async def test_a_report_on_the_stream_is_answered_on_the_receipts(cell: Cell, client: Client) -> None:
    async with world(cell) as w:
        good = Report.model_validate(report("K1", client.city))
        for id_ in ("m1", "m2"):
            await send(w, good.model_dump_json().encode(), id_)
        await send(
            w, Report.model_validate(report("K2", client.city, matter="nothing")).model_dump_json().encode(), "m3"
        )
        await send(w, b"{not json", "m4")
        records = await until(lambda: enough(w, 4), 30, "four receipts")
    kinds = sorted(dict(r.headers)["ce_type"].decode() for r in records)
    assert kinds == [ReportReceived.TYPE] * 2 + [ReportRejected.TYPE] * 2
    received = [
        ReportReceived.model_validate_json(r.value) for r in records if b"received" in dict(r.headers)["ce_type"]
    ]
    assert received[0] == received[1]
    refused = [
        ReportRejected.model_validate_json(r.value) for r in records if b"rejected" in dict(r.headers)["ce_type"]
    ]
    assert {(r.report, r.rule) for r in refused} == {("K2", "report.unknown_matter"), (None, "message.unreadable")}
    by_http = (await client.post("/v1/reports", report("K1", client.city))).json()
    assert by_http["case"] == received[0].case


async def enough(w: World, count: int) -> list[Any]:
    found = await w.log_of("receipts.hotline")
    return found if len(found) >= count else []


async def send(w: World, value: bytes, id_: str) -> None:
    topic = topic_name(w.cell.code, "reports.hotline")
    await w.producer.send_and_wait(topic, value, b"k", headers=list(sent(id_, Report.TYPE, "/hotline")))


async def test_triage_lists_by_page_and_what_is_decided_leaves_the_list(client: Client) -> None:
    held = [{"id": f"T{n}", "text": "不知道说什么好", "place": {"unit": grid_of(client.city)}} for n in range(5)]
    answer = (await client.post("/v1/reports", held)).json()["items"]
    assert {item["outcome"] for item in answer} == {"held"}
    page = (await client.get("/v1/triage?limit=3", "operations", "duty")).json()
    assert (page["total"], len(page["items"])) == (5, 3)
    rest = await client.http.get(
        "/v1/triage", params={"limit": 3, "after": page["next"]}, headers=client.token("operations", "duty")
    )
    cases = [item["case"] for item in page["items"] + rest.json()["items"]]
    assert len(set(cases)) == 5
    assert (await client.get("/v1/triage", "unit", grid_of(client.city))).json()["total"] == 0
    assert (await client.get("/v1/triage", "source", "hotline")).status_code == 403
    triaged = await client.post(f"/v1/cases/{cases[0]}/triage", {"matter": "street-lights"}, "operations", "duty")
    assert triaged.json()["facts"][0]["type"] == "case.registered.v1"
    rejected = await client.post(f"/v1/cases/{cases[1]}/reject", {"rule": "report.not_public"}, "operations", "duty")
    assert rejected.json()["facts"][0]["type"] == "case.rejected.v1"
    withdrawn = await client.post(f"/v1/reports/hotline/{by_case(answer, cases[2])}/withdraw", {})
    assert withdrawn.json()["facts"][0]["type"] == "case.withdrawn.v1"
    assert (await client.get("/v1/triage", "operations", "duty")).json()["total"] == 2
    once_more = await client.post(f"/v1/cases/{cases[0]}/triage", {"matter": "street-lights"}, "operations", "duty")
    assert (once_more.status_code, once_more.json()["rule"]) == (409, "move.forbidden")


async def test_a_choice_in_triage_is_exported_to_learn_from_and_every_text_shown_is_noted(client: Client) -> None:
    said = {"id": "L1", "text": "不知道说什么好，电话13812345678", "place": {"unit": grid_of(client.city)}}
    case = (await client.post("/v1/reports", said)).json()["case"]
    await client.post(f"/v1/cases/{case}/triage", {"matter": "street-lights"}, "operations", "duty")
    assert (await client.get("/v1/examples")).status_code == 403
    page = (await client.get("/v1/examples", "operations", "duty")).json()
    (item,) = (item for item in page["items"] if item["case"] == case)
    assert (item["matter"], item["guessed"], item["chosen_by"]) == ("street-lights", None, "operations.duty")
    assert item["chosen_at"]
    assert item["text"].startswith("不知道说什么好")
    assert "13812345678" not in item["text"]
    assert await client.db.fetchval("SELECT count(*) FROM dossier_read WHERE case_id = $1", case) == 1
    beyond = await client.http.get(
        "/v1/examples", params={"after": item["id"]}, headers=client.token("operations", "duty")
    )
    assert case not in {later["case"] for later in beyond.json()["items"]}


def by_case(answer: list[dict[str, Any]], case: str) -> str:
    return str(next(item["report"] for item in answer if item["case"] == case))


async def test_a_dossier_is_read_by_who_handles_the_case_and_every_reading_is_kept(client: Client) -> None:
    said = {
        "id": "D1",
        "text": "不知道说什么好，电话13800138000",
        "reporter": {"name": "王小明", "phone": "13800138000"},
    }
    case = (await client.post("/v1/reports", said)).json()["case"]
    path = f"/v1/cases/{case}/dossier?why=%E6%A0%B8%E5%AE%9E%E5%9C%B0%E7%82%B9"
    assert (await client.get(path, "department", "housing")).status_code == 403
    assert (await client.get(path, "source", "hotline")).status_code == 403
    assert (await client.get(f"/v1/cases/{case}/dossier", "operations", "duty")).status_code == 422
    shown = await client.get(path, "unit", client.city.root.code)
    assert shown.json()["dossiers"][0]["identity"]["name"] == "王小明"
    assert "13800138000" in shown.json()["dossiers"][0]["text"]
    rows = await client.db.fetch("SELECT reader, why FROM dossier_read WHERE case_id = $1", case)
    assert [tuple(row) for row in rows] == [(f"unit.{client.city.root.code}", "核实地点")]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await client.db.execute("DELETE FROM dossier_read")
    for table in ("journal", "subject"):
        text = await client.db.fetchval(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        assert "13800138000" not in text
        assert "王小明" not in text


async def test_a_reporter_follows_by_link_is_told_each_step_once_and_is_erased_with_everything_about_him(
    client: Client, tmp_path: Path
) -> None:
    him = {"id": "u-1", "name": "王小明", "phone": "138 0013 8000"}
    said = report("E1", client.city, text="路灯不亮，我叫王小明", reporter=him)
    answer = (await client.post("/v1/reports", said)).json()
    await client.post("/v1/reports", report("E2", client.city, text=apart("E2")))
    shown = await client.http.get(answer["link"])
    assert (shown.status_code, shown.json()["number"]) == (200, answer["number"])
    assert "王小明" not in shown.text
    assert "<h1>" in (await client.http.get(answer["link"], headers={"Accept": "text/html"})).text
    assert (await client.http.get(f"{answer['link'][:-1]}-")).json()["rule"] == "follow.unknown_link"

    sender = Sender(client.desk, (FileChannel(tmp_path),), lambda case: case)
    assert [await sender.once() for _ in range(2)] == [1, 0]
    assert (await client.post("/v1/residents/erase", {"phone": "13800138000"})).status_code == 403
    erase = {"source": "hotline", "reporter": "u-1"}
    assert (await client.post("/v1/residents/erase", erase)).json()["items"][0]["refused"] == "dossier.still_open"
    words = {"text": "他说叫王小明，138 0013 8000"}
    added = await client.post(f"/v1/cases/{answer['case']}/supplement", words, "resident", f"{answer['case']}:r1")
    assert added.status_code == 200
    assert await client.db.fetchval("SELECT count(*) FROM supplement") == 1
    await client.post("/v1/reports/hotline/E1/withdraw", {})
    assert await client.db.fetchval("SELECT count(*) FROM notification WHERE state = 'waiting'") == 1
    for days, left in ((89, 2), (91, 1)):
        past = f"clock_timestamp() - make_interval(days => {days})"
        await client.db.execute(f"UPDATE notification SET ended_at = {past} WHERE ended_at IS NOT NULL")
        assert await once(client.desk) == 0
        assert await client.db.fetchval("SELECT count(*) FROM notification") == left
    gone = await client.post("/v1/residents/erase", {"phone": "+86 13800138000"}, "operations", "duty")
    assert [(item["case"], item["refused"]) for item in gone.json()["items"]] == [(answer["case"], None)]
    assert await client.db.fetchval("SELECT count(*) FROM dossier WHERE case_id = $1", answer["case"]) == 0
    assert await client.db.fetchval("SELECT count(*) FROM notification") == 0
    tables = await client.db.fetch("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
                                   "AND relkind IN ('r', 'p') AND NOT relispartition")  # fmt: skip
    for mark in ("王小明", "13800138000", "138 0013 8000"):
        found = [
            name
            for (name,) in tables
            if await client.db.fetchval(f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE $1', f"%{mark}%")
        ]
        assert found == [], "no table of the service has a word of him"
    assert (await client.http.get(answer["link"])).json()["status"]["code"] == "withdrawn"
    assert (await client.post("/v1/residents/erase", erase)).json() == {"items": []}
    await client.post("/v1/reports/hotline/E2/withdraw", {})
    await client.db.execute("UPDATE dossier SET ended_at = clock_timestamp() - make_interval(days => 1096)")
    assert [await once(client.desk) for _ in range(2)] == [1, 0]
    assert await client.db.fetchval("SELECT count(*) FROM trace") == 0
    why = "SELECT value::json ->> 'why' FROM journal WHERE type = 'resident.erased.v1' ORDER BY id"
    assert [row[0] for row in await client.db.fetch(why)] == ["request", "retention"]


async def test_who_reported_a_split_case_follows_its_parts_is_told_of_them_and_known_to_their_units(
    client: Client,
) -> None:
    him = {"id": "u-1", "phone": "138 0013 8000"}
    sent = (await client.post("/v1/reports", report("S1", client.city, reporter=him, text=apart("S1")))).json()
    parts = [{"matter": "street-lights", "text": "东门路灯不亮"}, {"matter": "drains", "text": "楼前<b>下水道堵"}]
    split = await client.post(f"/v1/cases/{sent['case']}/split", {"parts": parts}, "operations", "duty")
    first, second = split.json()["facts"][0]["data"]["parts"]

    async def opened() -> bool:
        await client.desk.shell.take_due()
        return bool(await client.db.fetchval("SELECT count(*) = 3 FROM journal WHERE type = 'case.registered.v1'"))

    await until(opened, 20, "the parts are opened")
    shown = (await client.get("/v1/reports/hotline/S1")).json()
    assert shown["status"]["code"] == "split"
    assert [(part["summary"], part["status"]["code"]) for part in shown["parts"]] == [
        ("东门路灯不亮", "registered"), ("楼前<b>下水道堵", "registered"),
    ]  # fmt: skip
    numbers = [part["number"] for part in shown["parts"]]
    page = (await client.http.get(sent["link"], headers={"Accept": "text/html"})).text
    assert all(number in page for number in numbers)
    assert "楼前&lt;b&gt;下水道堵" in page
    told = "SELECT n.case_id, n.step FROM notification n JOIN dossier d ON d.id = n.dossier_id WHERE d.case_id = $1"
    assert {tuple(row) for row in await client.db.fetch(told, sent["case"])} == {
        (sent["case"], "registered"), (sent["case"], "split"), (first, "registered"), (second, "registered"),
    }  # fmt: skip
    async with client.desk.engine.connect() as conn:
        read = await dossiers_of(conn, [first, sent["case"]])
    assert [(one["text"], one["identity"].get("phone")) for one in read["dossiers"]] == [
        (apart("S1"), "138 0013 8000"), ("东门路灯不亮", None),
    ]  # fmt: skip


async def test_unknown_callers_and_broken_bodies_get_a_problem_with_rule_and_field(client: Client) -> None:
    head = client.token("source", "hotline")
    for content, status, rule in ((b"{", 400, "message.unreadable"), (b"3", 422, "message.invalid")):
        answer = await client.http.post("/v1/reports", content=content, headers=head)
        assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    unknown = await client.post("/v1/reports", report("U", client.city), "source", "nobody")
    assert unknown.json()["rule"] == "report.unknown_source"
    assert (await client.post("/v1/reports", [], "department", "housing")).status_code == 403
    assert (await client.http.post("/v1/reports", json=[])).status_code == 401
    nowhere = await client.post("/v1/cases/none/triage", {"matter": "street-lights"}, "operations", "duty")
    assert nowhere.status_code == 404


async def test_a_grid_s_people_stand_on_its_public_notice_and_their_work_on_its_page(client: Client) -> None:
    place = next(unit.code for unit in client.city.units.values() if unit.level.value == "subgrid")
    li = {"post": "grid-member", "holder": "p-1", "name": "李某", "phone": "7120000", "duties": ["走访"]}
    assert (await client.post(f"/v1/units/{place}/fill", li, "operations", "duty")).status_code == 200
    assert (await client.post("/v1/units/nowhere/fill", li, "operations", "duty")).status_code == 404
    assert (await client.post(f"/v1/units/{place}/fill", li, "source", "hotline")).status_code == 403
    shown = (await client.http.get(f"/v1/notices/{place}")).json()
    assert (shown["version"], shown["people"][0]["name"]) == (1, "李某")
    sheet = await client.http.get(f"/v1/notices/{place}/sheet")
    assert "<svg" in sheet.text
    assert "7120000" in sheet.text
    visit = {"visit": "v-1", "kind": "household", "household": "H-1"}
    assert (await client.post(f"/v1/units/{place}/visits", visit, "unit", place)).status_code == 200
    month = f"{await client.db.fetchval('SELECT now()'):%Y-%m}"
    page = (await client.get(f"/v1/units/{place}/work?month={month}", "unit", place)).json()
    assert (page["days_visited"], page["work"][0]["n"], page["unvisited"]) == (1, 1, [])
    known = [
        {"household": "H-1", "door": "1-101"},
        {"household": "H-2", "door": "1-102", "contact": "王某", "phone": "138 0013 8002"},
    ]
    kept = f"/v1/households/{place}"
    assert (await client.post(f"{kept}/register", {"households": known}, "operations", "duty")).status_code == 403
    assert len((await client.post(f"{kept}/register", {"households": known}, "unit", place)).json()["facts"]) == 2
    page = (await client.get(f"/v1/units/{place}/work?month={month}", "unit", place)).json()
    assert page["unvisited"] == [{"household": "H-2", "last_at": None}]
    listed = (await client.get(kept, "operations", "duty")).text
    assert '"H-2"' in listed
    assert "王某" not in listed
    asked = f"{kept}/H-2?why=登门走访"
    assert (await client.get(asked, "operations", "duty")).status_code == 403
    assert (await client.get(asked, "unit", place)).json()["contact"] == "王某"
    read = (await client.get(f"{kept}/H-2/readings", "operations", "duty")).json()["readings"]
    assert [(one["reader"], one["why"]) for one in read] == [(f"unit.{place}", "登门走访")]
    await client.post("/v1/residents/erase", {"phone": "+86 13800138002"}, "operations", "duty")
    assert [(one["contact"], one["phone"]) for one in await client.db.fetch("SELECT * FROM household")] == [
        (None, None)
    ] * 2
    await client.post(f"{kept}/remove", {"household": "H-2", "why": "已搬离"}, "unit", place)
    assert [one["household"] for one in await client.db.fetch("SELECT * FROM household")] == ["H-1"]
    gone = {"post": "grid-member", "holder": "p-1"}
    assert (await client.post(f"/v1/units/{place}/vacate", gone, "operations", "duty")).status_code == 200
    assert (await client.http.get(f"/v1/notices/{place}")).json()["people"] == []
    posts = (await client.get(f"/v1/units/{place}/posts", "unit", place)).json()["posts"]
    assert [post["vacant"] for post in posts if post["post"] == "grid-member"] == [True]
    versions = (await client.get(f"/v1/notices/{place}/versions", "unit", place)).json()["versions"]
    assert [version["version"] for version in versions] == [2, 1]
    assert await client.db.fetchval("SELECT count(*) FROM holder") == 0
    tie = await client.post("/v1/leaders/L07/tie", {"unit": "C01"}, "operations", "duty")
    assert tie.json()["facts"][0]["type"] == "leader.tied.v1"
    assert (await client.post("/v1/leaders/13800138000/tie", {"unit": "C01"}, "operations", "duty")).status_code == 404


async def test_duplicates_are_found_in_the_database_merged_listed_and_undone(client: Client) -> None:
    """The same twice in one batch, once more later: one case, three reporters; a likely one waits for a person."""
    text = "从下午三点停水到现在，物业没有任何通知，请尽快恢复供水"

    def said(id_: str, words: str = text) -> dict[str, Any]:
        place = {"unit": grid_of(client.city)}
        return {"id": id_, "text": words, "matter": "water-outage", "place": place, "reporter": {"id": id_}}

    async def told(case: str) -> list[tuple[str, str]]:
        sql = (
            "SELECT n.step, d.report_id FROM notification n JOIN dossier d ON d.id = n.dossier_id WHERE n.case_id = $1"
        )
        return [tuple(row) for row in await client.db.fetch(sql + " ORDER BY n.id", case)]

    first = (await client.post("/v1/reports", [said("dup-1"), said("dup-2")])).json()["items"]
    assert [item["outcome"] for item in first] == ["registered", "merged"]
    third = (await client.post("/v1/reports", said("dup-3", text + "！"))).json()
    assert third["outcome"] == "merged"
    likely = (await client.post("/v1/reports", said("dup-4", "水管井里有人施工挖断了"))).json()
    assert likely["outcome"] == "registered"
    root = first[0]["case"]
    listed = (await client.get("/v1/duplicates", "operations", "duty")).json()["items"]
    assert [(item["case"], item["suspects"][0]["case"]) for item in listed] == [(likely["case"], root)]
    kept = await client.db.fetch("SELECT report_id FROM dossier WHERE case_id = $1", root)
    assert {row[0] for row in kept} == {"dup-1", "dup-2", "dup-3"}
    apart = await client.post(f"/v1/cases/{likely['case']}/keep-apart", {}, "operations", "duty")
    assert apart.status_code == 200
    assert (await client.get("/v1/duplicates", "operations", "duty")).json()["items"] == []
    undone = await client.post(f"/v1/cases/{third['case']}/unmerge", {}, "operations", "duty")
    assert [fact["type"] for fact in undone.json()["facts"]] == ["case.unmerged.v1", "case.reporter_left.v1"]
    assert await told(third["case"]) == [("merged", "dup-3"), ("unmerged", "dup-3")]
    gone = await client.post("/v1/reports/hotline/dup-2/withdraw", {})
    assert [fact["type"] for fact in gone.json()["facts"]] == ["case.withdrawn.v1", "case.reporter_left.v1"]
    assert await told(first[1]["case"]) == [("merged", "dup-2"), ("withdrawn", "dup-2")]
    traces = "SELECT count(*), count(DISTINCT b.trace) FROM trace t LEFT JOIN trace_block b ON b.trace = t.id"
    assert tuple(await client.db.fetchrow(f"{traces} WHERE t.case_id = $1", first[1]["case"]))[1] == 1
    before = (
        await client.db.fetchval("SELECT count(*) FROM trace"),
        await client.db.fetchval("SELECT count(DISTINCT trace) FROM trace_block"),
    )
    done = await client.post("/v1/residents/erase", {"source": "hotline", "reporter": "dup-2"}, "operations", "duty")
    assert [(item["case"], item["refused"]) for item in done.json()["items"]] == [(first[1]["case"], None)]
    named = "SELECT subject, value::json ->> 'reporter' FROM journal WHERE type = 'resident.erased.v1'"
    assert {tuple(row) for row in await client.db.fetch(named)} == {(first[1]["case"], "r1"), (root, "r2")}
    assert await client.db.fetchval("SELECT count(*) FROM trace WHERE case_id = $1", first[1]["case"]) == 0
    after = (
        await client.db.fetchval("SELECT count(*) FROM trace"),
        await client.db.fetchval("SELECT count(DISTINCT trace) FROM trace_block"),
    )
    assert after == (before[0] - 1, before[1] - 1)


async def test_a_file_is_looked_at_imported_once_and_what_was_left_out_comes_back_with_its_reason(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    heading, grid = "编号,内容,地点\n", grid_of(client.city)
    lines = "".join(f"F{n},{apart(f'F{n}')}，路灯不亮,{grid}\n" for n in range(5)) + "F9,,138-0013-8009\n"
    content = (heading + lines).encode("gb18030")

    async def upload(**params: Any) -> httpx.Response:
        path = "/v1/sources/mailbox/imports"
        return await client.http.post(
            path, params={"name": "a.csv", **params}, content=content, headers=client.token("source", "mailbox")
        )

    assert (await upload()).json()["rule"] == "import.columns_needed"
    looked = (await upload(dry=True)).json()
    assert looked["columns"] == {"id": "编号", "text": "内容", "place": "地点"}
    assert looked["outcomes"]["refused"] == 1
    assert await client.db.fetchval("SELECT count(*) FROM report") == 0
    begun = (await upload(columns="id=编号,text=内容,place=地点")).json()
    assert (await upload()).json()["run"] == begun["run"]  # remembered, and the same run
    monkeypatch.setattr("services.intake.chores.rows.MOST_ROWS", 2)
    monkeypatch.setattr("services.intake.tables.importing.LEASE_SECONDS", 0.0)
    importer, sent = Importer(client.desk), 0
    real = client.desk.submit_many

    async def dies_later(wanted: Any) -> Any:
        nonlocal sent
        sent += 1
        replies = await real(wanted)
        if sent == 2:
            raise RuntimeError("the process dies after the batch and before its progress")
        return replies

    monkeypatch.setattr(client.desk, "submit_many", dies_later)
    with pytest.raises(RuntimeError):
        await importer.once()
    shown = (await client.get(f"/v1/imports/{begun['run']}", "operations", "donggang")).json()
    assert (shown["status"], shown["rows"]) == ("running", 2)
    assert await importer.once()
    shown = (await client.get(f"/v1/imports/{begun['run']}", "source", "mailbox")).json()
    assert (shown["status"], shown["rows"], shown["outcomes"]["refused"]) == ("done", 6, 1)
    assert sum(shown["outcomes"].values()) == 6
    assert await client.db.fetchval("SELECT count(*) FROM report") == 5
    assert await client.db.fetchval("SELECT content FROM import_run") is None
    assert (await client.get(f"/v1/imports/{begun['run']}", "source", "hotline")).status_code == 403
    book = await client.get(f"/v1/imports/{begun['run']}/rejects.xlsx", "source", "mailbox")
    assert book.content[:2] == b"PK"
    for phone, left in (("13900139000", 1), ("13800138009", 0)):
        await client.post("/v1/residents/erase", {"phone": phone}, "operations", "duty")
        assert await client.db.fetchval("SELECT count(*) FROM import_reject") == left
    again = await client.http.post(
        "/v1/sources/mailbox/imports", params={"name": "b.csv", "columns": "id=编号,text=内容"},
        content=f"{heading}F10,,x\n".encode(), headers=client.token("source", "mailbox"),
    )  # fmt: skip
    assert again.status_code == 200
    assert await importer.once()
    days = client.city.limits["notice_days"]
    for over, left in ((-1, 1), (1, 0)):
        past = f"clock_timestamp() - make_interval(days => {days + over})"
        await client.db.execute(f"UPDATE import_run SET ended_at = {past}")
        await once(client.desk)
        counted = "SELECT count(*) FROM import_reject", "SELECT count(*) > 0 FROM import_run"
        assert [int(await client.db.fetchval(each)) for each in counted] == [left, left]


async def test_a_file_of_a_source_with_a_number_a_minute_waits_and_leaves_nothing_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = client.desk.city.sources
    monkeypatch.setitem(sources, "mailbox", replace(sources["mailbox"], a_minute=2))
    monkeypatch.setattr("services.intake.chores.rows.MOST_ROWS", 2)
    monkeypatch.setattr("services.intake.tables.importing.LEASE_SECONDS", 0.0)
    lines = "".join(f"W{n},{apart(f'W{n}')}，路灯不亮,{grid_of(client.city)}\n" for n in range(6))
    begun = await client.http.post(
        "/v1/sources/mailbox/imports", params={"name": "w.csv", "columns": "id=编号,text=内容,place=地点"},
        content=f"编号,内容,地点\n{lines}".encode(), headers=client.token("source", "mailbox"),
    )  # fmt: skip
    importer = Importer(client.desk)
    for _ in range(2):
        with pytest.raises(Refused, match=r"source\.too_many"):
            await importer.once()
        await client.db.execute("DELETE FROM source_minute")  # the next minute
    assert await importer.once()
    shown = (await client.get(f"/v1/imports/{begun.json()['run']}", "source", "mailbox")).json()
    assert (shown["status"], shown["rows"], shown["rules"]) == ("done", 6, {})
    assert await client.db.fetchval("SELECT count(*) FROM report") == 6


async def test_an_alarm_that_flaps_is_one_case_and_a_source_has_its_number_a_minute(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = grid_of(client.city)
    alarms = [report(f"S{n}", client.city, device="s-9", at=f"2026-11-02T03:0{n}:00+08:00") for n in range(4)]
    first = (await client.post("/v1/reports", alarms[0], "source", "iot")).json()
    rest = (await client.post("/v1/reports", alarms[1:], "source", "iot")).json()["items"]
    assert (first["outcome"], [one["outcome"] for one in rest]) == ("registered", ["merged"] * 3)
    again = (await client.post("/v1/reports", alarms[2], "source", "iot")).json()
    assert again["case"] == rest[1]["case"]
    shown = (await client.get(first["follow"], "source", "iot")).json()
    assert shown["repeats"] == 3
    assert await client.db.fetchval("SELECT count(*) FROM trace") == 1
    assert (await client.get(rest[0]["follow"], "source", "iot")).status_code == 200
    sources = client.desk.city.sources
    monkeypatch.setitem(sources, "hotline", replace(sources["hotline"], a_minute=2))
    many = [report(f"M{n}", client.city, text=apart(f"M{n}"), place={"unit": grid}) for n in range(4)]
    answers = (await client.post("/v1/reports", many)).json()["items"]
    assert [one.get("rule") for one in answers] == [None, None, "source.too_many", "source.too_many"]
    alone = await client.post("/v1/reports", many[3])
    assert (alone.status_code, alone.headers["Retry-After"]) == (429, "60")
    await client.db.execute("DELETE FROM source_minute")
    assert (await client.post("/v1/reports", many[3])).json()["outcome"] == "registered"


async def test_what_a_department_asks_for_stands_on_the_public_list_at_every_version(client: Client) -> None:
    leaf = next(leaf for leaf in client.city.matters.values() if not leaf.admitted)
    ask = {"powers": "现场检查权", "people": 18, "money": "每社区每年两万元", "from_on": "2031-03-01"}
    path = f"/v1/admission/{leaf.code}"
    late = await client.post(f"{path}/request", ask | {"from_on": "2026-01-01"}, "department", leaf.leads[0])
    assert (late.status_code, late.json()["rule"]) == (409, "admission.too_late")
    asked = await client.post(f"{path}/request", ask, "department", leaf.leads[0])
    assert asked.status_code == 200, asked.text
    refused = {"granted": False, "rule": "admission.no_means"}
    assert (await client.post(f"{path}/decide", refused, "department", leaf.leads[0])).status_code == 403
    assert (await client.post(f"{path}/decide", refused, "operations", "duty")).status_code == 200
    shown = (await client.http.get("/v1/admission")).json()
    (change,) = shown["asked"]
    assert (change["standing"], change["rule"], shown["version"]) == ("refused", "admission.no_means", 2)
    first = (await client.http.get("/v1/admission", params={"version": 1})).json()
    assert first["asked"][0]["standing"] == "requested"


async def test_a_granted_matter_is_served_by_communities_from_its_day_without_a_new_city_file(
    client: Client, cell: Cell
) -> None:
    leaf = next(m for m in client.city.matters.values() if not m.admitted and m.kind.value == "problem")
    path, asks = f"/v1/admission/{leaf.code}", ("department", leaf.leads[0])
    ask = {"powers": "现场检查权", "people": 18, "money": "每社区两万元", "from_on": "2099-03-01"}
    await client.post(f"{path}/request", ask, *asks)
    assert (await client.post(f"{path}/decide", {"granted": True}, "operations", "duty")).status_code == 200
    published = await client.db.fetch("SELECT matter, from_on::text FROM admission")
    assert [tuple(row) for row in published] == [(leaf.code, "2099-03-01")]

    async def holder(id_: str) -> str:
        said = report(id_, client.city, text=apart(id_), matter=leaf.code)
        case = (await client.post("/v1/reports", said)).json()["case"]
        stated = "SELECT value::json ->> 'rung' FROM journal WHERE subject = $1 AND type = 'case.registered.v1'"
        return str(await client.db.fetchval(stated, case))

    assert await holder("AD1") not in ("grid", "community")
    admin = await asyncpg.connect(cell.dsns["admin"])
    try:
        await admin.execute(f'INSERT INTO "{schema_of(cell.code)}".admission (matter, from_on) VALUES ($1, $2)',
                            leaf.code, date(2026, 1, 1))  # fmt: skip
    finally:
        await admin.close()
    assert await holder("AD2") == leaf.first_rung.value
    assert leaf.code in [one["code"] for one in (await client.http.get("/v1/admission")).json()["matters"]]


async def test_a_grids_service_list_is_public_on_its_own_on_the_notice_and_as_a_workbook(client: Client) -> None:
    city, grid = client.city, grid_of(client.city)
    levels = {unit.level for unit in city.lineage(grid)}
    post = next(post.code for post in city.posts.values() if post.level in levels)
    item = {"item": "hazards", "task": "每周排查楼道隐患", "post": post, "duty": "发现即报"}
    street = next(unit.code for unit in city.lineage(grid) if unit.level.value == "street")
    done = await client.post(f"/v1/grid-services/{grid}/publish", item, "unit", street)
    assert done.status_code == 200, done.text
    shown = (await client.http.get(f"/v1/grid-services/{grid}")).json()
    assert [one["task"] for one in shown["items"]] == ["每周排查楼道隐患"]
    assert (await client.http.get(f"/v1/notices/{grid}")).json()["services"][0]["item"] == "hazards"
    assert "每周排查楼道隐患" in (await client.http.get(f"/v1/notices/{grid}/sheet")).text
    assert (await client.http.get(f"/v1/grid-services/{grid}.xlsx")).content[:2] == b"PK"
