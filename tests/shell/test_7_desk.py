"""shell.md §7: commands over HTTP, on the store in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from shared.contracts import dispatch
from shared.kernel.refusals import Refused
from shared.shell.desk import Desk, commands
from shared.shell.problems import MAX_BODY_BYTES, answer_problems
from shared.shell.tokens import sign
from tests.support.office import HB, DictOffice

SECRET = "s" * 32


class Unsendable(asyncpg.InterfaceError, ValueError):
    """As asyncpg's own for a value that does not fit its type."""


UNSENDABLE = Unsendable("value out of int32 range")


@asynccontextmanager
async def serving(office: DictOffice) -> AsyncIterator[tuple[httpx.AsyncClient, Desk]]:
    desk = Desk(office.shell, SECRET)
    app = FastAPI()
    app.state.desk = desk
    answer_problems(app)
    app.include_router(commands(desk, "orders", "order", {"progress": dispatch.Progress}))
    task = asyncio.create_task(desk.run())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {sign(SECRET, 't', HB)}", "Idempotency-Key": "k-1"}
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://t", headers=headers) as client:
            yield client, desk
    finally:
        task.cancel()


PATH = "/v1/orders/c-1/progress"
BODY = {"assignment": 1, "note": "on the way"}


@pytest.fixture
def office() -> DictOffice:
    office = DictOffice()
    office.open("c-1", "c-2")
    return office


async def test_7_a_command_is_answered_with_its_facts_and_once_per_key(office: DictOffice) -> None:
    async with serving(office) as (client, _):
        first = await client.post(PATH, json=BODY)
        again = await client.post(PATH, json=BODY)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["sequence"] == 2
    assert first.json()["facts"][0]["type"] == "order.progressed.v1"
    assert office.notes() == ("on the way",)


async def test_7_a_form_built_on_an_older_state_is_refused(office: DictOffice) -> None:
    async with serving(office) as (client, _):
        stale = await client.post(PATH, json=BODY, headers={"If-Match": '"7"'})
        assert stale.status_code == 409
        assert stale.json()["rule"] == "message.stale"
        assert (await client.post(PATH, json=BODY, headers={"If-Match": '"1"'})).status_code == 200


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "refused by a rule": ({"json": {**BODY, "note": "refuse me"}}, 409, "mini.refused"),
    "broken rule": ({"json": {**BODY, "note": "break me"}}, 500, "internal.error"),
    "no JSON": ({"content": b"{"}, 400, "message.unreadable"),
    "not UTF-8": ({"content": b'{"note":"\xff"}'}, 400, "message.unreadable"),
    "a list": ({"json": [1]}, 422, "message.invalid"),
    "too short": ({"json": {**BODY, "note": "x"}}, 422, "message.invalid"),
    "unknown field": ({"json": {**BODY, "x": 1}}, 422, "message.invalid"),
    "U+0000": ({"json": {**BODY, "note": "a\0bcd"}}, 400, "message.unreadable"),
    "2 MB": ({"content": b" " * (2 * MAX_BODY_BYTES)}, 413, "message.too_large"),
    "no key": ({"json": BODY, "headers": {"Idempotency-Key": ""}}, 400, "message.missing_header"),
    "no token": ({"json": BODY, "headers": {"Authorization": ""}}, 401, "actor.bad_token"),
    "forged token": ({"json": BODY, "headers": {"Authorization": "Bearer department.hb.00"}}, 401, "actor.bad_token"),
    "token not ASCII": (
        {"json": BODY, "headers": {"Authorization": b"Bearer department.hb.\xff"}},
        401,
        "actor.bad_token",
    ),
    "lone surrogate": ({"content": b'{"note":"\\ud800","assignment":1}'}, 400, "message.unreadable"),
    "UTF-16": ({"content": '{"note":"on the way","assignment":1}'.encode("utf-16")}, 400, "message.unreadable"),
    "nested deeply": ({"content": b'{"note":' + b"[" * 30_000}, 400, "message.unreadable"),
    "If-Match with a digit that is none": ({"json": BODY, "headers": {"If-Match": b"\xb2"}}, 422, "message.invalid"),
    "bad If-Match": ({"json": BODY, "headers": {"If-Match": "x"}}, 422, "message.invalid"),
}


