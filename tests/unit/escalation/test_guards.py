"""The refused example of each guard of topics, workflows §2.4: G1, G2, G7 to G15, G17, G18.

Those of meetings stand with their meetings: G3 and G4 in `test_convening`, G4 and G16 in `test_calling`, G5 in
`test_meetings`, G6 in `test_decisions`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.escalation.domain import topic_facts as t
from services.escalation.domain.heard import ExtensionJudged
from services.escalation.domain.messages import RecordDecisions
from services.escalation.domain.topic import TopicKind
from services.escalation.domain.topic_messages import DeclineReason
from shared.contracts import escalation as contract
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, STREET, Hall, liberal, on, unit, when


def refuses(rule: str) -> Any:
    return pytest.raises(Refused, match=rule.replace(".", r"\."))


def with_case(*cases: str) -> Hall:
    hall = Hall()
    for case in cases or ("c-1",):
        hall.register(case)
    return hall


def executing(body: str = ESTATE) -> Hall:
    hall = with_case()
    hall.escalate(body=body)
    hall.decide_at(body, "resolve")
    return hall


# ---- G1


def test_g1_a_second_topic_for_a_case_whose_topic_is_deferred_is_refused_it_joins_the_first() -> None:
    hall = with_case()
    hall.escalate()
    hall.decide_at(ESTATE, "defer")
    with refuses("topic.active"):
        hall.propose(ESTATE, "c-1")
    (joined,) = hall.escalate(cause="overdue")
    assert isinstance(joined, t.TopicJoined)
    assert joined.topic == hall.topic().id


def test_g1_a_further_case_of_an_active_topic_has_an_active_topic_too() -> None:
    hall = with_case("c-1", "c-2")
    hall.propose(ESTATE, "c-1", "c-2")
    with refuses("topic.active"):
        hall.propose(ESTATE, "c-2")


@pytest.mark.parametrize(
    ("cases", "kind", "rule"),
    [
        ((), TopicKind.CASE, "topic.needs_case"),
        (("c-1",), TopicKind.FUNDING, "topic.needs_no_case"),
        (("c-1", "c-1"), TopicKind.CASE, "topic.case_twice"),
        (("c-9",), TopicKind.CASE, "subject.unknown"),
    ],
)
def test_g1_a_topic_has_source_cases_or_is_of_a_kind_without(
    cases: tuple[str, ...], kind: TopicKind, rule: str
) -> None:
    hall = with_case()
    with refuses(rule):
        hall.propose(ESTATE, *cases, kind=kind)


def test_g1_a_closed_case_is_no_source_case() -> None:
    hall = with_case()
    hall.close()
    with refuses("topic.case_over"):
        hall.propose(ESTATE, "c-1")


@pytest.mark.parametrize("missing", ["summary", "tried", "asked"])
def test_g1_what_was_tried_and_what_is_asked_must_be_said(missing: str) -> None:
    said = {"kind": "case", "cases": ("c-1",), "summary": "地下室返污水", "tried": "网格协调过", "asked": "请明确权属"}
    with pytest.raises(ValidationError):
        contract.ProposeTopic.model_validate({name: words for name, words in said.items() if name != missing})


# ---- G2


def test_g2_a_grid_member_does_not_propose_a_parking_quarrel_to_the_street_body() -> None:
    hall = with_case()
    with refuses("topic.other_body"):
        hall.propose(ESTATE, "c-1", body=STREET)


def test_g2_a_case_of_another_ground_is_not_this_bodys() -> None:
    hall = Hall()
    hall.register("c-1", "C02-G01")
    with refuses("topic.other_area"):
        hall.propose(COMMUNITY, "c-1")


# ---- G7


def test_g7_a_community_does_not_order_the_absent_city_water_company() -> None:
    hall = with_case()
    hall.escalate(body=COMMUNITY)
    meeting = hall.held(COMMUNITY)
    with refuses("decision.out_of_reach"):
        hall.record(meeting, hall.decision(hall.topic().id, "resolve", COMMUNITY, lead="water-company"))
    consents = hall.decision(hall.topic().id, "resolve", COMMUNITY, lead="water-company", consents=("water-company",))
    hall.record(meeting, consents)
    hall.adopt(meeting)
    assert hall.statuses() == ("executing",)


# ---- G8


def test_g8_nothing_is_sent_up_before_the_meeting() -> None:
    hall = with_case()
    hall.escalate()
    meeting = hall.convened(ESTATE)
    with refuses("move.forbidden"):
        hall.record(meeting, hall.decision(hall.topic().id, "move_up"))


def test_g8_a_community_moves_up_to_its_street_never_to_the_city() -> None:
    hall = with_case()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    assert [entry.body for entry in hall.topic().entries] == [COMMUNITY, STREET]


def test_g8_the_city_moves_nothing_up() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY)
    meeting = hall.held(CITY)
    with refuses("decision.top"):
        hall.record(meeting, hall.decision(hall.topic().id, "move_up", CITY))


# ---- G9


def test_g9_a_third_deferral_is_refused_left_are_resolve_move_up_and_decline() -> None:
    hall = with_case()
    hall.escalate()
    for _ in range(2):
        hall.decide_at(ESTATE, "defer")
    meeting = hall.held(ESTATE)
    with refuses("decision.deferrals"):
        hall.record(meeting, hall.decision(hall.topic().id, "defer"))
    for kind in ("resolve", "move_up", "decline"):
        hall.record(meeting, hall.decision(hall.topic().id, kind))


# ---- G10


def test_g10_no_money_this_year_is_no_code() -> None:
    with pytest.raises(ValidationError):
        contract.TopicDecision.model_validate(
            {"topic": "T-1", "kind": "decline", "reason": "no_money", "reply": "今年没有资金"}
        )


def test_g10_the_four_reasons_of_the_rule_are_taken_with_a_reply_and_none_without() -> None:
    assert len(DeclineReason) == 4
    hall = with_case()
    hall.escalate()
    meeting = hall.held(ESTATE)
    for reason in DeclineReason:
        hall.record(meeting, hall.decision(hall.topic().id, "decline", reason=reason))
        with refuses("decision.incomplete"):
            hall.record(meeting, hall.decision(hall.topic().id, "decline", reason=reason, reply=""))


def test_g10_what_is_urgent_for_safety_is_not_declined() -> None:
    hall = with_case()
    hall.escalate(urgent=True)
    meeting = hall.held(ESTATE)
    with refuses("decision.urgent"):
        hall.record(meeting, hall.decision(hall.topic().id, "decline"))


# ---- G11


@pytest.mark.parametrize("kind", ["list", "squad"])
def test_g11_a_donggang_street_neither_lists_a_problem_nor_forms_a_squad(kind: str) -> None:
    hall = Hall(bodies=(STREET,))
    hall.escalate(body=STREET)
    meeting = hall.held(STREET)
    with refuses("decision.level"):
        hall.record(meeting, hall.decision(hall.topic().id, kind, STREET))


def test_g11_a_listed_entry_is_not_written_off() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY)
    hall.decide_at(CITY, "list")
    hall.tell(CITY)
    with refuses("move.forbidden"):
        hall.write_off(CITY)


def test_g11_a_fifth_review_is_refused_another_decision_is_due() -> None:
    hall = Hall(city=liberal())
    hall.escalate()
    for _ in range(4):
        hall.decide_at(ESTATE, "list")
    assert hall.topic().active.reviews == 4
    meeting = hall.held(ESTATE)
    with refuses("decision.reviews"):
        hall.record(meeting, hall.decision(hall.topic().id, "list"))
    hall.record(meeting, hall.decision(hall.topic().id, "resolve"))
    hall.adopt(meeting)
    assert hall.statuses() == ("executing",)


@pytest.mark.parametrize("missing", ["leader", "lead", "members", "due_on", "done_means"])
def test_g11_a_squad_has_leader_lead_unit_members_and_a_deadline(missing: str) -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY)
    meeting = hall.held(CITY)
    empty: Any = () if missing == "members" else None
    with refuses("decision.incomplete"):
        hall.record(meeting, hall.decision(hall.topic().id, "squad", CITY, **{missing: empty}))


def test_g11_a_squad_has_no_more_than_180_days() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY)
    meeting = hall.held(CITY)
    with refuses("decision.deadline"):
        hall.record(meeting, hall.decision(hall.topic().id, "squad", CITY, due_on=on("2027-06-30")))


# ---- G12


def test_g12_too_hard_said_after_the_deadline_reopens_nothing() -> None:
    hall = executing()
    due_at = hall.topic().active.order_due_at
    assert due_at is not None
    hall.advance(due_at)
    hall.reopen()
    assert hall.statuses() == ("open",), "exactly at the deadline is in time"
    hall = executing()
    hall.advance(when("2026-04-01 09:00"))
    with refuses("topic.deadline_over"):
        hall.reopen()
    assert hall.statuses() == ("executing",)


def test_g12_a_convener_reopens_an_entry_twice_at_most() -> None:
    hall = executing()
    for _ in range(2):
        hall.reopen()
        hall.decide_at(ESTATE, "resolve")
    with refuses("topic.reopened_enough"):
        hall.reopen()


# ---- G13


def test_g13_nothing_is_written_off_on_the_disposal_report() -> None:
    hall = executing()
    hall.tell(ESTATE)
    with refuses("move.forbidden"):
        hall.write_off(ESTATE)


def test_g13_a_community_does_not_write_off_while_the_citys_order_runs() -> None:
    hall = with_case()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    hall.decide_at(STREET, "move_up")
    hall.decide_at(CITY, "resolve")
    hall.acknowledge(COMMUNITY)
    hall.acknowledge(STREET)
    hall.tell(COMMUNITY)
    with refuses("topic.above_open"):
        hall.write_off(COMMUNITY)


@pytest.mark.parametrize(("owed", "rule"), [("receipt", "topic.unacknowledged"), ("contact", "topic.untold")])
def test_g13_a_settled_entry_waits_for_all_receipts_and_contacts(owed: str, rule: str) -> None:
    hall = with_case()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "resolve")
    hall.close()
    if owed == "receipt":
        hall.tell(ESTATE)
    else:
        hall.acknowledge(ESTATE)
    with refuses(rule):
        hall.write_off(COMMUNITY)


# ---- G14


def test_g14_an_agenda_is_not_emptied_the_day_before() -> None:
    hall = with_case()
    hall.propose(ESTATE, "c-1")
    hall.admit()
    meeting = hall.meetings(ESTATE)[0]
    hall.advance(meeting.opens_at.replace(hour=0))
    with refuses("topic.withdraw_late"):
        hall.take_back(ESTATE)


def test_g14_a_topic_that_was_moved_up_is_not_taken_back_by_who_proposed_it() -> None:
    hall = with_case()
    hall.propose(ESTATE, "c-1")
    hall.admit()
    hall.decide_at(ESTATE, "move_up")
    with refuses("topic.moved_up"):
        hall.take_back(ESTATE)


def test_g14_reporters_are_told_before_a_topic_is_taken_back() -> None:
    hall = with_case()
    hall.propose(ESTATE, "c-1")
    hall.admit()
    hall.decide_at(ESTATE, "defer")
    with refuses("topic.untold"):
        hall.take_back(ESTATE)


# ---- G15


def test_g15_combining_does_not_lose_two_deferrals() -> None:
    hall = with_case("c-1", "c-2")
    hall.escalate("c-1")
    for _ in range(2):
        hall.decide_at(ESTATE, "defer")
    hall.escalate("c-2")
    hall.tell(ESTATE)
    hall.combine("c-2")
    assert hall.topic("c-2").active.deferrals == 2
    meeting = hall.held(ESTATE)
    with refuses("decision.deferrals"):
        hall.record(meeting, hall.decision(hall.topic("c-2").id, "defer"))


@pytest.mark.parametrize(
    ("body", "cause", "rule"),
    [(STREET, "unable", "topic.other_ledger"), (ESTATE, "overdue", "topic.other_cause")],
)
def test_g15_only_topics_of_one_ledger_and_one_cause_are_combined(body: str, cause: str, rule: str) -> None:
    hall = with_case("c-1", "c-2")
    hall.escalate("c-1")
    hall.escalate("c-2", body, cause=cause)
    with refuses(rule):
        hall.combine("c-2")


def test_g15_a_topic_is_not_combined_while_it_is_tabled_nor_into_itself() -> None:
    hall = with_case("c-1", "c-2")
    hall.escalate("c-1")
    with refuses("topic.no_survivor"):
        hall.combine("c-1")
    hall.convened(ESTATE)
    hall.escalate("c-2")
    with refuses("move.forbidden"):
        hall.combine("c-2")


# ---- G17, G18


def test_g17_a_deadline_in_adopted_minutes_is_not_changed() -> None:
    hall = executing()
    meeting = next(m for m in hall.meetings(ESTATE) if m.agenda)
    later = hall.decision(hall.topic().id, "resolve", due_on=on("2026-06-01"))
    with refuses("move.forbidden"):
        hall.send(meeting.id, RecordDecisions(decisions=(later,)), unit(ESTATE))


def test_g18_a_street_does_not_return_a_moved_up_topic_by_a_click() -> None:
    hall = with_case()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    with refuses("topic.only_a_meeting"):
        hall.give_back(STREET)
    assert hall.statuses() == ("moved_up", "open")


def test_time_that_the_convener_granted_moves_the_deadline_of_the_running_order() -> None:
    hall = executing()
    due_at = hall.topic().active.order_due_at
    assert due_at is not None
    later = due_at + timedelta(days=14)
    hall.hear("c-1", ExtensionJudged(granted=False, due_at=due_at), "dispatch")
    assert hall.topic().active.order_due_at == due_at
    hall.hear("c-1", ExtensionJudged(granted=True, due_at=later), "dispatch")
    assert hall.topic().active.order_due_at == later
    hall.advance(due_at + timedelta(days=1))
    hall.reopen()
    assert hall.statuses() == ("open",)
