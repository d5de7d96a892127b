"""Conveners, secretaries and units at the joint meetings: hold, decide, sign, acknowledge, tell, write off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from deploy.demo.behaviour import DECIDES_AFTER, SIGNED_AFTER
from deploy.demo.desk import Result
from deploy.demo.draws import LogNormal, one_of
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.contracts import escalation
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor

OPENS_AFTER = LogNormal(8, 0.5)
"""Minutes by which the chair opens a meeting late (assumed)."""
_TRIES = 4
_AGAIN = timedelta(hours=8)
_STALE = "message.stale"
DONE_MEANS = "现场整改完成，经核查和反映人确认"
UP = {
    "tried": "已现场查看，与相关单位协商，未能解决",
    "why": "经费和职权超出本级",
    "asked": "请上级明确牵头单位并落实经费",
}
WHY_DEFER = "方案论证和勘察尚未完成，下次会议再议"
PLAN = "由书记领衔，分步推进，逐次会议复议"
REPLY = "经核，此事已依法作出处理决定，向反映人说明"


@dataclass(slots=True)
class KnownTopic:
    """What the ledger's facts tell of one topic."""

    id: str
    case: str
    lead: str | None
    unit: str
    urgent: bool
    deferrals: dict[str, int] = field(default_factory=dict)
    to_sum_up: bool = False


@dataclass(slots=True)
class KnownMeeting:
    """One meeting that is to be held or minuted."""

    id: str
    body: str
    agenda: tuple[str, ...]
    opens_at: datetime | None = None
    invited: tuple[str, ...] = ()
    chair: str = ""
    sitting: int = 1
    temporary: bool = False
    present: tuple[str, ...] = ()


