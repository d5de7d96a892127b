"""Links, call-backs, judgements, exclusions and remarks on a real PostgreSQL, over HTTP, by feedback's own doors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from fractions import Fraction
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.feedback.api import router
from services.feedback.chores import taps
from services.feedback.domain.heard import (
    CaseClosed,
    CaseRegistered,
    OrderVerified,
    Placement,
    ReporterJoined,
    ResidentErased,
)
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import SYSTEM, Actor, Message
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from shared.shell.work import Batch, Work
from tests.support.room import SECRET, Room, room
from tests.support.stack import Cell, make_schemas

pytestmark = pytest.mark.stack

FIRST, SECOND = Actor("operations", "officer-1"), Actor("operations", "officer-2")
LEAD = Actor("department", "municipal")
GOOD = {"contacted": True, "solved": True, "grade": 5}


@pytest.fixture(scope="module")
def guiping_cell(backing: Backing) -> Cell:
    return make_schemas(backing, "ratings", SERVICES)


class Town:
    """One case on feedback's desk, and the HTTP that people use."""

    def __init__(self, room: Room, http: httpx.AsyncClient) -> None:
        self.room, self.http, self.case = room, http, new_id()
        self.heard = {"intake": 0, "dispatch": 0}

    async def hear(self, service: str, fact: Any) -> None:
        """Deliver a fact of another service."""
        self.heard[service] += 1
        now = (await self.room.shell.store.now()).now
        sequence = self.heard[service]
        message = Message(fact, self.case, service, SYSTEM, now, f"{service}/{self.case}/{sequence}", sequence)
        outcome = await self.room.shell.take(Batch([Work(message)]), "log")
        assert not outcome.set_aside

    async def link(self, reporter: str) -> str:
        """Return the newest link of a reporter."""
        rows = await self.room.execute(
            "SELECT value::json ->> 'invitation' AS invitation FROM journal WHERE subject = $1 AND type = $2"
            " AND value::json ->> 'reporter' = $3 ORDER BY id DESC LIMIT 1",
            self.case, "rating.invited.v1", reporter,
        )  # fmt: skip
        return f"/v1/answers/{self.room.store.token(rows[0]['invitation'])}"

    async def get(self, path: str, actor: Actor | None = None, **params: Any) -> Any:
        answer = await self.http.get(path, params=params, headers=_signed(self.room, actor))
        return answer.json() if answer.status_code == 200 else answer.json()["rule"]

    async def post(self, path: str, body: Any, actor: Actor | None = None) -> Any:
        headers = {**_signed(self.room, actor), "Idempotency-Key": new_id()}
        answer = await self.http.post(path, json=body, headers=headers)
        return answer.json() if answer.status_code == 200 else answer.json()["rule"]

    async def do(self, verb: str, body: Any, actor: Actor) -> Any:
        """Command something about the case; returns the facts' types, or the rule that refuses it."""
        reply = await self.post(f"/v1/cases/{self.case}/{verb}", body, actor)
        return reply if isinstance(reply, str) else [fact["type"] for fact in reply["facts"]]


def _signed(room: Room, actor: Actor | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(SECRET, room.city.code, actor)}"} if actor else {}


@asynccontextmanager
async def town(cell: Cell) -> AsyncIterator[Town]:
    async with room(cell, "guiping") as made:
        made.city.shares["call_back"] = Fraction(1)  # everybody who is silent is drawn; the city is read for this room
        app = FastAPI()
        answer_problems(app)
        app.include_router(router(made.desk))
        app.state.desk = made.desk
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://feedback") as http:
            yield Town(made, http)


