"""Units and departments: they sign, finish, ask, pass up, judge, verify, dispatch, or keep silent."""

from __future__ import annotations

import zlib
from typing import Any

from services.dispatch.domain import Order
from services.dispatch.domain.order import Status
from shared.contracts import dispatch as d
from shared.contracts.base import Contract
from shared.contracts.topics import REPLIES
from shared.kernel.decisions import Actor
from tests.flow.residents import PHONE, Residents

_HELD = (Status.DISPATCHED, Status.ACCEPTED)
_JUDGES: dict[str, type[d.JudgeExtension] | type[d.JudgeSuspension] | type[d.JudgeRelease]] = {
    "extension": d.JudgeExtension,
    "suspension": d.JudgeSuspension,
    "release": d.JudgeRelease,
}
NOTE = f"已到现场查看，联系人电话{PHONE}9999"

_IDLE = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.ESCALATED, Status.VERIFIED})
"""Nobody who holds or dispatches has anything to do."""


class Holders:
    """Everyone who holds an order, judges a request, verifies or dispatches."""

    def __init__(self, residents: Residents) -> None:
        self.people, self.world, self.mood = residents, residents.world, residents.mood

    def act(self) -> None:
        """Let somebody act on one order, by what its stream or the register says."""
        world = self.world
        cases = list(world.intake.reports.values())
        if not cases:
            return
        office = world.offices["dispatch"]
        open_ = [case for case in cases if (order := office.state(case)) and order.status not in _IDLE]
        case = self.people.pick(open_ if open_ and world.chance(0.95) else cases)
        order: Order | None = office.state(case)
        if order is None:
            return
        if world.chance(0.05):
            self._wrong(case, order)
        elif order.request is not None and world.chance(0.6):
            self._judge(case, order)
        elif order.status is Status.HANDLED:
            passed = world.chance(self.mood.passes)
            means = self.people.pick(list(d.Means)) if world.chance(0.95) else None
            data = d.Verify(order=case, assignment=order.assignment, passed=passed, note=NOTE, means=means)
            self._say(case, order.responsible, data)
        elif order.status is Status.WAITING:
            self._dispatch(case, order)
        elif order.open_parts and world.chance(0.4):
            self._support(case, order)
        elif order.status is Status.SUSPENDED:
            self._pause(case, order)
        elif order.status in _HELD and world.chance(self.mood.meddles):
            self._dispatcher_acts(case, order)
        elif order.status in (Status.DISPATCHED, Status.ACCEPTED) and not self._is_silent(case, order):
            self._hold(case, order)

    def _is_silent(self, case: str, order: Order) -> bool:
        """Tell whether the holder of this assignment never answers."""
        return zlib.crc32(f"{case}{order.assignment}".encode()) % self.mood.silent == 0

    def _hold(self, case: str, order: Order) -> None:
        """Do what a lead does; a department with a stream knows what its stream said last."""
        world, lead = self.world, order.lead
        if lead is None:
            return
        head: dict[str, Any] = {"order": case, "assignment": order.assignment}
        x = world.random.random()
        data: Contract
        if order.status is Status.DISPATCHED and x < self.mood.signs:
            data = d.Accept(**head, handler=f"值班长{PHONE}8888")
        elif order.status is Status.DISPATCHED or x < 0.05:
            proposed = self.people.pick((*sorted(world.city.departments)[:9], order.dispatcher, "no-such", lead))
            data = d.HandBack(**head, clause="三定方案", proposed=proposed, note=NOTE)
        elif x < 0.2:
            data = d.Progress(**head, note=NOTE)
        elif x < 0.2 + self.mood.asks / 2:
            data = d.AskExtension(**head, more=self.people.pick((1, 1, 3, 7)), why=NOTE)
        elif x < 0.2 + self.mood.asks:
            days = self.people.pick((1, 5, 30, 31))
            data = d.AskSuspension(**head, cause=self.people.pick(list(d.PauseCause)), days=days, why=NOTE)
        elif x < 0.2 + self.mood.asks + self.mood.unable:
            data = d.Unable(**head, missing=self.people.pick(list(d.Missing)), tried=NOTE)
        elif x < 0.3 + self.mood.asks + self.mood.unable and lead in world.city.units:
            data = d.PassUp(**head, reason=d.PassUpReason.MEANS, note=NOTE)
        elif x < 0.35 + self.mood.asks + self.mood.unable and lead in world.city.units:
            data = d.DispatchTo(order=case, lead=self.people.pick(self._reach(lead, order)))
        else:
            by = "" if world.chance(0.5) else f"值班岗{PHONE}8888"
            data = d.Finish(**head, what=NOTE, contacted=world.chance(0.8), evidence=1, handler=by)
        self._say(case, lead, data)

    def _say(self, case: str, code: str | None, data: Contract) -> None:
        """Reply on the department's stream if it has one, else at the desk."""
        world = self.world
        if code is None:
            return
        department = world.city.departments.get(code)
        is_reply = type(data) in REPLIES
        if department is not None and department.reply_path == "stream" and is_reply and world.chance(0.7):
            id_ = self.people.key()
            world.post(f"replies.{code}", data, id_, case)
            while world.chance(0.15):
                world.post(f"replies.{code}", data, id_, case)
            return
        kept = world.offices["dispatch"].store.tables.subjects[case]
        sequence = kept.sequence - (1 if world.chance(0.1) else 0)
        self.people.say("dispatch", data, case, world.actor_of(code), if_match=sequence if world.chance(0.2) else None)

    def _judge(self, case: str, order: Order) -> None:
        request, head = order.request, {"order": case, "assignment": order.assignment}
        assert request is not None
        data: Contract
        if request.kind == "hand_back":
            data = d.JudgeHandBack(**head, upheld=self.world.chance(0.75), note=NOTE)
        elif request.kind in _JUDGES:
            data = _JUDGES[request.kind](**head, granted=self.world.chance(0.8), note=NOTE)
        else:
            data = d.JudgeUnable(**head, confirmed=self.world.chance(0.8), note=NOTE)
        self._say(case, request.judge, data)

    def _support(self, case: str, order: Order) -> None:
        """Let a supporting unit answer its part, or ask to be released from it."""
        unit, head = self.people.pick(order.open_parts), {"order": case, "assignment": order.assignment}
        data: Contract = d.AnswerPart(**head, note=NOTE)
        if self.world.chance(0.3):
            data = d.AskRelease(**head, why=NOTE)
        self._say(case, unit, data)

    def _pause(self, case: str, order: Order) -> None:
        """End a pause early now and then, by whoever; keep a note in it."""
        head = {"order": case, "assignment": order.assignment}
        if self.world.chance(0.15):
            self._say(case, order.paused_by, d.Resume(**head, note=NOTE))
        elif self.world.chance(0.2):
            self._say(case, order.lead, self.people.pick((d.Progress(**head, note=NOTE), d.Resume(**head, note=NOTE))))

    def _dispatcher_acts(self, case: str, order: Order) -> None:
        """Let the dispatcher take an order back, or state that departments dispute it."""
        head = {"order": case, "assignment": order.assignment}
        others = (self.people.pick(sorted(self.world.city.departments)),)
        recall, dispute = d.Recall(**head, reason=NOTE), d.StateDispute(**head, others=others, note=NOTE)
        self._say(case, order.dispatcher, recall if order.status is Status.DISPATCHED else dispute)

    def _dispatch(self, case: str, order: Order) -> None:
        desk = order.responsible
        if desk is not None:
            lead = self.people.pick(self._reach(desk, order))
            every = sorted(self.world.city.departments)
            support = tuple(self.people.pick(every) for _ in range(self.people.pick((1, 1, 2)))) * self.world.chance(
                0.3
            )
            self._say(case, desk, d.DispatchTo(order=case, lead=lead, support=support))

    def _reach(self, desk: str, order: Order) -> list[str]:
        city = self.world.city
        if desk not in city.units:
            return ["no-such"]
        return [*sorted(city.reach(desk, order.matter)), desk, *(u.code for u in city.children(desk))][:12] or [desk]

    def _wrong(self, case: str, order: Order) -> None:
        """Do what nobody may: another's order, an old assignment, no such order."""
        head = {"order": case, "assignment": max(1, order.assignment + self.people.pick((-1, 0, 1)))}
        somebody = self.people.pick((*sorted(self.world.city.departments)[:5], "S01", self.world.city.root.code))
        data = self.people.pick(
            (
                d.Accept(**head, handler="别人"),
                d.Finish(**head, what=NOTE, contacted=True, evidence=0),
                d.Verify(**head, passed=True, note=NOTE),
                d.JudgeUnable(**head, confirmed=True, note=NOTE),
                d.AskExtension(**head, more=1, why=NOTE),
                d.JudgeSuspension(**head, granted=True, note=NOTE),
                d.AnswerPart(**head, note=NOTE),
                d.Recall(**head, reason=NOTE),
                d.DispatchTo(order=case, lead=somebody),
            )
        )
        if self.world.chance(0.3):
            lost = data.model_copy(update={"order": "no-such"})
            self.people.say("dispatch", lost, "no-such", Actor("department", "court"))
        else:
            self._say(case, somebody, data)
