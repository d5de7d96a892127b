"""Several at one meeting at once, a process that dies in the midst: one outcome, the others answered by the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.escalation.domain.chain import Anchor, Record, verify
from services.escalation.domain.meeting import Meeting, MeetingStatus
from shared.contracts import escalation as e
from shared.contracts.base import Contract
from shared.kernel.decisions import Actor
from shared.shell.work import Reply
from tests.flow.world import Said, World

SUMMARY, TRIED, ASKED = "社区广场夜间照明不足", "已更换灯泡，线路老化", "请安排资金改造线路"
DONE = "线路改造完成并验收"


class Desk:
    """One body's desk in a world where nothing else happens."""

    def __init__(self) -> None:
        self.world = World(11)
        self.office = self.world.offices["escalation"]
        self.unit = next(u for u in self.world.bodies if self.world.city.bodies[u].level == "community")
        body = self.world.city.bodies[self.unit]
        self.secretary = Actor("post", f"{self.unit}:{body.secretary}")
        self.convener = Actor("post", f"{self.unit}:{body.convener}")
        self.members = tuple(member.code for member in body.members)
        self._keys = 0

    def until(self, at: Any) -> None:
        """Let time pass; what falls due fires."""
        self.world.pass_time(max(at - self.world.now, timedelta()))
        while self.world.strike(self.office, 500):
            pass

    def said(self, data: Contract, subject: str, actor: Actor, key: str = "", *, creates: bool = False) -> Said:
        self._keys += 1
        return Said("escalation", data, subject, actor, key or f"k-{self._keys}", creates=creates)

    def answer(self, said: Said) -> Reply:
        return self.world.replies["escalation", f"{said.actor.kind}:{said.actor.id}", said.key]

    def say(self, *batch: Said, dies: str | None = None) -> list[Reply]:
        assert self.world.command(*batch, dies=dies) is (dies is None)
        return [] if dies else [self.answer(said) for said in batch]

    def raise_topic(self, subject: str) -> None:
        asked = e.ProposeTopic(kind=e.TopicKind.FUNDING, summary=SUMMARY, tried=TRIED, asked=ASKED)
        proposed = self.said(asked, subject, Actor("unit", self.unit), creates=True)
        self.say(proposed)
        admitted = self.said(e.AdmitTopic(), subject, self.secretary)
        assert [reply.rule for reply in self.say(admitted)] == [None]

    def meeting(self, status: MeetingStatus) -> Meeting:
        found = [state for subject in self.office.store.tables.subjects if (state := self.office.state(subject))]
        return next(x for x in found if isinstance(x, Meeting) and x.unit == self.unit and x.status is status)

    def held(self) -> Meeting:
        """Bring the body's next meeting to be held."""
        planned = self.meeting(MeetingStatus.PLANNED)
        self.until(planned.cut_off_at)
        self.until(planned.opens_at + timedelta(minutes=5))
        held = self.say(self.said(e.HoldMeeting(present=self.members), planned.id, self.convener))
        assert held[0].rule is None
        return self.meeting(MeetingStatus.HELD)

    def decisions(self, meeting: Meeting, kind: str) -> e.RecordDecisions:
        words = {"why": "经费不足，待下季度预算"}
        if kind == "resolve":
            due_on = (self.world.now + timedelta(days=20)).date()
            words = {"lead": self.unit, "due_on": due_on, "done_means": DONE}
        made = [e.TopicDecision(topic=item.topic, kind=e.DecisionKind(kind), **words) for item in meeting.agenda]
        return e.RecordDecisions(decisions=tuple(made))


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.until(desk.world.now)
    desk.raise_topic("0000-topic-1")
    desk.raise_topic("0000-topic-2")
    return desk


def facts_of(desk: Desk, subject: str, type_: str) -> int:
    rows = desk.office.store.tables.journal
    return sum(row.subject == subject and row.headers["ce_type"] == type_ for row in rows)


