"""The tables behind assessments, votes and checks on a real PostgreSQL, through feedback's own desk and clock."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from deploy.cli.main import build
from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.feedback.api import router
from services.feedback.domain.assessment import subject_of
from services.feedback.domain.brief import Brief
from services.feedback.domain.contact import Contact, LeaderAct
from services.feedback.domain.draw import subject_of as draw_subject
from services.feedback.domain.drawing import CityHead
from services.feedback.domain.duty import VISITS, seeds
from services.feedback.domain.exporting import MemberGrade
from services.feedback.domain.pay import HouseholdVisit, VerificationDone, VerificationDue, persons
from services.feedback.tables.contact import CONTACTS, MISSED
from services.feedback.tables.listed import POLLS
from services.feedback.tables.star import HELD
from shared.contracts import supervision
from shared.contracts.appraisal import ExportResults
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from tests.support.room import SECRET, room
from tests.support.stack import Cell, make_schemas

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def donggang_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "assessments", SERVICES)


@pytest.fixture(scope="module")
def longchang_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "longchang", SERVICES)


@pytest.fixture(scope="module")
def yulin_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "yulin", SERVICES)


@pytest.fixture(scope="module")
def guiping_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "guiping", SERVICES)


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
        place = [u for u in r.city.units.values() if u.level == "grid"][-1]  # other tests use the first
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
            CliRunner().invoke, build("draw"), ["draw", "verify", name, "--city", "guiping", "--dsn", dsn]
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


async def test_a_person_votes_once_and_sealed_scores_are_opened_together(longchang_cell: Cell) -> None:
    async with room(longchang_cell, "longchang") as r:
        now = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
        await r.at(now)
        department = next(d for d in r.city.departments if r.city.communities_of(d))
        community = r.city.communities_of(department)[0]
        subject = "mutual:two_way:2026"
        window = {"kind": "two_way", "year": 2026, "opens_at": now, "until": now + timedelta(days=9)}
        opened = supervision.OpenMutual.model_validate(window)
        await r.send(opened, subject, Actor("operations", "o"), creates=True)
        one = r.send(supervision.SealScore(rated=department, points=92), subject, Actor("unit", community))
        other = r.send(supervision.SealScore(rated=community, points=85), subject, Actor("department", department))
        await asyncio.gather(one, other)
        stated = await r.execute("SELECT value FROM journal WHERE type LIKE 'mutual.seal%'")
        assert all("points" not in json.loads(row["value"]) for row in stated)
        assert await r.strike() == 1
        shown = await r.execute("SELECT value FROM journal WHERE type = 'mutual.seal_opened.v1'")
        assert sorted(json.loads(row["value"])["points"] for row in shown) == [85, 92]
        await r.at(now + timedelta(days=9, seconds=1))
        assert await r.strike() == 1


async def test_a_vote_on_real_tables(yulin_cell: Cell) -> None:
    async with room(yulin_cell, "yulin") as r:
        now = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
        await r.at(now)
        options = [{"code": "a", "text": "甲"}, {"code": "b", "text": "乙"}]
        asked = supervision.OpenPoll.model_validate(
            {"kind": "vote", "unit": "yulin", "code": "v", "opens_at": now, "until": now + timedelta(days=1),
             "questions": [{"code": "q", "text": "评选", "options": options}]}
        )  # fmt: skip
        subject, source = "poll:yulin:v", Actor("source", "mini")
        await r.send(asked, subject, Actor("unit", "yulin"), creates=True)
        votes = [supervision.CastVote(voter=f"p{n % 30}", answers={"q": "a" if n % 3 else "b"}) for n in range(40)]
        replies = await asyncio.gather(*(r.send(vote, subject, source) for vote in votes), return_exceptions=True)
        assert sum(isinstance(reply, Refused) for reply in replies) == 10

        async def listed(unit: str, status: str | None = None) -> list[tuple[str, int, Any]]:
            asked = {"units": [unit], "status": status, "limit": 9}
            async with r.engine.connect() as conn:
                return [(row.id, row.voters, row.state["counted"]) for row in await conn.execute(POLLS, asked)]

        assert await listed("yulin") == [(subject, 30, None)], "how many answered shows, what they chose does not"
        assert await listed("C01") == []
        await r.at(now + timedelta(days=1, seconds=1))
        assert await r.strike() == 1
        assert await listed("yulin", "open") == []
        (counted,) = await r.execute("SELECT value FROM journal WHERE type = 'poll.counted.v1'")
        said = json.loads(counted["value"])
        assert (said["answered"], sum(choice["count"] for choice in said["choices"])) == (30, 30)


async def test_every_figure_of_the_analysis_opens_to_its_cases(guiping_cell: Cell) -> None:
    async with room(guiping_cell, "guiping") as r:
        await r.execute("DELETE FROM brief")
        grids = [u for u in r.city.units.values() if u.level == "grid"][:40]
        monday = datetime(2026, 9, 7, 8, tzinfo=SHANGHAI)
        briefs = []
        for n, grid in enumerate(grids):
            community = r.city.ancestors(grid.code)[0].code
            times = [monday - timedelta(weeks=w) for w in range(1, 13)] + (
                [monday] * 9 if n == 0 else [monday] * (n % 2)
            )
            times += [monday + timedelta(days=1)] * 3 if n in (0, 39) else []
            briefs += [
                Brief(f"{grid.code}-{i}", matter="noise", place=grid.code, grid=grid.code, community=community,
                      registered_at=at, lead="S01" if i else None)
                for i, at in enumerate(times)
            ]  # fmt: skip
        async with r.engine.begin() as conn:
            await r.store.save(conn, briefs)
        application = FastAPI()
        answer_problems(application)
        application.include_router(router(r.desk))
        application.state.desk = r.desk
        token = sign(SECRET, r.city.code, Actor("operations", "o"))
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://f", headers=headers) as client:

            async def get(path: str, **asked: Any) -> dict[str, Any]:
                response = await client.get(f"/v1/analysis/{path}", params=asked)
                assert response.status_code == 200, response.text
                found: dict[str, Any] = response.json()
                return found

            hot = await get("hot-spots", week="2026-09-09")
            assert [(h["grid"], h["cases"], len(h["case_ids"])) for h in hot["hot_spots"]] == [(grids[0].code, 12, 12)]
            week = {"first": "2026-09-07", "last": "2026-09-13"}
            recurring = (await get("recurring", **week))["recurring"]
            assert {(one["grid"], one["cases"]) for one in recurring} == {(grids[0].code, 12), (grids[39].code, 4)}
            trend = await get("trend", first="2026-06-15", weeks=13)
            assert [one["cases"] for one in trend["weeks"]] == [40] * 12 + [35]
            assert trend["control"]["above"] == []
            proposed = (await get("monthly-topic", month="2026-09"))["proposed"]
            assert [(one["matter"], one["communities"]) for one in proposed] == [("noise", 2)]
            stages = (await get("stages", **week))["stages"]
            assert stages == {"analyse": 0, "mobilise": 0, "act": 35, "look_back": 0, "sum_up": 0}
            for stage, count in stages.items():
                assert len((await get("cases", **week, stage=stage))["cases"]) == count
            month = {"first": "2026-09-01", "last": "2026-09-30", "matter": "noise", "recurs": "true"}
            again = (await get("cases", **month))["cases"]
            assert len({one["grid"] for one in again}) == proposed[0]["recurring"]
            assert len({one["community"] for one in again}) == proposed[0]["communities"]
            first = (await get("cases", **month, limit=5))["cases"]
            rest = (await get("cases", **month, after=first[-1]["case_id"]))["cases"]
            assert [one["case_id"] for one in (*first, *rest)] == [one["case_id"] for one in again]
            cases = (await get("cases", **week, unit=grids[0].code))["cases"]
            assert {case["case_id"] for case in cases} == set(hot["hot_spots"][0]["case_ids"])
            resident = {"Authorization": f"Bearer {sign(SECRET, r.city.code, Actor('resident', 'r'))}"}
            assert (await client.get("/v1/analysis/stages", params=week, headers=resident)).status_code == 403


async def test_a_grid_person_s_month_opens_to_its_cases(guiping_cell: Cell) -> None:
    async with room(guiping_cell, "guiping") as r:
        person = next(iter(persons(r.city, r.city.root.code)))
        noon = datetime(2026, 11, 2, 12, tzinfo=SHANGHAI)
        due = noon + timedelta(days=2)
        handled = [VerificationDue(f"v-{n}", noon, person, due) for n in range(3)]
        async with r.engine.begin() as conn:
            await r.store.save(
                conn,
                [
                    Brief("spot", number="1", raised_by=person, handler=person, registered_at=noon),
                    Brief("told", number="2", raised_by=person, registered_at=noon),
                    Brief("other month", number="3", raised_by=person, registered_at=noon - timedelta(days=2)),
                    *handled,
                    VerificationDone("v-0", due),
                    VerificationDone("v-1", due + timedelta(seconds=1)),
                    *[HouseholdVisit(person, noon.date())] * 3,
                    HouseholdVisit(person, noon.date() - timedelta(days=2)),
                ],
            )
            await r.store.save(conn, [HouseholdVisit(person, due.date()), HouseholdVisit(person, noon.date())])
        application = FastAPI()
        answer_problems(application)
        application.include_router(router(r.desk))
        application.state.desk = r.desk
        headers = {"Authorization": f"Bearer {sign(SECRET, r.city.code, Actor('operations', 'o'))}"}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://f", headers=headers) as client:
            found = (await client.get("/v1/pay-basis", params={"month": "2026-11", "unit": person})).json()
            (line,) = found["lines"]
            assert (line["reports"], line["solved_on_spot"], line["in_time"], line["due"]) == (2, 1, 1, 3)
            assert line["working_days"] == 21
            assert (line["days_visited"], line["visits"]) == (2, 5)
            behind = (await client.get(f"/v1/pay-basis/{person}", params={"month": "2026-11"})).json()["cases"]
            assert sum(case["what"] == "report" for case in behind) == 2
            assert sum(case["counts"] for case in behind if case["what"] == "verification") == 1
            text = (await client.get("/v1/pay-basis.csv", params={"month": "2026-11"})).text
            assert any(line.startswith(f"{person},") and ",2,1,1,3," in line for line in text.splitlines())
            neighbour = {"Authorization": f"Bearer {sign(SECRET, r.city.code, Actor('unit', 'nobody'))}"}
            asked = {"month": "2026-11", "unit": person}
            assert (await client.get("/v1/pay-basis", params=asked, headers=neighbour)).status_code == 403


async def test_a_duty_is_struck_by_what_the_tables_hold(guiping_cell: Cell) -> None:
    async with room(guiping_cell, "guiping") as r:
        now = datetime(2026, 12, 1, tzinfo=SHANGHAI)
        await r.at(now)
        await r.shell.store.seed(seeds(r.city, now))
        await r.at(datetime(2027, 1, 1, 0, 0, 1, tzinfo=SHANGHAI))
        await r.strike()
        communities = sum(unit.level == "community" for unit in r.city.units.values())
        (missed,) = await r.execute("SELECT count(*) AS n FROM journal WHERE type = 'duty.missed.v1'")
        assert missed["n"] == communities


async def test_a_leader_s_contact_points_are_a_table_and_a_missed_visit_stands_on_the_unit_s_card(
    guiping_cell: Cell,
) -> None:
    async with room(guiping_cell, "guiping") as r:
        now = datetime(2027, 2, 1, 9, tzinfo=SHANGHAI)
        unit, other = [u.code for u in r.city.units.values() if u.level == "community"][:2]
        came = LeaderAct("leader:vice-1", 3, "vice-1", unit, "visit", False, date(2027, 4, 30))
        async with r.engine.begin() as conn:
            rows = [Contact("vice-1", code, False, now) for code in (unit, other)]
            rows += [Contact("vice-2", unit, False, now), Contact("vice-2", unit, True, now + timedelta(days=1))]
            await r.store.save(conn, [*rows, came])
        await r.at(datetime(2027, 4, 2, tzinfo=SHANGHAI))
        await r.shell.store.seed(
            [one for one in seeds(r.city, datetime(2027, 4, 2, tzinfo=SHANGHAI)) if one[0] == VISITS]
        )
        await r.at(datetime(2027, 7, 1, 0, 0, 1, tzinfo=SHANGHAI))
        for _ in range(2):
            await r.strike()
        async with r.engine.connect() as conn:
            asked = {"unit": None, "above": None, "period": "2027Q2", "duty": "leader_visits", "limit": 10}
            missed = (await conn.execute(MISSED, asked)).all()
            span = {"first": date(2027, 4, 1), "end": date(2027, 7, 1)}
            table = (await conn.execute(CONTACTS, span)).all()
        assert [(row.unit, row.leader, row.done) for row in missed] == [(other, "vice-1", 0)]
        assert [(row.unit, row.visits, len(row.acts)) for row in table] == sorted([(unit, 1, 1), (other, 0, 0)])


async def test_stars_are_awarded_together_and_listed(yulin_cell: Cell) -> None:
    async with room(yulin_cell, "yulin") as r:
        await r.at(datetime(2026, 3, 2, 9, tzinfo=SHANGHAI))
        unit = next(
            u.code for u in r.city.units.values() if u.level == "community" and len(r.city.ancestors(u.code)) > 2
        )
        names = [f"star:organisation:{code}" for code in (unit, "other")]
        for name in names:
            asked = {"kind": "organisation", "code": name.rpartition(":")[2], "unit": unit, "star": 5}
            applied = supervision.ApplyForStar.model_validate(asked)
            await r.send(applied, name, Actor("unit", unit), creates=True)
            for level, points in zip(r.city.ancestors(unit), (93, 88, 91), strict=True):
                await r.send(supervision.ReviewStar(points=points), name, Actor("unit", level.code))
        reply = await r.send(supervision.AwardStars(stars=tuple(names)), names[0], Actor("operations", "o"))
        assert [(fact["subject"], fact["data"]["star"]) for fact in reply.facts] == [(name, 4) for name in names]
        async with r.engine.connect() as conn:
            rows = (await conn.execute(HELD, {"after": None, "limit": 10})).all()
        assert [(row.id, row.state["star"]) for row in rows] == [(name, 4) for name in sorted(names)]


async def test_results_are_handed_over_of_real_tables_and_lists_are_read(donggang_cell: Cell) -> None:
    async with room(donggang_cell, "donggang") as r:
        await r.at(datetime(2027, 2, 1, 9, tzinfo=SHANGHAI))
        grade = MemberGrade("C01", "m-7", 2026, "housing", "excellent", 6, 14)
        async with r.engine.begin() as conn:
            await r.store.save(conn, [grade, MemberGrade("C02", "m-8", 2026, "housing", "passed", 1, 2)])
            await r.store.save(conn, [grade])
        officer = Actor("operations", "o")
        asked = {kind: ExportResults.model_validate({"kind": kind, "year": 2026}) for kind in ("members", "merit")}
        with pytest.raises(Refused, match=r"export\.unpublished"):
            await r.send(asked["merit"], "export:merit:2026", officer, creates=True)
        done = await r.send(asked["members"], "export:members:2026", officer, creates=True)
        assert (done.facts[0]["data"]["lines"], done.facts[0]["data"]["revision"]) == (2, 1)
        application = FastAPI()
        answer_problems(application)
        application.include_router(router(r.desk))
        application.state.desk = r.desk
        headers = {"Authorization": f"Bearer {sign(SECRET, r.city.code, officer)}"}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://f", headers=headers) as client:
            (listed,) = (await client.get("/v1/results")).json()["exports"]
            kept = await client.get("/v1/results/members/2026.json")
            assert sha256(kept.content).hexdigest() == listed["digest"] == done.facts[0]["data"]["digest"]
            text = (await client.get("/v1/results/members/2026.csv?revision=1")).text
            assert "m-7,housing,C01,excellent,6,14,1" in text
            assert (await client.get("/v1/results/members/2026.xlsx")).content[:2] == b"PK"
            assert (await client.get("/v1/results/members/2026.csv?revision=2")).status_code == 404
            for path, name in (("consents", "consents"), ("joint-reviews/2026", "reviews"), ("problems", "problems")):
                assert (await client.get(f"/v1/{path}")).json() == {name: []}
            assert (await client.get("/v1/stars", params={"every": True})).json()["stars"] == []
            assert (await client.get("/v1/cards/C01/2026")).json()["assessed"]["satisfaction"] == []