async def test_two_reporters_answer_by_link_and_by_telephone_and_the_unit_has_one_excluded(guiping_cell: Cell) -> None:
    async with town(guiping_cell) as t:
        await t.room.at(datetime(2026, 11, 2, 10, tzinfo=SHANGHAI))
        place = next(u.code for u in t.room.city.units.values() if u.level == "grid")
        await t.hear("intake", CaseRegistered("GP-1", "hotline", "h-1", "r1", True, Placement(place)))
        await t.hear("intake", ReporterJoined("mini", "m-1", "r2", True))
        await t.hear("dispatch", OrderVerified("municipal"))

        link = await t.link("r1")
        asked = await t.get(link)
        assert (asked["number"], asked["state"], asked["note"]) == ("GP-1", "open", None)
        assert asked["until"] == "2026-11-10T00:00:00+08:00"
        comment = "还是不亮，请打我电话13912345678"
        said = {"contacted": True, "solved": False, "grade": 2, "comment": comment}
        assert await t.post(link, said) == {"scored": True, "note": None, "follow_up": None}
        assert await t.post(link, said) == {"scored": True, "note": None, "follow_up": None}
        assert await t.post(link, GOOD) == "rating.already_answered"
        assert (await t.get(link))["state"] == "answered"
        assert await t.post(f"/v1/answers/{'x' * 43}", GOOD) == "rating.unknown_token"
        assert await t.post(f"/v1/answers/{'x' * 43}/taps", {"grade": 1}) == "rating.unknown_token"
        assert await t.post(f"{link}/taps", {"grade": 1}) == "rating.already_answered"

        mine = await t.get("/v1/invitations/mine", Actor("resident", f"{t.case}:r2"))
        assert mine == {"token": (await t.link("r2")).removeprefix("/v1/answers/")}
        assert await t.get("/v1/invitations/mine", Actor("resident", f"{t.case}:r3")) == "subject.unknown"
        assert await t.get("/v1/invitations/mine", Actor("source", "mini")) == "actor.not_allowed"

        waiting = (await t.get("/v1/judgements", FIRST))["tasks"]
        assert [(task["case"], task["reporter"]) for task in waiting] == [(t.case, "r1")]
        assert await t.do("judge", {"controllable": False, "why": "停电所致"}, FIRST) == ["rating.judged.v1"]
        assert (await t.get("/v1/judgements", FIRST))["tasks"] == []

        await t.room.at(datetime(2026, 11, 6, 9, tzinfo=SHANGHAI))
        await t.room.strike()
        (task,) = (await t.get("/v1/call-backs", FIRST))["tasks"]
        assert (task["reporter"], task["attempts"], task["tried_on"]) == ("r2", 0, None)
        missed = {"reporter": "r2", "outcome": "not_reached"}
        assert await t.do("call-back", missed, FIRST) == ["rating.call_back_attempted.v1"]
        assert await t.do("call-back", missed, FIRST) == "call_back.same_day"
        (task,) = (await t.get("/v1/call-backs", FIRST))["tasks"]
        assert (task["attempts"], task["tried_on"]) == (1, "2026-11-06")
        assert await t.get("/v1/call-backs", FIRST, after=f"2026-11-10T00:00:00+08:00~{t.case}~r2") == {
            "tasks": [],
            "next": None,
        }
        await t.room.at(datetime(2026, 11, 7, 9, tzinfo=SHANGHAI))
        reached = {"reporter": "r2", "outcome": "answered", **GOOD, "comment": "很好"}
        assert "rating.completed.v1" in await t.do("call-back", reached, SECOND)
        assert (await t.get("/v1/call-backs", FIRST))["tasks"] == []

        await t.hear("dispatch", CaseClosed("rated", "municipal", "S01"))
        counted = await t.room.execute(
            "SELECT reporter, grade FROM answer WHERE case_id = $1 ORDER BY reporter", t.case
        )
        assert [tuple(row) for row in counted] == [("r1", 2), ("r2", 5)]

        ask = {"code": "force_majeure", "why": "供电中断三天"}
        assert await t.do("ask-exclusion", ask, LEAD) == ["exclusion.asked.v1"]
        assert await t.do("support-exclusion", {"why": "供电公司证明"}, FIRST) == ["exclusion.supported.v1"]
        assert await t.do("decide-exclusion", {"granted": True, "why": "同意剔除"}, FIRST) == "exclusion.second_person"
        assert await t.do("decide-exclusion", {"granted": True, "why": "同意剔除"}, SECOND) == ["exclusion.decided.v1"]
        (row,) = (await t.get("/v1/exclusions", LEAD, unit="municipal", period="2026-11"))["exclusions"]
        assert (row["case"], row["stage"], row["code"]) == (t.case, "granted", "force_majeure")
        assert (row["supported_by"], row["decided_by"], row["lapsed"]) == ("officer-1", "officer-2", False)

        everything = (await t.get(f"/v1/cases/{t.case}/remarks", FIRST))["remarks"]
        assert [each["kind"] for each in everything] == [
            "comment", "judgement", "call_back", "exclusion_asked", "exclusion_supported", "exclusion_decided",
        ]  # fmt: skip
        assert everything[0]["text"] == comment
        masked = (await t.get(f"/v1/cases/{t.case}/remarks", LEAD))["remarks"]
        assert [each["kind"] for each in masked] == ["comment", "call_back"]
        assert "13912345678" not in masked[0]["text"]
        assert "还是不亮" in masked[0]["text"]
        assert await t.get(f"/v1/cases/{t.case}/remarks", Actor("department", "gardens")) == "actor.not_allowed"

        kept = "SELECT count(*) AS n, bool_or(reporter = 'r1') AS his FROM remark WHERE case_id = $1"
        await t.hear("intake", ResidentErased(""))
        assert [tuple(row) for row in await t.room.execute(kept, t.case)] == [(6, True)]
        await t.hear("intake", ResidentErased("r1"))
        (left,) = await t.room.execute(kept, t.case)
        assert 0 < left["n"] < 6
        assert left["his"] is False


