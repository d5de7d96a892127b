"""Rate how it went (评价): three questions, each tap kept at once; by the link of the report or of the invitation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.console.access.gateway import NotDone
from services.console.field.counter import Counter
from services.console.field.page import Pages, guarded, said, see, tongue
from services.console.words import word
from shared.kernel.refusals import Refused
from shared.shell.validation import wrong

GRADES = (
    (5, word("非常满意")),
    (4, word("满意")),
    (3, word("基本满意")),
    (2, word("不满意")),
    (1, word("非常不满意")),
)
HALF = word("解决了一部分")
"""Half solved is not solved; in what was left it begins the reporter's own words."""
ASKED = ("contacted", "solved", "grade")


def router(pages: Pages, counter: Counter) -> APIRouter:
    """Return the routes under `/r/{token}/rate`; before those of the report itself, which would take them."""
    routes = APIRouter(include_in_schema=False)

    async def invitation(token: str, request: Request) -> tuple[str, dict[str, Any] | None]:
        """Return the token of the invitation and, behind the link of a report, what the report is."""
        if "." not in token:
            return token, None
        held = await counter.held(token, request)
        try:
            mine = await counter.call(held.actor, "feedback", "GET", "/v1/invitations/mine", request)
        except NotDone as error:
            if error.status == 404:
                raise Refused("rating.not_asked", "") from error
            raise
        return str(mine["token"]), held.shown

    @routes.get("/r/{token}/rate")
    @guarded(pages)
    async def rate(token: str, request: Request) -> Response:
        pages.take(token)
        return await shown(token, request)

    async def shown(token: str, request: Request, status: int = 200, **values: Any) -> Response:
        link, report = await invitation(token, request)
        asked = await counter.call(None, "feedback", "GET", f"/v1/answers/{link}", request)
        t = tongue()
        note = asked["note"]
        answer = (
            next((step for step in reversed(report["steps"]) if step["code"] == "handled"), None) if report else None
        )
        return pages.show(
            "rate.html", request, status, token=token, asked=asked, report=report, answer=answer,
            grades=[(grade, t(name)) for grade, name in GRADES], taps=asked.get("taps") or dict.fromkeys(ASKED),
            is_half=str((asked.get("taps") or {}).get("comment") or "").startswith(HALF),
            is_late=bool(note and note["code"] == "late"),
            note=(note["zh"] if t.language == "zh" else note["en"]) if note else "",
            **{"thanked": request.query_params.get("done", ""), **values},
        )  # fmt: skip

    @routes.post("/r/{token}/rate")
    @guarded(pages)
    async def tap(token: str, request: Request) -> Response:
        """Keep one tap, or hand the whole answer in."""
        pages.take(token)
        link, _ = await invitation(token, request)
        sent = await request.form(max_files=0, max_fields=10)
        try:
            taps = _taps({name: str(value) for name, value in sent.items()})
            if taps:
                kept = (await counter.call(None, "feedback", "POST", f"/v1/answers/{link}/taps", request, taps))["taps"]
            else:
                kept = (await counter.call(None, "feedback", "GET", f"/v1/answers/{link}", request)).get("taps") or {}
            if sent.get("act") != "finish":
                return see(f"/r/{token}/rate")
            if any(kept.get(name) is None for name in ASKED):
                raise wrong("grade", "三个问题都要回答", "answer all three questions")
            await counter.call(None, "feedback", "POST", f"/v1/answers/{link}", request, kept)
        except (NotDone, Refused) as error:
            problem = said(error)
            return await shown(token, request, problem["status"], wrong=problem)
        return see(f"/r/{token}/rate?done=1")

    return routes


def _taps(sent: dict[str, str]) -> dict[str, Any]:
    taps: dict[str, Any] = {}
    for name in ("contacted", "solved"):
        if sent.get(name) in ("0", "1"):
            taps[name] = sent[name] == "1"
    if sent.get("solved") == "half":
        taps |= {"solved": False, "comment": HALF}
    if sent.get("grade", "").isdecimal():
        taps["grade"] = int(sent["grade"][:2])
    if sent.get("comment", "").strip():
        taps["comment"] = sent["comment"].strip()[:1_001]
    return taps
