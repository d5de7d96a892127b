"""Up in six months, down in four: the worked example of workflows §2.6, day by day through all four services.

The Donggang profile with the 2026 calendar and its make-up days; its bodies meet on the days of the example.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from deploy.demo.desk import Result
from deploy.demo.streams import Heard
from deploy.demo.tally import Tally
from deploy.simulation.count import Count
from deploy.simulation.memory import Memory, Stated
from services.dispatch.domain.order import Order, Status
from services.escalation.domain.meeting import Meeting, MeetingStatus
from services.escalation.domain.topic import Topic
from shared.city.load import load
from shared.city.model import Cadence, City
from shared.contracts import dispatch, escalation, feedback, intake
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import SYSTEM, Actor

ESTATE, COMMUNITY, STREET, CITY = "C01-G01", "C01", "S01", "donggang"
CHAIN = (ESTATE, COMMUNITY, STREET, CITY)
MONTHS = ((1, 28), (2, 26), (3, 30), (4, 28), (5, 28), (6, 29), (7, 28), (8, 28), (9, 28), (10, 28), (11, 27), (12, 28))
SLOTS = {
    "estate": MONTHS,
    "community": ((3, 18), (6, 10), (9, 16), (12, 16)),
    "street": ((3, 27), (6, 17), (9, 23), (12, 23)),
    "city": ((6, 30), (12, 22)),
}


def example_city() -> City:
    """Return Donggang with its bodies meeting on the days of the example."""
    city = load("donggang")
    chain = tuple(
        replace(level, cadence=Cadence(level.cadence.period, tuple((m, d, d) for m, d in SLOTS[level.code])))
        for level in city.chain
    )
    return replace(city, chain=chain)


def when(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}" if len(text) < 16 else text).replace(tzinfo=SHANGHAI)


class Town:
    """The four services in memory, and the people of the example."""

    def __init__(self) -> None:
        self.city = example_city()
        self.memory = Memory(self.city, when("01-12 08:30"), Tally())
        self.heard: list[Heard] = []
        self.memory.hear = self.heard.append
        self.case = ""
        self.said = 0

    def until(self, text: str) -> None:
        """Let time pass; what is due exactly then has happened."""
        self.memory.run(when(text) + timedelta(microseconds=1))

    def say(self, actor: Actor, service: str, path: str, body: Mapping[str, Any] | None = None) -> Result:
        self.said += 1
        key = f"{path}/{self.said}"
        return asyncio.run(self.memory.act(actor, service, path, body or {}, key))

    def do(self, actor: Actor, service: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        result = self.say(actor, service, path, body)
        assert not result.rule, (path, result)

    def topic_does(self, unit: str, verb: str, **body: Any) -> None:
        self.do(Actor("unit", unit), "escalation", f"/v1/topics/{self.case}/{verb}", body)

    # ---- what is to be seen

    def statuses(self) -> tuple[str, ...]:
        return tuple(entry.status.value for entry in self.topic().entries)

    def topic(self) -> Topic:
        return self.memory.offices["escalation"].states[self.case]

    def order(self) -> Order:
        return self.memory.offices["dispatch"].states[self.case]

    def answer_by(self) -> date:
        """Return the last day on which the active entry may be answered; 24:00 reads as the day after."""
        due = self.city.calendar.local(self.topic().active.answer_due_at)
        return (due - timedelta(microseconds=1)).date()

    def facts(self, kind: type) -> list[Any]:
        return [heard.data for heard in self.heard if isinstance(heard.data, kind)]

    def meeting(self, unit: str, status: MeetingStatus) -> Meeting:
        states = self.memory.offices["escalation"].states.values()
        return next(s for s in states if isinstance(s, Meeting) and s.unit == unit and s.status is status)

    # ---- meetings

    def meet(self, unit: str, day: str, adopted: str, **decision: Any) -> None:
        """Hold the body's meeting of a day and adopt its minutes on another, with this decision about the topic."""
        self.until(f"{day} 15:30")
        meeting = self.meeting(unit, MeetingStatus.CONVENED)
        assert self.city.calendar.local(meeting.opens_at).date() == when(f"{day} 10:00").date()
        assert [item.case for item in meeting.agenda] == [self.case]
        members = [member.code for member in self.city.bodies[unit].members]
        actor = Actor("unit", unit)
        self.do(actor, "escalation", f"/v1/meetings/{meeting.id}/hold", {"present": [*members, *meeting.invited]})
        recorded = {"decisions": [{"topic": self.topic().id, **decision}]}
        self.do(actor, "escalation", f"/v1/meetings/{meeting.id}/record", recorded)
        before = self.statuses()
        self.until(f"{adopted} 16:00")
        assert self.statuses() == before, "nothing takes effect before the minutes are adopted"
        self.do(actor, "escalation", f"/v1/meetings/{meeting.id}/adopt")

    def overdue(self) -> list[tuple[str, str]]:
        found = self.facts(escalation.TopicFollowUpOverdue)
        return [(fact.of.value, fact.charged) for fact in found]


