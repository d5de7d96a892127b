"""What dispatch and feedback say of a topic's orders is kept for the ledger's papers, and changes nothing."""

from __future__ import annotations

from pathlib import Path

from services.escalation.domain.heard import CaseRated, OrderHandled, OrderVerified, ReporterAnswer
from services.escalation.domain.outcome import Outcome
from services.escalation.papers.entry import Fate, entry
from services.escalation.translate import WIRE
from shared.contracts import dispatch, feedback
from tests.unit.escalation.clerk import about, lines
from tests.unit.escalation.hall import COMMUNITY, ESTATE, Hall

EXAMPLES = Path(feedback.__file__).with_name("examples")
HANDLED = OrderHandled(done_by=ESTATE, note="已疏通并录像", on_time=True)
ANSWERS = CaseRated(answers=(ReporterAnswer(grade=4), ReporterAnswer(grade=None)))


def outcomes(hall: Hall) -> list[Outcome]:
    return [row for row in hall.rows if isinstance(row, Outcome)]


def resolved() -> Hall:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    hall.decide_at(COMMUNITY, "resolve")
    return hall


def test_the_ledger_that_made_the_order_gives_what_was_done_verified_and_rated() -> None:
    hall = resolved()
    hall.hear("c-1", HANDLED, "dispatch")
    hall.hear("c-1", OrderVerified(verifier=ESTATE), "dispatch")
    hall.close()
    hall.hear("c-1", ANSWERS, "feedback")
    kept = [Fate(row.kind, row.at, row.said) for row in outcomes(hall)]
    topic = hall.topic().id
    made, below = (
        entry(ledger, topic, about(hall), lines(hall, topic), hall.city, kept) for ledger in (COMMUNITY, ESTATE)
    )
    day, name = hall.now.date().isoformat(), hall.city.name_of(ESTATE)
    assert made.result == f"{day} {name}办结：已疏通并录像\n{day} 办结结案"
    assert made.rating == f"{day} 核查通过（{name}）\n{day} 评价：满意1、未评1"
    assert (below.result, below.rating) == ("", ""), "no order was made there"


def test_a_case_without_a_topic_leaves_nothing() -> None:
    hall = Hall()
    assert hall.hear("c-9", HANDLED, "dispatch") == []
    assert hall.hear("c-9", ANSWERS, "feedback") == []
    assert outcomes(hall) == []


def test_a_late_report_and_work_that_needs_no_verifying_are_said_so() -> None:
    hall = resolved()
    hall.hear("c-1", OrderHandled(done_by=ESTATE, note="", on_time=False), "dispatch")
    hall.hear("c-1", OrderVerified(verifier=None), "dispatch")
    topic = hall.topic().id
    kept = [Fate(row.kind, row.at, row.said) for row in outcomes(hall)]
    made = entry(COMMUNITY, topic, about(hall), lines(hall, topic), hall.city, kept)
    assert "办结（超期）：未填说明" in made.result
    assert "无需核查" in made.rating


def test_what_the_wire_says_reaches_the_domain() -> None:
    said = feedback.ReporterAnswer(reporter="r1", by="reporter", contacted=True, solved=True, grade=5)
    rated = feedback.CaseRated(round=1, lead="housing", dispatcher=None, place=ESTATE, outcome=True, answers=(said,))
    assert WIRE.to_domain(rated) == CaseRated(answers=(ReporterAnswer(grade=5),))
    for kind, domain in ((dispatch.OrderVerified, OrderVerified), (dispatch.OrderHandled, OrderHandled)):
        example = EXAMPLES / f"{kind.TYPE}.json"
        assert isinstance(WIRE.to_domain(kind.model_validate_json(example.read_text("utf-8"))), domain)
