"""What a decider is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from shared.kernel.calendar import Calendar
from shared.kernel.clock import Mark


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` is a code, never a name.

    `kind` is system, source, department, unit, post, operations, resident or member (of the Party, by the code under
    which a unit keeps him).
    """

    kind: str
    id: str


SYSTEM = Actor("system", "system")
OUTSIDE = "outside"
CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Due:
    """The content of a clock message: the deadline `name` of the subject came due, with what was armed with it."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarChanged:
    """The content of a clock message: which days are worked has changed since this subject's deadlines were projected.

    `version` counts the calendars published in the city; `reason` is what the publisher gave; `armed` are its deadlines
    that know how they were counted.
    """

    version: int
    reason: str
    armed: tuple[Arm, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What comes through one of the three doors, in the words of the domain.

    `data` is a frozen dataclass of the service's domain (or `Due`, `CalendarChanged`); `source` is the stating service,
    `outside` or `clock`.
    `acted_at` is when it counts: the fact's own time, the receipt of an outside message, the due time of a deadline.
    `subject` is what it is about; `touches` names every further subject that its decider may read or state facts about.
    """

    data: Any
    subject: str
    source: str
    actor: Actor
    acted_at: datetime
    id: str
    sequence: int = 0
    after: Mapping[str, int] = field(default_factory=dict)
    touches: tuple[str, ...] = ()
    creates: bool = False
    """An outside message that may begin a subject (a report); all others meet only what exists."""
    recorded_at: datetime | None = None
    """Real time at which an inside fact was written down; None for the other doors."""
    traceparent: str = ""
    """The trace that it belongs to (W3C), handed on to what it leads to; empty for none."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a decider may know beside states and message: the clock, the city, new ids, what the store prepared."""

    now: datetime
    city: Any
    new_id: Callable[[], str]
    prepared: Any = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact to be stated about `subject` (default: the message's own); `copy_to` names further streams that get it."""

    data: Any
    subject: str = ""
    copy_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A message to one outside party on `stream` (such as `receipts.hotline`); not part of any subject's history."""

    data: Any
    stream: str
    key: str


@dataclass(frozen=True, slots=True)
class Arm:
    """Arm or re-arm the deadline `name` of `subject`; when due, the decider meets `Due(name, data)`.

    `touches` names the further subjects which that decider will need; `mark` how it was counted, where a calendar that
    is published later is to move it.
    """

    name: str
    due_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    touches: tuple[str, ...] = ()
    mark: Mark | None = None


def arm(
    name: str,
    mark: Mark,
    calendar: Calendar,
    data: Mapping[str, Any] | None = None,
    subject: str = "",
    touches: tuple[str, ...] = (),
) -> Arm:
    """Return a deadline that lies where its mark puts it, and follows every calendar published later."""
    return Arm(name, mark.at(calendar), data or {}, subject, touches, mark)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Disarm the deadline `name` of `subject`; a trailing `*` disarms all whose names begin so."""

    name: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Facts to state, answers to send, deadlines to arm or cancel, private rows to keep in the same transaction."""

    facts: tuple[Fact, ...] = ()
    deadlines: tuple[Arm | Cancel, ...] = ()
    answers: tuple[Answer, ...] = ()
    rows: tuple[Any, ...] = ()

    def __add__(self, other: Decision) -> Decision:
        return Decision(
            self.facts + other.facts,
            self.deadlines + other.deadlines,
            self.answers + other.answers,
            self.rows + other.rows,
        )


NOTHING = Decision()

D = TypeVar("D", bound=Callable[..., Decision])
F = TypeVar("F", bound=Callable[..., Any])


class Deciders:
    """A table from the type of a message to its decider `(states, message, context) -> Decision`.

    `states` maps each subject that the message touches to its state, or None where there is none yet.
    """

    def __init__(self) -> None:
        self.table: dict[type, Callable[..., Decision]] = {}
        self._due: dict[str, Callable[..., Decision]] = {}

    def on_due(self, *names: str) -> Callable[[D], D]:
        """Enter the decorated function for deadlines of these names; what follows a colon is not looked at."""
        self.table.setdefault(Due, self._strike)

        def enter(decider: D) -> D:
            for name in names:
                if name in self._due:
                    raise ValueError(f"deadline {name} has two deciders")
                self._due[name] = decider
            return decider

        return enter

    def _strike(self, states: Mapping[str, Any], message: Message, context: Context) -> Decision:
        """Hand a deadline that came due to its decider; one that nobody knows any more changes nothing."""
        decider = self._due.get(message.data.name.partition(":")[0])
        return decider(states, message, context) if decider else NOTHING

    def include(self, other: Deciders) -> None:
        """Enter every decider of another table, those of its deadlines too."""
        for kind, decider in other.table.items():
            if kind is not Due:
                self.on(kind)(decider)
        for name, decider in other._due.items():
            self.on_due(name)(decider)

    def on(self, *types: type) -> Callable[[D], D]:
        """Enter the decorated function for these types."""

        def enter(decider: D) -> D:
            for kind in types:
                if kind in self.table:
                    raise ValueError(f"{kind.__name__} has two deciders")
                self.table[kind] = decider
            return decider

        return enter

    def __call__(self, states: Mapping[str, Any], message: Message, context: Context) -> Decision:
        """Decide; a type without decider changes nothing."""
        decider = self.table.get(type(message.data))
        return decider(states, message, context) if decider else NOTHING


class Evolution:
    """A table from the type of a fact, own or heard, to `(state, fact, acted_at) -> state`."""

    def __init__(self) -> None:
        self.table: dict[type, Callable[..., Any]] = {}

    def on(self, *types: type) -> Callable[[F], F]:
        """Enter the decorated function for these types."""

        def enter(fold: F) -> F:
            for kind in types:
                if kind in self.table:
                    raise ValueError(f"{kind.__name__} is folded twice")
                self.table[kind] = fold
            return fold

        return enter

    def include(self, other: Evolution) -> None:
        """Enter every fold of another table."""
        for kind, fold in other.table.items():
            self.on(kind)(fold)

    def __call__(self, state: Any, fact: Any, acted_at: datetime) -> Any:
        """Fold one fact into the state; a type without entry leaves it as it is."""
        fold = self.table.get(type(fact))
        return fold(state, fact, acted_at) if fold else state