@pytest.mark.parametrize("what", BAD)
async def test_7_a_bad_request_is_answered_with_rule_and_words_in_both_languages(office: DictOffice, what: str) -> None:
    request, status, rule = BAD[what]
    async with serving(office) as (client, _):
        answer = await client.post(PATH, **request)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"]
    assert answer.json()["title_en"]
    assert office.notes() == ()


async def test_7_an_unknown_subject_is_not_found(office: DictOffice) -> None:
    async with serving(office) as (client, _):
        assert (await client.post("/v1/orders/c-99/progress", json=BODY)).status_code == 404


async def test_7_a_database_that_is_away_is_said_with_when_to_try_again(office: DictOffice) -> None:
    async def away() -> Any:
        raise ConnectionRefusedError

    office.store.now = away  # type: ignore[method-assign]
    async with serving(office) as (client, _):
        answer = await client.post(PATH, json=BODY)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


READS: dict[str, tuple[Exception, int, str]] = {
    "away": (ConnectionRefusedError(), 503, "database.away"),
    "pool exhausted": (TimeoutError(), 503, "database.away"),
    "closed under our hands": (asyncpg.InterfaceError("connection is closed"), 503, "database.away"),
    "died in the middle of an answer": (asyncpg.InternalClientError("unknown state"), 503, "database.away"),
    "a value that cannot be sent": (UNSENDABLE, 422, "message.invalid"),
    "a value that cannot be held": (asyncpg.NumericValueOutOfRangeError(), 422, "message.invalid"),
    "a statement that is wrong": (asyncpg.UndefinedColumnError(), 500, "internal.error"),
    "a mistake": (KeyError("planted"), 500, "internal.error"),
}


@pytest.mark.parametrize("what", READS)
async def test_7_what_a_reading_fails_of_is_said_as_a_problem(office: DictOffice, what: str) -> None:
    error, status, rule = READS[what]
    app = FastAPI()
    answer_problems(app)

    @app.get("/read")
    async def read() -> None:
        raise error

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        answer = await client.get("/read")
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_7_waiting_requests_are_taken_as_one_batch_and_single_ones_before_bulk(office: DictOffice) -> None:
    taken: list[int] = []
    real = office.shell.take

    async def counted(batch: Any, door: str) -> Any:
        taken.append(len(batch.work))
        return await real(batch, door)

    office.shell.take = counted  # type: ignore[method-assign]
    desk = Desk(office.shell, SECRET)
    note = dispatch.Progress(order="c-1", assignment=1, note="bulk")
    bulk = asyncio.create_task(desk.submit_many([(note, "c-1", HB, f"b-{n}", False) for n in range(30)]))
    singles = [asyncio.create_task(desk.submit(note, "c-2", HB, f"s-{n}")) for n in range(5)]
    await asyncio.sleep(0)
    task = asyncio.create_task(desk.run())
    await asyncio.gather(bulk, *singles)
    task.cancel()
    assert taken == [5, 30]


async def test_7_one_command_that_breaks_its_batch_costs_its_neighbours_nothing(office: DictOffice) -> None:
    real = office.shell.take

    async def picky(batch: Any, door: str) -> Any:
        if any(w.message.data.note == "poison" for w in batch.work):
            raise RuntimeError("planted")
        return await real(batch, door)

    office.shell.take = picky  # type: ignore[method-assign]
    desk = Desk(office.shell, SECRET)
    wanted = [
        asyncio.create_task(
            desk.submit(dispatch.Progress(order="c-1", assignment=1, note=note), "c-1", HB, f"k-{note}")
        )
        for note in ("good one", "poison", "good two")
    ]
    task = asyncio.create_task(desk.run())
    done = await asyncio.gather(*wanted, return_exceptions=True)
    task.cancel()
    assert isinstance(done[1], Refused)
    assert office.notes() == ("good one", "good two")
