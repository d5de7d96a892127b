"""The hash chain of a ledger: an edited, missing, moved or foreign record or a cut-off tail shows (workflows §2.5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64
"""What stands for the record before the first."""


def canonical(value: Mapping[str, Any]) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, UTF-8. Raises ValueError for a float in it."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a ledger as it is kept: `body` is canonical JSON, `at` ISO 8601 with offset; nothing personal."""

    ledger: str
    seq: int
    prev: str
    at: str
    kind: str
    topic: str
    body: str
    hash: str

    def compute_hash(self) -> str:
        """Return the hash that these columns must have. Raises ValueError where the body is no canonical JSON."""
        body = json.loads(self.body)
        if canonical(body) != self.body:
            raise ValueError("the body is not canonical")
        line = {"ledger": self.ledger, "seq": self.seq, "prev": self.prev, "at": self.at, "kind": self.kind}
        return sha256(canonical({**line, "topic": self.topic, "body": body}).encode()).hexdigest()


def make_record(ledger: str, seq: int, prev: str, at: str, kind: str, topic: str, body: Mapping[str, Any]) -> Record:
    """Return the next record of a ledger, chained to the hash before it."""
    text = canonical(body)
    draft = Record(ledger, seq, prev, at, kind, topic, text, "")
    return Record(ledger, seq, prev, at, kind, topic, text, draft.compute_hash())


class Break(StrEnum):
    """What is wrong with a chain."""

    EDITED = "edited"
    GAP = "gap"
    REORDERED = "reordered"
    FOREIGN = "foreign"
    TRUNCATED = "truncated"
    RECOMPUTED = "recomputed"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of a ledger as somebody else wrote it down: minutes, an upper ledger, the ledger's own stated head."""

    seq: int
    hash: str
    where: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first broken link: what, at which sequence number, and which anchor shows it."""

    what: Break
    seq: int
    where: str = ""


def verify(ledger: str, records: Sequence[Record], anchors: Iterable[Anchor] = ()) -> Broken | None:
    """Return the first broken link of a ledger, or None; `records` in the order in which they are kept."""
    known = {record.seq for record in records}
    hashes = {record.hash for record in records}
    prev = GENESIS
    for expected, record in enumerate(records, start=1):
        if record.ledger != ledger:
            return Broken(Break.FOREIGN, record.seq)
        if not _is_whole(record):
            return Broken(Break.EDITED, record.seq)
        if record.seq != expected:
            return Broken(Break.REORDERED if expected in known else Break.GAP, expected)
        if record.prev != prev:
            return Broken(Break.REORDERED if record.prev in hashes else Break.EDITED, record.seq)
        prev = record.hash
    for anchor in sorted(anchors, key=lambda anchor: (anchor.seq, anchor.where)):
        if anchor.seq > len(records):
            return Broken(Break.TRUNCATED, len(records) + 1, anchor.where)
        if anchor.seq and records[anchor.seq - 1].hash != anchor.hash:
            return Broken(Break.RECOMPUTED, anchor.seq, anchor.where)
    return None


def anchors_below(records: Iterable[Record]) -> dict[str, list[Anchor]]:
    """Return the heads of lower ledgers that an upper ledger wrote down as it took over their topics."""
    found: dict[str, list[Anchor]] = {}
    for record in records:
        try:
            below = json.loads(record.body).get("below") if record.kind == "raised" else None
            if below:
                anchor = Anchor(int(below["seq"]), str(below["hash"]), f"{record.ledger}#{record.seq}")
                found.setdefault(str(below["ledger"]), []).append(anchor)
        except (ValueError, KeyError, TypeError, AttributeError):  # an edited line, which its own ledger's check names
            continue
    return found


def _is_whole(record: Record) -> bool:
    try:
        return record.compute_hash() == record.hash
    except (ValueError, RecursionError):
        return False


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("a ledger holds no floats")
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        _refuse_floats(part)
