"""The example figures of workflows §4.3, from what dispatch really states: facts of orders to the lines of feedback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.dispatch.domain import decide, evolve, heard, replies
from services.dispatch.translate import WIRE as DISPATCH
from services.feedback.domain.case_line import CaseLine, assignment_row, follow, line_row
from services.feedback.domain.period import Period
from services.feedback.domain.score import fractions, half_up
from services.feedback.domain.tally import Tally, tallies
from services.feedback.translate import WIRE as FEEDBACK
from shared.contracts import intake
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import TOWN, day, department, unit

MARCH = Period.parse("2026-03")
WATER, STREET, GRID, CITY = department("water"), unit("s1"), unit("g111"), unit("top")


class Office:
    """Orders of one street and one department, each at its own pace, and feedback's line of each."""

    def __init__(self) -> None:
        self.lines: dict[str, CaseLine | None] = {}
        self.played = Play(self._decide, evolve, TOWN, town.MONDAY)

    def _decide(self, states: Any, message: Any, context: Any) -> Any:
        decision = decide(states, message, context)
        for fact in decision.facts:
            told = FEEDBACK.to_domain(DISPATCH.to_wire(fact.data))
            if told is not None and type(told) in follow.table:
                case = fact.subject or message.subject
                self.lines[case] = follow(self.lines.get(case), told, message.acted_at)
        return decision

    def until(self, at: datetime) -> None:
        self.played.advance(at)

    def register(self, cases: Iterator[str], count: int) -> list[str]:
        """Let so many cases be registered, and dispatched by rule to the department."""
        made = [next(cases) for _ in range(count)]
        for case in made:
            registered = intake.CaseRegistered(
                number=case,
                source="hotline",
                report=case,
                dossier="d",
                kind="problem",
                urgent=False,
                rung="department",
                placement=intake.Placement(unit="g111", how="unit_code", confidence=1.0),
                understanding=intake.Understanding(matter="pipe", how="given", confidence=1.0),
                summary="漏水",
                reporter="r1",
                ratable=True,
            )
            self.lines[case] = follow(None, FEEDBACK.to_domain(registered), self.played.now)
            self.played.hear(case, heard.CaseRegistered(
                case, heard.Placement("g111"), heard.Understanding("pipe"), False, "漏水"
            ), "intake")  # fmt: skip
        return made

    def say(self, cases: list[str], actor: Any, make: Any) -> None:
        for case in cases:
            self.played.send(case, make(case), actor)

    def accept(self, cases: list[str]) -> None:
        self.say(cases, WATER, lambda case: replies.Accept(case, 1, "post"))

    def finish(self, cases: list[str]) -> None:
        self.say(cases, WATER, lambda case: replies.Finish(case, 1, "已修好", True, 1))

    def verify(self, cases: list[str], *, passed: bool = True) -> None:
        self.say(cases, GRID, lambda case: replies.Verify(case, 1, passed, "现场查看", "photo"))

    def tally(self, unit: str) -> Tally:
        """Count the period for a unit, as the store does."""
        rows = [line_row(case, line, TOWN) for case, line in self.lines.items() if line is not None and line.lead]
        made = [row for case, line in self.lines.items() if line and (row := assignment_row(case, line))]
        return tallies(rows, made, [], MARCH, MARCH.freeze_at(TOWN.policies[0].freeze, TOWN.calendar), "top")[unit]


def lived() -> Office:
    """Live through March: 150 cases, of which 120 come due in it."""
    office, cases = Office(), (f"case-{n:03d}" for n in range(150))
    recalled, upheld = office.register(cases, 4), office.register(cases, 7)
    refused, paused = office.register(cases, 5), office.register(cases, 6)
    failing, extended, quick = office.register(cases, 9), office.register(cases, 10), office.register(cases, 75)
    late, never = office.register(cases, 9), office.register(cases, 6)
    office.say(recalled, STREET, lambda case: replies.Recall(case, 1, "派错单位"))
    ask = lambda case: replies.HandBack(case, 1, "3", "roads", "不属职责")  # noqa: E731  said twice
    office.say([*upheld, *refused], WATER, ask)
    office.say(upheld, STREET, lambda case: replies.JudgeHandBack(case, 1, True))
    office.say(refused, STREET, lambda case: replies.JudgeHandBack(case, 1, False))
    office.accept([*refused, *paused, *failing, *extended, *quick, *late, *never])
    office.until(day(1))
    office.say(paused, WATER, lambda case: replies.AskSuspension(case, 1, "funds", 30, "资金未到位"))
    office.say(paused, CITY, lambda case: replies.JudgeSuspension(case, 1, True))
    office.finish([*refused, *quick, *failing])
    office.verify([*refused, *quick])
    office.verify(failing, passed=False)
    office.until(day(2))
    office.finish(failing)
    office.verify(failing)
    office.until(day(8))
    office.say(extended, WATER, lambda case: replies.AskExtension(case, 1, 5, "管材未到货"))
    office.say(extended, STREET, lambda case: replies.JudgeExtension(case, 1, True))
    office.until(day(10))
    office.finish([*extended, *late])
    office.verify([*extended, *late])
    office.until(day(23))
    later = office.register(cases, 19)
    office.accept(later)
    office.finish(later[:2])
    office.verify(later[:2])
    office.until(day(60))
    return office


def test_the_case_rates_of_the_example_follow_from_the_facts_of_dispatch() -> None:
    office = lived()
    street, water = office.tally("s1"), office.tally("water")
    assert (street.due, street.suspended) == (120, 6)
    found = fractions(street, TOWN.policies[0], "street")
    said = {name: (int(above), below, half_up(100 * above / below)) for name, (above, below) in found.items() if below}
    assert said["closing"] == (108, 114, "94.74")
    assert said["on_time"] == (99, 114, "86.84")
    assert said["rework"] == (9, 110, "8.18")
    assert said["extension"] == (10, 120, "8.33")
    assert said["hand_back"] == (7, 150, "4.67")
    assert said["accurate_dispatch"] == (139, 150, "92.67")
    asked, received = fractions(water, TOWN.policies[0], "department")["hand_back"]
    assert (int(asked), received, half_up(100 * asked / received)) == (12, 150, "8.00")
