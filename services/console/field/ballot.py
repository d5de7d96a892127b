"""Vote in a hundred-point assessment (百分考核): a rater's page, opened by the token that the community handed out."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from services.console.access.gateway import NotDone
from services.console.field.counter import PAGES, RESIDENTS, Counter
from services.console.field.page import Pages, guarded, said, see
from shared.kernel.refusals import Refused
from shared.shell.validation import wrong

MOST_FIELDS = 60


def router(pages: Pages, counter: Counter) -> APIRouter:
    """Return the routes under `/b/{community}/{year}/{token}`: nothing on them tells how anybody voted."""
    routes = APIRouter(include_in_schema=False)

    async def shown(
        community: str, year: int, token: str, request: Request, status: int = 200, **values: Any
    ) -> Response:
        session = await counter.call(PAGES, "feedback", "GET", _path(community, year), request)
        done = set(request.query_params.getlist("done"))
        units = [(code, counter.city.name_of(code), code in done) for code in session["rated"]]
        return pages.show(
            "ballot.html", request, status, session=session, units=units, year=year, key=secrets.token_hex(16),
            community=counter.city.name_of(community), **{"at": "", "typed": {}, **values},
        )  # fmt: skip

    @routes.get("/b/{community}/{year}/{token}")
    @guarded(pages)
    async def ballot(community: str, year: int, token: str, request: Request) -> Response:
        pages.take(token)
        return await shown(community, year, token, request)

    @routes.post("/b/{community}/{year}/{token}")
    @guarded(pages)
    async def cast(community: str, year: int, token: str, request: Request) -> Response:
        """Cast one ballot: the points of all items for one unit; the form's key makes a double click one ballot."""
        pages.take(token)
        sent = await request.form(max_files=0, max_fields=MOST_FIELDS)
        form = {name: str(value) for name, value in sent.items()}
        unit = form.pop("unit", "")
        try:
            body = {"token": token, "unit": unit, "points": _points(form)}
            path = f"{_path(community, year)}/ballots"
            await counter.call(RESIDENTS, "feedback", "POST", path, request, body, key=form.get("key", ""))
        except (NotDone, Refused) as error:
            problem = said(error)
            return await shown(
                community, year, token, request, problem["status"], wrong=problem, at=unit, typed=form
            )  # fmt: skip
        done = dict.fromkeys([*request.query_params.getlist("done"), unit])
        return see(f"{request.url.path}?{urlencode({'done': list(done)}, doseq=True)}")

    return routes


def _path(community: str, year: int) -> str:
    return f"/v1/assessments/{quote(community, safe='')}/{year}"


def _points(form: dict[str, str]) -> dict[str, int]:
    """Return the points by item; raises Refused("body.invalid") for what is no number."""
    given = {name.removeprefix("p-"): value.strip() for name, value in form.items() if name.startswith("p-")}
    for code, value in given.items():
        if not (value.isdecimal() and len(value) < 5):
            raise wrong(f"points.{code}", "应为整数", "a whole number")
    return {code: int(value) for code, value in given.items()}
