"""What must hold at each quarter's end of a simulated year, read from the services themselves (domain.md §7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from deploy.demo.streams import Heard
from deploy.simulation.memory import Memory
from services.dispatch.domain.order import Order, Status
from services.escalation.domain.chain import verify
from services.escalation.domain.topic import FINAL, EntryStatus, topic_of
from services.intake.domain.case import Case
from services.intake.domain.case import Status as Stage
from shared.contracts import escalation

_ENDED = frozenset({Status.CLOSED, Status.WITHDRAWN})
_WAITING = frozenset({EntryStatus.OPEN, EntryStatus.TABLED, EntryStatus.LISTED, EntryStatus.DECLINED})


class Agendas:
    """Follow every open entry from the facts alone: a regular agenda that leaves one out is found.

    Facts of different subjects may be heard in another order than they were stated: an agenda is judged by `settle`.
    """

    def __init__(self) -> None:
        self._open: dict[str, dict[str, datetime]] = {}
        """Body -> its open topics, each with the instant from which it waits."""
        self._convened: list[tuple[str, datetime, escalation.MeetingConvened]] = []
        self._moved_to: dict[tuple[str, str], bool] = {}
        """Topic and upper body -> whether it has been tabled there."""
        self.findings: list[str] = []
        self.moved = 0

    def hear(self, heard: Heard) -> None:
        """Take a fact of the ledger."""
        at = heard.envelope.time
        match heard.data:
            case escalation.MeetingConvened(temporary=False) as meeting:
                assert at is not None, "every fact has its time"
                self._convened.append((heard.envelope.subject, at, meeting))
            case escalation.TopicMovedUp() as fact:
                assert at is not None, "every fact has its time"
                self._of(fact.body).pop(fact.topic, None)
                self._of(fact.to_body).setdefault(fact.topic, at)
                self._moved_to[fact.topic, fact.to_body] = False
                self.moved += 1
            case escalation.Topic() as fact:
                if fact.entry in (escalation.EntryStatus.OPEN, escalation.EntryStatus.LISTED):
                    assert at is not None, "every fact has its time"
                    self._of(fact.body).setdefault(fact.topic, at)
                else:
                    self._of(fact.body).pop(fact.topic, None)
                if isinstance(fact, escalation.TopicTabled) and (fact.topic, fact.body) in self._moved_to:
                    self._moved_to[fact.topic, fact.body] = True
            case _:
                pass

    def _of(self, body: str) -> dict[str, datetime]:
        return self._open.setdefault(body, {})

    def settle(self) -> None:
        """Judge the agendas heard of since the last time; to be called when all that was stated has been heard."""
        for subject, at, meeting in self._convened:
            for topic, since in sorted(self._of(meeting.body).items()):
                if since <= at and topic not in meeting.agenda:
                    self.findings.append(f"{subject}: {topic} is open and not on the agenda")
        self._convened.clear()

    def lost(self) -> Iterator[str]:
        """Yield what moved up and is neither tabled one level higher nor on its way there."""
        for (topic, body), tabled in self._moved_to.items():
            if not tabled and topic not in self._of(body):
                yield f"{topic} moved up to {body} and is neither tabled nor open there"


def check(memory: Memory, agendas: Agendas) -> list[str]:
    """Return everything that does not hold now."""
    return [*_places(memory), *agendas.findings, *agendas.lost(), *_chains(memory)]


def _places(memory: Memory) -> Iterator[str]:
    """Yield every case that is nowhere, or in two places: ended, or open at one unit with a clock, or at one body."""
    orders, topics = memory.offices["dispatch"].states, memory.offices["escalation"].states
    for subject, case in memory.offices["intake"].states.items():
        order, topic = orders.get(subject), topic_of(topics.get, subject)
        if not isinstance(case, Case) or case.status is Stage.HELD:
            continue
        if case.status is Stage.REJECTED:
            if order is not None:
                yield f"{subject} is rejected and has an order"
        elif not isinstance(order, Order):
            yield f"{subject} has no order"
        elif (case.status is Stage.OPEN) is (order.status in _ENDED):
            yield f"{subject} is {case.status} at intake and {order.status} at dispatch"
        elif order.status not in _ENDED:
            if order.responsible is None or order.due_at is None:
                yield f"{subject} is {order.status} and nobody's, or without a clock"
            has_turn = topic is not None and topic.active.status in _WAITING
            if (order.status is Status.ESCALATED) is not has_turn:
                yield f"{subject} is {order.status} and its topic {topic and topic.active.status}"
        elif topic is not None and topic.active.status not in FINAL | {EntryStatus.SETTLED}:
            if subject in (*topic.closed, *topic.gone):
                continue
            yield f"{subject} is {order.status} and its topic {topic.active.status}"


def _chains(memory: Memory) -> Iterator[str]:
    """Yield every ledger whose chain is broken."""
    for ledger, records in memory.ledgers().items():
        broken = verify(ledger, records)
        if broken is not None:
            yield f"ledger {ledger} is broken at {broken.seq}: {broken.what}"
