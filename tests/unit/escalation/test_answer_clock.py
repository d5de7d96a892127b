"""A body is reminded before its answer is due, found overdue, and supervised a working day later; each once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.escalation.domain import topic_facts as t
from services.escalation.domain.answer_clock import stop_answer
from tests.unit.escalation.hall import CITY, COMMUNITY, ESTATE, STREET, Hall


def rungs(hall: Hall) -> list[str]:
    """Return what the answer clock stated, in order."""
    found: list[str] = []
    for _, fact in hall.facts:
        if isinstance(fact, t.TopicAnswerOverdue):
            found.append(f"overdue {fact.body}")
        elif isinstance(fact, t.TopicReminded | t.TopicSupervised) and fact.of is t.FollowUp.ANSWER:
            found.append(f"{'reminded' if isinstance(fact, t.TopicReminded) else 'supervised'} {fact.body}")
    return found


def silent() -> Hall:
    """Escalate a case to an estate whose meetings never take place."""
    hall = Hall()
    hall.escalate()
    return hall


def at_share(hall: Hall, share: float) -> Any:
    began, due = hall.now, hall.topic().active.answer_due_at
    return began + (due - began) * share


def test_a_body_that_does_not_answer_is_reminded_at_three_quarters_overdue_and_supervised() -> None:
    hall = silent()
    remind_at, due = at_share(hall, 0.75), hall.topic().active.answer_due_at
    hall.advance(remind_at - timedelta(seconds=1))
    assert rungs(hall) == []
    hall.advance(remind_at)
    assert rungs(hall) == [f"reminded {ESTATE}"]
    hall.advance(due)
    assert rungs(hall) == [f"reminded {ESTATE}", f"overdue {ESTATE}"]
    hall.advance(due + timedelta(days=20))
    assert rungs(hall) == [f"reminded {ESTATE}", f"overdue {ESTATE}", f"supervised {ESTATE}"]
    (supervised,) = (f for f in hall.stated(t.TopicSupervised) if f.of is t.FollowUp.ANSWER)
    assert (supervised.charged, supervised.supervisor) == (ESTATE, COMMUNITY)


@pytest.mark.parametrize(("body", "days"), [(ESTATE, 45), (COMMUNITY, 105), (STREET, 105), (CITY, 200)])
@pytest.mark.parametrize("urgent", [False, True])
def test_each_level_has_its_own_days_and_what_is_urgent_ten(body: str, days: int, urgent: bool) -> None:
    hall = Hall()
    hall.escalate(body=body, urgent=urgent)
    (raised,) = hall.stated(t.TopicRaised)
    last = hall.city.calendar.local(raised.answer_due_at) - timedelta(microseconds=1)
    assert (last.date() - hall.now.date()).days == (10 if urgent else days)


def test_a_decision_stops_the_clock_and_moving_up_starts_the_next_body_s_own() -> None:
    hall = silent()
    hall.decide_at(ESTATE, "resolve")
    assert not {name for _, name in hall.deadlines} & {cancel.name for cancel in stop_answer("c-1")}
    hall = silent()
    hall.decide_at(ESTATE, "move_up")
    before = rungs(hall)
    hall.advance(at_share(hall, 1.0))
    assert rungs(hall)[len(before) :] == [f"reminded {COMMUNITY}", f"overdue {COMMUNITY}"]


def test_a_deferral_starts_the_clock_anew_and_an_old_rung_does_nothing() -> None:
    hall = silent()
    old = hall.deadlines["c-1", "remind_answer"]
    hall.decide_at(ESTATE, "defer")
    before = rungs(hall)
    hall.deadlines["c-1", "old"] = old
    hall.advance(hall.now)
    assert rungs(hall) == before
    assert hall.deadlines["c-1", "remind_answer"].due_at > old.due_at
