"""Single sign-on against a real OpenID Connect server on the loopback: who has an account comes in, nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from oidc_provider_mock import run_server_in_thread
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.access import accounts
from services.console.access.roles import Post, Role
from services.console.access.sign_in import OIDC, Provider
from services.console.access.single_sign_on import single_sign_on
from services.console.reader import SESSION
from shared.persistence.engine import connect
from tests.support.console_stack import SECRET, read_model

pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with read_model(tmp_path_factory.mktemp("oidc") / "data") as dsn:
        yield dsn


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def engine(dsn: str) -> AsyncIterator[AsyncEngine]:
    engine = connect(dsn)
    yield engine
    await engine.dispose()


def _visitor(engine: AsyncEngine, issuer: str) -> httpx.AsyncClient:
    app = FastAPI()
    app.mount(OIDC, single_sign_on(engine, Provider(issuer, "console", "a secret"), SECRET, "http://console"))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console")


async def _at_provider(address: str, sub: str) -> str:
    """Sign in at the provider, as its form does; returns where it sends the person back to."""
    async with httpx.AsyncClient(trust_env=False) as http:
        sent = await http.post(address, data={"sub": sub})
    return sent.headers["location"]


async def test_who_has_an_account_comes_in_where_she_wanted(engine: AsyncEngine, issuer: str) -> None:
    async with engine.begin() as conn:
        await accounts.add(conn, "li", "Li", [Post(Role.STREET, "S01")], None, f"{issuer} li@office")
    async with _visitor(engine, issuer) as http:
        asked = await http.get(f"{OIDC}/", params={"next": "/cases?state=open"})
        address = asked.headers["location"]
        for part in ("code_challenge=", "code_challenge_method=S256", "nonce=", "state=", "scope=openid"):
            assert part in address, part
        back = await http.get(await _at_provider(address, "li@office"))
        assert back.headers["location"] == "/cases?state=open"
        signed = await accounts.find(engine, back.cookies[SESSION])
        assert signed is not None
        assert (signed.login, signed.post) == ("li", Post(Role.STREET, "S01"))


async def test_who_has_none_stays_out_and_a_disabled_account_too(engine: AsyncEngine, issuer: str) -> None:
    async with engine.begin() as conn:
        await accounts.add(conn, "old", "Old", [Post(Role.STREET, "S01")], None, f"{issuer} old@office")
        await accounts.disable(conn, "old")
    async with _visitor(engine, issuer) as http:
        for sub in ("stranger", "old@office"):
            asked = await http.get(f"{OIDC}/")
            back = await http.get(await _at_provider(asked.headers["location"], sub))
            assert back.headers["location"] == "/login?why=login.unknown_identity"
            assert SESSION not in back.cookies


async def test_an_answer_without_its_question_or_heard_twice_lets_nobody_in(engine: AsyncEngine, issuer: str) -> None:
    async with engine.begin() as conn:
        await accounts.add(conn, "li", "Li", [Post(Role.STREET, "S01")], None, f"{issuer} li@office")
    async with _visitor(engine, issuer) as http:
        asked = await http.get(f"{OIDC}/")
        answer = await _at_provider(asked.headers["location"], "li@office")
        async with _visitor(engine, issuer) as stranger:
            assert (await stranger.get(answer)).headers["location"] == "/login?why=login.provider_refused"
        forged = answer.replace("state=", "state=x")
        assert (await http.get(forged)).headers["location"] == "/login?why=login.provider_refused"
        asked = await http.get(f"{OIDC}/")
        answer = await _at_provider(asked.headers["location"], "li@office")
        assert (await http.get(answer)).headers["location"] == "/"
        assert (await http.get(answer)).headers["location"] == "/login?why=login.provider_refused"


async def test_a_provider_that_is_away_is_said(engine: AsyncEngine) -> None:
    async with _visitor(engine, "http://127.0.0.1:9") as http:
        assert (await http.get(f"{OIDC}/")).headers["location"] == "/login?why=login.provider_away"
