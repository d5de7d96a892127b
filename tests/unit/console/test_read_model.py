"""The read model on a real PostgreSQL: what is told is what is found, however the batches are cut."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import api, figures, paging, panels
from services.console.access import scope
from services.console.projection import Heard, project, seen, tally
from services.console.projection.case import OPEN_STATUSES, CaseRow
from services.console.selection import SORTS, Selection
from services.console.ticker import Ticker
from services.console.words import TONGUES
from shared.city.load import load
from shared.city.model import City
from shared.contracts.feedback import ScoreCounted, ScorePublished
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from tests.support.console_facts import tell_city
from tests.support.console_stack import NOON, SECRET, read_model

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def city() -> City:
    return load("donggang")


@pytest.fixture(scope="module")
def facts(city: City) -> list[Heard]:
    return list(tell_city(city, NOON, 150))


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with read_model(tmp_path_factory.mktemp("console") / "data") as dsn:
        yield dsn


@pytest.fixture
async def engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(dsn)
    yield engine
    await engine.dispose()


TABLES = ("case_view", "case_words", "case_seen", "topic_view", "meeting_view", "ledger_view", "score_view")


async def _told(engine: AsyncEngine, facts: list[Heard], size: int) -> dict[str, list[str]]:
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM timeline"))
        await conn.execute(text("DELETE FROM case_tally"))
        for table in TABLES:
            await conn.execute(text(f"DELETE FROM {table}"))
    for start in range(0, len(facts), size):
        async with engine.begin() as conn:
            await project(conn, facts[start : start + size])
    async with engine.connect() as conn:
        return {
            table: sorted((await conn.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t"))).scalars())
            for table in TABLES
        }


async def test_the_read_model_is_the_same_however_the_facts_are_batched(
    engine: AsyncEngine, facts: list[Heard]
) -> None:
    assert await _told(engine, facts, 37) == await _told(engine, facts, 500)
    async with engine.connect() as conn:
        told = (await conn.execute(text("SELECT count(*) FROM timeline"))).scalar_one()
    assert told == len(facts)


async def test_what_is_kept_counted_is_what_there_is_to_count(engine: AsyncEngine, facts: list[Heard]) -> None:
    await _told(engine, facts, 23)
    kept = await _cells(engine)
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM case_tally"))
        await conn.execute(text(tally.ANEW))
    assert kept == await _cells(engine)
    assert sum(n for (figure, *_), n in kept.items() if figure == "standing") == 150


async def _cells(engine: AsyncEngine) -> dict[tuple[object, ...], int]:
    columns = ", ".join("array_to_string(path, ' ')" if name == "path" else name for name in tally.COLUMNS)
    groups = ", ".join(tally.COLUMNS)
    query = f"SELECT {columns}, sum(n)::int FROM case_tally GROUP BY {groups} HAVING sum(n) <> 0"
    async with engine.connect() as conn:
        return {tuple(row[:-1]): row[-1] for row in await conn.execute(text(query))}


async def test_a_search_finds_words_of_any_length_and_beginnings_of_numbers(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    await _told(engine, facts, 500)
    async with engine.connect() as conn:
        everything = (await paging.page(conn, city, Selection(), "number", 200, 0)).rows
        some = everything[7]
        tail = some.number[-4:]
        for q, expected in {
            "顶楼漏雨": {row.id for row in everything if "顶楼漏雨" in row.summary},
            "漏雨": {row.id for row in everything if "漏雨" in row.summary},
            "雨": {row.id for row in everything if "雨" in row.summary},
            "雨漏": set[str](),
            "%": set[str](),
            "a' | 'b": set[str](),
            some.number: {some.id},
            some.number.lower()[:6]: {row.id for row in everything if row.number[:6] == some.number[:6]},
        }.items():
            for sort in ("-received", "-due", "matter"):
                found = await paging.page(conn, city, Selection(q=q), sort, 200, 0)
                assert ({row.id for row in found.rows}, found.total) == (expected, len(expected)), (q, sort)
            chosen = Selection(q=q, state="open")
            found = await paging.page(conn, city, chosen, "-received", 200, 0)
            assert found.total == len(found.rows) == sum(row.id in expected and row.status in OPEN_STATUSES
                                                         for row in everything), (q, tail)  # fmt: skip


async def test_a_reader_of_a_part_finds_the_same_however_it_is_looked_up(
    engine: AsyncEngine, city: City, facts: list[Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _told(engine, facts, 500)
    ways = {
        "one by one": (-1, -1, -1, -1, 1),
        "few": (10**9, 0, 10**9, 0, 10**4),
        "beside": (-1, 10**9, 10**9, 10**9, 10**4),
    }
    async with engine.connect() as conn:
        whole = (await paging.page(conn, city, Selection(), "number", 200, 0)).rows
        lead = Counter(row.lead for row in whole if row.lead in city.departments).most_common(1)[0][0]
        for actor in (Actor("unit", "S01"), Actor("unit", "C01"), Actor("department", str(lead))):
            own = scope.of(actor, city).params["own"]
            for chosen in (Selection(), Selection(state="ended"), Selection(q="雨"), Selection(q="垃圾", state="open")):
                everything = (await paging.page(conn, city, chosen, "-received", 200, 0)).rows
                named = [row for row in everything if _named(row, own)]
                for way, (few, some, rare, common, cap) in ways.items():
                    numbers = {"FEW": few, "SOME": some, "RARE": rare, "COMMON": common, "CAP": cap, "SEARCHED": cap}
                    for name, value in numbers.items():
                        monkeypatch.setattr(paging, name, value)
                    found = await paging.page(conn, city, chosen, "-received", 200, 0, scope.of(actor, city))
                    assert [row.id for row in found.rows] == [row.id for row in named], (way, actor, chosen)
                    assert (found.total, found.capped) == (min(len(named), cap), len(named) > cap)
                monkeypatch.undo()


def _named(row: CaseRow, own: str | list[str]) -> bool:
    if isinstance(own, str):
        return own in (row.responsible, row.lead, *row.support)
    return not {row.unit, row.responsible, row.lead, row.dispatcher}.isdisjoint(own)


async def test_who_sees_a_case_is_what_its_row_names(engine: AsyncEngine, facts: list[Heard]) -> None:
    told = await _told(engine, facts, 150)
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM case_seen"))
        await conn.execute(text(seen.ANEW))
        again = sorted((await conn.execute(text("SELECT to_jsonb(t)::text FROM case_seen t"))).scalars())
    assert told["case_seen"] == again != []


async def test_an_order_puts_empty_values_last_both_ways_and_pages_meet(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    await _told(engine, facts, 500)
    async with engine.connect() as conn:
        for sort in ("due", "-due", "matter", "-responsible", "-rung", "unit", "-source", "status"):
            whole = (await paging.page(conn, city, Selection(), sort, 200, 0)).rows
            cut = [row for at in range(0, 200, 30) for row in
                   (await paging.page(conn, city, Selection(), sort, 30, at)).rows]  # fmt: skip
            assert cut == whole
            name = SORTS[sort.lstrip("-")]
            values = [getattr(row, name) for row in whole]
            told = [value for value in values if value is not None]
            assert told == sorted(told, reverse=sort.startswith("-"))
            assert values == [*told, *[None] * (len(values) - len(told))]


async def test_who_sees_a_part_meets_the_own_units_first_and_every_page_once(
    engine: AsyncEngine, city: City, facts: list[Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _told(engine, facts, 500)
    own = scope.of(Actor("unit", "C01"), city)
    async with engine.connect() as conn:
        for sort in ("unit", "-unit", "-due", "number"):
            every = (await paging.page(conn, city, Selection(), sort, 200, 0, own)).rows
            monkeypatch.setattr(paging, "CAP", len(every) - 1)  # so that they are walked along
            walked = [row for at in range(0, len(every), 7) for row in
                      (await paging.page(conn, city, Selection(), sort, 7, at, own)).rows]  # fmt: skip
            monkeypatch.undo()
            if "unit" in sort:
                is_own = [row.unit in own.params["own"] for row in every]
                every = [row for row, mine in zip(every, is_own, strict=True) if mine] + [
                    row for row, mine in zip(every, is_own, strict=True) if not mine
                ]
            assert [row.id for row in walked] == [row.id for row in every], sort


async def test_every_figure_equals_its_list_and_the_ladder_equals_its_links(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    await _told(engine, facts, 500)
    tick = await Ticker(engine, city).look()
    snapshot = tick.snapshot
    async with engine.connect() as conn:
        for key, selection in figures.tiles(snapshot.today).items():
            page = await paging.page(conn, city, selection, "-received", 200, 0)
            assert page.total == snapshot.counts[key] == len(page.rows), key
        since = figures.window_start(snapshot.today).isoformat()
        for step in snapshot.steps:
            for outcome, n in (
                ("", step.reached), ("solved", step.solved), ("in_hand", step.in_hand), ("passed_up", step.passed_up)
            ):  # fmt: skip
                choice = Selection(registered_from=since, reached=step.rung, outcome=outcome)
                assert (await paging.page(conn, city, choice, "-received", 1, 0)).total == n
        for board in snapshot.boards:
            choice = Selection(pending=board.level)
            assert (await paging.page(conn, city, choice, "-received", 1, 0)).total == board.pending
        for grid, (count, late) in snapshot.grids.items():
            here = await paging.page(conn, city, Selection(unit=grid, state="open"), "number", 200, 0)
            assert (here.total, sum(row.overdue for row in here.rows)) == (count, late)
    assert sum(count for count, _ in snapshot.grids.values()) + snapshot.unplaced == snapshot.counts["open"]
    assert snapshot.counts["open"] > 0


async def test_a_look_names_every_subject_written_since_the_last_one(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    await _told(engine, facts[:400], 500)
    one = facts[400]
    other = next(fact for fact in facts[401:] if fact.subject != one.subject)
    ticker = Ticker(engine, city)
    ticker.last = first = await ticker.look()
    async with engine.connect() as early, engine.connect() as late:
        await project(early, [one])  # takes its places in the timeline first, commits last
        await project(late, [other])
        await late.commit()
        ticker.last = second = await ticker.look()
        await early.commit()
    third = await ticker.look()
    assert other.subject in second.touched
    assert one.subject in third.touched
    assert third.snapshot.version > second.snapshot.version > first.snapshot.version


async def test_http_lists_filters_and_refuses(engine: AsyncEngine, city: City, facts: list[Heard]) -> None:
    await _told(engine, facts, 500)
    async with _client(engine, city) as http:
        everything = (await http.get("/v1/cases?limit=200&sort=number")).json()
        assert everything["total"] == len({fact.subject for fact in facts if fact.subject.startswith("case-")})
        statuses = Counter(case["status"] for case in everything["items"])
        closed = (await http.get("/v1/cases?status=closed")).json()
        assert closed["total"] == statuses["closed"] > 0
        found = (await http.get("/v1/cases", params={"q": everything["items"][0]["number"]})).json()
        assert [case["number"] for case in found["items"]] == [everything["items"][0]["number"]]
        second = (await http.get("/v1/cases?limit=1&offset=1&sort=number")).json()
        assert second["items"][0] == everything["items"][1]
        for bad in ("limit=0", "limit=1000", "offset=10001", "sort=phone", "state=late", "closed_from=x"):
            refused = await http.get(f"/v1/cases?{bad}")
            assert (refused.status_code, refused.json()["field"]) == (422, bad.split("=")[0]), bad


async def test_one_case_shows_every_fact_and_says_when_it_is_stale(
    engine: AsyncEngine, city: City, facts: list[Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _told(engine, facts, 500)
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.1)
    subject = Counter(f.subject for f in facts if f.subject.startswith("case-")).most_common(1)[0][0]
    own = [fact for fact in facts if fact.subject == subject]
    last = max(fact.sequence for fact in own if fact.service == "dispatch")
    async with _client(engine, city) as http:
        case = (await http.get(f"/v1/cases/{subject}?after=dispatch:{last}")).json()
        assert [(f["service"], f["sequence"], f["type"]) for f in case["timeline"]] == [
            (f.service, f.sequence, f.type) for f in own
        ]
        assert case["stale"] is False
        assert (await http.get(f"/v1/cases/{case['number']}?after=dispatch:{last + 1}")).json()["stale"] is True
        assert (await http.get("/v1/cases/nobody")).status_code == 404
        assert (await http.get(f"/v1/cases/{subject}?after=moon:1")).status_code == 422


async def test_without_a_score_of_the_city_the_range_of_the_units_is_shown(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    whole = next(fact for fact in facts if isinstance(fact.data, ScorePublished))
    assert isinstance(whole.data, ScorePublished)
    own = [
        replace(whole, subject=f"score:{unit}", data=whole.data.model_copy(update={"unit": unit, "composite": value}))
        for unit, value in (("S01", "81.20"), ("S02", "98.40"), ("S03", None))
    ]
    await _told(engine, own, 500)
    snapshot = (await Ticker(engine, city).look()).snapshot
    tile = panels.tiles(snapshot, TONGUES["zh"])[-1]
    assert (tile["value"], tile["unit"], tile["more"][0]["text"]) == ("81–98", "%", "2026-10 · 2 个单位各自公布")
    await _told(engine, [whole], 500)
    assert panels.tiles((await Ticker(engine, city).look()).snapshot, TONGUES["zh"])[-1]["value"] == "96.7"
    await _told(engine, facts[:0], 500)
    assert panels.tiles((await Ticker(engine, city).look()).snapshot, TONGUES["zh"])[-1]["value"] == "—"


async def test_the_citys_figures_so_far_are_shown_as_such_and_no_quarter_takes_their_place(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    last = next(fact for fact in facts if isinstance(fact.data, ScorePublished))
    assert isinstance(last.data, ScorePublished)
    figures = last.data.model_dump(include=set(ScoreCounted.model_fields))
    so_far = ScoreCounted(**{**figures, "period": "2026-11", "composite": "88.10"})
    quarter = last.data.model_copy(update={"period": "2026-Q3", "composite": "50.00"})
    told = [last, replace(last, sequence=2, data=so_far, type=so_far.TYPE), replace(last, sequence=3, data=quarter)]
    await _told(engine, told, 500)
    tile = panels.tiles((await Ticker(engine, city).look()).snapshot, TONGUES["zh"])[-1]
    assert (tile["value"], tile["more"][0]["text"]) == ("88.1", "测算中 · 有效回访 936")


async def test_time_alone_makes_a_new_snapshot_only_when_the_minute_changes(
    engine: AsyncEngine, city: City, facts: list[Heard]
) -> None:
    await _told(engine, facts[:100], 500)
    ticker = Ticker(engine, city)
    ticker.last = await ticker.look()
    again = await ticker.look()
    if again.moment.now.minute == ticker.last.snapshot.at.minute:
        assert again.snapshot.version == ticker.last.snapshot.version
    assert again.moment.now - ticker.last.moment.now < timedelta(seconds=30)


def _client(engine: AsyncEngine, city: City, who: Actor = Actor("operations", "duty")) -> httpx.AsyncClient:
    from fastapi import FastAPI

    app = FastAPI()
    answer_problems(app)
    app.state.city, app.state.secret = city, SECRET
    app.include_router(api.router(engine, city))
    token = sign(SECRET, city.code, who)
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console", headers=headers)
