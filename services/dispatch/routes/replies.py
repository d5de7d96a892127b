"""HTTP of bulk replies: many orders answered in one call, each decided by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request

from shared.contracts.base import Contract
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.shell.desk import Caller, Desk, Key, json_body, read_as
from shared.shell.validation import wrong
from shared.shell.work import Reply

MOST = 500


def router(desk: Desk, table: Mapping[str, type[Contract]]) -> APIRouter:
    """Return `POST /v1/orders/replies` for the acts of the desk."""
    routes = APIRouter(tags=["orders"])

    @routes.post("/v1/orders/replies")
    async def replies(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Take up to 500 replies `{"order", "act", …}`; a refused one says by which rule, the others take effect.

        `act` is the last part of the address of the single command. The key counts for the whole list: the same list
        sent again takes effect once.
        """
        body = await json_body(request)
        items = body.get("replies") if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise wrong("replies", "应为列表", "not a list")
        if len(items) > MOST:
            raise wrong("replies", f"多于 {MOST} 件", f"more than {MOST} replies")
        return {"items": await _taken(desk, table, items, actor, key)}

    return routes


async def _taken(
    desk: Desk, table: Mapping[str, type[Contract]], items: Sequence[Any], actor: Actor, key: str
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = [{} for _ in items]
    good: list[tuple[int, Contract, str]] = []
    unread: list[tuple[str, str, Refused]] = []
    for place, item in enumerate(items):
        try:
            good.append((place, *_read(table, item)))
        except Refused as refused:
            answers[place] = _refused(item.get("order") if isinstance(item, dict) else None, refused)
            unread.append((answers[place]["order"] or "", f"{key}/{place}", refused))
    await desk.keep_unread("POST /v1/orders/replies", actor, unread)
    wanted = [(data, order, actor, f"{key}/{place}", False) for place, data, order in good]
    said = await desk.submit_many(wanted)
    for (place, _, order), reply in zip(good, said, strict=True):
        answers[place] = _item(order, reply)
    return answers


def _read(table: Mapping[str, type[Contract]], item: Any) -> tuple[Contract, str]:
    if not isinstance(item, dict):
        raise wrong("replies", "应为对象", "not an object")
    act, order = item.get("act"), item.get("order")
    contract = table.get(act) if isinstance(act, str) else None
    if contract is None:
        raise wrong("act", "没有这种办理", "no such act")
    data = read_as(contract, {name: value for name, value in item.items() if name != "act"})
    return data, str(order)


def _item(order: str, reply: Reply) -> dict[str, Any]:
    refused = reply.refusal()
    if refused:
        return _refused(order, refused)
    return {"order": order, "outcome": "taken", "sequence": reply.sequence, "facts": list(reply.facts)}


def _refused(order: Any, refused: Refused) -> dict[str, Any]:
    zh, en = words(refused.rule, refused.params)
    return {
        "order": order if isinstance(order, str) else None, "outcome": "refused", "rule": refused.rule,
        "field": refused.field, "params": refused.params, "title": zh, "title_en": en,
    }  # fmt: skip
