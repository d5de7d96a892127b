"""Leaders' contact points (联系点): who is tied to which unit, when he came, whom he received (domain §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.feedback.domain.heard_work import LeaderReceived, LeaderTied, LeaderVisited
from services.feedback.domain.returning import Received
from shared.kernel.decisions import Message


@dataclass(frozen=True, slots=True)
class Contact:
    """A private row: a leader was tied to a unit (`ends` False), or is no longer."""

    leader: str
    unit: str
    ends: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class LeaderAct:
    """A private row: a leader came to a unit (a visit, or `received` people there) on a day."""

    subject: str
    sequence: int
    leader: str
    unit: str
    kind: str
    received: bool
    day: date


def contacts(message: Message) -> tuple[Contact | LeaderAct | Received, ...]:
    """Return what a heard fact says of a leader's contact points."""
    match message.data:
        case LeaderTied(leader, unit, ends):
            return (Contact(leader, unit, ends, message.acted_at),)
        case LeaderReceived() as fact:
            raised = (Received(report, fact.leader, fact.unit) for report in fact.raised if fact.kind != "return")
            return (_act(fact, message, True), *raised)
        case LeaderVisited() as fact:
            return (_act(fact, message, False),)
    return ()


def _act(fact: LeaderVisited, message: Message, received: bool) -> LeaderAct:
    return LeaderAct(message.subject, message.sequence, fact.leader, fact.unit, fact.kind, received, fact.on)
