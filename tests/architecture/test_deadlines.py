"""A deadline counted in working time must follow a calendar published later: it keeps a mark (decision 65)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from shared.city.load import load
from shared.kernel.clock import Unit
from tests.architecture.bans import CITIES
from tests.architecture.reading import called, files, short, tree

_AT_ONCE = ("message.acted_at", "now")
"""What is armed for the instant at which it is armed."""
_MARK = 5
"""The place of `mark` among the arguments of `Arm`."""
NAMED = "the day or instant was named by somebody, not counted"
PERIOD = "a month, quarter or year ends when it ends"
BY_HAND = "a meeting's cut-off is moved with its day (escalation, recounting.py)"
NATURAL = "counted in natural days, as every city has it"
OF_MEETING = "a meeting's own hours"
UNMARKED = {
    "services/dispatch/domain/claims/booking.py: f'booking.over:{booking}'": NAMED,
    "services/dispatch/domain/claims/listing.py: 'item.expire'": NAMED,
    "services/dispatch/domain/claims/reviewing.py: 'list.quarter'": PERIOD,
    "services/dispatch/domain/clocks.py: 'handle.overdue'": NAMED,
    "services/dispatch/domain/clocks.py: 'handle.reminder'": NAMED,
    "services/dispatch/domain/supporting.py: f'part.lapse:{unit}'": NAMED,
    "services/dispatch/domain/whistling.py: f'part:{number}'": NAMED,
    "services/escalation/domain/convening.py: 'slot'": OF_MEETING,
    "services/escalation/domain/convening.py: name": BY_HAND,
    "services/escalation/domain/deliberating.py: 'council'": PERIOD,
    "services/escalation/domain/heads.py: 'heads'": "every midnight",
    "services/escalation/domain/opening.py: f'call:{case}'": "at once",
    "services/escalation/domain/planning.py: 'convene'": BY_HAND,
    "services/escalation/domain/planning.py: 'plan'": OF_MEETING,
    "services/escalation/domain/recounting.py: 'convene'": BY_HAND,
    "services/escalation/domain/sitting.py: 'period'": "the last day was stated when the meeting was called",
    "services/escalation/domain/sitting.py: f'call:{case}'": "at once",
    "services/escalation/domain/sitting.py: f'call:{meeting.number}'": "at once",
    "services/escalation/domain/sitting.py: f'makeup:{meeting.number}'": "at once",
    "services/feedback/domain/assessing.py: 'assessment'": NAMED,
    "services/feedback/domain/assessing.py: 'assessment:lapse'": PERIOD,
    "services/feedback/domain/drawing.py: 'draw'": "the day on which a draw is made was said beforehand",
    "services/feedback/domain/duty.py: 'duty'": PERIOD,
    "services/feedback/domain/joint_review.py: 'review'": NAMED,
    "services/feedback/domain/poll.py: 'poll'": NAMED,
    "services/feedback/domain/returning.py: f'return_visit:{reporter}'": NATURAL,
    "services/feedback/domain/returning.py: message.data.name": NATURAL,
    "services/feedback/domain/sealing.py: 'mutual'": NAMED,
}
"""Module and name of every deadline without a mark, and why no calendar moves it."""


def unmarked(module: ast.Module) -> Iterator[str]:
    """Name every deadline that is armed for a later instant and says nothing about how it was counted."""
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and called(node) == "Arm"):
            continue
        given = {one.arg: one.value for one in node.keywords}
        mark = given.get("mark", node.args[_MARK] if len(node.args) > _MARK else None)
        due = given.get("due_at", node.args[1] if len(node.args) > 1 else None)
        is_marked = mark is not None and not (isinstance(mark, ast.Constant) and mark.value is None)
        if not is_marked and (due is None or ast.unparse(due) not in _AT_ONCE):
            yield ast.unparse(given.get("name", node.args[0] if node.args else node))


def test_a_deadline_without_a_mark_is_named_with_the_reason_why_no_calendar_moves_it() -> None:
    found = {f"{short(path)}: {name}" for path in files("services", "shared/kernel") for name in unmarked(tree(path))}
    assert found - UNMARKED.keys() == set(), "give it a mark, or name it above with the reason"
    assert UNMARKED.keys() - found == set(), "it is gone, or has a mark by now"


def test_an_unmarked_deadline_is_found_however_it_is_written() -> None:
    for planted in (
        "Arm('consent', until)",
        "decisions.Arm('consent', add(at, budget, calendar), {}, subject)",
        "Arm(name='consent', due_at=until, mark=None)",
        "Arm('consent', until, {}, '', (), None)",
        "Arm('consent', max(now, until))",
    ):
        assert [name.strip("'") for name in unmarked(ast.parse(planted))] == ["consent"], planted
    for fine in ("Arm('consent', until, mark=answered)", "Arm('a', b, {}, '', (), mark)", "Arm('a', message.acted_at)"):
        assert list(unmarked(ast.parse(fine))) == []


def test_a_return_visit_is_counted_in_natural_days_in_every_city() -> None:
    assert {load(name).clock("return_visit").unit for name in CITIES} == {Unit.NATURAL_DAYS}