@pytest.fixture
def town() -> Town:
    return Town()


def resolution(lead: str, due_on: str, *support: str) -> dict[str, Any]:
    return {
        "kind": "resolve", "lead": lead, "support": support, "due_on": f"2026-{due_on}", "done_means": "疏通管道并录像",
    }  # fmt: skip


def up(why: str) -> dict[str, Any]:
    return {"kind": "move_up", "tried": "逐户协商，未能议成", "why": why, "asked": "请上一级明确牵头单位"}


def test_a_topic_rises_to_the_city_in_six_months_and_comes_down_in_four(town: Town) -> None:
    start(town)
    estate(town)
    community_and_street(town)
    city(town)
    down(town)


def start(town: Town) -> None:
    """12 to 19 January: reported, proposed by the estate's branch, admitted by its secretary."""
    report = intake.Report(
        id="m-1", text="地下室返污水，臭味很大，请尽快处理", place=intake.ReportPlace(unit=ESTATE), matter="drains",
        reporter=intake.Reporter(id="u-1", phone="13900001111"),
    )  # fmt: skip
    town.until("01-12 09:00")
    asyncio.run(
        town.memory.send(
            "donggang.reports.mini.v1", "m-1", report.model_dump_json().encode(), id_="m-1", type_=report.TYPE,
            sender="mini",
        )
    )  # fmt: skip
    town.case = next(
        subject for subject, state in town.memory.offices["dispatch"].states.items() if isinstance(state, Order)
    )
    town.until("01-16 09:00")
    town.memory._command(
        town.memory.offices["escalation"],
        escalation.ProposeTopic(
            kind=escalation.TopicKind.CASE, cases=(town.case,), summary="地下室返污水", tried="网格协调物业和业主",
            asked="请明确管道权属并疏通", lead="housing",
        ),
        Actor("unit", ESTATE), town.case, "p-1",
    )  # fmt: skip
    town.memory._flow()
    assert town.statuses() == ("proposed",)
    town.until("01-19 09:00")
    town.topic_does(ESTATE, "admit")
    assert town.statuses() == ("open",)
    assert town.answer_by() == date(2026, 3, 5)
    assert (town.order().status, town.order().responsible) == (Status.ESCALATED, ESTATE)


def estate(town: Town) -> None:
    """28 January to 2 March: resolved, reopened on new facts, moved up."""
    assert town.city.calendar.working_day_before(date(2026, 1, 28), 3) == date(2026, 1, 23)
    town.meet(ESTATE, "01-28", "01-30", **resolution(ESTATE, "02-12"))
    assert town.statuses() == ("executing",)
    assert (town.order().status, town.order().is_meeting_order) == (Status.DISPATCHED, True)
    town.until("02-05 10:00")
    town.topic_does(ESTATE, "tell", reporter="r1")
    town.until("02-06 18:00")
    assert town.overdue() == [], "r1 was told inside five working days"

    town.until("02-11 10:00")
    town.topic_does(ESTATE, "reopen", why="录像显示市政主管塌陷")
    assert town.statuses() == ("open",)
    assert town.answer_by() == date(2026, 3, 28)
    assert town.order().status is Status.ESCALATED

    town.until("02-14 18:00")
    assert town.statuses() == ("tabled",), "the cut-off is a Saturday that is worked"
    town.meet(ESTATE, "02-26", "03-02", **up("塌陷的是市政主管，小区无权处理"))
    assert town.statuses() == ("moved_up", "open")
    assert town.answer_by() == date(2026, 6, 15)
    town.topic_does(ESTATE, "tell", reporter="r1")


