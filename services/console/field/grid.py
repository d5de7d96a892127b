"""The grid worker's page (网格工作台) for the telephone: verify, handle, report, solve on the spot, whistle, visits.

Each form carries an id made when it opened, which is the command's key: sent twice, or later from the telephone's own
queue, it counts once. A form sent by the page's script is answered as JSON, any other by the way back to the page.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import FormData

from services.console import queries
from services.console.access.accounts import Signed
from services.console.access.gateway import NotDone, record, required
from services.console.field import round as rounds
from services.console.field.counter import MOST_PHOTOS, Counter
from services.console.field.page import HEADERS, Pages, guarded, said, see, tongue
from services.console.field.report import estates_of, place_of
from services.console.words import word
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.validation import wrong

GRID = Actor("source", "grid")
"""As which source reports of grid staff come; who raised one is said by `raised_by`."""
SEEN = word("现场看过，已解决")
WORK = {
    "errand": word("帮办代办"),
    "hazard": word("隐患排查"),
    "publicity": word("政策宣传"),
}
DEEDS = (word("已清理"), word("已修好"), word("已劝导整改"), word("已移走"))
"""What is mostly done on the spot: one tap."""
WHISTLES = {
    "emergency": word("紧急：马上到场"),
    "joint": word("需要几家一起办"),
    "stubborn": word("一家办不动"),
    "volunteer": word("志愿服务"),
}
_FORM_ID = 20


def router(pages: Pages, counter: Counter, engine: AsyncEngine) -> APIRouter:
    """Return the routes of `/g`; the guard lets grid staff alone reach them."""
    routes = APIRouter(include_in_schema=False)
    city = counter.city

    def show(name: str, request: Request, signed: Signed, status: int = 200, **values: Any) -> Response:
        given = {"signed": signed, "unit": city.name_of(signed.post.at), "new_id": lambda: secrets.token_urlsafe(16),
                 "most_photos": MOST_PHOTOS, "tab": "", "done": "",
                 "may_whistle": city.units[signed.post.at].level in city.whistles}  # fmt: skip
        return pages.show(name, request, status, **{**given, **values})

    async def read(request: Request) -> rounds.Round:
        tab = request.query_params.get("tab", "verify")
        async with engine.connect() as conn:
            now = (await queries.moment(conn)).now
            return await rounds.read(
                conn, tab if tab in rounds.TABS else "verify", required().post.at, city, tongue(), now
            )

    @routes.get("/g")
    @guarded(pages)
    async def board(request: Request) -> Response:
        signed, t, found = required(), tongue(), await read(request)
        return show(
            "grid.html", request, signed, tab=found.tab, cards=found.cards, counts=found.counts, mark=found.mark,
            now=found.now.isoformat(), tabs={key: t(name) for key, name in rounds.TABS.items()},
            households=city.units[signed.post.at].households, done=request.query_params.get("done", ""),
        )  # fmt: skip

    @routes.get("/g/mark")
    @guarded(pages)
    async def mark(request: Request) -> Response:
        """Say whether the board has changed since it was opened."""
        return JSONResponse({"mark": (await read(request)).mark}, headers=HEADERS)

    @routes.get("/g/worker.js")
    async def worker() -> Response:
        """Return the script by which these pages open without a network."""
        return Response(
            pages.worker(), headers=HEADERS | {"Service-Worker-Allowed": "/g"}, media_type="text/javascript"
        )

    @routes.get("/g/new")
    @guarded(pages)
    async def new(request: Request) -> Response:
        signed, t = required(), tongue()
        return show(
            "grid_new.html", request, signed, estates=estates_of(city), deeds=[t(deed) for deed in DEEDS], near=None,
            is_spot=request.query_params.get("spot") == "1",
            matters=[(m.code, m.name) for m in city.matters.values() if m.first_rung.value == "grid"],
        )  # fmt: skip

    @routes.get("/g/visits")
    @guarded(pages)
    async def visits(request: Request) -> Response:
        signed, t = required(), tongue()
        async with engine.connect() as conn:
            now = (await queries.moment(conn)).now
        month = f"{city.calendar.local(now):%Y-%m}"
        path = f"/v1/units/{signed.post.at}/work?month={month}"
        work = await counter.call(signed.actor(city), "intake", "GET", path, request)
        names = {"household": t("入户走访"), **{kind: t(name) for kind, name in WORK.items()}}
        return show("grid_visits.html", request, signed, work=work, kinds=names)

    @routes.get("/g/whistle")
    @guarded(pages)
    async def whistle(request: Request) -> Response:
        signed, t = required(), tongue()
        allowed = city.whistles.get(city.units[signed.post.at].level)
        if allowed is None:
            raise Refused("whistle.no_right", "actor")
        if allowed.callees == "members":
            path = f"/v1/units/{signed.post.at}/members"
            roster = await counter.call(signed.actor(city), "dispatch", "GET", path, request)
            callees = [(one["code"], f"{one['code']} · {city.name_of(one['employer'])}") for one in roster["members"]]
        else:
            callees = [(one.code, one.name) for one in city.departments.values()]
        kinds = {kind: t(name) for kind, name in WHISTLES.items() if kind in allowed.kinds}
        return show("grid_whistle.html", request, signed, kinds=kinds, callees=callees)

    @routes.post("/g/near")
    @guarded(pages)
    async def near(request: Request) -> Response:
        """Return open cases near what is being written."""
        typed = _fields(await request.form(max_files=0, max_fields=30))
        place = _place(typed, required())
        asked = {"text": typed.get("text", ""), "place": place}
        found = await counter.call(GRID, "intake", "POST", "/v1/nearby", request, asked)
        return pages.show("near.html", request, near=found["items"], typed={"same_as": typed.get("same_as", "")})

    acts: Mapping[str, Callable[[Doing], Awaitable[str]]] = {
        "verify": _verify, "accept": _accept, "finish": _finish, "pass-up": _pass_up, "report": _report,
        "visit": _visit, "whistle": _whistle,
    }  # fmt: skip

    @routes.post("/g/do/{act}")
    @guarded(pages)
    async def do(act: str, request: Request) -> Response:
        """Do one thing, once: by the id that its form was opened with."""
        signed = required()
        by_script = request.headers.get("Accept", "").startswith("application/json")
        async with request.form(max_files=MOST_PHOTOS + 4, max_fields=60) as sent:
            doing = Doing(signed, counter, request, sent)
            try:
                if act not in acts:
                    raise Refused("act.unknown", "path", path=act)
                if len(doing.key) < _FORM_ID:
                    raise wrong("id", "请重新打开本页", "open this page anew")
                number = await acts[act](doing)
                await record(engine, signed, "field", f"/g/do/{act}", doing.key, 200, "")
            except (NotDone, Refused) as error:
                problem = said(error)
                await record(engine, signed, "field", f"/g/do/{act}", doing.key, problem["status"], problem["rule"])
                if by_script:
                    return JSONResponse(problem, problem["status"], HEADERS)
                return show("grid_refused.html", request, signed, problem["status"], problem=problem)
        if by_script:
            return JSONResponse({"done": True, "number": number}, headers=HEADERS)
        return see(f"/g?tab={doing.said.get('tab', 'verify')}&done={number or 1}")

    return routes


class Doing:
    """One form of the grid page: who sent it, what it says, and how it reaches the services."""

    def __init__(self, signed: Signed, counter: Counter, request: Request, sent: FormData) -> None:
        self.signed, self.counter, self.request = signed, counter, request
        self.said, self.files = _fields(sent), sent.getlist("photo")
        self.key = self.said.get("id", "")
        self.actor = signed.actor(counter.city)

    async def tell(self, service: str, path: str, body: Any, *, part: str = "") -> Any:
        """Send a command as the unit."""
        return await self.counter.call(self.actor, service, "POST", path, self.request, body, key=f"{self.key}{part}")

    async def order(self, verb: str, **body: Any) -> None:
        """Send a command about an order."""
        case = self.said.get("case", "")
        assignment = self.said.get("assignment", "")
        if not case or "/" in case or not assignment.isdecimal():
            raise wrong("case", "请重新打开本页", "open this page anew")
        await self.tell("dispatch", f"/v1/orders/{case}/{verb}", {"assignment": int(assignment), **body})

    async def photos(self, actor: Actor) -> list[str]:
        """Send the photos of the form."""
        return await self.counter.send_photos(actor, self.files[:MOST_PHOTOS], self.request)


async def _verify(doing: Doing) -> str:
    passed = doing.said.get("passed") == "1"
    note = doing.said.get("note", "") or (SEEN if passed else "")
    keys = await doing.photos(doing.actor)
    if keys:
        case = doing.said.get("case", "")
        try:
            await doing.tell(
                "intake", f"/v1/cases/{case}/supplement", {"text": note or SEEN, "photos": keys}, part="-p"
            )
        except NotDone as error:
            if error.problem.get("rule") != "message.conflicting_id":  # they went with the same form before
                raise
    await doing.order("verify", passed=passed, note=note, **({"means": "photo"} if passed else {}))
    return ""


async def _accept(doing: Doing) -> str:
    await doing.order("accept", handler="grid-member")
    return ""


async def _finish(doing: Doing) -> str:
    keys = await doing.photos(doing.actor)
    what = doing.said.get("note", "")
    if keys:
        case = doing.said.get("case", "")
        try:
            await doing.tell("intake", f"/v1/cases/{case}/supplement", {"text": what, "photos": keys}, part="-p")
        except NotDone as error:
            if error.problem.get("rule") != "message.conflicting_id":
                raise
    contacted = doing.said.get("contacted") == "1"
    await doing.order("finish", what=what, contacted=contacted, evidence=len(keys))
    return ""


async def _pass_up(doing: Doing) -> str:
    await doing.order("pass-up", reason=doing.said.get("reason", "tried"), note=doing.said.get("note", ""))
    return ""


async def _report(doing: Doing) -> str:
    said_ = doing.said
    matter, deed, text = said_.get("matter", ""), said_.get("deed", ""), said_.get("text", "")
    names = {m.code: m.name for m in doing.counter.city.matters.values()}
    keys = await doing.photos(GRID)
    solved = None
    if said_.get("spot") == "1":
        solved = {"what": deed or text or names.get(matter, ""), "evidence": len(keys)}
        if not keys:
            raise wrong("photo", "当场解决要有一张照片", "what was solved on the spot has a photo")
    body: dict[str, Any] = {
        "id": f"g-{doing.key}", "text": text or " ".join(filter(None, (names.get(matter, ""), deed))),
        "place": _place(said_, doing.signed), "photos": keys, "raised_by": doing.signed.post.at,
        "matter": matter or None, "solved": solved, "same_as": said_.get("same_as") or None,
    }  # fmt: skip
    if len(body["text"]) < 2:
        raise wrong("text", "请写下是什么事", "say what it is about")
    got = await doing.counter.call(GRID, "intake", "POST", "/v1/reports", doing.request, body)
    return str(got["number"])


async def _visit(doing: Doing) -> str:
    kind = doing.said.get("kind", "household")
    body: dict[str, Any] = {"visit": doing.key, "kind": kind}
    if kind == "household":
        body["household"] = doing.said.get("household", "")
    await doing.tell("intake", f"/v1/units/{doing.signed.post.at}/visits", body)
    return ""


async def _whistle(doing: Doing) -> str:
    callees = [str(code) for code in doing.said.get("callees", "").split(",") if code]
    body = {
        "kind": doing.said.get("kind", ""), "callees": callees, "place": doing.signed.post.at,
        "spot": doing.said.get("spot_text", ""), "why": doing.said.get("why", ""),
    }  # fmt: skip
    await doing.tell("dispatch", "/v1/whistles", body)
    return ""


def _fields(sent: FormData) -> dict[str, str]:
    """Return the words of a form; several of one name are joined by commas."""
    names = dict.fromkeys(name for name, _ in sent.multi_items())
    return {
        name: ",".join(str(value).strip()[:5_001] for value in sent.getlist(name) if isinstance(value, str))
        for name in names
        if name != "photo"
    }


def _place(said_: Mapping[str, str], signed: Signed) -> dict[str, Any]:
    """Return where it is: what was said, else the member's own grid."""
    typed = {name: said_.get(name, "") for name in ("estate", "address", "lon", "lat")}
    place = place_of(typed) or {}
    if not place.get("unit") and "lon" not in place:
        place["unit"] = signed.post.at
    return place
