"""Regular meetings: complete agendas, invitations, postponed once, called again, excused, minuted in time."""

from __future__ import annotations

from typing import Any

import pytest

from services.escalation.domain import facts as f
from services.escalation.domain import messages as m
from services.escalation.domain import topic_facts as t
from services.escalation.domain.meeting import Meeting, MeetingStatus
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, STREET, Hall, on, unit, when

WHY = "主要负责人参加防汛应急工作"
SECRETARY = Actor("post", f"{COMMUNITY}:community-liaison")
CONVENER = Actor("post", f"{COMMUNITY}:community-secretary")


def planned(*cases: str) -> tuple[Hall, Meeting]:
    """Return a community whose February meeting, on the 5th, is planned, with these entries waiting."""
    hall = Hall(bodies=(COMMUNITY, STREET))
    for case in cases:
        hall.escalate(case, COMMUNITY)
    return hall, hall.meetings(COMMUNITY)[0]


def convene(hall: Hall, meeting: Meeting, *cases: str, **more: Any) -> list[Any]:
    return hall.send(meeting.id, m.ConveneMeeting(cases=cases, **more), SECRETARY)


# ---- G3


def test_g3_an_agenda_with_six_of_seven_open_entries_is_refused() -> None:
    cases = [f"c-{n}" for n in range(7)]
    hall, meeting = planned(*cases)
    with pytest.raises(Refused, match=r"agenda\.incomplete") as refused:
        convene(hall, meeting, *cases[:-1])
    assert (refused.value.params["topics"], refused.value.params["count"]) == ("c-6", "7")
    assert hall.states[meeting.id].status is MeetingStatus.PLANNED


def test_an_agenda_in_another_order_or_with_another_ledgers_entry_is_refused() -> None:
    hall, meeting = planned("c-1", "c-2")
    hall.escalate("c-3", STREET)
    with pytest.raises(Refused, match=r"agenda\.order"):
        convene(hall, meeting, "c-2", "c-1")
    with pytest.raises(Refused, match=r"agenda\.foreign"):
        convene(hall, meeting, "c-1", "c-2", "c-3")


def test_the_secretary_convenes_with_hour_place_theme_and_guests_before_the_cut_off() -> None:
    hall, meeting = planned("c-1")
    convene(
        hall,
        meeting,
        "c-1",
        opens_at=when("2026-02-05 15:00"),
        place="港北社区广场",
        theme="暖气",
        invited=("heating-company",),
    )
    convened = hall.states[meeting.id]
    assert (convened.status, convened.opens_at) == (MeetingStatus.CONVENED, when("2026-02-05 15:00"))
    assert (convened.place, convened.theme) == ("港北社区广场", "暖气")
    assert {"heating-company", ESTATE} <= set(convened.invited)
    assert hall.statuses() == ("tabled",)


def test_what_opens_after_an_early_convening_is_added_at_the_cut_off() -> None:
    hall, meeting = planned("c-1")
    convene(hall, meeting, "c-1")
    hall.escalate("c-2", COMMUNITY)
    assert hall.statuses("c-2") == ("open",)
    assert meeting.cut_off_at is not None
    hall.advance(meeting.cut_off_at)
    assert [item.case for item in hall.states[meeting.id].agenda] == ["c-1", "c-2"]
    assert hall.stated(f.MeetingTabled)[0].agenda == ("T-DG-c-1", "T-DG-c-2")


def test_only_the_hour_can_change_the_day_is_fixed() -> None:
    hall, meeting = planned()
    with pytest.raises(Refused, match=r"meeting\.other_day"):
        convene(hall, meeting, opens_at=when("2026-02-06 09:00"))


def test_an_entry_that_opens_after_the_cut_off_is_tabled_until_the_meeting_opens_and_not_later() -> None:
    hall, meeting = planned("c-1")
    hall.convened(COMMUNITY)
    hall.now = when("2026-02-04 10:00")
    hall.escalate("c-2", COMMUNITY)
    hall.send(meeting.id, m.TableTopics(cases=("c-2",)), SECRETARY)
    assert [item.case for item in hall.states[meeting.id].agenda] == ["c-1", "c-2"]
    hall.escalate("c-3", COMMUNITY)
    hall.now = when("2026-02-05 09:00")
    with pytest.raises(Refused, match=r"meeting\.opened"):
        hall.send(meeting.id, m.TableTopics(cases=("c-3",)), SECRETARY)


