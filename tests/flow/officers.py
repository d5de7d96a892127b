"""The feedback desk's people: they call silent reporters back, judge, and decide what units ask to leave out."""

from __future__ import annotations

from services.feedback.domain.exclusion import Stage
from services.feedback.domain.rating import RatedCase, Standing
from services.feedback.domain.task import Kind
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    AskExclusion,
    CallBackOutcome,
    DecideExclusion,
    ExclusionCode,
    JudgeDissatisfaction,
    RecordCallBack,
    SupportExclusion,
)
from shared.kernel.decisions import Actor
from tests.flow.residents import SECRET, Residents

OFFICERS = ("officer-1", "officer-2", "officer-3")


class Officers:
    """What operations does about ratings, by its lists; now and then about something that is not on them."""

    def __init__(self, people: Residents) -> None:
        self.people, self.world = people, people.world

    def act(self) -> None:
        """Do one thing of the desk."""
        x = self.world.random.random()
        if x < 0.4:
            self.judge()
        elif x < 0.8:
            self.call_back()
        else:
            self.exclude()

    def _officer(self) -> Actor:
        return Actor("operations", self.people.pick(OFFICERS))

    def _state(self, case: str) -> RatedCase | None:
        state: RatedCase | None = self.world.offices["feedback"].state(case)
        return state

    def judge(self) -> None:
        """Say whether a dissatisfaction was in the unit's control."""
        every = list(self.world.intake.reports.values())
        cases = [case for case in every if _is_judged(self._state(case))]
        if not cases and every and self.world.chance(0.05):
            cases = every
        if cases:
            data = JudgeDissatisfaction(controllable=self.world.chance(0.8), why=f"现场复核{SECRET}")
            self.people.say("feedback", data, self.people.pick(cases), self._officer())

    def call_back(self) -> None:
        """Call somebody back who is on the list, or was."""
        world = self.world
        tasks = [t for t in world.feedback_tables.tasks.values() if t.kind is Kind.CALL_BACK]
        waiting = [t for t in tasks if t.outcome is None]
        if not tasks or (not waiting and world.chance(0.7)):
            return
        task = self.people.pick(waiting if waiting and world.chance(0.95) else tasks)
        outcome = self.people.pick((*CallBackOutcome, CallBackOutcome.NOT_REACHED))
        solved = world.chance(self.people.mood.satisfied)
        said = {"contacted": world.chance(0.8), "solved": solved, "grade": self.people.pick((1, 2, 3, 4, 5))}
        if outcome is not CallBackOutcome.ANSWERED and world.chance(0.95):
            said = {}
        data = RecordCallBack(reporter=task.reporter, outcome=outcome, comment=SECRET if said else None, **said)
        actor = self._officer() if world.chance(0.95) else Actor("unit", "S01")
        self.people.say("feedback", data, task.case, actor)

    def exclude(self) -> None:
        """Ask for, support or decide an exclusion, in turn or out of it."""
        world = self.world
        open_ = [
            c for c, row in world.feedback_tables.exclusions.items() if row.stage in (Stage.ASKED, Stage.SUPPORTED)
        ]
        if open_ and world.chance(0.7):
            data: Contract = SupportExclusion(why=f"情况属实{SECRET}")
            if world.chance(0.6):
                data = DecideExclusion(granted=world.chance(0.7), why=f"经核实{SECRET}")
            self.people.say("feedback", data, self.people.pick(open_), self._officer())
            return
        every = list(world.intake.reports.values())
        rated = [c for c in every if (state := self._state(c)) and state.closed_at and any(a.by for a in state.asked)]
        if not rated:
            return
        case = self.people.pick(rated if world.chance(0.95) else every)
        state = self._state(case)
        lead = state.lead if state is not None and state.lead is not None else "S01"
        actor = world.actor_of(lead if world.chance(0.9) else "S01")
        code = self.people.pick(tuple(ExclusionCode))
        self.people.say("feedback", AskExclusion(code=code, why=f"不可抗力{SECRET}"), case, actor)


def _is_judged(case: RatedCase | None) -> bool:
    return case is not None and any(asked.standing is Standing.JUDGING for asked in case.asked)
