"""Temporary meetings: proposed, a duty or not, called, refused, lapsed, held by those asked to lead, called off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.escalation.domain import facts as f
from services.escalation.domain import messages as m
from services.escalation.domain import topic_messages as tm
from services.escalation.domain.meeting import Meeting, MeetingStatus
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, OPERATIONS, STREET, Hall, on, unit, when

WHY = "情况变化，请召开临时会议研究"
LEADER = Actor("post", f"{CITY}:vice-mayor-construction")


def proposed(*cases: str, urgent: bool = False, body: str = CITY, at: str = "2026-02-02 09:00") -> tuple[Hall, Meeting]:
    """Raise the cases and have a meeting proposed about them; an urgent one is proposed by the rule itself."""
    hall = Hall(at, (body,))
    for case in cases or ("c-1",):
        hall.escalate(case, body, lead="housing", urgent=urgent)
    if not urgent:
        propose(hall, body, *(cases or ("c-1",)))
    return hall, hall.meetings(body, MeetingStatus.PROPOSED)[0]


def propose(hall: Hall, body: str, *cases: str) -> list[Any]:
    return hall.send(f"ledger:{body}", m.ProposeMeeting(cases=cases, why=WHY), OPERATIONS)


def call(hall: Hall, meeting: Meeting, opens: str, **more: Any) -> list[Any]:
    return hall.send(meeting.id, m.CallMeeting(opens_at=when(opens), **more), unit(meeting.unit))


# ---- proposing


def test_a_proposal_is_answered_with_the_meetings_number_and_leaves_its_entries_waiting() -> None:
    hall = Hall("2026-02-02 09:00", (CITY,))
    hall.escalate("c-1", CITY, lead="housing")
    stated = propose(hall, CITY, "c-1")
    assert [(fact.number, fact.on) for fact in stated] == [(2, None)]
    fact = hall.stated(f.MeetingProposed)[0]
    assert (fact.number, fact.topics, fact.by, fact.duty) == (2, ("T-DG-c-1",), "operations.duty", False)
    assert fact.decide_by == when("2026-02-04 18:00"), "two working days"
    assert hall.statuses() == ("open",)


def test_a_topic_combined_before_the_proposal_is_made_is_spoken_about_where_it_went() -> None:
    hall = Hall("2026-02-02 09:00", (CITY,))
    for case in ("c-1", "c-2"):
        hall.escalate(case, CITY, lead="housing")
    ask = m.ProposeMeeting(cases=("c-2",), why=WHY)
    super(Hall, hall).send(f"ledger:{CITY}", ask, OPERATIONS)  # what it arms has not struck yet
    super(Hall, hall).send("c-2", tm.CombineTopic(into="c-1"), unit(CITY))
    hall.advance(hall.now)
    (fact,) = hall.stated(f.MeetingProposed)
    assert (fact.topics, fact.cases) == (("T-DG-c-1",), ("c-1",))


def test_the_leader_in_charge_of_the_main_topics_field_decides_without_one_the_convener() -> None:
    hall = Hall("2026-02-02 09:00", (CITY,))
    for case, lead in (("c-1", "gardens"), ("c-2", "finance"), ("c-3", None)):
        hall.escalate(case, CITY, lead=lead)
    propose(hall, CITY, "c-1", "c-2")
    propose(hall, CITY, "c-2", "c-1")
    propose(hall, CITY, "c-3")
    callers = [fact.caller for fact in hall.stated(f.MeetingProposed)]
    assert callers == ["vice-mayor-construction", "executive-vice-mayor", "city-secretary"]


def test_an_entry_of_another_ledger_cannot_be_proposed() -> None:
    hall = Hall("2026-02-02 09:00", (STREET, COMMUNITY))
    hall.escalate("c-1", COMMUNITY)
    with pytest.raises(Refused, match=r"agenda\.foreign"):
        propose(hall, STREET, "c-1")
    with pytest.raises(Refused, match=r"body\.unknown"):
        propose(hall, "nowhere", "c-1")


def test_an_urgent_entry_makes_a_meeting_a_duty_to_be_called_within_four_urgent_hours() -> None:
    hall, meeting = proposed(urgent=True)
    fact = hall.stated(f.MeetingProposed)[0]
    assert (fact.by, fact.duty, fact.decide_by) == ("system.system", True, when("2026-02-02 13:00"))
    assert meeting.within == on("2026-02-09"), "five working days"


def test_a_reopened_order_due_before_the_next_regular_date_makes_a_meeting_a_duty() -> None:
    hall = Hall("2026-06-01 09:00", (CITY,))
    hall.escalate("c-1", CITY, lead="housing")
    hall.decide_at(CITY, "resolve", due_on=on("2026-09-18"))
    hall.advance(when("2026-08-28 10:00"))
    assert hall.stated(f.MeetingProposed) == []
    hall.escalate("c-1", CITY, cause="rework")
    assert [fact.duty for fact in hall.stated(f.MeetingProposed)] == [True], "December is after 18 September"


# ---- G16


def test_g16_a_duty_cannot_be_refused() -> None:
    hall, meeting = proposed(urgent=True)
    with pytest.raises(Refused, match=r"meeting\.duty") as refused:
        hall.send(meeting.id, m.RefuseMeeting(why=WHY), LEADER)
    assert refused.value.params["topics"] == "T-DG-c-1"


def test_what_became_a_duty_after_it_was_proposed_cannot_be_refused_either() -> None:
    hall, meeting = proposed(body=STREET, at="2026-05-20 09:00")
    assert not meeting.is_duty
    topic = hall.states["c-1"]
    hall.states["c-1"] = topic.with_entry(replace(topic.active, answer_due_at=when("2026-05-21 00:00")))
    with pytest.raises(Refused, match=r"meeting\.duty"):
        hall.send(meeting.id, m.RefuseMeeting(why=WHY), unit(STREET))


def test_a_duty_that_nobody_calls_takes_place_under_supervision() -> None:
    hall, meeting = proposed(urgent=True)
    hall.advance(when("2026-02-02 13:00"))
    assert [(fact.what, fact.supervisor) for fact in hall.stated(f.MeetingLate)] == [("call", "operations")]
    assert hall.states[meeting.id].status is MeetingStatus.CONVENED
    assert hall.states[meeting.id].opens_at == when("2026-02-05 09:00")
    assert hall.statuses() == ("tabled",)


def test_a_proposal_that_is_no_duty_lapses_as_refused_and_its_entries_keep_waiting() -> None:
    hall, meeting = proposed()
    hall.advance(when("2026-02-04 18:00"))
    assert [fact.why for fact in hall.stated(f.MeetingCancelled)] == ["lapsed"]
    assert (hall.states[meeting.id].status, hall.statuses()) == (MeetingStatus.CANCELLED, ("open",))


def test_a_refusal_says_why_and_keeps_the_words_apart() -> None:
    hall, meeting = proposed()
    hall.send(meeting.id, m.RefuseMeeting(why="请张三13800138000等待例会"), LEADER)
    fact = hall.stated(f.MeetingCancelled)[0]
    assert (fact.why, "13800138000" in fact.reason) == ("refused", False)
    assert any("13800138000" in words.text for words in hall.wordings())


# ---- calling


def test_a_called_meeting_tables_what_it_names_and_invites_all_whom_that_concerns() -> None:
    hall, meeting = proposed("c-1")
    hall.escalate("c-2", CITY)
    call(hall, meeting, "2026-02-04 15:00", place="市政府第二会议室", invited=("gas-company",))
    convened = hall.states[meeting.id]
    assert [item.case for item in convened.agenda] == ["c-1"]
    assert (hall.statuses("c-1"), hall.statuses("c-2")) == (("tabled",), ("open",)), "others keep their turn"
    assert (convened.opens_at, convened.place) == (when("2026-02-04 15:00"), "市政府第二会议室")
    assert convened.leads == ("housing",)
    assert set(convened.invited) == {"housing", "C01-G01", "C01", "gas-company"}, "the street is a standing member"


@pytest.mark.parametrize(
    ("opens", "rule"),
    [
        ("2026-02-02 08:00", r"meeting\.past"),
        ("2026-02-07 10:00", r"meeting\.day_off"),
        ("2026-02-10 10:00", r"meeting\.period"),
    ],
)
def test_a_duty_is_called_for_a_working_day_within_five(opens: str, rule: str) -> None:
    hall, meeting = proposed(urgent=True)
    with pytest.raises(Refused, match=rule):
        call(hall, meeting, opens)


def test_somebody_unknown_cannot_be_invited() -> None:
    hall, meeting = proposed()
    with pytest.raises(Refused, match=r"meeting\.unknown_guest"):
        call(hall, meeting, "2026-02-04 15:00", invited=("nobody",))


def test_what_a_regular_meeting_tabled_meanwhile_is_not_called_again() -> None:
    hall = Hall("2026-06-12 09:00", (CITY,))
    hall.escalate("c-1", CITY, lead="housing")
    propose(hall, CITY, "c-1")
    meeting = hall.meetings(CITY, MeetingStatus.PROPOSED)[0]
    hall.advance(when("2026-06-15 18:00"))
    assert hall.statuses() == ("tabled",)
    with pytest.raises(Refused, match=r"meeting\.nothing_left"):
        call(hall, meeting, "2026-06-17 10:00")
    hall.advance(when("2026-06-16 18:00"))
    assert hall.stated(f.MeetingCancelled)[0].why == "nothing_left"


# ---- G4


def test_g4_a_decision_about_an_entry_that_the_call_did_not_name_is_refused() -> None:
    hall, meeting = proposed("c-1")
    hall.escalate("c-2", CITY)
    call(hall, meeting, "2026-02-04 15:00")
    held = hall.held(CITY)
    decisions = (hall.decision("T-DG-c-1", "resolve", CITY), hall.decision("T-DG-c-2", "decline", CITY))
    with pytest.raises(Refused, match=r"minutes\.not_tabled"):
        hall.record(held, *decisions)


def test_an_entry_that_the_call_did_not_name_cannot_be_tabled_later() -> None:
    hall, meeting = proposed("c-1")
    hall.escalate("c-2", CITY)
    call(hall, meeting, "2026-02-04 15:00")
    with pytest.raises(Refused, match=r"agenda\.not_named"):
        hall.send(meeting.id, m.TableTopics(cases=("c-2",)), unit(CITY))


# ---- G5 of a temporary meeting


def test_a_temporary_meeting_is_held_by_its_chair_with_every_unit_asked_to_lead() -> None:
    hall, meeting = proposed()
    call(hall, meeting, "2026-02-04 15:00")
    hall.advance(when("2026-02-04 15:00"))
    hall.send(meeting.id, m.HoldMeeting(present=("vice-mayor-construction", "housing", "S01")), LEADER)
    held = hall.stated(f.MeetingHeld)[0]
    assert (held.chair, held.absent[:1]) == ("vice-mayor-construction", ("city-secretary",))


@pytest.mark.parametrize(
    "present", [("vice-mayor-construction", "S01"), ("housing", "S01")], ids=["no lead", "no chair"]
)
def test_without_the_unit_asked_to_lead_or_without_a_chair_it_is_not_held(present: tuple[str, ...]) -> None:
    hall, meeting = proposed()
    call(hall, meeting, "2026-02-04 15:00")
    hall.advance(when("2026-02-04 15:00"))
    hall.send(meeting.id, m.HoldMeeting(present=present), LEADER)
    assert [fact.why for fact in hall.stated(f.MeetingNotHeld)] == ["no_quorum"]
    assert hall.statuses() == ("open",) or hall.states[meeting.id].sitting == 2


def test_a_missed_duty_is_supervised_and_proposed_again_to_be_held_within_ten_working_days() -> None:
    hall, meeting = proposed(urgent=True)
    hall.advance(when("2026-02-28 00:00"))
    missed = [fact for fact in hall.stated(f.MeetingMissed) if fact.temporary]
    assert (missed[0].number, missed[0].supervisor) == (meeting.number, "operations")
    again = [fact for fact in hall.stated(f.MeetingProposed) if fact.makeup]
    assert [(fact.cases, fact.duty) for fact in again] == [(("c-1",), True)]
    assert again[0].within == on("2026-03-02")


# ---- calling off


def test_a_temporary_meeting_is_called_off_only_when_every_topic_it_was_called_for_is_withdrawn() -> None:
    hall, meeting = proposed("c-1", "c-2")
    call(hall, meeting, "2026-02-04 15:00")
    hall.withdraw("c-1")
    with pytest.raises(Refused, match=r"meeting\.still_named") as refused:
        hall.send(meeting.id, m.CancelMeeting(why=WHY), LEADER)
    assert refused.value.params["topics"] == "T-DG-c-2"
    hall.withdraw("c-2")
    hall.send(meeting.id, m.CancelMeeting(why=WHY), LEADER)
    assert hall.states[meeting.id].status is MeetingStatus.CANCELLED
    hall.advance(when("2026-02-28 00:00"))
    assert not [fact for fact in hall.stated(f.MeetingMissed) if fact.temporary]


def test_an_estates_temporary_meeting_needs_its_three_parties() -> None:
    hall, meeting = proposed(urgent=True, body=ESTATE)
    hall.advance(when("2026-02-02 13:00"))
    hall.advance(hall.states[meeting.id].opens_at)
    hall.send(meeting.id, m.HoldMeeting(present=("branch", "owners", "housing")), unit(ESTATE))
    assert hall.stated(f.MeetingNotHeld)
