"""The hash chain of a ledger: an edited, missing, moved or foreign record or a cut-off tail shows (workflows §2.5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

GENESIS = "0" * 64
"""What stands for the record before the first."""

_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_READ = json.JSONDecoder().raw_decode


class RecordKind(StrEnum):
    """What a record can say; nothing else is ever written into a ledger."""

    PROPOSED = "proposed"
    ADMITTED = "admitted"
    RETURNED = "returned"
    RAISED = "raised"
    RECEIVED = "received"
    TABLED = "tabled"
    DECIDED = "decided"
    FEEDBACK_SENT = "feedback_sent"
    FEEDBACK_ACKNOWLEDGED = "feedback_acknowledged"
    REPORTER_TOLD = "reporter_told"
    REOPENED = "reopened"
    OBJECTED = "objected"
    COMBINED = "combined"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    MISSED = "missed"
    CORRECTED = "corrected"


ANCHORING = frozenset({RecordKind.RAISED, RecordKind.RECEIVED})
"""Records of an upper ledger that may write down the head of a lower one."""


def canonical(value: Mapping[str, Any]) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, UTF-8. Raises ValueError for a float in it."""
    _refuse_floats(value)
    return _SORTED(value)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a ledger as it is kept: `line` is the very text that was hashed, the columns say the same.

    `body` is canonical JSON, `at` ISO 8601 with offset; nothing personal.
    """

    ledger: str
    seq: int
    prev: str
    at: str
    kind: str
    topic: str
    body: str
    line: str
    hash: str

    @property
    def is_hashed(self) -> bool:
        """Tell whether the hash is that of the stored text."""
        try:
            return sha256(self.line.encode()).hexdigest() == self.hash
        except UnicodeEncodeError:
            return False

    @property
    def is_whole(self) -> bool:
        """Tell whether the hash is that of the stored text, and the columns say exactly what the text says.

        A body that is one JSON value makes the text's division into columns the only one possible.
        """
        try:
            _, end = _READ(self.body)
        except (ValueError, RecursionError):
            return False
        if end != len(self.body):
            return False
        columns = line_of(self.ledger, self.seq, self.prev, self.at, self.kind, self.topic, self.body)
        return columns == self.line and self.is_hashed


def line_of(ledger: str, seq: int, prev: str, at: str, kind: str, topic: str, body: str) -> str:
    """Write the canonical JSON of a record around its body's, which is canonical already."""
    return (
        f'{{"at":{encode_basestring(at)},"body":{body},"kind":{encode_basestring(kind)},"ledger":{encode_basestring(ledger)},'
        f'"prev":{encode_basestring(prev)},"seq":{seq},"topic":{encode_basestring(topic)}}}'
    )


def make_record(ledger: str, seq: int, prev: str, at: str, kind: str, topic: str, body: Mapping[str, Any]) -> Record:
    """Return the next record of a ledger, chained to the hash before it."""
    text = canonical(body)
    line = line_of(ledger, seq, prev, at, kind, topic, text)
    return Record(ledger, seq, prev, at, kind, topic, text, line, sha256(line.encode()).hexdigest())


def read_record(line: str, hash_: str) -> Record:
    """Return the record whose stored text this is, its columns read from the text. Raises ValueError if it is none."""
    try:
        said = json.loads(line)
        words = (said["prev"], said["at"], said["kind"], said["topic"])
        ledger, seq, body = said["ledger"], said["seq"], said["body"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no record of a ledger") from error
    if type(seq) is not int or not all(isinstance(word, str) for word in (ledger, *words)):
        raise ValueError("no record of a ledger")
    return Record(ledger, seq, *words, _SORTED(body), line, hash_)


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


class Check:
    """Check one ledger, taken record by record in the order in which it is kept; its length costs no memory."""

    def __init__(self, ledger: str, anchors: Iterable[Anchor] = ()) -> None:
        self._ledger = ledger
        self._anchors = sorted((a for a in anchors if a.seq > 0), key=lambda a: (a.seq, a.where), reverse=True)
        self._seq, self._hash = 0, GENESIS
        self._doubt: Anchor | None = None
        self._found: Broken | None = None

    @property
    def head(self) -> tuple[int, str]:
        """Return number and hash of the last record up to which everything is whole."""
        return self._seq, self._hash

    def take(self, record: Record) -> None:
        """Take the next record; after the first broken link only what tells its name is still looked at."""
        if self._found is None and self._doubt is not None:
            self._found = self._settle(self._doubt, record)
        if self._found is None:
            self._found = self._link(record)
        elif self._found.what is Break.GAP and _said(record) == (self._ledger, self._found.seq):
            self._found = Broken(Break.REORDERED, self._found.seq)

    def end(self) -> Broken | None:
        """Return the first broken link, or None, now that the last record was taken."""
        if self._found is None and self._doubt is not None:
            return Broken(Break.RECOMPUTED, self._doubt.seq, self._doubt.where)
        if self._found is None and self._anchors:
            return Broken(Break.TRUNCATED, self._seq + 1, self._anchors[-1].where)
        return self._found

    def _link(self, record: Record) -> Broken | None:
        expected = self._seq + 1
        is_whole = record.is_whole
        said = (record.ledger, record.seq) if is_whole else _said(record)
        if said is None:
            return Broken(Break.EDITED, expected)
        if said[0] != self._ledger:
            return Broken(Break.FOREIGN, expected)
        if said[1] != expected:
            return Broken(Break.REORDERED if said[1] < expected else Break.GAP, expected)
        if not is_whole or record.prev != self._hash:
            return Broken(Break.EDITED, expected)
        self._seq, self._hash = expected, record.hash
        while self._anchors and self._anchors[-1].seq == expected:
            anchor = self._anchors.pop()
            if self._doubt is None and anchor.hash != record.hash:
                self._doubt = anchor
        return None

    @staticmethod
    def _settle(doubt: Anchor, following: Record) -> Broken:
        """Name a record that differs from an anchor: edited alone if the next one still links to what was anchored."""
        what = Break.EDITED if following.prev == doubt.hash else Break.RECOMPUTED
        return Broken(what, doubt.seq, doubt.where)


def verify(ledger: str, records: Iterable[Record], anchors: Iterable[Anchor] = ()) -> Broken | None:
    """Return the first broken link of a ledger, or None; `records` in the order in which they are kept."""
    check = Check(ledger, anchors)
    for record in records:
        check.take(record)
    return check.end()


def anchor_below(line: str, where: str) -> tuple[str, Anchor] | None:
    """Return (lower ledger, its head) if a record's text writes one down: an upper ledger took over its topic."""
    try:
        below = json.loads(line)["body"].get("below")
        return (str(below["ledger"]), Anchor(int(below["seq"]), str(below["hash"]), where)) if below else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # its own ledger's check names it
        return None


def anchors_below(records: Iterable[Record]) -> dict[str, list[Anchor]]:
    """Return the heads of lower ledgers that upper ledgers wrote down as they took over their topics."""
    found: dict[str, list[Anchor]] = {}
    for record in records:
        if record.kind in ANCHORING and (below := anchor_below(record.line, f"{record.ledger}#{record.seq}")):
            found.setdefault(below[0], []).append(below[1])
    return found


def _said(record: Record) -> tuple[Any, Any] | None:
    """Return ledger and number that the stored text itself gives, where the columns may lie; None if it was edited."""
    try:
        said = read_record(record.line, record.hash)
    except ValueError:
        return None
    return (said.ledger, said.seq) if said.is_whole else None


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("a ledger holds no floats")
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        _refuse_floats(part)
