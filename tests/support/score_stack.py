"""A console with feedback behind it, over invented scores, tasks, draws, sessions and cases; no broker."""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from deploy.local import clock, database, postgres
from services.console import web
from services.feedback.api import router
from services.feedback.domain import STATES, decide, evolve, seeds, touches
from services.feedback.domain.ballot import NamedVoter
from services.feedback.domain.brief import Brief
from services.feedback.domain.case_line import AssignmentRow
from services.feedback.domain.deed import Deed
from services.feedback.domain.duty import MissedDuty
from services.feedback.domain.exclusion import Excluding, Stage
from services.feedback.domain.period import Period, Span
from services.feedback.domain.policy import policy_of, text_of
from services.feedback.domain.publishing import Publication, cards
from services.feedback.domain.ranking import places
from services.feedback.domain.rating import Counted, Remark
from services.feedback.domain.score import ScorePublished
from services.feedback.domain.task import Kind, Task
from services.feedback.store import Store
from services.feedback.tables.tally import tallies
from services.feedback.translate import WIRE, refusal
from shared.city.load import load
from shared.city.mechanisms import MECHANISMS
from shared.city.model import City, UnitLevel
from shared.contracts import supervision
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.persistence.connection import Connection
from shared.persistence.engine import connect, schema_of
from shared.persistence.migrate import migrate
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from tests.support.console_facts import tell_city
from tests.support.console_stack import NOON, SECRET, Served, _aside, fill
from tests.unit.feedback.cards import LINE

QUARTER = "2026Q4"
MONTHS = [Period(Span.MONTH, date(2026, month, 1)) for month in range(1, 11)]
LAST_YEAR = Period(Span.YEAR, date(2025, 1, 1))


@contextmanager
def scored(folder: Path, cases: int = 300, port: int = 0, at: datetime = NOON) -> Iterator[Served]:
    """Serve the console of a city with every mechanism, its scores of ten months and a year published, at a moment."""
    city = replace(load("donggang"), mechanisms=frozenset(MECHANISMS))
    server, door, admin = postgres.prepare(folder, logs=folder, is_lasting=False)
    with ExitStack() as stack:
        stack.callback(postgres.erase, folder)
        stack.callback(server.stop)
        postgres.start(server, door)
        names = (*database.SERVICES, database.AUDITOR)
        dsns = _aside(lambda: _make(admin, city.code, {name: secrets.token_hex(8) for name in names}, at))
        told = list(tell_city(city, NOON, cases))
        _aside(lambda: asyncio.run(fill(dsns["console"], told)))
        ids = list(dict.fromkeys(fact.subject for fact in told if fact.type == "case.registered.v1"))
        desk = _aside(lambda: asyncio.run(_fill(dsns, city, ids)))

        @asynccontextmanager
        async def deciding(_: FastAPI) -> AsyncIterator[None]:
            running = asyncio.create_task(desk.run())
            yield
            running.cancel()

        feedback = FastAPI(lifespan=deciding)
        answer_problems(feedback)
        feedback.include_router(router(desk))
        feedback.state.desk = desk
        behind = stack.enter_context(_serving(feedback, 0))
        outside = web.Outside(SECRET, {"feedback": behind})
        url = stack.enter_context(_serving(web.build(connect(dsns["console"]), city, outside), port))
        yield Served(url, city, dsns["console"])


@contextmanager
def _serving(app: FastAPI, port: int) -> Iterator[str]:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.05)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def _make(admin: str, code: str, passwords: dict[str, str], at: datetime) -> dict[str, str]:
    dsns = asyncio.run(database.prepare(admin, code, passwords))
    for service in ("console", "feedback"):
        migrate(dsns["admin"], code, service)
    asyncio.run(clock.start_clock(dsns["admin"], code, 1, virtual_at=at))
    return dsns


