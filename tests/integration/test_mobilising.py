"""Mediation, whistles, supervision orders and members over HTTP on a real PostgreSQL: what is kept, who may read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deploy.local.resolver import Backing
from services.dispatch.domain import heard
from shared.kernel.decisions import SYSTEM, Actor, Message
from shared.shell.work import Batch, Work
from tests.integration.test_claims import NOW, Office, office
from tests.support.stack import Cell, make_schemas
from tests.unit.papers.reading import pdf_text, word_text

pytestmark = pytest.mark.stack
GRID, COMMUNITY, MEDIATOR = Actor("unit", "C01-G01"), Actor("unit", "C01"), Actor("post", "C01:community-liaison")
OPERATIONS = Actor("operations", "officer")


@pytest.fixture(scope="module")
def cell(backing: Backing) -> Cell:
    return make_schemas(backing, "mobilising", ("dispatch",))


async def hear(o: Office, case: str, fact: object, sequence: int = 1) -> None:
    """Deliver a fact of intake as the log door does, without a broker."""
    message = Message(fact, case, "intake", SYSTEM, NOW, f"intake/{case}/{sequence}", sequence)
    await o.shell.take(Batch([Work(message)]), "log")


async def register(o: Office, case: str, matter: str) -> None:
    placed = heard.Placement("C01-G01")
    await hear(o, case, heard.CaseRegistered(f"X-{case}", placed, heard.Understanding(matter), False, "邻里纠纷"))


async def test_names_of_a_dispute_are_read_by_the_mediators_unit_alone_on_record_and_erased(cell: Cell) -> None:
    async with office(cell, "guiping") as o:
        await register(o, "d-1", "neighbours")
        parties = [{"id": "p1", "name": "张某", "phone": "13800138000"}, {"id": "p2", "name": "李某"}]
        await o.post(GRID, "/v1/orders/d-1/open-dispute", {"parties": parties, "about": "楼上漏水，协商不成"})
        named = {"mediator": "C01:community-liaison", "no_interest": True}
        await o.post(COMMUNITY, "/v1/orders/d-1/name-mediator", named)
        agreed = {"clauses": ["十日内修好", "赔偿八百元"], "signed": ["p1", "p2"]}
        assert await o.refused(MEDIATOR, "/v1/orders/d-1/agree", {**agreed, "signed": ["p1"]}) == "dispute.unsigned"
        await o.post(MEDIATOR, "/v1/orders/d-1/agree", agreed)
        read = await o.get("/v1/orders/d-1/dispute", MEDIATOR, why="核对协议")
        assert [party["name"] for party in read["parties"]] == ["张某", "李某"]
        assert (read["clauses"], read["signed"], read["status"]) == (agreed["clauses"], ["p1", "p2"], "succeeded")
        for stranger in (GRID, OPERATIONS, Actor("unit", "S01")):
            answer = await o.http.get("/v1/orders/d-1/dispute", params={"why": "核对协议"}, headers=o._as(stranger))
            assert answer.json()["rule"] == "actor.not_allowed"
        for ending, words in (("pdf", pdf_text), ("docx", word_text)):
            said = words(await o.get(f"/v1/orders/d-1/agreement.{ending}", MEDIATOR))
            for part in ("调解协议书", "张某", "李某", "赔偿八百元"):
                assert part in said
        assert len(await o.rows("SELECT * FROM dispute_read")) == 3
        journal = "".join(row["value"] for row in await o.rows("SELECT value FROM journal"))
        assert not [private for private in ("张某", "13800138000", "漏水", "八百") if private in journal]
        await hear(o, "d-1", heard.ResidentErased("r1"), 2)
        assert await o.rows("SELECT * FROM dispute_party UNION ALL SELECT case_id, '', '', '' FROM dispute_text") == []


async def test_a_whistle_is_sounded_come_to_ended_and_listed(cell: Cell) -> None:
    async with office(cell, "guiping") as o:
        called = {
            "kind": "joint", "callees": ["urban-management", "market-regulation"], "place": "C01-G01",
            "why": "早市占道与无照经营并存", "meet_at": (NOW + timedelta(days=1)).isoformat(),
        }  # fmt: skip
        first = await o.post(COMMUNITY, "/v1/whistles", called, key="w-1")
        again = await o.post(COMMUNITY, "/v1/whistles", called, key="w-1")
        assert again["subject"] == first["subject"]
        assert await o.refused(COMMUNITY, "/v1/whistles", {**called, "case": "no-such"}) == "whistle.case_over"
        at = "/v1/whistles/" + first["subject"].removeprefix("whistle:")
        came, missing = Actor("department", "urban-management"), Actor("department", "market-regulation")
        await o.post(came, f"{at}/sign", {"person": "值班长"})
        await o.post(came, f"{at}/report-in", {"person": "值班长"})
        await o.post(COMMUNITY, f"{at}/confirm", {"callee": came.id, "here": True})
        await o.at(NOW + timedelta(hours=5))
        assert await o.refused(missing, f"{at}/sign", {"person": "值班长"}) == "whistle.not_now"
        await o.post(missing, f"{at}/receipt", {"note": "已调整值班"})
        concluded = [{"unit": came.id, "what": "每日驻点", "due_on": "2026-03-20"}]
        await o.post(COMMUNITY, f"{at}/end", {"conclusions": concluded})
        await o.post(came, f"{at}/rate", {"grade": 4})
        (listed,) = (await o.get("/v1/whistles", missing, callee=missing.id))["whistles"]
        assert (listed["status"], [c["presence"] for c in listed["callees"]]) == ("ended", ["reported_in", "no_show"])
        assert (await o.get(at, Actor("unit", "S01")))["parts"] == [
            {"unit": came.id, "due_on": "2026-03-20", "is_done": False, "on_order": False}
        ]
        answer = await o.http.get(at, headers=o._as(Actor("department", "court")))
        assert answer.json()["rule"] == "actor.not_allowed"


async def test_supervision_orders_are_listed_with_their_receipts(cell: Cell) -> None:
    async with office(cell, "guiping") as o:
        await register(o, "s-1", "neighbours")
        await o.post(GRID, "/v1/orders/s-1/accept", {"assignment": 1, "handler": "网格员"})
        await o.at(NOW + timedelta(days=20))
        owed = await o.get("/v1/supervisions", GRID, charged=GRID.id, open=True)
        numbers = [one["number"] for one in owed["supervisions"] if one["case_id"] == "s-1"]
        assert numbers
        assert owed["supervisions"][0]["missed_at"] is not None


async def test_a_member_checks_in_takes_on_a_post_and_both_forms_print(cell: Cell) -> None:
    async with office(cell, "donggang") as o:
        employer = o.city.paired_with("C01")[0]
        member = Actor("member", "M-7")
        await o.post(COMMUNITY, "/v1/members/M-7/check-in", {"unit": "C01", "kind": "work", "employer": employer})
        assert (await o.get("/v1/units/C01/members", COMMUNITY))["counts"] == {"work": 1, "home": 0}
        taken = {"community": "C01", "kind": "post", "item": "法律咨询"}
        await o.post(member, "/v1/members/M-7/claim-duty", taken)
        at = "/v1/communities/C01/members/M-7"
        await o.post(member, f"{at}/register", {"on": "2026-03-01", "hours": 3, "what": "解答租赁合同问题"})
        await o.post(COMMUNITY, f"{at}/assess", {"year": 2026, "grade": "good", "opinion": "服务主动"})
        for form, title, words in (
            ("register", "活动登记表", "解答租赁合同问题"), ("opinion", "活动意见反馈表", "服务主动"),
        ):  # fmt: skip
            for ending, read in (("pdf", pdf_text), ("docx", word_text)):
                said = read(await o.get(f"{at}/{form}/2026.{ending}", COMMUNITY))
                assert title in said
                assert words in said
        (duty,) = (await o.get("/v1/communities/C01/duties", COMMUNITY))["duties"]
        assert (duty["item"], duty["assessed"][0]["grade"]) == ("法律咨询", "good")
