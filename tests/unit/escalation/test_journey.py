"""A topic on its way up three levels and down again, as in workflows §2.6, and what the ledgers say of it."""

from __future__ import annotations

from services.escalation.domain import facts as f
from services.escalation.domain import topic_facts as t
from services.escalation.domain.topic import FINAL
from tests.unit.escalation.hall import CHAIN, CITY, COMMUNITY, ESTATE, STREET, Hall, on, when


def moved_to_the_city() -> Hall:
    hall = Hall()
    hall.escalate()
    for body in (ESTATE, COMMUNITY, STREET):
        hall.decide_at(body, "move_up")
    return hall


def test_a_topic_rises_three_levels_is_resolved_at_the_top_and_written_off_from_the_top_down() -> None:
    hall = moved_to_the_city()
    assert hall.statuses() == ("moved_up", "moved_up", "moved_up", "open")
    hall.decide_at(CITY, "resolve", support=("water-company", "finance"))
    assert hall.statuses() == ("moved_up", "moved_up", "moved_up", "executing")
    hall.close()
    assert hall.statuses() == ("moved_up", "moved_up", "moved_up", "settled")
    for lower in (ESTATE, COMMUNITY, STREET):
        if hall.topic().unacknowledged(lower):
            hall.acknowledge(lower)
    hall.tell(ESTATE)
    expected = ["settled", "moved_up", "moved_up", "moved_up"]
    for level, body in enumerate(reversed(CHAIN)):
        assert hall.statuses()[::-1] == tuple(expected)
        (*_, last) = [fact for fact in hall.write_off(body) if isinstance(fact, t.TopicWrittenOff)]
        assert last.final == (body == ESTATE)
        expected[level] = "written_off"
        if level < 3:
            expected[level + 1] = "settled"
    assert set(hall.statuses()) == {"written_off"}
    hall.check_chains()
    assert len(hall.stated(t.TopicRaised)) == 1, "it stays one topic"
    assert len(hall.stated(t.TopicMovedUp)) == 3


def test_each_level_is_told_what_was_decided_above_it() -> None:
    hall = moved_to_the_city()
    hall.facts.clear()
    hall.decide_at(CITY, "resolve")
    assert [fact.to for fact in hall.stated(t.TopicFedBack)] == [STREET, COMMUNITY, ESTATE]
    assert {fact.body for fact in hall.stated(t.TopicFedBack)} == {CITY}


def test_a_moved_up_topic_is_open_above_in_the_same_instant_with_entry_and_minutes_attached() -> None:
    hall = Hall()
    hall.escalate()
    stated = hall.decide_at(ESTATE, "move_up")
    moved = next(fact for fact in stated if isinstance(fact, t.TopicMovedUp))
    assert (moved.to_body, moved.to_level, hall.statuses()) == (COMMUNITY, "community", ("moved_up", "open"))
    raised = hall.records(COMMUNITY)[-1]
    assert raised.kind == "raised"
    decided = next(record for record in hall.records(ESTATE) if record.kind == "decided")
    assert (decided.seq, decided.hash) == (moved.ledger_seq, moved.ledger_hash)
    below = {"ledger": ESTATE, "seq": decided.seq, "hash": decided.hash}
    assert hall.body_of(raised) == {
        "cases": ["c-1"],
        "cause": "unable",
        "below": below,
        "minutes": hall.topic().entries[0].meeting,
    }


def test_never_more_than_one_entry_of_a_topic_is_active() -> None:
    hall = moved_to_the_city()
    waiting = {"open", "tabled", "executing", "declined"}
    topic = hall.topic()
    for _, fact in hall.facts:
        assert not isinstance(fact, t.TopicRaised) or fact.body == ESTATE
    assert [entry.status.value in waiting for entry in topic.entries] == [False, False, False, True]
    assert sum(len(hall.states[f"ledger:{body}"].places) for body in CHAIN) == 1


