"""The desk door: a person's command is an HTTP call, decided at once by the same shell (shell.md §7)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, Depends, Header, Request
from pydantic import ValidationError
from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.base import Contract
from shared.kernel.decisions import Actor, Message
from shared.kernel.refusals import Refused
from shared.persistence.engine import is_away, transaction
from shared.shell.opening import has_nul, outside
from shared.shell.service import Unread
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import read as read_token
from shared.shell.validation import invalid, wrong
from shared.shell.work import Batch, Reply, Work
from shared.telemetry import metrics
from shared.telemetry.logs import brief
from shared.telemetry.traces import ASKED

log = structlog.get_logger()
C = TypeVar("C", bound=Contract)
MAX_BATCH, MAX_BULK = 200, 50
"""A person waits for the bulk batch in hand: a small one (decision 20)."""
MAX_WAITING = 5_000
UNREAD = frozenset({"message.invalid", "message.unreadable", "message.missing_header"})
"""Rules of a body that could not be read: it was no command yet, so no decision has it on record."""
MAX_ADDRESS = 200


@dataclass(slots=True)
class _Request:
    data: Contract
    subject: str
    actor: Actor
    key: str
    if_match: int | None
    creates: bool
    answer: asyncio.Future[Reply]
    traceparent: str


class Desk:
    """Takes commands as they come, all that wait as one batch; single ones before bulk ones."""

    def __init__(self, shell: Shell, secret: str) -> None:
        self.shell, self.secret = shell, secret
        self.city_code = shell.bench.city_code
        self._single: deque[_Request] = deque()
        self._bulk: deque[_Request] = deque()
        self._woken = asyncio.Event()

    @property
    def city(self) -> Any:
        """Return the city, with the calendars published in it."""
        return self.shell.store.city

    @property
    def engine(self) -> AsyncEngine:
        """Return the service role's connections, for reading."""
        store = self.shell.store
        assert isinstance(store, SqlStore)
        return store.engine

    async def submit(
        self, data: Contract, subject: str, actor: Actor, key: str, if_match: int | None = None, creates: bool = False
    ) -> Reply:
        """Decide one command; raises Refused with the rule that refuses it."""
        request = self._enter(self._single, data, subject, actor, key, if_match, creates)
        with metrics.DESK_SECONDS.time():
            reply = await request.answer
        refused = reply.refusal()
        if refused:
            raise refused
        return reply

    async def submit_many(self, wanted: Sequence[tuple[Contract, str, Actor, str, bool]]) -> list[Reply]:
        """Decide many (data, subject, actor, key, creates); a refused one shows its rule in its reply."""
        requests = [self._enter(self._bulk, d, s, a, k, None, c) for d, s, a, k, c in wanted]
        return list(await asyncio.gather(*(r.answer for r in requests)))

    def _enter(
        self, queue: deque[_Request], data: Contract, subject: str, actor: Actor, key: str, if_match: int | None,
        creates: bool,
    ) -> _Request:  # fmt: skip
        if len(self._single) + len(self._bulk) > MAX_WAITING:
            raise Refused("database.away", "")
        request = _Request(data, subject, actor, key, if_match, creates, asyncio.get_running_loop().create_future(),
                           ASKED.get())  # fmt: skip
        queue.append(request)
        self._woken.set()
        return request

    async def keep_unread(self, address: str, actor: Actor, refusals: Sequence[tuple[str, str, Refused]]) -> None:
        """Keep on record (subject, key, refusal) of what could not be read, where the service keeps such a record."""
        service = self.shell.bench.service
        if service.record is None or not refusals:
            return
        unread, now = Unread(address[:MAX_ADDRESS]), (await self.shell.store.now()).now
        rows = [
            service.record(Message(unread, subject, "outside", actor, now, key), refused)
            for subject, key, refused in refusals
        ]
        async with transaction(self.engine) as conn:
            await service.store.save(conn, rows)

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while batch := self._next():
                await self._take(batch)

    def _next(self) -> list[_Request]:
        batch: list[_Request] = []
        for queue, most in ((self._single, MAX_BATCH), (self._bulk, MAX_BULK)):
            while queue and len(batch) < most:
                request = queue.popleft()
                if not request.answer.done():
                    batch.append(request)
            if batch:
                break
        return batch

    async def _take(self, requests: list[_Request]) -> None:
        try:
            replies = await self._decided(requests)
        except Exception as error:
            if len(requests) > 1 and not is_away(error):
                for request in requests:  # one of them broke the batch: its neighbours shall not pay for it
                    await self._take([request])
                return
            log.warning("desk batch not taken", error=brief(error), requests=len(requests))
            said = Refused("database.away" if is_away(error) else "internal.error", "", kind=type(error).__name__)
            for request in requests:
                if not request.answer.done():
                    request.answer.set_exception(said)
            return
        for request, reply in zip(requests, replies, strict=True):
            if not request.answer.done():
                request.answer.set_result(reply)

    async def _decided(self, requests: list[_Request]) -> list[Reply]:
        clock = await self.shell.store.now()
        wire = self.shell.bench.service.wire
        replies: dict[int, Reply] = {}
        work: list[Work] = []
        for n, r in enumerate(requests):
            try:
                work.append(
                    outside(
                        r.data, r.actor, r.key, wire, subject=r.subject, clock=clock, creates=r.creates,
                        if_match=r.if_match, ticket=n, traceparent=r.traceparent,
                    )
                )  # fmt: skip
            except Refused as refused:
                replies[n] = Reply(r.subject, rule=refused.rule, field=refused.field, params=refused.params)
        if work:
            replies |= (await self.shell.take(Batch(work), "desk")).replies
        return [replies.get(n, Reply(r.subject)) for n, r in enumerate(requests)]


