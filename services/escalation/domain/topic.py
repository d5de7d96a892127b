"""A topic (议题): one case on its way through the ledgers, one entry per level, the highest of them active."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.kernel.transitions import Transitions


class EntryStatus(StrEnum):
    """Workflows §2.2, those that this service reaches."""

    OPEN = "open"
    TABLED = "tabled"
    EXECUTING = "executing"
    MOVED_UP = "moved_up"
    DECLINED = "declined"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    WITHDRAWN = "withdrawn"


FINAL = frozenset({EntryStatus.WRITTEN_OFF, EntryStatus.WITHDRAWN})

MOVES = Transitions(
    {
        EntryStatus.OPEN: {EntryStatus.TABLED, EntryStatus.WITHDRAWN},
        EntryStatus.TABLED: {
            EntryStatus.OPEN,
            EntryStatus.EXECUTING,
            EntryStatus.MOVED_UP,
            EntryStatus.DECLINED,
            EntryStatus.WITHDRAWN,
        },
        EntryStatus.EXECUTING: {EntryStatus.OPEN, EntryStatus.SETTLED, EntryStatus.WITHDRAWN},
        EntryStatus.MOVED_UP: {EntryStatus.SETTLED},
        EntryStatus.DECLINED: {EntryStatus.OPEN, EntryStatus.SETTLED, EntryStatus.WITHDRAWN},
        EntryStatus.SETTLED: {EntryStatus.WRITTEN_OFF},
    }
)
"""Who is withdrawn while TABLED, EXECUTING or DECLINED lost its case: a topic without open case is withdrawn (G14)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The row of the topic in one body's ledger; `meeting` is where it is tabled or was decided last."""

    body: str
    level: str
    status: EntryStatus
    answer_due_at: datetime
    meeting: str = ""
    deferrals: int = 0
    reopened: int = 0
    objection_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A decision of `body` that a lower unit has to acknowledge; `decision` is the meeting that took it."""

    body: str
    to: str
    decision: str
    is_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """A decision of `body` that the reporters have to be told of."""

    body: str
    decision: str
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything that decides what may happen to a topic next; `entries` from the level where it started upwards."""

    id: str
    number: str
    cause: str
    lead: str | None
    summary: str
    unit: str
    urgent: bool
    entries: tuple[Entry, ...]
    notices: tuple[Notice, ...] = ()
    tellings: tuple[Telling, ...] = ()
    led_by: tuple[str, ...] = ()
    has_been_objected: bool = False

    @property
    def active(self) -> Entry:
        """Return the one entry at which the topic can be decided: the highest."""
        return self.entries[-1]

    @property
    def ledgers(self) -> tuple[str, ...]:
        """Return the subjects of all ledgers that hold an entry."""
        return tuple(f"ledger:{entry.body}" for entry in self.entries)

    def entry_of(self, body: str) -> Entry | None:
        """Return the entry in a body's ledger."""
        return next((entry for entry in self.entries if entry.body == body), None)

    def below(self, body: str) -> tuple[Entry, ...]:
        """Return the entries of the levels below a body's, nearest first."""
        bodies = [entry.body for entry in self.entries]
        return tuple(reversed(self.entries[: bodies.index(body)]))

    def above(self, body: str) -> Entry | None:
        """Return the entry that this body's was moved up to."""
        bodies = [entry.body for entry in self.entries]
        index = bodies.index(body) + 1
        return self.entries[index] if index < len(bodies) else None

    def unacknowledged(self, by: str | None = None) -> tuple[Notice, ...]:
        """Return the decisions that units, or one unit, still have to acknowledge."""
        return tuple(n for n in self.notices if not n.is_acknowledged and by in (None, n.to))

    def untold(self) -> tuple[Telling, ...]:
        """Return the decisions of which the reporters still have to be told."""
        return tuple(telling for telling in self.tellings if not telling.is_done)

    def with_entry(self, changed: Entry) -> Topic:
        """Return the topic with one body's entry replaced."""
        return replace(self, entries=tuple(changed if e.body == changed.body else e for e in self.entries))
