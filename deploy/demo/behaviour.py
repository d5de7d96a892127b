"""How people of the office act: pure draws of what a holder, judge, verifier, resident or convener does, and when.

Each answer depends on the seed, who acts, for what and in which case, and on nothing else.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from deploy.demo import texts
from deploy.demo.cases import KnownCase
from deploy.demo.draws import Chance, LogNormal, one_of, weighted
from deploy.demo.parameters import Parameters
from shared.city.model import City, Kind, UnitLevel
from shared.kernel.clock import latest_start

STUBBORN_FAILS = 0.85
"""Share of failed verifications of work on a stubborn seeded problem (assumed)."""
TANGLED_UNABLE = 0.90
"""Share of departments that say unable to a tangled seeded problem (assumed)."""
TANGLED_SAID = LogNormal(1.5, 0.5)
"""Working hours after which they say so (assumed: they know the problem)."""
HURRIED = LogNormal(0.8, 0.4)
"""Working hours after which stubborn work is called done, too early each time (assumed)."""
_OWN_FLOWS = frozenset({Kind.ENQUIRY, Kind.DISPUTE, Kind.WISH})
"""Kinds of matter that whoever gets them first answers, mediates or arranges himself."""
UNABLE_CONFIRMED = 0.95
DECIDES_AFTER = LogNormal(45, 0.5)
"""Minutes from the opening of a meeting to its recorded decisions (assumed)."""
SIGNED_AFTER = LogNormal(3, 0.5)
"""Working hours from decisions to signed minutes (assumed; 5 working days are allowed)."""
DESK_AFTER = LogNormal(3, 0.6)
"""Working hours until a unit acknowledges, tells reporters or writes off (assumed; 2 to 5 working days are allowed)."""
TRIAGE_AFTER = LogNormal(30, 0.6)
"""Minutes until operations, who never sleep, look at a held report (assumed)."""
FEEDBACK_AFTER = LogNormal(2, 0.6)
"""Working hours until the feedback officer judges a dissatisfied answer (assumed)."""
CALLED_AFTER = LogNormal(4, 0.6)
"""Working hours until somebody who was drawn is called (assumed)."""
ANSWERS_AFTER = LogNormal(14, 0.9)
"""Hours until a resident who rates does so (assumed)."""


class Way(StrEnum):
    """What a holder does with an accepted order."""

    FINISH = "finish"
    PASS_UP = "pass_up"  # noqa: S105 - no password
    DISPATCH_ON = "dispatch_on"
    UNABLE = "unable"
    DISPUTE = "dispute"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resident says about a solved case."""

    contacted: bool
    solved: bool
    grade: int


