"""Meetings: planned one per period, convened with every open entry, held with a quorum, missed and made up."""

from __future__ import annotations

import pytest

from services.escalation.domain import facts as f
from services.escalation.domain import messages as m
from services.escalation.domain.meeting import MeetingStatus
from services.escalation.domain.planning import seeds
from services.escalation.domain.topic import EntryStatus
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, STREET, Hall, donggang, on, unit, when


def test_every_body_of_the_city_begins_with_the_plan_of_its_first_meeting() -> None:
    city = donggang()
    wanted = seeds(city, when("2026-01-02 09:00"))
    assert len(wanted) == len(city.bodies) == 105 + 18 + 3 + 1
    assert all(arm.touches == (f"meeting:{subject.removeprefix('ledger:')}:1",) for subject, arm in wanted)


def test_each_body_plans_exactly_one_meeting_per_period_of_its_cadence() -> None:
    hall = Hall("2025-12-31 09:00")
    hall.advance(when("2026-12-31 09:00"))
    regular = [fact for fact in hall.stated(f.MeetingPlanned) if not fact.makeup]
    days = {body: [p.on for p in regular if p.body == body and p.on.year == 2026] for body in (ESTATE, STREET, CITY)}
    assert [len(found) for found in days.values()] == [12, 4, 2]
    assert days[CITY] == [on("2026-06-18"), on("2026-12-03")]
    assert all(found == sorted(set(found)) for found in days.values())


def test_the_cut_off_lies_three_working_days_before_the_meeting_make_up_days_counted() -> None:
    hall = Hall("2026-02-10 09:00", (STREET,))
    planned = hall.stated(f.MeetingPlanned)[0]
    assert planned.on == on("2026-02-24")
    assert planned.cut_off_at == when("2026-02-12 18:00"), "14 February is worked, 15 to 23 are not"


def test_a_body_that_starts_after_a_cut_off_still_meets_and_fixes_its_agenda_at_once() -> None:
    hall = Hall("2026-02-02 20:00", (ESTATE,))
    assert hall.stated(f.MeetingPlanned)[0].on == on("2026-02-03")
    assert hall.meetings(ESTATE)[0].status is MeetingStatus.CONVENED


def test_a_regular_agenda_holds_every_open_entry_moved_up_then_reopened_then_by_age() -> None:
    hall = Hall(bodies=(ESTATE, COMMUNITY))
    hall.escalate("c-reopened", COMMUNITY)
    hall.decide_at(COMMUNITY, "resolve", "c-reopened", due_on=on("2026-07-01"))
    hall.escalate("c-up", ESTATE)
    hall.escalate("c-old", COMMUNITY)
    hall.decide_at(ESTATE, "move_up", "c-up")
    hall.escalate("c-reopened", COMMUNITY, cause="overdue")
    hall.escalate("c-new", COMMUNITY)
    agenda = [item.case for item in hall.convened(COMMUNITY).agenda]
    assert agenda == ["c-up", "c-reopened", "c-old", "c-new"]
    assert all(hall.statuses(case)[-1] == "tabled" for case in agenda)


def test_seven_open_entries_make_an_agenda_of_seven() -> None:
    hall = Hall()
    cases = [f"c-{n}" for n in range(7)]
    for case in cases:
        hall.escalate(case)
    meeting = hall.convened(ESTATE)
    assert sorted(item.case for item in meeting.agenda) == cases
    assert hall.states[f"ledger:{ESTATE}"].agenda() == ()


def test_what_is_raised_after_the_cut_off_waits_for_the_next_meeting() -> None:
    hall = Hall(bodies=(ESTATE,))
    hall.escalate("c-1")
    hall.convened(ESTATE)
    hall.escalate("c-2")
    hall.decide_at(ESTATE, "resolve")
    assert hall.statuses("c-2") == ("open",)
    assert [item.case for item in hall.convened(ESTATE).agenda] == ["c-2"]


def test_a_meeting_without_topics_is_held_and_minuted() -> None:
    hall = Hall(bodies=(ESTATE,))
    meeting = hall.held(ESTATE)
    adopted = next(fact for fact in hall.adopt(meeting) if isinstance(fact, f.MeetingAdopted))
    assert adopted.decisions == {}