async def test_a_late_answer_and_a_window_over_leave_what_was_counted_as_it_is(guiping_cell: Cell) -> None:
    async with town(guiping_cell) as t:
        await t.room.at(datetime(2026, 3, 2, 10, tzinfo=SHANGHAI))
        await t.hear("intake", CaseRegistered("GP-2", "hotline", "h-2", "r1", True, Placement("guiping")))
        await t.hear("dispatch", OrderVerified("municipal"))
        link = await t.link("r1")
        await t.room.at(datetime(2026, 3, 10, 0, 0, 1, tzinfo=SHANGHAI))
        await t.room.strike()
        assert await t.room.execute("SELECT 1 FROM task WHERE case_id = $1 AND outcome = 'lapsed'", t.case)
        await t.hear("dispatch", CaseClosed("window_over", "municipal", "S01"))
        assert (await t.get(link))["note"]["code"] == "late"
        told = await t.post(link, {"contacted": False, "solved": False, "grade": 1})
        assert (told["scored"], told["follow_up"]) == (False, {"follows": t.case, "number": "GP-2"})
        (row,) = await t.room.execute("SELECT grade, valid FROM answer WHERE case_id = $1", t.case)
        assert tuple(row) == (None, False)


async def test_no_token_stands_in_any_table_or_fact(guiping_cell: Cell) -> None:
    async with town(guiping_cell) as t:
        await t.room.at(datetime(2026, 4, 1, 10, tzinfo=SHANGHAI))
        await t.hear("intake", CaseRegistered("GP-3", "hotline", "h-3", "r1", True, Placement("guiping")))
        await t.hear("dispatch", OrderVerified("municipal"))
        token = (await t.link("r1")).rsplit("/", 1)[1]
        for table in ("subject", "invitation", "task", "deadline"):
            rows = await t.room.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%{token}%'")
            assert rows[0][0] == 0, table
        facts = await t.room.execute("SELECT type FROM journal WHERE value LIKE '%' || $1 || '%'", token)
        assert [row["type"] for row in facts] == ["invitation.sent.v1"]


async def test_each_tap_is_kept_and_a_whole_answer_counts_though_no_last_button_was_pressed(guiping_cell: Cell) -> None:
    async with town(guiping_cell) as t:
        await t.room.at(datetime(2026, 11, 2, 10, tzinfo=SHANGHAI))
        place = next(u.code for u in t.room.city.units.values() if u.level == "grid")
        await t.hear("intake", CaseRegistered("GP-1", "hotline", "h-1", "r1", True, Placement(place)))
        await t.hear("dispatch", OrderVerified("municipal"))
        link = await t.link("r1")
        assert (await t.get(link))["taps"] == {"contacted": None, "solved": None, "grade": None, "comment": None}
        await t.post(f"{link}/taps", {"solved": True})
        await t.post(f"{link}/taps", {"solved": False, "comment": "三楼仍漏"})
        assert (await t.post(f"{link}/taps", {"contacted": True}))["taps"]["solved"] is False
        assert await taps.once(t.room.desk, still=0) == 0, "not whole yet"
        assert await t.post(f"{link}/taps", {"grade": 6}) == "message.invalid"
        await t.post(f"{link}/taps", {"grade": 2})
        assert await taps.once(t.room.desk) == 0, "he may change his mind"
        assert await taps.once(t.room.desk, still=0) == 1
        assert (await t.get(link))["state"] == "answered"
        (given,) = await t.room.execute(
            "SELECT value::json AS v FROM journal WHERE subject = $1 AND type = 'rating.answered.v1'", t.case
        )
        assert '"grade":2' in str(given["v"]).replace(" ", "")
        assert await taps.once(t.room.desk, still=0) == 0


async def test_words_tapped_and_left_go_with_an_erased_reporter_and_after_thirty_days(guiping_cell: Cell) -> None:
    async with town(guiping_cell) as t:
        await t.room.at(datetime(2026, 11, 2, 10, tzinfo=SHANGHAI))
        await t.hear("intake", CaseRegistered("GP-4", "hotline", "h-4", "r1", True, Placement("guiping")))
        await t.hear("intake", ReporterJoined("hotline", "h-5", "r2", True))
        await t.hear("dispatch", OrderVerified("municipal"))
        left = "SELECT comment FROM tap ORDER BY comment"
        for reporter in ("r1", "r2"):
            await t.post(f"{await t.link(reporter)}/taps", {"comment": f"{reporter}，我叫王小明"})
        await t.hear("intake", ResidentErased("r1"))
        assert [row["comment"] for row in await t.room.execute(left)] == ["r2，我叫王小明"]
        for days, rows in ((29, 1), (31, 0)):
            await t.room.execute(f"UPDATE tap SET at = clock_timestamp() - make_interval(days => {days})")
            await taps.once(t.room.desk)
            assert len(await t.room.execute(left)) == rows
