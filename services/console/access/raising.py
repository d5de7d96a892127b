"""Raising a case at the office (提单): what was said at the counter or on the telephone becomes a report."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Header, Request, Response
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.access.acts import Act
from services.console.access.gateway import Owners, carry_out, for_roles, record, required
from services.console.access.roles import Role
from services.console.words import word
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.desk import json_body
from shared.shell.validation import wrong

PATH = "/raise"
ROLES = frozenset({Role.OPERATIONS, Role.STREET, Role.COMMUNITY})
RAISE = Act("intake", "/v1/reports", ROLES, word("提单"))
_FIELDS = ("text", "matter", "unit", "address", "name", "phone")


def sources_of(city: City) -> list[str]:
    """Return the sources for which a person writes down what was said: those that send and are no machines."""
    return [code for code, source in city.sources.items() if not source.closed and source.ratable]


def router(owners: Owners, engine: AsyncEngine, city: City) -> APIRouter:
    """Return the address that the form sends to."""
    routes = APIRouter(include_in_schema=False)

    @routes.post(PATH)
    async def take(request: Request, idempotency_key: Annotated[str, Header(max_length=100)] = "") -> Response:
        signed = required()
        try:
            for_roles(ROLES, signed)
        except Refused as refused:
            await record(engine, signed, RAISE.service, RAISE.path, idempotency_key, 403, refused.rule)
            raise
        said = await json_body(request)
        source = said.get("source") if isinstance(said, dict) else None
        if source not in sources_of(city):
            raise wrong("source", "不在可选之列", "not one of the choices")
        report = _report(said, idempotency_key)
        if signed.role is not Role.OPERATIONS:
            report["raised_by"] = signed.post.at

        def ask() -> Awaitable[httpx.Response]:
            return owners.ask_as(Actor("source", str(source)), RAISE.service, "POST", RAISE.path,
                                 headers={"Content-Type": "application/json"}, content=to_json(report))  # fmt: skip

        return await carry_out(engine, request, signed, RAISE.service, RAISE.path, idempotency_key, ask)

    return routes


def _report(said: dict[str, Any], key: str) -> dict[str, Any]:
    given = {name: said[name] for name in _FIELDS if said.get(name)}
    place = {name: given.pop(name) for name in ("unit", "address") if name in given}
    reporter = {name: given.pop(name) for name in ("name", "phone") if name in given}
    whole = {"id": f"desk-{key}", **given}
    if place:
        whole["place"] = place
    if reporter:
        whole["reporter"] = {"id": reporter.get("phone", f"desk-{key}"), **reporter}
    return whole