async def _fill(dsns: dict[str, str], city: City, ids: list[str]) -> Desk:
    """Publish ten months and a year, and leave on every desk something to do; the desk has an engine of its own."""
    desk = _desk(dsns["feedback"], city)
    rnd = random.Random(7)
    await _keep(desk, _counted(city, rnd))
    for period in (*MONTHS, Period(Span.QUARTER, date(2026, 7, 1)), LAST_YEAR):
        await _publish(desk, period, city)
    await _keep(desk, [*_briefs(city, rnd), *_tasks(city, ids), *_card(city)])
    running = asyncio.create_task(desk.run())
    for command, subject, actor, creates in _commands(city):
        await desk.submit(command, subject, actor, new_id(), creates=creates)
    running.cancel()
    await _keep(desk, [NamedVoter("assessment:C01:2026", f"p-{n}") for n in range(40)])
    await desk.engine.dispose()
    return _desk(dsns["feedback"], city)


def _desk(dsn: str, city: City) -> Desk:
    engine = connect(dsn)
    store = Store(SECRET, city.code)
    service = Service("feedback", decide, evolve, STATES, WIRE, store, touches, refusal, seeds)
    bench = Bench(service, city, city.code, city.version, new_id)
    return Desk(Shell(SqlStore(engine, bench, schema_of(city.code)), bench), SECRET)


async def _keep(desk: Desk, rows: list[Any]) -> None:
    async with desk.engine.begin() as conn:
        raw: Any = (await conn.get_raw_connection()).driver_connection
        await Store(SECRET, desk.city.code).save(Connection(raw), rows)


def _counted(city: City, rnd: random.Random) -> list[Any]:
    """Return lines, assignments and answers of ten months and the year before, better month by month."""
    grids = city.of_level(UnitLevel.GRID)
    departments = list(city.departments)[:12]
    rows: list[Any] = []
    for month, period in enumerate([*MONTHS, LAST_YEAR]):
        for n in range(160):
            grid = grids[(n * 7 + month) % len(grids)]
            community, street = (unit.code for unit in city.ancestors(grid.code)[:2])
            closed = period.starts_at + (period.ends_at - period.starts_at) * rnd.random()
            due, good = closed - timedelta(days=2), 0.84 + 0.012 * month
            case = f"s{period.code}-{n:03d}"
            handled = due - timedelta(hours=6) if rnd.random() < good else due + timedelta(hours=5)
            line = replace(
                LINE, case_id=case, number=f"DG-{period.code}-{n:03d}", lead=departments[n % 12], dispatcher=street,
                community=community, grid=grid.code, due_at=due, handled_at=handled,
                verified_at=closed - timedelta(days=1), first_verified_at=closed - timedelta(days=1),
                closed_at=closed, failed=rnd.random() < 0.05, extended=rnd.random() < 0.06,
                excluded="force_majeure" if n % 53 == 0 else "unreasonable" if n % 71 == 0 else None,
            )  # fmt: skip
            made = AssignmentRow(case, 1, line.lead or "", street, closed - timedelta(days=8), rnd.random() < 0.06,
                                 rnd.random() < 0.03, False)  # fmt: skip
            rows += [line, made]
            solved = rnd.random() < good + 0.02
            grade = rnd.choice([5, 5, 4, 4, 3]) if solved else rnd.choice([1, 2, 2, 3])
            rows.append(
                Counted(case, "r1", 1, line.lead or "", period.code, rnd.random() < 0.97, solved,
                        grade if rnd.random() < 0.85 else None, True)
            )  # fmt: skip
    return rows


async def _publish(desk: Desk, period: Period, city: City) -> None:
    policy = policy_of(text_of(city.policies[0], period.starts_at))
    frozen_at = period.freeze_at(policy.freeze, city.calendar)
    async with desk.engine.connect() as conn:
        raw: Any = (await conn.get_raw_connection()).driver_connection
        counted = cards(period, await tallies(Connection(raw), period, frozen_at, city.root.code), policy, city)
    placed = places(counted)
    scores = []
    for one in counted:
        place, ranked = placed.get(one.unit, (None, 0))
        scores.append(ScorePublished(**vars(one), revision=1, place=place, ranked=ranked, frozen_at=frozen_at))
    texts = [text_of(city.policies[0], period.starts_at)] if period is MONTHS[0] else []
    await _keep(desk, [*[Publication(score, frozen_at) for score in scores], *texts])