def test_a_second_escalation_of_a_case_with_an_active_topic_joins_it() -> None:
    hall = Hall()
    hall.escalate()
    (joined,) = hall.escalate(cause="overdue", body=STREET)
    assert isinstance(joined, t.TopicJoined), "the order learns which topic holds its case"
    assert joined.topic == hall.topic().id
    assert hall.statuses() == ("open",)


def test_the_answer_clock_runs_from_open_to_the_first_decision_and_its_end_is_reported_above() -> None:
    hall = Hall()
    hall.escalate(body=COMMUNITY)
    raised = hall.stated(t.TopicRaised)[0]
    assert raised.answer_due_at == when("2026-04-21 00:00"), "105 natural days"
    hall.advance(when("2026-04-20 23:59"))
    assert hall.stated(t.TopicAnswerOverdue) == []
    hall.advance(when("2026-04-21 00:00"))
    assert [fact.supervisor for fact in hall.stated(t.TopicAnswerOverdue)] == [STREET]
    assert hall.stated(f.MeetingProposed)[-1].duty, "a temporary meeting is due now"


def test_a_decision_stops_the_answer_clock() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve")
    hall.advance(when("2026-06-01 09:00"))
    assert hall.stated(t.TopicAnswerOverdue) == []


def test_the_top_body_is_supervised_by_operations() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate(body=CITY)
    hall.advance(when("2026-08-01 09:00"))
    assert hall.stated(t.TopicAnswerOverdue)[0].supervisor == "operations"


def test_an_urgent_topic_gets_a_temporary_meeting_at_once_and_keeps_the_others_waiting() -> None:
    hall = Hall(bodies=(CITY,))
    hall.escalate("c-1", CITY)
    hall.escalate("c-2", CITY, urgent=True, lead="housing")
    proposed = hall.stated(f.MeetingProposed)
    wanted = [(True, ("c-2",), "vice-mayor-construction")]
    assert [(fact.duty, fact.cases, fact.caller) for fact in proposed] == wanted
    hall.advance(when("2026-01-05 13:00"))
    assert [fact.leads for fact in hall.stated(f.MeetingConvened)] == [("housing",)]
    assert (hall.statuses("c-1"), hall.statuses("c-2")) == (("open",), ("tabled",))
    assert hall.convened(CITY).opens_at == when("2026-01-08 09:00")
    hall.decide_at(CITY, "resolve", "c-2")
    assert hall.statuses("c-2") == ("executing",)


def test_a_deferred_topic_is_on_the_next_agenda_and_its_answer_due_five_working_days_after_it() -> None:
    hall = Hall()
    hall.escalate()
    stated = hall.decide_at(ESTATE, "defer")
    deferred = next(fact for fact in stated if isinstance(fact, t.TopicDeferred))
    assert (deferred.until, deferred.deferrals) == (on("2026-03-03"), 1)
    assert deferred.answer_due_at == when("2026-03-10 18:00")
    assert [item.case for item in hall.convened(ESTATE).agenda] == ["c-1"]


def test_no_head_ever_falls_behind_and_adopted_minutes_carry_it() -> None:
    hall = moved_to_the_city()
    adopted = hall.stated(f.MeetingAdopted)
    for fact in adopted:
        record = hall.records(fact.body)[fact.ledger_seq - 1]
        assert record.hash == fact.ledger_hash
    heads = [fact for fact in hall.stated(f.LedgerHead) if fact.body == ESTATE]
    assert [head.seq for head in heads] == list(range(1, len(heads) + 1))
    hall.check_chains()


def test_nothing_that_a_person_wrote_is_in_a_record() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "decline", reply="请联系业委会王主任13900001111协商")
    hall.object_to()
    assert all(word not in record.body for record in hall.records(ESTATE) for word in ("业委会", "1390", "道路"))
    assert "13900001111" not in hall.stated(t.TopicDeclined)[0].reply
    digests = {row.digest for row in hall.wordings()}
    said = [hall.body_of(r)["words"] for r in hall.records(ESTATE) if r.kind in ("decided", "objected")]
    assert len(said) == 2
    assert set(said) <= digests


def test_final_states_are_final() -> None:
    assert {status.value for status in FINAL} == {"written_off", "returned", "withdrawn", "combined"}
