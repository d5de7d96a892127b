"""Ledgers and minutes as files from the real database, over HTTP, and the heads on them are those of the chain."""

from __future__ import annotations

import json
from datetime import datetime
from io import BytesIO
from time import sleep
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import text

from deploy.local.database import SERVICES
from services.escalation.api import router
from services.escalation.domain import STATES, decide, evolve, touches
from services.escalation.domain.chain import Record
from services.escalation.domain.heard import OrderHandled, OrderVerified
from services.escalation.domain.meeting import MeetingStatus
from services.escalation.domain.messages import SupplementMinutes
from services.escalation.routes import papers
from services.escalation.store import Store
from services.escalation.translate import WIRE
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.service import Service, kind_of
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import sign
from tests.support.stack import Backing, Cell, make_schemas
from tests.unit.escalation.hall import COMMUNITY, ESTATE, STREET, Hall, unit
from tests.unit.papers.reading import pdf_text, word_text

pytestmark = pytest.mark.stack

SECRET = "s" * 32
CELL = "papers"


@pytest.fixture(scope="module")
def hall() -> Hall:
    """Play a topic from the estate to the community; the next estate meeting is convened with another."""
    played = Hall()
    played.escalate()
    played.decide_at(ESTATE, "move_up")
    played.decide_at(COMMUNITY, "resolve")
    played.hear("c-1", OrderHandled(done_by=COMMUNITY, note="已疏通并录像", on_time=True), "dispatch")
    played.hear("c-1", OrderVerified(verifier=ESTATE), "dispatch")
    signed = next(m for m in played.meetings(COMMUNITY, MeetingStatus.ADOPTED) if m.agenda)
    played.send(signed.id, SupplementMinutes(text="补充：施工前三日张贴告示，电话13912345678"), unit(COMMUNITY))
    played.register("c-3")
    played.propose(STREET, "c-3", summary="北门路面积水")
    played.give_back(STREET, "c-3")
    played.escalate("c-3", STREET)
    played.escalate("c-2")
    while not played.convened(ESTATE).agenda:
        played.adopt(played.held(ESTATE))
    return played


@pytest.fixture(scope="module")
def city_cell(backing: Backing) -> Cell:
    return make_schemas(backing, CELL, SERVICES)


@pytest.fixture
async def http(city_cell: Cell, hall: Hall) -> Any:
    cell = city_cell
    engine = connect(cell.dsns["escalation"])
    service = Service("escalation", decide, evolve, STATES, WIRE, Store(hall.city), touches)
    bench = Bench(service, hall.city, "donggang", hall.city.version, new_id)
    desk = Desk(Shell(SqlStore(engine, bench, schema_of(CELL)), bench), SECRET)
    await keep(cell.dsns["admin"], engine, hall)
    app = FastAPI()
    answer_problems(app)
    app.state.desk = desk
    app.include_router(router(desk))
    token = sign(SECRET, "donggang", Actor("operations", "desk"))
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://papers", headers=headers) as client:
        yield client
    await engine.dispose()


async def keep(dsn: str, engine: Any, hall: Hall) -> None:
    """Put a play's rows and states where the service keeps them."""
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f'SET search_path TO "{schema_of(CELL, "escalation")}"')
        if await admin.fetchval("SELECT count(*) FROM record"):
            return
        for id_, state in hall.states.items():
            if state is not None:
                await admin.execute(
                    "INSERT INTO subject (id, kind, seen, state) VALUES ($1, $2, '{}', $3)",
                    id_, kind_of(id_), msgspec.json.encode(state).decode(),
                )  # fmt: skip
    finally:
        await admin.close()
    async with engine.begin() as conn:
        await Store(hall.city).save(conn, hall.rows)


async def test_the_workbook_of_a_body_holds_its_entries_and_the_head_of_its_chain(http: Any, hall: Hall) -> None:
    answer = await http.get(f"/v1/ledger/{ESTATE}.xlsx")
    assert answer.status_code == 200
    disposition = answer.headers["content-disposition"]
    assert f'filename="ledger-{ESTATE}.xlsx"' in disposition
    assert "filename*=UTF-8''%" in disposition
    sheet = load_workbook(BytesIO(answer.content)).worksheets[1]
    heads = [row for row in hall.rows if isinstance(row, Record) and row.ledger == ESTATE]
    assert heads[-1].hash in sheet.oddFooter.left.text
    assert [sheet["B4"].value, sheet["B5"].value] == [hall.topic("c-1").id, hall.topic("c-2").id]
    assert "理由：管线权属不在本级" in sheet["L4"].value
    assert hall.city.bodies[COMMUNITY].name in sheet["Q4"].value


async def test_a_case_with_a_second_topic_keeps_the_words_of_its_first(http: Any, hall: Hall) -> None:
    rows = (await http.get(f"/v1/ledger/{STREET}.json")).json()
    told = json.dumps(rows, ensure_ascii=False)
    assert "北门路面积水" in told
    assert hall.states["c-3"].summary != "北门路面积水", "the case has another topic by now"


async def test_what_was_done_and_verified_stands_in_the_row_of_the_body_that_resolved(http: Any, hall: Hall) -> None:
    sheet = load_workbook(BytesIO((await http.get(f"/v1/ledger/{COMMUNITY}.xlsx")).content)).worksheets[1]
    assert sheet["R4"].value.endswith(f"{hall.city.name_of(COMMUNITY)}办结：已疏通并录像")
    assert sheet["S4"].value.endswith(f"核查通过（{hall.city.name_of(ESTATE)}）")


