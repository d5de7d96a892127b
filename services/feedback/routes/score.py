"""HTTP of the scores: published cards, figures so far, the cases behind each figure, another policy as a what-if."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.opening import check_desk, check_open, check_operations
from services.feedback.domain.period import Period
from services.feedback.domain.policy import Policy, in_force, version_of
from services.feedback.domain.publishing import cards, is_working_only, kind_of, ranked
from services.feedback.domain.score import ScoreCounted, ratio
from services.feedback.tables.case_list import LISTINGS, PARTS, open_figure
from services.feedback.tables.score import REVISIONS, SCORES, policies
from services.feedback.tables.tally import span, tallies
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk

Code = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Version = Annotated[int | None, Query(ge=1, le=10_000)]
Part = Annotated[str | None, Query(pattern=f"^({'|'.join(PARTS)})$")]
After = Annotated[str, Query(max_length=200)]


def router(desk: Desk) -> APIRouter:
    """Return the routes of the scores under `/v1`."""
    routes = APIRouter(prefix="/v1", tags=["scores"])

    @routes.get("/scores")
    async def scores(
        actor: Caller, period: Code = None, unit: Code = None, after: After = "", limit: Limit = 1000
    ) -> dict[str, Any]:
        """Return the newest revision of each published card of a period, a unit, or both; `next` begins a page."""
        check_desk(actor)
        code = Period.parse(period).code if period else None
        seen_period, _, seen_unit = after.partition("/")
        values = {
            "period": code, "unit": unit, "after_period": seen_period, "after_unit": seen_unit, "limit": limit,
        }  # fmt: skip
        async with desk.engine.connect() as conn:
            found = [{**row.score, "published_at": row.published_at} for row in await conn.execute(SCORES, values)]
        last = found[-1] if len(found) == limit else None
        return {"scores": found, "next": f"{last['period']}/{last['unit']}" if last else None}

    @routes.get("/policies")
    async def published_policies(actor: Caller) -> dict[str, Any]:
        """Return every published version of the scoring policy."""
        check_desk(actor)
        async with desk.engine.connect() as conn:
            return {"policies": [vars_of(policy) for policy in await policies(conn)]}

    @routes.get("/scores/{unit}/{period}")
    async def one(unit: str, period: str, actor: Caller, policy: Version = None) -> dict[str, Any]:
        """Return every revision of one card, and what is counted for it now; `policy` asks what another one gives."""
        kind = _kind(unit, desk)
        check_open(actor, unit, desk.city)
        when = Period.parse(period)
        async with desk.engine.connect() as conn:
            rules, is_what_if = await _policy(conn, when, policy, desk.city)
            counted = await _counted(conn, when, rules, desk)
            rows = await conn.execute(REVISIONS, {"period": when.code, "unit": unit})
            revisions = [{**row.score, "published_at": row.published_at} for row in rows]
        now = next((card for card in counted if card.unit == unit), None)
        return {
            "unit": unit, "period": when.code, "revisions": revisions, "what_if": is_what_if,
            "working_only": is_working_only(kind, when, rules), "now": None if now is None else vars(now),
        }  # fmt: skip

    @routes.get("/what-if")
    async def what_if(
        actor: Caller, period: Annotated[str, Query(max_length=10)], policy: Annotated[int, Query(ge=1, le=10_000)]
    ) -> dict[str, Any]:
        """Return every card of a period under another version of the policy: a what-if, never published."""
        check_operations(actor, "ask what if")
        when = Period.parse(period)
        async with desk.engine.connect() as conn:
            rules, _ = await _policy(conn, when, policy, desk.city)
            counted = await _counted(conn, when, rules, desk)
        placed = ranked(when, counted, rules)
        shown = [
            {**vars(card), "place": placed.get(card.unit, (None, 0))[0], "ranked": placed.get(card.unit, (None, 0))[1]}
            for card in counted
        ]
        return {"what_if": True, "period": when.code, "policy": str(rules.version), "scores": shown}

    @routes.get("/scores/{unit}/{period}/{rate}")
    async def explain(
        unit: str, period: str, rate: str, actor: Caller, policy: Version = None, part: Part = None, after: After = "",
        limit: Limit = 200,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the cases of one rate: in its numerator, in its denominator alone, left out and why; page by page."""
        kind = _kind(unit, desk)
        check_open(actor, unit, desk.city)
        if rate == "composite":
            return await _composite(unit, period, policy, desk)
        if rate not in LISTINGS:
            known = ", ".join(LISTINGS)
            raise Refused(
                "message.invalid", "rate", field_name="rate", reason=f"one of {known}", reason_zh=f"可选：{known}"
            )
        when = Period.parse(period)
        async with desk.engine.connect() as conn:
            rules, is_what_if = await _policy(conn, when, policy, desk.city)
            values = span(when, when.freeze_at(rules.freeze, desk.city.calendar))
            found = await open_figure(
                conn, rate, unit, kind, rules, values, part=part, after=after, limit=limit
            )  # fmt: skip
            rows = await conn.execute(REVISIONS, {"period": when.code, "unit": unit})
            published = [row.score for row in rows]
        figure = ratio(found.numerator, found.denominator)
        last = published[-1] if published else None
        return {
            "unit": unit, "period": when.code, "rate": rate, "policy": str(rules.version), "what_if": is_what_if,
            "revision": last["revision"] if last and not is_what_if else None,
            "frozen_at": last["frozen_at"] if last and not is_what_if else None,
            "published": None if last is None or is_what_if else {**last["rates"], **last}.get(rate),
            "numerator": figure.numerator, "denominator": figure.denominator, "percent": figure.percent,
            "excluded": found.excluded, "cases": found.cases,
            "next": found.cases[-1]["key"] if len(found.cases) == limit else None,
        }  # fmt: skip

    return routes


