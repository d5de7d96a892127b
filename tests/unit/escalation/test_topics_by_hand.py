"""Topics by hand, with and without a case: screened, returned, taken back; several cases; combinations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.escalation.domain import topic_facts as t
from services.escalation.domain.heard import OrderReworked, VerificationFailed
from services.escalation.domain.topic import TopicKind
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, STREET, Hall, when


def proposed(*cases: str, by: str = ESTATE, **more: object) -> Hall:
    hall = Hall()
    for case in cases:
        hall.register(case)
    hall.propose(by, *cases, **more)
    return hall


def test_a_proposal_waits_two_working_days_for_the_secretary_and_silence_admits_it() -> None:
    hall = proposed("c-1")
    assert hall.stated(t.TopicProposed)[0].screen_due_at == when("2026-01-07 18:00")
    hall.advance(when("2026-01-07 17:59"))
    assert hall.statuses() == ("proposed",)
    hall.advance(when("2026-01-07 18:00"))
    assert hall.statuses() == ("open",)
    assert [fact.lapsed for fact in hall.stated(t.TopicAdmitted)] == [True]
    assert hall.kinds(ESTATE) == ["proposed", "admitted"]


def test_the_answer_clock_starts_when_the_secretary_admits() -> None:
    hall = proposed("c-1")
    hall.advance(when("2026-01-06 10:00"))
    hall.admit()
    assert hall.stated(t.TopicAdmitted)[0].answer_due_at == when("2026-02-21 00:00"), "45 natural days"
    assert [place.case for place in hall.states[f"ledger:{ESTATE}"].places] == ["c-1"]


def test_a_proposal_is_not_on_the_agenda_before_it_is_admitted() -> None:
    hall = proposed("c-1")
    assert hall.states[f"ledger:{ESTATE}"].places == ()


def test_a_returned_proposal_names_the_step_of_the_ladder_and_leaves_its_case_free_for_another() -> None:
    hall = proposed("c-1")
    hall.give_back()
    assert hall.stated(t.TopicReturned)[0].step == "pass_up"
    hall.propose(ESTATE, "c-1")
    assert hall.topic().id == "T-DG-c-1-2"
    assert hall.statuses() == ("proposed",)


def test_an_order_that_escalates_by_itself_needs_no_screening_any_more() -> None:
    hall = proposed("c-1")
    hall.escalate()
    assert hall.statuses() == ("open",)
    assert len(hall.stated(t.TopicProposed)) == 1
    assert hall.stated(t.TopicRaised) == []


@pytest.mark.parametrize("kind", [TopicKind.FUNDING, TopicKind.PLAN, TopicKind.SUGGESTION])
def test_a_topic_without_a_case_goes_the_same_way_and_gets_its_own_order_when_it_is_resolved(kind: TopicKind) -> None:
    hall = proposed(kind=kind)
    hall.admit(case="p-1")
    hall.decide_at(ESTATE, "resolve", "p-1")
    (resolved,) = hall.stated(t.TopicResolved)
    assert resolved.own_order
    assert (resolved.number, resolved.proposer, resolved.unit) == (f"{ESTATE}-1", ESTATE, ESTATE)
    assert hall.topic("p-1").reporters == (ESTATE,), "its reporter is the proposing unit"
    hall.close("p-1")
    hall.tell(ESTATE, "p-1")
    hall.write_off(ESTATE, "p-1")
    assert hall.statuses("p-1") == ("written_off",)
    hall.check_chains()


def test_an_estates_suggestion_rises_to_the_level_above() -> None:
    hall = proposed(kind=TopicKind.SUGGESTION)
    hall.admit(case="p-1")
    hall.decide_at(ESTATE, "move_up", "p-1")
    assert hall.statuses("p-1") == ("moved_up", "open")
    raised = hall.records(COMMUNITY)[-1]
    assert hall.body_of(raised)["cases"] == []


def test_the_same_proposal_without_a_case_sent_again_states_nothing() -> None:
    hall = proposed()
    assert hall.propose(ESTATE) == []


def test_a_subgrid_proposes_to_the_nearest_body_above_it() -> None:
    hall = Hall()
    subgrid = next(child.code for child in hall.city.children(ESTATE))
    hall.register(place=subgrid)
    hall.propose(subgrid, "c-1")
    assert hall.topic().active.body == ESTATE
    assert hall.topic().proposer == subgrid


def test_one_topic_of_two_cases_says_to_the_second_what_concerns_its_order() -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    about = [(subject, type(fact).__name__, fact.home) for subject, fact in hall.facts if subject == "c-2"]
    assert about == [("c-2", "TopicProposed", "c-1"), ("c-2", "TopicAdmitted", "c-1")]
    with pytest.raises(Refused, match=r"topic\.carried"):
        hall.tell(ESTATE, "c-2")


def test_a_resolution_over_two_cases_makes_one_order_each_and_waits_for_both() -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    hall.decide_at(ESTATE, "resolve")
    made = [(subject, fact.lead, fact.due_at) for subject, fact in hall.facts if isinstance(fact, t.TopicResolved)]
    assert [subject for subject, *_ in made] == ["c-1", "c-2"]
    assert len({(lead, due_at) for _, lead, due_at in made}) == 1, "same lead and deadline"
    hall.close("c-2")
    assert hall.statuses() == ("executing",)
    hall.close("c-1")
    assert hall.statuses() == ("settled",)


def test_a_failed_order_of_one_case_reopens_the_topic_of_both() -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    hall.decide_at(ESTATE, "resolve")
    hall.escalate("c-2", cause="overdue")
    assert hall.statuses() == ("open",)
    assert [subject for subject, fact in hall.facts if isinstance(fact, t.TopicReopened)] == ["c-1", "c-2"]


@pytest.mark.parametrize(("last", "status"), [("withdraw", "settled"), ("close", "settled")])
def test_a_topic_is_settled_when_at_least_one_of_its_cases_was_closed(last: str, status: str) -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    hall.decide_at(ESTATE, "resolve")
    hall.close("c-1")
    getattr(hall, last)("c-2")
    assert hall.statuses() == (status,)


def test_a_topic_whose_cases_were_all_withdrawn_is_withdrawn() -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    hall.withdraw("c-1")
    assert hall.statuses() == ("open",)
    hall.withdraw("c-2")
    assert hall.statuses() == ("withdrawn",)


def test_reporters_of_all_cases_are_told_each_by_his_own_name() -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    hall.decide_at(ESTATE, "resolve")
    assert hall.topic().untold()[0].waiting == ("r1", "c-2/r1")
    hall.tell(ESTATE, reporter="c-2/r1")
    assert hall.topic().untold()[0].waiting == ("r1",)
    hall.tell(ESTATE)
    assert hall.topic().untold() == ()


def test_two_attempts_on_two_days_count_as_told_but_not_two_on_one() -> None:
    hall = proposed("c-1")
    hall.admit()
    hall.decide_at(ESTATE, "resolve")
    hall.tell(ESTATE, reporter="r1", reached=False)
    with pytest.raises(Refused, match=r"topic\.tried_today"):
        hall.tell(ESTATE, reporter="r1", reached=False)
    assert hall.topic().untold() != ()
    hall.advance(when("2026-02-05 10:00"))
    hall.tell(ESTATE, reporter="r1", reached=False)
    assert hall.topic().untold() == ()
    assert [fact.reached for fact in hall.stated(t.ReportersTold)] == [False]


def test_a_later_reporter_is_told_of_every_decision_from_now_on() -> None:
    hall = proposed("c-1")
    hall.admit()
    hall.decide_at(ESTATE, "defer")
    hall.join("r2")
    assert hall.topic().untold()[0].waiting == ("r1",)
    hall.decide_at(ESTATE, "resolve")
    assert hall.topic().untold()[-1].waiting == ("r1", "r2")
    assert hall.join("r2") == [], "once is enough"


def test_who_proposed_may_take_it_back_until_it_is_tabled() -> None:
    hall = proposed("c-1")
    hall.admit()
    hall.take_back(ESTATE)
    assert hall.statuses() == ("withdrawn",)
    assert hall.states[f"ledger:{ESTATE}"].places == ()
    hall.escalate()
    assert hall.topic().id == "T-DG-c-1-2", "the case itself may come again"


def test_a_secretary_does_not_take_a_topic_off_the_ledger_while_a_case_is_open() -> None:
    hall = Hall()
    hall.escalate()
    with pytest.raises(Refused, match=r"topic\.cases_open"):
        hall.take_back(ESTATE)


def test_a_moved_up_topic_is_received_by_the_secretary_above_or_by_silence_after_two_working_days() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    with pytest.raises(Refused, match=r"body\.not_yours"):
        hall.receive(STREET)
    hall.receive(COMMUNITY)
    assert hall.kinds(COMMUNITY) == ["raised", "received"]
    with pytest.raises(Refused, match=r"topic\.received"):
        hall.receive(COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    hall.advance(hall.deadlines["c-1", f"receipt:{STREET}"].due_at)
    assert [fact.lapsed for fact in hall.stated(t.TopicReceived)] == [False, True]


def test_a_squad_of_the_top_body_executes_and_a_listed_problem_comes_back_to_every_regular_meeting() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY)
    hall.decide_at(CITY, "list")
    (listed,) = hall.stated(t.TopicListed)
    assert hall.statuses() == ("listed",)
    assert listed.reviews == 1
    meeting = hall.convened(CITY)
    assert hall.city.calendar.local(meeting.opens_at).date() == listed.until
    hall.decide_at(CITY, "squad")
    (squad,) = hall.stated(t.TopicSquadFormed)
    assert hall.statuses() == ("executing",)
    assert (squad.lead, squad.members) == ("housing", ("housing", "finance"))


def test_what_a_combination_takes_over() -> None:
    hall = Hall()
    for case in ("c-1", "c-2"):
        hall.register(case)
        hall.escalate(case)
        hall.decide_at(ESTATE, "defer", case)
    for case in ("c-1", "c-2"):
        hall.tell(ESTATE, case)
    assert [hall.topic(case).active.deferrals for case in ("c-1", "c-2")] == [2, 1]
    hall.combine("c-2")
    survivor = hall.topic("c-2")
    assert survivor.cases == ("c-2", "c-1")
    assert survivor.reporters == ("r1", "c-1/r1")
    assert survivor.active.deferrals == 2
    assert [place.case for place in hall.states[f"ledger:{ESTATE}"].places] == ["c-2"]
    hall.decide_at(ESTATE, "resolve", "c-2")
    assert [subject for subject, fact in hall.facts if isinstance(fact, t.TopicResolved)] == ["c-2", "c-1"]
    hall.close("c-1")
    hall.close("c-2")
    assert hall.statuses("c-2") == ("settled",)
    hall.check_chains()


def test_after_a_combination_every_case_knows_the_earlier_of_the_two_days_for_the_answer() -> None:
    hall = Hall()
    for case in ("c-1", "c-2", "c-3", "c-4"):
        hall.register(case)
    hall.propose(ESTATE, "c-1", "c-2")
    hall.admit()
    sooner = hall.topic().active.answer_due_at
    hall.advance(hall.now + timedelta(days=3))
    hall.propose(ESTATE, "c-3", "c-4")
    hall.admit(case="c-3")
    assert hall.topic("c-3").active.answer_due_at > sooner
    hall.combine("c-3")
    hall.advance(hall.now)
    assert {fact.answer_due_at for fact in hall.stated(t.TopicCombined)} == {sooner}
    assert [(case, fact.home) for case, fact in hall.facts if isinstance(fact, t.TopicJoined)] == [
        ("c-3", ""), ("c-4", "c-3"),
    ]  # fmt: skip
    assert {fact.answer_due_at for fact in hall.stated(t.TopicJoined)} == {sooner}
    assert hall.topic("c-3").active.answer_due_at == sooner
    assert {hall.states[case].home for case in ("c-1", "c-2", "c-4")} == {"c-3"}


def test_a_combination_takes_the_lower_entries_of_both_and_tells_both_units() -> None:
    other = "C01-G02"
    hall = Hall(bodies=(ESTATE, other, COMMUNITY, STREET))
    hall.escalate("c-1", ESTATE)
    hall.escalate("c-2", other)
    hall.decide_at(ESTATE, "move_up", "c-1")
    hall.decide_at(other, "move_up", "c-2")
    for case, unit in (("c-1", ESTATE), ("c-2", other)):
        hall.tell(unit, case)
    hall.combine("c-2", COMMUNITY)
    survivor = hall.topic("c-2")
    assert [entry.body for entry in survivor.entries] == [other, ESTATE, COMMUNITY]
    hall.decide_at(COMMUNITY, "resolve", "c-2")
    assert {fact.to for fact in hall.stated(t.TopicFedBack)} == {ESTATE, other}
    for unit in (ESTATE, other):
        hall.acknowledge(unit, "c-2")
    hall.tell(COMMUNITY, "c-2")
    hall.close("c-1")
    hall.close("c-2")
    hall.write_off(COMMUNITY, "c-2")
    assert hall.statuses("c-2") == ("settled", "settled", "written_off")
    hall.write_off(ESTATE, "c-2")
    hall.write_off(other, "c-2")
    assert set(hall.statuses("c-2")) == {"written_off"}
    hall.check_chains()


def test_a_case_that_is_over_by_the_time_its_escalation_can_be_met_gets_no_topic() -> None:
    hall = proposed("c-1", "c-2")
    hall.admit()
    hall.take_back(ESTATE)
    hall.withdraw("c-2")
    hall.escalate("c-2")
    assert hall.stated(t.TopicRaised) == []
    assert hall.states[f"ledger:{ESTATE}"].places == ()


def test_a_combination_remembers_which_cases_of_both_are_over() -> None:
    hall = proposed("c-1", "c-2")
    hall.register("c-3")
    hall.propose(ESTATE, "c-3")
    for case in ("c-1", "c-3"):
        hall.admit(case=case)
    hall.withdraw("c-2")
    hall.combine("c-3")
    survivor = hall.topic("c-3")
    assert (survivor.cases, survivor.gone) == (("c-3", "c-1", "c-2"), ("c-2",))
    assert survivor.open_cases("c-3") == ("c-3", "c-1")


@pytest.mark.parametrize("fact", [OrderReworked(), VerificationFailed()], ids=["reworked", "not verified"])
def test_an_order_that_fails_while_a_body_is_to_decide_on_its_case_learns_which_topic_holds_it(fact: object) -> None:
    hall = proposed("c-1", "c-2")
    assert hall.hear("c-1", fact, "dispatch") == [], "nobody has admitted it yet"
    hall.admit()
    for case, home in (("c-1", ""), ("c-2", "c-1")):
        hall.hear(case, fact, "dispatch")
        hall.advance(hall.now)
        joined = hall.stated(t.TopicJoined)[-1]
        assert (joined.topic, joined.body, joined.home) == ("T-DG-c-1", ESTATE, home)
        assert joined.answer_due_at == hall.topic().active.answer_due_at
    hall.decide_at(ESTATE, "resolve")
    hall.hear("c-1", fact, "dispatch")
    hall.advance(hall.now)
    assert len(hall.stated(t.TopicJoined)) == 2, "the meeting's own order is its department's to do again"
