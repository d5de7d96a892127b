"""What a meeting may decide: each guard of workflows §2.4 that is in force, with its refused example."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.escalation.domain import facts as f
from services.escalation.domain import messages as m
from services.escalation.domain import topic_facts as t
from services.escalation.domain import topic_messages as tm
from services.escalation.domain.chain import Record
from services.escalation.domain.meeting import MeetingStatus
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, STREET, Hall, on, unit, when


def at_meeting(body: str = ESTATE, *guests: str, urgent: bool = False) -> tuple[Hall, object, str]:
    hall = Hall(bodies=(ESTATE, COMMUNITY, STREET, CITY))
    hall.escalate(body=body, urgent=urgent)
    return hall, hall.held(body, *guests), hall.topic().id


# ---- G6


def test_g6_minutes_with_one_topic_undecided_are_not_adopted() -> None:
    hall = Hall(bodies=(ESTATE, COMMUNITY))
    hall.escalate("c-1")
    hall.escalate("c-2")
    meeting = hall.held(ESTATE)
    hall.record(meeting, hall.decision(hall.topic("c-1").id, "resolve"))
    with pytest.raises(Refused, match=r"minutes\.undecided") as refused:
        hall.adopt(meeting)
    assert refused.value.params["topics"] == "T-DG-c-2"
    assert hall.statuses("c-1") == ("tabled",)


def test_g6_nothing_is_dispatched_from_a_draft() -> None:
    hall, meeting, topic = at_meeting()
    stated = hall.record(meeting, hall.decision(topic, "resolve"))
    assert [type(fact) for fact in stated] == [f.MeetingRecorded]
    assert hall.statuses() == ("tabled",)
    assert "decided" not in hall.kinds(ESTATE)


def test_a_later_draft_replaces_the_one_before() -> None:
    hall, meeting, topic = at_meeting()
    hall.record(meeting, hall.decision(topic, "resolve"))
    hall.record(meeting, hall.decision(topic, "defer"))
    hall.adopt(meeting)
    assert hall.stated(t.TopicResolved) == []
    assert len(hall.stated(t.TopicDeferred)) == 1


def test_two_decisions_about_one_topic_are_refused() -> None:
    hall, meeting, topic = at_meeting()
    with pytest.raises(Refused, match=r"minutes\.twice"):
        hall.record(meeting, hall.decision(topic, "resolve"), hall.decision(topic, "defer"))


def test_a_decision_about_a_topic_that_is_not_tabled_is_refused() -> None:
    hall, meeting, _ = at_meeting()
    with pytest.raises(Refused, match=r"minutes\.not_tabled"):
        hall.record(meeting, hall.decision("T-other", "resolve"))


def test_a_topic_withdrawn_after_the_agenda_was_fixed_needs_no_decision_and_gets_none() -> None:
    hall = Hall()
    hall.escalate("c-1")
    hall.escalate("c-2")
    meeting = hall.held(ESTATE)
    decisions = [hall.decision(item.topic, "resolve") for item in meeting.agenda]
    hall.record(meeting, *decisions)
    hall.withdraw("c-2")
    hall.adopt(meeting)
    assert (hall.statuses("c-1"), hall.statuses("c-2")) == (("executing",), ("withdrawn",))
    assert list(hall.stated(f.MeetingAdopted)[0].decisions) == ["T-DG-c-1"]
    hall.check_chains()


def test_a_command_that_did_not_lock_what_it_needs_is_stale() -> None:
    hall = Hall(peeks=False)
    hall.escalate()
    meeting = hall.convened(ESTATE)
    hall.hold(meeting)
    for act in (m.RecordDecisions(decisions=()), m.AdoptMinutes()):
        with pytest.raises(Refused, match=r"message\.stale"):
            hall.send(meeting.id, act, unit(ESTATE))
    with pytest.raises(Refused, match=r"message\.stale"):
        hall.tell(ESTATE)


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [
        ("resolve", "lead"),
        ("resolve", "due_on"),
        ("resolve", "done_means"),
        ("move_up", "tried"),
        ("move_up", "why"),
        ("move_up", "asked"),
        ("defer", "why"),
        ("decline", "reason"),
        ("decline", "reply"),
    ],
)
def test_a_decision_names_what_its_kind_needs(kind: str, left_out: str) -> None:
    hall, meeting, topic = at_meeting()
    with pytest.raises(Refused, match=r"decision\.incomplete") as refused:
        hall.record(meeting, hall.decision(topic, kind, **{left_out: None}))
    assert refused.value.field == f"decisions[0].{left_out}"


# ---- G7


def test_a_community_cannot_order_the_absent_water_company() -> None:
    hall, meeting, topic = at_meeting(COMMUNITY)
    with pytest.raises(Refused, match=r"decision\.out_of_reach"):
        hall.record(meeting, hall.decision(topic, "resolve", lead="water-company"))
    with pytest.raises(Refused, match=r"decision\.out_of_reach"):
        hall.record(meeting, hall.decision(topic, "resolve", COMMUNITY, support=("water-company",)))


def test_a_community_can_order_the_water_company_that_is_present() -> None:
    hall, meeting, topic = at_meeting(COMMUNITY, "water-company")
    hall.record(meeting, hall.decision(topic, "resolve", lead="water-company"))
    hall.adopt(meeting)
    assert hall.stated(t.TopicResolved)[0].lead == "water-company"


@pytest.mark.parametrize("lead", ["C01", "C01-G01", "court"], ids=["itself", "a grid of its area", "a paired member"])
def test_a_community_reaches_its_area_and_its_members(lead: str) -> None:
    hall, meeting, topic = at_meeting(COMMUNITY)
    assert hall.record(meeting, hall.decision(topic, "resolve", lead=lead))


def test_a_community_does_not_reach_the_street_above_it_nor_its_neighbour() -> None:
    hall, meeting, topic = at_meeting(COMMUNITY)
    for lead in (STREET, "C02"):
        with pytest.raises(Refused, match=r"decision\.out_of_reach"):
            hall.record(meeting, hall.decision(topic, "resolve", lead=lead))


@pytest.mark.parametrize("lead", [COMMUNITY, ESTATE])
def test_forbidden_12_a_meeting_gives_a_matter_that_is_not_admitted_to_no_community(lead: str) -> None:
    hall = Hall(bodies=(ESTATE, COMMUNITY, STREET, CITY))
    hall.register(matter="burst-pipe")
    hall.escalate(body=STREET)
    meeting = hall.held(STREET, "water-company")
    with pytest.raises(Refused, match=r"decision\.not_admitted"):
        hall.record(meeting, hall.decision(hall.topic().id, "resolve", lead=lead))
    assert hall.record(meeting, hall.decision(hall.topic().id, "resolve", lead="water-company"))


def test_a_party_of_the_three_party_consultation_is_no_unit_that_could_hold_an_order() -> None:
    hall, meeting, topic = at_meeting()
    with pytest.raises(Refused, match=r"decision\.lead_unknown"):
        hall.record(meeting, hall.decision(topic, "resolve", lead="property"))


def test_the_top_reaches_every_unit_and_department() -> None:
    hall, meeting, topic = at_meeting(CITY)
    for lead in ("publicity", "C05-G01", "S02"):
        hall.record(meeting, hall.decision(topic, "resolve", lead=lead))


@pytest.mark.parametrize(
    ("after", "holds"), [(0, False), (1, True), (180, True), (181, False)], ids=["today", "tomorrow", "180", "181"]
)
def test_the_deadline_lies_after_the_meeting_and_within_180_days(after: int, holds: bool) -> None:
    hall, meeting, topic = at_meeting()
    decision = hall.decision(topic, "resolve", due_on=hall.now.date() + timedelta(days=after))
    if holds:
        assert hall.record(meeting, decision)
    else:
        with pytest.raises(Refused, match=r"decision\.deadline"):
            hall.record(meeting, decision)


def test_a_deadline_that_passed_before_the_minutes_were_adopted_is_refused_then() -> None:
    hall, meeting, topic = at_meeting()
    hall.record(meeting, hall.decision(topic, "resolve", due_on=hall.now.date() + timedelta(days=1)))
    hall.advance(hall.now + timedelta(days=2))
    with pytest.raises(Refused, match=r"decision\.deadline"):
        hall.adopt(meeting)


def test_the_unit_that_moved_a_topic_up_may_be_lead_once() -> None:
    hall = Hall()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    hall.decide_at(STREET, "resolve", lead=COMMUNITY)
    hall.escalate(cause="overdue", body=STREET)
    with pytest.raises(Refused, match=r"decision\.lead_again"):
        hall.decide_at(STREET, "resolve", lead=COMMUNITY)


# ---- G8


def test_the_city_cannot_move_a_topic_up() -> None:
    hall, meeting, topic = at_meeting(CITY)
    with pytest.raises(Refused, match=r"decision\.top"):
        hall.record(meeting, hall.decision(topic, "move_up", CITY))


def test_a_topic_moves_up_one_level_only() -> None:
    hall = Hall()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    assert [fact.to_body for fact in hall.stated(t.TopicMovedUp)] == [STREET]


# ---- G9


def test_a_third_deferral_is_refused_and_another_level_counts_anew() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "defer")
    hall.decide_at(ESTATE, "defer")
    with pytest.raises(Refused, match=r"decision\.deferrals"):
        hall.decide_at(ESTATE, "defer")
    meeting = hall.meetings(ESTATE, MeetingStatus.HELD)[0]
    hall.record(meeting, hall.decision(hall.topic().id, "move_up"))
    hall.adopt(meeting)
    hall.decide_at(COMMUNITY, "defer")
    assert [fact.deferrals for fact in hall.stated(t.TopicDeferred)] == [1, 2, 1]


# ---- G10


def test_no_money_this_year_is_no_reason_to_decline() -> None:
    with pytest.raises(ValueError, match="no_money"):
        tm.DeclineReason("no_money")


def test_an_urgent_topic_is_not_declined() -> None:
    hall, meeting, topic = at_meeting(urgent=True)
    with pytest.raises(Refused, match=r"decision\.urgent"):
        hall.record(meeting, hall.decision(topic, "decline"))


# ---- G12


def reopened(times: int, body: str) -> Hall:
    hall = Hall()
    hall.escalate(body=body)
    for _ in range(times):
        hall.decide_at(body, "resolve")
        hall.escalate(cause="overdue", body=body)
    return hall


@pytest.mark.parametrize("cause", ["overdue", "rework", "dissatisfied"])
def test_a_failed_order_of_a_meeting_reopens_the_entry_that_made_it(cause: str) -> None:
    hall = Hall()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "resolve")
    hall.escalate(cause=cause, body=STREET)
    fact = hall.stated(t.TopicReopened)[0]
    assert (fact.body, fact.cause, fact.reopened) == (COMMUNITY, cause, 1)
    assert hall.statuses() == ("open",)
    assert len(hall.stated(t.TopicRaised)) == 1


def test_an_entry_reopened_more_than_twice_can_only_be_moved_up() -> None:
    hall = reopened(3, ESTATE)
    meeting, topic = hall.held(ESTATE), hall.topic().id
    for kind in ("resolve", "defer", "decline"):
        with pytest.raises(Refused, match=r"decision\.only_move_up"):
            hall.record(meeting, hall.decision(topic, kind))
    hall.record(meeting, hall.decision(topic, "move_up"))
    hall.adopt(meeting)
    assert hall.statuses() == ("moved_up", "open")


def test_at_the_top_an_entry_reopened_more_than_twice_goes_to_a_squad_or_onto_the_list() -> None:
    hall = reopened(3, CITY)
    meeting = hall.held(CITY)
    for kind in ("resolve", "defer", "decline"):
        with pytest.raises(Refused, match=r"decision\.only_squad"):
            hall.record(meeting, hall.decision(hall.topic().id, kind, CITY))
    hall.record(meeting, hall.decision(hall.topic().id, "squad", CITY))
    hall.adopt(meeting)
    assert hall.statuses() == ("executing",)


def test_twice_reopened_is_still_within_the_limit() -> None:
    hall = reopened(2, ESTATE)
    hall.decide_at(ESTATE, "resolve")
    assert hall.statuses() == ("executing",)


# ---- G17, G18


def test_adopted_minutes_are_never_changed() -> None:
    hall, meeting, topic = at_meeting()
    hall.record(meeting, hall.decision(topic, "resolve"))
    hall.adopt(meeting)
    with pytest.raises(Refused, match=r"move\.forbidden"):
        hall.record(meeting, hall.decision(topic, "resolve", due_on=on("2026-04-01")))


def test_a_moved_up_topic_is_received_without_anybodys_click() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    assert [place.case for place in hall.states[f"ledger:{COMMUNITY}"].agenda()] == ["c-1"]
    with pytest.raises(Refused, match=r"move\.forbidden"):
        hall.write_off(COMMUNITY)


def test_a_resolution_is_due_at_the_closing_of_the_named_day() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve", due_on=on("2026-03-02"))
    assert hall.stated(t.TopicResolved)[0].due_at == when("2026-03-02 18:00")


def test_records_are_only_ever_appended() -> None:
    hall = reopened(2, ESTATE)
    for body in (ESTATE, COMMUNITY):
        rows = [row for row in hall.rows if isinstance(row, Record) and row.ledger == body]
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
