"""Joint meetings of the Donggang profile in virtual time: one chain of bodies from the estate to the city."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec

from services.escalation.domain import decide, evolve, further, needs_peek, seeds, touches
from services.escalation.domain import messages as m
from services.escalation.domain import topic_messages as tm
from services.escalation.domain.chain import Anchor, Record, anchors_below, verify
from services.escalation.domain.correcting import CorrectRecord
from services.escalation.domain.heads import Head, Prepared
from services.escalation.domain.heard import (
    CaseClosed,
    CaseRegistered,
    OrderEscalated,
    OrderWithdrawn,
    Placement,
    ReporterJoined,
    Understanding,
)
from services.escalation.domain.ledger import Wording
from services.escalation.domain.meeting import Meeting, MeetingStatus
from services.escalation.domain.topic import Topic, TopicKind
from services.escalation.translate import WIRE
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor, Due, Fact, Message
from tests.support.play import Play

ESTATE, COMMUNITY, STREET, CITY = "C01-G01", "C01", "S01", "donggang"
CHAIN = (ESTATE, COMMUNITY, STREET, CITY)
OPERATIONS = Actor("operations", "duty")


@cache
def donggang() -> Any:
    return load("donggang")


@cache
def liberal() -> Any:
    """Donggang, if every level could form squads and list hard problems, as Guiping's can."""
    chain = tuple(replace(level, may_form_squad=True, may_list=True) for level in donggang().chain)
    return replace(donggang(), chain=chain)


