"""Follow a report by its link (进度): who has it until when, every step in plain words; add, remind, object."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response

from services.console.access.gateway import NotDone
from services.console.field.counter import MOST_PHOTOS, Counter, Held
from services.console.field.page import POLICY, Pages, guarded, said, see, tongue
from services.console.words import Tongue, word
from shared.kernel.refusals import Refused
from shared.shell.validation import wrong

STEPS = {
    "held": word("收到您的反映，正在看归谁办"),
    "registered": word("受理了，开始办理"),
    "solved_on_spot": word("网格员当场解决了"),
    "merged": word("有人反映过同一件事，合在一起办，结果同样告诉您"),
    "unmerged": word("与别人的事分开，单独办理"),
    "split": word("内含几件事，分开办理"),
    "rejected": word("没有受理"),
    "waiting": word("到了{unit}，等待安排"),
    "dispatched": word("派给{unit}"),
    "accepted": word("{unit}开始办理"),
    "suspended": word("{unit}申请暂缓，已获同意"),
    "handled": word("{unit}答复：已经办完"),
    "verified": word("到现场核查过"),
    "escalated": word("本级解决不了，交到联席会议"),
    "meeting_resolved": word("{unit}开会议定办理"),
    "meeting_moved_up": word("再上一级，交到{unit}联席会议"),
    "meeting_deferred": word("{unit}开会决定缓一缓再议"),
    "meeting_declined": word("{unit}开会答复：不予办理"),
    "rating_invited": word("请您评价"),
    "closed": word("结案"),
    "withdrawn": word("您撤回了反映"),
}
NOW = {
    "held": word("正在看归谁办"),
    "registered": word("已受理，正在安排"),
    "solved_on_spot": word("网格员当场解决了"),
    "merged": word("与别人的同一件事合在一起办"),
    "split": word("分成几件在办"),
    "rejected": word("没有受理"),
    "waiting": word("{unit}正在安排"),
    "dispatched": word("已派给{unit}，等待签收"),
    "accepted": word("{unit}正在办理"),
    "suspended": word("{unit}暂缓办理"),
    "handled": word("{unit}正在核查办理结果"),
    "verified": word("已核查，等您评价"),
    "escalated": word("等联席会议决定"),
    "closed": word("已结案"),
    "withdrawn": word("已撤回"),
}
CLOSED = {
    "rated": word("已结案，评价已收到"),
    "window_over": word("已结案，评价期已过"),
    "on_spot": word("当场解决"),
    "answered": word("没有解决：联席会议已答复不予办理"),
    "parts_ended": word("分开的几件都已结束"),
}
"""Closed without a solution never reads as solved; a reason that is not here reads as closed alone."""
LIVE = frozenset({"held", "registered", "waiting", "dispatched", "accepted", "suspended", "escalated", "split"})
"""Stages in which something can be added and reminded of."""
DONE = word("已记下，办理单位看得到"), word("已催办，办理时限不变"), word("已申请复核，会议会再答复")


def router(pages: Pages, counter: Counter) -> APIRouter:
    """Return the routes under `/r/{token}`."""
    routes = APIRouter(include_in_schema=False)

    def shown(request: Request, held: Held, status: int = 200, **values: Any) -> Response:
        given = {"id": secrets.token_urlsafe(16), "typed": "", "done": "", "sent": "", "most_photos": MOST_PHOTOS}
        return pages.show("follow.html", request, status, **{**given, **told(held, tongue()), **values})

    @routes.get("/r/{token}")
    @guarded(pages)
    async def follow(token: str, request: Request) -> Response:
        pages.take(token)
        held = await counter.held(token, request)
        query = request.query_params
        done = dict(zip(("add", "remind", "object"), DONE, strict=True)).get(query.get("done", ""), "")
        return shown(request, held, done=tongue()(done) if done else "", sent=query.get("sent", ""))

    @routes.post("/r/{token}/say")
    @guarded(pages)
    async def say(token: str, request: Request) -> Response:
        """Add to the report, remind of it, or object to a decline."""
        pages.take(token)
        held = await counter.held(token, request)
        async with request.form(max_files=MOST_PHOTOS + 4, max_fields=20) as sent:
            text, act = str(sent.get("text") or "").strip()[:5_001], str(sent.get("act", ""))
            key = str(sent.get("id", ""))[:64]
            try:
                if act == "remind":
                    await counter.call(
                        held.actor, "intake", "POST", f"/v1/cases/{held.case}/remind", request, {}, key=key
                    )
                elif act == "object":
                    path = f"/v1/topics/{held.case}/object"
                    await counter.call(held.actor, "escalation", "POST", path, request, {"why": text}, key=key)
                else:
                    act = "add"
                    if len(text) < 2:
                        raise wrong("text", "请写下要补充什么", "say what you would add")
                    photos = await counter.send_photos(held.actor, sent.getlist("photo"), request)
                    body = {"text": text, "photos": photos}
                    await counter.call(
                        held.actor, "intake", "POST", f"/v1/cases/{held.case}/supplement", request, body, key=key
                    )
            except (NotDone, Refused) as error:
                problem = {**said(error), "act": act}
                return shown(request, held, problem["status"], wrong=problem, typed=text)
        return see(f"/r/{token}?done={act}")

    @routes.get("/r/{token}/photos/{n}")
    @guarded(pages)
    async def photo(token: str, n: int, request: Request) -> Response:
        answer = await counter.ask(None, "intake", "GET", f"/v1/follow/{token}/photos/{n}", request)
        headers = {"Content-Security-Policy": f"{POLICY}; sandbox", "Cache-Control": "private, max-age=600"}
        if answer.is_error:
            return Response(status_code=answer.status_code, headers=headers)
        return Response(answer.content, media_type=answer.headers["content-type"], headers=headers)

    return routes


def told(held: Held, t: Tongue) -> dict[str, Any]:
    """Return what the page of a report says: the sentence on top, and its steps, the newest first."""
    shown = held.shown
    code = shown["status"]["code"]
    declined = [step["code"] for step in shown["steps"] if step["code"].startswith("meeting_")][-1:]
    reply = shown["reply"]
    return {
        "token": held.token,
        "reporters": shown["reporters"],
        "photos": shown["photos"],
        "is_over": code in ("closed", "withdrawn", "rejected", "solved_on_spot"),
        "reply": (reply["zh"] if t.language == "zh" else reply["en"]) if reply else "",
        "can_say": code in LIVE,
        "can_object": declined == ["meeting_declined"] and code != "closed",
        "can_rate": any(step["code"] == "rating_invited" for step in shown["steps"]),
        "several": [_how_far(part, t) for part in shown.get("parts", ())],
        **_how_far(shown, t),
    }


def _how_far(shown: dict[str, Any], t: Tongue) -> dict[str, Any]:
    code = shown["status"]["code"]
    unit = (shown["responsible"] or {}).get("name", "")
    steps = [
        {
            "text": _sentence(STEPS, step["code"], (step["unit"] or {}).get("name", ""), t),
            "at": step["at"],
            "note": step["note"],
            "is_bad": step["code"] in ("rejected", "meeting_declined"),
        }
        for step in reversed(shown["steps"])
        if step["code"] != "closed" or shown["closed_as"]
    ]
    said = [(step["text"], step["note"]) for step in steps]
    steps = [step for n, step in enumerate(steps) if said[n] not in said[n + 1 : n + 2]]  # once is enough
    closed = CLOSED.get(shown["closed_as"] or "") if code == "closed" else None
    now = t(closed) if closed else _sentence(NOW, code, unit, t)
    due = shown["due_at"] if code in LIVE else None
    return {"number": shown["number"], "summary": shown["summary"], "now": now, "due": due, "steps": steps}


def _sentence(table: dict[str, str], code: str, unit: str, t: Tongue) -> str:
    found = table.get(code, "")
    return t(found, unit=unit or t("承办单位")) if found else code
