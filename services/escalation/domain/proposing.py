"""An officer proposes a topic by hand, the secretary screens it (moves 2 to 4, G1, G2)."""

from __future__ import annotations

from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.carrying import topic_at
from services.escalation.domain.ledger import Secretary, ledger_of, word
from services.escalation.domain.opening import admitted, topic_id
from services.escalation.domain.roles import check_secretary, officer_of
from services.escalation.domain.table import States, deciders, lacks, on_due
from services.escalation.domain.telling import reporter_id
from services.escalation.domain.topic import CaseFile, EntryStatus, Topic, TopicKind
from services.escalation.domain.topic_facts import of
from services.escalation.domain.topic_messages import AdmitTopic, ProposeTopic, ReturnTopic
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

BY_HAND = "by_hand"


@deciders.on(ProposeTopic)
def propose(states: States, message: Message, context: Context) -> Decision:
    """Put a topic before the secretary of the unit's own body, or its nearest ancestor's, never one above (G2).

    It has source cases, none with another active topic, or is of a kind without case (G1). A proposal without case that
    came before states nothing.
    """
    asked, city, home = message.data, context.city, message.subject
    unit = officer_of(message.actor, city)
    body = city.body_of(unit)
    if body is None or asked.body not in (None, body.unit):
        raise Refused("topic.other_body", "body", unit=unit, body=asked.body or "")
    _check_units(asked, city)
    is_case = asked.kind is TopicKind.CASE
    if is_case is not bool(asked.cases):
        raise Refused("topic.needs_case" if is_case else "topic.needs_no_case", "cases", kind=asked.kind)
    if not is_case and states[home] is not None:
        return NOTHING
    if lacks(states, (f"ledger:{body.unit}", *asked.cases)):
        raise Refused("message.stale", "cases", sequence=message.sequence)
    files = [_file(states, case, f"cases[{n}]", body.unit, city) for n, case in enumerate(asked.cases)]
    if len(set(asked.cases)) < len(asked.cases):
        raise Refused("topic.case_twice", "cases")
    ledger = ledger_of(states, body.unit, city)
    number = files[0].number if files else f"{body.unit}-{ledger.seq + 1}"
    id_ = topic_id(states[home], number)
    wording = word(
        body.unit, "", id_, context.new_id(), {"summary": asked.summary, "tried": asked.tried, "asked": asked.asked}
    )
    screen = counted(message.acted_at, city.clock("screen"))
    due = screen.at(city.calendar)
    told = [
        reporter_id(reporter, case, home)
        for case, file in zip(asked.cases, files, strict=True)
        for reporter in file.reporters
    ]
    proposed = t.TopicProposed(
        topic=id_,
        body=body.unit,
        level=body.level,
        entry=EntryStatus.PROPOSED,
        number=number,
        kind=asked.kind,
        cause=BY_HAND,
        cases=asked.cases,
        proposer=unit,
        lead=asked.lead,
        support=asked.support,
        summary=mask(asked.summary),
        tried=mask(asked.tried),
        asked=mask(asked.asked),
        unit=files[0].unit if files else unit,
        urgent=asked.urgent or any(file.urgent for file in files),
        reporters=tuple(told) or (unit,),
        screen_due_at=due,
    )
    secretary = Secretary(states, city, message.acted_at)
    secretary.keep(wording)
    secretary.spread_to(asked.cases[1:], home, proposed)
    secretary.record(
        body.unit,
        "proposed",
        id_,
        {"by": unit, "cases": list(asked.cases), "kind": asked.kind.value, "words": wording.digest},
        case=home,
        entry=EntryStatus.PROPOSED,
    )
    secretary.arm(Arm("screen", due, {}, home, (f"ledger:{body.unit}", *asked.cases[1:]), screen))
    return secretary.decision()


def _check_units(asked: ProposeTopic, city: Any) -> None:
    for field, unit in (("lead", asked.lead), *((f"support[{n}]", unit) for n, unit in enumerate(asked.support))):
        if unit is not None and unit not in city.units and unit not in city.departments:
            raise Refused("decision.lead_unknown", field, lead=unit)


def _file(states: States, case: str, field: str, body: str, city: Any) -> CaseFile:
    """Return what is known of a source case, refusing one that is over, elsewhere, or has a topic already."""
    topic: Topic | None = states[case]
    file = topic.file if topic else None
    if topic is None or file is None:
        raise Refused("subject.unknown", field, subject=case)
    if topic.home or not topic.is_finished:
        raise Refused("topic.active", field, topic=topic.id)
    if not file.is_open:
        raise Refused("topic.case_over", field, case=case)
    if not city.is_within(file.unit, body):
        raise Refused("topic.other_area", field, case=case, body=body)
    return file


@deciders.on(AdmitTopic)
def admit(states: States, message: Message, context: Context) -> Decision:
    """Let the secretary put a proposed topic on the ledger; its cases and its answer clock follow (move 3)."""
    topic = topic_at(states, message)
    check_secretary(message.actor, topic.active.body, context.city)
    check_proposed(topic, "admitted")
    return admitted(states, message, context, message.subject, topic, lapsed=False)


@on_due("screen")
def admit_by_silence(states: States, message: Message, context: Context) -> Decision:
    """Admit a topic that nobody screened in time: silence never buries one."""
    topic: Topic | None = states[message.subject]
    if topic is None or topic.is_over or topic.active.status is not EntryStatus.PROPOSED:
        return NOTHING
    return admitted(states, message, context, message.subject, topic, lapsed=True)


@deciders.on(ReturnTopic)
def send_back(states: States, message: Message, context: Context) -> Decision:
    """Let the secretary return a proposal and name the step of the ladder to use; orders stay as they are (move 4)."""
    topic, asked = topic_at(states, message), message.data
    entry = topic.active
    check_secretary(message.actor, entry.body, context.city)
    if len(topic.entries) > 1:
        raise Refused("topic.only_a_meeting", "entry", topic=topic.id)
    check_proposed(topic, "returned")
    wording = word(entry.body, "", topic.id, context.new_id(), {"why": asked.why})
    secretary = Secretary(states, context.city, message.acted_at)
    secretary.keep(wording)
    secretary.record(
        entry.body,
        "returned",
        topic.id,
        {"step": asked.step.value, "words": wording.digest},
        case=message.subject,
        entry=EntryStatus.RETURNED,
    )
    returned = t.TopicReturned(**of(topic, entry, EntryStatus.RETURNED), step=asked.step, why=mask(asked.why))
    secretary.spread(topic, message.subject, returned)
    secretary.arm(Cancel("screen", message.subject))
    return secretary.decision()


def check_proposed(topic: Topic, to: str) -> None:
    """Refuse to screen what is not waiting to be screened."""
    if topic.active.status is not EntryStatus.PROPOSED:
        raise Refused("move.forbidden", "entry", now=topic.active.status, to=to)