async def test_every_body_of_the_city_has_a_sheet(http: Any, hall: Hall) -> None:
    answer = await http.get("/v1/ledgers.xlsx")
    assert len(load_workbook(BytesIO(answer.content)).sheetnames) == len(hall.city.bodies) + 1
    whole = json.loads((await http.get("/v1/ledgers.json")).content)
    assert {ledger["unit"] for ledger in whole["ledgers"]} == set(hall.city.bodies)
    assert (await http.get("/v1/ledgers.csv")).text.count(hall.topic("c-1").id) == 2


@pytest.mark.parametrize("form", ["pdf", "docx"])
async def test_minutes_notice_and_annual_summary_are_official_papers(http: Any, hall: Hall, form: str) -> None:
    read = pdf_text if form == "pdf" else word_text
    adopted = next(m for m in hall.meetings(COMMUNITY) if m.status == "adopted" and m.agenda)
    said = read((await http.get(f"/v1/meetings/{adopted.id}/minutes.{form}")).content)
    assert f"（一）地下室返污水（{hall.topic().id}）" in said
    assert "管道疏通并录像" in said
    decided = next(row for row in hall.records(COMMUNITY) if row.kind == "decided")
    day = datetime.fromisoformat(decided.at).astimezone(SHANGHAI)
    assert f"{day.year}年{day.month}月{day.day}日" in said
    called = next(m for m in hall.meetings(ESTATE) if m.status == "convened")
    assert hall.topic("c-2").id in read((await http.get(f"/v1/meetings/{called.id}/notice.{form}")).content)
    said = read((await http.get(f"/v1/ledger/{ESTATE}/annual/2026.{form}")).content)
    assert "本年新增2件" in said


async def test_a_supplement_is_a_paper_of_its_own_with_the_head_of_its_record(http: Any, hall: Hall) -> None:
    signed = next(m for m in hall.meetings(COMMUNITY) if m.status == "adopted" and m.agenda)
    answer = await http.get(f"/v1/meetings/{signed.id}/supplements/1.pdf")
    record = next(row for row in hall.records(COMMUNITY) if row.kind == "corrected")
    said = pdf_text(answer.content)
    assert "补充：施工前三日张贴告示" in said
    assert "13912345678" not in said, "operations were not at the meeting"
    own = {"Authorization": f"Bearer {sign(SECRET, 'donggang', Actor('unit', COMMUNITY))}"}
    told = await http.get(f"/v1/meetings/{signed.id}/supplements/1.pdf", headers=own)
    assert "电话13912345678" in pdf_text(told.content)
    assert record.hash in said
    assert "施工前三日" not in pdf_text((await http.get(f"/v1/meetings/{signed.id}/minutes.pdf")).content)
    assert (await http.get(f"/v1/meetings/{signed.id}/supplements/2.pdf")).status_code == 404


async def test_papers_are_for_those_whose_business_they_are(http: Any, hall: Hall) -> None:
    adopted = next(m for m in hall.meetings(COMMUNITY) if m.status == "adopted" and m.agenda)
    for kind, code, path, status in (
        ("unit", ESTATE, f"/v1/ledger/{ESTATE}.csv", 200),
        ("unit", COMMUNITY, f"/v1/ledger/{ESTATE}.csv", 200),
        ("unit", ESTATE, f"/v1/ledger/{COMMUNITY}.csv", 403),
        ("unit", COMMUNITY, "/v1/ledgers.csv", 403),
        ("resident", "app", f"/v1/meetings/{adopted.id}/minutes.pdf", 403),
        ("unit", COMMUNITY, f"/v1/meetings/{adopted.id}/minutes.pdf", 200),
    ):
        token = sign(SECRET, "donggang", Actor(kind, code))
        answer = await http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, (kind, code, path)


async def test_what_is_not_there_is_refused_with_the_rule(http: Any, hall: Hall) -> None:
    planned = next(m for m in hall.meetings(ESTATE) if m.status == "planned" or m.status == "convened")
    for path, status, rule in (
        ("/v1/ledger/nowhere.xlsx", 409, "body.unknown"),
        ("/v1/ledger/C01.exe", 422, "message.invalid"),
        ("/v1/meetings/meeting:C01:999/minutes.pdf", 404, "subject.unknown"),
        (f"/v1/meetings/{planned.id}/minutes.pdf", 409, "paper.too_early"),
    ):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["rule"]) == (status, rule), path
    assert (await http.get(f"/v1/ledger/{ESTATE}")).json()["ledger"] == ESTATE


async def test_a_paper_is_not_cut_off_while_it_only_computes(
    http: httpx.AsyncClient, city_cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of a role for a transaction that does nothing is for those who hold locks; here it is very short."""
    engine, add = http._transport.app.state.desk.engine, papers._add  # type: ignore[attr-defined]

    def slowly(*given: Any) -> None:
        sleep(1)
        add(*given)

    async with engine.connect() as conn:
        role, limit = (
            await conn.execute(text("SELECT current_user, current_setting('idle_in_transaction_session_timeout')"))
        ).one()
    admin = await asyncpg.connect(city_cell.dsns["admin"])
    try:
        await admin.execute(f"ALTER ROLE \"{role}\" SET idle_in_transaction_session_timeout = '200ms'")
        await engine.dispose()
        monkeypatch.setattr(papers, "_add", slowly)
        answer = await http.get(f"/v1/ledger/{ESTATE}.csv")
        assert answer.status_code == 200
        assert "T-DG-c-1" in answer.text
    finally:
        await admin.execute(f"ALTER ROLE \"{role}\" SET idle_in_transaction_session_timeout = '{limit}'")
        await admin.close()