class Conveners:
    """Everything that happens round the joint meetings."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._topics: dict[str, KnownTopic] = {}
        self._meetings: dict[str, KnownMeeting] = {}

    def topics(self) -> list[str]:
        """Return what they read."""
        return [topic_name(self._world.city.code, "ledger")]

    def hear(self, heard: Heard) -> None:
        """Take a fact of the ledger."""
        subject = heard.envelope.subject
        match heard.data:
            case escalation.Meeting() as meeting:
                self._meeting(subject, meeting)
            case escalation.Topic() as topic:
                self._topic(subject, topic)
            case _:
                pass

    # -- meetings ---------------------------------------------------------------------------------------------------

    def _meeting(self, subject: str, fact: escalation.Meeting) -> None:
        world, behaviour = self._world, self._world.behaviour
        match fact:
            case escalation.MeetingProposed(opens_at=opens_at):
                at = behaviour.soon(fact.body, "calls", subject, world.now())
                world.agenda.at(at, partial(self._call, subject, fact.body, opens_at))
            case escalation.MeetingConvened():
                called = KnownMeeting(subject, fact.body, fact.agenda, fact.opens_at, fact.invited, fact.caller)
                called.temporary = fact.temporary
                self._meetings[subject] = called
                self._plan_sitting(called)
            case escalation.MeetingPostponed() | escalation.MeetingNotHeld():
                if isinstance(fact, escalation.MeetingNotHeld):
                    world.tally.meetings[fact.level, "missed"] += 1
                if known := self._meetings.get(subject):
                    known.opens_at, known.sitting, known.present = fact.opens_at, known.sitting + 1, ()
            case escalation.MeetingTabled():
                if known := self._meetings.get(subject):
                    known.agenda, known.invited = fact.agenda, fact.invited
                    self._plan_sitting(known)
            case escalation.MeetingHeld():
                world.tally.meetings[fact.level, "held"] += 1
                held = self._meetings.setdefault(subject, KnownMeeting(subject, fact.body, fact.agenda))
                held.agenda = fact.agenda
                at = behaviour.minutes_later(fact.body, "decides", subject, world.now(), DECIDES_AFTER)
                world.agenda.at(at, partial(self._record, held))
            case escalation.MeetingMissed() | escalation.MeetingCancelled():
                self._meetings.pop(subject, None)
            case escalation.MeetingAdopted():
                world.tally.meetings[fact.level, "adopted"] += 1
                world.tally.decisions.update(kind.value for kind in fact.decisions.values())
                self._meetings.pop(subject, None)
                for topic in fact.decisions:
                    self._plan_telling(fact.body, topic)
            case _:
                pass

    async def _call(self, meeting: str, body: str, opens_at: datetime) -> None:
        await self._say(KnownMeeting(meeting, body, ()), "call", {"opens_at": opens_at.isoformat()})

    def _plan_sitting(self, known: KnownMeeting) -> None:
        if known.opens_at is not None:
            late = OPENS_AFTER.draw(self._world.behaviour.chance.of(known.body, "opens", known.id))
            opens_at = known.opens_at + timedelta(minutes=late)
            self._world.agenda.at(opens_at, partial(self._hold, known.id, known.sitting))

    async def _hold(self, meeting: str, sitting: int) -> None:
        known = self._meetings.get(meeting)
        if known is None or known.sitting != sitting or known.present:
            return
        world, body = self._world, self._world.city.bodies[known.body]
        concerned = [
            lead for topic in known.agenda if (lead := self._lead_of(topic)) and lead in world.city.departments
        ]
        convener, *members = [member.code for member in body.members]
        chair = known.chair if known.chair in members else convener
        asked = dict.fromkeys([convener, *members, *known.invited, *concerned])
        mark = meeting if sitting == 1 else f"{meeting}/{sitting}"
        # Who chairs opens it: without him nobody would send this.
        there = (
            code
            for code in asked
            # To a temporary meeting comes whoever it was called with.
            if code != chair and (known.temporary or world.behaviour.attends(known.body, code, mark))
        )
        known.present = (chair, *there)
        await self._say(known, "hold", {"present": list(known.present)}, sitting)

    def _lead_of(self, topic: str) -> str:
        known = self._topics.get(topic)
        return (known.lead if known else None) or ""

    async def _record(self, meeting: KnownMeeting) -> None:
        """Decide each topic; what a rule refuses is decided again more simply, as a chair would when told the rule."""
        world = self._world
        for nth in range(_TRIES):
            decisions = [
                self._decision(meeting, self._topics[topic], nth) for topic in meeting.agenda if topic in self._topics
            ]
            if (await self._say(meeting, "record", {"decisions": decisions}, nth)).is_done:
                break
        at = world.behaviour.soon(meeting.body, "signs", meeting.id, world.now(), SIGNED_AFTER)
        world.agenda.at(at, partial(self._adopt, meeting))

    async def _adopt(self, meeting: KnownMeeting) -> None:
        await self._say(meeting, "adopt", {})

    def _decision(self, meeting: KnownMeeting, topic: KnownTopic, nth: int) -> dict[str, Any]:
        world = self._world
        top = world.city.body_above(meeting.body) is None
        chair = world.city.bodies[meeting.body].convener
        deferrals = topic.deferrals.get(meeting.body, 0)
        kind = world.behaviour.decides(meeting.body, topic.id, top=top, deferrals=deferrals)
        if nth == _TRIES - 1 and not top:
            kind = "move_up"
        elif nth or (kind == "decline" and topic.urgent):
            kind = "resolve"
        elif kind == "resolve" and top:
            kind = world.behaviour.resolves_as(meeting.body, topic.id)
        said: dict[str, Any] = {"topic": topic.id, "kind": kind}
        match kind:
            case "resolve" | "squad":
                within = world.behaviour.resolved_within(meeting.body, topic.id, kind)
                due = world.city.calendar.local(world.now() + within).date()
                lead = self._leader(meeting, topic, nth)
                led = {"leader": chair, "members": [lead]} if kind == "squad" else {}
                return {**said, **led, "lead": lead, "due_on": due.isoformat(), "done_means": DONE_MEANS}
            case "list":
                return {**said, "leader": chair, "plan": PLAN}
            case "decline":
                return {**said, "reason": "decided_by_law", "reply": REPLY}
            case _:
                return {**said, **(UP if kind == "move_up" else {"why": WHY_DEFER})}

    def _leader(self, meeting: KnownMeeting, topic: KnownTopic, nth: int) -> str:
        """Return who shall do it: the department that had it, if it is there, else the body's own ground.

        The city itself does nothing: its operations dispatch. There one of the departments present does it.
        """
        city = self._world.city
        if nth < 2 and topic.lead is not None:
            is_inside = topic.lead in city.units and city.is_within(topic.lead, meeting.body)
            if is_inside or topic.lead in meeting.present:
                return topic.lead
        if meeting.body != city.root.code:
            return meeting.body
        present = [code for code in meeting.present if code in city.departments] or list(city.departments)
        return one_of(self._world.behaviour.chance.of(meeting.body, "lead", topic.id), present)

    async def _say(self, meeting: KnownMeeting, verb: str, body: Mapping[str, Any], nth: int = 0) -> Result:
        path = f"/v1/meetings/{meeting.id}/{verb}"
        for again in range(_TRIES):
            key = f"{meeting.id}/{verb}/{nth}/{again}"
            result = await self._world.desk.act(Actor("unit", meeting.body), "escalation", path, body, key)
            if result.rule != _STALE:
                break
        return result

    # -- topics -----------------------------------------------------------------------------------------------------

    def _topic(self, case: str, fact: escalation.Topic) -> None:
        world = self._world
        if fact.home:  # of a further case: what is to be done is stated of the first
            return
        world.tally.topics[f"{fact.topic}@{fact.body}"] = fact.entry.value
        match fact:
            case escalation.TopicRaised() | escalation.TopicProposed():
                self._topics[fact.topic] = KnownTopic(fact.topic, case, fact.lead, fact.unit, fact.urgent)
            case escalation.TopicDeferred():
                if known := self._topics.get(fact.topic):
                    known.deferrals[fact.body] = fact.deferrals
            case escalation.TopicMovedUp(to_body=body):
                at = world.behaviour.soon(body, "receives", f"{fact.topic}/{body}", world.now())
                world.agenda.at(at, partial(self._receive, case, body))
            case escalation.TopicFedBack():
                at = world.behaviour.soon(fact.to, "acknowledge", f"{case}/{fact.decision}", world.now())
                world.agenda.at(at, partial(self._acknowledge, case, fact.to, fact.decision))
            case escalation.TopicSquadFormed() | escalation.TopicListed():
                if known := self._topics.get(fact.topic):
                    known.to_sum_up = fact.to_sum_up
            case escalation.TopicSummedUp():
                if known := self._topics.get(fact.topic):
                    known.to_sum_up = False
                if fact.entry is escalation.EntryStatus.SETTLED:
                    self._plan_write_off(case, fact.body, 0)
            case escalation.TopicSettled():
                if (known := self._topics.get(fact.topic)) is None or not known.to_sum_up:
                    self._plan_write_off(case, fact.body, 0)
            case escalation.TopicWrittenOff(final=True) | escalation.TopicWithdrawn():
                self._topics.pop(fact.topic, None)
            case _:
                pass

    def _plan_telling(self, body: str, topic: str) -> None:
        if known := self._topics.get(topic):
            at = self._world.behaviour.soon(body, "tell", f"{topic}/{body}", self._world.now())
            self._world.agenda.at(at, partial(self._tell, known.case, body, at))

    async def _tell(self, case: str, body: str, at: datetime) -> None:
        await self._about(case, "tell", body, f"{at:%m%d%H%M}")

    async def _receive(self, case: str, body: str) -> None:
        await self._about(case, "receive", body, body)

    async def _acknowledge(self, case: str, unit: str, decision: str) -> None:
        await self._about(case, "acknowledge", unit, decision)

    def _plan_write_off(self, case: str, body: str, nth: int) -> None:
        at = self._world.behaviour.soon(body, "write_off", f"{case}/{nth}", self._world.now())
        self._world.agenda.at(at, partial(self._write_off, case, body, nth))

    async def _write_off(self, case: str, body: str, nth: int) -> None:
        result = await self._about(case, "write-off", body, str(nth))
        if result.rule.startswith("topic.") and nth < 10:  # somebody has not been told yet
            self._world.agenda.at(self._world.now() + _AGAIN, partial(self._write_off, case, body, nth + 1))

    async def _about(self, case: str, verb: str, unit: str, mark: str) -> Result:
        path = f"/v1/topics/{case}/{verb}"
        for again in range(_TRIES):
            key = f"{case}/{verb}/{unit}/{mark}/{again}"
            result = await self._world.desk.act(Actor("unit", unit), "escalation", path, {}, key)
            if result.rule != _STALE:
                break
        return result