def chain_of(desk: Desk) -> list[Record]:
    kept = desk.world.escalation_tables.records
    return [record for (ledger, _), record in sorted(kept.items()) if ledger == desk.unit]


def test_two_decisions_at_once_leave_one_draft_and_only_the_last_one_takes_effect(desk: Desk) -> None:
    meeting = desk.held()
    replies = desk.say(
        desk.said(desk.decisions(meeting, "resolve"), meeting.id, desk.secretary),
        desk.said(desk.decisions(meeting, "defer"), meeting.id, desk.secretary),
    )
    assert [reply.rule for reply in replies] == [None, None]
    desk.say(desk.said(e.AdoptMinutes(), meeting.id, desk.convener))
    assert {str(draft.kind) for draft in desk.office.state(meeting.id).decisions} == {"defer"}
    assert facts_of(desk, "0000-topic-1", "topic.resolved.v1") == 0
    assert facts_of(desk, "0000-topic-1", "topic.deferred.v1") == 1


def test_a_form_built_on_an_older_draft_is_told_that_it_is_stale(desk: Desk) -> None:
    meeting = desk.held()
    sequence = desk.office.store.tables.subjects[meeting.id].sequence
    drafts = [desk.said(desk.decisions(meeting, kind), meeting.id, desk.secretary) for kind in ("resolve", "defer")]
    replies = desk.say(*(replace(said, if_match=sequence) for said in drafts))
    assert [reply.rule for reply in replies] == [None, "message.stale"]


def test_minutes_adopted_twice_at_once_take_effect_once_and_the_second_is_told_the_rule(desk: Desk) -> None:
    meeting = desk.held()
    desk.say(desk.said(desk.decisions(meeting, "resolve"), meeting.id, desk.secretary))
    replies = desk.say(
        desk.said(e.AdoptMinutes(), meeting.id, desk.convener),
        desk.said(e.AdoptMinutes(), meeting.id, Actor("unit", desk.unit)),
    )
    assert [reply.rule for reply in replies] == [None, "move.forbidden"]
    assert facts_of(desk, meeting.id, "meeting.adopted.v1") == 1
    assert facts_of(desk, "0000-topic-1", "topic.resolved.v1") == 1


def test_the_same_command_sent_again_is_answered_as_the_first_time(desk: Desk) -> None:
    meeting = desk.held()
    desk.say(desk.said(desk.decisions(meeting, "resolve"), meeting.id, desk.secretary))
    adopt = desk.said(e.AdoptMinutes(), meeting.id, desk.convener, "adopt-once")
    first, again = desk.say(adopt), desk.say(adopt)
    assert (first[0].rule, first[0].facts) == (None, again[0].facts)
    assert facts_of(desk, meeting.id, "meeting.adopted.v1") == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, meeting: desk.decisions(meeting, "defer"),
        lambda desk, meeting: e.HoldMeeting(present=desk.members),
        lambda desk, meeting: e.PostponeMeeting(opens_at=desk.world.now + timedelta(days=1), why=DONE),
    ],
    ids=["record", "hold", "postpone"],
)
def test_a_command_after_adoption_is_refused_by_the_rule(desk: Desk, act: Any) -> None:
    meeting = desk.held()
    desk.say(desk.said(desk.decisions(meeting, "resolve"), meeting.id, desk.secretary))
    desk.say(desk.said(e.AdoptMinutes(), meeting.id, desk.convener))
    before = len(desk.office.store.tables.journal)
    replies = desk.say(desk.said(act(desk, meeting), meeting.id, Actor("unit", desk.unit)))
    assert [reply.rule for reply in replies] == ["move.forbidden"]
    assert len(desk.office.store.tables.journal) == before


