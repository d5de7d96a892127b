"""Those who supervise, mediate, whistle and check in; now and then what nobody may."""

from __future__ import annotations

from datetime import timedelta

from services.dispatch.domain import Order
from services.dispatch.domain.roster import roster_of
from services.dispatch.domain.whistle import Presence, Status, Whistle
from shared.contracts import dispatch as d
from shared.contracts import dispute as q
from shared.contracts import membership as m
from shared.contracts import whistle as w
from shared.contracts.base import Contract
from shared.kernel.decisions import Actor
from tests.flow.residents import PHONE, SECRET, Residents
from tests.flow.world import Said

MOST_WHISTLES = 6
NOTE = f"已核查，联系电话{PHONE}7777"


class Mobilisers:
    """Everybody who acts beside the orders themselves."""

    def __init__(self, residents: Residents) -> None:
        self.people, self.world = residents, residents.world
        self.whistles: list[str] = []
        self.members = 0

    def act(self) -> None:
        """Do one thing."""
        x = self.world.random.random()
        if x < 0.35:
            self._supervise()
        elif x < 0.6:
            self._mediate()
        elif x < 0.9:
            self._whistle()
        else:
            self._check_in()

    def finish(self) -> None:
        """Bring every mediation to an end, so that its order can end too."""
        for case, order in self._orders():
            if order.dispute is not None and order.dispute.is_running:
                self._end(case, order)

    def _orders(self) -> list[tuple[str, Order]]:
        office = self.world.offices["dispatch"]
        found = ((case, office.state(case)) for case in self.world.intake.reports.values())
        return [(case, order) for case, order in found if order is not None]

    # ---- supervision orders

    def _supervise(self) -> None:
        """Supervise what is late by hand, or answer; sometimes what nobody owes."""
        orders = self._orders()
        if not orders:
            return
        case, order = self.people.pick(orders)
        owed = [n for n, one in enumerate(order.supervisions, 1) if not one.answered]
        if owed and self.world.chance(0.7):
            number = self.people.pick(owed)
            charged = order.supervisions[number - 1].charged
            data: Contract = d.AnswerSupervision(order=case, number=number, note=NOTE)
            self.people.say("dispatch", data, case, self.world.actor_of(charged))
            return
        desk = self.people.pick((self.world.city.root.code, order.dispatcher or "S01", order.responsible or "S01"))
        self.people.say("dispatch", d.Supervise(order=case, note=NOTE), case, self.world.actor_of(desk))

    # ---- disputes

    def _mediate(self) -> None:
        city = self.world.city
        orders = [
            (c, o) for c, o in self._orders() if o.matter in city.matters and city.matters[o.matter].kind == "dispute"
        ]
        if not orders:
            return
        case, order = self.people.pick(orders)
        if order.dispute is None:
            parties = tuple(q.Party(id=f"p{n}", name=f"{SECRET}{n}", phone=f"{PHONE}000{n}") for n in (1, 2))
            data = q.OpenDispute(order=case, parties=parties, about=f"{SECRET}楼上漏水")
            self.people.say("dispatch", data, case, self._community(order))
        elif order.dispute.is_running:
            self._end(case, order)

    def _end(self, case: str, order: Order) -> None:
        who, dispute = self._community(order), order.dispute
        if dispute is None or not dispute.mediator:
            data: Contract = q.NameMediator(order=case, mediator=f"{who.id}:community-liaison", no_interest=True)
        elif self.world.chance(0.8):
            data = q.ReachAgreement(order=case, clauses=(f"{SECRET}赔偿", "互谅互让"), signed=("p1", "p2"))
        else:
            data = self.people.pick(
                (q.FailDispute(order=case, told=(q.Remedy.LAWSUIT,)), q.WithdrawDispute(order=case))
            )
        self.people.say("dispatch", data, case, who)

    def _community(self, order: Order) -> Actor:
        city = self.world.city
        found = next((u.code for u in city.lineage(order.unit) if u.level.value == "community"), city.root.code)
        return Actor("unit", found)

    # ---- whistles

    def _whistle(self) -> None:
        world = self.world
        if len(self.whistles) < MOST_WHISTLES and world.chance(0.4):
            self._sound()
            return
        if not self.whistles:
            return
        subject = self.people.pick(self.whistles)
        found: Whistle | None = world.offices["dispatch"].state(subject)
        if found is not None:
            self._go_on(subject, found)

    def _sound(self) -> None:
        world = self.world
        place = self.people.pick(world.places)
        unit = next(u.code for u in world.city.lineage(place) if u.level.value == "community")
        callees = tuple(world.random.sample(sorted(world.city.departments)[:12], 2))
        case = self.people.pick([*world.intake.reports.values(), None])
        is_emergency = world.chance(0.5)
        data = w.SoundWhistle(
            kind=w.WhistleKind.EMERGENCY if is_emergency else w.WhistleKind.JOINT, callees=callees, place=place,
            why=NOTE, case=case, meet_at=None if is_emergency else world.now + timedelta(hours=30),
        )  # fmt: skip
        key = self.people.key()
        subject = f"whistle:{case}:{key}" if case else f"whistle:{key}"
        actor = Actor("post", f"{unit}:community-liaison") if world.chance(0.3) else Actor("unit", unit)
        self.whistles.append(subject)
        said = Said("dispatch", data, subject, actor, key, creates=True)
        world.command(said, dies=self.people.pick(("before", "after")) if world.chance(0.04) else None)
        if world.chance(0.3):
            world.command(said)

    def _go_on(self, subject: str, found: Whistle) -> None:
        """Let somebody take a step that lies before him, or another one."""
        whistler, callee = Actor("unit", found.whistler), self.people.pick(found.callees)
        called = Actor("department", callee.code)
        ended = tuple(
            w.Concluded(unit=unit, what=NOTE, due_on=(self.world.now + timedelta(days=9)).date())
            for unit in (callee.code, found.whistler)
        )
        steps: dict[object, tuple[Contract, Actor]] = {
            Status.ASKED: (w.ApproveWhistle(approved=self.world.chance(0.9), why=NOTE), whistler),
            Status.ENDED: self.people.pick(
                ((w.RateWhistle(grade=4), called), (w.FinishPart(part=1, note=NOTE), called))
            ),
            Presence.NOTIFIED: (w.SignWhistle(person=NOTE), called),
            Presence.SIGNED: (w.ReportIn(person=NOTE), called),
            Presence.REPORTED_IN: (w.ConfirmReportIn(callee=callee.code, here=self.world.chance(0.9)), whistler),
            Presence.NO_SHOW: (w.AnswerAbsence(note=NOTE), called),
        }
        wrong = (
            (w.EndWhistle(conclusions=ended[:1] if callee.arrived_at else ended[1:]), whistler),
            (w.CancelWhistle(why=NOTE), whistler),
            (w.ObjectToWhistle(why=NOTE), called),
            (w.ReleaseCallee(callee=callee.code, why=NOTE), whistler),
        )
        at = found.status if found.status in steps else callee.presence
        data, actor = steps[at] if at in steps and self.world.chance(0.7) else self.people.pick(wrong)
        self.people.say("dispatch", data, subject, actor)

    # ---- members

    def _check_in(self) -> None:
        city = self.world.city
        unit = next(u.code for u in city.lineage(self.people.pick(self.world.places)) if u.level.value == "community")
        self.members += 1
        member = f"M-{self.members % 5}"
        paired = self.people.pick((*city.paired_with(unit), "court"))
        data = m.CheckIn(unit=unit, member=member, kind=m.CheckInKind.WORK, employer=paired)
        said = Said("dispatch", data, roster_of(unit), Actor("unit", unit), self.people.key(), creates=True)
        self.world.command(said)
        if self.world.chance(0.3):
            out = m.CheckOut(unit=unit, member=member)
            self.people.say("dispatch", out, roster_of(unit), Actor("member", member))
