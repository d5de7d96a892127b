"""What must hold at each quarter's end of a simulated year, read from the services themselves (domain.md §7)."""

from __future__ import annotations

from collections.abc import Iterator

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
    """Follow every open entry from the facts alone: a regular agenda that leaves one out is found."""

    def __init__(self) -> None:
        self._open: dict[str, set[str]] = {}
        self._moved_to: dict[tuple[str, str], bool] = {}
        """Topic and upper body -> whether it has been tabled there."""
        self.findings: list[str] = []
        self.moved = 0

    def hear(self, heard: Heard) -> None:
        """Take a fact of the ledger."""
        match heard.data:
            case escalation.MeetingConvened(temporary=False) as meeting:
                for topic in sorted(self._open.get(meeting.body, ())):
                    self.findings.append(f"{heard.envelope.subject}: {topic} is open and not on the agenda")
            case escalation.TopicMovedUp() as fact:
                self._of(fact.body).discard(fact.topic)
                self._of(fact.to_body).add(fact.topic)
                self._moved_to[fact.topic, fact.to_body] = False
                self.moved += 1
            case escalation.Topic() as fact:
                if fact.entry in (escalation.EntryStatus.OPEN, escalation.EntryStatus.LISTED):
                    self._of(fact.body).add(fact.topic)
                else:
                    self._of(fact.body).discard(fact.topic)
                if isinstance(fact, escalation.TopicTabled) and (fact.topic, fact.body) in self._moved_to:
                    self._moved_to[fact.topic, fact.body] = True
            case _:
                pass

    def _of(self, body: str) -> set[str]:
        return self._open.setdefault(body, set())

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
