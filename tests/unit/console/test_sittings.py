"""A meeting as its page knows it: folded from its facts, what may be decided, the minutes as they grow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.console import agendas, minutes
from services.console.projection import Heard, Model
from services.console.projection.ledger import TopicRow, fold_meeting, fold_topic
from services.console.queries import Told
from services.console.sittings import Sitting, sitting
from services.console.words import TONGUES
from shared.city.load import load
from shared.city.model import City
from shared.contracts import escalation as e
from shared.contracts.calendar import LedgerDeadlinesMoved, MovedDeadline
from shared.kernel.calendar import SHANGHAI

NOW = datetime(2026, 11, 24, 10, tzinfo=SHANGHAI)
OF = {"body": "S01", "level": "street", "number": 4}
TOPICS = ("T-1", "T-2")
CALLED = {"opens_at": NOW, "caller": "street-secretary", "place": "会议室", "theme": "议事"}
CONVENED = e.MeetingConvened(**OF, agenda=TOPICS, cases=("c-1", "c-2"), invited=("housing",), **CALLED)
HELD = e.MeetingHeld(
    **OF, held_at=NOW, chair="street-secretary", members=7, present=5, agenda=TOPICS,
    attendance=("street-secretary", "C01", "C02", "C03", "C04", "housing"), absent=("C05", "C06"),
)  # fmt: skip
RESOLVED = e.DecisionDraft(
    topic="T-1", kind=e.DecisionKind.RESOLVE, lead="housing", support=("C01",), due_on=date(2026, 12, 10),
    done_means="屋面不再漏水", digest="d",
)  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    return load("donggang")


def told(*facts: e.Meeting) -> list[Told]:
    return [
        Told("meeting:S01:4", "escalation", n, fact.TYPE, NOW, NOW, n, fact.model_dump(mode="json"))
        for n, fact in enumerate(facts, 1)
    ]


def known(*facts: e.Meeting) -> Sitting:
    found = sitting(told(*facts))
    assert found is not None
    return found


def entry(topic: str, **more: Any) -> TopicRow:
    row = TopicRow(topic, "S01", f"c-{topic[-1]}", "street", "tabled", NOW - timedelta(days=9))
    return replace(row, summary=f"议题{topic}", answer_due_at=NOW + timedelta(days=3), **more)


def test_a_meeting_is_what_its_facts_say_and_nothing_without_any() -> None:
    assert sitting([]) is None
    held = known(CONVENED, HELD)
    assert (held.status, held.sequence, held.agenda, held.undecided) == ("held", 2, list(TOPICS), list(TOPICS))
    assert (held.called, held.invited, held.chair) == ({"T-1": "c-1", "T-2": "c-2"}, ["housing"], "street-secretary")
    recorded = known(CONVENED, HELD, e.MeetingRecorded(**OF, decisions=(RESOLVED,), review="逐项听取"))
    assert (recorded.undecided, recorded.review) == (["T-2"], "逐项听取")
    again = known(CONVENED, e.MeetingNotHeld(**OF, why="no_quorum", opens_at=NOW + timedelta(days=2)))
    assert (again.agenda, again.opens_at) == ([], NOW + timedelta(days=2))


def test_the_minutes_tell_what_is_decided_and_what_is_still_open(city: City) -> None:
    recorded = known(CONVENED, HELD, e.MeetingRecorded(**OF, decisions=(RESOLVED,)))
    entries = {topic: [entry(topic)] for topic in TOPICS}
    said = [p["text"] for p in minutes.paragraphs(city, TONGUES["zh"], recorded, entries)]
    assert "应到 7 家，实到 5 家；缺席：福兴社区、和平社区" in said
    lead, support = city.name_of("housing"), city.name_of("C01")
    resolved = f"议定：由{lead}牵头，{support}配合，12-10 前办结，不得退单。完成标准：屋面不再漏水"
    assert f"1、议题T-1。{resolved}" in said
    assert "2、议题T-2。〔待议〕" in said
    rows = agendas.rows(city, TONGUES["zh"], recorded, entries, NOW)
    assert [(row["n"], row["chip"], row["late"]) for row in rows] == [(1, "议定", False), (2, "待议", False)]


def test_a_topic_that_may_not_be_deferred_or_declined_says_why_and_only_the_top_has_squads(city: City) -> None:
    def choices(held: Sitting, row: TopicRow) -> dict[str, bool]:
        return {kind: bool(off) for kind, _, _, off in agendas.kinds(city, TONGUES["zh"], held, row, NOW)}

    street = known(CONVENED, HELD)
    free = {"resolve": False, "move_up": False, "defer": False, "decline": False}
    assert choices(street, entry("T-1")) == free
    spent = entry("T-1", deferrals=city.limits["deferrals"], urgent=True)
    assert choices(street, spent) == {**free, "defer": True, "decline": True}
    top = replace(street, body=city.root.code, level="city")
    assert set(choices(top, entry("T-1"))) == {"resolve", "defer", "decline", "squad", "list"}


def test_the_read_model_keeps_the_last_decision_of_an_entry_and_who_was_called() -> None:
    said = {"topic": "T-1", "body": "S01", "level": "street", "meeting": "meeting:S01:4"}
    until = {"until": date(2027, 2, 22), "deferrals": 1, "answer_due_at": NOW + timedelta(days=90)}
    deferred = e.TopicDeferred(**said, entry=e.EntryStatus.OPEN, **until)
    (row,) = fold_topic({("T-1", "S01"): entry("T-1")}, "c-1", deferred, NOW)
    assert (row.decision, row.entry, row.deferrals) == ("defer", "open", 1)
    meeting = fold_meeting(None, "meeting:S01:4", CONVENED, NOW)
    assert (meeting.invited, meeting.caller, meeting.place) == (["housing"], "street-secretary", "会议室")


def moved(subject: str, *names: str) -> Heard:
    """Say that deadlines of a case's topic or of a meeting moved, each to a day of its own."""
    ends = tuple(
        MovedDeadline(name=name, before=NOW, ends_at=NOW + timedelta(days=20 + n)) for n, name in enumerate(names)
    )
    fact = LedgerDeadlinesMoved(moved=ends, calendar=2, reason="国办通知")
    return Heard(subject, "escalation", 9, fact.TYPE, fact, NOW, NOW)