def caller(request: Request, authorization: Annotated[str, Header()] = "") -> Actor:
    """Tell who calls by the bearer token; raises Refused("actor.bad_token")."""
    desk: Desk = request.app.state.desk
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Refused("actor.bad_token", "Authorization")
    actor = read_token(desk.secret, desk.city_code, token.strip())
    request.state.actor = actor
    return actor


async def note_unread(request: Request, refused: Refused) -> None:
    """Keep on record a command that ended before it could be read; who is unknown leaves none."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is not None and request.method == "POST" and refused.rule in UNREAD:
        subject = str(next(iter(request.path_params.values()), ""))
        key = request.headers.get("Idempotency-Key", "")
        await request.app.state.desk.keep_unread(f"POST {request.url.path}", actor, [(subject, key, refused)])


def idempotency_key(idempotency_key: Annotated[str, Header(max_length=128)] = "") -> str:
    """Return the key under which a command counts once; a command without one is refused."""
    if not idempotency_key:
        raise Refused("message.missing_header", "Idempotency-Key", name="Idempotency-Key")
    return idempotency_key


def if_match(if_match: Annotated[str, Header(max_length=20)] = "") -> int | None:
    """Return the sequence that the caller's form was built on, if he says so."""
    text = if_match.strip().strip('"')
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise wrong("If-Match", "不是序号", "not a sequence")
    return int(text)


Caller = Annotated[Actor, Depends(caller)]
Key = Annotated[str, Depends(idempotency_key)]
IfMatch = Annotated[int | None, Depends(if_match)]


def reply_body(reply: Reply) -> dict[str, Any]:
    """Return what a successful command answers."""
    return {"subject": reply.subject, "sequence": reply.sequence, "facts": list(reply.facts)}


def commands(
    desk: Desk, collection: str, id_field: str | None, table: Mapping[str, type[Contract]], *, prefix: str = ""
) -> APIRouter:
    """Make `POST /v1/<collection>/{id}/<command>` for each entry; the id of the path goes into `id_field` of the body.

    `prefix` is put before the id to make the subject.
    """
    router = APIRouter(prefix=f"/v1/{collection}", tags=[collection])
    for command, contract in table.items():
        router.add_api_route(
            f"/{{id_}}/{command}", _endpoint(desk, id_field, contract, prefix), methods=["POST"],
            name=contract.TYPE, summary=(contract.__doc__ or "").strip() or contract.TYPE,
            openapi_extra=body_schema(contract, id_field),
        )  # fmt: skip
    return router


def _endpoint(desk: Desk, id_field: str | None, contract: type[Contract], prefix: str) -> Any:
    async def command(id_: str, request: Request, actor: Caller, key: Key, sequence: IfMatch) -> dict[str, Any]:
        data = read_as(contract, await json_body(request), **({id_field: id_} if id_field else {}))
        return reply_body(await desk.submit(data, prefix + id_, actor, key, sequence))

    return command


def read_as(contract: type[C], body: Any, **given: Any) -> C:
    """Return a body as a contract, with what the address gave; raises Refused("message.invalid") with the field."""
    if not isinstance(body, dict):
        raise wrong("body", "应为对象", "not an object")
    try:
        return contract.model_validate({**body, **given})
    except ValidationError as error:
        raise invalid(error.errors()) from None


async def json_body(request: Request) -> Any:
    """Return the request's JSON; raises Refused("message.unreadable").

    Read as the streams are: UTF-8 alone, no lone surrogates, which could be neither kept nor sent back.
    """
    raw = await request.body()
    if not raw:
        return {}
    if has_nul(raw):
        raise Refused("message.unreadable", "body", reason="U+0000")
    try:
        return from_json(raw)
    except ValueError:
        raise Refused("message.unreadable", "body", reason="JSON") from None


def body_schema(contract: type[Contract], id_field: str | None = None) -> dict[str, Any]:
    """Return what OpenAPI says of a contract as a body, without the field that the address gives."""
    schema = contract.model_json_schema()
    schema.get("properties", {}).pop(id_field, None)
    schema["required"] = [name for name in schema.get("required", []) if name != id_field]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
