"""What a meeting has to deal with: computed from the ledger, complete, in one order; nothing is left out silently."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from services.escalation.domain.facts import EarlierDecision
from services.escalation.domain.ledger import Ledger, Place, Secretary
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.table import States
from services.escalation.domain.topic import EntryStatus, Topic
from services.escalation.domain.topic_facts import TopicReturnedToAgenda, TopicTabled, of
from shared.kernel.refusals import Refused


def tabled(states: States, meeting: Meeting) -> Iterator[tuple[str, Topic]]:
    """Yield the topics still tabled at a meeting, in its order; one withdrawn since then is no more."""
    for item in meeting.agenda:
        topic: Topic = states[item.case]
        entry = topic.active
        if (entry.body, entry.status, entry.meeting) == (meeting.unit, EntryStatus.TABLED, meeting.id):
            yield item.case, topic


def check_complete(ledger: Ledger, cases: Iterable[str]) -> None:
    """Refuse an agenda that leaves out an open entry, names another's, or changes their order (G3)."""
    given = tuple(cases)
    wanted = tuple(place.case for place in ledger.agenda())
    missing = [case for case in wanted if case not in given]
    if missing:
        raise Refused("agenda.incomplete", "cases", topics=", ".join(missing), count=len(wanted), given=len(given))
    check_own(ledger, given)
    if given != wanted:
        raise Refused("agenda.order", "cases", topics=", ".join(wanted))


def check_own(ledger: Ledger, cases: Iterable[str]) -> None:
    """Refuse an entry that does not wait in this ledger to be tabled (G4)."""
    waiting = {place.case for place in ledger.agenda()}
    foreign = [case for case in cases if case not in waiting]
    if foreign:
        raise Refused("agenda.foreign", "cases", topics=", ".join(foreign), body=ledger.unit)


def put(secretary: Secretary, meeting: Meeting, places: Iterable[Place], topics: States) -> None:
    """Table entries at a meeting (move 5 of §2.2)."""
    for place in places:
        topic: Topic = topics[place.case]
        fact = TopicTabled(**of(topic, topic.active, EntryStatus.TABLED), meeting=meeting.id)
        secretary.state(place.case, fact)
        secretary.record(
            meeting.unit, "tabled", topic.id, {"meeting": meeting.id}, case=place.case, entry=EntryStatus.TABLED
        )


def take_back(secretary: Secretary, states: States, meeting: Meeting, ledger: Ledger, why: str) -> None:
    """Return every tabled topic to those that wait, without counting a deferral (move 6 of §2.2)."""
    body = {"meeting": meeting.id, "why": why}
    for case, topic in tabled(states, meeting):
        place = ledger.place_of(topic.id)
        entry = place.waits_as if place else EntryStatus.OPEN
        secretary.state(case, TopicReturnedToAgenda(**of(topic, topic.active, entry), meeting=meeting.id))
        secretary.record(meeting.unit, "missed", topic.id, body, case=case, entry=entry)
    if not meeting.agenda:
        secretary.record(meeting.unit, "missed", "", body)


def earlier(ledger: Ledger) -> tuple[EarlierDecision, ...]:
    """Return part 1 of every agenda: how the entries decided before stand."""
    return tuple(EarlierDecision(topic=d.topic, case=d.case, entry=d.entry, since=d.since) for d in ledger.decided)


def asked_to_lead(topics: Iterable[Topic]) -> tuple[str, ...]:
    """Return the units that topics ask to lead."""
    return tuple(sorted({topic.lead for topic in topics if topic.lead}))


def concerned(city: Any, unit: str, topics: Collection[Topic]) -> tuple[str, ...]:
    """Return whom a body invites for topics: who is asked to lead, who brought them, their levels below the body.

    Donggang's document: the departments of the field, the streets and the grass-roots units concerned.
    """
    found = list(asked_to_lead(topics))
    for topic in topics:
        found += [u.code for u in city.lineage(topic.unit)] if topic.unit in city.units else [topic.unit]
    members = {member.code for member in city.bodies[unit].members}
    above = {u.code for u in city.lineage(unit)}
    return tuple(code for code in dict.fromkeys(found) if code not in above and code not in members)
