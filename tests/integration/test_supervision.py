"""The tables behind assessments, votes and checks on a real PostgreSQL, through feedback's own desk and clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.cli.main import build
from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.feedback.domain import STATES, decide, evolve, touches
from services.feedback.domain.assessment import subject_of
from services.feedback.domain.brief import Brief
from services.feedback.domain.draw import subject_of as draw_subject
from services.feedback.domain.drawing import CityHead
from services.feedback.store import Store
from services.feedback.translate import WIRE, refusal
from shared.city.load import load
from shared.contracts import supervision
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from tests.support.stack import Cell, make_schemas

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

SECRET = "s" * 32


@pytest.fixture(scope="module")
def donggang_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "donggang", SERVICES)


@pytest.fixture(scope="module")
def guiping_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "guiping", SERVICES)


class Room:
    """Feedback's desk and clock on a real database, without a broker."""

    def __init__(self, cell: Cell, city: Any) -> None:
        self.cell, self.city = cell, city
        self.engine = connect(cell.dsns["feedback"])
        self.store = Store(SECRET, city.code)
        service = Service("feedback", decide, evolve, STATES, WIRE, self.store, touches, refusal)
        bench = Bench(service, city, city.code, city.version, new_id)
        self.shell = Shell(SqlStore(self.engine, bench, schema_of(city.code)), bench)
        self.desk = Desk(self.shell, SECRET)

    async def at(self, when: datetime) -> None:
        """Set the city's clock."""
        await self.execute(f'DELETE FROM "{self.city.code}".clock')
        await self.execute(f'INSERT INTO "{self.city.code}".clock VALUES (clock_timestamp(), $1, 0, NULL)', when)

    async def execute(self, statement: str, *values: Any) -> list[Any]:
        conn = await asyncpg.connect(self.cell.dsns["admin"])
        try:
            await conn.execute(f'SET search_path TO "{schema_of(self.city.code, "feedback")}"')
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()

    async def send(self, data: Any, subject: str, actor: Actor, *, creates: bool = False) -> Any:
        return await self.desk.submit(data, subject, actor, new_id(), creates=creates)

    async def refused(self, data: Any, subject: str, actor: Actor) -> str:
        with pytest.raises(Refused) as refused:
            await self.send(data, subject, actor)
        return refused.value.rule

    async def strike(self) -> int:
        """Fire everything that is due."""
        fired = 0
        while taken := await self.shell.take_due():
            fired += taken
        return fired


@asynccontextmanager
async def room(cell: Cell, city: str) -> AsyncIterator[Room]:
    made = Room(cell, load(city))
    task = asyncio.create_task(made.desk.run())
    try:
        yield made
    finally:
        task.cancel()
        await made.engine.dispose()


