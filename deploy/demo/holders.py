"""Grid, communities, streets, departments and operations: they sign, solve, pass up, hand back, judge and verify."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from deploy.demo import texts
from deploy.demo.behaviour import FEEDBACK_AFTER, TRIAGE_AFTER, Way
from deploy.demo.cases import KnownCase, registered, stands
from deploy.demo.mediators import Mediators
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.contracts import dispatch, feedback, intake
from shared.contracts.base import OutsideMessage
from shared.contracts.topics import topic_name
from shared.kernel.clock import Budget
from shared.kernel.decisions import Actor

Work = Callable[[KnownCase], Awaitable[None]]
_REJECTED_AS = "report.meaningless"
_LATER = timedelta(hours=1)
_ENDED = 20_000
"""Ended cases that are remembered, since the copy on a department's topic may come later."""


class Holders:
    """Everything that units, departments and operations do about cases."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._mediators = Mediators(world)
        self._ended: OrderedDict[str, None] = OrderedDict()

    def topics(self) -> list[str]:
        """Return what they read: the facts an integrator may read, and the departments' own topics."""
        own = [f"orders.{code}" for code in self._world.city.departments if self._world.is_on_stream(code)]
        return [topic_name(self._world.city.code, name) for name in ("cases", "orders", "feedback", *own)]

    def hear(self, heard: Heard) -> None:
        """Take a fact or a refusal of a reply."""
        data, at = heard.data, heard.envelope.time or self._world.now()
        match data:
            case intake.CaseRegistered():
                registered(self._case(heard.envelope.subject), data)
                self._world.tally.opened += 1
            case intake.CaseHeld():
                self._plan_triage(heard.envelope.subject, data)
            case intake.CaseRejected():
                self._world.tally.ended["rejected", "intake"] += 1
            case dispatch.ReplyRefused():
                self._world.tally.refusals[data.rule] += 1
            case dispatch.Dispatch():
                self._order(heard, data, at)
            case feedback.RatingAnswered():
                self._rated(heard.envelope.subject, data, at)
            case _:
                pass

    def _case(self, subject: str) -> KnownCase:
        return self._world.cases.setdefault(subject, KnownCase(subject))

    # -- intake's triage and the feedback desk ----------------------------------------------------------------------

    def _plan_triage(self, case: str, held: intake.CaseHeld) -> None:
        behaviour = self._world.behaviour
        at = behaviour.minutes_later("operations", "triage", held.report, self._world.now(), TRIAGE_AFTER)
        self._world.agenda.at(at, partial(self._triage, case, held))

    async def _triage(self, case: str, held: intake.CaseHeld) -> None:
        world = self._world
        who = world.actor(held.responsible)
        share = world.behaviour.parameters.number("intake.rejected")
        is_rejected = world.behaviour.chance.happens(share, "operations", "reject", held.report)
        truth = world.truths.get((held.source, held.report))
        if is_rejected or truth is None:
            path, body = f"/v1/cases/{case}/reject", {"rule": _REJECTED_AS}
        else:
            path, body = f"/v1/cases/{case}/triage", {"matter": truth[0], "unit": truth[1]}
        await world.desk.act(who, "intake", path, body, f"triage/{case}")

    def _rated(self, case: str, answer: feedback.RatingAnswered, at: datetime) -> None:
        world = self._world
        world.tally.grades[answer.grade] += 1
        if answer.valid and (not answer.solved or answer.grade <= 2):
            name = f"{case}/{answer.round}"
            when = world.behaviour.soon("operations", "feedback", name, at, FEEDBACK_AFTER)
            world.agenda.at(when, partial(self._judge_answer, case, answer))

    async def _judge_answer(self, case: str, answer: feedback.RatingAnswered) -> None:
        world = self._world
        known = world.cases.get(case)
        name = f"{known.source}:{known.report}/{answer.round}" if known else case
        controllable = world.behaviour.is_controllable(name)
        body = {"controllable": controllable, "why": "核对办理记录后认定", "reporter": answer.reporter}
        operations = Actor("operations", world.city.root.code)
        key = f"judge/{case}/{answer.round}/{answer.reporter}/{answer.by}"
        await world.desk.act(operations, "feedback", f"/v1/cases/{case}/judge", body, key)

    # -- orders -----------------------------------------------------------------------------------------------------

    def _order(self, heard: Heard, fact: dispatch.Dispatch, at: datetime) -> None:
        subject, sequence = heard.envelope.subject, heard.envelope.sequence
        if subject in self._ended:
            return
        case = self._case(subject)
        if sequence > case.sequence:
            case.sequence = sequence
            stands(case, fact, at)
        if sequence == case.sequence:
            self._react(case, fact, heard.stream)
        if heard.stream != "orders":
            return
        self._count(case, fact)
        if fact.status in (dispatch.Status.CLOSED, dispatch.Status.WITHDRAWN):
            self._world.cases.pop(subject, None)
            self._ended[subject] = None
            if len(self._ended) > _ENDED:
                self._ended.popitem(last=False)

    def _count(self, case: KnownCase, fact: dispatch.Dispatch) -> None:
        tally = self._world.tally
        match fact:
            case dispatch.CaseClosed(reason=reason, solved_at_rung=rung):
                tally.ended[reason, rung] += 1
            case dispatch.OrderWithdrawn():
                tally.ended["withdrawn", case.rung or ""] += 1
            case dispatch.OrderOverdue(of=clock):
                tally.overdue[clock] += 1
            case dispatch.HandBackJudged(upheld=upheld):
                tally.hand_backs["upheld" if upheld else "refused"] += 1
            case _:
                pass

    def _react(self, case: KnownCase, fact: dispatch.Dispatch, stream: str) -> None:
        """Plan what the fact asks somebody to do; a lead with own topics acts on what comes there."""
        mine = f"orders.{case.lead}" if self._world.is_on_stream(case.lead) else "orders"
        if stream == mine and case.lead is not None:
            self._lead_reacts(case, case.lead, fact)
        if isinstance(fact, dispatch.OrderAccepted):
            for unit in case.parts:
                if stream == (f"orders.{unit}" if self._world.is_on_stream(unit) else "orders"):
                    at = self._world.behaviour.answers_part_at(unit, case, self._world.now())
                    self._at(case, at, partial(self._answer_part, unit))
        if stream != "orders":
            return
        behaviour, now = self._world.behaviour, self._world.now()
        if isinstance(fact, dispatch.OrderSupervised) and fact.receipt_due_at is not None:
            self._plan_receipt(case, fact.charged, fact.number, fact.receipt_due_at)
        match fact:
            case dispatch.HandBackAsked(judge=judge, judge_due_at=until):
                self._at(case, behaviour.judges_at(judge, "judge", case, now, until), partial(self._judge_back, judge))
            case dispatch.UnableAsked(judge=judge, judge_due_at=until):
                self._at(
                    case, behaviour.judges_at(judge, "judge", case, now, until), partial(self._judge_unable, judge)
                )
            case dispatch.ExtensionAsked(judge=judge, judge_due_at=until):
                at = behaviour.judges_at(judge, "judge", case, now, until)
                self._at(case, at, partial(self._grant, judge, "extension", dispatch.JudgeExtension))
            case dispatch.SuspensionAsked(judge=judge, judge_due_at=until):
                at = behaviour.judges_at(judge, "judge", case, now, until)
                self._at(case, at, partial(self._grant, judge, "suspension", dispatch.JudgeSuspension))
            case dispatch.OrderHandled(responsible=str() as verifier):
                self._at(case, behaviour.verifies_at(verifier, case, now), partial(self._verify, verifier))
            case dispatch.Dispatch(status=dispatch.Status.WAITING, responsible=str() as dispatcher):
                self._at(case, behaviour.dispatches_at(dispatcher, case, now), partial(self._dispatch, dispatcher))
            case _:
                pass

    def _lead_reacts(self, case: KnownCase, lead: str, fact: dispatch.Dispatch) -> None:
        behaviour, now = self._world.behaviour, self._world.now()
        match fact:
            case dispatch.OrderDispatched():
                if not behaviour.has_stopped(lead, case):
                    self._at(case, behaviour.accepts_at(lead, case, now), partial(self._sign, lead))
            case dispatch.HandBackJudged(upheld=False, status=dispatch.Status.DISPATCHED):
                self._at(case, behaviour.accepts_at(lead, case, now), partial(self._accept, lead))
            case dispatch.UnableJudged(confirmed=False, status=dispatch.Status.ACCEPTED):
                self._at(case, behaviour.acts_at(lead, case, Way.FINISH, now), partial(self._finish, lead))
            case dispatch.OrderAccepted() | dispatch.OrderReworked() | dispatch.OrderResumed():
                self._plan_work(case, lead, now)
            case dispatch.VerificationFailed(status=dispatch.Status.ACCEPTED):
                self._plan_work(case, lead, now)
            case _:
                pass

    def _plan_work(self, case: KnownCase, lead: str, now: datetime) -> None:
        behaviour = self._world.behaviour
        way = behaviour.way(lead, case)
        at = behaviour.acts_at(lead, case, way, now)
        self._at(case, at, partial(self._work, lead, way))
        if way is not Way.FINISH or case.due_at is None:
            return
        asks_at = behaviour.asks_time_at(lead, case, at, now)
        if asks_at is not None:
            self._at(case, asks_at, partial(self._ask_time, lead))
        days = behaviour.pause(lead, case)
        if days and not case.is_paused_once:
            half = now + (min(at, case.due_at) - now) / 2
            self._at(case, half, partial(self._ask_pause, lead, days))

    def _at(self, case: KnownCase, when: datetime, work: Work) -> None:
        """Plan work on the case as it stands; by then it may have moved on, and the work is dropped."""
        self._world.agenda.at(when, partial(self._if_still, case, case.work, work))

    async def _if_still(self, case: KnownCase, work: tuple[str, int, int, int], do: Work) -> None:
        if case.work == work:
            await do(case)

    # -- what they do -----------------------------------------------------------------------------------------------

    async def _sign(self, lead: str, case: KnownCase) -> None:
        world = self._world
        if world.behaviour.hands_back(lead, case):
            others = world.behaviour.others(case) or tuple(c for c in world.city.departments if c != lead)
            body = {"clause": texts.CLAUSE, "proposed": others[0], "note": texts.HAND_BACK}
            if (await world.order(lead, case, "hand-back", dispatch.HandBack, body)).is_done:
                return
        await self._accept(lead, case)

    async def _accept(self, lead: str, case: KnownCase) -> None:
        body = {"handler": _post_of(case), "office_phone": texts.OFFICE_PHONE}
        await self._world.order(lead, case, "accept", dispatch.Accept, body)
        if self._world.behaviour.repeats(lead, case):
            await self._world.order(lead, case, "accept", dispatch.Accept, body, nth=1)

    async def _work(self, lead: str, way: Way, case: KnownCase) -> None:
        world = self._world
        if case.pending:  # one request at a time: he waits for the judgement and goes on
            self._at(case, world.now() + _LATER, partial(self._work, lead, way))
            return
        note = world.behaviour.words(lead, "words", case.id, texts.PASS_UP)
        if way is Way.PASS_UP:
            body = {"reason": "authority", "note": note}
            if (await world.order(lead, case, "pass-up", dispatch.PassUp, body)).is_done:
                return
        elif way is Way.DISPATCH_ON:
            for nth, department in enumerate(self._departments(case, lead)):
                done = await world.order(lead, case, "dispatch", dispatch.DispatchTo, {"lead": department}, nth=nth)
                if done.is_done:
                    return
        elif way is Way.UNABLE:
            tried = world.behaviour.words(lead, "tried", case.id, texts.TRIED)
            body = {"missing": "power", "tried": tried}
            if (await world.order(lead, case, "unable", dispatch.Unable, body)).is_done:
                return
        elif way is Way.DISPUTE:
            others = [code for code in self._departments(case, case.dispatcher) if code != lead]
            stated = {"others": others[:1] or self._others(lead), "note": texts.HAND_BACK}
            # Departments that dispute an order say so to whoever dispatched it, and he states it.
            said = await world.order(case.dispatcher, case, "state-dispute", dispatch.StateDispute, stated)
            if said.is_done:
                return
        await self._finish(lead, case)

    def _others(self, lead: str) -> list[str]:
        return [code for code in self._world.city.departments if code != lead][:1]

    async def _ask_time(self, lead: str, case: KnownCase) -> None:
        if case.pending or case.is_extended:
            return
        more = max(1, int(Budget.parse(case.budget).amount * self._world.behaviour.parameters.number("extension.adds")))
        why = self._world.behaviour.words(lead, "why_more", case.id, texts.MORE_TIME)
        await self._world.order(lead, case, "extension", dispatch.AskExtension, {"more": more, "why": why})

    async def _ask_pause(self, lead: str, days: int, case: KnownCase) -> None:
        if case.pending:
            return
        why = self._world.behaviour.words(lead, "why_pause", case.id, texts.PAUSED)
        body = {"cause": "funds" if why == texts.PAUSED[0] else "season", "days": days, "why": why}
        await self._world.order(lead, case, "suspension", dispatch.AskSuspension, body)

    async def _grant(self, judge: str, purpose: str, kind: type[OutsideMessage], case: KnownCase) -> None:
        granted = self._world.behaviour.grants(judge, purpose, case)
        body = {"granted": granted, "note": "情况属实，同意" if granted else "理由不足，请按期办理"}
        await self._world.order(judge, case, f"judge-{purpose}", kind, body)

    async def _answer_part(self, unit: str, case: KnownCase) -> None:
        note = self._world.behaviour.words(unit, "part", case.id, texts.SUPPORTED)
        await self._world.order(unit, case, "answer-part", dispatch.AnswerPart, {"note": note})

    async def _finish(self, lead: str, case: KnownCase) -> None:
        chance = self._world.behaviour.chance
        if case.parts:  # he reports once the supporting units have answered
            self._at(case, self._world.now() + _LATER, partial(self._finish, lead))
            return
        is_to_mediate = not case.is_meeting_order and self._mediators.mediates(case)
        if is_to_mediate and not await self._mediators.settle(case):
            return  # it goes to the meeting
        body = {
            "what": self._world.behaviour.words(lead, "done", case.id, texts.DONE),
            "contacted": chance.happens(0.97, lead, "contacted", case.report),
            "evidence": chance.of(lead, "evidence", case.report).randint(1, 4),
            "handler": _post_of(case),
        }
        await self._world.order(lead, case, "finish", dispatch.Finish, body)

    async def _verify(self, verifier: str, case: KnownCase) -> None:
        passed = self._world.behaviour.passes(verifier, case)
        note = "现场核查，问题已解决" if passed else self._world.behaviour.words(verifier, "why", case.id, texts.FAILED)
        await self._world.order(
            verifier, case, "verify", dispatch.Verify, {"passed": passed, "note": note, "means": "photo"}
        )

    def _plan_receipt(self, case: KnownCase, late: str, number: int, until: datetime) -> None:
        """Let the late unit answer its supervision order, mostly in time."""
        world = self._world
        at = world.behaviour.judges_at(late, "receipt", case, world.now(), until)
        world.agenda.at(at, partial(self._receipt, case.id, late, number))

    async def _receipt(self, case: str, late: str, number: int) -> None:
        body = {"number": number, "note": "已核查原因并增派力量办理"}
        path = f"/v1/orders/{case}/answer-supervision"
        await self._world.desk.act(self._world.actor(late), "dispatch", path, body, f"receipt/{case}/{number}")

    async def _judge_back(self, judge: str, case: KnownCase) -> None:
        upheld = self._world.behaviour.upholds(judge, case)
        body = {"upheld": upheld, "note": "职责确不在该单位" if upheld else "按职责应由该单位办理"}
        await self._world.order(judge, case, "judge-hand-back", dispatch.JudgeHandBack, body)

    async def _judge_unable(self, judge: str, case: KnownCase) -> None:
        confirmed = self._world.behaviour.confirms_unable(judge, case)
        body = {"confirmed": confirmed, "note": "情况属实，提请上会" if confirmed else "仍有办法，请继续办理"}
        await self._world.order(judge, case, "judge-unable", dispatch.JudgeUnable, body)

    async def _dispatch(self, dispatcher: str, case: KnownCase) -> None:
        proposed = [case.proposed] if case.proposed and case.proposed not in case.barred else []
        named = [*proposed, *self._departments(case, dispatcher), dispatcher]
        for nth, lead in enumerate(dict.fromkeys(named)):
            done = await self._world.order(dispatcher, case, "dispatch", dispatch.DispatchTo, {"lead": lead}, nth=nth)
            if done.is_done:
                return

    def _departments(self, case: KnownCase, dispatcher: str) -> list[str]:
        matter = self._world.city.matters[case.matter]
        reach = self._world.city.reach(dispatcher, case.matter)
        return [code for code in (*matter.leads, *matter.supports) if code in reach and code not in case.barred]


def _post_of(case: KnownCase) -> str:
    return "经办岗" if case.rung == "department" else "网格岗" if case.rung == "grid" else "值班岗"
