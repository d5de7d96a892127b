"""Invented facts of a city's last weeks, in causal order, for looking at the console and testing it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from services.console.projection import Heard
from shared.city.model import City, Rung, UnitLevel
from shared.contracts import dispatch as d
from shared.contracts import escalation as e
from shared.contracts import feedback as f
from shared.contracts import intake as i
from shared.contracts.base import Contract
from shared.kernel.clock import Budget, add, fraction_point

WORDS = (
    "楼道照明不亮",
    "污水井满溢",
    "垃圾清运不及时",
    "人行道砖破损",
    "夜间施工噪声",
    "消防通道被占",
    "车位不足",
    "顶楼漏雨",
)


@dataclass
class Story:
    """One case being told until `now`; what would come later is not said."""

    city: City
    rnd: random.Random
    now: datetime
    case: str
    number: str
    facts: list[Heard] = field(default_factory=list)
    sequence: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    at: datetime = datetime.max
    standing: dict[str, Any] = field(default_factory=dict)

    def say(self, data: Contract, at: datetime | None = None, subject: str = "") -> None:
        at = at or self.at
        if at > self.now:
            raise StopIteration
        service, subject = type(data).SERVICE, subject or self.case
        self.sequence[service, subject] += 1
        number = self.sequence[service, subject]
        self.facts.append(Heard(subject, service, number, type(data).TYPE, data, at, at))

    def order(self, kind: type[d.Dispatch], at: datetime | None = None, **own: Any) -> None:
        for name in ("status", "responsible", "rung", "assignment", "clock", "due_at"):
            if name in own:
                self.standing[name] = own[name]
        self.say(kind(**{**own, **self.standing}), at)

    def budget(self, budget: Budget) -> datetime:
        return add(self.at, budget, self.city.calendar)

    def wait(self, low: float, high: float) -> None:
        self.at += timedelta(minutes=self.rnd.uniform(low, high))


def tell_case(city: City, rnd: random.Random, n: int, at: datetime, now: datetime) -> list[Heard]:
    """Return what happened to one case from its registration until now."""
    story = Story(city, rnd, now, f"case-{n:06}", f"{city.case_prefix}{at:%y%m%d}{n:05}", at=at)
    with suppress(StopIteration):
        _live(story)
    return story.facts


def _live(s: Story) -> None:
    city, rnd = s.city, s.rnd
    matter = rnd.choice(list(city.matters.values()))
    grid = rnd.choice(city.of_level(UnitLevel.GRID))
    rung, holder = city.first_holder(matter.code, grid.code)
    lon, lat = city.boundaries[grid.code][0][0] if grid.code in city.boundaries else (None, None)
    summary = f"{grid.name.removesuffix('网格')}{rnd.choice(WORDS)}"
    report = {
        "number": s.number, "source": rnd.choice(list(city.sources)), "report": f"r{s.case}", "dossier": f"d{s.case}",
        "summary": summary,
    }  # fmt: skip
    place = i.Placement(unit=grid.code, how="unit_code", confidence=1.0, lon=lon, lat=lat)
    if rnd.random() < 0.03:
        s.say(
            i.CaseHeld(
                **report,
                why="matter",
                placement=place,
                responsible=city.root.code,
                due_at=s.budget(Budget.parse("1 wd")),
            )
        )
        raise StopIteration
    understood = i.Understanding(matter=matter.code, how="rules", confidence=0.82, words=matter.keywords[:2])
    s.say(
        i.CaseRegistered(
            **report, placement=place, understanding=understood, kind=matter.kind.value, urgent=matter.urgent,
            rung=rung.value, reporter=f"p{s.case}", ratable=True,
        )
    )  # fmt: skip
    s.order(
        d.OrderOpened, status="waiting", responsible=holder.code, rung=rung.value, assignment=0, clock="dispatch",
        due_at=s.budget(city.clock("dispatch")), dispatcher=holder.code, case_due_at=s.budget(city.clock("case")),
    )  # fmt: skip
    assignment = 0
    while True:
        assignment += 1
        s.wait(5, 90)
        dispatcher = holder.code
        lead = rnd.choice(matter.leads) if rung is Rung.DEPARTMENT and matter.leads else holder.code
        s.order(
            d.OrderDispatched, status="dispatched", responsible=lead, rung=rung.value, assignment=assignment,
            clock="accept", due_at=s.budget(matter.accept), number=s.number, matter=matter.code, unit=grid.code,
            summary=summary, urgent=matter.urgent, dispatcher=dispatcher, rule="matter",
            support=matter.supports[:1] if rung is Rung.DEPARTMENT else (),
        )  # fmt: skip
        s.wait(10, 200)
        begun, budget = s.at, city.handle_budget(matter.code, rung)
        ends = s.budget(budget)
        s.order(d.OrderAccepted, status="accepted", clock="handle", due_at=ends, handler="专人", deemed=False)
        share = rnd.lognormvariate(-0.9, 0.75)
        done = begun + (ends - begun) * share
        if share > 0.75:
            s.order(d.OrderReminded, fraction_point(begun, budget, Fraction(3, 4), city.calendar), of="handle")
        if share > 1:
            s.order(d.OrderOverdue, ends, of="handle", charged=lead)
        if share > 1.6:
            s.order(d.OrderSupervised, ends + timedelta(days=1), of="handle", charged=lead, supervisor=city.root.code)
        s.at = done
        if rung is not Rung.DEPARTMENT and rnd.random() < 0.62:
            rung, above = _above(city, rung, grid.code)
            s.order(
                d.OrderPassedUp, status="waiting", responsible=above, rung=rung.value, clock="dispatch",
                due_at=s.budget(city.clock("dispatch")), from_unit=holder.code, to_unit=above,
                from_rung=s.standing["rung"], reason="means", note="本级没有相应权限和条件",
            )  # fmt: skip
            holder = city.units[above]
            continue
        if rung is Rung.DEPARTMENT and rnd.random() < 0.16:
            _to_meeting(s, lead, dispatcher, matter.code, grid.code, summary, assignment)
        break
    _finish(s, lead, dispatcher, matter.verified, ends)


def _above(city: City, rung: Rung, place: str) -> tuple[Rung, str]:
    after = city.next_rung(rung)
    assert after is not None
    unit = city.rung_unit(place, after) or city.rung_unit(place, Rung.STREET)
    assert unit is not None
    return after, unit.code


def _to_meeting(s: Story, lead: str, dispatcher: str, matter: str, grid: str, summary: str, assignment: int) -> None:
    city, rnd = s.city, s.rnd
    judged = {"judge": dispatcher, "judge_due_at": s.budget(Budget.parse("1 wd"))}
    s.order(d.UnableAsked, missing="money", tried="两次约谈产权单位，维修资金不足", **judged)
    s.wait(60, 400)
    s.order(d.UnableJudged, confirmed=True, lapsed=False, judge=dispatcher)
    body = city.body_of(rnd.choice((grid, dispatcher, city.units[grid].parent or dispatcher)))
    assert body is not None
    level = city.levels[body.level]
    answer = s.budget(level.answer)
    s.order(
        d.OrderEscalated, status="escalated", responsible=dispatcher, rung="meeting", clock="answer", due_at=answer,
        cause="unable", body=body.unit, lead=lead, tried="两次约谈产权单位，维修资金不足",
        number=s.number, matter=matter,
        unit=grid, summary=summary, urgent=False, meeting_order=False,
    )  # fmt: skip
    topic = f"YT26-{s.case[-4:]}"
    said = {"topic": topic, "body": body.unit, "level": body.level}
    s.wait(1, 2)
    s.say(
        e.TopicRaised(
            **said, entry="open", number=s.number, cause="unable", answer_due_at=answer, lead=lead, summary=summary,
            unit=grid, urgent=False,
        )
    )  # fmt: skip
    s.order(d.OrderAtMeeting, responsible=body.unit, topic=topic, body=body.unit)
    above = city.body_above(body.unit)
    if above is not None and rnd.random() < 0.5:
        s.wait(2000, 9000)
        meeting = f"meeting:{body.unit}:1"
        s.say(e.TopicTabled(**said, entry="tabled", meeting=meeting))
        answer = s.budget(city.levels[above.level].answer)
        s.say(
            e.TopicMovedUp(
                **said, entry="moved_up", meeting=meeting, to_body=above.unit, to_level=above.level,
                answer_due_at=answer, ledger_seq=rnd.randint(3, 60), ledger_hash=f"{rnd.getrandbits(256):064x}",
            )
        )  # fmt: skip
        s.order(d.OrderAtMeeting, responsible=above.unit, due_at=answer, topic=topic, body=above.unit)
        body, said = above, {"topic": topic, "body": above.unit, "level": above.level}
    if rnd.random() < 0.6:
        raise StopIteration
    s.wait(4000, 15000)
    meeting, until = f"meeting:{body.unit}:2", s.budget(Budget.parse("10 wd"))
    s.say(e.TopicTabled(**said, entry="tabled", meeting=meeting))
    s.say(
        e.TopicResolved(**said, entry="executing", meeting=meeting, lead=lead, due_at=until, done_means="完成屋面修缮")
    )
    s.order(
        d.OrderDispatched, status="dispatched", responsible=lead, rung="meeting", assignment=assignment + 1,
        clock="accept", due_at=s.budget(Budget.parse("4 wh")), number=s.number, matter=matter, unit=grid,
        summary=summary,
        urgent=False, dispatcher=body.unit, rule="meeting", meeting=True, handle_due_at=until,
    )  # fmt: skip
    s.wait(30, 200)
    s.order(d.OrderAccepted, status="accepted", clock="handle", due_at=until, handler="专人", deemed=False)
    s.wait(4000, 9000)


def _finish(s: Story, lead: str, dispatcher: str, verified: bool, ends: datetime) -> None:
    city, rnd = s.city, s.rnd
    s.order(
        d.OrderHandled, status="handled", responsible=dispatcher, clock="verify", due_at=s.budget(city.clock("verify")),
        done_by=lead, note="已到现场处理，恢复正常", contacted=True, evidence=2, on_time=s.at <= ends,
        handle_due_at=ends,
    )  # fmt: skip
    s.wait(60, 900)
    s.order(
        d.OrderVerified, status="verified", responsible=city.root.code, clock="window",
        due_at=s.budget(Budget.parse("7 nd")), verifier=dispatcher if verified else None, handled_by=lead,
        dispatcher=dispatcher,
    )  # fmt: skip
    s.say(f.RatingInvited(invitation=f"i{s.case}", round=1, reporter=f"p{s.case}", until=s.standing["due_at"]))
    s.wait(100, 4000)
    s.say(
        f.RatingAnswered(
            invitation=f"i{s.case}", round=1, reporter=f"p{s.case}", contacted=True, solved=True,
            grade=rnd.choice((5, 5, 5, 4, 3)), valid=True,
        )
    )  # fmt: skip
    s.say(f.RatingCompleted(round=1, outcome="rated"))
    rung = s.standing["rung"]
    s.order(
        d.CaseClosed, status="closed", responsible=None, rung=None, clock=None, due_at=None, reason="rated", lead=lead,
        dispatcher=dispatcher, on_time=rnd.random() < 0.83, solved_at_rung=rung, opened_at=s.facts[0].acted_at,
    )  # fmt: skip


def tell_meetings(city: City, rnd: random.Random, now: datetime) -> list[Heard]:
    """Return a year of meetings: planned, held and adopted ones until now, the next planned."""
    facts: list[Heard] = []
    for unit, body in city.bodies.items():
        for number, day in enumerate(city.meeting_days(unit, now.year), 1):
            opens = datetime(day.year, day.month, day.day, 9, 30, tzinfo=now.tzinfo)
            said = {"body": unit, "level": body.level, "number": number}
            subject, cut_off = f"meeting:{unit}:{number}", opens - timedelta(days=3)
            told: list[tuple[Contract, datetime]] = []
            if opens > now:
                told = [
                    (e.MeetingPlanned(**said, on=day, opens_at=opens, cut_off_at=cut_off), now - timedelta(days=30))
                ]
            elif rnd.random() < (0.1 if body.level == city.chain[0].code else 0.9):
                agenda = tuple(f"YT-{unit}-{number}-{k}" for k in range(rnd.randint(1, 4)))
                kinds = {topic: rnd.choice(("resolve", "resolve", "resolve", "move_up", "defer")) for topic in agenda}
                told = [
                    (e.MeetingPlanned(**said, on=day, opens_at=opens, cut_off_at=cut_off), opens - timedelta(days=30)),
                    (e.MeetingHeld(**said, held_at=opens, members=9, present=8, agenda=agenda), opens),
                    (
                        e.MeetingAdopted(**said, decisions=kinds, ledger_seq=number, ledger_hash="0" * 64),
                        opens + timedelta(hours=3),
                    ),
                    (e.LedgerHead(body=unit, level=body.level, seq=number, hash=f"{rnd.getrandbits(256):064x}"), opens),
                ]
            facts += [
                Heard(
                    subject if isinstance(data, e.Meeting) else f"ledger:{unit}", "escalation",
                    k if isinstance(data, e.Meeting) else number, type(data).TYPE, data, at, at,
                )
                for k, (data, at) in enumerate(told, 1)
            ]  # fmt: skip
    return facts


def tell_score(city: City, now: datetime) -> Heard:
    """Return last month's score of the whole city."""
    last = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    ratio = f.Ratio(numerator="905", denominator=936, percent="96.69")
    score = f.ScorePublished(
        unit=city.root.code, period=last, policy="1", revision=1, asked=936, response=ratio, resolution=ratio,
        satisfaction=ratio, composite="96.69", few=False,
    )  # fmt: skip
    return Heard(f"score:{city.root.code}:{last}", "feedback", 1, score.TYPE, score, now, now)


def tell_city(city: City, now: datetime, cases: int, days: int = 40, seed: int = 7) -> Iterator[Heard]:
    """Yield the facts of so many cases over the last days, of the year's meetings and of a score, oldest first."""
    rnd = random.Random(seed)
    facts = [tell_score(city, now - timedelta(hours=30)), *tell_meetings(city, rnd, now)]
    for n in range(1, cases + 1):
        at = now - timedelta(minutes=rnd.uniform(1, days * 24 * 60) if n % 12 else rnd.uniform(1, 400))
        facts += tell_case(city, rnd, n, at, now)
    yield from sorted(facts, key=lambda fact: fact.acted_at)
