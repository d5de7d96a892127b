"""HTTP of escalation: follow decisions, read boards and ledgers; meetings and papers have rooms of their own.

The token of a post (`post.<unit>:<post>.<signature>`) has that post's acts alone; the token of a body's unit
(`unit.<code>.<signature>`) speaks for its convener, its secretary and its leaders alike.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import TextClause

from services.escalation.domain.chain import GENESIS, Anchor, Check, Record
from services.escalation.domain.reading import check_reads_ledger, check_reads_topic
from services.escalation.domain.topic import EntryStatus
from services.escalation.routes import councils, meetings, papers
from services.escalation.store import CHAIN, ENTRIES, PUBLISHED, RECORDS, TOPIC_RECORDS, TOPIC_STATE
from shared.contracts.base import Contract
from shared.contracts.escalation import (
    AcknowledgeDecision,
    AdmitTopic,
    CombineTopic,
    CorrectRecord,
    ObjectToDecline,
    ProposeTopic,
    ReceiveTopic,
    ReopenTopic,
    ReturnTopic,
    TellReporters,
    WithdrawTopic,
    WriteOff,
)
from shared.kernel.refusals import Refused
from shared.shell.desk import Caller, Desk, Key, body_schema, commands, json_body, read_as, reply_body

OF_LEDGERS: dict[str, type[Contract]] = {"correct": CorrectRecord}
OF_TOPICS: dict[str, type[Contract]] = {
    "admit": AdmitTopic,
    "return": ReturnTopic,
    "receive": ReceiveTopic,
    "acknowledge": AcknowledgeDecision,
    "tell": TellReporters,
    "reopen": ReopenTopic,
    "object": ObjectToDecline,
    "withdraw": WithdrawTopic,
    "combine": CombineTopic,
    "write-off": WriteOff,
}
Code = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500)]
MOST_RECORDS = 1000
"""Records of one topic that are shown; a topic has some ten per level and meeting."""


def router(desk: Desk) -> APIRouter:
    """Return the routes of escalation under `/v1`."""
    routes = APIRouter()
    routes.include_router(papers.router(desk))
    routes.include_router(meetings.router(desk))
    routes.include_router(councils.router(desk))
    routes.include_router(commands(desk, "topics", None, OF_TOPICS))
    routes.include_router(commands(desk, "ledger", None, OF_LEDGERS, prefix="ledger:"))

    async def rows(statement: TextClause, **values: Any) -> list[dict[str, Any]]:
        async with desk.engine.connect() as conn:
            return [dict(row._mapping) for row in await conn.execute(statement, values)]

    @routes.post("/v1/topics", tags=["topics"], name=ProposeTopic.TYPE, openapi_extra=body_schema(ProposeTopic))
    async def propose(request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Propose a topic to the caller's own body: with source cases, or of a kind without (workflows §2.2, move 2).

        The answer's `subject` is what every later command about the topic names: its first case, or an id of its own.
        """
        asked = read_as(ProposeTopic, await json_body(request))
        subject = asked.cases[0] if asked.cases else own_id(f"{desk.city_code}/{actor.kind}.{actor.id}/{key}")
        return reply_body(await desk.submit(asked, subject, actor, key, creates=not asked.cases))

    @routes.get("/v1/topics", tags=["topics"])
    async def topics(
        actor: Caller,
        body: Annotated[str, Query(max_length=64)],
        status: EntryStatus | None = None,
        to_do: bool = False,
        after: Code = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """List the entries of a body; `to_do`: what is to be screened, received, acknowledged, told, written off."""
        if body not in desk.city.bodies:
            raise Refused("body.unknown", "body", body=body)
        check_reads_ledger(actor, desk.city, body)
        found = await rows(ENTRIES, body=body, status=status, to_do=to_do, after=after, limit=limit)
        return {"entries": found}

    @routes.get("/v1/topics/{case}", tags=["topics"])
    async def topic(case: str, actor: Caller) -> dict[str, Any]:
        """Return the topic of a case: its entries from the lowest level up, open duties, all its records."""
        found = await rows(TOPIC_STATE, id=case)
        entries = await rows(CHAIN, case=case)
        if not found or not entries:
            raise Refused("subject.unknown", "case", subject=case)
        state = found[0]["state"]
        parties = {state.get("lead"), state.get("unit"), state.get("proposer"), *state.get("led_by", ())} - {None, ""}
        check_reads_topic(actor, desk.city, {entry["body"] for entry in entries}, parties)
        records = await rows(TOPIC_RECORDS, topic=entries[0]["topic"], limit=MOST_RECORDS)
        return {"sequence": found[0]["sequence"], "topic": state, "entries": entries, "records": records}

    @routes.get("/v1/ledger/{unit}", tags=["ledger"])
    async def ledger(
        unit: str, actor: Caller, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0, limit: Limit = 100
    ) -> dict[str, Any]:
        """Return the records of a body's ledger in order; `after` is the last sequence number already seen."""
        if unit not in desk.city.bodies:
            raise Refused("body.unknown", "unit", body=unit)
        check_reads_ledger(actor, desk.city, unit)
        return {"ledger": unit, "records": await rows(RECORDS, ledger=unit, after=after, limit=limit)}

    @routes.get("/v1/ledger/{unit}/check", tags=["ledger"])
    async def check(
        unit: str,
        actor: Caller,
        seq: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        hash: Annotated[str, Query(max_length=64)] = "",
    ) -> dict[str, Any]:
        """Verify a body's chain as it is kept now: its head, and the first broken link if any.

        `seq` and `hash` are a head that the caller has seen: a ledger cut off or written anew since does not agree.
        """
        if unit not in desk.city.bodies:
            raise Refused("body.unknown", "unit", body=unit)
        check_reads_ledger(actor, desk.city, unit)
        found, after = Check(unit, [Anchor(seq, hash, "seen")] if hash else ()), 0
        head = {"seq": 0, "hash": GENESIS}
        async with desk.engine.connect() as conn:
            while page := (await conn.execute(RECORDS, {"ledger": unit, "after": after, "limit": MOST_RECORDS})).all():
                for row in page:
                    found.take(Record(*(getattr(row, name) for name in Record.__slots__)))
                after = page[-1].seq
                head = {"seq": after, "hash": page[-1].hash}
        broken = found.end()
        return {"ledger": unit, "head": head, "broken": None if broken is None else asdict(broken)}

    @routes.get("/v1/heads", tags=["ledger"])
    async def heads(on: date | None = None) -> dict[str, Any]:
        """Return the list of all ledgers' heads at the end of a day, by default the latest; it is open to everybody.

        Keep it: a ledger that was cut off or written anew later no longer agrees with it.
        """
        pages = await rows(PUBLISHED, on=on)
        if not pages:
            raise Refused("subject.unknown", "on", subject=str(on or ""))
        return {"on": pages[0]["on"], "pages": pages}

    return routes


def own_id(key: str) -> str:
    """Return the id of a topic without a case: the same proposal sent again finds the same topic."""
    return str(UUID(bytes=sha256(key.encode()).digest()[:16], version=5))
