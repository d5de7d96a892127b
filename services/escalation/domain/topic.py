"""A topic (议题): cases, or a matter without one, on the way through the ledgers, one entry per level.

The highest entry is active. The first case of a topic carries it; the other cases' subjects point to that one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from shared.kernel.replacing import replace
from shared.kernel.transitions import Transitions


class EntryStatus(StrEnum):
    """Workflows §2.2."""

    PROPOSED = "proposed"
    OPEN = "open"
    TABLED = "tabled"
    EXECUTING = "executing"
    LISTED = "listed"
    MOVED_UP = "moved_up"
    DECLINED = "declined"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    COMBINED = "combined"


class TopicKind(StrEnum):
    """What a topic is about."""

    CASE = "case"
    FUNDING = "funding"
    PLAN = "plan"
    SUGGESTION = "suggestion"


FINAL = frozenset({EntryStatus.WRITTEN_OFF, EntryStatus.RETURNED, EntryStatus.WITHDRAWN, EntryStatus.COMBINED})
UNDECIDED = frozenset({EntryStatus.PROPOSED, EntryStatus.OPEN, EntryStatus.TABLED, EntryStatus.LISTED})

MOVES = Transitions(
    {
        EntryStatus.PROPOSED: {EntryStatus.OPEN, EntryStatus.RETURNED, EntryStatus.WITHDRAWN},
        EntryStatus.OPEN: {EntryStatus.TABLED, EntryStatus.WITHDRAWN, EntryStatus.COMBINED},
        EntryStatus.TABLED: {
            EntryStatus.OPEN,
            EntryStatus.EXECUTING,
            EntryStatus.LISTED,
            EntryStatus.MOVED_UP,
            EntryStatus.DECLINED,
            EntryStatus.WITHDRAWN,
        },
        EntryStatus.EXECUTING: {EntryStatus.OPEN, EntryStatus.SETTLED, EntryStatus.WITHDRAWN},
        EntryStatus.LISTED: {EntryStatus.TABLED, EntryStatus.WITHDRAWN},
        EntryStatus.MOVED_UP: {EntryStatus.SETTLED},
        EntryStatus.DECLINED: {EntryStatus.OPEN, EntryStatus.SETTLED, EntryStatus.WITHDRAWN},
        EntryStatus.SETTLED: {EntryStatus.WRITTEN_OFF},
    }
)
"""Who is withdrawn while TABLED, EXECUTING, LISTED or DECLINED lost its last open case (G14)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The row of the topic in one body's ledger; `meeting` is where it is tabled or was decided last.

    `reviews` counts how often it was listed as a hard problem, `order_due_at` is the deadline of its running order;
    `is_received` is False while the secretary has not acknowledged a topic that was moved up to here.
    """

    body: str
    level: str
    status: EntryStatus
    answer_due_at: datetime
    meeting: str = ""
    deferrals: int = 0
    reopened: int = 0
    objection_until: datetime | None = None
    reviews: int = 0
    order_due_at: datetime | None = None
    is_received: bool = True
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A decision of `body` that a lower unit has to acknowledge; `decision` is the meeting that took it."""

    body: str
    to: str
    decision: str
    is_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reporter who could not be reached on a day."""

    reporter: str
    on: date


@dataclass(frozen=True, slots=True)
class Telling:
    """A decision of `body` that reporters have to be told of; `waiting` are those who still have to be."""

    body: str
    decision: str
    is_done: bool = False
    waiting: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What is known of a case apart from its topic, from intake and dispatch."""

    number: str
    unit: str
    summary: str
    urgent: bool
    reporters: tuple[str, ...]
    is_open: bool = True
    matter: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything that decides what may happen to a topic next; `entries` from the level where it started upwards.

    Without entries it is nothing but the `file` of a case that has had no topic yet. `home` is set where another case
    carries the topic of this one. `cases` are all cases of a topic, the one that carries it first; `closed` and `gone`
    those of them that are over. `round` counts the topics that this case carried. `to_sum_up` tells that a squad or a
    hard problem still lacks its look-backs and its summary (domain §5.3).
    """

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
    home: str = ""
    kind: TopicKind = TopicKind.CASE
    proposer: str = ""
    support: tuple[str, ...] = ()
    tried: str = ""
    asked: str = ""
    cases: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    file: CaseFile | None = None
    round: int = 0
    to_sum_up: bool = False

    @property
    def active(self) -> Entry:
        """Return the one entry at which the topic can be decided: the highest."""
        return self.entries[-1]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing can be decided about it any more, or there has been no topic at all."""
        return not self.entries or self.active.status in FINAL

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing of it is left to be done in any ledger."""
        return all(entry.status in FINAL for entry in self.entries)

    @property
    def ledgers(self) -> tuple[str, ...]:
        """Return the subjects of all ledgers that hold an entry."""
        return tuple(f"ledger:{entry.body}" for entry in self.entries)

    @property
    def others(self) -> tuple[str, ...]:
        """Return the cases beside the one that carries the topic."""
        return self.cases[1:]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return every subject, beside its own, that a fact about the topic may concern."""
        return (*self.ledgers, *self.others)

    @property
    def has_cases(self) -> bool:
        """Tell whether it is about cases; else its order is made when a meeting resolves it."""
        return self.kind is TopicKind.CASE

    def entry_of(self, body: str) -> Entry | None:
        """Return the entry in a body's ledger."""
        return next((entry for entry in self.entries if entry.body == body), None)

    def at(self, body: str) -> Entry:
        """Return the entry in the ledger of a body that is known to hold one. Raises StopIteration otherwise."""
        return next(entry for entry in self.entries if entry.body == body)

    def below(self, body: str) -> tuple[Entry, ...]:
        """Return the entries of the levels below a body's, nearest first."""
        level = self.at(body).level
        before = self.entries[: next(n for n, entry in enumerate(self.entries) if entry.level == level)]
        return tuple(reversed(before))

    def above(self, body: str) -> Entry | None:
        """Return the entry that this body's was moved up to."""
        index, level = next((n, e.level) for n, e in enumerate(self.entries) if e.body == body)
        return next((entry for entry in self.entries[index + 1 :] if entry.level != level), None)

    def unacknowledged(self, by: str | None = None) -> tuple[Notice, ...]:
        """Return the decisions that units, or one unit, still have to acknowledge."""
        return tuple(n for n in self.notices if not n.is_acknowledged and by in (None, n.to))

    def untold(self) -> tuple[Telling, ...]:
        """Return the decisions of which reporters still have to be told."""
        return tuple(telling for telling in self.tellings if not telling.is_done)

    def open_cases(self, home: str) -> tuple[str, ...]:
        """Return the cases whose orders still run, `home` being the subject of the topic itself."""
        over = {*self.closed, *self.gone}
        return tuple(case for case in (self.cases or (home,)) if case not in over)

    def cases_are_over(self, home: str) -> bool:
        """Tell whether it has cases and none of them is open."""
        return self.has_cases and not self.open_cases(home)

    def with_entry(self, changed: Entry) -> Topic:
        """Return the topic with one body's entry replaced."""
        return replace(self, entries=tuple(changed if e.body == changed.body else e for e in self.entries))


def topic_of(state_of: Callable[[str], Any], case: str) -> Topic | None:
    """Return the topic that a case belongs to, wherever it is carried; None if it never had one."""
    state = state_of(case)
    if isinstance(state, Topic) and state.home:
        state = state_of(state.home)
    return state if isinstance(state, Topic) and state.entries else None
