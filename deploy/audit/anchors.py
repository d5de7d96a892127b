"""Heads of ledgers as they were written down elsewhere: in facts, in published lists, in files, on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec

from services.escalation.domain.chain import Anchor
from services.escalation.domain.heads import Head, digest_of

Anchors = Mapping[str, Sequence[Anchor]]
"""Ledger -> its heads as others wrote them down."""

HEAD, LISTS = "ledger.head.v1", "ledger.heads.v1"
STATING = (HEAD, "meeting.adopted.v1", "topic.moved_up.v1", LISTS)
"""The facts that write a head down."""
OPENING, SECTION = b'{"export":"sidan-ledger-1",', b'{"ledger":'
"""How an exported file begins, and in it what is said of each ledger."""
_ON_PAPER = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):([0-9]{1,9}):([0-9a-f]{64})")


Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class _Own(msgspec.Struct):
    body: str
    seq: Number
    hash: str


class _Foot(msgspec.Struct):
    body: str
    ledger_seq: Number
    ledger_hash: str


class _Listed(msgspec.Struct):
    ledger: str
    seq: Number
    hash: str


class _List(msgspec.Struct):
    heads: list[_Listed]


_own = msgspec.json.Decoder(_Own).decode
_foot = msgspec.json.Decoder(_Foot).decode
_list = msgspec.json.Decoder(_List).decode


class NoAnchors(ValueError):
    """Neither `ledger:seq:hash` nor a file with heads that are what they were."""


def heads_said(kind: str, value: str | bytes, where: str) -> list[tuple[str, Anchor]]:
    """Return (ledger, head) of each head that a fact says. Raises ValueError where it cannot be read."""
    try:
        if kind == HEAD:
            own = _own(value)
            return [(own.body, Anchor(own.seq, own.hash, where))]
        if kind == LISTS:
            return [(head.ledger, Anchor(head.seq, head.hash, where)) for head in _list(value).heads]
        foot = _foot(value)
        return [(foot.body, Anchor(foot.ledger_seq, foot.ledger_hash, where))]
    except msgspec.MsgspecError as error:
        raise ValueError("no head") from error


def _head(ledger: object, seq: object, hash_: object, where: object) -> tuple[str, Anchor]:
    if not (isinstance(ledger, str) and isinstance(hash_, str) and isinstance(where, str)):
        raise ValueError("no head")
    if type(seq) is not int or not 0 <= seq < 2**31:
        raise ValueError("no head")
    return ledger, Anchor(seq, hash_, where)


def is_following(page: Mapping[str, Any], prev: str) -> bool:
    """Tell whether a page of a daily list has the digest of what it says and follows the page with digest `prev`."""
    try:
        heads = [Head(head["ledger"], head["seq"], head["hash"]) for head in page["heads"]]
        digest = digest_of(date.fromisoformat(page["on"]), page["page"], page["pages"], heads, page["prev"])
        return bool((page["prev"], page["digest"]) == (prev, digest))
    except (KeyError, TypeError, ValueError):
        return False


def read_anchors(sources: Iterable[str]) -> dict[str, list[Anchor]]:
    """Read heads kept elsewhere: `C01:57:<hash>` from a page's foot, a published list, an export, a ledger as JSON.

    Raises NoAnchors with the source that is none of these.
    """
    found: dict[str, list[Anchor]] = {}
    for source in sources:
        on_paper = _ON_PAPER.fullmatch(source)
        heads = [(on_paper[1], Anchor(int(on_paper[2]), on_paper[3], source))] if on_paper else _in_file(Path(source))
        for ledger, anchor in heads:
            found.setdefault(ledger, []).append(anchor)
    return found


def _in_file(path: Path) -> Iterator[tuple[str, Anchor]]:
    try:
        with path.open("rb") as file:
            if file.read(len(OPENING)) == OPENING:
                for line in file:
                    if line.startswith(SECTION):
                        yield from of_section(json.loads(line), path.name)
                return
        said = json.loads(path.read_bytes())
        for of in said.get("ledgers", ()):  # the ledgers' paper as JSON
            yield _head(of["unit"], of["seq"], of["hash"], f"{path.name} {of['read_on']}")
        for page in () if "ledgers" in said else said["pages"]:
            if not is_following(page, page["prev"]):
                raise NoAnchors(str(path))
            yield from heads_said(LISTS, json.dumps(page), f"{path.name} {page['on']}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoAnchors(str(path)) from error


def of_section(section: Mapping[str, Any], name: str) -> Iterator[tuple[str, Anchor]]:
    """Yield what the head of a ledger's section in an export says. Raises ValueError, KeyError or TypeError."""
    for seq, hash_, where in ((*section["head"], name), *section["anchors"]):
        yield _head(section["ledger"], seq, hash_, where)
