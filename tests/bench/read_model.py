# ruff: noqa: E501
"""The read model at a million cases: what each question costs. `python -m tests.bench.read_model`; CASES=n CORES=0,1."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import structs
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from deploy.local import clock, database, postgres
from services.console import paging, queries, queues
from services.console.access import scope
from services.console.field import round as rounds
from services.console.projection import seen, tally
from services.console.projection.case import LADDER, CaseRow
from services.console.projection.words import words_of
from services.console.selection import SORTS, STATES, Selection
from services.console.ticker import Ticker
from services.console.words import TONGUES
from shared import contracts
from shared.city.load import load
from shared.city.model import City, UnitLevel
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect
from shared.persistence.migrate import migrate
from tests.support.console_stack import NOON

BUDGET_MS = 200
COPIES = 10
ROUNDS = int(os.environ.get("ROUNDS", "20"))
WORDS = {"楼道照明": 8, "污水井满溢": 2, "垃圾清运": 10, "人行道砖破损": 4, "夜间施工噪声": 12, "消防通道": 3, "车位": 9,
         "顶楼漏雨": 2, "路灯": 5, "油烟扰民": 1, "井盖松动": 1, "树枝遮挡": 1}  # fmt: skip
RARE = "石榴树"
"""Stands in a few hundred summaries."""
WAITING = ("registered", "waiting", "dispatched", "accepted", "suspended", "handled", "verified", "escalated")


def cases(city: City, count: int) -> Iterator[CaseRow]:
    """Invent the cases of a year up to noon: nine in ten of the last week's are open, one in two hundred of old ones."""
    rnd = random.Random(4)
    grids = [unit.code for unit in city.of_level(UnitLevel.GRID)]
    matters, sources = list(city.matters.values()), list(city.sources)
    words, weights = list(WORDS), list(WORDS.values())
    for n in range(count):
        at = NOON - timedelta(days=365) * (1 - n / count)
        age = (NOON - at).days
        matter, grid = rnd.choice(matters), rnd.choice(grids)
        top = min(int(rnd.expovariate(0.9)), 4)
        path = list(LADDER[: top + 1]) if rnd.random() < 0.8 else [LADDER[top]]
        is_open = rnd.random() < (0.9 if age < 4 else 0.3 if age < 12 else 0.005)
        late = is_open and rnd.random() < 0.1
        status = (
            rnd.choice(WAITING)
            if is_open
            else rnd.choices(("closed", "withdrawn", "rejected", "merged"), (90, 3, 2, 5))[0]
        )
        closed = None if is_open else min(at + timedelta(days=rnd.expovariate(0.25)), NOON)
        holder, above = _holder(city, rnd, grid, top, list(matter.leads))
        yield CaseRow(
            id=f"case-{n:07}", received_at=at, number=f"DG-{at:%Y%m%d}-{n % 10000:05}",
            summary=f"{city.name_of(grid)}{rnd.choices(words, weights)[0]}{RARE if n % 4001 == 0 else ''}，请{'尽快' if n % 3 else ''}处理，编号{n}",
            status=status, source=rnd.choices(sources, range(len(sources), 0, -1))[0], report=f"r{n}", matter=matter.code,
            matter_how="rules", matter_confidence=0.8, kind=matter.kind.value, urgent=matter.urgent, unit=grid,
            place_how="unit_code", reporters=1, registered_at=None if status == "rejected" else at, closed_at=closed,
            close_reason=None if is_open else status, on_time=rnd.random() < 0.9 if status == "closed" else None,
            responsible=holder if is_open else None, dispatcher=above, lead=holder, assignment=1, rung=path[-1],
            support=rnd.sample(list(city.departments), rnd.choice((1, 1, 2))) if rnd.random() < 0.1 else [],
            clock="handle" if is_open else None, due_at=at + timedelta(days=7) if is_open else None,
            reminded=is_open and rnd.random() < 0.2, overdue=late, overdue_of="handle" if late else None,
            overdue_since=at + timedelta(days=5) if late else None, supervised=late and rnd.random() < 0.2, path=path,
            reached={path[-1]: at}, rung_seconds=rnd.expovariate(1 / 90000) if status == "closed" else None,
        )  # fmt: skip


