"""How many votes a second one public vote takes, each person once, through feedback's HTTP on a real PostgreSQL.

`python -m tests.bench.votes [VOTES] [RATE]` offers VOTES at RATE a second (default 3000 at 60), then as many as fast as
200 callers can, and prints answered per second and how long an answer took.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime, timedelta

import httpx
from fastapi import FastAPI

from deploy.local.database import SERVICES
from services.feedback.api import router
from shared.contracts.supervision import OpenPoll
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from tests.bench.stand import servers
from tests.support.room import SECRET, Room, room
from tests.support.stack import make_schemas

CALLERS = 200
NOW = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)


async def main(votes: int, rate: float) -> None:
    with servers() as (_, backing):
        cell = await asyncio.to_thread(make_schemas, backing, "yulin", SERVICES)
        async with room(cell, "yulin") as r:
            await r.at(NOW)
            await r.send(poll(), "poll:yulin:v", Actor("unit", "yulin"), creates=True)
            application = FastAPI()
            answer_problems(application)
            application.include_router(router(r.desk))
            application.state.desk = r.desk
            transport = httpx.ASGITransport(application)
            async with httpx.AsyncClient(transport=transport, base_url="http://feedback") as client:
                await offered(client, r, votes, rate)
                await hurried(client, r, votes)
            (kept,) = await r.execute("SELECT count(*) AS voters, (SELECT sum(count) FROM ballot) AS cast FROM spent")
            print(f"kept: {kept['voters']} voters, {kept['cast']} votes")


def poll() -> OpenPoll:
    options = [{"code": f"o{n}", "text": f"候选 {n}"} for n in range(20)]
    question = {"code": "q", "text": "评选", "options": options}
    return OpenPoll.model_validate(
        {"kind": "vote", "unit": "yulin", "code": "v", "questions": [question], "opens_at": NOW,
         "until": NOW + timedelta(days=1)}
    )  # fmt: skip


async def vote(client: httpx.AsyncClient, r: Room, person: str) -> float:
    """Cast one vote; returns the seconds that its answer took."""
    started = time.perf_counter()
    token = sign(SECRET, r.city.code, Actor("source", "mini"))
    response = await client.post(
        "/v1/polls/yulin/v/vote", json={"voter": person, "answers": {"q": f"o{hash(person) % 20}"}},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": person}, timeout=60,
    )  # fmt: skip
    response.raise_for_status()
    return time.perf_counter() - started


async def offered(client: httpx.AsyncClient, r: Room, votes: int, rate: float) -> None:
    """Offer votes at an even rate."""
    started, tasks = time.perf_counter(), []
    for n in range(votes):
        await asyncio.sleep(max(0.0, started + n / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(vote(client, r, f"even-{n}")))
    show(f"offered at {rate:g}/s", await asyncio.gather(*tasks), time.perf_counter() - started)


async def hurried(client: httpx.AsyncClient, r: Room, votes: int) -> None:
    """Cast votes as fast as so many callers can."""
    people = iter([f"hurry-{n}" for n in range(votes)])

    async def caller() -> list[float]:
        return [await vote(client, r, person) for person in people]

    started = time.perf_counter()
    taken = [took for took_by_one in await asyncio.gather(*(caller() for _ in range(CALLERS))) for took in took_by_one]
    show(f"{CALLERS} callers", taken, time.perf_counter() - started)


def show(what: str, taken: list[float], seconds: float) -> None:
    taken = sorted(taken)
    half, worst = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    print(
        f"{what}: {len(taken)} votes in {seconds:.1f} s = {len(taken) / seconds:.0f}/s; "
        f"answer {half * 1000:.1f} ms in the middle, 99 % within {worst * 1000:.1f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000, float(sys.argv[2]) if len(sys.argv) > 2 else 60))
