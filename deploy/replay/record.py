"""A recorded period: facts of all services about the cases registered in it, from the journals or from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from shared.contracts.base import Contract, by_type
from shared.contracts.topics import SERVICES
from shared.persistence.engine import schema_of

_PLACE = {name: place for place, name in enumerate(SERVICES)}
_REGISTERED = ("case.registered.v1", "case.solved_on_spot.v1")
_CASES = """SELECT DISTINCT subject FROM "{schema}".journal WHERE type = ANY($1::text[])
    AND (headers->>'ce_time')::timestamptz >= $2 AND (headers->>'ce_time')::timestamptz < $3"""
_FACTS = """SELECT subject, sequence, type, headers->>'ce_time' AS at, headers->>'ce_authtype' AS kind,
    headers->>'ce_authid' AS who, value FROM "{schema}".journal
    WHERE subject = ANY($1::text[]) AND (headers->>'ce_time')::timestamptz < $2 ORDER BY id"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One fact as it was stated; `actor` is the kind and code of who made it so."""

    service: str
    subject: str
    sequence: int
    at: datetime
    data: Contract
    actor: tuple[str, str] = ("", "")


def in_order(facts: Iterable[Recorded]) -> list[Recorded]:
    """Return facts in the order in which they came to be: by time, at one instant cause before effect."""
    return sorted(facts, key=lambda f: (f.at, _PLACE[f.service], f.subject, f.sequence))


def since(facts: Iterable[Recorded], begins: datetime, ends: datetime) -> list[Recorded]:
    """Return, in order, what was stated before `ends` about cases registered from `begins` on."""
    known = list(facts)
    cases = {f.subject for f in known if f.data.TYPE in _REGISTERED and begins <= f.at < ends}
    return in_order(f for f in known if f.subject in cases and f.at < ends)


async def read_journals(
    dsn: str, city: str, begins: datetime, ends: datetime, progress: Callable[[int], None]
) -> list[Recorded]:
    """Read a period from the journals of a running stack, as its read-only role; `progress` is told of each piece."""
    conn = await asyncpg.connect(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            where = {service: schema_of(city, service) for service in SERVICES}
            cases = await conn.fetch(_CASES.format(schema=where["intake"]), list(_REGISTERED), begins, ends)
            names = [row["subject"] for row in cases]
            found: list[Recorded] = []
            for service, schema in where.items():
                async for row in conn.cursor(_FACTS.format(schema=schema), names, ends, prefetch=2000):
                    one = _recorded(
                        service, row["subject"], row["sequence"], row["at"], row["type"], row["value"],
                        (row["kind"] or "", row["who"] or ""),
                    )  # fmt: skip
                    if one is not None:
                        found.append(one)
                        progress(1)
            return in_order(found)
    finally:
        await conn.close()


def write_file(path: Path, facts: Iterable[Recorded]) -> None:
    """Write a period down, a JSON line a fact."""
    with path.open("w", encoding="utf-8") as file:
        for f in facts:
            line = {
                "service": f.service, "subject": f.subject, "sequence": f.sequence, "time": f.at.isoformat(),
                "type": f.data.TYPE, "actor": list(f.actor), "data": f.data.model_dump(mode="json"),
            }  # fmt: skip
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_file(path: Path) -> Iterator[Recorded]:
    """Read such a file; raises ValueError or KeyError naming the line that is none of ours."""
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            try:
                line = json.loads(text)
                kind, who = line["actor"]
                one = _recorded(
                    line["service"], line["subject"], line["sequence"], line["time"], line["type"],
                    json.dumps(line["data"]), (kind, who),
                )  # fmt: skip
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path.name}:{number}: {error}") from None
            if one is not None:
                yield one


def _recorded(
    service: str, subject: str, sequence: int, at: str, type_: str, value: str, actor: tuple[str, str]
) -> Recorded | None:
    contract = by_type(type_)
    if contract is None or service != contract.SERVICE:
        return None
    return Recorded(service, subject, sequence, datetime.fromisoformat(at), contract.model_validate_json(value), actor)