async def test_a_session_of_fifty_two_is_counted_and_no_row_joins_token_and_choice(donggang_cell: Cell) -> None:
    async with room(donggang_cell, "donggang") as r:
        community = next(u.code for u in r.city.units.values() if u.level == "community")
        unit = r.city.paired_with(community)[0]
        box, owner = subject_of(community, 2026), Actor("unit", community)
        await r.at(datetime(2026, 12, 10, 9, tzinfo=SHANGHAI))
        sheet = [{"code": "work", "name": "共建", "most": 60}, {"code": "wish", "name": "微心愿", "most": 40}]
        opened = supervision.OpenAssessment.model_validate(
            {"community": community, "year": 2026, "criteria": sheet,
             "opens_at": "2026-12-10T09:00:00+08:00", "until": "2026-12-25T18:00:00+08:00"}
        )  # fmt: skip
        await r.send(opened, box, owner, creates=True)
        raters = supervision.NameRaters.model_validate(
            {"raters": [{"rater": f"r{n}", "kind": "party"} for n in range(60)]}
        )
        await r.send(raters, box, owner)
        assert await r.refused(raters, box, owner) == "assessment.rater_twice"

        tokens = [r.store.supervised.boxes.token(box, f"r{n}") for n in range(60)]
        totals = [95] * 20 + [88] * 18 + [80] * 10 + [60] * 4
        ballots = [
            supervision.CastBallot(token=token, unit=unit, points={"work": min(60, total), "wish": max(0, total - 60)})
            for token, total in zip(tokens, totals, strict=False)
        ]
        voter = Actor("resident", "app")
        await asyncio.gather(*(r.send(ballot, box, voter) for ballot in ballots[:49]))
        assert await r.refused(supervision.CloseAssessment(), box, owner) == "assessment.too_few"
        # The same token twice in one batch: one counts, the other is refused.
        twice = await asyncio.gather(*(r.send(ballots[49], box, voter) for _ in range(2)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in twice) == ["Refused", "Reply"]
        await asyncio.gather(*(r.send(ballot, box, voter) for ballot in ballots[50:]))
        assert await r.refused(ballots[0], box, voter) == "ballot.spent"

        reply = await r.send(supervision.CloseAssessment(), box, owner)
        first = reply.facts[0]["data"]["results"][0]
        assert (first["ballots"], first["points"], first["score"]) == (52, 4524, "87.00")
        kept = await r.execute("SELECT content, count, xmin::text AS x FROM ballot WHERE box = $1", box)
        assert sorted(row["count"] for row in kept) == [4, 10, 18, 20]
        spent = await r.execute("SELECT xmin::text AS x FROM spent WHERE box = $1", box)
        assert (len(spent), len({row["x"] for row in (*kept, *spent)})) == (52, 1)
        assert await r.execute("SELECT 1 FROM journal WHERE type LIKE 'ballot%'") == []
        digests = await r.execute("SELECT result->>'digest' AS d FROM inbox WHERE sender = 'resident:app'")
        assert {row["d"] for row in digests} == {""}
        assert await r.strike() == 0


async def test_a_draw_from_real_tables_is_made_by_the_city_s_head_and_holds(guiping_cell: Cell) -> None:
    async with room(guiping_cell, "guiping") as r:
        place = next(u for u in r.city.units.values() if u.level == "grid")
        community = r.city.ancestors(place.code)[0].code
        street = r.city.ancestors(community)[0].code
        now = datetime(2026, 9, 11, 10, tzinfo=SHANGHAI)
        await r.at(now)
        common = {"matter": "street-lights", "place": place.code, "community": community, "registered_at": now}
        briefs = [Brief(f"case-{n}", **common) for n in range(6)]
        briefs += [Brief(f"ended-{n}", closed_at=now - timedelta(days=n * 60), reason="rated") for n in range(3)]
        briefs += [replace(brief, **common) for brief in briefs[6:]]
        async with r.engine.begin() as conn:
            await r.store.save(conn, [*briefs, replace(briefs[0], lead="S01", verifier=community)])
        kinds = (supervision.CheckKind.SPOT_CHECK, supervision.CheckKind.LOOK_BACK)
        for kind in kinds:
            asked = supervision.FreezeDraw(
                unit=community, quarter="2026Q3", kind=kind,
                inspectors=(supervision.Inspector(id="I-1", unit=street), supervision.Inspector(id="I-2", unit="S01")),
            )  # fmt: skip
            subject = draw_subject(community, "2026Q3", kind, None)
            reply = await r.send(asked, subject, Actor("operations", "o"), creates=True)
            cases = {case["id"]: case for case in reply.facts[0]["data"]["cases"]}
            expected = {"spot_check": {f"case-{n}" for n in range(6)}, "look_back": {"ended-0", "ended-1"}}
            assert cases.keys() == expected[kind]
        assert await r.strike() == 0
        async with r.engine.begin() as conn:
            await r.store.save(conn, [CityHead(date(2026, 9, 14), 0, "0" * 64)])
        await r.at(datetime(2026, 9, 15, 0, 0, 1, tzinfo=SHANGHAI))
        assert await r.strike() == 2
        (stated,) = await r.execute(
            "SELECT value FROM journal WHERE type = 'draw.made.v1' AND subject LIKE '%spot_check'"
        )
        made = json.loads(stated["value"])
        assert len(made["pairs"]) == 5
        dsn = r.cell.dsns["auditor"]
        name = draw_subject(community, "2026Q3", "spot_check", None)
        result = await asyncio.to_thread(
            CliRunner().invoke, build(), ["draw", "verify", name, "--city", "guiping", "--dsn", dsn]
        )
        assert (result.exit_code, "6" in result.output) == (0, True)
        pair = next(pair for pair in made["pairs"] if pair["inspector"] == "I-1")
        failed = supervision.RecordCheck(case=pair["case"], passed=False, finding="路灯仍不亮")
        done = await r.send(failed, name, Actor("unit", street))
        assert await r.strike() == 1
        (order,) = await r.execute("SELECT subject, value FROM journal WHERE type = 'check.failed.v1'")
        assert order["subject"] == done.facts[0]["data"]["follow_up"]
        assert json.loads(order["value"])["place"] == place.code
        # What a draw met is not looked back on again.
        again = asked.model_copy(update={"cycle": "squad-1"})
        reply = await r.send(again, f"{subject}:squad-1", Actor("operations", "o"), creates=True)
        assert reply.facts[0]["data"]["kind"] == "spot_check"
