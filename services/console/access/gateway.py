"""The one way from a page to the owning services: each act is checked, signed, passed on, and put on record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Header, Request, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.console.access import commands
from services.console.access.accounts import Signed
from services.console.access.acts import ACTS, PAPERS, Act, find
from services.console.access.commands import LOST, Command, Outcome
from services.console.access.roles import NAMES, Role
from services.console.reader import PRESENT
from services.console.words import TONGUES
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.tokens import sign
from shared.telemetry.traces import ASKED

SECONDS = 30.0
_PASSED = ("content-type", "content-disposition", "retry-after")


@dataclass(frozen=True, slots=True)
class NotDone(Exception):
    """What an owning service answered instead of doing as asked: its problem document."""

    status: int
    problem: Mapping[str, Any]

    def said(self, language: str) -> str:
        """Return the rule in a language."""
        return str(self.problem.get("title" if language == "zh" else "title_en", self.status))


class Owners:
    """The owning services, asked as the person who is signed in."""

    def __init__(self, services: Mapping[str, str], secret: str, city: City) -> None:
        self._services, self._secret, self._city = services, secret, city
        self._http = httpx.AsyncClient(timeout=SECONDS, trust_env=False)

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def get(self, signed: Signed, service: str, path: str, **params: Any) -> Any:
        """Return the JSON that a service shows this person; raises NotDone with the rule that refuses it."""
        answer = await self.ask(signed, service, "GET", path, params=params)
        if answer.is_error:
            raise NotDone(answer.status_code, answer.json())
        return answer.json()

    async def ask(
        self, signed: Signed, service: str, method: str, path: str, *, headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None, content: bytes | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Return what a service answers this person; raises Refused("owner.away") if it does not answer."""
        actor = signed.actor(self._city)
        return await self.ask_as(actor, service, method, path, headers=headers, params=params, content=content)

    async def ask_as(
        self, actor: Actor | None, service: str, method: str, path: str, *, headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None, content: bytes | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Return what a service answers an actor, or nobody in particular; raises Refused("owner.away")."""
        sent = dict(headers or {})
        if actor is not None:
            sent["Authorization"] = f"Bearer {sign(self._secret, self._city.code, actor)}"
        if trace := ASKED.get():
            sent["traceparent"] = trace
        base = self._services.get(service, "")
        try:
            return await self._http.request(
                method, base + path, headers=sent, content=content,
                params={name: value for name, value in (params or {}).items() if value is not None} or None,
            )  # fmt: skip
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused("owner.away", "", service=service) from error


def required() -> Signed:
    """Return who is signed in; raises Refused("login.required")."""
    signed = PRESENT.get().signed
    if signed is None:
        raise Refused("login.required", "session")
    return signed


async def checked(
    engine: AsyncEngine, among: Sequence[Act], signed: Signed, service: str, path: str, key: str = ""
) -> None:
    """Refuse as `check` does, on record: who tried to read or do what is not his."""
    try:
        check(find(among, service, path), signed, path)
    except Refused as refused:
        await record(engine, signed, service, path, key, 403, refused.rule)
        raise


def check(act: Act | None, signed: Signed, path: str) -> None:
    """Refuse what is no act, and an act of other roles, naming whose it is."""
    if act is None:
        raise Refused("act.unknown", "path", path=path)
    for_roles(act.roles, signed)


def for_roles(roles: Collection[Role], signed: Signed) -> None:
    """Refuse whoever is of no such role, naming whose it is."""
    if signed.role not in roles:
        zh, en = (t("、").join(t(name) for role, name in NAMES.items() if role in roles) for t in TONGUES.values())
        raise Refused("act.not_yours", "role", roles=en, roles_zh=zh)


def router(owners: Owners, engine: AsyncEngine) -> APIRouter:
    """Return the addresses by which pages act and fetch papers."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/act/{service}{path:path}")
    async def act(
        service: str, path: str, request: Request,
        idempotency_key: Annotated[str, Header(max_length=128)] = "", if_match: Annotated[str, Header()] = "",
    ) -> Response:  # fmt: skip
        signed = required()
        await checked(engine, ACTS, signed, service, path, idempotency_key)
        kind = request.headers.get("content-type", "application/json")
        headers = {"Content-Type": kind, "Idempotency-Key": idempotency_key}
        if if_match:
            headers["If-Match"] = if_match
        content = await request.body()

        def ask() -> Awaitable[httpx.Response]:
            return owners.ask(
                signed, service, "POST", path, headers=headers, params=request.query_params, content=content
            )

        return await carry_out(engine, request, signed, service, path, idempotency_key, ask)

    @routes.get("/paper/{service}{path:path}")
    async def paper(service: str, path: str, request: Request) -> Response:
        signed = required()
        await checked(engine, PAPERS, signed, service, path)
        answer = await owners.ask(signed, service, "GET", path, params=request.query_params)
        await record(engine, signed, service, path, "", answer.status_code, "")
        return passed_on(answer)

    return routes


async def carry_out(
    engine: AsyncEngine, request: Request, signed: Signed, service: str, path: str, key: str,
    ask: Callable[[], Awaitable[httpx.Response]],
) -> Response:  # fmt: skip
    """Pass an act on by `ask` and return the answer, on record; what has a key is kept until its page was told."""
    command = Command.of(signed.login, key, service, path, request.headers.get("referer", ""))
    if key:
        await commands.sent(engine, command)
    try:
        answer = await ask()
    except Refused:
        async with engine.begin() as conn:
            await commands.answered(conn, command, LOST)
        raise
    outcome = _outcome(answer)
    async with engine.begin() as conn:
        await _put_on_record(conn, signed, service, path, key, answer.status_code, outcome.rule)
        await commands.answered(conn, command, outcome)
    return passed_on(answer)


def _outcome(answer: httpx.Response) -> Outcome:
    """Return what a service's answer says became of the act; an error of its own says nothing certain."""
    told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    said = told if isinstance(told, dict) else {}
    if not answer.is_error:
        return Outcome("done", case=str(said.get("case", "")))
    words = {name: str(said.get(name, "")) for name in ("rule", "field", "title", "title_en")}
    return Outcome("refused" if answer.status_code < 500 else "lost", **words)


def passed_on(answer: httpx.Response) -> Response:
    """Return a service's answer as it is."""
    headers = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


async def record(
    engine: AsyncEngine, signed: Signed, service: str, path: str, key: str, status: int, rule: str
) -> None:
    """Put on record who did what, or tried to; which words were sent, the owning service alone knows."""
    async with engine.begin() as conn:
        await _put_on_record(conn, signed, service, path, key, status, rule)


async def _put_on_record(
    conn: AsyncConnection, signed: Signed, service: str, path: str, key: str, status: int, rule: str
) -> None:
    await conn.execute(
        text(
            "INSERT INTO act (login, post, service, path, key, status, rule) "
            "VALUES (:login, :post, :service, :path, :key, :status, :rule)"
        ),
        {"login": signed.login, "post": str(signed.post), "service": service, "path": path[:500], "key": key,
         "status": status, "rule": rule},
    )  # fmt: skip