def vars_of(policy: Any) -> dict[str, Any]:
    """Return a slotted value as a mapping."""
    return {name: getattr(policy, name) for name in policy.__slots__}


def _kind(unit: str, desk: Desk) -> str:
    kind = kind_of(unit, desk.city)
    if not kind:
        raise Refused("subject.unknown", "unit", subject=unit[:64])
    return kind


async def _composite(unit: str, period: str, policy: int | None, desk: Desk) -> dict[str, Any]:
    """Return how a composite is made of its three parts, each of which opens to its cases."""
    when = Period.parse(period)
    async with desk.engine.connect() as conn:
        rules, is_what_if = await _policy(conn, when, policy, desk.city)
        counted = await _counted(conn, when, rules, desk)
        published = [row.score for row in await conn.execute(REVISIONS, {"period": when.code, "unit": unit})]
    now = next((card for card in counted if card.unit == unit), None)
    last = published[-1] if published and not is_what_if else None
    weights = {"response": rules.response, "resolution": rules.resolution, "satisfaction": rules.satisfaction}
    parts = [
        {"rate": name, "weight": str(weight), "numerator": part.numerator, "denominator": part.denominator,
         "percent": part.percent}
        for name, weight in weights.items() for part in ([getattr(now, name)] if now else [])
    ]  # fmt: skip
    return {
        "unit": unit, "period": when.code, "rate": "composite", "policy": str(rules.version), "what_if": is_what_if,
        "revision": last["revision"] if last else None, "frozen_at": last["frozen_at"] if last else None,
        "published": last["composite"] if last else None, "percent": now.composite if now else None, "parts": parts,
    }  # fmt: skip


async def _policy(conn: AsyncConnection, period: Period, version: int | None, city: Any) -> tuple[Policy, bool]:
    """Return the policy to count by, and whether that is another than the one in force."""
    published = await policies(conn)
    rules = in_force(period, published, city)
    if version is None or version == rules.version:
        return rules, False
    return version_of(version, published), True


async def _counted(conn: AsyncConnection, period: Period, rules: Policy, desk: Desk) -> list[ScoreCounted]:
    frozen_at = period.freeze_at(rules.freeze, desk.city.calendar)
    found = await tallies(conn, period, frozen_at, desk.city.root.code)
    return cards(period, found, rules, desk.city, working=True)
