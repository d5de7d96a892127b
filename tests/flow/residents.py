"""Residents, sources and intake's people: they report, take back, rate, name what the rules could not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from services.intake.domain import Case, triage
from services.intake.domain.case import Status
from shared.contracts.base import Contract
from shared.contracts.envelope import sent
from shared.contracts.feedback import InvitationSent, Rating
from shared.contracts.intake import (
    KeepApart,
    MergeCase,
    Part,
    RejectCase,
    Report,
    Reporter,
    ReportPlace,
    SolvedOnSpot,
    SplitCase,
    TriageCase,
    UnmergeCase,
    WithdrawReport,
)
from shared.kernel.decisions import Actor
from tests.flow.world import Said, World

T = TypeVar("T")
SECRET = "秘㊙"
"""Stands in everything that must never be in a fact."""
PHONE = "1391234"
"""The beginning of every telephone number here."""
SOURCES = ("hotline", "grid", "mini", "iot")
MATTERS = (
    "burst-pipe", "burst-pipe", "gas-leak", "collapse", "water-supply", "bus", "metro", "housing-deeds", "food-safety",
    "policy-enquiry", "sanitation", "parking", "fire-lanes", "elderly", "street-lights", "drains", "greening",
    "property-service", "lifts", "e-bikes", "neighbours", "tenancy", "telecom", "suggestions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mood:
    """What people of one seed are like, as shares; `silent` is one in so many assignments."""

    silent: int
    signs: float
    unable: float
    asks: float
    meddles: float
    passes: float
    satisfied: float
    withdraws: float

    @classmethod
    def drawn(cls, random: Random) -> Mood:
        """Draw a city's mood: one is quick and content, another never agrees about anything."""
        return cls(
            silent=random.choice((2, 6, 12)),
            signs=random.choice((0.4, 0.6, 0.9)),
            unable=random.choice((0.05, 0.12, 0.3)),
            asks=random.choice((0.0, 0.1, 0.3)),
            meddles=random.choice((0.0, 0.03, 0.1)),
            passes=random.choice((0.3, 0.7, 0.95)),
            satisfied=random.choice((0.1, 0.5, 0.9)),
            withdraws=random.choice((0.005, 0.015, 0.05)),
        )


