"""Projection of deadlines, and a calendar published over many open ones: `ORDERS=33334 python -m tests.bench.calendar`.

Prints projections a second of one core by unit and suspensions, then, on a real PostgreSQL that keeps what it
acknowledges, how long the clock door needs until every open deadline has followed a published year that moves all of
them, what it wrote, and that a second walk finds nothing. `HALF=1` publishes a year that moves only half of the orders.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from services.dispatch.domain import STATES, decide, evolve, heard, replies, touches
from services.dispatch.domain.almanac import PublishCalendar, almanac_of
from services.dispatch.store import Store
from services.dispatch.translate import WIRE, refusal
from shared.city.load import load
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI, Festival
from shared.kernel.clock import Budget, Mark, Suspension, Term
from shared.kernel.decisions import OUTSIDE, Actor, Message
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.clock import Follower
from shared.shell.ids import new_id
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.work import UNSEEN, Batch, Work
from tests.bench.gauge import processor
from tests.bench.stand import servers
from tests.support.play import Play
from tests.support.stack import make_schemas

ORDERS = int(os.environ.get("ORDERS", "33334"))
IS_HALF = bool(os.environ.get("HALF"))
PROJECTIONS = 100_000
AT = datetime(2027, 2, 3, 10, tzinfo=SHANGHAI)
SPRING = Festival("春节", date(2027, 2, 6), date(2027, 2, 12))
MAKEUPS = (date(2027, 1, 31), date(2027, 2, 20))

_SUBJECTS = """INSERT INTO subject (id, kind, seen, state, sequence)
    SELECT i, 'case', $2::int[], s::json, 3 FROM unnest($1::text[], $3::text[]) t(i, s)"""
_DEADLINES = """INSERT INTO deadline (subject, name, due_at, data, touches, mark)
    SELECT s, n, d, j::jsonb, '{}', m
      FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[]) t(s, n, d, j, m)"""


def projecting(city: City) -> None:
    """Print projections a second of processor time."""
    chance = random.Random(7)
    first = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    starts = [first + timedelta(seconds=chance.randrange(365 * 86_400)) for _ in range(PROJECTIONS)]
    for text in ("24 uh", "4 wh", "7 wd", "30 nd"):
        for pauses in (0, 1, 2):
            terms = [
                Term(
                    start,
                    Budget.parse(text),
                    tuple(
                        Suspension(start + timedelta(hours=3 + 40 * n), start + timedelta(hours=30 + 40 * n))
                        for n in range(pauses)
                    ),
                )
                for start in starts
            ]
            began = time.process_time()
            for term in terms:
                term.due_at(city.calendar)
            spent = time.process_time() - began
            print(f"{text}, {pauses} suspensions: {PROJECTIONS / spent:,.0f} projections/s of one core", flush=True)


def accepted(city: City, at: datetime) -> Play:
    """Play one order until its lead has signed."""
    matter = next(m for m in city.matters.values() if m.first_rung == "department" and m.leads and not m.urgent)
    place = next(u.code for u in city.units.values() if u.level == "grid")
    played = Play(decide, evolve, city, at)
    case = heard.CaseRegistered("DG-1", heard.Placement(place), heard.Understanding(matter.code), False, "井盖坏了")
    played.hear("c", case, "intake")
    lead = played.states["c"].lead
    played.send("c", replies.Accept("c", 1, "post-1"), Actor("department", lead))
    return played


async def following(city: City, dsns: dict[str, str], pids: dict[str, int]) -> None:
    """Print what following a published calendar takes."""
    db = await asyncpg.connect(dsns["admin"])
    await db.execute(f'SET search_path TO "{schema_of(city.code, "dispatch")}"')
    await _fill(db, city)
    armed = await db.fetchval("SELECT count(*) FROM deadline")
    engine = connect(dsns["dispatch"])
    service = Service("dispatch", decide, evolve, STATES, WIRE, Store(), refusal=refusal, touches=touches)
    bench = Bench(service, city, city.code, city.version, new_id)
    shell = Shell(SqlStore(engine, bench, schema_of(city.code)), bench)
    asked = PublishCalendar(2027, (SPRING,), MAKEUPS, "国办通知")
    clock = (await shell.store.now()).now
    message = Message(asked, almanac_of(city.code), OUTSIDE, Actor("operations", "officer"), clock, "p-1", creates=True)
    await shell.take(Batch([Work(message, ticket=0)]), "desk")
    follower = Follower(shell)
    before = processor(pids)
    began, spent = time.perf_counter(), time.process_time()
    shell.calendar = (await shell.store.now()).calendar
    while await follower.step(0.0):
        pass
    took, spent = time.perf_counter() - began, time.process_time() - spent
    beside = ", ".join(f"{name} {seconds - before[name]:.1f} s" for name, seconds in processor(pids).items())
    moved = await db.fetchval("SELECT count(*) FROM journal WHERE type = 'order.projected.v1'")
    left = await db.fetchval("SELECT count(*) FROM deadline WHERE calendar < 1")
    fired = await db.fetchval("SELECT count(*) FROM journal WHERE type IN ('order.reminded.v1', 'order.overdue.v1')")
    due = await db.fetchval("SELECT count(DISTINCT due_at) FROM deadline")
    print(
        f"{armed:,} open deadlines of {ORDERS:,} orders followed the calendar in {took:.1f} s "
        f"({armed / took:,.0f} deadlines/s; {spent:.1f} s of processor here, {beside}); "
        f"{moved:,} facts with the reason, {left} left, {fired} fired, {due:,} due times",
        flush=True,
    )
    again = time.perf_counter()
    while await follower.step(100.0):
        pass
    print(f"the last walk, which found nothing: {time.perf_counter() - again:.2f} s", flush=True)
    await engine.dispose()
    await db.close()


async def _fill(db: Any, city: City) -> None:
    """Put accepted orders with their three deadlines into the tables, as the shell would have."""
    chance = random.Random(11)
    played = accepted(city, AT)
    order = played.states["c"]
    for first in range(0, ORDERS, 5_000):
        ids = [f"case-{n:07d}" for n in range(first, min(first + 5_000, ORDERS))]
        states, rows = [], []
        for id_ in ids:
            later = timedelta(seconds=chance.randrange(2 * 86_400))
            if IS_HALF and chance.random() < 0.5:
                later += timedelta(days=30)
            at = AT + later
            term = replace(order.term, start=at)
            due_at = term.due_at(city.calendar)
            state = replace(
                order, term=term, due_at=due_at, handle_due_at=due_at, opened_at=at,
                case_due_at=at + timedelta(days=30),
            )  # fmt: skip
            states.append(msgspec.json.encode(state).decode())
            data = '{"version": 0, "assignment": 1}'
            remind, end = Mark(term, str(city.shares["reminder"])), Mark(term)
            rows += [
                (id_, "handle.reminder", remind.at(city.calendar), data, msgspec.json.encode(remind).decode()),
                (id_, "handle.overdue", due_at, data, msgspec.json.encode(end).decode()),
                (id_, "case.overdue", at + timedelta(days=30), "{}", None),
            ]
        await db.execute(_SUBJECTS, ids, list(UNSEEN), states)
        await db.execute(_DEADLINES, *(list(column) for column in zip(*rows, strict=True)))
    await db.execute("ANALYZE")
    await db.execute(f"INSERT INTO {schema_of(city.code)}.clock VALUES (clock_timestamp(), $1, 0, NULL)", AT)


def main() -> None:
    """Measure both."""
    city = load("donggang")
    city = replace(city, calendar=replace(city.calendar, known=city.calendar.known - {2027}))
    if not os.environ.get("NOPROJ"):
        projecting(city)
    with servers() as (_, backing):
        cell = make_schemas(backing, city.code, ("dispatch",))
        asyncio.run(following(city, cell.dsns, {child.name: child.pid for child in backing.children}))
    print(datetime.now(UTC).isoformat(timespec="seconds"))


if __name__ == "__main__":
    main()
