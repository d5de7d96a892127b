"""Every role at every page of a running city: shown, or told whose it is, and nothing built that is another's to do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest

from services.console.access.acts import ACTS, PAPERS, find
from services.console.access.roles import (
    AT_DEPARTMENT,
    CITY_WIDE,
    EVERYBODY,
    NAMES,
    PLACES,
    Post,
    Role,
    place_of,
    places_of,
)
from services.console.reader import SESSION
from services.console.words import TONGUES
from tests.support.console_stack import sign_in
from tests.support.running_city import RunningCity

AT = {Role.GRID: "C01-G01", Role.COMMUNITY: "C01", Role.STREET: "S01"}
SENT = re.compile(r'"/(act|paper)/([a-z]+)(/[^"?]*)')
LINKED = re.compile(r'"?href"?[:=]"(/[^"?#]+)')
T = TONGUES["zh"]


def _post(role: Role, city: RunningCity) -> Post:
    root = city.city.root.code
    if role is Role.CHARGE:
        return Post(role, root, "vice-mayor-construction")
    return Post(role, root if role in CITY_WIDE else "gardens" if role in AT_DEPARTMENT else AT.get(role, "C01"))


@pytest.fixture(scope="module")
def case(donggang: RunningCity) -> str:
    """Return a case at the place of those who sign in, which the department among them has nothing to do with."""
    case = str(donggang.report("pages-1", "common-areas")["case"])
    donggang.shown(case, "dispatched")
    return case


@pytest.fixture(params=list(Role))
def seat(request: pytest.FixtureRequest, donggang: RunningCity) -> Iterator[tuple[Role, httpx.Client]]:
    """Sign somebody of each role in."""
    key = asyncio.run(sign_in(donggang.stack.dsns["console"], [_post(request.param, donggang)]))
    console = donggang.stack.services["console"]
    with httpx.Client(base_url=console, cookies={SESSION: key}, timeout=60, trust_env=False) as http:
        yield request.param, http


def _not_of(role: Role, page: str) -> list[str]:
    """Return what a page offers and is not of the role: acts, papers, links to pages."""
    sent = {(kind, service, unquote(path)) for kind, service, path in SENT.findall(page)}
    acts = {path: find(ACTS if kind == "act" else PAPERS, service, path) for kind, service, path in sent}
    wrong = [path for path, act in acts.items() if act is None or role not in act.roles]
    places = {path: place_of(path) for path in LINKED.findall(page)}
    return wrong + [path for path, place in places.items() if place is not None and role not in place.roles]


def test_a_role_is_shown_its_pages_and_told_whose_the_others_are(
    seat: tuple[Role, httpx.Client], donggang: RunningCity, case: str
) -> None:
    role, http = seat
    root = donggang.city.root.code
    out_of_scope = {
        f"/cases/{case}": AT_DEPARTMENT, "/ledger/C01": {Role.GRID},
        f"/ledger/{root}": EVERYBODY - CITY_WIDE - {Role.CHARGE},
    }  # fmt: skip
    deeper = {
        "cases": [f"/cases/{case}"], "ledger": ["/ledger/C01", f"/ledger/{root}"], "grid": ["/g/new", "/g/visits"],
        "dispatch": [f"/dispatch?item={case}"], "community": [f"/community?item={case}"],
        "scores": ["/scores/C01/2026-10/closing"],
    }  # fmt: skip
    for place in PLACES:
        if role not in place.roles:
            told = http.get(place.path)
            if place.path == "/":
                assert (told.status_code, told.headers["location"]) == (303, next(places_of(role)).path)
                continue
            assert told.status_code == 403, place.key
            assert all(T(NAMES[other]) in told.text for other in place.roles), place.key
            assert _not_of(role, told.text) == [], place.key
            continue
        for path in (place.path, *deeper.get(place.key, ())):
            shown = http.get(path)
            assert shown.status_code == (404 if role in out_of_scope.get(path, ()) else 200), path
            assert _not_of(role, shown.text) == [], path


def test_what_is_looked_for_is_there_to_be_found(donggang: RunningCity) -> None:
    """Forms and links stand in a page as `_not_of` reads them: who has no part in them is told of each."""
    key = asyncio.run(sign_in(donggang.stack.dsns["console"], [Post(Role.COMMUNITY, "C01")]))
    page = httpx.get(f"{donggang.stack.services['console']}/lists", cookies={SESSION: key}, timeout=60, trust_env=False)
    assert {"/v1/wishes", "/community"} <= set(_not_of(Role.LEADER, page.text))