def community_and_street(town: Town) -> None:
    """4 March to 18 June: received, moved up, deferred, a second reporter, moved up."""
    town.until("03-04 18:00")
    (received,) = town.facts(escalation.TopicReceived)
    assert (received.body, received.lapsed) == (COMMUNITY, True), "silence is receipt"
    town.meet(COMMUNITY, "03-18", "03-20", **up("结对单位均无管道权属"))
    assert town.statuses() == ("moved_up", "moved_up", "open")
    assert town.answer_by() == date(2026, 7, 3)
    town.topic_does(ESTATE, "acknowledge")
    town.topic_does(ESTATE, "tell", reporter="r1")

    town.until("03-24 18:00")
    assert town.statuses()[-1] == "tabled", "included: the cut-off is 24 March"
    town.meet(STREET, "03-27", "03-31", kind="defer", why="等待管线勘测结果")
    assert town.statuses() == ("moved_up", "moved_up", "open")
    (deferred,) = town.facts(escalation.TopicDeferred)
    assert (deferred.deferrals, deferred.until) == (1, date(2026, 6, 17))
    assert town.answer_by() == date(2026, 6, 25)
    for unit in (COMMUNITY, ESTATE):
        town.topic_does(unit, "acknowledge")
    town.until("04-08 17:59")
    assert ("tell", ESTATE) not in town.overdue(), "6 April is a holiday"
    town.topic_does(ESTATE, "tell", reporter="r1")

    town.until("05-11 09:00")
    joined = intake.ReporterJoined(source="mini", report="m-2", dossier="d-2", reporter="r2", ratable=True)
    office = town.memory.offices["intake"]
    office.sequences[town.case] += 1
    stated = Stated("intake", town.case, office.sequences[town.case], joined, town.memory.now, SYSTEM, ())
    town.memory._queue.append(stated)
    town.memory._flow()
    assert town.topic().reporters == ("r1", "r2")
    assert town.statuses() == ("moved_up", "moved_up", "open")

    town.meet(STREET, "06-17", "06-18", **up("资金和权属超出街道"))
    assert town.statuses() == ("moved_up", "moved_up", "moved_up", "open")
    assert town.answer_by() == date(2027, 1, 4)
    for unit in (COMMUNITY, ESTATE):
        town.topic_does(unit, "acknowledge")
    town.topic_does(ESTATE, "tell")


def city(town: Town) -> None:
    """30 June to 11 September: resolved, no hand-back, reopened on new facts, a temporary meeting forms a squad."""
    town.until("06-25 18:00")
    assert town.statuses()[-1] == "tabled"
    town.meet(CITY, "06-30", "07-03", **resolution("housing", "09-18", "water-company", "finance"))
    assert town.statuses() == ("moved_up", "moved_up", "moved_up", "executing")
    due = {fact.acknowledge_due_at for fact in town.facts(escalation.TopicFedBack)[-3:]}
    assert due == {when("07-07 18:00")}
    town.until("07-07 10:00")
    for unit in (STREET, COMMUNITY, ESTATE):
        town.topic_does(unit, "acknowledge")
    town.until("07-08 10:00")
    housing, assignment = Actor("department", "housing"), town.order().assignment
    asked = {"assignment": assignment, "clause": "3", "proposed": "water-affairs", "note": "不属本单位职责"}
    refused = town.say(housing, "dispatch", f"/v1/orders/{town.case}/hand-back", asked)
    assert refused.rule == "order.hand_back_meeting", "refused by rule, no judge needed"
    town.until("07-10 10:00")
    town.topic_does(ESTATE, "tell", reporter="r1")
    town.topic_does(ESTATE, "tell", reporter="r2")
    town.until("07-10 18:00")
    assert town.overdue() == []

    town.until("08-28 10:00")
    town.topic_does(CITY, "reopen", why="沟槽内发现燃气管线")
    assert town.order().status is Status.ESCALATED
    town.until("08-28 10:01")
    proposed = town.meeting(CITY, MeetingStatus.PROPOSED)
    called = f"/v1/meetings/{proposed.id}"
    vice_mayor = Actor("post", "donggang:vice-mayor-construction")
    assert town.say(vice_mayor, "escalation", f"{called}/refuse", {"why": "十二月再议"}).rule == "meeting.duty", (
        "18 September is before December's meeting (G16)"
    )
    town.until("08-31 10:00")
    guests = ["gas-company", "water-company", STREET, COMMUNITY]
    call = {"opens_at": "2026-09-02T09:00:00+08:00", "invited": guests}
    town.do(vice_mayor, "escalation", f"{called}/call", call)
    town.meet(
        CITY, "09-02", "09-04", kind="squad", leader="vice-mayor-construction", lead="housing",
        support=("water-company", "finance"), members=("housing", "gas-company", STREET, COMMUNITY),
        due_on="2026-10-30", done_means="主管改造完成，地下室不再返水",
    )  # fmt: skip
    assert town.meeting(CITY, MeetingStatus.ADOPTED).id
    assert town.statuses() == ("moved_up", "moved_up", "moved_up", "executing")
    assert town.order().meeting_due_at == when("10-30 18:00")
    for unit in (STREET, COMMUNITY, ESTATE):
        town.topic_does(unit, "acknowledge")
    town.until("09-11 10:00")
    town.topic_does(ESTATE, "tell")
    town.until("09-11 18:00")
    assert town.overdue() == []