@dataclass(frozen=True)
class Behaviour:
    """All draws about acts in one city."""

    city: City
    parameters: Parameters
    chance: Chance

    # -- time -------------------------------------------------------------------------------------------------------

    def after(self, start: datetime, hours: float, *, urgent: bool = False) -> datetime:
        """Return the instant so many working hours later; round the clock where it is urgent."""
        if urgent:
            return start + timedelta(hours=hours)
        calendar = self.city.calendar
        return calendar.earliest_at(calendar.office_time(start) + max(1, int(hours * 3_600_000_000)))

    def share_of(self, start: datetime, ends: datetime, share: float, *, urgent: bool) -> datetime:
        """Return when a share of the time between two instants has run, in office time unless urgent; may exceed 1."""
        calendar = self.city.calendar
        worked, until = calendar.office_time(start), calendar.office_time(ends)
        if urgent or until <= worked:
            return start + (ends - start) * share
        return calendar.earliest_at(worked + max(1, int((until - worked) * share)))

    def _hours(self, law: LogNormal, actor: str, purpose: str, case: str) -> float:
        return law.draw(self.chance.of(actor, purpose, case))

    # -- the holder -------------------------------------------------------------------------------------------------

    def has_stopped(self, actor: str, case: KnownCase) -> bool:
        """Tell whether the holder forgets to sign, so that the clock deems it accepted."""
        share = self.parameters.number("actors.stop")
        return self.chance.happens(share, actor, "stop", _key(case))

    def repeats(self, actor: str, case: KnownCase) -> bool:
        """Tell whether the holder sends the same reply twice under two ids."""
        return self.chance.happens(self.parameters.number("actors.twice"), actor, "twice", _key(case))

    def accepts_at(self, actor: str, case: KnownCase, now: datetime) -> datetime:
        """Return when the holder looks at a new order."""
        key = "accept.emergency_ln_minutes" if case.urgent else "accept.delay_ln_minutes"
        minutes = self._hours(self.parameters.law(key), actor, "accept", _key(case))
        return self.after(now, minutes / 60, urgent=case.urgent)

    def is_wrong_desk(self, case: KnownCase) -> bool:
        """Tell whether the order reached the wrong department."""
        right = self.parameters.number("dispatch.accurate_again" if case.bounces else "dispatch.accurate")
        return not self.chance.happens(right, case.dispatcher, "accurate", _key(case))

    def hands_back(self, actor: str, case: KnownCase) -> bool:
        """Tell whether a department asks to hand an order back; meeting orders never are."""
        if case.is_meeting_order or case.rung != "department":
            return False
        share = self.parameters.number(f"hand_back.if_{'wrong' if self.is_wrong_desk(case) else 'right'}")
        return self.chance.happens(share, actor, "hand_back", _key(case))

    def upholds(self, judge: str, case: KnownCase) -> bool:
        """Tell whether the dispatcher gives way; never where nobody else could take it."""
        if not self.others(case):
            return False
        share = self.parameters.number(f"hand_back.upheld_if_{'wrong' if self.is_wrong_desk(case) else 'right'}")
        return self.chance.happens(share, judge, "uphold", _key(case))

    def others(self, case: KnownCase) -> tuple[str, ...]:
        """Return the departments of the matter that the dispatcher could turn to instead, first choice first."""
        matter = self.city.matters[case.matter]
        reach = self.city.reach(case.dispatcher, case.matter)
        return tuple(
            code
            for code in (*matter.leads, *matter.supports)
            if code in reach and code != case.lead and code not in case.barred
        )

    def judges_at(self, judge: str, purpose: str, case: KnownCase, now: datetime, until: datetime) -> datetime:
        """Return when a request is judged: the law is read as a share of the limit, most of it, sometimes too late."""
        share = self._hours(self.parameters.law("hand_back.judged_ln_wd"), judge, purpose, _key(case))
        return self.share_of(now, until, share, urgent=case.urgent)

    def confirms_unable(self, judge: str, case: KnownCase) -> bool:
        """Tell whether the dispatcher believes that it cannot be done."""
        return self.chance.happens(UNABLE_CONFIRMED, judge, "confirm", _key(case))

    def way(self, actor: str, case: KnownCase) -> Way:
        """Return what the holder will do with the accepted order."""
        if case.failures or case.reworks or case.is_meeting_order or self.city.matters[case.matter].kind in _OWN_FLOWS:
            return Way.FINISH
        tangled, stubborn = texts.TANGLED in case.summary, texts.STUBBORN in case.summary
        if case.rung in ("grid", "community", "street"):
            share = 1.0 if stubborn else 0.0 if tangled else self._solves(actor, case)
            if self.chance.happens(share, actor, "solve", _key(case)):
                return Way.FINISH
            return Way.DISPATCH_ON if case.rung == "street" else Way.PASS_UP
        if case.urgent and not tangled:
            return Way.FINISH  # an emergency is made safe by whoever has it
        rate = self.parameters.number
        share = TANGLED_UNABLE if tangled else rate("unable.share")
        if self.chance.happens(share, actor, "unable", _key(case)):
            return Way.UNABLE
        is_disputed = not tangled and self.chance.happens(rate("unable.dispute"), actor, "dispute", _key(case))
        return Way.DISPUTE if is_disputed else Way.FINISH

    def asks_time_at(self, actor: str, case: KnownCase, done_at: datetime, now: datetime) -> datetime | None:
        """Return when a department asks for more time: some of those whose work would take most of their budget."""
        if case.is_extended or not case.budget or case.rung != "department" or case.due_at is None or case.urgent:
            return None
        rate = self.parameters.number
        used_at = self.share_of(now, case.due_at, rate("extension.used"), urgent=False)
        asked = self.chance.happens(rate("extension.asked"), actor, "extension", _key(case))
        if done_at <= used_at or not asked:
            return None
        latest = latest_start(case.due_at, self.city.clock("extension.before"), self.city.calendar)
        return min(used_at, latest) if now < latest else None

    def pause(self, actor: str, case: KnownCase) -> int:
        """Return for how many days a department asks to suspend; 0 for those that do not."""
        share = self.parameters.number("suspension.share")
        is_own = case.rung == "department" and not case.is_meeting_order and not case.urgent
        if not is_own or not self.chance.happens(share, actor, "suspension", _key(case)):
            return 0
        longest = self.city.clock("suspension.longest").amount
        days = self._hours(self.parameters.law("suspension.ln_days"), actor, "pause", _key(case))
        return min(longest, max(1, round(days)))

    def grants(self, judge: str, purpose: str, case: KnownCase) -> bool:
        """Tell whether more time or a pause is granted."""
        return self.chance.happens(self.parameters.number("extension.granted"), judge, purpose, _key(case))

    def answers_part_at(self, unit: str, case: KnownCase, now: datetime) -> datetime:
        """Return when a supporting unit has done its part: early in the lead's time."""
        ends = case.due_at or now + timedelta(days=1)
        share = self._hours(self.parameters.law("handle.quick_ln"), unit, "part", _key(case))
        return self.share_of(now, ends, share, urgent=case.urgent)

    def _solves(self, actor: str, case: KnownCase) -> float:
        if case.rung == "grid" and case.source == "grid":
            return 0.0  # he solves on the spot what he can, and reports the rest
        share = self.parameters.number(f"ladder.solve.{case.rung}")
        if case.rung != "community":
            return share
        odds = share / (1 - share)
        odds *= LogNormal(1.0, self.parameters.number("ladder.solve_sigma")).draw(self.chance.of(actor, "means"))
        return odds / (1 + odds)

    def acts_at(self, actor: str, case: KnownCase, way: Way, now: datetime) -> datetime:
        """Return when the holder has done it: by the rung's own time, or by a share of the budget."""
        ends = case.due_at or now + timedelta(days=1)
        key = _key(case)
        if texts.STUBBORN in case.summary and not case.is_meeting_order:
            return self.after(now, self._hours(HURRIED, actor, "hurried", key), urgent=case.urgent)
        if texts.TANGLED in case.summary and not case.is_meeting_order:
            return self.after(now, self._hours(TANGLED_SAID, actor, "tangled", key), urgent=case.urgent)
        if case.failures or case.reworks:
            share = self._hours(self.parameters.law("verify.rework_ln"), actor, "rework", key)
            return self.share_of(now, ends, share, urgent=case.urgent)
        if case.is_meeting_order:
            share = self._hours(LogNormal(0.5, 0.4), actor, "resolution", key)
            return self.share_of(now, ends, share, urgent=False)
        if case.rung in ("grid", "community", "street") and not case.urgent:
            days = self._hours(self.parameters.law(f"ladder.time_ln_wd.{case.rung}"), actor, "rung", key)
            return self.after(case.dispatched_at or now, days * 8)
        if way in (Way.UNABLE, Way.DISPUTE):
            first, last = self.parameters.row("unable.between")
            share = self.chance.of(actor, "unable_at", key).uniform(first, last)
            return self.share_of(now, ends, share, urgent=case.urgent)
        return self.share_of(now, ends, self._budget_share(actor, key), urgent=case.urgent)

    def _budget_share(self, actor: str, key: str) -> float:
        draw = self.chance.of(actor, "handle", key)
        if draw.random() < self.parameters.number("handle.edge_share"):
            return self.parameters.law("handle.edge_ln").draw(draw)
        pace = LogNormal(1.0, self.parameters.number("handle.pace_sigma")).draw(self.chance.of(actor, "pace"))
        return self.parameters.law("handle.quick_ln").draw(draw) * pace

    def dispatches_at(self, actor: str, case: KnownCase, now: datetime) -> datetime:
        """Return when a dispatcher names a lead by hand."""
        law = self.parameters.law("ladder.time_ln_wd.dispatch")
        return self.after(now, 8 * self._hours(law, actor, "dispatch", _key(case)), urgent=case.urgent)

    # -- verifying, rating, feedback --------------------------------------------------------------------------------

    def verifies_at(self, actor: str, case: KnownCase, now: datetime) -> datetime:
        """Return when the verifier has looked."""
        if texts.STUBBORN in case.summary:
            hours = self._hours(HURRIED, actor, "verify", _key(case))
        else:
            hours = self._hours(self.parameters.law("verify.delay_ln_hours"), actor, "verify", _key(case))
        return self.after(now, hours, urgent=case.urgent)

    def passes(self, actor: str, case: KnownCase) -> bool:
        """Tell whether the work is found good."""
        if texts.STUBBORN in case.summary and not case.is_meeting_order:
            fails = STUBBORN_FAILS if case.failures < 2 else 1.0
        else:
            again = bool(case.failures or case.reworks)
            fails = self.parameters.number("verify.fails_again" if again else "verify.fails")
        return not self.chance.happens(fails, actor, "verify_fails", _key(case))

    def answer(self, report: str, *, late: bool, on_spot: bool) -> Answer | None:
        """Return what a resident answers by himself, None from the silent."""
        draw = self.chance.of("resident", "rate", report)
        if draw.random() >= self.parameters.number("rate.answer"):
            return None
        return self._said(draw, late=late, on_spot=on_spot)

    def called(self, case: str, attempt: int, *, late: bool, on_spot: bool) -> Answer | None:
        """Return what a silent resident says when called, None where nobody answers.

        Two attempts together reach the published share; the second one reaches those whom the first did not.
        """
        draw = self.chance.of("resident", "call_back", f"{case}/{attempt}")
        once = 1 - (1 - self.parameters.number("rate.valid")) ** 0.5
        return self._said(draw, late=late, on_spot=on_spot) if draw.random() < once else None

    def _said(self, draw: random.Random, *, late: bool, on_spot: bool) -> Answer:
        rate, clock = self.parameters.number, "late" if late else "on_time"
        solved = draw.random() < rate("rate.solved.on_the_spot" if on_spot else f"rate.solved.{clock}")
        contacted = draw.random() < rate(f"rate.contacted.{clock}")
        shares = self.parameters.row(f"rate.grades.{'solved' if solved else 'unsolved'}")
        return Answer(contacted, solved, weighted(draw, dict(zip((5, 4, 3, 2, 1), shares, strict=True))))

    def answers_at(self, report: str, now: datetime, until: datetime) -> datetime:
        """Return when the resident answers, inside the window."""
        at = now + timedelta(hours=self._hours(ANSWERS_AFTER, "resident", "answers_at", report))
        return min(at, until - timedelta(hours=1))

    def is_controllable(self, case: str) -> bool:
        """Tell whether the feedback officer finds the unit at fault."""
        return self.chance.happens(self.parameters.number("rate.rework.fault"), "operations", "fault", case)

    # -- joint meetings ---------------------------------------------------------------------------------------------

    def level_of(self, unit: str) -> str:
        """Return the level whose parameters a body's unit has; a town is a street, a county lies next to it."""
        level = self.city.units[unit].level
        if level is UnitLevel.CITY:
            return "city"
        if level is UnitLevel.COMMUNITY:
            return "community"
        return "estate" if level is UnitLevel.GRID else "street"

    def attends(self, body: str, member: str, meeting: str) -> bool:
        """Tell whether a member comes."""
        share = self.parameters.number(f"meeting.attendance.{self.level_of(body)}")
        return self.chance.happens(share, member, "attend", meeting)

    def decides(self, body: str, topic: str, *, top: bool, deferrals: int) -> str:
        """Return resolve, move_up, defer or decline for one topic, independently of the others."""
        resolve, up, defer, decline = self.parameters.row(f"decide.{self.level_of(body)}")
        shares = {"resolve": resolve, "move_up": up, "defer": defer, "decline": decline}
        if top:
            del shares["move_up"]
        if deferrals >= self.parameters.number("defer_max"):
            del shares["defer"]
        return weighted(self.chance.of(body, "decide", f"{topic}/{deferrals}"), shares)

    def resolves_as(self, body: str, topic: str) -> str:
        """Return how the top body resolves: by an order, by a squad, or by listing it as a hard problem."""
        squad, hard = self.parameters.number("city_top.squad"), self.parameters.number("city_top.hard_problem")
        level = self.city.levels[self.city.bodies[body].level]
        squad, hard = squad * level.may_form_squad, hard * level.may_list
        shares = {"squad": squad, "list": hard, "resolve": 1 - squad - hard}
        return weighted(self.chance.of(body, "resolves_as", topic), shares)

    def resolved_within(self, body: str, topic: str, kind: str = "resolve") -> timedelta:
        """Return the time that a meeting gives its order."""
        if kind == "squad":
            median = self.parameters.law("city_top.squad_ln_days").median
        else:
            median = self.parameters.number(f"resolved.ln_days.{self.level_of(body)}")
        law = LogNormal(2 * median, self.parameters.number("resolved.sigma") / 2)
        return timedelta(days=min(150.0, max(5.0, law.draw(self.chance.of(body, "deadline", topic)))))

    def soon(self, actor: str, purpose: str, key: str, now: datetime, law: LogNormal = DESK_AFTER) -> datetime:
        """Return when an office gets round to something, in its working hours."""
        return self.after(now, self._hours(law, actor, purpose, key))

    def minutes_later(self, actor: str, purpose: str, key: str, now: datetime, law: LogNormal) -> datetime:
        """Return an instant some minutes later, round the clock."""
        return now + timedelta(minutes=self._hours(law, actor, purpose, key))

    def words(self, actor: str, purpose: str, key: str, choice: tuple[str, ...]) -> str:
        """Return one of some phrases."""
        return one_of(self.chance.of(actor, purpose, key), choice)


def _key(case: KnownCase) -> str:
    """Name one piece of work: draws are anew for each assignment and each rework."""
    name = f"{case.source}:{case.report}" if case.report else case.id
    return f"{name}/{case.assignment}/{case.failures}/{case.reworks}"