def test_another_bodys_secretary_changes_nothing_beside_the_bodys_own(desk: Desk) -> None:
    meeting = desk.held()
    street = desk.world.city.body_above(desk.unit)
    other = Actor("post", f"{street.unit}:{street.secretary}")
    replies = desk.say(
        desk.said(desk.decisions(meeting, "defer"), meeting.id, other),
        desk.said(desk.decisions(meeting, "resolve"), meeting.id, desk.secretary),
        desk.said(e.AdoptMinutes(), meeting.id, desk.secretary),
    )
    assert [reply.rule for reply in replies] == ["body.not_yours", None, "body.other_post"]
    assert {str(draft.kind) for draft in desk.office.state(meeting.id).decisions} == {"resolve"}


@pytest.mark.parametrize("asks_first", ["same key", "another key"])
@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_crash_in_mid_adoption_leaves_one_outcome_and_one_chain_and_the_other_is_told_the_rule(
    desk: Desk, dies: str, asks_first: str
) -> None:
    meeting = desk.held()
    desk.say(desk.said(desk.decisions(meeting, "resolve"), meeting.id, desk.secretary))
    before = chain_of(desk)
    adopt = desk.said(e.AdoptMinutes(), meeting.id, desk.convener, "adopt-once")
    desk.say(adopt, dies=dies)
    topics = ("0000-topic-1", "0000-topic-2")
    wanted = 1 if dies == "after" else 0
    assert facts_of(desk, meeting.id, "meeting.adopted.v1") == wanted
    assert [facts_of(desk, topic, "topic.resolved.v1") for topic in topics] == [wanted, wanted]
    left = chain_of(desk)
    assert left[: len(before)] == before
    assert (left == before) is (dies == "before"), "nothing of it was written, or all"
    other = desk.said(e.AdoptMinutes(), meeting.id, desk.convener)
    asked = (adopt, other) if asks_first == "same key" else (other, adopt)
    rules = {said.key: desk.say(said)[0].rule for said in asked}
    adopts = asked[0] if dies == "before" else adopt
    assert rules == {said.key: None if said is adopts else "move.forbidden" for said in asked}
    assert [fact["type"] for fact in desk.answer(adopts).facts].count("meeting.adopted.v1") == 1
    assert facts_of(desk, meeting.id, "meeting.adopted.v1") == 1
    assert [facts_of(desk, topic, "topic.resolved.v1") for topic in topics] == [1, 1]
    made = chain_of(desk)
    assert made[: len(left)] == left
    assert [r.topic for r in made[len(before) :] if r.kind == "decided"] == [item.topic for item in meeting.agenda]
    adopted = desk.office.state(meeting.id)
    minutes = Anchor(adopted.ledger_seq, adopted.ledger_hash, "minutes")
    ledger = desk.office.state(f"ledger:{desk.unit}")
    assert verify(desk.unit, made, [minutes, Anchor(ledger.seq, ledger.hash, "head")]) is None


def test_a_meeting_proposed_at_the_desk_begins_under_the_number_it_was_answered_with(desk: Desk) -> None:
    asked = e.ProposeMeeting(cases=("0000-topic-2",), why="线路起火隐患，请尽快研究")
    (reply,) = desk.say(desk.said(asked, f"ledger:{desk.unit}", desk.secretary))
    number = reply.facts[0]["data"]["number"]
    desk.until(desk.world.now)
    meeting = desk.office.state(f"meeting:{desk.unit}:{number}")
    assert (meeting.status, [item.case for item in meeting.named]) == (MeetingStatus.PROPOSED, ["0000-topic-2"])


def test_a_bogus_topic_makes_no_row(desk: Desk) -> None:
    before = set(desk.office.store.tables.subjects)
    planned = desk.meeting(MeetingStatus.PLANNED)
    for data, subject in (
        (e.ProposeMeeting(cases=("no-such-topic",), why=DONE), f"ledger:{desk.unit}"),
        (e.ConveneMeeting(cases=("0000-topic-1", "0000-topic-2", "no-such-topic")), planned.id),
    ):
        (reply,) = desk.say(desk.said(data, subject, desk.secretary))
        assert reply.rule == "agenda.foreign"
    assert set(desk.office.store.tables.subjects) == before
