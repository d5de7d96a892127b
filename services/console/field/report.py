"""Report something (反映) without an account: words, photos, place, telephone; who knows a case again joins it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from services.console.access.gateway import NotDone
from services.console.field.counter import MOST_PHOTOS, RESIDENTS, Counter
from services.console.field.page import Pages, guarded, said, see
from shared.city.model import City
from shared.kernel.refusals import Refused
from shared.shell.validation import wrong

MOST_ESTATES = 400
"""A list that is still usable and light; a larger city asks for the address alone."""
LONGEST = 5_000
_FORM_ID = 22
_FIELDS = ("text", "estate", "address", "lon", "lat", "phone", "same_as")


def router(pages: Pages, counter: Counter) -> APIRouter:
    """Return the routes of `/r`."""
    routes = APIRouter(include_in_schema=False)
    estates = estates_of(counter.city)

    def form(request: Request, status: int = 200, **values: Any) -> Response:
        blank: dict[str, Any] = {
            "id": secrets.token_urlsafe(16),
            "typed": dict.fromkeys(_FIELDS, ""),
            "kept": [],
            "near": None,
        }
        given = {**blank, "estates": estates, "most_photos": MOST_PHOTOS, "longest": LONGEST, **values}
        return pages.show("report.html", request, status, **given)

    @routes.get("/r")
    async def blank(request: Request) -> Response:
        return form(request)

    @routes.post("/r/near")
    @guarded(pages)
    async def near(request: Request) -> Response:
        """Return the near cases alone, for a page that is being written."""
        pages.take_address(request)
        typed = _typed(await request.form(max_files=0, max_fields=30))
        return pages.show("near.html", request, near=await _near(typed, counter, request), typed=typed)

    @routes.post("/r/send")
    @guarded(pages)
    async def send(request: Request) -> Response:
        """Take the report; what is refused comes back with everything that was typed."""
        pages.take_address(request)
        async with request.form(max_files=MOST_PHOTOS + 4, max_fields=40) as sent:
            typed = _typed(sent)
            id_ = str(sent.get("id", ""))[:64]
            kept = [str(key) for key in sent.getlist("kept")][:MOST_PHOTOS]
            try:
                _check(id_, typed)
                kept += await counter.send_photos(RESIDENTS, sent.getlist("photo"), request)
                if len(kept) > MOST_PHOTOS:
                    kept = kept[:MOST_PHOTOS]
                    raise wrong("photo", f"至多 {MOST_PHOTOS} 张", f"at most {MOST_PHOTOS}")
                if sent.get("act") == "near":
                    return form(request, id=id_, typed=typed, kept=kept, near=await _near(typed, counter, request))
                body = _body(id_, typed, kept)
                got = await counter.call(RESIDENTS, "intake", "POST", "/v1/reports", request, body)
            except (NotDone, Refused) as error:
                problem = said(error)
                return form(request, problem["status"], id=id_, typed=typed, kept=kept, wrong=problem)
        return see(f"/r/{got['link'].rpartition('/')[2]}?sent={got['outcome']}")

    return routes


def estates_of(city: City) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the estates under their communities, empty for a city with too many of them for one list."""
    found: dict[str, list[tuple[str, str]]] = {}
    for unit in city.units.values():
        for estate in unit.estates:
            above = next((u.name for u in city.lineage(unit.code) if u.level.value == "community"), unit.name)
            found.setdefault(above, []).append((estate.code, estate.name))
    return list(found.items()) if sum(map(len, found.values())) <= MOST_ESTATES else []


def place_of(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """Return where a form says it is: estate, position of the telephone (WGS-84), address."""
    place: dict[str, Any] = {}
    if typed["estate"]:
        place["unit"] = typed["estate"]
    if typed["address"]:
        place["address"] = typed["address"]
    if typed["lon"] and typed["lat"]:
        try:
            place |= {"lon": float(typed["lon"]), "lat": float(typed["lat"])}
        except ValueError:
            raise wrong("place", "位置不是经纬度", "not a position") from None
    return place or None


def _typed(sent: FormData) -> dict[str, str]:
    return {name: str(sent.get(name) or "").strip()[: LONGEST + 1] for name in _FIELDS}


def _check(id_: str, typed: Mapping[str, str]) -> None:
    if len(id_) < _FORM_ID:
        raise wrong("id", "请重新打开本页", "open this page anew")
    if len(typed["text"]) > LONGEST:
        raise wrong("text", f"至多 {LONGEST} 个字", f"at most {LONGEST} characters")
    if len(typed["text"]) < 2:
        raise wrong("text", "请写下是什么事", "say what it is about")
    place_of(typed)


def _body(id_: str, typed: Mapping[str, str], kept: list[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": f"web-{id_}", "text": typed["text"], "photos": kept, "place": place_of(typed)}
    if typed["phone"]:
        body["reporter"] = {"phone": typed["phone"]}
    if typed["same_as"]:
        body["same_as"] = typed["same_as"]
    return body


async def _near(typed: Mapping[str, str], counter: Counter, request: Request) -> list[dict[str, Any]]:
    place = place_of(typed)
    if place is None:
        return []
    asked = {"text": typed["text"][:LONGEST], "place": place}
    return list((await counter.call(RESIDENTS, "intake", "POST", "/v1/nearby", request, asked))["items"])
