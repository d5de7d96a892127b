"""Scores on a real PostgreSQL: SQL counts what the plain form counts, and every figure opens to its cases."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.domain.case_line import AssignmentRow, LineRow
from services.feedback.domain.counting import LateChange
from services.feedback.domain.period import Period, Span
from services.feedback.domain.policy import text_of
from services.feedback.domain.publishing import Publication
from services.feedback.domain.rating import Counted
from services.feedback.domain.score import ScorePublished, fractions
from services.feedback.domain.tally import tallies as plain_tallies
from services.feedback.store import Store
from services.feedback.tables.case_line import causes
from services.feedback.tables.case_list import LISTINGS, open_figure
from services.feedback.tables.score import newest, policies
from services.feedback.tables.tally import span, tallies
from shared.city.load import load
from shared.persistence.connection import Connection, Executes
from shared.persistence.engine import connect
from tests.support.feedback_tables import feedback_tables
from tests.unit.feedback.cards import ALL, FROZEN, JUNE, LINE, MADE, POLICY, ROOT, at, card_of, counted

pytestmark = pytest.mark.stack

DEPARTMENTS, STREETS, COMMUNITIES = ("water", "parks", "roads"), ("s1", "s2"), ("c11", "c12", "c21")


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with feedback_tables(tmp_path_factory.mktemp("scores") / "data", "town") as dsns:
        yield dsns["feedback"]


@pytest.fixture
async def engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(dsn)
    yield engine
    await engine.dispose()


@pytest.fixture(params=["as the shell does", "as a page does"])
async def conn(engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[Executes]:
    """Run in a transaction that is rolled back, on either kind of connection."""
    async with engine.connect() as conn:
        raw = (await conn.get_raw_connection()).driver_connection
        if request.param == "as a page does":
            yield conn
            await conn.rollback()
            return
        transaction = raw.transaction()  # type: ignore[union-attr]
        await transaction.start()
        yield Connection(raw)
        await transaction.rollback()


def moment(rnd: random.Random) -> datetime:
    """Return an instant of May to July, often one of the edges."""
    if rnd.random() < 0.15:
        edge = rnd.choice((JUNE.starts_at, JUNE.ends_at, FROZEN))
        return edge + timedelta(seconds=rnd.choice((-1, 0, 1)))
    return at(5, 10) + timedelta(minutes=rnd.randrange(80 * 24 * 60))


def some(rnd: random.Random, share: float) -> datetime | None:
    return moment(rnd) if rnd.random() < share else None


def town_of(rnd: random.Random, count: int) -> tuple[list[LineRow], list[AssignmentRow], list[Counted]]:
    """Invent lines, assignments and answers without any regard to what an order can go through."""
    lines, made, answers = [], [], []
    for n in range(count):
        case = f"c-{n:04d}"
        community = rnd.choice((*COMMUNITIES, None))
        paused = some(rnd, 0.2)
        row = replace(
            LINE, case_id=case, lead=rnd.choice(DEPARTMENTS), dispatcher=rnd.choice((*STREETS, None)),
            community=community, grid=f"{community}-g{rnd.randrange(2)}" if community else None,
            subgrid="b1" if rnd.random() < 0.3 else None, due_at=some(rnd, 0.8), due_before=paused and moment(rnd),
            suspended_at=paused, resumed_at=some(rnd, 0.5) if paused else None, handled_at=some(rnd, 0.7),
            verified_at=some(rnd, 0.6), first_verified_at=some(rnd, 0.7), failed=rnd.random() < 0.2,
            extended=rnd.random() < 0.2, overdue=rnd.random() < 0.3,
            left=rnd.choice((None, None, "unable", "bounced", "overdue", "rework", "dissatisfied", "withdrawn")),
            closed_at=some(rnd, 0.6), declined=False, reworked=rnd.random() < 0.2,
            excluded=rnd.choice((None, None, None, "force_majeure")), mediated=rnd.random() < 0.5,
            mediated_at=some(rnd, 0.2),
        )  # fmt: skip
        lines.append(row)
        if rnd.random() < 0.2:
            lines.append(replace(row, line=2, lead="roads", dispatcher=None, closed_at=None))
        for assignment in range(1, rnd.randrange(1, 4)):
            made.append(
                AssignmentRow(case, assignment, rnd.choice(DEPARTMENTS), rnd.choice((*STREETS, ROOT)), moment(rnd),
                              rnd.random() < 0.3, rnd.random() < 0.2, rnd.random() < 0.1)
            )  # fmt: skip
        month = Period.containing(row.closed_at, Span.MONTH).code if row.closed_at else ""
        for reporter in range(rnd.randrange(3)):
            grade = rnd.choice((1, 2, 3, 4, 5, None))
            answers.append(
                Counted(case, f"r{reporter}", 1, "water", month, rnd.random() < 0.8, rnd.random() < 0.7, grade,
                        rnd.random() < 0.9)
            )  # fmt: skip
    return lines, made, answers


async def keep(conn: Executes, rows: list[Any]) -> None:
    await Store("s" * 32, "town").save(conn, rows)


@pytest.mark.parametrize("seed", range(4))
async def test_sql_counts_for_every_card_what_the_plain_form_counts(conn: Executes, seed: int) -> None:
    lines, made, answers = town_of(random.Random(seed), 300)
    await keep(conn, [*lines, *made, *answers])
    for code, frozen_at in (("2026-06", FROZEN), ("2026-05", at(6, 9, 18)), ("2026-Q2", FROZEN), ("2026", at(7, 20))):
        period = Period.parse(code)
        found = await tallies(conn, period, frozen_at, ROOT)
        assert found == plain_tallies(lines, made, answers, period, frozen_at, ROOT)
        assert len(found) > 10


@pytest.mark.parametrize("policy", [POLICY, ALL])
async def test_every_figure_opens_to_its_cases_page_by_page(conn: Executes, policy: Any) -> None:
    lines, made, answers = town_of(random.Random(7), 300)
    await keep(conn, [*lines, *made, *answers])
    found = plain_tallies(lines, made, answers, JUNE, FROZEN, ROOT)
    for unit, kind in ((ROOT, "city"), ("water", "department"), ("s1", "street"), ("c11", "community")):
        figures = fractions(found[unit], policy, kind)
        for rate in LISTINGS:
            seen: list[dict[str, Any]] = []
            while True:
                after = seen[-1]["key"] if seen else ""
                page = await open_figure(
                    conn, rate, unit, kind, policy, span(JUNE, FROZEN), part=None, after=after, limit=25
                )
                assert (page.numerator, page.denominator) == figures[rate], (unit, rate)
                seen += page.cases
                if len(page.cases) < 25:
                    break
            parts = [row["part"] for row in seen]
            assert len({row["key"] for row in seen}) == len(seen)
            assert parts.count("numerator") + parts.count("denominator") == page.denominator
            assert parts.count("excluded") == page.excluded
            assert all(row["why"] for row in seen if row["part"] == "excluded")
            if rate != "satisfaction":
                assert parts.count("numerator") == page.numerator


async def test_one_part_of_a_figure_can_be_asked_for_alone(conn: Executes) -> None:
    lines, made, answers = town_of(random.Random(9), 100)
    await keep(conn, [*lines, *made, *answers])
    for part in ("numerator", "denominator", "excluded"):
        page = await open_figure(
            conn, "closing", ROOT, "city", POLICY, span(JUNE, FROZEN), part=part, after="", limit=1000
        )
        assert {row["part"] for row in page.cases} == {part}


async def test_a_line_is_kept_in_its_newest_form(conn: Executes) -> None:
    await keep(conn, [LINE, MADE, replace(LINE, verified_at=None)])
    await keep(conn, [replace(LINE, closed_at=None), replace(MADE, upheld=True)])
    found = (await tallies(conn, JUNE, FROZEN, ROOT))["water"]
    assert (found.closed, found.cases) == (1, 0)
    assert (await tallies(conn, JUNE, FROZEN, ROOT))["s1"].upheld == 1


async def test_publications_are_read_back_whole_and_no_role_may_change_them(conn: Executes) -> None:
    first = ScorePublished(
        **vars(card_of(counted([LINE])["water"])), revision=1, place=None, ranked=0, frozen_at=FROZEN
    )
    second = replace(first, revision=2, cause=("sent_back",))
    await keep(conn, [Publication(first, FROZEN), Publication(second, at(7, 12))])
    assert await newest(conn, ["2026-06"]) == {"2026-06": {"water": second}}
    with pytest.raises(Exception, match="permission denied"):
        await conn.execute(text("UPDATE score SET revision = 3"))


async def test_the_causes_since_the_last_revision_are_named(conn: Executes) -> None:
    figures = vars(card_of(counted([LINE])["water"]))
    score = ScorePublished(**figures, revision=1, place=None, ranked=0, frozen_at=FROZEN)
    old = LateChange("2026-06", "water", "c-1", "late_fact", FROZEN - timedelta(hours=1))
    new = LateChange("2026-06", "water", "c-1", "sent_back", at(7, 12))
    other = LateChange("2026-06", "parks", "c-2", "exclusion", at(7, 12))
    await keep(conn, [Publication(score, FROZEN), old, new, new, other])
    assert await causes(conn, ["2026-06"]) == {"2026-06": {"water": ("sent_back",), "parks": ("exclusion",)}}


async def test_a_published_policy_is_read_back_whole(conn: Executes) -> None:
    said = text_of(load("nanchang").policies[0], FROZEN)
    await keep(conn, [said])
    assert await policies(conn) == (said,)
