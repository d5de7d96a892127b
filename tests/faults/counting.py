"""What was promised, held against journals, registers and topics: lost, twice, out of order, stuck."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import asyncpg

from tests.faults.clients import Told
from tests.faults.wire import Seen, ends_of, read_all

STATING = ("intake", "dispatch", "escalation", "feedback")
HEARING = (*STATING, "console")
INBOX_OF = {"replies": ("dispatch", "department"), "ratings": ("feedback", "source")}
_JOURNAL = "SELECT id, subject, sequence, type, streams, headers, value FROM {schema}.journal ORDER BY id"
_OVERDUE = """SELECT d.subject, d.name, d.due_at FROM {schema}.deadline d
    WHERE d.due_at < {city}.sidan_now() - interval '30 s'"""
_IDLE = """SELECT r.case_id, r.status, r.due_at FROM {city}_dispatch.responsibility r
    WHERE r.status NOT IN ('closed', 'withdrawn') AND (r.due_at IS NULL OR r.responsible IS NULL
    OR (r.due_at < {city}.sidan_now() - interval '60 s' AND NOT EXISTS (
        SELECT 1 FROM {city}_dispatch.journal j WHERE j.subject = r.case_id
        AND (j.headers ->> 'ce_time')::timestamptz >= r.due_at)))"""


@dataclass
class Count:
    """What was found wrong; every entry names what a person would look for."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    facts: int = 0
    records: int = 0
    repeats: int = 0

    def figures(self) -> dict[str, int]:
        """Return the four figures."""
        return {name: len(getattr(self, name)) for name in ("lost", "twice", "disordered", "stuck")}


async def unsettled(dsn: str, kafka: str, city: str) -> list[str]:
    """Return what is still on its way: unsent, parked, unread, due; raises while a server is away."""
    ends = await ends_of(kafka, city)
    connection = await asyncpg.connect(dsn, timeout=5, command_timeout=20)
    try:
        found = []
        for service in HEARING:
            schema = f"{city}_{service}"
            for table in ("pending", "parked"):
                if n := await connection.fetchval(f"SELECT count(*) FROM {schema}.{table}"):
                    found.append(f"{service}: {n} {table}")
            if n := len(await connection.fetch(_OVERDUE.format(schema=schema, city=city))):
                found.append(f"{service}: {n} overdue deadlines")
            lag = 0
            for row in await connection.fetch(f"SELECT topic, partition, expected FROM {schema}.fence"):
                place = next((e for tp, e in ends.items() if tp == (row["topic"], row["partition"])), 0)
                lag += max(0, place - row["expected"])
            if lag:
                found.append(f"{service}: {lag} records unread")
        return found
    finally:
        await connection.close()


async def count(dsn: str, kafka: str, city: str, told: Told) -> Count:
    """Count everything once nothing moves any more."""
    seen = await read_all(kafka, city)
    found = Count(records=seen.records, repeats=seen.repeats, twice=list(seen.twice), disordered=list(seen.disordered))
    connection = await asyncpg.connect(dsn)
    try:
        written: dict[str, dict[tuple[str, int], str]] = {}
        for service in STATING:
            written[service] = await _journal(connection, city, service, seen, found)
        _promises(told, seen, written, found)
        await _outside(connection, city, told, seen, written, found)
        await _hearing(connection, city, written, found)
        await _standing(connection, city, seen, found)
    finally:
        await connection.close()
    return found


async def _journal(
    connection: asyncpg.Connection, city: str, service: str, seen: Seen, found: Count
) -> dict[tuple[str, int], str]:
    """Hold one journal against the topics; returns (subject, sequence) -> type."""
    types: dict[tuple[str, int], str] = {}
    last: Counter[str] = Counter()
    effects: Counter[tuple[Any, ...]] = Counter()
    async with connection.transaction():
        async for row in connection.cursor(_JOURNAL.format(schema=f"{city}_{service}"), prefetch=2000):
            subject, number, type_ = row["subject"], row["sequence"], row["type"]
            headers = _headers(row["headers"])
            for stream in row["streams"]:
                if headers["ce_id"] not in seen.ids.get(f"{city}.{stream}.v1", ()):
                    found.lost.append(f"{service} {headers['ce_id']} {type_}: not on {stream}")
            if not number:
                continue
            found.facts += 1
            if (subject, number) in types:
                found.twice.append(f"{service} {subject}/{number}: stated twice")
            elif number != last[subject] + 1:
                found.disordered.append(f"{service} {subject}: {number} written after {last[subject]}")
            types[subject, number], last[subject] = type_, max(number, last[subject])
            wire = seen.facts.get((service, subject), {}).get(number)
            if wire is not None and wire != sha256(row["value"].encode()).hexdigest():
                found.twice.append(f"{service} {subject}/{number}: journal and stream differ")
            # What one message caused it causes once: a second time is a second deadline, command or fact applied.
            cause = (headers["ce_causationid"], headers["ce_authtype"], headers["ce_authid"])
            effects[(subject, type_, *cause, _again(type_, row["value"]))] += 1
    found.twice += [f"{service} {e[0]} {e[1]}: {n} times by {e[2]}" for e, n in effects.items() if n > 1]
    for (source, subject), numbers in seen.facts.items():
        if source == service:
            found.lost += [f"{service} {subject}/{n}: on the stream only" for n in numbers if (subject, n) not in types]
    return types


def _again(type_: str, value: str) -> str:
    """Return what may tell two effects of one cause apart.

    A case closed before the clock jumped and heard after it arms the hour's publication anew: the same deadline then
    publishes other figures, rightly; the same figures twice would be wrong.
    """
    if type_ != "score.published.v1":
        return ""
    return json.dumps({name: said for name, said in json.loads(value).items() if name != "revision"})