def test_the_answer_of_the_entry_that_waits_is_shown_where_a_published_calendar_moved_it() -> None:
    below, other = entry("T-1", body="C01", entry="moved_up"), entry("T-2")
    model = Model(topics={(row.topic, row.body): row for row in (below, entry("T-1"), other)})
    model.fold(moved("c-1", "remind_answer", "tell:r"))
    assert model.topics["T-1", "S01"] == entry("T-1")
    model.fold(moved("c-1", "remind_answer", "answer"))
    assert model.topics["T-1", "S01"] == replace(entry("T-1"), answer_due_at=NOW + timedelta(days=21))
    assert (model.topics["T-1", "C01"], model.topics["T-2", "S01"]) == (below, other)
    model = Model(topics={("T-1", "S01"): entry("T-1", entry="proposed")})
    model.fold(moved("c-1", "screen"))
    assert model.topics["T-1", "S01"].answer_due_at == NOW + timedelta(days=20)


def test_a_proposed_meeting_is_decided_by_the_day_to_which_a_published_calendar_moved_it() -> None:
    proposed = e.MeetingProposed(
        **OF,
        temporary=True,
        topics=TOPICS,
        cases=("c-1", "c-2"),
        duty=True,
        decide_by=NOW,
        by="unit.S01",
        within=date(2026, 12, 4),
        **CALLED,
    )
    model = Model(meetings={"meeting:S01:4": fold_meeting(None, "meeting:S01:4", proposed, NOW)})
    model.fold(moved("meeting:S01:4", "convene"))
    assert model.meetings["meeting:S01:4"].decide_by == NOW
    fact = moved("meeting:S01:4", "convene", "undecided")
    model.fold(fact)
    row = model.meetings["meeting:S01:4"]
    assert (row.decide_by, row.status) == (NOW + timedelta(days=21), "proposed")
    said = Told(fact.subject, fact.service, 9, fact.type, NOW, NOW, 9, fact.data.model_dump(mode="json"))
    page = sitting([*told(proposed), said])
    assert page is not None
    assert page.decide_by == row.decide_by
