"""What follows a decision: receipts, telling the reporters, objection, the ends, and writing off from the top down."""

from __future__ import annotations

from typing import Any

import pytest

from services.escalation.domain import facts as f
from services.escalation.domain import topic_facts as t
from services.escalation.domain.entry_board import EntryRow
from services.escalation.domain.heard import OrderOpened
from services.escalation.domain.topic_messages import AcknowledgeDecision
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CHAIN, CITY, COMMUNITY, ESTATE, OPERATIONS, STREET, Hall, when

ACKNOWLEDGE = t.FollowUp.ACKNOWLEDGE


def moved_up_once() -> Hall:
    """The estate moved it up on 3 February, the community resolved it on 6 May."""
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "resolve")
    return hall


def owed(hall: Hall, kind: Any, what: t.FollowUp = ACKNOWLEDGE) -> list[str]:
    """Return who was reminded, found overdue or supervised of this."""
    facts = [fact for fact in hall.stated(kind) if fact.of is what]
    return [fact.to if isinstance(fact, t.TopicReminded) else fact.charged for fact in facts]


# ---- receipts


def test_a_lower_unit_acknowledges_in_two_working_days_is_reminded_and_five_later_operations_does_it() -> None:
    hall = moved_up_once()
    sent = hall.stated(t.TopicFedBack)[0]
    assert (sent.to, sent.body) == (ESTATE, COMMUNITY)
    assert sent.acknowledge_due_at == when("2026-05-08 18:00")
    hall.advance(when("2026-05-08 17:59"))
    assert owed(hall, t.TopicReminded) == [ESTATE]
    assert owed(hall, t.TopicFollowUpOverdue) == []
    hall.advance(when("2026-05-08 18:00"))
    assert owed(hall, t.TopicFollowUpOverdue) == [ESTATE]
    hall.advance(when("2026-05-14 17:59"))  # Saturday 9 May is worked
    assert hall.stated(t.TopicAcknowledged) == []
    hall.advance(when("2026-05-14 18:00"))
    assert [fact.supervisor for fact in hall.stated(t.TopicSupervised) if fact.of is ACKNOWLEDGE] == [COMMUNITY]
    assert [(fact.by, fact.lapsed) for fact in hall.stated(t.TopicAcknowledged)] == [(ESTATE, True)]
    assert hall.topic().unacknowledged() == ()


def test_a_unit_that_acknowledged_is_neither_reminded_nor_acknowledged_for() -> None:
    hall = moved_up_once()
    hall.acknowledge(ESTATE)
    hall.advance(when("2026-06-01 09:00"))
    assert owed(hall, t.TopicReminded) == []
    assert [fact.lapsed for fact in hall.stated(t.TopicAcknowledged)] == [False]
    hall.check_chains()


@pytest.mark.parametrize("actor", [Actor("unit", STREET), Actor("unit", COMMUNITY), Actor("department", ESTATE)])
def test_nobody_acknowledges_for_another(actor: Actor) -> None:
    hall = moved_up_once()
    with pytest.raises(Refused, match=r"topic\.nothing_to_acknowledge"):
        hall.send("c-1", AcknowledgeDecision(), actor)


# ---- telling the reporters


def test_reporters_not_told_in_five_working_days_are_overdue_and_five_later_operations_tells_them() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve")
    hall.advance(when("2026-02-10 18:00"))
    assert owed(hall, t.TopicFollowUpOverdue, t.FollowUp.TELL) == [ESTATE]
    assert hall.stated(t.ReportersTold) == []
    hall.advance(when("2026-02-25 18:00"))
    assert [fact.by for fact in hall.stated(t.ReportersTold)] == ["operations"]
    assert hall.kinds(ESTATE)[-1] == "reporter_told"


def test_a_unit_of_the_topic_tells_the_reporters_of_every_decision_so_far() -> None:
    hall = moved_up_once()
    hall.tell(ESTATE)
    assert hall.topic().untold() == ()
    hall.advance(when("2026-07-01 09:00"))
    told = [fact.by for fact in hall.stated(t.ReportersTold)]
    assert told == ["operations", ESTATE], "the first decision was told by operations in February"
    with pytest.raises(Refused, match=r"topic\.nothing_to_tell"):
        hall.tell(ESTATE)


def test_a_unit_without_an_entry_does_not_tell_the_reporters() -> None:
    hall = moved_up_once()
    with pytest.raises(Refused, match=r"topic\.not_here"):
        hall.tell(STREET)


