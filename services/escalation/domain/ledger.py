"""A ledger (台账): the head of its chain, the entries open in it, and the secretary's pen that writes its records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from services.escalation.domain.chain import GENESIS, Record, RecordKind, canonical, make_record
from services.escalation.domain.facts import LedgerHead
from services.escalation.domain.table import States
from services.escalation.domain.topic import EntryStatus, Topic
from shared.kernel.decisions import Arm, Cancel, Decision, Fact
from shared.kernel.replacing import replace

_CODE = re.compile(r"[!-~]{0,128}")
"""Codes, ids, dates and digests: a name or a sentence of anybody has no place in a record."""


@dataclass(frozen=True, slots=True)
class Place:
    """An undecided entry with what its turn on the agenda depends on."""

    topic: str
    case: str
    since: datetime
    moved_up: bool
    reopened: int
    tabled: bool = False
    waits_as: EntryStatus = EntryStatus.OPEN
    """What it is again when the meeting at which it was tabled does not decide it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """An entry after its decision, until it has ended and a meeting could hear of its end."""

    topic: str
    case: str
    entry: EntryStatus
    since: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one body: `number` is that of its latest meeting, `on` the day of its latest regular one."""

    unit: str
    level: str
    seq: int = 0
    hash: str = GENESIS
    places: tuple[Place, ...] = ()
    number: int = 0
    on: date | None = None
    decided: tuple[Decided, ...] = ()
    numbered_at: datetime | None = None

    def agenda(self) -> tuple[Place, ...]:
        """Return every open entry, none left out: moved-up ones first, then reopened ones, then by age (G3)."""
        return self.in_turn(place.topic for place in self.places if not place.tabled)

    def in_turn(self, topics: Iterable[str]) -> tuple[Place, ...]:
        """Return the undecided entries of these topics in the order in which a meeting deals with them."""
        named = frozenset(topics)
        places = (place for place in self.places if place.topic in named)
        return tuple(sorted(places, key=lambda p: (not p.moved_up, not p.reopened, p.since, p.topic)))

    def place_of(self, topic: str) -> Place | None:
        """Return the undecided entry of a topic."""
        return next((place for place in self.places if place.topic == topic), None)


@dataclass(frozen=True, slots=True)
class Wording:
    """The full words of an act, kept apart so that they can be erased; the ledger holds `digest` of salt and text."""

    ledger: str
    meeting: str
    topic: str
    salt: str
    text: str
    digest: str

    @property
    def is_genuine(self) -> bool:
        """Tell whether these are the words whose digest the ledger holds."""
        return digest_of(self.salt, self.text) == self.digest


def word(ledger: str, meeting: str, topic: str, salt: str, said: Mapping[str, str | None]) -> Wording:
    """Return words to be kept apart; a record holds their `digest` alone. What is empty was not said."""
    text = canonical({name: words for name, words in said.items() if words})
    return Wording(ledger, meeting, topic, salt, text, digest_of(salt, text))


def digest_of(salt: str, text: str) -> str:
    """Return what a record says of words: nothing can be learnt from it once salt and text are erased."""
    return sha256(f"{salt}{text}".encode()).hexdigest()


class Secretary:
    """Write records into ledgers and state facts, in order; `decision` is everything that came of one message."""

    def __init__(self, states: States, city: Any, at: datetime) -> None:
        self._city = city
        self._at: str = city.calendar.local(at).isoformat()
        self._heads: dict[str, tuple[int, str]] = {}
        for name, ledger in states.items():
            if name.startswith("ledger:"):
                self._heads[name.removeprefix("ledger:")] = (ledger.seq, ledger.hash) if ledger else (0, GENESIS)
        self._facts: list[Fact] = []
        self._deadlines: list[Arm | Cancel] = []
        self._rows: list[Any] = []

    def head(self, unit: str) -> tuple[int, str]:
        """Return sequence and hash of a ledger's last record. Raises KeyError for a ledger that was not locked."""
        return self._heads[unit]

    def state(self, subject: str, data: Any) -> None:
        """State a fact about a subject."""
        self._facts.append(Fact(data, subject))

    def spread(self, topic: Topic, home: str, data: Any) -> None:
        """State a fact about a topic, and of its further cases, whose orders it concerns, as well."""
        self.spread_to(topic.others, home, data)

    def spread_to(self, others: Iterable[str], home: str, data: Any) -> None:
        """State a fact about the topic that `home` carries, and the same of further cases."""
        self.state(home, data)
        for case in others:
            self.state(case, replace(data, home=home))

    def arm(self, *changes: Arm | Cancel) -> None:
        """Arm or cancel deadlines."""
        self._deadlines += changes

    def keep(self, *rows: Any) -> None:
        """Keep private rows."""
        self._rows += rows

    def record(
        self,
        unit: str,
        kind: str,
        topic: str,
        body: Mapping[str, Any],
        *,
        case: str = "",
        entry: EntryStatus | None = None,
        moved_up: bool = False,
        reopened: int = 0,
    ) -> Record:
        """Append a record to a body's ledger and state its new head; `entry` is what the topic's entry now is.

        Raises ValueError for a kind that no ledger knows, and for anything in the body but codes, ids, dates, digests.
        """
        kind = RecordKind(kind).value
        _refuse_words(body)
        seq, prev = self.head(unit)
        record = make_record(unit, seq + 1, prev, self._at, kind, topic, body)
        self._heads[unit] = (record.seq, record.hash)
        self.keep(record)
        self.state(
            f"ledger:{unit}",
            LedgerHead(
                body=unit,
                level=self._city.bodies[unit].level,
                seq=record.seq,
                hash=record.hash,
                kind=kind,
                topic=topic,
                case=case,
                entry=entry,
                moved_up=moved_up,
                reopened=reopened,
            ),
        )
        return record

    def decision(self) -> Decision:
        """Return all of it."""
        return Decision(tuple(self._facts), tuple(self._deadlines), (), tuple(self._rows))


