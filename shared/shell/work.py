"""The shell's own words: a record of a stream, a piece of work, what was loaded, what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from shared.contracts.topics import SERVICES
from shared.kernel.decisions import Arm, Cancel, Message
from shared.kernel.refusals import Refused

Partition = tuple[str, int]
"""Topic and partition."""
Place = tuple[str, int, int]
"""Topic, partition and offset."""

INSIDE = frozenset(SERVICES)
INDEX = {name: place for place, name in enumerate(SERVICES)}
UNSEEN = (0,) * len(SERVICES)


@dataclass(slots=True)
class Record:
    """One record as it came, byte by byte; what quarantine and parking keep."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    timestamp: datetime
    """LogAppendTime or the producer's: real time."""

    @property
    def digest(self) -> str:
        """Return the hash of key and value: the same place with other bytes is another record."""
        return sha256((self.key or b"") + b"\0" + self.value).hexdigest()[:32]


@dataclass(slots=True)
class Work:
    """One message on its way through the shell, or the reason why it cannot be read.

    `inbox` is the sender's id for it (outside messages but those that are known for ever); `digest` tells the same id
    with other content.
    """

    message: Message | None
    record: Record | None = None
    inbox: tuple[str, str] | None = None
    digest: str = ""
    unreadable: Refused | None = None
    if_match: int | None = None
    ticket: int = -1
    """The place of a desk request in its batch."""
    named: tuple[str, ...] = ()
    """The subjects that it may read or change, once they were asked for; `subjects_of` keeps them here."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The one clock row; without it virtual time is real time (shell.md §6)."""

    now: datetime
    real_now: datetime
    rate: float = 1.0
    calendar: int = 0
    """How many calendars have been published in the city (shell.md §6 knows one clock; decision 45 one calendar)."""
    grants: int = 0
    """How often a matter was granted to communities, or taken from them again (decision 58)."""

    def virtual(self, real: datetime) -> datetime:
        """Return the virtual time of a real one that lies at or before now."""
        return min(self.now, self.now - (self.real_now - real) * self.rate) if real < self.real_now else self.now


@dataclass(slots=True)
class Subject:
    """A locked subject row: how many facts it has here, what was seen of other services, its state."""

    id: str
    sequence: int = 0
    seen: tuple[int, ...] = UNSEEN
    state: Any = None
    aside: str | None = None
    changed: bool = False


@dataclass(slots=True)
class Loaded:
    """Everything that one batch may touch, under locks."""

    clock: Clock
    fences: dict[Partition, int]
    subjects: dict[str, Subject]
    parked: dict[str, list[Work]] = attribute(default_factory=dict)
    inbox: dict[tuple[str, str], Reply] = attribute(default_factory=dict)
    prepared: Any = None
    city: Any = None
    """The city with the calendars published so far; None means the file's own."""


@dataclass(slots=True)
class JournalRow:
    """A fact or answer to be written down and sent; `key` decides the partition, `streams` where it goes."""

    subject: str
    sequence: int
    type: str
    streams: tuple[str, ...]
    key: str
    headers: Mapping[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class Reply:
    """How a message ended: the facts it led to, or the rule that refused it. Kept in the inbox, given to the desk."""

    subject: str = ""
    sequence: int = 0
    facts: tuple[Mapping[str, Any], ...] = ()
    answers: tuple[Mapping[str, Any], ...] = ()
    rule: str | None = None
    field: str = ""
    params: Mapping[str, str] = attribute(default_factory=dict)
    digest: str = ""

    def refusal(self) -> Refused | None:
        """Return the refusal, if it was one."""
        if self.rule is None:
            return None
        return Refused(self.rule, self.field, **self.params)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record kept aside with the reason."""

    record: Record
    sender: str
    rule: str
    field: str
    params: Mapping[str, str]


@dataclass(slots=True)
class Outcome:
    """What one batch changes, all or nothing."""

    fences: dict[Partition, int] = attribute(default_factory=dict)
    subjects: list[Subject] = attribute(default_factory=list)
    journal: list[JournalRow] = attribute(default_factory=list)
    deadlines: list[Arm | Cancel] = attribute(default_factory=list)
    inbox: dict[tuple[str, str], Reply] = attribute(default_factory=dict)
    park: list[tuple[Work, str]] = attribute(default_factory=list)
    unpark: list[Work] = attribute(default_factory=list)
    quarantine: list[tuple[Quarantined, JournalRow | None]] = attribute(default_factory=list)
    rows: list[Any] = attribute(default_factory=list)
    replies: dict[int, Reply] = attribute(default_factory=dict)
    duplicates: int = 0
    aside_in_a_row: int = 0
    """Subjects set aside one after the other up to now, over batches."""
    rewound: list[Partition] = attribute(default_factory=list)
    set_aside: list[tuple[str, str]] = attribute(default_factory=list)


class Hole(Exception):
    """Records between the fence and what came are missing: roll back, seek to `expected` (shell.md §1.2)."""

    def __init__(self, holes: Mapping[Partition, int]) -> None:
        super().__init__(f"expected {dict(holes)}")
        self.holes = dict(holes)


class Unfenced(Exception):
    """Partitions without a fence row: nothing may be taken from them before they have one (shell.md §1.1)."""

    def __init__(self, places: frozenset[Partition]) -> None:
        super().__init__(f"no fence: {sorted(places)}")
        self.places = places


class Relock(Exception):
    """A parked message needs subjects that are not locked yet: once more with these."""

    def __init__(self, subjects: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(subjects)))
        self.subjects = subjects


class OurFault(Exception):
    """Too many subjects were set aside in one batch: this is bad code, no bad fact; stop instead of parking a city."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to some hundreds of messages that one transaction takes.

    `holes_accepted` are records that may follow a hole: the log itself has nothing before them (retention, markers).
    """

    work: Sequence[Work] = ()
    reader: str = ""
    holes_accepted: frozenset[Place] = frozenset()
    release: frozenset[str] = frozenset()
    """Subjects that an operator has released from being set aside."""
    extra: frozenset[str] = frozenset()
    spoiled: str = ""
    """Why the one message of this batch cannot be kept: it is then treated as one that cannot be read."""
    aside_in_a_row: int = 0
    """Subjects that the batches before this one set aside, none decided in between (shell.md §4.2)."""


def later(at: datetime, seconds: float) -> datetime:
    """Return an instant some seconds later."""
    return at + timedelta(seconds=seconds)
