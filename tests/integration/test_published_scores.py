"""From the freeze to the reader: the clock publishes, a late change revises, HTTP opens each figure to its cases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.feedback.api import router
from services.feedback.domain import STATES, decide, evolve, seeds, touches
from services.feedback.domain.assessment import Assessed
from services.feedback.domain.case_line import LineRow
from services.feedback.domain.counting import LateChange, due
from services.feedback.domain.deed import Deed
from services.feedback.domain.duty import MissedDuty
from services.feedback.domain.period import Period
from services.feedback.domain.rating import Counted
from services.feedback.store import Store
from services.feedback.tables.case_list import LISTINGS
from services.feedback.translate import WIRE, refusal
from shared.city.load import load
from shared.city.model import City, UnitLevel
from shared.kernel.decisions import Actor, Arm
from shared.persistence.connection import Connection
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import sign
from tests.support.feedback_tables import feedback_tables
from tests.unit.feedback.cards import LINE, at

pytestmark = pytest.mark.stack

SECRET = "s" * 32
JUNE = Period.parse("2026-06")
CITY = load("donggang")
GRID = CITY.of_level(UnitLevel.GRID)[0]
COMMUNITY, STREET = (unit.code for unit in CITY.ancestors(GRID.code)[:2])
LEAD, OTHER = list(CITY.departments)[:2]
SUBGRID = next(unit.code for unit in CITY.of_level(UnitLevel.SUBGRID) if unit.parent == GRID.code)
STRANGER = next(unit.code for unit in CITY.of_level(UnitLevel.COMMUNITY) if unit.code != COMMUNITY)
FROZEN = JUNE.freeze_at(CITY.policies[0].freeze, CITY.calendar)


class Room:
    """Feedback without broker: its tables, its clock door, its HTTP."""

    def __init__(self, dsns: dict[str, str], city: City) -> None:
        self.dsns, self.city = dsns, city
        self.engine = connect(dsns["feedback"])
        self.store = Store(SECRET, city.code)
        service = Service("feedback", decide, evolve, STATES, WIRE, self.store, touches, refusal, seeds)
        bench = Bench(service, city, city.code, city.version, new_id)
        self.sql = SqlStore(self.engine, bench, schema_of(city.code))
        self.shell = Shell(self.sql, bench)
        desk = Desk(self.shell, SECRET)
        app = FastAPI()
        answer_problems(app)
        app.include_router(router(desk))
        app.state.desk = desk
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://feedback")

    async def at(self, when: datetime) -> None:
        """Set the clock and fire everything that is due."""
        conn = await asyncpg.connect(self.dsns["admin"])
        clock = f'"{schema_of(self.city.code)}".clock'
        await conn.execute(f"DELETE FROM {clock}")
        await conn.execute(f"INSERT INTO {clock} VALUES (clock_timestamp(), $1, 0, NULL)", when)
        await conn.close()
        while await self.shell.take_due():
            pass

    async def keep(self, *rows: Any) -> None:
        async with self.engine.begin() as conn:
            raw = (await conn.get_raw_connection()).driver_connection
            await self.store.save(Connection(raw), list(rows))

    async def arm(self, arm: Arm) -> None:
        """Arm a deadline, as the message that changed a frozen line does."""
        conn = await asyncpg.connect(self.dsns["admin"])
        await conn.execute(f'SET search_path TO "{schema_of(self.city.code, "feedback")}"')
        statement = "INSERT INTO deadline (subject, name, due_at, data, touches) VALUES ($1, $2, $3, $4, '{}')"
        await conn.execute(statement, arm.subject, arm.name, arm.due_at, json.dumps(dict(arm.data)))
        await conn.close()

    async def get(self, path: str, actor: Actor | None = None, **asked: Any) -> httpx.Response:
        actor = actor or Actor("operations", "donggang")
        headers = {"Authorization": f"Bearer {sign(SECRET, self.city.code, actor)}"}
        return await self.http.get(path, params=asked or None, headers=headers)


def line(n: int, **changes: Any) -> LineRow:
    given = {"lead": LEAD, "dispatcher": STREET, "community": COMMUNITY, "grid": GRID.code, "number": f"DG-{n}"}
    return replace(LINE, case_id=f"case-{n:02d}", **{**given, **changes})


async def publish(dsns: dict[str, str]) -> None:
    """Publish June: twelve cases of one department, two of another; then send one of the twelve back."""
    made = Room(dsns, CITY)
    await made.at(at(6, 1, 9))
    await made.sql.seed(seeds(CITY, at(6, 1, 9)))
    await made.at(at(6, 1, 10))
    lines = [line(n) for n in range(12)] + [line(20 + n, lead=OTHER, subgrid=SUBGRID) for n in range(2)]
    lines[11] = replace(lines[11], excluded="unreasonable")
    answers = [
        Counted(one.case_id, "r1", 1, one.lead or "", "2026-06", True, n > 2, 5 if n % 3 else 3, True)
        for n, one in enumerate(lines)
    ]
    await made.keep(*lines, *answers)
    await made.at(FROZEN)
    later = FROZEN + timedelta(days=2)
    change = LateChange("2026-06", LEAD, "case-00", "sent_back", later)
    await made.keep(replace(lines[0], verified_at=None), change)
    await made.arm(due("revise", later, JUNE, CITY))
    await made.at(later)
    await made.engine.dispose()


@pytest.fixture(scope="module")
def dsns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with feedback_tables(tmp_path_factory.mktemp("published") / "data", "donggang") as dsns:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(publish(dsns))).result()
        yield dsns


@pytest.fixture
async def room(dsns: dict[str, str]) -> AsyncIterator[Room]:
    made = Room(dsns, CITY)
    yield made
    await made.http.aclose()
    await made.engine.dispose()


async def test_the_published_cards_name_policy_revision_freeze_and_cause(room: Room) -> None:
    found = (await room.get("/v1/scores", period="2026-06")).json()["scores"]
    cards = {score["unit"]: score for score in found}
    assert cards.keys() == {LEAD, OTHER, STREET, COMMUNITY, GRID.code, SUBGRID, "donggang"}
    assert (cards[LEAD]["policy"], cards[LEAD]["revision"], cards[LEAD]["cause"]) == ("1", 2, ["sent_back"])
    assert datetime.fromisoformat(cards[LEAD]["frozen_at"]) == FROZEN
    assert (cards[LEAD]["place"], cards[LEAD]["ranked"], cards[LEAD]["few"]) == (1, 1, False)
    assert (cards[OTHER]["place"], cards[OTHER]["few"], cards[OTHER]["revision"]) == (None, True, 1)
    assert cards["donggang"]["asked"] == 14


async def test_every_revision_stays(room: Room) -> None:
    one = (await room.get(f"/v1/scores/{LEAD}/2026-06")).json()
    assert [(r["revision"], r["rates"]["closing"]["numerator"]) for r in one["revisions"]] == [(1, "12"), (2, "11")]
    assert one["now"]["rates"]["closing"] == one["revisions"][-1]["rates"]["closing"]
    assert one["what_if"] is False


async def test_a_figure_opens_to_its_cases_and_what_is_left_out(room: Room) -> None:
    closing = (await room.get(f"/v1/scores/{LEAD}/2026-06/closing")).json()
    assert (closing["numerator"], closing["denominator"], closing["percent"]) == ("11", 12, "91.67")
    assert (closing["revision"], closing["published"]["percent"]) == (2, "91.67")
    parts = {case["case"]: case["part"] for case in closing["cases"]}
    assert parts["case-00"] == "denominator"
    assert sum(part == "numerator" for part in parts.values()) == 11
    solved = (await room.get(f"/v1/scores/{LEAD}/2026-06/resolution", part="excluded")).json()
    assert [(case["case"], case["why"]) for case in solved["cases"]] == [("case-11", "unreasonable")]
    assert solved["denominator"] == 11


@pytest.mark.parametrize("period", ["2026-06", "2026-Q2", "2026"])
async def test_every_figure_opens_for_each_kind_of_unit_and_each_length_of_period(room: Room, period: str) -> None:
    city = CITY.root.code
    units = {"department": (LEAD, 12), "street": (STREET, 14), "community": (COMMUNITY, 14), "grid": (GRID.code, 14)}
    for kind, (unit, cases) in {**units, "subgrid": (SUBGRID, 2), "city": (city, 14)}.items():
        card = (await room.get(f"/v1/scores/{unit}/{period}")).json()["now"]
        assert (card["kind"], card["period"]) == (kind, period)
        closing = (await room.get(f"/v1/scores/{unit}/{period}/closing")).json()
        assert (closing["denominator"], len(closing["cases"])) == (cases, cases), kind
        for rate in LISTINGS:
            opened = (await room.get(f"/v1/scores/{unit}/{period}/{rate}")).json()
            counted = {**card, **card["rates"]}[rate]
            assert (opened["numerator"], opened["denominator"]) == (counted["numerator"], counted["denominator"])
            parts = [case["part"] for case in opened["cases"]]
            assert len(parts) - parts.count("excluded") == opened["denominator"], (kind, rate)


async def test_a_card_shows_what_events_gave_beside_what_people_judged(room: Room) -> None:
    heard = [Deed("wish:C01:1", n, COMMUNITY, kind, at(6, 3), None) for n, kind in enumerate(("ordered", "done"))]
    missed = MissedDuty("leader_visits", "2026Q2", COMMUNITY, "vice-1", "", STREET, 0, 1, at(6, 30))
    await room.keep(*heard, missed, Assessed(2026, LEAD, COMMUNITY, 52, 4524, True))
    month, quarter, year = [
        (await room.get(f"/v1/cards/{COMMUNITY}/{p}")).json() for p in ("2026-06", "2026-Q2", "2026")
    ]
    assert (month["score"]["composite"], month["score"]["revision"]) != (None, 0)
    assert (month["deeds"]["counts"]["done"], month["duties_missed"], month["assessed"]) == (1, [], None)
    assert [duty["leader"] for duty in quarter["duties_missed"]] == ["vice-1"]
    assert year["score"] is None
    nothing = dict.fromkeys(("hundred_point", "two_way", "street_rights", "joint_review"))
    assert year["assessed"] == {**nothing, "satisfaction": []}
    judged = (await room.get(f"/v1/cards/{LEAD}/2026")).json()["assessed"]
    assert (judged["hundred_point"]["score"], judged["hundred_point"]["valid"]) == ("87.00", [COMMUNITY])
    assert (await room.get("/v1/cards/nobody/2026")).status_code == 404
    assert (await room.get(f"/v1/cards/{LEAD}/2026", Actor("resident", "r"))).status_code == 403


async def test_pages_follow_each_other_without_end_or_gap(room: Room) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (await room.get(f"/v1/scores/{LEAD}/2026-06/closing", after=after, limit=5)).json()
        seen += [case["case"] for case in page["cases"]]
        after = page["next"]
    assert seen == [f"case-{n:02d}" for n in range(12)]
    first = (await room.get("/v1/scores", period="2026-06", limit=4)).json()
    rest = (await room.get("/v1/scores", period="2026-06", after=first["next"])).json()
    assert len({s["unit"] for s in first["scores"] + rest["scores"]}) == 7


async def test_a_composite_opens_to_its_parts_and_weights(room: Room) -> None:
    found = (await room.get(f"/v1/scores/{LEAD}/2026-06/composite")).json()
    assert [(part["rate"], part["weight"]) for part in found["parts"]] == [
        ("response", "1/10"), ("resolution", "1/2"), ("satisfaction", "2/5"),
    ]  # fmt: skip
    assert found["percent"] == found["published"]


async def test_a_what_if_is_labelled_and_publishes_nothing(room: Room) -> None:
    refused = await room.get("/v1/what-if", period="2026-06", policy=2)
    assert refused.json()["rule"] == "policy.unknown"
    same = (await room.get("/v1/what-if", period="2026-06", policy=1)).json()
    assert (same["what_if"], len(same["scores"])) == (True, 7)


async def test_published_policies_are_open_to_every_desk(room: Room) -> None:
    (policy,) = (await room.get("/v1/policies", Actor("department", OTHER))).json()["policies"]
    assert (policy["version"], policy["weights"]["resolution"], policy["freeze"]) == (1, "1/2", "7 wd")


@pytest.mark.parametrize(
    ("kind", "who", "path", "status"),
    [
        ("department", LEAD, f"/v1/scores/{LEAD}/2026-06/closing", 200),
        ("department", OTHER, f"/v1/scores/{LEAD}/2026-06/closing", 403),
        ("unit", COMMUNITY, f"/v1/scores/{COMMUNITY}/2026-06", 200),
        ("unit", STREET, f"/v1/scores/{COMMUNITY}/2026-06/closing", 200),
        ("unit", STRANGER, f"/v1/scores/{COMMUNITY}/2026-06/closing", 403),
        ("unit", COMMUNITY, f"/v1/scores/{STREET}/2026-06/closing", 403),
        ("unit", COMMUNITY, f"/v1/scores/{LEAD}/2026-06", 403),
        ("department", OTHER, "/v1/scores?period=2026-06", 200),
        ("resident", "r", "/v1/scores?period=2026-06", 403),
        ("source", "hotline", f"/v1/scores/{LEAD}/2026-06", 403),
        ("source", "hotline", "/v1/policies", 403),
        ("unit", STREET, "/v1/what-if?period=2026-06&policy=1", 403),
    ],
)  # fmt: skip
async def test_who_may_look_into_a_card(room: Room, kind: str, who: str, path: str, status: int) -> None:
    assert (await room.get(path, Actor(kind, who))).status_code == status


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        (f"/v1/scores/{LEAD}/2026-13", 422, "period"),
        (f"/v1/scores/{LEAD}/2026-06/beauty", 422, "rate"),
        ("/v1/scores/nobody/2026-06", 404, "unit"),
        (f"/v1/scores/{LEAD}/2026-06?policy=7", 409, "policy"),
    ],
)
async def test_what_does_not_exist_is_refused_with_the_field(room: Room, path: str, status: int, field: str) -> None:
    response = await room.get(path)
    assert (response.status_code, response.json()["field"]) == (status, field)
