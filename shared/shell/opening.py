"""Turn the bytes of a record into a message, or into the reason why not; never raises (shell.md §4.3)."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import Any

import structlog
from pydantic import ValidationError

from shared.contracts.base import Contract, by_type
from shared.contracts.envelope import Envelope
from shared.contracts.envelope import read as read_envelope
from shared.contracts.pairing import Wire
from shared.contracts.topics import STATED_ON, STREAMS, stream_of
from shared.kernel.decisions import OUTSIDE, Actor, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.shell.validation import invalid, wrong
from shared.shell.work import INSIDE, Batch, Clock, Record, Work
from shared.telemetry.logs import brief
from shared.telemetry.traces import well_formed

log = structlog.get_logger()

MAX_VALUE_BYTES = 65_536
"""An outside message larger than this is refused unread: the largest valid report is a third of it."""
MAX_SEQUENCE = 2**31 - 1
MAX_SUBJECT = 200
OUTSIDE_ID = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
"""What an outside party may call a message of its own."""

_SENDERS = {"reports": "source", "ratings": "source", "replies": "department"}
_ALLOWED = {s.family: frozenset(s.types) for s in STREAMS if not s.state and s.writer in ("source", "department")}


def open_record(record: Record, wire: Wire, clock: Clock) -> Work:
    """Read one record of a state stream or of an outside party."""
    stream = stream_of(record.topic)
    service = STATED_ON.get(stream)
    try:
        return _inside(record, service, wire) if service else _outside(record, stream, wire, clock)
    except Refused as refused:
        return Work(None, record, unreadable=refused)
    except Exception as error:  # whatever it is, it must not stop its neighbours
        log.error("record not opened", topic=record.topic, offset=record.offset, error=brief(error))
        return Work(None, record, unreadable=Refused("internal.error", "", kind=type(error).__name__))


def open_batch(batch: Batch, wire: Wire, clock: Clock) -> list[Work]:
    """Read every record of a batch that has not been read yet."""
    works = [open_record(w.record, wire, clock) if w.message is None and w.record else w for w in batch.work]
    return [_spoil(work, batch.spoiled) for work in works] if batch.spoiled else works


def _spoil(work: Work, why: str) -> Work:
    """Make a message that the database cannot hold one that cannot be read: its neighbours go on (shell.md §4.2)."""
    refused = Refused("internal.error", "", kind=why)
    if work.message is not None and work.message.source in INSIDE:
        return replace(work, message=replace(work.message, data=refused))
    return work if work.message is None else Work(None, work.record, unreadable=refused)


def sender_of(topic: str) -> Actor:
    """Return who writes to an outside stream: its name says so, never the message."""
    family, _, member = stream_of(topic).partition(".")
    return Actor(_SENDERS.get(family, "unknown"), member)


def _inside(record: Record, service: str, wire: Wire) -> Work:
    envelope = read_envelope(record.headers, inside=True)
    if not 0 < envelope.sequence <= MAX_SEQUENCE or max((envelope.after or {"": 0}).values()) > MAX_SEQUENCE:
        raise wrong("ce_sequence", "不是序号", "not a sequence")
    if len(envelope.subject) > MAX_SUBJECT:
        raise wrong("ce_subject", "过长", "too long")
    message = Message(
        data=_content(envelope, record, service, wire),
        subject=envelope.subject,
        source=service,
        actor=Actor(*envelope.auth),
        acted_at=_required(envelope),
        id=envelope.id,
        sequence=envelope.sequence,
        after=envelope.after or {},
        recorded_at=envelope.recorded,
        traceparent=well_formed(envelope.traceparent) if envelope.traceparent else "",
    )
    return Work(message, record)


def _content(envelope: Envelope, record: Record, service: str, wire: Wire) -> Any:
    """Return the fact's content, or why it cannot be read: its subject is then set aside with it (shell.md §4.2).

    One that nobody here cares for is not even looked into: however broken, it can hold nothing up.
    """
    known = by_type(envelope.type)
    if known is None or service != known.SERVICE:
        return Refused("message.unknown_type", "ce_type", type=envelope.type)
    if not wire.hears(known):
        return None
    try:
        return wire.to_domain(parse(known, record.value))
    except Refused as refused:
        return refused
    except Exception as error:
        return Refused("internal.error", "", kind=type(error).__name__)


def _outside(record: Record, stream: str, wire: Wire, clock: Clock) -> Work:
    sender = sender_of(record.topic)
    if len(record.value) > MAX_VALUE_BYTES:
        raise Refused("message.too_large", "body", limit=MAX_VALUE_BYTES)
    envelope = read_envelope(record.headers, inside=False)
    if not OUTSIDE_ID.fullmatch(envelope.id):
        raise wrong("ce_id", "应为 1–128 个可打印字符", "1-128 printable characters")
    known = by_type(envelope.type)
    if known is None or known not in _ALLOWED.get(stream.partition(".")[0], ()):
        raise Refused("message.unknown_type", "ce_type", type=envelope.type)
    data = parse(known, record.value)
    trace = well_formed(envelope.traceparent)
    subject = getattr(data, "order", "")
    return outside(data, sender, envelope.id, wire, subject=subject, record=record, clock=clock, traceparent=trace)


def outside(
    data: Contract, sender: Actor, id_: str, wire: Wire, *, subject: str, clock: Clock,
    record: Record | None = None, creates: bool = False, if_match: int | None = None, ticket: int = -1,
    traceparent: str = "",
) -> Work:  # fmt: skip
    """Wrap an outside message of either door: its time is that of its receipt, never the sender's word (§6.3)."""
    acted_at = clock.virtual(record.timestamp) if record else clock.now
    message = Message(wire.to_domain(data), subject, OUTSIDE, sender, acted_at, id_, creates=creates,
                      traceparent=traceparent)  # fmt: skip
    said = data.model_dump_json().encode()
    if has_nul(said):
        raise Refused("message.unreadable", "body", reason="U+0000")
    digest = "" if data.SECRET else sha256(said).hexdigest()[:32]
    inbox = None if data.KNOWN_FOR_EVER else (f"{sender.kind}:{sender.id}", id_)
    return Work(message, record, inbox, digest, None, if_match, ticket)


def parse(known: type[Contract], value: bytes) -> Contract:
    """Validate a body; raises Refused("message.invalid") naming the first field and what is wrong with it."""
    if has_nul(value):
        raise Refused("message.unreadable", "body", reason="U+0000")
    try:
        return known.model_validate_json(value)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


def has_nul(value: bytes) -> bool:
    """Tell whether JSON holds the one character that no text column can keep; a literal `\\u0000` is refused too.

    One message with it would fail its whole batch in the database.
    """
    return b"\0" in value or b"\\u0000" in value


def _required(envelope: Envelope) -> datetime:
    if envelope.time is None:
        raise Refused("message.missing_header", "ce_time", name="ce_time")
    return envelope.time
