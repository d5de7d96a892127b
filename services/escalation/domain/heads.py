"""The daily list of the heads of all ledgers: stated at the day's end and published, so that no tail can go unseen.

Each list carries the digest of the one before: whoever keeps one digest can have every earlier list checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from services.escalation.domain.chain import GENESIS, Record, canonical
from services.escalation.domain.table import States, evolve, on_due
from shared.kernel.decisions import Arm, Context, Decision, Fact, Message

PAGE = 1000
"""Heads in one fact, some 100 bytes each: a list of any length stays below what a stream takes."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a ledger."""

    ledger: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the store reads for deciders: all present heads for the list, records that are to be corrected, and the full
    words, by digest, of what a meeting has recorded so far."""

    heads: tuple[Head, ...] = ()
    records: Mapping[tuple[str, int], Record] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsPublished:
    """A page of the list of a day that has ended."""

    on: date
    page: int
    pages: int
    heads: tuple[Head, ...]
    prev: str
    digest: str


@dataclass(frozen=True, slots=True)
class Published:
    """The digest of the last page published."""

    on: date
    digest: str


def subject_of(city: str) -> str:
    """Return the subject of a city's lists."""
    return f"heads:{city}"


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return the subject of the lists with the deadline of the first, at the end of this day."""
    midnight = city.calendar.midnight(city.calendar.local(now).toordinal() + 1)
    return [(subject_of(city.code), Arm("heads", midnight, {}, subject_of(city.code)))]


@on_due("heads")
def publish(states: States, message: Message, context: Context) -> Decision:
    """List all heads at midnight, for the day that has ended; the next list is due a day later."""
    last: Published | None = states[message.subject]
    calendar, midnight = context.city.calendar, context.city.calendar.local(message.acted_at)
    heads: tuple[Head, ...] = context.prepared.heads
    pages = [heads[start : start + PAGE] for start in range(0, len(heads), PAGE)] or [()]
    prev = last.digest if last else GENESIS
    facts = []
    for number, page in enumerate(pages, start=1):
        on = midnight.date() - timedelta(days=1)
        digest = digest_of(on, number, len(pages), page, prev)
        listed = HeadsPublished(on=on, page=number, pages=len(pages), heads=page, prev=prev, digest=digest)
        facts.append(Fact(listed))
        prev = digest
    following = Arm("heads", calendar.midnight(midnight.toordinal() + 1), {}, message.subject)
    return Decision(tuple(facts), (following,), (), tuple(fact.data for fact in facts))


def digest_of(on: date, page: int, pages: int, heads: Sequence[Head], prev: str) -> str:
    """Return SHA-256 of the canonical JSON of a page: heads as ledger -> [seq, hash]."""
    listed = {head.ledger: [head.seq, head.hash] for head in heads}
    text = canonical({"heads": listed, "on": on.isoformat(), "page": page, "pages": pages, "prev": prev})
    return sha256(text.encode()).hexdigest()


@evolve.on(HeadsPublished)
def published(state: Published | None, fact: HeadsPublished, at: datetime) -> Published:
    """Remember what the next list follows."""
    return Published(fact.on, fact.digest)
