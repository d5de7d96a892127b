"""What a service gives the shell: its deciders, its states, its wire translation, its own tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.contracts.pairing import Wire
from shared.kernel.decisions import Actor, Answer, Arm, Context, Decision, Message
from shared.kernel.refusals import Refused
from shared.persistence.connection import Connection


class ServiceStore(Protocol):
    """A service's own tables, read and written set-wise inside the shell's transaction."""

    async def resolve(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages with subject and touches filled in, where only the database knows them.

        Runs before any lock: what it reads must be immutable, or be checked again by the decider.
        """
        ...

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Any:
        """Return what deciders may find in `context.prepared`; runs after the locks."""
        ...

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep the private rows of the batch's decisions, in their order, in one statement per table."""
        ...


class NoTables:
    """The store of a service whose states are all it keeps."""

    async def resolve(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages as they are."""
        return messages

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Any:
        """Prepare nothing."""
        return None

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep nothing."""


def no_touches(message: Message) -> tuple[str, ...]:
    """Say that a message concerns its own subject alone."""
    return ()


Refusal = Callable[[Any, Actor, str | None, str | None, Refused], Answer | None]
"""(message or None, sender, message id, stream, refusal) -> the answer to the sender, if it has a stream for it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The data of a command whose body could not be read: the address that it was sent to."""

    address: str


@dataclass(frozen=True)
class Service:
    """One service as the shell sees it.

    `states` maps the kind of a subject (`case`, or what stands before the first colon of its id) to its dataclass.
    `touches` names, from the message alone, the further subjects that its decider needs.
    `refusal` makes the answer to an outside sender whose message was refused.
    """

    name: str
    decide: Callable[[Mapping[str, Any], Message, Context], Decision]
    evolve: Callable[[Any, Any, datetime], Any]
    states: Mapping[str, type]
    wire: Wire
    store: ServiceStore = field(default_factory=NoTables)
    touches: Callable[[Message], tuple[str, ...]] = no_touches
    refusal: Refusal | None = None
    seeds: Callable[[Any, datetime], Sequence[tuple[str, Arm]]] | None = None
    """Subjects with a deadline each that must exist from the first start on: (city, now) -> [(subject, deadline)]."""
    record: Callable[[Message, Refused], Any] | None = None
    """The private row that keeps on record who was refused what, in the transaction that answers him."""


def kind_of(subject: str) -> str:
    """Return the kind of a subject: what stands before its first colon, else `case`."""
    head, colon, _ = subject.partition(":")
    return head if colon else "case"
