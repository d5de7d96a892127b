"""A ledger as a file that can be checked anywhere, without the system, against heads that were kept elsewhere.

A file of JSON Lines holds, in this order: what is exported; for each ledger its head and what others wrote down of it,
then its records, each with its hash and the very text that was hashed; last a seal, the number of records and the
SHA-256 of all bytes before it. A CSV file holds the columns of the records, and the same seal.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from deploy.audit.anchors import OPENING, SECTION, Anchors, of_section
from deploy.audit.chains import Examined, Progress
from services.escalation.domain.chain import Anchor, Break, Broken, Check, Record, line_of

FILE = ""
"""Stands for a ledger's code where it is the file that is broken; its numbers are lines."""
COLUMNS = ("ledger", "seq", "prev", "at", "kind", "topic", "body", "hash")
RECORD, MIDDLE, SEAL = b'{"hash":"', b'","record":', b'{"end":'
LONGEST = 16 * 2**20
"""Bytes of a line; a longer one is none of ours."""
STEP = 1000
"""Lines between two words of progress."""


class _Line(msgspec.Struct):
    ledger: str
    seq: int
    prev: str
    at: str
    kind: str
    topic: str
    body: msgspec.Raw


class Writer:
    """Write a file of this form; its seal comes last."""

    def __init__(self, file: BinaryIO, *, is_csv: bool) -> None:
        self._file, self._is_csv = file, is_csv
        self._digest, self.records = sha256(), 0

    def open(self, city: str, at: datetime, ledgers: Iterable[str]) -> None:
        """Say what is exported, and when."""
        said = {"export": "sidan-ledger-1", "city": city, "at": at.isoformat(), "ledgers": list(ledgers)}
        self._write(_row(COLUMNS) if self._is_csv else _json(said))

    def begin(self, ledger: str, head: tuple[int, str], anchors: Iterable[Anchor]) -> None:
        """Begin a ledger with its head and what others wrote down of it."""
        if not self._is_csv:
            said = [[anchor.seq, anchor.hash, anchor.where] for anchor in anchors]
            self._write(_json({"ledger": ledger, "head": head, "anchors": said}))

    def take(self, record: Record) -> None:
        """Write a record: its stored text as it stands, or its columns."""
        self.records += 1
        if self._is_csv:
            self._write(_row([getattr(record, name) for name in COLUMNS]))
        else:
            self._write(b"".join((RECORD, record.hash.encode(), MIDDLE, record.line.encode(), b"}\n")))

    def seal(self) -> None:
        """End the file with the number of its records and the digest of its bytes."""
        end = _csv_seal if self._is_csv else _json_seal
        self._write(end(self.records, self._digest.hexdigest()))

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._digest.update(line)


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _row(cells: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _json_seal(records: int, digest: str) -> bytes:
    return _json({"end": [records, digest]})


def _csv_seal(records: int, digest: str) -> bytes:
    return _row(["end", records, *[""] * (len(COLUMNS) - 3), digest])


_read_line = msgspec.json.Decoder(_Line).decode


def examine_file(
    path: Path, *, body: str | None = None, against: Anchors | None = None, progress: Progress = lambda step, n: None
) -> Examined:
    """Check every ledger of a file, or one body's; `progress("file", bytes)`. Raises OSError."""
    reading = _Reading(body, against or {})
    read = _csv_lines if path.suffix.lower() == ".csv" else _json_lines
    digest, passed = sha256(), 0
    with path.open("rb") as file:
        lines = iter(lambda: file.readline(LONGEST), b"")
        for number, raw in enumerate(lines, start=1):
            reading.number = number
            if reading.is_sealed:
                reading.spoilt(Break.FOREIGN)
                break
            read(reading, raw, digest.hexdigest)
            digest.update(raw)
            passed += len(raw)
            if number % STEP == 0:
                progress("file", passed)
                passed = 0
    progress("file", passed)
    return reading.end()


@dataclass
class _Reading:
    """Where we are in a file; what was found of each ledger."""

    body: str | None
    against: Anchors
    done: Examined = field(default_factory=Examined)
    number: int = 0
    ledger: str | None = None
    began: int = 0
    is_sealed: bool = False
    check: Check = field(default_factory=lambda: Check(""))
    listed: Sequence[str] = ()

    def begin(self, ledger: str, anchors: Sequence[Anchor] = ()) -> None:
        """Begin the section of a ledger."""
        self._close()
        if ledger in self.done.heads:
            self.spoilt(Break.FOREIGN)
        self.began = self.number
        self.ledger, self.check = ledger, Check(ledger, (*anchors, *self.against.get(ledger, ())))
        self.done.heads[ledger] = self.check.head

    def take(self, record: Record) -> None:
        """Take the next record of the section."""
        if self.ledger is None:
            self.spoilt(Break.EDITED)
            return
        self.check.take(record)
        self.done.records += 1

    def spoilt(self, what: Break) -> None:
        """Note that the file is broken at this line; the first such line counts."""
        self.done.broken.setdefault(FILE, Broken(what, self.number))

    def seal(self, raw: bytes, expected: bytes) -> None:
        """Compare the seal with what came before it."""
        self.is_sealed = True
        if raw != expected:
            self.spoilt(Break.TRUNCATED if expected.startswith(raw) else Break.EDITED)

    def _close(self) -> None:
        if self.ledger is None:
            return
        self.done.heads[self.ledger] = self.check.head
        if (broken := self.check.end()) is not None:
            self.done.broken.setdefault(self.ledger, broken)
            self.done.lines.setdefault(self.ledger, self.began + broken.seq)

    def end(self) -> Examined:
        """Return what was found; without its seal the file was cut off."""
        self._close()
        self.number += 1
        if not self.is_sealed or set(self.listed) - set(self.done.heads):
            self.spoilt(Break.TRUNCATED)
        broken = self.done.broken
        of_ledgers = {name: found for name, found in broken.items() if name != FILE and self.body in (None, name)}
        # A ledger's own broken link says more than the seal of the whole file.
        self.done.broken = of_ledgers or {name: found for name, found in broken.items() if name == FILE}
        return self.done


def _json_lines(reading: _Reading, raw: bytes, digest: Callable[[], str]) -> None:
    """Read one of the JSON Lines; the form of each is fixed to the byte."""
    try:
        if raw.startswith(RECORD):
            reading.take(_record(raw))
        elif raw.startswith(SECTION):
            section = json.loads(raw)
            anchors = [anchor for _, anchor in of_section(section, "head")]
            reading.begin(section["ledger"], anchors)
        elif raw.startswith(SEAL):
            reading.seal(raw, _json_seal(reading.done.records, digest()))
        elif reading.number == 1 and raw.startswith(OPENING):
            reading.listed = list(json.loads(raw)["ledgers"])
        else:
            reading.take(_unreadable(raw))
    except (ValueError, KeyError, TypeError, RecursionError):
        reading.take(_unreadable(raw))


def _record(raw: bytes) -> Record:
    hash_, line = raw[len(RECORD) : len(RECORD) + 64].decode(), raw[len(RECORD) + 64 + len(MIDDLE) : -2].decode()
    if raw != b"".join((RECORD, hash_.encode(), MIDDLE, line.encode(), b"}\n")):
        return _unreadable(raw)
    try:
        said = _read_line(line)
    except msgspec.MsgspecError:
        return _unreadable(raw)
    return Record(
        said.ledger, said.seq, said.prev, said.at, said.kind, said.topic, bytes(said.body).decode(), line, hash_
    )


def _unreadable(raw: bytes) -> Record:
    """Return what no chain takes for one of its records."""
    return Record("", 0, "", "", "", "", "", raw.decode(errors="replace"), "")


def _csv_lines(reading: _Reading, raw: bytes, digest: Callable[[], str]) -> None:
    """Read one line of a CSV; a record never needs more than one."""
    try:
        (cells,) = csv.reader([raw.decode()])
    except (ValueError, csv.Error):
        reading.take(_unreadable(raw))
        return
    if reading.number == 1:
        if tuple(cells) != COLUMNS:
            reading.spoilt(Break.EDITED)
    elif cells[:1] == ["end"]:
        reading.seal(raw, _csv_seal(reading.done.records, digest()))
    elif len(cells) != len(COLUMNS) or not cells[1].isdecimal():
        reading.take(_unreadable(raw))
    else:
        ledger, seq, prev, at, kind, topic, body, hash_ = cells
        if ledger != reading.ledger:
            reading.number -= 1  # a section of a CSV has no line of its own
            reading.begin(ledger)
            reading.number += 1
        line = line_of(ledger, int(seq), prev, at, kind, topic, body)
        reading.take(Record(ledger, int(seq), prev, at, kind, topic, body, line, hash_))
