"""What a request says about its reader: language, whether the page hangs on a wall, who is signed in."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from services.console.access.accounts import Signed
from services.console.words import LANGUAGES

COOKIE = "sidan_language"
SESSION = "sidan_session"


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a page."""

    language: str = "zh"
    wall: bool = False
    signed: Signed | None = None


PRESENT: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - it is frozen
"""The reader of the request in hand; NiceGUI asks for the language where no request is at hand."""


def reader_of(request: HTTPConnection, signed: Signed | None = None) -> Reader:
    """Return the language asked for in the address, else the cookie's, else Chinese; `wall=1`; who it is."""
    language = request.query_params.get("lang") or request.cookies.get(COOKIE) or "zh"
    wall = request.query_params.get("wall") == "1"
    return Reader(language if language in LANGUAGES else "zh", wall, signed)
