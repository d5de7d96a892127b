"""CloudEvents 1.0 in binary mode: what a record's headers say and how they are read (architecture §3).

The `after` extension lists what the stating decider had seen of other services about this subject:
`intake:3,feedback:1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from shared.kernel.refusals import Refused

Headers = tuple[tuple[str, bytes], ...]

ID, TYPE, SUBJECT, SEQUENCE = "ce_id", "ce_type", "ce_subject", "ce_sequence"
"""What others may want to look at without reading the whole envelope."""

REQUIRED_INSIDE = ("ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence")
REQUIRED_OUTSIDE = ("ce_id", "ce_type")
KNOWN = (
    "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence", "ce_after",
    "ce_correlationid", "ce_causationid", "ce_recordedtime", "ce_authtype", "ce_authid", "ce_cityversion",
    "ce_traceparent", "content-type",
)  # fmt: skip
_NAMES = frozenset(KNOWN)


@dataclass(slots=True)  # frozen costs four times as much to make, and one is made of every record
class Envelope:
    """The headers of one record; an outside message may lack everything but id and type."""

    id: str
    type: str
    source: str = ""
    subject: str = ""
    time: datetime | None = None
    sequence: int = 0
    after: Mapping[str, int] | None = None
    recorded: datetime | None = None
    auth: tuple[str, str] = ("", "")
    traceparent: str = ""


def stated(
    *, service: str, city: str, subject: str, sequence: int, type_: str, acted_at: datetime, recorded_at: datetime,
    after: Mapping[str, int], auth: tuple[str, str], causation: str, city_version: str, id_: str = "",
    traceparent: str = "",
) -> dict[str, str]:  # fmt: skip
    """Return the headers of a fact, as text."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": id_ or f"{service}/{subject}/{sequence}",
        "ce_type": type_,
        "ce_source": f"/{city}/{service}",
        "ce_subject": subject,
        "ce_time": acted_at.isoformat(),
        "ce_recordedtime": recorded_at.isoformat(),
        "ce_correlationid": subject,
        "ce_causationid": causation,
        "ce_authtype": auth[0],
        "ce_authid": auth[1],
        "ce_cityversion": city_version,
        "content-type": "application/json",
    }
    if sequence:
        headers["ce_sequence"] = str(sequence)
    if traceparent:
        headers["ce_traceparent"] = traceparent
    if after:
        headers["ce_after"] = ",".join(f"{name}:{n}" for name, n in sorted(after.items()))
    return headers


def sent(id_: str, type_: str, sender: str) -> Headers:
    """Return the headers that an outside party puts on its message."""
    pairs = {"ce_specversion": "1.0", "ce_id": id_, "ce_type": type_, "ce_source": sender}
    return tuple((key, value.encode()) for key, value in {**pairs, "content-type": "application/json"}.items())


def read(headers: Sequence[tuple[str, bytes | None]], *, inside: bool) -> Envelope:
    """Read a record's headers; raises Refused naming the header that is missing or not readable."""
    try:
        found = {name: value.decode() for name, value in headers if name in _NAMES}  # type: ignore[union-attr]
    except (UnicodeDecodeError, AttributeError):
        found = _readable(headers)
    if "\0" in "".join(found.values()):
        name = next(name for name, text in found.items() if "\0" in text)
        raise Refused("message.unreadable", name, reason="U+0000")
    required = REQUIRED_INSIDE if inside else REQUIRED_OUTSIDE
    if not all(map(found.get, required)):
        name = next(name for name in required if not found.get(name))
        raise Refused("message.missing_header", name, name=name)
    try:
        name = "ce_sequence"
        sequence = int(found.get(name, "0"))
        name = "ce_after"
        after = _after(found.get(name, ""))
        name = "ce_time"
        time = _instant(found.get(name))
        name = "ce_recordedtime"
        recorded = _instant(found.get(name))
    except ValueError as error:
        raise Refused("message.unreadable", name, reason=str(error)[:100]) from None
    return Envelope(
        id=found["ce_id"][:200],
        type=found["ce_type"][:100],
        source=found.get("ce_source", "").rsplit("/", 1)[-1],
        subject=found.get("ce_subject", ""),
        time=time,
        sequence=sequence,
        after=after,
        recorded=recorded,
        auth=(found.get("ce_authtype", ""), found.get("ce_authid", "")),
        traceparent=found.get("ce_traceparent", ""),
    )


def _readable(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Read headers of which one is empty or not text, to name it."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name not in _NAMES:
            continue
        try:
            found[name] = (value or b"").decode()
        except UnicodeDecodeError:
            raise Refused("message.unreadable", name, reason="UTF-8") from None
    return found


@lru_cache(1000)
def _after(text: str) -> Mapping[str, int]:
    return {service: int(n) for service, n in (part.split(":") for part in text.split(",") if part)}


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("time zone missing")
    return at
