"""Conveners and secretaries of joint meetings, and the units that have to follow what was decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.escalation.domain.meeting import Meeting, MeetingStatus, slot_end
from services.escalation.domain.topic import EntryStatus, Topic
from shared.contracts import escalation as e
from shared.contracts.base import Contract
from shared.kernel.decisions import Actor
from tests.flow.residents import Residents

WORDS = "经会议研究，请按议定意见办理"


class Secretaries:
    """Everyone at and around a joint meeting."""

    def __init__(self, residents: Residents) -> None:
        self.people, self.world = residents, residents.world

    def _meetings(self, *statuses: MeetingStatus) -> list[tuple[str, Meeting]]:
        office = self.world.offices["escalation"]
        rows = sorted(row.id for row in self.world.escalation_tables.meetings.values() if row.status in statuses)
        return [(id_, office.state(id_)) for id_ in rows]

    def next_opening(self) -> timedelta | None:
        """Return how long it is until the next meeting about something opens."""
        found = [
            m.opens_at for _, m in self._meetings(MeetingStatus.CONVENED) if m.agenda and m.opens_at > self.world.now
        ]
        return min(found) - self.world.now + timedelta(minutes=30) if found else None

    def meet(self) -> None:
        """Call, convene, move what is ahead; open what can be opened today, record and adopt."""
        self._prepare()
        for id_, meeting in self._meetings(MeetingStatus.CONVENED):
            if meeting.opens_at <= self.world.now <= slot_end(self.world.city, meeting.opens_at):
                if (meeting.agenda and self.world.chance(0.85)) or self.world.chance(0.3):
                    self._hold(id_, meeting)
            elif self.world.chance(0.01):
                self._hold(id_, meeting)
        for id_, meeting in self._meetings(MeetingStatus.HELD):
            if self.world.chance(0.7):
                self._record(id_, meeting)
            if self.world.chance(0.7):
                self.people.say("escalation", e.AdoptMinutes(), id_, self._chair(meeting))

    def _prepare(self) -> None:
        """Ask for temporary meetings, call and refuse them; convene, extend, postpone, call off, add to minutes."""
        chance = self.world.chance
        for id_, meeting in self._meetings(MeetingStatus.PROPOSED):
            if chance(0.15):
                self._say(id_, meeting, e.CallMeeting(opens_at=self._soon()))
            elif chance(0.05):
                self._say(id_, meeting, e.RefuseMeeting(why=WORDS))
        for id_, meeting in self._meetings(MeetingStatus.PLANNED):
            if chance(0.02):
                self._say(id_, meeting, e.ConveneMeeting(cases=self._waiting(meeting.unit)))
        for id_, meeting in self._meetings(MeetingStatus.CONVENED):
            waiting = self._waiting(meeting.unit)
            if waiting and chance(0.05):
                self._say(id_, meeting, e.TableTopics(cases=waiting[:2]))
            elif chance(0.02):
                self._say(id_, meeting, e.PostponeMeeting(opens_at=self._soon(), why=WORDS))
            elif chance(0.01):
                self._say(id_, meeting, e.CancelMeeting(why=WORDS))
        for id_, meeting in self._meetings(MeetingStatus.ADOPTED)[-2:]:
            if chance(0.02):
                self._say(id_, meeting, e.SupplementMinutes(text=WORDS))
        unit = self.people.pick(self.world.bodies)
        if chance(0.05) and (waiting := self._waiting(unit)):
            propose = e.ProposeMeeting(cases=waiting[:2], why=WORDS)
            self.people.say("escalation", propose, f"ledger:{unit}", Actor("unit", unit))

    def _say(self, id_: str, meeting: Meeting, data: Contract) -> None:
        self.people.say("escalation", data, id_, self._chair(meeting))

    def _soon(self) -> datetime:
        return self.world.now + timedelta(days=self.people.pick((1, 2, 3, 6)), hours=2)

    def _waiting(self, unit: str) -> tuple[str, ...]:
        ledger = self.world.offices["escalation"].state(f"ledger:{unit}")
        return tuple(place.case for place in ledger.agenda()) if ledger else ()

    def _chair(self, meeting: Meeting) -> Actor:
        return Actor("unit", meeting.unit if self.world.chance(0.97) else "S01")

    def _hold(self, id_: str, meeting: Meeting) -> None:
        members = [m.code for m in self.world.city.bodies[meeting.unit].members]
        present = members if self.world.chance(0.9) else members[: self.world.random.randint(0, len(members))]
        self.people.say("escalation", e.HoldMeeting(present=(*present, *meeting.invited)), id_, self._chair(meeting))

    def _record(self, id_: str, meeting: Meeting) -> None:
        office = self.world.offices["escalation"]
        decisions = []
        for item in meeting.agenda:
            topic: Topic | None = office.state(item.case)
            if topic is not None and self.world.chance(0.97):
                decisions.append(self._decision(topic, meeting))
        self.people.say("escalation", e.RecordDecisions(decisions=tuple(decisions)), id_, self._chair(meeting))

    def _decision(self, topic: Topic, meeting: Meeting) -> e.TopicDecision:
        city, pick = self.world.city, self.people.pick
        is_top = city.body_above(meeting.unit) is None
        kinds = ["resolve", "resolve", "move_up", "defer", "decline"]
        if is_top:
            kinds = ["resolve", "resolve", "resolve", "defer", "decline"]
        elif topic.active.reopened > city.limits["reopenings"]:
            kinds = ["move_up"]
        if is_top:
            kinds += ["squad", "list"]
            if topic.active.reopened > city.limits["reopenings"]:
                kinds = ["squad", "list"]
        kind = e.DecisionKind(pick(kinds))
        if kind is e.DecisionKind.DECLINE and topic.urgent and self.world.chance(0.8):
            kind = e.DecisionKind.RESOLVE
        if kind is e.DecisionKind.DEFER and topic.active.deferrals >= 2:
            kind = e.DecisionKind.RESOLVE
        more: dict[str, Any] = {"why": WORDS}
        if kind is e.DecisionKind.RESOLVE:
            near = [
                m.code for m in city.bodies[meeting.unit].members if m.code in city.units or m.code in city.departments
            ]
            choices = [meeting.unit, *near, *(u.code for u in city.children(meeting.unit))]
            due_on = self.world.now.date() + timedelta(days=pick((2, 10, 30, 179)))
            more = {"lead": pick(choices[:8]), "due_on": due_on, "done_means": WORDS}
        elif kind is e.DecisionKind.SQUAD:
            lead, due_on = pick(list(city.departments)), self.world.now.date() + timedelta(days=pick((10, 30, 179)))
            more = {"leader": city.bodies[meeting.unit].convener, "lead": lead, "members": (lead, meeting.unit)}
            more |= {"due_on": due_on, "done_means": WORDS}
        elif kind is e.DecisionKind.MOVE_UP:
            more = {"tried": WORDS, "why": WORDS, "asked": WORDS}
        elif kind is e.DecisionKind.LIST:
            more = {"leader": city.bodies[meeting.unit].convener, "plan": WORDS}
        elif kind is e.DecisionKind.DECLINE:
            more = {"reason": pick(list(e.DeclineReason)), "reply": WORDS}
        return e.TopicDecision(topic=topic.id, kind=kind, **more)

    def propose(self) -> None:
        """Propose a topic by hand: of one or two cases of a place, at its body or at one that is not its own."""
        office, city = self.world.offices["dispatch"], self.world.city
        cases = [case for case in self.world.intake.reports.values() if office.state(case) is not None]
        if not cases:
            return
        chosen = tuple(dict.fromkeys(self.people.pick(cases) for _ in range(self.people.pick((1, 1, 2)))))
        bodies = [unit.code for unit in city.lineage(office.state(chosen[0]).unit) if unit.code in city.bodies]
        asked = e.ProposeTopic(kind=e.TopicKind.CASE, cases=chosen, summary=WORDS, tried=WORDS, asked=WORDS)
        self.people.say("escalation", asked, chosen[0], Actor("unit", self.people.pick(bodies)))

    def _by_desk(self, case: str, topic: Topic, unit: Actor) -> None:
        """Screen, receive, reopen, take back, combine: what a secretary or convener may do now, or not."""
        say, pick = self.people.say, self.people.pick
        match topic.active.status:
            case EntryStatus.PROPOSED:
                acts: list[Any] = [
                    e.AdmitTopic(),
                    e.AdmitTopic(),
                    e.ReturnTopic(step=pick(list(e.LadderStep)), why=WORDS),
                ]
                say("escalation", pick([*acts, e.WithdrawTopic(why=WORDS)]), case, unit)
            case EntryStatus.OPEN:
                others = [o for o, t in self._topics() if o != case and t.active.body == topic.active.body]
                acts = [e.ReceiveTopic(), e.WithdrawTopic(why=WORDS)]
                acts += [e.CombineTopic(into=pick(others)) for _ in others[:2]]
                say("escalation", pick(acts), case, unit)
            case EntryStatus.EXECUTING:
                say("escalation", e.ReopenTopic(why=WORDS), case, unit)
            case _:
                say("escalation", e.AdmitTopic(), case, unit)

    def _topics(self) -> list[tuple[str, Topic]]:
        office = self.world.offices["escalation"]
        return [
            (case, t)
            for case in self.world.intake.reports.values()
            if isinstance(t := office.state(case), Topic) and t.entries
        ]

    def follow(self) -> None:
        """Acknowledge, tell, object, write off: whatever a topic still asks for, or not."""
        topics = self._topics()
        if self.world.chance(0.15):
            self.propose()
        if not topics:
            return
        case, topic = self.people.pick(topics)
        unit = Actor("unit", self.people.pick([entry.body for entry in topic.entries]))
        root = Actor("operations", self.world.city.root.code)
        if topic.unacknowledged() and self.world.chance(0.6):
            to = topic.unacknowledged()[0].to
            self.people.say("escalation", e.AcknowledgeDecision(), case, Actor("unit", to))
        elif topic.untold() and self.world.chance(0.6):
            told = e.TellReporters(reporter=self.people.pick((*topic.reporters, "")), reached=self.world.chance(0.8))
            self.people.say("escalation", told, case, unit if self.world.chance(0.7) else root)
        elif self.world.chance(0.3):
            self._by_desk(case, topic, Actor("unit", topic.active.body))
        elif topic.active.status is EntryStatus.DECLINED and self.world.chance(0.4):
            by = self.people.pick((root, Actor("unit", topic.entries[0].body)))
            self.people.say("escalation", e.ObjectToDecline(why=WORDS), case, by)
        elif any(entry.status is EntryStatus.SETTLED for entry in topic.entries) or self.world.chance(0.05):
            self.people.say("escalation", e.WriteOff(), case, unit)