# ---- G5


def test_g5_an_estate_meeting_without_the_property_company_at_first_call_is_not_held() -> None:
    hall = Hall()
    hall.escalate()
    meeting = hall.convened(ESTATE)
    hall.send(meeting.id, m.HoldMeeting(present=("branch", "owners")), unit(ESTATE))
    assert [(fact.why, fact.absent) for fact in hall.stated(f.MeetingNotHeld)] == [("no_quorum", ("property",))]
    assert (hall.statuses(), hall.stated(f.MeetingMissed)) == (("open",), [])


def test_a_party_absent_at_the_second_call_no_longer_counts_but_the_branch_does() -> None:
    hall = Hall()
    hall.escalate()
    hall.send(hall.convened(ESTATE).id, m.HoldMeeting(present=("branch", "owners")), unit(ESTATE))
    second = hall.convened(ESTATE)
    assert (second.number, second.sitting) == (1, 2)
    hall.send(second.id, m.HoldMeeting(present=("branch",)), unit(ESTATE))
    assert hall.states[second.id].status is MeetingStatus.HELD


@pytest.mark.parametrize(
    ("present", "holds"),
    [
        (("street-secretary", "C01", "C02", "C03", "C04"), True),
        (("street-secretary", "C01", "C02", "C03"), False),
        (("C01", "C02", "C03", "C04", "C05", "C06"), False),
        (("street-secretary", "C01", "C01", "C01", "housing", "finance", "C02"), False),
    ],
    ids=["chair and two thirds", "more than half but not two thirds", "no chair", "guests and doubles do not count"],
)
def test_the_chair_and_the_share_of_standing_members_make_a_quorum(present: tuple[str, ...], holds: bool) -> None:
    hall = Hall(bodies=(STREET,))
    meeting = hall.convened(STREET)
    hall.send(meeting.id, m.HoldMeeting(present=present), unit(STREET))
    assert (hall.states[meeting.id].status is MeetingStatus.HELD) == holds


def test_a_temporary_meeting_needs_the_unit_asked_to_lead() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY, urgent=True, lead="publicity")
    meeting = hall.convened(CITY)
    assert meeting.leads == ("publicity",)
    hall.send(meeting.id, m.HoldMeeting(present=hall.members(CITY)), unit(CITY))
    assert hall.stated(f.MeetingNotHeld)[0].why == "no_quorum"
    assert hall.states[meeting.id].status is not MeetingStatus.HELD


def test_attendance_is_counted_by_standing_members() -> None:
    hall = Hall(bodies=(STREET,))
    hall.held(STREET, "housing")
    held = hall.stated(f.MeetingHeld)[0]
    assert (held.members, held.present, held.attendance[-1]) == (7, 7, "housing")


def test_adopted_minutes_tell_who_was_there_and_who_was_not() -> None:
    hall = Hall(bodies=(STREET,))
    meeting = hall.convened(STREET)
    hall.send(meeting.id, m.HoldMeeting(present=hall.members(STREET)[:5]), unit(STREET))
    hall.adopt(meeting)
    adopted = hall.stated(f.MeetingAdopted)[0]
    assert adopted.attendance == hall.members(STREET)[:5]
    assert adopted.absent == hall.members(STREET)[5:]


# ---- when and by whom


def test_a_meeting_is_held_on_its_day_not_before_and_not_after() -> None:
    hall = Hall(bodies=(ESTATE,))
    meeting = hall.meetings(ESTATE)[0]
    hall.advance(meeting.cut_off_at)
    with pytest.raises(Refused, match=r"meeting\.too_early"):
        hall.hold(meeting)
    hall.now = when("2026-02-03 18:00:01")
    with pytest.raises(Refused, match=r"meeting\.slot_over"):
        hall.hold(meeting)
    hall.now = when("2026-02-03 18:00")
    hall.hold(meeting)
    assert hall.stated(f.MeetingHeld)