class Residents:
    """What people outside and intake's desk do, by what they were told or can see."""

    def __init__(self, world: World, limit: int) -> None:
        self.world, self.limit = world, limit
        self.mood = Mood.drawn(world.random)
        self.reported: dict[tuple[str, str], Report] = {}
        """(source, id) -> the first report sent under it."""
        self._count = 0
        self._answered: set[str] = set()

    def key(self) -> str:
        """Return a new id of a message or a new Idempotency-Key."""
        self._count += 1
        return f"m{self._count}"

    def pick(self, choices: Sequence[T]) -> T:
        """Draw one."""
        return self.world.random.choice(choices)

    def say(self, service: str, data: Contract, subject: str, actor: Actor, *, if_match: int | None = None) -> None:
        """Send a command; now and then twice, now and then into a process that dies."""
        world = self.world
        said = Said(service, data, subject, actor, self.key(), if_match)
        if world.chance(0.25):
            world.enter(said)
            if world.chance(0.1):
                world.enter(said)
            return
        world.command(said, dies=self.pick(("before", "after")) if world.chance(0.04) else None)
        if world.chance(0.06):
            world.command(said)

    # ---- reports

    def report(self) -> None:
        """Report something over a stream or the desk; sometimes what was reported already."""
        world = self.world
        if len(self.reported) >= self.limit:
            return
        source = self.pick(SOURCES)
        if self.reported and world.chance(0.12):
            source, id_ = self.pick(list(self.reported))
            report = self.reported[source, id_]
            if world.chance(0.3):
                report = report.model_copy(update={"text": f"{report.text}（再次反映）"})
        else:
            report = self._report(source, f"{source}-{len(self.reported)}")
            self.reported[source, report.id] = report
        if world.chance(0.6):
            world.post(f"reports.{source}", report, self.key(), report.id)
        else:
            said = Said("intake", report, "", Actor("source", source), f"report:{report.id}", creates=True)
            if world.chance(0.5):
                world.enter(said)
                return
            world.command(said, dies=self.pick(("before", "after")) if world.chance(0.04) else None)

    def _report(self, source: str, id_: str) -> Report:
        world, n = self.world, len(self.reported)
        place = self.pick(world.places)
        if world.chance(0.3):
            place = world.city.ancestors(place)[0].code
        known = world.chance(0.8)
        solved = None
        if source == "grid" and world.chance(0.4):
            solved = SolvedOnSpot(what="当场处理完毕", evidence=1)
        text = f"楼下第{n}次反映，联系电话{PHONE}{n:04d}，一直没有人来处理。" + "请尽快派人来看。" * 30 + SECRET
        if world.chance(0.03):
            text = "？"
        return Report(
            id=id_,
            text=text,
            matter=self.pick(MATTERS) if known else None,
            place=ReportPlace(unit=place, address=f"{SECRET}路{n}") if source == "iot" or world.chance(0.93) else None,
            reporter=Reporter(name=f"{SECRET}{n}", phone=f"{PHONE}{n:04d}") if world.chance(0.85) else None,
            raised_by=place if source == "grid" and world.chance(0.5) else None,
            solved=solved,
            device=place if source == "iot" else None,
        )

    def spoil(self) -> None:
        """Send something that nobody can read, or that no rule can take."""
        source = self.pick(SOURCES)
        report = Report(id=f"bad-{self.key()}", text="路灯坏了")
        kind, world = world_kind(self.world.random.randrange(9)), self.world
        stream = f"{self.pick(('reports', 'ratings'))}.{source}"
        id_ = self.key()
        match kind:
            case "json":
                world.post(stream, b"{oops", id_, id_, type_="report.v1")
            case "type":
                world.post(stream, b"{}", id_, id_, type_="report.v9")
            case "inside":
                world.post(stream, b"{}", id_, id_, type_="case.closed.v1")
            case "headers":
                world.post(stream, b"{}", id_, id_, headers=())
            case "bytes":
                headers = (("ce_id", b"\xff\xfe"), ("ce_type", b"report.v1"))
                world.post(stream, b"{}", id_, id_, headers=headers)
            case "field":
                world.post(stream, json.dumps({"id": id_}).encode(), id_, id_, type_="report.v1")
            case "nul":
                world.post(stream, b'{"id": "a", "text": "\\u0000"}', id_, id_, type_="report.v1")
            case "matter":
                wrong = report.model_copy(update={"matter": "no-such"})
                world.post(f"reports.{source}", wrong, id_, id_)
            case _:
                wrong_unit = report.model_copy(update={"place": ReportPlace(unit="no-such")})
                world.post(f"reports.{source}", wrong_unit, id_, id_)

    # ---- intake's desk

    def sort(self) -> None:
        """Name matter and place of a held report, or refuse it."""
        held = sorted(self.world.intake.triage)
        if not held:
            return
        case = self.pick(held)
        root = self.world.city.root.code
        actor = self.pick((Actor("operations", root), Actor("unit", root), Actor("unit", "S01")))
        if self.world.chance(0.25):
            data: Contract = RejectCase(rule=self.pick((*triage.REJECTIONS, "no.such.rule")))
        else:
            unit = self.pick(self.world.places) if self.world.chance(0.7) else None
            data = TriageCase(matter=self.pick((*MATTERS, "no-such")), unit=unit)
        self.say("intake", data, case, actor)

    def gather(self) -> None:
        """Merge two cases, undo a merge, split one, or keep suspected ones apart; often what may not be."""
        world = self.world
        cases = [case for case in world.intake.reports.values() if world.offices["intake"].state(case)]
        if len(cases) < 2:
            return
        parts = [part for case in cases for part in world.offices["intake"].state(case).parts]
        case, other = self.pick([*cases, *parts]), self.pick(cases)
        merged = [one for one in cases if world.offices["intake"].state(one).status is Status.MERGED]
        x = world.random.random()
        if x < 0.35:
            data: Contract = MergeCase(into=other)
        elif x < 0.6:
            case = self.pick(merged) if merged else case
            data = UnmergeCase(matter=self.pick((None, *MATTERS)), unit=self.pick((None, *world.places)))
        elif x < 0.8:
            texts = ("其中一件请派人来看。" * 8 + SECRET, f"另一件，电话{PHONE}0000")
            data = SplitCase(parts=tuple(Part(matter=self.pick(MATTERS), text=text) for text in texts))
        else:
            data = KeepApart()
        root = world.city.root.code
        self.say(
            "intake",
            data,
            case,
            self.pick((Actor("operations", root), Actor("operations", root), Actor("unit", "S01"))),
        )

    def take_back(self) -> None:
        """Take a report back, in time or not."""
        cases = list(self.world.intake.reports.items())
        if not cases:
            return
        (source, _), case = self.pick(cases)
        state: Case | None = self.world.offices["intake"].state(case)
        if state is not None and state.status is Status.CLOSED and self.world.chance(0.8):
            return
        self.say("intake", WithdrawReport(), case, Actor("source", source if self.world.chance(0.9) else "chat"))

    # ---- ratings

    def rate(self) -> None:
        """Answer an invitation, late or early, once or twice."""
        world, source = self.world, self.pick(SOURCES)
        invitations = [_body(r.value) for r in world.said_on(f"receipts.{source}") if _type(r) == InvitationSent.TYPE]
        fresh = [i for i in invitations if i["token"] not in self._answered]
        if not invitations:
            return
        if not fresh and world.chance(0.8):
            return
        chosen = self.pick(fresh if fresh and world.chance(0.9) else invitations)
        self._answered.add(chosen["token"])
        solved = world.chance(self.mood.satisfied)
        rating = Rating(
            id=self.key(),
            token=chosen["token"] if world.chance(0.95) else "x" * 43,
            contacted=world.chance(0.7),
            solved=solved,
            grade=self.pick((3, 4, 5)) if solved else self.pick((1, 2, 3)),
            comment=SECRET if world.chance(0.3) else None,
        )
        actor = Actor("source", source) if world.chance(0.5) else Actor("resident", "link")
        if world.chance(0.5):
            world.post(f"ratings.{source}", rating, rating.id, chosen["case"])
            if world.chance(0.1):
                other = rating.model_copy(update={"grade": 6 - rating.grade})
                world.post(f"ratings.{source}", other if world.chance(0.3) else rating, rating.id, chosen["case"])
        else:
            world.command(Said("feedback", rating, "", actor, rating.id))
            if world.chance(0.1):
                world.command(Said("feedback", rating, "", actor, rating.id))


def world_kind(n: int) -> str:
    """Name a kind of spoiled message."""
    return ("json", "type", "inside", "headers", "bytes", "field", "nul", "matter", "unit")[n]


def _type(record: Any) -> str:
    return str(dict(record.headers).get("ce_type", b"").decode())


def _body(value: bytes) -> dict[str, Any]:
    return dict(json.loads(value))


__all__ = ["Residents", "sent"]
