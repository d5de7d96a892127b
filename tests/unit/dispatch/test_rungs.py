"""Every rung of every clock in every status (workflows §3.3): it strikes for the present work alone, and once."""

from __future__ import annotations

from typing import Any

import pytest

from services.dispatch.domain import facts
from services.dispatch.domain.order import Status
from shared.kernel.decisions import CLOCK, SYSTEM, Context, Due, Message
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, order

RUNGS: dict[str, dict[str, type]] = {
    "dispatch": {"reminder": facts.OrderReminded, "overdue": facts.OrderOverdue, "supervision": facts.OrderSupervised},
    "accept": {"reminder": facts.OrderReminded, "overdue": facts.OrderAccepted},
    "handle": {
        "reminder": facts.OrderReminded, "overdue": facts.OrderOverdue, "supervision": facts.OrderSupervised,
        "ledger": facts.OrderEscalated,
    },
    "verify": {"reminder": facts.OrderReminded, "overdue": facts.OrderOverdue, "supervision": facts.OrderSupervised},
    "resume": {"end": facts.OrderResumed},
}  # fmt: skip
"""Clock -> its rungs and what each states first; the end of signing is signature, handling alone goes to a ledger."""
CLOCKS = {
    Status.WAITING: "dispatch", Status.DISPATCHED: "accept", Status.ACCEPTED: "handle", Status.SUSPENDED: "resume",
    Status.HANDLED: "verify",
}  # fmt: skip
"""The clock of the holder that dispatch itself runs in a status; the others are feedback's and escalation's."""


def strike(played: Play, name: str, assignment: int, version: int) -> list[Any]:
    """Let a deadline come due, whatever is armed; returns what was stated."""
    data = Due(name, {"assignment": assignment, "version": version})
    message = Message(data, CASE, CLOCK, SYSTEM, played.now, f"{name}/{assignment}/{version}")
    decision = played.decide({CASE: order(played)}, message, Context(played.now, played.city, played.new_id))
    for fact in decision.facts:
        played.states[CASE] = played.evolve(played.states[CASE], fact.data, played.now)
    return [fact.data for fact in decision.facts]


@pytest.mark.parametrize("status", list(Status))
def test_a_rung_strikes_in_its_status_for_the_present_assignment_and_version_once_and_nowhere_else(
    status: Status,
) -> None:
    for clock, rungs in RUNGS.items():
        for rung, kind in rungs.items():
            name = f"{clock}.{rung}"
            for earlier, version in ((1, 0), (0, 1), (-1, 0), (0, -1)):
                played = town.IN[status]()
                before = order(played)
                assert strike(played, name, before.assignment + earlier, before.version + version) == [], name
                assert order(played) == before
            stated = strike(played, name, before.assignment, before.version)
            assert bool(stated) == (CLOCKS.get(status) == clock), f"{status}: {name} stated {stated}"
            if stated:
                assert isinstance(stated[0], kind)
                assert strike(played, name, before.assignment, before.version) == [], f"{name} struck twice"
            else:
                assert order(played) == before


@pytest.mark.parametrize("status", list(Status))
def test_nothing_but_the_rungs_of_the_running_clock_is_ever_armed(status: Status) -> None:
    played = town.IN[status]()
    armed: set[str] = set()
    for _ in range(8):
        armed |= {name.partition(":")[0] for _, name in played.deadlines}
        if order(played).status is not status or not played.deadlines:
            break
        played.advance(min(one.due_at for one in played.deadlines.values()))
    known = {f"{clock}.{rung}" for clock, rungs in RUNGS.items() for rung in rungs}
    assert armed <= known | {"case.overdue", "request.lapse", "part.lapse", "receipt"}


@pytest.mark.parametrize("status", list(Status))
def test_the_whole_case_is_overdue_once_while_it_is_in_work_and_no_topic_s_clocks_have_replaced_it(
    status: Status,
) -> None:
    played = town.IN[status]()
    runs = (CASE, "case.overdue") in played.deadlines
    stated = strike(played, "case.overdue", 0, 0)
    assert [type(one) for one in stated] == [facts.OrderOverdue] * runs
    assert strike(played, "case.overdue", 0, 0) == []