def down(town: Town) -> None:
    """21 October to 5 November: done, verified, rated, closed, written off from the top down."""
    housing, order = Actor("department", "housing"), town.order()
    town.until("10-12 10:00")
    for support in ("water-company", "finance"):
        part = {"assignment": order.assignment, "note": "已按会议要求配合完成"}
        town.do(Actor("department", support), "dispatch", f"/v1/orders/{town.case}/answer-part", part)
    town.until("10-21 10:00")
    done = {
        "assignment": order.assignment,
        "what": "主管改造完成",
        "contacted": True,
        "evidence": 2,
        "handler": "工程科",
    }
    town.do(housing, "dispatch", f"/v1/orders/{town.case}/finish", done)
    assert (town.order().status, town.order().responsible, town.order().on_time) == (Status.HANDLED, ESTATE, True)
    town.until("10-23 10:00")
    verified = {"assignment": order.assignment, "passed": True, "note": "现场查看，不再返水", "means": "photo"}
    town.do(Actor("unit", ESTATE), "dispatch", f"/v1/orders/{town.case}/verify", verified)
    invited = {sent.report: sent for sent in town.facts(feedback.InvitationSent)}
    assert invited.keys() == {"m-1", "m-2"}
    assert invited["m-1"].until == when("10-31 00:00")
    rating = feedback.Rating(id="a-1", token=invited["m-1"].token, contacted=True, solved=True, grade=5)
    asyncio.run(
        town.memory.send(
            "donggang.ratings.mini.v1", "a-1", rating.model_dump_json().encode(), id_="a-1", type_=rating.TYPE,
            sender="mini",
        )
    )  # fmt: skip
    town.until("10-30 23:59")
    assert town.order().status is Status.VERIFIED, "r2 may still answer"
    assert town.statuses()[-1] == "executing"
    town.until("10-31 00:00")
    assert town.order().status is Status.CLOSED
    assert town.statuses() == ("moved_up", "moved_up", "moved_up", "settled")

    refused = town.say(Actor("unit", STREET), "escalation", f"/v1/topics/{town.case}/write-off")
    assert refused.rule == "topic.above_open"
    states = ["moved_up", "moved_up", "moved_up", "settled"]
    for level, (unit, day) in enumerate(zip(reversed(CHAIN), ("11-02", "11-03", "11-04", "11-05"), strict=True)):
        town.until(f"{day} 10:00")
        assert town.statuses() == tuple(states)
        town.topic_does(unit, "write-off")
        states[3 - level] = "written_off"
        if level < 3:
            states[2 - level] = "settled"
    assert town.statuses() == ("written_off",) * 4

    assert len(town.facts(escalation.TopicProposed)) == 1, "one topic"
    assert len(town.facts(escalation.TopicMovedUp)) == 3, "three hops"
    assert [fact.final for fact in town.facts(escalation.TopicWrittenOff)] == [False, False, False, True]
    closed = [heard for heard in town.heard if heard.stream == "orders" and isinstance(heard.data, dispatch.CaseClosed)]
    assert len(closed) == 1
    assert town.facts(escalation.TopicAnswerOverdue) == []
    (rated,) = town.facts(feedback.CaseRated)
    assert [answer.grade for answer in rated.answers] == [5, None], "r2 was silent, which is unrated"
    count = Count(town.city)
    for heard in town.heard:
        count.hear(heard)
    counted = {name: count.figures()[name] for name in ("topics", "moved_up", "solved_above", "settled")}
    assert counted == {"topics": 1, "moved_up": 1, "solved_above": 1, "settled": 0}