def test_g4_tabling_another_bodys_entry_is_refused() -> None:
    hall, meeting = planned("c-1")
    hall.convened(COMMUNITY)
    hall.now = when("2026-02-04 10:00")
    hall.escalate("c-2", STREET)
    with pytest.raises(Refused, match=r"agenda\.foreign"):
        hall.send(meeting.id, m.TableTopics(cases=("c-2",)), SECRETARY)


def test_part_one_of_every_agenda_is_the_state_of_earlier_decisions_until_a_meeting_heard_of_their_end() -> None:
    hall = Hall(bodies=(ESTATE, COMMUNITY))
    hall.escalate("c-1")
    hall.decide_at(ESTATE, "resolve", due_on=on("2026-06-01"))
    hall.escalate("c-2")
    second = hall.convened(ESTATE)
    assert [(d.topic, d.entry.value) for d in second.earlier] == [("T-DG-c-1", "executing")]
    hall.hold(second)
    hall.record(second, hall.decision("T-DG-c-2", "move_up"))
    hall.adopt(second)
    hall.close("c-1")
    hall.write_off(ESTATE, "c-1")
    third = hall.convened(ESTATE)
    told = {d.topic: d.entry.value for d in third.earlier}
    assert told == {"T-DG-c-1": "written_off", "T-DG-c-2": "moved_up"}
    hall.hold(third)
    hall.adopt(third)
    hall.hold(hall.convened(ESTATE))
    assert [d.topic for d in hall.convened(ESTATE).earlier] == ["T-DG-c-2"], "the end of c-1 is told no more"


# ---- postponing


def test_a_meeting_is_postponed_once_inside_its_period_and_its_agenda_fixed_anew() -> None:
    hall, meeting = planned("c-1")
    hall.convened(COMMUNITY)
    hall.send(meeting.id, m.PostponeMeeting(opens_at=when("2026-03-18 09:00"), why=WHY), CONVENER)
    assert (hall.statuses(), hall.topic().active.deferrals) == (("open",), 0)
    assert hall.stated(f.MeetingPostponed)[0].cut_off_at == when("2026-03-13 18:00")
    hall.escalate("c-2", COMMUNITY)
    hall.advance(when("2026-03-13 18:00"))
    assert [item.case for item in hall.states[meeting.id].agenda] == ["c-1", "c-2"]
    with pytest.raises(Refused, match=r"meeting\.postponed"):
        hall.send(meeting.id, m.PostponeMeeting(opens_at=when("2026-03-20 09:00"), why=WHY), CONVENER)
    hall.advance(when("2026-03-18 09:00"))
    hall.hold(hall.states[meeting.id])
    assert hall.states[meeting.id].status is MeetingStatus.HELD


def test_a_meeting_is_not_postponed_out_of_its_period() -> None:
    hall, meeting = planned("c-1")
    hall.convened(COMMUNITY)
    with pytest.raises(Refused, match=r"meeting\.period") as refused:
        hall.send(meeting.id, m.PostponeMeeting(opens_at=when("2026-04-01 09:00"), why=WHY), CONVENER)
    assert refused.value.params["within"] == "2026-03-31"


def test_two_calls_that_failed_leave_the_convener_his_one_postponement() -> None:
    hall, meeting = planned("c-1")
    for _ in range(2):
        called = hall.convened(COMMUNITY)
        hall.send(called.id, m.HoldMeeting(present=()), CONVENER)
    with pytest.raises(Refused, match=r"meeting\.not_called"):
        hall.hold(hall.states[meeting.id])
    hall.send(meeting.id, m.PostponeMeeting(opens_at=when("2026-03-18 09:00"), why=WHY), CONVENER)
    third = hall.convened(COMMUNITY)
    hall.hold(third)
    assert (hall.states[meeting.id].status, hall.stated(f.MeetingMissed)) == (MeetingStatus.HELD, [])


# ---- excused


