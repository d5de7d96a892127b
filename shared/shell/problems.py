"""RFC 9457 answers: which rule refused, which field, in both languages; and a limit on every body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.persistence.engine import is_away, is_unsendable, sqlstate
from shared.shell.validation import invalid, wrong
from shared.telemetry.logs import brief

log = structlog.get_logger()

MAX_BODY_BYTES = 1_048_576

_STATUS = {
    "actor.bad_token": 401,
    "actor.not_allowed": 403,
    "login.required": 401,
    "act.not_yours": 403,
    "act.unknown": 404,
    "owner.away": 503,
    "message.too_large": 413,
    "message.invalid": 422,
    "message.unreadable": 400,
    "message.missing_header": 400,
    "subject.unknown": 404,
    "internal.error": 500,
    "paper.no_font": 500,
    "database.away": 503,
    "http.too_often": 429,
    "photo.too_large": 413,
    "photo.wrong_type": 415,
    "photo.unreadable": 422,
    "photo.too_many_pixels": 422,
    "source.too_many": 429,
}


def problem(refused: Refused, status: int | None = None) -> JSONResponse:
    """Return the problem document of a refusal; its status follows from the rule, 409 unless another fits better."""
    zh, en = words(refused.rule, refused.params)
    code = status or _STATUS.get(refused.rule, 409)
    headers = {"Retry-After": refused.params.get("seconds", "2")} if code in (429, 503) else {}
    body = {
        "type": f"urn:sidan:rule:{refused.rule}",
        "title": zh,
        "title_en": en,
        "status": code,
        "rule": refused.rule,
        "field": refused.field,
        "params": refused.params,
    }
    return JSONResponse(body, code, headers, media_type="application/problem+json")


def _of_database(error: Exception) -> Refused:
    """Tell an outage from a value that was asked for and that no column can hold, and both from a fault of ours."""
    if is_away(error):
        return Refused("database.away", "")
    if is_unsendable(error) or (sqlstate(error) or "")[:2] == "22":
        return wrong("query", "超出范围", "out of range")
    log.error("not answered", error=brief(error))
    return Refused("internal.error", "", kind=type(error).__name__)


def answer_problems(app: FastAPI, note: Callable[[Request, Refused], Awaitable[None]] | None = None) -> None:
    """Make every refusal and error of the application a problem document, and bound its bodies.

    `note` is told of each refusal before it is answered; what it cannot keep is not answered as kept.
    """

    @app.exception_handler(Refused)
    async def _refused(request: Request, error: Refused) -> JSONResponse:
        if note is not None:
            try:
                await note(request, error)
            except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as fault:
                return problem(_of_database(fault))
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def _request_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return problem(invalid(list(error.errors())))

    @app.exception_handler(ValidationError)
    async def _invalid(_: Request, error: ValidationError) -> JSONResponse:
        return problem(invalid(list(error.errors())))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(Refused("http.refused", "path", reason=error.detail), error.status_code)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(asyncpg.PostgresError)
    @app.exception_handler(asyncpg.InterfaceError)
    @app.exception_handler(asyncpg.InternalClientError)
    @app.exception_handler(OSError)
    @app.exception_handler(TimeoutError)
    async def _database(_: Request, error: Exception) -> JSONResponse:
        return problem(_of_database(error))

    @app.exception_handler(Exception)
    async def _ours(_: Request, error: Exception) -> JSONResponse:
        return problem(Refused("internal.error", "", kind=type(error).__name__))

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, __: ClientDisconnect) -> JSONResponse:
        return problem(Refused("message.unreadable", "body", reason="cut off"))

    app.add_middleware(BodyLimit)


class BodyLimit:
    """Answer 413 to a body over the limit, announced or streamed, and 400 to an address that no column can hold."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await problem(Refused("message.unreadable", "path", reason="U+0000"))(scope, receive, send)
            return
        limit = _limit_of(scope)
        refusal = problem(Refused("message.too_large", "body", limit=limit))
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > limit:
            await refusal(scope, receive, send)
            return
        if limit > MAX_BODY_BYTES and announced != b"0":
            await self.app(scope, receive, send)  # the server lets no more through than was announced
            return
        body, more = bytearray(), announced != b"0" or (b"transfer-encoding", b"chunked") in scope["headers"]
        if not more:
            await self.app(scope, receive, send)  # its one empty message has not been read
            return
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                await refusal(scope, receive, send)
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.app(scope, replay, send)


def _limit_of(scope: Scope) -> int:
    """Return how large a body may be: what the application says of addresses that begin so, or the usual limit."""
    larger = getattr(scope["app"].state, "larger_bodies", {})
    return next((most for prefix, most in larger.items() if scope["path"].startswith(prefix)), MAX_BODY_BYTES)