def _headers(value: Any) -> dict[str, str]:
    return dict(json.loads(value)) if isinstance(value, str) else dict(value)


def _promises(told: Told, seen: Seen, written: dict[str, dict[tuple[str, int], str]], found: Count) -> None:
    """Look up what clients were answered over HTTP and what the broker acknowledged."""
    for (source, report), cases in told.cases.items():
        named = cases | seen.receipts.get((source, report), set())
        if len(named) > 1:
            found.twice.append(f"report {source}/{report}: {len(named)} cases")
        found.lost += [f"report {source}/{report}: case {c} unknown" for c in cases if (c, 1) not in written["intake"]]
    found.twice += [f"report {key}: receipts name {len(c)} cases" for key, c in seen.receipts.items() if len(c) > 1]
    for service, subject, number, type_ in told.facts:
        if written[service].get((subject, number)) != type_:
            found.lost.append(f"{service} {subject}/{number} {type_}: answered, not written down")
    for topic, id_ in told.acknowledged:
        if id_ not in seen.ids.get(topic, ()):
            found.lost.append(f"{topic} {id_}: acknowledged by the broker, not on the topic")


async def _outside(
    connection: asyncpg.Connection, city: str, told: Told, seen: Seen,
    written: dict[str, dict[tuple[str, int], str]], found: Count,
) -> None:  # fmt: skip
    """Look up what became of each message from outside, and of each report."""
    kept: set[tuple[str, int, int]] = set()
    taken: dict[str, set[tuple[str, str]]] = {}
    for service in ("intake", "dispatch", "feedback"):
        rows = await connection.fetch(f'SELECT topic, partition, "offset" FROM {city}_{service}.quarantine')
        kept |= {tuple(row) for row in rows}
        rows = await connection.fetch(f"SELECT sender, id FROM {city}_{service}.inbox")
        taken[service] = {(row["sender"], row["id"]) for row in rows}
    rows = await connection.fetch(f"SELECT source, source_id, case_id FROM {city}_intake.report")
    register = {(row["source"], row["source_id"]): row["case_id"] for row in rows}
    for topic, partition, offset, id_, report in seen.outside:
        if (topic, partition, offset) in kept:
            continue
        family, _, member = topic.removeprefix(f"{city}.").rsplit(".", 1)[0].partition(".")
        if family == "reports":
            case = register.get((member, report))
            if case is None or (case, 1) not in written["intake"]:
                found.lost.append(f"{topic}/{partition}@{offset} {report}: no case")
            elif case not in seen.receipts.get((member, report), ()):
                found.lost.append(f"{topic}/{partition}@{offset} {report}: no receipt")
        else:
            service, kind = INBOX_OF[family]
            if (f"{kind}:{member}", id_) not in taken[service]:
                found.lost.append(f"{topic}/{partition}@{offset} {id_}: neither taken nor kept")
    for key, cases in told.cases.items():
        found.lost += [f"report {key}: answered {case}, the register says otherwise" for case in cases
                       if register.get(key) != case]  # fmt: skip
    firsts = Counter((register_key) for register_key in register.values())
    found.twice += [f"case {case}: {n} reports" for case, n in firsts.items() if n > 1]


async def _hearing(
    connection: asyncpg.Connection, city: str, written: dict[str, dict[tuple[str, int], str]], found: Count
) -> None:
    """See that every reader has applied the last fact of each subject, and that each registered case has an order."""
    last = {service: Counter[str]() for service in STATING}
    for service, facts in written.items():
        for subject, number in facts:
            last[service][subject] = max(last[service][subject], number)
    for reader in HEARING:
        rows = await connection.fetch(f"SELECT id, seen FROM {city}_{reader}.subject")
        heard = {row["id"]: row["seen"] for row in rows}
        for place, service in enumerate(STATING):
            if service == reader:
                continue
            late = [s for s, n in last[service].items() if s not in heard or heard[s][place] != n]
            found.lost += [f"{reader} has not applied all of {service} {subject}" for subject in late]
    for (case, _), type_ in written["intake"].items():
        if type_ in ("case.registered.v1", "case.solved_on_spot.v1") and (case, 1) not in written["dispatch"]:
            found.lost.append(f"case {case}: registered, no order")


async def _standing(connection: asyncpg.Connection, city: str, seen: Seen, found: Count) -> None:
    """Find what stands still."""
    for service in HEARING:
        schema = f"{city}_{service}"
        for table in ("pending", "parked"):
            if n := await connection.fetchval(f"SELECT count(*) FROM {schema}.{table}"):
                found.stuck.append(f"{service}: {n} {table}")
        for row in await connection.fetch(f"SELECT id, aside FROM {schema}.subject WHERE aside IS NOT NULL"):
            found.stuck.append(f"{service} {row['id']} aside: {row['aside']}")
        for row in await connection.fetch(_OVERDUE.format(schema=schema, city=city)):
            found.stuck.append(f"{service} {row['subject']} {row['name']}: due {row['due_at']}, not fired")
        for row in await connection.fetch(f"SELECT reader, topic, partition, expected FROM {schema}.fence"):
            behind = seen.ends.get((row["topic"], row["partition"]), 0) - row["expected"]
            if behind > 0:
                found.stuck.append(f"{row['reader']} {row['topic']}/{row['partition']}: {behind} behind")
    for row in await connection.fetch(_IDLE.format(city=city)):
        found.stuck.append(f"case {row['case_id']} {row['status']}: clock ran out {row['due_at']}, nothing happened")
