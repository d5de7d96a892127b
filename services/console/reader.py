"""What a request says about its reader: language and whether the page hangs on a wall."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from services.console.words import LANGUAGES

COOKIE = "sidan_language"


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a page."""

    language: str = "zh"
    wall: bool = False


PRESENT: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - it is frozen
"""The reader of the request in hand; NiceGUI asks for the language where no request is at hand."""


def reader_of(request: HTTPConnection) -> Reader:
    """Return the language asked for in the address, else the cookie's, else Chinese; and `wall=1`."""
    language = request.query_params.get("lang") or request.cookies.get(COOKIE) or "zh"
    return Reader(language if language in LANGUAGES else "zh", request.query_params.get("wall") == "1")