def test_a_meeting_not_held_on_its_day_is_called_again_inside_its_period_and_its_topics_wait_meanwhile() -> None:
    hall = Hall(bodies=(ESTATE,))
    hall.escalate()
    meeting = hall.convened(ESTATE)
    hall.advance(when("2026-02-03 18:00"))
    assert [(fact.why, fact.opens_at) for fact in hall.stated(f.MeetingNotHeld)] == [
        ("not_held", when("2026-02-10 09:30"))
    ]
    assert (hall.statuses(), hall.topic().active.deferrals) == (("open",), 0)
    again = hall.convened(ESTATE)
    assert (again.id, again.sitting, [item.case for item in again.agenda]) == (meeting.id, 2, ["c-1"])


def test_a_meeting_that_its_period_does_not_see_is_missed_supervised_and_made_up_within_ten_working_days() -> None:
    hall = Hall(bodies=(COMMUNITY,))
    hall.escalate(body=COMMUNITY)
    hall.advance(when("2026-03-31 23:59"))
    assert hall.stated(f.MeetingMissed) == []
    hall.advance(when("2026-04-01 00:00"))
    assert [(fact.why, fact.supervisor) for fact in hall.stated(f.MeetingMissed)] == [("not_held", STREET)]
    made_up = [p for p in hall.stated(f.MeetingPlanned) if p.makeup]
    assert [(p.on, p.within) for p in made_up] == [(on("2026-04-09"), on("2026-04-16"))], "6 April is a holiday"
    meeting = hall.convened(COMMUNITY)
    assert (meeting.makeup, [item.case for item in meeting.agenda]) == (True, ["c-1"])


def test_a_missed_make_up_is_not_made_up_again_but_what_cannot_wait_gets_a_temporary_meeting() -> None:
    hall = Hall(bodies=(ESTATE,))
    hall.escalate()
    hall.advance(when("2026-03-14 00:00"))
    assert [fact.makeup for fact in hall.stated(f.MeetingMissed) if not fact.temporary] == [False, True]
    assert len([p for p in hall.stated(f.MeetingPlanned) if p.makeup]) == 1
    assert [p.cases for p in hall.stated(f.MeetingProposed)][-1:] == [("c-1",)]


def test_numbers_are_never_given_twice_whatever_kind_of_meeting() -> None:
    hall = Hall(bodies=(ESTATE,))
    hall.escalate("c-1", urgent=True)
    hall.escalate("c-2", urgent=True)
    hall.advance(when("2026-06-30 09:00"))
    numbers = [fact.number for fact in hall.stated(f.MeetingNumbered)]
    assert numbers == list(range(1, len(numbers) + 1))
    hall.check_chains()


@pytest.mark.parametrize("actor", [unit(COMMUNITY), Actor("operations", ESTATE), Actor("department", "housing")])
def test_only_the_bodys_own_unit_holds_records_and_adopts(actor: Actor) -> None:
    hall = Hall(bodies=(ESTATE,))
    hall.escalate()
    meeting = hall.convened(ESTATE)
    acts = (m.HoldMeeting(present=hall.members(ESTATE)), m.RecordDecisions(decisions=()), m.AdoptMinutes())
    for act in acts:
        with pytest.raises(Refused, match=r"body\.not_yours"):
            hall.send(meeting.id, act, actor)


@pytest.mark.parametrize("act", [m.HoldMeeting(present=()), m.RecordDecisions(decisions=()), m.AdoptMinutes()])
def test_a_meeting_that_does_not_exist_is_unknown(act: object) -> None:
    hall = Hall(bodies=(ESTATE,))
    with pytest.raises(Refused, match=r"subject\.unknown"):
        hall.send("meeting:C01-G01:99", act, unit(ESTATE))


@pytest.mark.parametrize("status", [MeetingStatus.HELD, MeetingStatus.ADOPTED])
def test_a_meeting_once_held_is_never_missed(status: MeetingStatus) -> None:
    hall = Hall(bodies=(ESTATE,))
    meeting = hall.held(ESTATE)
    if status is MeetingStatus.ADOPTED:
        hall.adopt(meeting)
    hall.advance(when("2026-02-20 09:00"))
    assert meeting.id not in {f"meeting:{x.body}:{x.number}" for x in hall.stated(f.MeetingMissed)}


def test_entries_on_an_agenda_name_their_meeting() -> None:
    hall = Hall()
    hall.escalate()
    meeting = hall.convened(ESTATE)
    assert (hall.topic().active.status, hall.topic().active.meeting) == (EntryStatus.TABLED, meeting.id)