def grown(ledger: Ledger | None, fact: LedgerHead, at: datetime) -> Ledger:
    """Return the ledger after a record: its head, and the places of the entries that are still to be decided."""
    now = ledger or Ledger(fact.body, fact.level)
    return replace(now, seq=fact.seq, hash=fact.hash, places=_places(now, fact, at), decided=_decided(now, fact, at))


_WAITING = frozenset({EntryStatus.OPEN, EntryStatus.LISTED})


def _places(ledger: Ledger, fact: LedgerHead, at: datetime) -> tuple[Place, ...]:
    if fact.entry is None:
        return ledger.places
    others = tuple(place for place in ledger.places if place.topic != fact.topic)
    place = ledger.place_of(fact.topic)
    if fact.entry is EntryStatus.TABLED:
        return tuple(replace(p, tabled=True) if p.topic == fact.topic else p for p in ledger.places)
    if fact.entry not in _WAITING:
        return others
    if place is None:
        new = Place(fact.topic, fact.case, at, fact.moved_up, fact.reopened, waits_as=fact.entry)
        return (*others, new)
    # An entry that is to be decided again never loses its turn.
    back = replace(
        place,
        tabled=False,
        waits_as=fact.entry,
        moved_up=place.moved_up or fact.moved_up,
        reopened=max(place.reopened, fact.reopened),
    )
    return tuple(back if p.topic == fact.topic else p for p in ledger.places)


def _decided(ledger: Ledger, fact: LedgerHead, at: datetime) -> tuple[Decided, ...]:
    if fact.entry is None:
        return ledger.decided
    others = tuple(decided for decided in ledger.decided if decided.topic != fact.topic)
    if fact.entry in _WAITING or fact.entry is EntryStatus.TABLED:
        return others
    was = next((decided for decided in ledger.decided if decided.topic == fact.topic), None)
    if was is None and ledger.place_of(fact.topic) is None:
        return others  # returned before it was ever open: no meeting heard of it
    return (*others, Decided(fact.topic, fact.case, fact.entry, at))


def ledger_of(states: States, unit: str, city: Any) -> Ledger:
    """Return a body's ledger, an empty one before its first record. Raises KeyError if it was not locked."""
    return states[f"ledger:{unit}"] or Ledger(unit, city.bodies[unit].level)


def _refuse_words(value: object) -> None:
    if isinstance(value, str) and not _CODE.fullmatch(value):
        raise ValueError("a ledger holds no person's words: keep them apart, record their digest")
    parts = (
        (*value, *value.values()) if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    )
    for part in parts:
        _refuse_words(part)