def test_the_top_body_may_be_excused_in_writing_without_make_up_and_its_duties_stay() -> None:
    hall = Hall("2026-06-01 09:00", (CITY,))
    hall.escalate("c-1", CITY)
    hall.escalate("c-2", CITY, lead="housing")
    meeting = hall.convened(CITY)
    hall.send(meeting.id, m.ExcuseMeeting(why=WHY), unit(CITY))
    assert [(fact.excused, fact.supervisor) for fact in hall.stated(f.MeetingMissed)] == [(True, "")]
    assert hall.statuses() == ("open",)
    hall.advance(when("2026-08-31 09:00"))
    assert not [fact for fact in hall.stated(f.MeetingPlanned) if fact.makeup]
    assert hall.stated(f.MeetingProposed) == [], "answers due in December can wait for the meeting of 3 December"


def test_what_cannot_wait_for_the_next_regular_date_is_met_about_when_the_top_body_is_excused() -> None:
    hall = Hall("2025-12-20 09:00", (CITY,))
    hall.escalate("c-1", CITY)
    assert hall.stated(f.MeetingProposed) == [], "due on 8 July, after the meeting of 18 June"
    meeting = hall.convened(CITY)
    hall.send(meeting.id, m.ExcuseMeeting(why=WHY), unit(CITY))
    assert [(fact.cases, fact.duty) for fact in hall.stated(f.MeetingProposed)] == [(("c-1",), True)]


def test_no_other_body_is_excused() -> None:
    hall, meeting = planned()
    with pytest.raises(Refused, match=r"meeting\.not_excusable"):
        hall.send(meeting.id, m.ExcuseMeeting(why=WHY), CONVENER)


# ---- minutes


def test_minutes_that_nobody_adopts_within_five_working_days_are_reported_above() -> None:
    hall, _ = planned("c-1")
    meeting = hall.held(COMMUNITY)
    hall.record(meeting, hall.decision("T-DG-c-1", "resolve", COMMUNITY))
    hall.advance(when("2026-02-12 17:59"))
    assert hall.stated(f.MeetingLate) == []
    hall.advance(when("2026-02-12 18:00"))
    assert [(fact.what, fact.supervisor) for fact in hall.stated(f.MeetingLate)] == [("minutes", STREET)]
    hall.adopt(meeting)
    assert hall.statuses() == ("executing",)


def test_adopted_minutes_never_change_a_supplement_adds_and_is_in_the_ledger() -> None:
    hall, _ = planned("c-1")
    meeting = hall.held(COMMUNITY)
    hall.record(meeting, hall.decision("T-DG-c-1", "resolve", COMMUNITY))
    hall.adopt(meeting)
    adopted = hall.states[meeting.id]
    with pytest.raises(Refused, match=r"move\.forbidden"):
        hall.record(meeting, hall.decision("T-DG-c-1", "defer", COMMUNITY))
    for number in (1, 2):
        hall.send(meeting.id, m.SupplementMinutes(text="补充：请街道协助公告"), CONVENER)
        assert hall.states[meeting.id].supplements == number
    assert hall.states[meeting.id].decisions == adopted.decisions
    assert hall.kinds(COMMUNITY)[-2:] == ["corrected", "corrected"]
    assert len(hall.stated(t.TopicResolved)) == 1
    hall.check_chains()


def test_minutes_keep_what_was_said_of_earlier_decisions_and_of_plans() -> None:
    hall, _ = planned()
    meeting = hall.held(COMMUNITY)
    said = m.RecordDecisions(decisions=(), review="两项已销号，电话13800138000", plans="下季度整治飞线")
    hall.send(meeting.id, said, SECRETARY)
    kept = hall.states[meeting.id]
    assert (kept.plans, "13800138000" in kept.review) == ("下季度整治飞线", False)
    assert [words.is_genuine for words in hall.wordings()][-1]
    hall.adopt(meeting)
    assert hall.states[meeting.id].adopted_at == hall.now


# ---- G6: by whom


def test_minutes_are_adopted_by_who_called_the_meeting_never_by_its_secretary_or_operations() -> None:
    hall, _ = planned()
    meeting = hall.held(COMMUNITY)
    for actor, rule in (
        (SECRETARY, r"body\.other_post"),
        (Actor("operations", "donggang"), r"body\.not_yours"),
        (Actor("post", f"{STREET}:street-secretary"), r"body\.not_yours"),
    ):
        with pytest.raises(Refused, match=rule):
            hall.send(meeting.id, m.AdoptMinutes(), actor)
    hall.send(meeting.id, m.AdoptMinutes(), CONVENER)
    assert hall.states[meeting.id].status is MeetingStatus.ADOPTED