# ---- declined


def declined() -> Hall:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "decline")
    return hall


def test_a_declined_topic_is_answered_and_settled_when_nobody_objected_in_time() -> None:
    hall = declined()
    until = hall.stated(t.TopicDeclined)[0].objection_until
    assert until == when("2026-02-18 00:00"), "reply by 10 February, then seven natural days"
    hall.advance(until)
    assert hall.statuses() == ("settled",)
    assert [fact.why for fact in hall.stated(t.TopicSettled)] == ["answered"]
    assert len(hall.stated(t.TopicAnswered)) == 1


def test_an_objection_opens_the_entry_again_with_a_new_answer_clock() -> None:
    hall = declined()
    hall.object_to()
    assert hall.statuses() == ("open",)
    hall.advance(when("2026-02-18 00:00"))
    assert hall.stated(t.TopicAnswered) == []
    assert [item.case for item in hall.convened(ESTATE).agenda] == ["c-1"], "it must be tabled"


def test_a_reporter_objects_by_his_link_and_nobody_elses() -> None:
    hall = declined()
    for foreign in (Actor("resident", "c-2:r1"), Actor("resident", "c-1"), Actor("source", "mini")):
        with pytest.raises(Refused, match=r"body\.not_yours"):
            hall.object_to(foreign)
    hall.object_to(Actor("resident", "c-1:r1"))
    assert hall.stated(t.TopicObjected)


def test_a_topic_is_objected_to_once_and_a_second_decline_is_final() -> None:
    hall = declined()
    hall.object_to(Actor("unit", ESTATE))
    hall.decide_at(ESTATE, "decline")
    with pytest.raises(Refused, match=r"topic\.objected_already"):
        hall.object_to()
    hall.advance(hall.stated(t.TopicDeclined)[-1].objection_until)
    assert hall.statuses() == ("settled",)
    assert hall.topic().untold() == (), "the reply was delivered before the case could close"


def test_an_objection_after_its_window_is_refused() -> None:
    hall = declined()
    hall.deadlines.pop(("c-1", "objection"))
    hall.now = when("2026-02-18 00:00:01")
    with pytest.raises(Refused, match=r"topic\.window_over"):
        hall.object_to()


def test_only_the_raising_unit_and_operations_object() -> None:
    hall = declined()
    with pytest.raises(Refused, match=r"body\.not_yours"):
        hall.object_to(Actor("unit", COMMUNITY))


# ---- the ends


def test_the_close_of_the_order_settles_the_executing_entry() -> None:
    hall = moved_up_once()
    hall.close()
    assert hall.statuses() == ("moved_up", "settled")
    assert hall.stated(t.TopicSettled)[0].why == "order_closed"


def test_a_withdrawn_case_withdraws_its_topic_and_settles_the_entries_below() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "move_up")
    hall.withdraw()
    assert hall.statuses() == ("moved_up", "settled", "withdrawn"), "the estate has not acknowledged yet"
    hall.acknowledge(ESTATE)
    assert hall.statuses() == ("settled", "settled", "withdrawn")
    assert hall.states[f"ledger:{STREET}"].places == ()
    assert {fact.why for fact in hall.stated(t.TopicSettled)} == {"above_withdrawn", "above_over"}
    hall.advance(when("2027-01-01 09:00"))
    assert hall.stated(t.TopicAnswerOverdue) == []
    hall.write_off(COMMUNITY)
    assert hall.write_off(ESTATE)[-1].final
    hall.check_chains()


def test_a_case_that_comes_back_under_another_topic_leaves_nothing_of_the_earlier_one_standing() -> None:
    hall = Hall()
    hall.register()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "move_up")
    hall.withdraw()
    hall.hear("c-1", OrderOpened(), "dispatch")
    assert hall.statuses() == ("moved_up", "settled", "withdrawn")
    with pytest.raises(Refused, match=r"topic\.active"):
        hall.propose(ESTATE, "c-1")
    hall.escalate(body=STREET)
    assert (hall.topic().id, hall.statuses()) == ("T-DG-c-1-2", ("open",))
    written = hall.stated(t.TopicWrittenOff)
    assert [(fact.topic, fact.body, fact.final) for fact in written] == [
        ("T-DG-c-1", COMMUNITY, False), ("T-DG-c-1", ESTATE, True),
    ]  # fmt: skip
    for body in (COMMUNITY, ESTATE):
        assert hall.kinds(body)[-2:] == ["settled", "written_off"]
        assert hall.body_of(hall.records(body)[-1]) == {"successor": "T-DG-c-1-2"}
    assert not [name for _, name in hall.deadlines if "write_off" in name]
    hall.check_chains()


