"""Analysis of a city with a million cases in two years: `CASES=1000000 python -m tests.bench.analysis`.

Prints what each figure of the analysis takes for the whole city, what the page of cases behind one takes, and the
memory of the database's backend.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from services.feedback.routes.analysis import router
from shared.city.load import load
from shared.city.model import City, UnitLevel
from shared.kernel.decisions import Actor
from shared.persistence.engine import schema_of
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from tests.bench.scores import peak
from tests.support.feedback_tables import feedback_tables

CASES = int(os.environ.get("CASES", "1000000"))
TIMES = 3
SECRET = "a-secret-of-the-bench"
_FILL = """
    INSERT INTO brief (case_id, number, matter, kind, source, place, street, community, grid, registered_at, lead,
                       dispatcher, handled_by, closed_at, reason)
    SELECT gen_random_uuid()::text, 'GP-' || k, ($4::text[])[1 + floor(cardinality($4::text[]) * random() ^ 3)::int],
           'problem', 'grid', g.grid, g.street, g.community, g.grid,
           timestamptz '2025-01-01 00:00+08' + k::float8 / $5::int * interval '730 days', g.community, g.street,
           CASE WHEN k % 10 < 9 THEN g.community END,
           CASE WHEN k % 10 < 8
                THEN timestamptz '2025-01-04 00:00+08' + k::float8 / $5::int * interval '730 days' END,
           CASE WHEN k % 10 < 8 THEN 'rated' END
      FROM generate_series(0, $5::int - 1) k
      JOIN unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS g (grid, community, street, n)
        ON g.n = 1 + k::bigint * 104729 % cardinality($1::text[])
"""
FIGURES: dict[str, tuple[str, dict[str, Any]]] = {
    "recurring, a month": ("recurring", {"first": "2026-06-01", "last": "2026-06-30"}),
    "recurring, a year": ("recurring", {"first": "2026-01-01", "last": "2026-12-31"}),
    "hot spots, a week on twelve": ("hot-spots", {"week": "2026-06-10"}),
    "trend, 52 weeks": ("trend", {"first": "2026-01-05", "weeks": 52}),
    "trend, 104 weeks": ("trend", {"first": "2025-01-06", "weeks": 104}),
    "month's topic": ("monthly-topic", {"month": "2026-06"}),
    "stages, a quarter": ("stages", {"first": "2026-04-01", "last": "2026-06-30"}),
    "stages, two years": ("stages", {"first": "2025-01-01", "last": "2026-12-31"}),
    "cases behind a month, a thousand": ("cases", {"first": "2026-06-01", "last": "2026-06-30"}),
    "cases behind a stage of two years": (
        "cases",
        {"first": "2025-01-01", "last": "2026-12-31", "stage": "look_back"},
    ),
}


class Desk:
    """What the routes of the analysis need of a desk."""

    def __init__(self, city: City, engine: Any) -> None:
        self.city, self.city_code, self.secret, self.engine = city, city.code, SECRET, engine


async def fill(dsn: str, city: City) -> None:
    """Invent two years in the database itself."""
    conn = await asyncpg.connect(dsn)
    await conn.execute(f'SET search_path TO "{schema_of(city.code, "feedback")}"')
    grids = [(g.code, *(u.code for u in city.ancestors(g.code)[:2])) for g in city.of_level(UnitLevel.GRID)]
    await conn.execute(_FILL, *[list(column) for column in zip(*grids, strict=True)], list(city.matters), CASES)
    await conn.execute("VACUUM ANALYZE brief")
    await conn.close()


async def measure(dsn: str, city: City) -> None:
    """Ask for every figure three times, and print the longest."""
    schema = schema_of(city.code, "feedback")
    url = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, connect_args={"server_settings": {"search_path": schema}}, pool_size=1)
    desk: Any = Desk(city, engine)
    app = FastAPI()
    answer_problems(app)
    app.include_router(router(desk))
    app.state.desk = desk
    headers = {"Authorization": f"Bearer {sign(SECRET, city.code, Actor('operations', 'o'))}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://f", headers=headers, timeout=600) as client:
        for name, (path, asked) in FIGURES.items():
            longest, found = 0.0, {}
            for _ in range(TIMES):
                began = time.monotonic()
                answer = await client.get(f"/v1/analysis/{path}", params=asked)
                longest = max(longest, time.monotonic() - began)
                found = answer.raise_for_status().json()
            size = {key: len(value) for key, value in found.items() if isinstance(value, list | dict)}
            print(f"{name}: {longest:.2f} s, {len(answer.content) // 1024} kB, {size}", flush=True)
    async with engine.connect() as conn:
        pid = (await conn.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
        print(f"backend_peak_mb: {peak(pid)}")
    await engine.dispose()
    print(f"load: {os.getloadavg()}")


def main() -> None:
    """Fill, measure, print."""
    city = load("guiping")
    with tempfile.TemporaryDirectory(dir="/tmp") as place, feedback_tables(Path(place) / "data", city.code) as dsns:
        began = time.monotonic()
        asyncio.run(fill(dsns["admin"], city))
        print(f"{CASES} cases filled in {time.monotonic() - began:.0f} s", flush=True)
        asyncio.run(measure(dsns["feedback"], city))


if __name__ == "__main__":
    main()