def _briefs(city: City, rnd: random.Random) -> list[Any]:
    """Return the cases of half a year: a few matters that recur, a grid that is hot this week."""
    grids, matters = city.of_level(UnitLevel.GRID), list(city.matters)[:16]
    rows = []
    for n in range(1400):
        at = NOON - timedelta(days=182 * (n / 1400) ** 1.1, minutes=1)
        grid = grids[0] if n < 9 else grids[rnd.randrange(30)]
        community, street = (unit.code for unit in city.ancestors(grid.code)[:2])
        matter = matters[int(len(matters) * rnd.random() ** 2)]
        rows.append(
            Brief(f"b-{n}", number=f"DG-B-{n}", matter=matter, place=grid.code, grid=grid.code, community=community,
                  street=street, registered_at=at, lead=community, handled_by=community if n % 3 else None,
                  closed_at=at + timedelta(days=4) if n % 5 else None)
        )  # fmt: skip
    return rows


def _tasks(city: City, ids: list[str]) -> list[Any]:
    due = NOON + timedelta(days=2)
    rows: list[Any] = [
        Task(Kind.CALL_BACK, ids[n], 1, "r1", due + timedelta(hours=n), attempts=n % 2) for n in range(6)
    ]
    rows += [Task(Kind.JUDGE, ids[10 + n], 1, "r1", NOON + timedelta(hours=20 + n)) for n in range(3)]
    rows += [
        Remark(f"m-{n}", ids[10 + n], 1, "r1", "comment", "路灯修好两天又灭了，物业说不归他们管") for n in range(3)
    ]
    lead = next(iter(city.departments))
    rows.append(Excluding(ids[20], lead, Stage.ASKED, "2026-10", "force_majeure", NOON, NOON + timedelta(days=3)))
    return rows


def _card(city: City) -> list[Any]:
    kinds = ("ordered", "claimed", "done", "whistle_sounded", "meeting_attended", "member_checked_in")
    at = datetime(2026, 10, 12, 9, tzinfo=SHANGHAI)
    rows: list[Any] = [Deed(f"wish:C01:{n}", n, "C01", kind, at) for n, kind in enumerate(kinds * 3)]
    return [*rows, MissedDuty("leader_visits", "2026Q3", "C01", "vice-mayor-society", "", "S01", 0, 1, at)]


def _commands(city: City) -> Iterator[tuple[Any, str, Actor, bool]]:
    """Yield what units did at feedback's desk: a session, two draws, a star on its way."""
    criteria = [{"code": "a", "name": "参加联席会议", "most": 40}, {"code": "b", "name": "认领办成的事", "most": 60}]
    yield (
        supervision.OpenAssessment.model_validate(
            {"community": "C01", "year": 2026, "criteria": criteria, "opens_at": "2026-12-01T00:00:00+08:00",
             "until": "2026-12-20T23:59:00+08:00"}
        ), "assessment:C01:2026", Actor("unit", "C01"), True,
    )  # fmt: skip
    pool = [{"id": f"{code}-1", "unit": code} for code in ("C05", "C06", "C07")]
    for kind in ("inspection", "spot_check"):
        asked = {"unit": "S01", "quarter": QUARTER, "kind": kind, "inspectors": pool}
        yield (
            supervision.FreezeDraw.model_validate(asked), f"draw:S01:{QUARTER}:{kind}", Actor("operations", "o"), True
        )  # fmt: skip
    applied = {"kind": "organisation", "code": "C01", "unit": "C01", "star": 5}
    yield supervision.ApplyForStar.model_validate(applied), "star:organisation:C01", Actor("unit", "C01"), True


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as place, scored(Path(place) / "data", port=int(sys.argv[1])) as up:
        print(up.url, up.signed(), flush=True)
        threading.Event().wait()
