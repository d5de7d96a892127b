"""How field pages are made: templates that escape everything, one strict policy, and how often a link is opened."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console.access.gateway import NotDone
from services.console.moments import weekday
from services.console.reader import PRESENT
from services.console.words import TONGUES, Tongue
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.shell.allowance import Allowance, address_of

_HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; form-action 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
AT_ONCE, PER_SECOND = 30, 0.5
"""Thirty requests at once and thirty a minute after that: of one link, and of one address without a link."""


class Pages:
    """Renders the pages of one city."""

    def __init__(self, city: City, telephone: str) -> None:
        self.city, self.telephone = city, telephone
        self._allowance = Allowance(AT_ONCE, PER_SECOND)
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._files = {path.name: path.read_bytes() for path in (_HERE / "static").iterdir()}
        self._looks = {name: hashlib.sha256(data).hexdigest()[:12] for name, data in self._files.items()}

    def take(self, what: str) -> None:
        """Take one request from a link's allowance; raises Refused("http.too_often")."""
        self._allowance.take(hashlib.sha256(what.encode()).hexdigest())

    def take_address(self, request: Request) -> None:
        """Take one request from an address's allowance, where there is no link yet."""
        self._allowance.take(address_of(request))

    def show(self, template: str, request: Request, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        t = tongue()
        other = "en" if t.language == "zh" else "zh"
        query = urlencode({**request.query_params, "lang": other})
        given: Mapping[str, Any] = {
            "t": t, "city": self.city.names.zh if t.language == "zh" else self.city.names.en, "other": other,
            "other_address": f"?{query}", "telephone": self.telephone, "path": request.url.path,
            "look": lambda name: f"/field/{name}?v={self._looks[name]}",
            "when": lambda at, near="": when(at, t, near), "wrong": None, "at_grid": request.url.path.startswith("/g"),
        }  # fmt: skip
        html = self._templates.get_template(template).render({**given, **values})
        return self._packed(request, html.encode(), "text/html; charset=utf-8", status, HEADERS)

    def file(self, name: str, request: Request) -> Response:
        """Return a style sheet or script; its address changes with its content, so it is kept for ever."""
        found = self._files.get(name)
        if found is None:
            return Response(status_code=404, headers=HEADERS)
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        kept = {"Content-Security-Policy": POLICY, "Cache-Control": "public, max-age=31536000, immutable"}
        return self._packed(request, found, f"{kind}; charset=utf-8", 200, kept)

    def worker(self) -> str:
        """Return the script that keeps the grid's pages; another one as soon as a file of theirs is another."""
        own = [f"/field/{name}?v={self._looks[name]}" for name in ("field.css", "field.js", "queue.js")]
        return f"const FILES = {json.dumps(own)};\n{self._files['worker.js'].decode()}"

    def _packed(self, request: Request, body: bytes, kind: str, status: int, headers: Mapping[str, str]) -> Response:
        """Return a body packed, where the browser says that it unpacks: a third of the bytes on a slow network."""
        sent = {**headers, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, sent["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
        return Response(body, status, sent, media_type=kind)

    def refused(self, error: NotDone | Refused, request: Request) -> Response:
        """Return the page of something that cannot be shown at all."""
        problem = said(error)
        status = problem["status"]
        return self.show("gone.html", request, status, problem=problem, is_missing=status == 404, is_over=status == 409)


def tongue() -> Tongue:
    """Return the language of the reader."""
    return TONGUES[PRESENT.get().language]


def said(error: NotDone | Refused) -> dict[str, Any]:
    """Return which field, which rule, in the reader's words."""
    if isinstance(error, NotDone):
        at = str(error.problem.get("field", ""))
        return {"text": error.said(tongue().language), "field": at, "status": error.status,
                "rule": error.problem.get("rule", "")}  # fmt: skip
    zh, en = words(error.rule, error.params)
    status = {"http.too_often": 429, "owner.away": 503}.get(error.rule, 409)
    text = zh if tongue().language == "zh" else en
    return {"text": text, "field": error.field, "status": status, "rule": error.rule}


def see(path: str) -> RedirectResponse:
    """Return the way to a page after something was sent, so that a reload sends nothing again."""
    return RedirectResponse(path, 303, headers=HEADERS)


def guarded(pages: Pages) -> Callable[[Any], Any]:
    """Wrap a page so that what is refused is a page too, in words, with its status."""

    def wrap(work: Any) -> Any:
        @wraps(work)
        async def page(*args: Any, **kwargs: Any) -> Any:
            try:
                return await work(*args, **kwargs)
            except (NotDone, Refused) as error:
                return pages.refused(error, kwargs["request"])

        return page

    return wrap


def when(at: str | None, t: Tongue, near: str = "") -> str:
    """Return a moment as people read it: 11-24 周二 10:11, the year too if not that of `near`; empty for none."""
    if not at:
        return ""
    local = datetime.fromisoformat(at).astimezone(SHANGHAI)
    is_other = bool(near) and datetime.fromisoformat(near).astimezone(SHANGHAI).year != local.year
    return f"{local:{'%Y-%m-%d' if is_other else '%m-%d'}} {weekday(t, local)} {local:%H:%M}"