def when(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def unit(code: str) -> Actor:
    return Actor("unit", code)


class Hall(Play):
    """Play with the meetings' usual acts; every heard fact and command peeks at the states as the store does."""

    def __init__(
        self,
        at: str = "2026-01-05 09:00",
        bodies: tuple[str, ...] = CHAIN,
        *,
        peeks: bool = True,
        lists: bool = False,
        city: Any = None,
    ) -> None:
        super().__init__(decide, evolve, city or donggang(), when(at), self._touches)
        self._peeks = peeks
        for subject, arm in seeds(self.city, self.now):
            if subject.removeprefix("ledger:") in bodies or (lists and subject.startswith("heads:")):
                self.states[subject] = None
                self.deadlines[subject, arm.name] = arm
        self.advance(self.now)

    def _touches(self, message: Message) -> tuple[str, ...]:
        state = self.states.get(message.subject)
        known = further(message, state, self.city) if self._peeks and needs_peek(message) else ()
        return (*touches(message), *known)

    def _play(self, message: Message, heard: bool = False) -> list[Any]:
        if isinstance(message.data, Due | CorrectRecord | m.RecordDecisions):
            ledgers = [s for name, s in sorted(self.states.items()) if name.startswith("ledger:") and s and s.seq]
            heads = tuple(Head(ledger.unit, ledger.seq, ledger.hash) for ledger in ledgers)
            records = {(r.ledger, r.seq): r for r in self.rows if isinstance(r, Record)}
            self.prepared = Prepared(heads, records, {w.digest: w.text for w in self.wordings()})
        return super()._play(message, heard)

    def _note(self, fact: Fact, message: Message) -> str:
        WIRE.to_wire(fact.data)  # what cannot be said on the wire is an error at once
        subject = super()._note(fact, message)
        state = self.states[subject]
        assert msgspec.json.decode(msgspec.json.encode(state), type=type(state)) == state
        return subject

    def send(self, *args: Any, **more: Any) -> list[Any]:
        """Send, and let what it arms for this very moment fire."""
        stated = super().send(*args, **more)
        self.advance(self.now)
        return stated

    # ---- what intake and dispatch say

    def register(
        self, case: str = "c-1", place: str = ESTATE, *, urgent: bool = False, reporter: str = "r1", matter: str = ""
    ) -> None:
        fact = CaseRegistered(
            number=f"DG-{case}",
            placement=Placement(unit=place),
            summary="地下室返污水",
            urgent=urgent,
            reporter=reporter,
            understanding=Understanding(matter=matter) if matter else None,
        )
        self.hear(case, fact, "intake")

    def join(self, reporter: str, case: str = "c-1") -> list[Any]:
        stated = self.hear(case, ReporterJoined(reporter=reporter), "intake")
        return stated + self.advance(self.now)

    def escalate(
        self,
        case: str = "c-1",
        body: str = ESTATE,
        *,
        cause: str = "unable",
        lead: str | None = None,
        urgent: bool = False,
    ) -> list[Any]:
        fact = OrderEscalated(
            cause=cause,
            body=body,
            lead=lead,
            number=f"DG-{case}",
            summary="地下室返污水",
            unit=ESTATE,
            urgent=urgent,
        )
        stated = self.hear(case, fact, "dispatch")
        self.advance(self.now)
        return stated

    def close(self, case: str = "c-1") -> list[Any]:
        stated = self.hear(case, CaseClosed(reason="rated"), "dispatch")
        return stated + self.advance(self.now)

    def withdraw(self, case: str = "c-1") -> list[Any]:
        stated = self.hear(case, OrderWithdrawn(), "dispatch")
        return stated + self.advance(self.now)

    # ---- meetings

    def meetings(self, body: str, *statuses: MeetingStatus) -> list[Meeting]:
        found = [s for s in self.states.values() if isinstance(s, Meeting) and s.unit == body]
        return [s for s in sorted(found, key=lambda s: s.opens_at) if not statuses or s.status in statuses]

    def convened(self, body: str) -> Meeting:
        """Let time pass until the body's next meeting is convened and opens."""
        while not (called := self._called(body)):
            waiting = self.meetings(body, MeetingStatus.PLANNED, MeetingStatus.CONVENED, MeetingStatus.PROPOSED)
            ends = [end for x in waiting if (end := x.decide_by or x.cut_off_at) and end > self.now]
            self.advance(min(ends))
        self.advance(max(self.now, called[0].opens_at))
        return self.states[called[0].id]

    def _called(self, body: str) -> list[Meeting]:
        """Return the meetings whose agenda is fixed and whose day is not over."""
        found = self.meetings(body, MeetingStatus.CONVENED)
        return [x for x in found if x.is_called and (x.temporary or (x.cut_off_at or self.now) <= self.now)]

    def members(self, body: str) -> tuple[str, ...]:
        return tuple(member.code for member in self.city.bodies[body].members)

    def hold(self, meeting: Meeting, *guests: str) -> list[Any]:
        present = (*self.members(meeting.unit), *meeting.invited, *guests)
        return self.send(meeting.id, m.HoldMeeting(present=present), unit(meeting.unit))

    def held(self, body: str, *guests: str) -> Meeting:
        meeting = self.convened(body)
        self.hold(meeting, *guests)
        return self.states[meeting.id]

    def record(self, meeting: Meeting, *decisions: tm.TopicDecision) -> list[Any]:
        return self.send(meeting.id, m.RecordDecisions(decisions=decisions), unit(meeting.unit))

    def adopt(self, meeting: Meeting) -> list[Any]:
        return self.send(meeting.id, m.AdoptMinutes(), unit(meeting.unit))

    def decide_at(self, body: str, kind: str, case: str = "c-1", **more: Any) -> list[Any]:
        """Hold the body's meetings up to the one with the case and decide all its topics there, in the same way."""
        meeting = self.held(body)
        while case not in [item.case for item in meeting.agenda]:
            assert not meeting.agenda
            self.adopt(meeting)
            meeting = self.held(body)
        self.record(meeting, *(self.decision(item.topic, kind, body, **more) for item in meeting.agenda))
        return self.adopt(meeting)

    def decision(self, topic: str, kind: str, body: str = ESTATE, **more: Any) -> tm.TopicDecision:
        words: dict[str, dict[str, Any]] = {
            "resolve": {
                "lead": "housing" if body == CITY else body,
                "due_on": (self.now + timedelta(days=14)).date(),
                "done_means": "管道疏通并录像",
            },
            "move_up": {"tried": "已三次协商", "why": "管线权属不在本级", "asked": "请明确养护单位"},
            "defer": {"why": "等待勘测结果"},
            "squad": {
                "leader": "community-secretary",
                "lead": "housing" if body == CITY else body,
                "members": ("housing", "finance"),
                "due_on": (self.now + timedelta(days=14)).date(),
                "done_means": "管道改造完成",
            },
            "list": {"leader": "city-secretary", "plan": "书记包抓，每月调度"},
            "decline": {"reason": tm.DeclineReason.NOT_PUBLIC, "reply": "属于业主之间的约定事项"},
        }
        return tm.TopicDecision(topic=topic, kind=tm.DecisionKind(kind), **{**words[kind], **more})

    # ---- by hand

    def propose(self, by: Actor | str = ESTATE, *cases: str, subject: str = "", **more: Any) -> list[Any]:
        said: dict[str, Any] = {
            "kind": TopicKind.CASE if cases else TopicKind.SUGGESTION,
            "summary": "地下室返污水",
            "tried": "网格协调物业和业主",
            "asked": "请明确管道权属",
            **more,
        }
        actor = unit(by) if isinstance(by, str) else by
        data = tm.ProposeTopic(cases=cases, **said)
        return self.send(subject or (cases[0] if cases else "p-1"), data, actor, creates=not cases)

    def admit(self, by: Actor | str = ESTATE, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.AdmitTopic(), unit(by) if isinstance(by, str) else by)

    def give_back(self, by: Actor | str = ESTATE, case: str = "c-1") -> list[Any]:
        data = tm.ReturnTopic(step=tm.LadderStep.PASS_UP, why="请先上报社区")
        return self.send(case, data, unit(by) if isinstance(by, str) else by)

    def reopen(self, by: Actor | str = ESTATE, case: str = "c-1") -> list[Any]:
        data = tm.ReopenTopic(why="录像显示市政管道塌陷")
        return self.send(case, data, unit(by) if isinstance(by, str) else by)

    def take_back(self, by: Actor | str = ESTATE, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.WithdrawTopic(why="业主已自行解决"), unit(by) if isinstance(by, str) else by)

    def combine(self, into: str, by: Actor | str = ESTATE, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.CombineTopic(into=into), unit(by) if isinstance(by, str) else by)

    def receive(self, by: Actor | str, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.ReceiveTopic(), unit(by) if isinstance(by, str) else by)

    # ---- what follows

    def acknowledge(self, by: str, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.AcknowledgeDecision(), unit(by))

    def tell(self, by: str, case: str = "c-1", reporter: str = "", *, reached: bool = True) -> list[Any]:
        return self.send(case, tm.TellReporters(reporter=reporter, reached=reached), unit(by))

    def object_to(self, actor: Actor = OPERATIONS, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.ObjectToDecline(why="道路是公共的"), actor)

    def write_off(self, by: Actor | str, case: str = "c-1") -> list[Any]:
        return self.send(case, tm.WriteOff(), unit(by) if isinstance(by, str) else by)

    def topic(self, case: str = "c-1") -> Topic:
        return self.states[case]

    def statuses(self, case: str = "c-1") -> tuple[str, ...]:
        return tuple(entry.status.value for entry in self.topic(case).entries)

    # ---- ledgers

    def records(self, ledger: str) -> list[Record]:
        return [row for row in self.rows if isinstance(row, Record) and row.ledger == ledger]

    def kinds(self, ledger: str) -> list[str]:
        return [record.kind for record in self.records(ledger)]

    def body_of(self, record: Record) -> dict[str, Any]:
        return json.loads(record.body)

    def check_chains(self) -> None:
        """Every chain is whole and every head written down anywhere is still there."""
        records = [row for row in self.rows if isinstance(row, Record)]
        below = anchors_below(records)
        for name, state in self.states.items():
            if name.startswith("ledger:") and state is not None:
                head = Anchor(state.seq, state.hash, "head")
                assert verify(state.unit, self.records(state.unit), [head, *below.get(state.unit, [])]) is None

    def wordings(self) -> list[Wording]:
        return [row for row in self.rows if isinstance(row, Wording)]


def on(text: str) -> date:
    return date.fromisoformat(text)
