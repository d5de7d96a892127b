"""What became of one's commands, under the bell: over HTTP, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.console import outcomes
from services.console.access import accounts, commands, gateway, raising
from services.console.access.acts import ACTS
from services.console.access.commands import Command
from services.console.access.gateway import Owners
from services.console.access.guard import Guard
from services.console.access.roles import Post, Role
from services.console.reader import COOKIE, SESSION
from services.console.words import TONGUES
from shared.city.load import load
from shared.persistence.engine import connect
from shared.shell.problems import answer_problems
from tests.support.console_facts import tell_case
from tests.support.console_stack import NOON, SECRET, fill, read_model

pytestmark = pytest.mark.stack
CITY = load("donggang")
TOLD = tell_case(CITY, Random(3), 3, NOON - timedelta(days=2), NOON)
CASE, NUMBER = TOLD[0].subject, TOLD[0].data.number
ACCEPT = f"/act/dispatch/v1/orders/{CASE}/accept"
STREET = Post(Role.STREET, "S01")
REFUSAL = {"rule": "order.late", "field": "assignment", "title": "已超期", "title_en": "Overdue"}


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with read_model(tmp_path_factory.mktemp("outcomes") / "data") as dsn:
        asyncio.run(fill(dsn, TOLD))
        yield dsn


class Console:
    """Two consoles on one database, before an owner that answers as it is told to."""

    def __init__(self, dsn: str) -> None:
        self.engine = connect(dsn)
        self.says: httpx.Response | Exception = httpx.Response(200, json={"subject": CASE})
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()
        self.apps = [self._app(), self._app()]

    def _app(self) -> FastAPI:
        app = FastAPI()
        answer_problems(app)
        owners = Owners(dict.fromkeys({act.service for act in ACTS}, "http://owner"), SECRET, CITY)
        owners._http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        app.include_router(gateway.router(owners, self.engine))
        app.include_router(raising.router(owners, self.engine, CITY))
        app.include_router(outcomes.router(self.engine))
        app.add_middleware(Guard, engine=self.engine)
        return app

    async def _answer(self, _: httpx.Request) -> httpx.Response:
        self.asked.set()
        await self.may_answer.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def sit(self, login: str = "li", replica: int = 0, language: str = "zh") -> httpx.AsyncClient:
        async with self.engine.begin() as conn:
            await accounts.add(conn, login, login, [STREET], None, None)
            key = await accounts.begin(conn, login)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.apps[replica]), base_url="http://console",
            cookies={SESSION: key, COOKIE: language}, headers={"Origin": "http://console"},
        )  # fmt: skip

    async def pass_by(self, seconds: int) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(text(f"UPDATE command SET at = at - interval '{seconds} seconds'"))

    async def unread(self) -> dict[str, int]:
        async with self.engine.connect() as conn:
            return await commands.unread(conn)


@pytest.fixture
async def console(dsn: str) -> AsyncIterator[Console]:
    console = Console(dsn)
    async with console.engine.begin() as conn:
        await conn.execute(text("DELETE FROM account"))
    yield console
    await console.engine.dispose()


async def _accept(http: httpx.AsyncClient, key: str = "k-1") -> httpx.Response:
    came = f"http://console/dispatch?queue=to_accept&item={CASE}"
    return await http.post(ACCEPT, json={}, headers={"Idempotency-Key": key, "Referer": came})


async def _list(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await http.post("/outcomes")).json())


async def test_an_answer_that_its_page_has_shown_is_under_no_bell(console: Console) -> None:
    http = await console.sit()
    assert (await _accept(http)).status_code == 200
    assert (await http.post("/outcomes/told", headers={"Idempotency-Key": "k-1"})).status_code == 204
    await console.pass_by(11)
    assert (await console.unread(), await _list(http)) == ({}, [])


async def test_what_nobody_waited_for_is_counted_after_ten_seconds_and_read_at_another_console(
    console: Console,
) -> None:
    await _accept(await console.sit())
    assert await console.unread() == {}
    await console.pass_by(11)
    assert await console.unread() == {"li": 1}
    there = await console.sit(replica=1)
    (line,) = await _list(there)
    assert line == {
        "key": "k-1", "act": "签收", "about": NUMBER, "href": f"/cases/{CASE}", "at": "11-24 周二 14:32",
        "state": "done", "said": "已生效", "rule": "", "is_new": True,
    }  # fmt: skip
    assert await console.unread() == {}
    assert await _list(there) == [line | {"is_new": False}]


async def test_a_refusal_is_shown_with_its_rule_and_field_in_the_readers_language(console: Console) -> None:
    console.says = httpx.Response(409, json=REFUSAL)
    await _accept(await console.sit())
    for language, act, said in (("zh", "签收", "未生效：已超期"), ("en", "Acceptance", "Not accepted: Overdue")):
        (line,) = await _list(await console.sit(language=language))
        assert (line["act"], line["said"], line["rule"]) == (act, said, "order.late · assignment")


@pytest.mark.parametrize("said", [httpx.ConnectTimeout("away"), httpx.Response(500, json={"rule": "internal.error"})])
async def test_what_was_not_answered_for_certain_is_to_be_checked(
    console: Console, said: httpx.Response | Exception
) -> None:
    console.says = said
    await _accept(await console.sit())
    (line,) = await _list(await console.sit())
    assert (line["state"], line["said"], line["href"]) == ("lost", "没有得到答复，请核对", f"/cases/{CASE}")


async def test_a_command_whose_process_dies_before_the_answer_does_not_vanish(console: Console) -> None:
    console.may_answer.clear()
    http = await console.sit()
    dying = asyncio.create_task(_accept(http))
    await console.asked.wait()
    dying.cancel()
    with suppress(asyncio.CancelledError):
        await dying
    await console.pass_by(11)
    (line,) = await _list(http)
    assert (line["said"], line["is_new"], await console.unread()) == ("还在处理", False, {})
    await console.pass_by(commands.LOST_SECONDS)
    assert await console.unread() == {"li": 1}
    (line,) = await _list(http)
    assert (line["state"], line["about"], await console.unread()) == ("lost", NUMBER, {})
    async with console.engine.begin() as conn:  # it lived after all
        command = Command.of("li", "k-1", "dispatch", "", "")
        await commands.answered(conn, command, commands.Outcome("done"))
    assert await console.unread() == {"li": 1}


async def test_sent_again_under_its_key_it_is_one_line_with_the_last_answer(console: Console) -> None:
    http = await console.sit()
    console.says = httpx.ConnectError("away")
    await _accept(http)
    await _list(http)
    console.says = httpx.Response(200, json={})
    await _accept(http)
    (line,) = await _list(http)
    assert (line["state"], line["is_new"]) == ("done", True)


async def test_nobody_reads_or_forgets_what_is_anothers(console: Console) -> None:
    await _accept(await console.sit())
    other = await console.sit("wang")
    assert await _list(other) == []
    await other.post("/outcomes/told", headers={"Idempotency-Key": "k-1"})
    await console.pass_by(11)
    assert await console.unread() == {"li": 1}
    li = await console.sit()
    foreign = {"Idempotency-Key": "k-1", "Origin": "http://evil.example"}
    for path in ("/outcomes", "/outcomes/told"):
        assert (await li.post(path, headers=foreign)).status_code == 403
    li.cookies.clear()
    for path in ("/outcomes", "/outcomes/told"):
        answer = await li.post(path, headers={"Idempotency-Key": "k-1"})
        assert (answer.status_code, answer.json()["rule"]) == (401, "login.required")
    assert await console.unread() == {"li": 1}


async def test_what_is_kept_is_bounded_in_number_and_in_age(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST", 3)
    http = await console.sit()
    for n in range(5):
        await _accept(http, f"k-{n}")
    assert [line["key"] for line in await _list(http)] == ["k-4", "k-3", "k-2"]
    await console.pass_by(commands.DAYS * 86_400 + 1)
    assert (await _list(http), await console.unread()) == ([], {})
    await console.sit()
    async with console.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM command"))).scalar_one() == 0


async def test_a_report_written_down_leads_to_the_case_that_came_of_it(console: Console) -> None:
    console.says = httpx.Response(200, json={"case": CASE, "number": NUMBER})
    http = await console.sit()
    said = {"source": "hotline", "text": "路灯不亮"}
    await http.post(
        raising.PATH, json=said, headers={"Idempotency-Key": "k", "Referer": "http://console/intake?lang=zh"}
    )
    console.says = httpx.ReadTimeout("away")
    await http.post(
        raising.PATH, json=said, headers={"Idempotency-Key": "l", "Referer": "http://console/intake?lang=zh"}
    )
    lost, done = await _list(http)
    assert (done["act"], done["about"], done["href"]) == ("提单", NUMBER, f"/cases/{CASE}")
    assert (lost["act"], lost["about"], lost["href"]) == ("提单", "提单", "/intake?lang=zh")


@pytest.mark.parametrize(
    ("path", "referer", "case", "page"),
    [
        ("/v1/cases/c 1/judge", "http://console/callbacks?case=c+1", "c 1", "/callbacks?case=c+1"),
        ("/v1/whistles", "http://console/cases/2026-17?lang=en", "2026-17", "/cases/2026-17?lang=en"),
        ("/v1/whistles/w1/sign", "http://console/desk?queue=whistle", "", "/desk?queue=whistle"),
        ("/v1/meetings/m/hold", "http://console/nowhere", "", ""),
        ("/v1/meetings/m/hold", "http://console/meetings?q=" + "x" * 400, "", ""),
        ("/v1/meetings/m/hold", "", "", ""),
    ],
)
def test_a_command_is_about_the_case_of_its_address_or_of_its_page(
    path: str, referer: str, case: str, page: str
) -> None:
    command = Command.of("li", "k", "dispatch", path, referer)
    assert (command.case, command.page) == (case, page)


def test_every_act_has_a_name_in_both_languages() -> None:
    for act in (*ACTS, raising.RAISE):
        assert all(t(act.name) for t in TONGUES.values()), act.path