@pytest.mark.parametrize("act", ["close", "withdraw"])
def test_a_fact_heard_without_the_ledgers_it_concerns_is_met_again_at_once_with_them(act: str) -> None:
    hall = Hall(peeks=False)
    hall.escalate()
    stated = getattr(hall, act)()
    assert [type(fact) for fact in stated] == [f.LedgerHead, t.TopicWithdrawn]
    assert hall.statuses() == ("withdrawn",)
    hall.check_chains()


@pytest.mark.parametrize("act", ["close", "withdraw"])
def test_a_case_without_topic_is_none_of_the_ledgers_business(act: str) -> None:
    hall = Hall()
    assert getattr(hall, act)("c-unknown") == []
    assert hall.states["c-unknown"] is None


def test_a_body_unknown_to_the_city_sets_the_case_aside() -> None:
    hall = Hall()
    with pytest.raises(Refused, match=r"body\.unknown"):
        hall.escalate(body="housing")


# ---- G13


def test_writing_off_before_the_order_is_closed_is_refused() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve")
    hall.tell(ESTATE)
    with pytest.raises(Refused, match=r"move\.forbidden"):
        hall.write_off(ESTATE)


def test_the_community_does_not_write_off_while_the_streets_order_runs() -> None:
    hall = Hall()
    hall.escalate(body=COMMUNITY)
    hall.decide_at(COMMUNITY, "move_up")
    hall.decide_at(STREET, "resolve")
    with pytest.raises(Refused, match=r"topic\.above_open"):
        hall.write_off(COMMUNITY)


def test_nothing_is_written_off_before_every_receipt_and_every_contact_is_in() -> None:
    hall = moved_up_once()
    hall.close()
    with pytest.raises(Refused, match=r"topic\.unacknowledged"):
        hall.write_off(COMMUNITY)
    hall.acknowledge(ESTATE)
    with pytest.raises(Refused, match=r"topic\.untold"):
        hall.write_off(COMMUNITY)
    hall.tell(COMMUNITY)
    assert hall.write_off(COMMUNITY)


def test_the_boards_tell_each_unit_what_it_has_to_do() -> None:
    hall = moved_up_once()
    hall.close()

    def duties(body: str) -> tuple[bool, bool, bool]:
        row = [r for r in hall.rows if isinstance(r, EntryRow) and r.body == body][-1]
        return row.has_to_acknowledge, row.has_to_tell, row.has_to_write_off

    assert (duties(ESTATE), duties(COMMUNITY)) == ((True, True, False), (False, False, False))
    hall.acknowledge(ESTATE)
    hall.tell(ESTATE)
    assert (duties(ESTATE), duties(COMMUNITY)) == ((False, False, False), (False, False, True))
    hall.write_off(COMMUNITY)
    assert (duties(ESTATE), duties(COMMUNITY)) == ((False, False, True), (False, False, False))


@pytest.mark.parametrize("body", [CITY, "C02", "housing"])
def test_a_body_without_an_entry_writes_nothing_off(body: str) -> None:
    hall = moved_up_once()
    with pytest.raises(Refused, match=r"topic\.not_here"):
        hall.write_off(body)


def test_every_command_about_a_case_without_topic_is_refused() -> None:
    hall = Hall()
    for act in (hall.acknowledge, hall.tell, hall.write_off):
        with pytest.raises(Refused, match=r"subject\.unknown"):
            act(ESTATE, "c-none")
    with pytest.raises(Refused, match=r"subject\.unknown"):
        hall.object_to(OPERATIONS, "c-none")


def test_everybody_silent_still_leads_to_receipts_and_told_reporters_on_every_level() -> None:
    hall = Hall()
    hall.escalate()
    for body in CHAIN[:-1]:
        hall.decide_at(body, "move_up")
    hall.decide_at(CITY, "resolve")
    hall.close()
    hall.advance(when("2026-08-01 09:00"))
    for body in reversed(CHAIN):
        hall.write_off(body)
    assert set(hall.statuses()) == {"written_off"}
    hall.check_chains()
