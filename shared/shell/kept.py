"""What a service keeps aside, over HTTP: look at it, send it once more, discard it (operations alone)."""

from __future__ import annotations

import json
from typing import Annotated, Any

from aiokafka import AIOKafkaProducer
from fastapi import APIRouter, Depends, Query
from sqlalchemy import text

from shared.contracts.envelope import ID
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.persistence.engine import transaction
from shared.shell.desk import Caller, Desk
from shared.shell.sql_outcome import headers_from

MOST = 200


def router(desk: Desk, kafka: str) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/quarantine", tags=["quarantine"], dependencies=[Depends(_operations)])

    @routes.get("")
    async def kept(limit: Annotated[int, Query(ge=1, le=MOST)] = 50) -> dict[str, Any]:
        """List what waits for somebody, newest first, with the reason in words; never the content."""
        async with transaction(desk.engine) as conn:
            total = await conn.scalar(text("SELECT count(*) FROM quarantine WHERE state = 'kept'"))
            rows = await conn.execute(
                text("SELECT id, at, topic, sender, rule, field, params::text AS params FROM quarantine "
                     "WHERE state = 'kept' ORDER BY id DESC LIMIT :limit"),
                {"limit": limit},
            )  # fmt: skip
        return {"total": total, "items": [_told(row) for row in rows]}

    @routes.post("/{id_}/replay")
    async def replay(id_: int) -> dict[str, Any]:
        """Send a record as it came to where it came from, its refusal forgotten: rules or code have changed."""
        return await _take_up(desk, id_, kafka)

    @routes.post("/{id_}/discard")
    async def discard(id_: int) -> dict[str, Any]:
        """Mark a record as dealt with; it stays on record."""
        async with transaction(desk.engine) as conn:
            query = "UPDATE quarantine SET state = 'discarded' WHERE id = :id AND state = 'kept' RETURNING id"
            if not await conn.execute(text(query), {"id": id_}):
                raise Refused("subject.unknown", "id", subject=f"quarantine/{id_}")
        return {"subject": f"quarantine/{id_}", "sequence": 0, "facts": []}

    return routes


def _operations(actor: Caller) -> None:
    if actor.kind != "operations":
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind} {actor.id}", act="quarantine")


def _told(row: Any) -> dict[str, Any]:
    zh, en = words(row.rule, json.loads(row.params))
    return {"id": row.id, "at": row.at, "topic": row.topic, "sender": row.sender, "rule": row.rule,
            "field": row.field, "zh": zh, "en": en}  # fmt: skip


async def _take_up(desk: Desk, id_: int, kafka: str) -> dict[str, Any]:
    """Forget the refusal and send under the row's lock, then mark: a crash between leaves it to be sent again."""
    async with transaction(desk.engine) as conn:
        found = await conn.execute(
            text("SELECT topic, key, headers::text AS headers, value, sender FROM quarantine "
                 "WHERE id = :id AND state = 'kept' FOR UPDATE"),
            {"id": id_},
        )  # fmt: skip
        row = found.first()
        if row is None:
            raise Refused("subject.unknown", "id", subject=f"quarantine/{id_}")
        headers = list(headers_from(row.headers))
        sent_as = dict(headers).get(ID, b"").decode("utf-8", "replace")
        async with transaction(desk.engine) as other:
            gone = "DELETE FROM inbox WHERE sender = :sender AND id = :id AND result ->> 'rule' IS NOT NULL"
            await other.execute(text(gone), {"sender": row.sender, "id": sent_as})
        producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
        await producer.start()
        try:
            await producer.send_and_wait(row.topic, row.value, row.key, headers=headers)
        finally:
            await producer.stop()
        await conn.execute(text("UPDATE quarantine SET state = 'replayed' WHERE id = :id"), {"id": id_})
    return {"subject": f"quarantine/{id_}", "sequence": 0, "facts": []}
