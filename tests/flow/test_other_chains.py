"""The chains of the other four cities (workflows §2.1): one topic up every level to the top and down again.

Each city's own bodies, days, quorum and names; nothing of a city is in the code that walks it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.demo.tally import Tally
from deploy.simulation.memory import Memory
from services.escalation.domain.chain import verify
from services.escalation.domain.meeting import Meeting, MeetingStatus
from shared.city.load import load
from shared.contracts import dispatch, escalation, feedback
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from tests.flow.test_worked_example import Town

CHAINS = {
    "guiping": ("estate", "community", "town", "city"),
    "yulin": ("community", "street", "county", "city"),
    "nanchang": ("community", "street", "county", "city"),
    "longchang": ("community", "street", "city"),
}
"""Lowest level first, as the cities have published them."""
TOPIC = "p-1"


class OtherTown(Town):
    """Another city in memory, and one chain of bodies in it, the lowest first."""

    def __init__(self, code: str) -> None:
        self.city = load(code)
        bottom = self.city.chain[0]
        lowest = next(unit for unit, body in self.city.bodies.items() if body.level == bottom.code)
        lineage = [unit.code for unit in self.city.lineage(lowest)]
        self.chain = [unit for unit in lineage if unit in self.city.bodies]
        self.memory = Memory(self.city, datetime(2026, 1, 12, 8, 30, tzinfo=SHANGHAI), Tally())
        self.heard = []
        self.memory.hear = self.heard.append
        self.case, self.said = TOPIC, 0

    def pass_to(self, at: datetime) -> None:
        self.memory.run(at + timedelta(microseconds=1))

    def decide(self, unit: str, in_days: int | None = None, **decision: Any) -> None:
        """Hold the body's next meeting that has the topic, with everybody there, and adopt its minutes at once."""
        while not (found := self._convened(unit)):
            self.pass_to(self.memory.now + timedelta(days=1))
        self.pass_to(max(found.opens_at, self.memory.now))
        actor, of = Actor("unit", unit), f"/v1/meetings/{found.id}"
        if in_days is not None:
            decision["due_on"] = (
                (self.city.calendar.local(self.memory.now) + timedelta(days=in_days)).date().isoformat()
            )
        members = [member.code for member in self.city.bodies[unit].members]
        self.do(actor, "escalation", f"{of}/hold", {"present": [*members, *found.invited]})
        self.do(actor, "escalation", f"{of}/record", {"decisions": [{"topic": self.topic().id, **decision}]})
        self.do(actor, "escalation", f"{of}/adopt")

    def _convened(self, unit: str) -> Meeting | None:
        states = self.memory.offices["escalation"].states.values()
        mine = (s for s in states if isinstance(s, Meeting) and s.unit == unit and s.status is MeetingStatus.CONVENED)
        return next((s for s in mine if any(item.case == TOPIC for item in s.agenda)), None)

    def tell_all(self, decided: str) -> None:
        """Let every unit below the one that decided acknowledge, and the proposer be told."""
        for unit in self.chain[: self.chain.index(decided)]:
            self.topic_does(unit, "acknowledge")
        self.topic_does(self.chain[0], "tell")


@pytest.mark.parametrize("code", CHAINS)
def test_a_topic_walks_the_whole_chain_of_its_city(code: str) -> None:
    town = OtherTown(code)
    assert tuple(town.city.bodies[unit].level for unit in town.chain) == CHAINS[code]
    bottom, top = town.chain[0], town.chain[-1]
    suggestion = escalation.ProposeTopic(
        kind=escalation.TopicKind.SUGGESTION, summary="加装充电棚", tried="已征求居民意见", asked="请安排资金和场地"
    )
    town.memory._command(town.memory.offices["escalation"], suggestion, Actor("unit", bottom), TOPIC, "p-1")
    town.memory._flow()
    town.topic_does(bottom, "admit")
    for level, unit in enumerate(town.chain[:-1]):
        assert town.statuses() == ("moved_up",) * level + ("open",)
        town.decide(unit, kind="move_up", tried="已多方筹措", why="资金和场地超出本级权限", asked="请协调资金和场地")
        town.tell_all(unit)
    lead = next(iter(town.city.departments))
    town.decide(top, kind="resolve", lead=lead, in_days=100, done_means="充电棚建成启用")
    town.tell_all(top)
    assert town.statuses() == ("moved_up",) * (len(town.chain) - 1) + ("executing",)

    assignment = town.order().assignment
    done = {"assignment": assignment, "what": "充电棚已建成", "contacted": True, "evidence": 1, "handler": "工程科"}
    desk = f"/v1/orders/{TOPIC}"
    town.do(Actor("department", lead), "dispatch", f"{desk}/accept", {"assignment": assignment, "handler": "工程科"})
    town.do(Actor("department", lead), "dispatch", f"{desk}/finish", done)
    answer = {"contacted": True, "solved": True, "grade": 5}
    town.do(Actor("unit", bottom), "feedback", f"/v1/cases/{TOPIC}/rate", answer)
    assert len(town.facts(feedback.RatingInvited)) == 1
    assert [heard.stream for heard in town.heard if isinstance(heard.data, dispatch.CaseClosed)].count("orders") == 1

    for unit in reversed(town.chain):
        town.topic_does(unit, "write-off")
    assert set(town.statuses()) == {"written_off"}
    assert len(town.facts(escalation.TopicMovedUp)) == len(town.chain) - 1
    for unit in town.chain:
        assert verify(unit, list(town.memory.ledgers()[unit])) is None