def _holder(city: City, rnd: random.Random, grid: str, top: int, leads: list[str]) -> tuple[str, str]:
    """Return who holds a case at a rung, and who gave it there: the community, the street, or one in ten times the city."""
    above = [unit.code if (unit := city.at_level(grid, level)) else city.root.code
             for level in (UnitLevel.GRID, UnitLevel.COMMUNITY, UnitLevel.STREET)]  # fmt: skip
    if top >= 3 and leads:
        return rnd.choice(leads), city.root.code if rnd.random() < 0.1 else above[2]
    return above[min(top, 2)], above[min(top + 1, 2)]


async def fill(dsn: str, city: City, count: int) -> None:
    """Write the cases, three facts of each, topics and meetings of the year; then what the read model counts of them.

    One case in ten is invented, the others are like it under numbers of their own, minutes later.
    """
    conn = await asyncpg.connect(dsn, command_timeout=None, server_settings={"maintenance_work_mem": "256MB"})
    await conn.execute(f"SET search_path TO {city.code}_console, {city.code}")
    indexes = await _without_indexes(conn, f"{city.code}_console")
    names = [field.name for field in structs.fields(CaseRow)]
    said = []

    def record(row: CaseRow) -> tuple[Any, ...]:
        values = structs.asdict(row)
        values["reached"] = json.dumps({rung: at.isoformat() for rung, at in row.reached.items()})
        said.append(structs.astuple(words_of(structs.replace(row, number=""))))
        return tuple(values[name] for name in names)

    await conn.execute("CREATE TEMP TABLE told (LIKE case_view INCLUDING DEFAULTS)")
    await conn.execute("CREATE TEMP TABLE said (id text, said text, words text)")
    await conn.copy_records_to_table("told", records=map(record, cases(city, count // COPIES)), columns=names)
    await conn.copy_records_to_table("said", records=said)
    own = {
        "id": "'case-' || lpad(n::text, 7, '0')", "number": "'DG-' || to_char(at, 'YYYYMMDD') || '-' || lpad((n % 10000)::text, 5, '0')",
        "received_at": "at", "registered_at": "registered_at + (at - received_at)",
    }  # fmt: skip
    await conn.execute(
        f"INSERT INTO case_view ({', '.join(names)}) SELECT {', '.join(own.get(name, name) for name in names)} FROM told, "
        f"generate_series(0, {COPIES - 1}) k, LATERAL (SELECT right(id, 7)::int * {COPIES} + k AS n, "
        "received_at + k * interval '3 minutes' AS at) x ORDER BY n"
    )
    await conn.execute(
        "INSERT INTO case_words SELECT c.id, s.said, s.words::tsvector || array_to_tsvector(array['#' || lower(c.number)] "
        f"|| string_to_array('#' || replace(lower(c.number), '-', '-#'), '-')) FROM said s, generate_series(0, {COPIES - 1}) k, "
        f"LATERAL (SELECT 'case-' || lpad((right(s.id, 7)::int * {COPIES} + k)::text, 7, '0') AS id) x "
        "JOIN case_view c USING (id)"
    )
    await conn.execute(tally.ANEW)
    await conn.execute(seen.ANEW)
    fact = (Path(contracts.__file__).parent / "examples" / "order.dispatched.v1.json").read_text(encoding="utf-8")
    await conn.execute(
        "INSERT INTO timeline (subject, service, sequence, type, acted_at, recorded_at, data) SELECT id, 'dispatch', n, "
        "'order.dispatched.v1', received_at + n * interval '1 hour', received_at + n * interval '1 hour', $1::jsonb "
        "FROM case_view, generate_series(1, 3) n", fact,
    )  # fmt: skip
    for index in indexes:
        await conn.execute(index)
    bodies = [(body.unit, body.level) for body in city.bodies.values()]
    await conn.execute(
        "INSERT INTO meeting_view SELECT 'meeting:' || b || ':' || n, b, l, n, false, "
        "CASE WHEN at < sidan_now() THEN 'adopted' ELSE 'planned' END, at::date, at, 5, "
        "CASE WHEN at < sidan_now() THEN at END, 9, 8, at, 3, 1, 1, 0, n, 'h' FROM unnest($1::text[], $2::text[]) u(b, l), "
        "generate_series(1, 25) n, LATERAL (SELECT sidan_now() + (n - 24) * interval '14 days' AS at) x",
        [b for b, _ in bodies], [level for _, level in bodies],
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO topic_view (topic, body, case_id, level, entry, opened_at, answer_due_at, number, summary, urgent, "
        "deferrals, written_off_at) SELECT 'T' || id, $1, id, $2, CASE WHEN status = 'escalated' THEN 'open' ELSE 'written_off' END, "
        "received_at, received_at + interval '30 days', number, summary, false, 0, closed_at FROM case_view "
        "WHERE status = 'escalated' OR rung = 'meeting'", bodies[0][0], bodies[0][1],
    )  # fmt: skip
    months = [f"2026-{month:02}" for month in range(1, 11)]
    await conn.execute(
        "INSERT INTO score_view SELECT u, m, 'p1', 1, 100, $3, $3, $3, '91.20', false, sidan_now() "
        "FROM unnest($1::text[]) u, unnest($2::text[]) m", list(city.units), months,
        '{"numerator": "905", "denominator": 936, "percent": "96.69"}',
    )  # fmt: skip
    await conn.close()


async def _without_indexes(conn: asyncpg.Connection, schema: str) -> list[str]:
    """Drop the indexes but those of keys, return how to make them: a tenth of the work when the rows are there."""
    found = await conn.fetch(
        "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS said FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = $1::regnamespace AND NOT EXISTS "
        "(SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) AND c.relname = ANY ($2)",
        schema, ["case_view", "case_words", "timeline"],
    )  # fmt: skip
    for name, _ in found:
        await conn.execute(f"DROP INDEX {name}")
    return [said for _, said in found]


async def settle(admin: str, schema: str) -> None:
    """Let the planner know what there is, as autovacuum would have."""
    conn = await asyncpg.connect(admin, command_timeout=None)
    for (table,) in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema):
        await conn.execute(f'VACUUM ANALYZE "{schema}"."{table}"')
    await conn.close()


@contextmanager
def database_alone(folder: Path, city: str) -> Iterator[tuple[str, str]]:
    """Lend a PostgreSQL of our own, fsync on, with the console's tables; yields the DSNs of administrator and console."""
    server, port, admin = postgres.prepare(folder, logs=folder)
    try:
        postgres.start(server, port)
        dsns = asyncio.run(
            database.prepare(admin, city, dict.fromkeys((*database.SERVICES, database.AUDITOR), "bench"))
        )
        migrate(dsns["admin"], city, "console")
        asyncio.run(clock.start_clock(dsns["admin"], city, 1, virtual_at=NOON))
        yield dsns["admin"], dsns["console"]
    finally:
        server.stop()


Ask = Callable[[AsyncConnection, random.Random], Awaitable[Any]]


def readers(city: City) -> dict[str, Actor]:
    """Return one reader of each kind: who sees all, a third, a twentieth, a hundredth, a thousandth of the cases."""
    first = {level: city.of_level(level)[0].code for level in (UnitLevel.STREET, UnitLevel.COMMUNITY, UnitLevel.GRID)}
    return {
        "leader": Actor("operations", "leader"), "street": Actor("unit", first[UnitLevel.STREET]),
        "community": Actor("unit", first[UnitLevel.COMMUNITY]), "grid": Actor("unit", first[UnitLevel.GRID]),
        "department": Actor("department", next(iter(city.matters.values())).leads[0]),
        "source": Actor("source", list(city.sources)[-1]),
    }  # fmt: skip


def desk_of(city: City, actor: Actor) -> dict[str, Ask]:
    """Return what a reader's desk asks: all its queues counted, each listed; a grid its round."""
    level = city.units[actor.id].level if actor.id in city.units else None
    own = {UnitLevel.STREET: queues.DISPATCH, UnitLevel.COMMUNITY: queues.COMMUNITY}.get(level, ())  # type: ignore[arg-type]
    own = queues.DEPARTMENT if actor.kind == "department" else queues.DISPATCH if actor.kind == "operations" else own
    me = city.root.code if actor.kind == "operations" else actor.id

    def round_of(tab: str) -> Ask:
        return lambda conn, _: rounds.read(conn, tab, me, city, TONGUES["zh"], NOON)

    def queue_of(queue: queues.Queue) -> Ask:
        return lambda conn, _: queues.listed(conn, queue, me)

    if level is UnitLevel.GRID:
        return {f"round: {tab}": round_of(tab) for tab in rounds.TABS}
    found = {f"queue: {queue.key}": queue_of(queue) for queue in own if queue.condition}
    return found | ({"queues: counts": lambda conn, _: queues.counted(conn, own, me)} if own else {})


def questions(city: City, actor: Actor) -> dict[str, Ask]:
    """Return every question that a page of a reader puts, by the name of what shows it."""
    today = NOON.date()
    departments = list(city.departments)
    own = scope.of(actor, city)

    def pages(label: str, sort: str, **chosen: Any) -> tuple[str, Ask]:
        async def ask(conn: AsyncConnection, rnd: random.Random) -> Any:
            selection = Selection(**{name: value(rnd) if callable(value) else value for name, value in chosen.items()})
            return await paging.page(conn, city, selection, sort, 100, rnd.choice((0, 0, 100, 400)), own)

        return f"list: {label}, {sort}", ask

    def day(rnd: random.Random) -> str:
        return (today - timedelta(days=rnd.randrange(300))).isoformat()

    asked = dict(pages("all", way + sort) for sort in SORTS for way in ("", "-"))
    for state in STATES:
        asked |= dict(
            pages(state, sort, state=state) for sort in ("-received", "due", "matter", "-responsible", "source", "rung")
        )
    single: dict[str, Any] = {
        "responsible": lambda rnd: rnd.choice(departments), "matter": lambda rnd: rnd.choice(list(city.matters)),
        "unit": lambda rnd: rnd.choice(city.of_level(UnitLevel.GRID)).code, "rung": lambda rnd: rnd.choice(LADDER),
        "source": lambda rnd: rnd.choice(list(city.sources)), "status": lambda rnd: rnd.choice((*WAITING, "closed")),
        "overdue": "true", "on_time": "false", "registered_from": day, "closed_from": day,
    }  # fmt: skip
    for name, value in single.items():
        asked |= dict(pages(name, sort, **{name: value}) for sort in ("-received", "due", "-matter"))
    street = lambda rnd: rnd.choice(city.of_level(UnitLevel.STREET)).code  # noqa: E731
    asked |= dict(pages("street, open", sort, unit=street, state="open") for sort in ("-received", "due"))
    asked |= dict(
        pages(
            "ladder link",
            "-received",
            registered_from=(today - timedelta(days=29)).isoformat(),
            reached=rung,
            outcome="solved",
        )
        for rung in LADDER
    )
    asked |= dict(pages("meeting level", "-received", pending=level.code) for level in city.chain)
    words = {"common word": lambda rnd: rnd.choice(("噪声", "垃圾清运", "处理")), "rarer word": lambda rnd: rnd.choice(("油烟", "井盖松动")),
             "rare word": RARE, "number": lambda rnd: f"{rnd.randrange(10000):05}", "one character": "雨", "no such word": "骆驼"}  # fmt: skip
    for label, q in words.items():
        asked |= dict(pages(label, sort, q=q) for sort in ("-received", "due", "-matter"))
        asked |= dict(
            [
                pages(f"{label}, open", "-received", q=q, state="open"),
                pages(f"{label}, ended", "-received", q=q, state="ended"),
            ]
        )

    async def one(conn: AsyncConnection, rnd: random.Random) -> None:
        row = await queries.case(conn, f"case-{rnd.randrange(int(os.environ.get('CASES', 1_000_000))):07}")
        assert row is not None
        assert len(await queries.history(conn, row.id)) == 3
        await queries.entries_of(conn, row.id)

    async def year(conn: AsyncConnection, rnd: random.Random) -> None:
        since = datetime.combine(date(today.year, 1, 1), datetime.min.time(), NOON.tzinfo)
        await queries.year_of_meetings(conn, since)
        await queries.written_off(conn, since)
        await queries.next_meetings(conn, NOON)
        await queries.pending_entries(conn, 3)

    return asked | {"case page": one, "year of meetings": year} | desk_of(city, actor)


async def measure(engine: AsyncEngine, city: City, actors: Mapping[str, Actor]) -> list[dict[str, Any]]:
    """Ask each question some times on one connection; then look as the ticker does, with a fact written before each.

    Beside the time that passed stands what client and server spent of a processor: on a busy machine the former says
    how busy it was.
    """
    rnd, found = random.Random(9), []

    def note(reader: str, name: str, times: list[tuple[float, float]]) -> None:
        passed, spent = zip(*times, strict=True)
        row = {
            "reader": reader,
            "asked": name,
            "times": times,
            "p50_ms": statistics.median(passed),
            "p95_ms": _p95(passed),
        }
        found.append(row | {"cpu_p50_ms": statistics.median(spent), "cpu_p95_ms": _p95(spent)})

    async def timed(ask: Awaitable[Any], pid: int) -> tuple[float, float]:
        began, before = time.perf_counter(), _spent(pid)
        await ask
        return (time.perf_counter() - began) * 1000, (_spent(pid) - before) * 1000

    async with engine.connect() as conn:
        await conn.exec_driver_sql("SET max_parallel_workers_per_gather = 0")
        pid = (await conn.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
        for reader, actor in actors.items():
            for name, ask in questions(city, actor).items():
                note(reader, name, [await timed(ask(conn, rnd), pid) for _ in range(ROUNDS)])
                await conn.rollback()  # who idles in a transaction is put out
    ticker = Ticker(create_async_engine(engine.url, pool_size=1, max_overflow=0), city)
    times = []
    async with ticker.engine.connect() as conn:
        pid = (await conn.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
    for n in range(3 * ROUNDS):
        async with engine.begin() as conn:
            await conn.exec_driver_sql(
                "INSERT INTO timeline (subject, service, sequence, type, acted_at, recorded_at, data) VALUES "
                f"('case-0000001', 'feedback', {n + time.time_ns() % 10**9}, 'x', sidan_now(), sidan_now(), '{{}}')"
            )

        async def look() -> None:
            ticker.last = await ticker.look()

        times.append(await timed(look(), pid))
    note("ticker", "look once a second", times)
    return found


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[18]


def _spent(pid: int) -> float:
    """Return the processor seconds of a server process and of this one."""
    return cpu_of(pid) + time.process_time()


def cpu_of(pid: int) -> float:
    """Return the processor seconds that a process of one thread has used."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def _folder() -> Iterator[Path]:
    """Lend the folder that `FOLDER` names, which stays, or one that goes."""
    if "FOLDER" in os.environ:
        yield Path(os.environ["FOLDER"])
        return
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        try:
            yield Path(place) / "data"
        finally:
            postgres.erase(Path(place) / "data")


async def _is_full(dsn: str) -> bool:
    conn = await asyncpg.connect(dsn)
    try:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM case_tally)"))
    finally:
        await conn.close()


def main() -> None:
    """Fill, ask, print a table of the slowest and one JSON line."""
    os.sched_setaffinity(0, {int(core) for core in os.environ.get("CORES", "0,1").split(",")})
    count = int(os.environ.get("CASES", "1000000"))
    city = load("donggang")
    with _folder() as folder, database_alone(folder, city.code) as (admin, dsn):
        if not asyncio.run(_is_full(dsn)):
            began = time.perf_counter()
            asyncio.run(fill(admin, city, count))
            print(f"{count} cases in {time.perf_counter() - began:.0f} s", flush=True)
            asyncio.run(settle(admin, f"{city.code}_console"))
        actors = readers(city)
        named = os.environ.get("READERS", ",".join(actors)).split(",")
        found = asyncio.run(measure(connect(dsn), city, {name: actors[name] for name in named}))
    keys = ("p50_ms", "p95_ms", "cpu_p50_ms", "cpu_p95_ms")
    table = Table("reader", "question", "p50 ms", "p95 ms", "processor p50 ms", "p95 ms")
    for row in sorted(found, key=lambda row: -row["cpu_p95_ms"])[: int(os.environ.get("SHOW", "40"))]:
        table.add_row(row["reader"], row["asked"], *(f"{row[key]:.1f}" for key in keys))
    every = Table("reader", "questions", "p50 ms", "p95 ms", "processor p50 ms", "p95 ms", "over 200 ms")
    said: dict[str, Any] = {"cases": count, "load": os.getloadavg()[0]}
    for name in (*named, "ticker"):
        rows = [row for row in found if row["reader"] == name]
        passed, spent = zip(*(times for row in rows for times in row["times"]), strict=True)
        over = sum(row["cpu_p95_ms"] > BUDGET_MS for row in rows)
        figures = (statistics.median(passed), _p95(passed), statistics.median(spent), _p95(spent))
        every.add_row(name, str(len(rows)), *(f"{value:.1f}" for value in figures), str(over))
        said[name] = {key: round(value, 1) for key, value in zip(keys, figures, strict=True)} | {
            "questions": len(rows),
            "over": over,
        }
    for shown in (table, every):
        Console(width=120).print(shown)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
