"""A temporary meeting on a real PostgreSQL from proposal to minutes: each act by its own post; who may look at what."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.escalation.domain import seeds
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from tests.support.ledger_office import LedgerOffice, ledger_office
from tests.support.stack import Cell, make_schemas

pytestmark = pytest.mark.stack

CITY = "guiping"
WHY = "线路起火隐患，请尽快研究"


@pytest.fixture(scope="module")
def cell(backing: Backing) -> Cell:
    return make_schemas(backing, CITY, SERVICES)


class Post:
    """Who acts at one community's body and round it."""

    def __init__(self, o: LedgerOffice) -> None:
        city = o.city
        self.body = next(b for b in city.bodies.values() if b.level == "community" and len(b.members) > 2)
        unit = self.body.unit
        self.secretary = Actor("post", f"{unit}:{self.body.secretary}")
        self.convener = Actor("post", f"{unit}:{self.body.convener}")
        self.above = Actor("unit", city.body_above(unit).unit)
        self.member = next(Actor("department", m.code) for m in self.body.members if m.kind == "department")
        self.below = Actor("unit", city.children(unit)[0].code)
        self.other = next(
            Actor("unit", b.unit) for b in city.bodies.values() if b.level == "community" and b.unit != unit
        )
        strangers = (code for code in city.departments if code not in {m.code for m in self.body.members})
        self.stranger = Actor("department", next(strangers))


async def test_a_temporary_meeting_goes_from_proposal_to_minutes_and_two_signatures_are_one(cell: Cell) -> None:
    async with ledger_office(cell) as o:
        who = Post(o)
        unit = who.body.unit
        noon = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
        await o.at(noon)
        await o.store.seed(seeds(o.city, noon))
        proposed = await o.post(
            "/v1/topics", unit, kind="funding", summary="楼道线路老化", tried="已停用充电", asked="请拨改造经费"
        )
        topic = proposed.json()["subject"]
        assert (await o.post(f"/v1/topics/{topic}/admit", who.secretary)).status_code == 200
        await o.at(noon)

        agenda = (await o.get(f"/v1/bodies/{unit}/agenda", who.secretary)).json()
        assert [item["case"] for item in agenda["agenda"]] == [topic]
        described = (await o.http.get(f"/v1/bodies/{unit}")).json()
        assert (described["name"], described["convener"]["code"]) == (who.body.name, who.body.convener)
        assert len(described["slots"]) == 4

        refused = await o.post(f"/v1/bodies/{unit}/propose", who.stranger, cases=[topic], why=WHY)
        assert (refused.status_code, refused.json()["rule"]) == (409, "body.not_a_member")
        asked = await o.post(f"/v1/bodies/{unit}/propose", who.member, cases=[topic], why=WHY)
        meeting = f"meeting:{unit}:{asked.json()['facts'][0]['data']['number']}"
        await o.at(noon + timedelta(seconds=1))
        opens_at = datetime(2026, 3, 4, 15, tzinfo=SHANGHAI)
        called = await o.post(f"/v1/meetings/{meeting}/call", who.secretary, opens_at=opens_at.isoformat())
        assert called.json()["rule"] == "body.other_post"
        called = await o.post(f"/v1/meetings/{meeting}/call", who.convener, opens_at=opens_at.isoformat())
        assert called.status_code == 200, called.text

        await o.at(opens_at)
        present = [member.code for member in who.body.members]
        held = await o.post(f"/v1/meetings/{meeting}/hold", who.convener, present=present)
        assert held.status_code == 200, held.text
        decision = {"topic": agenda["agenda"][0]["topic"], "kind": "defer", "why": "待街道核定经费"}
        recorded = await o.post(f"/v1/meetings/{meeting}/record", who.secretary, decisions=[decision], plans="下月整治")
        assert recorded.status_code == 200, recorded.text
        signed = await asyncio.gather(*(o.post(f"/v1/meetings/{meeting}/adopt", who.convener) for _ in range(5)))
        assert sorted(answer.status_code for answer in signed) == [200, 409, 409, 409, 409]
        assert {answer.json()["rule"] for answer in signed if answer.status_code == 409} == {"move.forbidden"}

        shown = (await o.get(f"/v1/meetings/{meeting}", who.member)).json()
        assert (shown["status"], shown["caller"], shown["place"]) == ("adopted", who.body.convener, who.body.slot.place)
        await _rights(o, who, meeting, topic)


async def _rights(o: LedgerOffice, who: Post, meeting: str, topic: str) -> None:
    """Everybody reads what is his business, and nothing else."""
    unit, operations = who.body.unit, Actor("operations", o.city.root.code)
    everyone = {
        "own": Actor("unit", unit),
        "secretary": who.secretary,
        "above": who.above,
        "operations": operations,
        "member": who.member,
        "below": who.below,
        "other": who.other,
        "stranger": who.stranger,
        "resident": Actor("resident", "r-1"),
        "source": Actor("source", "hotline"),
    }
    over = {"own", "secretary", "above", "operations"}
    for path, may in (
        (f"/v1/ledger/{unit}", over),
        (f"/v1/topics?body={unit}", over),
        (f"/v1/topics/{topic}", over),
        (f"/v1/bodies/{unit}/agenda", over),
        (f"/v1/meetings/{meeting}", over | {"member"}),
    ):
        found = {name for name, actor in everyone.items() if (await o.get(path, actor)).status_code == 200}
        assert found == may, path
        denied = await o.get(path, everyone["resident"])
        assert (denied.status_code, denied.json()["rule"]) == (403, "actor.not_allowed")
    for name, actor in everyone.items():
        listed = (await o.get(f"/v1/meetings?body={unit}&limit=50", actor)).json()["meetings"]
        assert (meeting in {row["id"] for row in listed}) == (name in over | {"member"}), name
