"""Every allowed and every forbidden (state, event) pair of the entry table, workflows §2.2."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from services.escalation.domain.meeting import Item, Meeting, MeetingStatus
from services.escalation.domain.messages import HoldMeeting
from services.escalation.domain.topic import MOVES, EntryStatus
from services.escalation.translate import WIRE
from shared.contracts import escalation as contract
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import ESTATE, Hall, unit

S = EntryStatus


def reach(status: EntryStatus) -> Hall:
    """Bring the estate's entry of case c-1 to a state by the acts of an office."""
    hall = Hall()
    hall.escalate()
    if status is S.OPEN:
        return hall
    if status is S.TABLED:
        hall.held(ESTATE)
        return hall
    if status is S.MOVED_UP:
        hall.decide_at(ESTATE, "move_up")
        return hall
    if status is S.DECLINED:
        hall.decide_at(ESTATE, "decline")
        return hall
    if status is S.WITHDRAWN:
        hall.withdraw()
        return hall
    hall.decide_at(ESTATE, "resolve")
    if status is S.EXECUTING:
        return hall
    hall.close()
    hall.tell(ESTATE)
    if status is S.WRITTEN_OFF:
        hall.write_off(ESTATE)
    return hall


def decide(kind: str) -> Callable[[Hall], Any]:
    """Decide at the next meeting; what is no longer open is smuggled onto the agenda of a held one."""

    def act(hall: Hall) -> None:
        if hall.topic().entries[0].status in (S.OPEN, S.TABLED):
            held = [x for x in hall.meetings(ESTATE) if x.status.value == "held"]
            meeting = held[0] if held else hall.held(ESTATE)
        else:
            agenda = (Item(hall.topic().id, "c-1"),)
            meeting = Meeting(ESTATE, "estate", 99, MeetingStatus.HELD, hall.now, agenda=agenda, held_at=hall.now)
            hall.states[meeting.id] = meeting
        hall.record(meeting, hall.decision(hall.topic().id, kind))
        hall.adopt(meeting)

    return act


def table(hall: Hall) -> None:
    """Let the cut-off of the next meeting be now."""
    key = next(key for key in hall.deadlines if key[1] == "convene" and key[0].startswith(f"meeting:{ESTATE}:"))
    hall.deadlines[key] = replace(hall.deadlines[key], due_at=hall.now)
    hall.advance(hall.now)


def miss(hall: Hall) -> None:
    """Let the day of the next meeting pass without holding it."""
    meeting = hall.convened(ESTATE)
    hall.send(meeting.id, HoldMeeting(present=()), unit(ESTATE))


def wait_for_objections(hall: Hall) -> None:
    until = hall.topic().entries[0].objection_until
    if until:
        hall.advance(until)


EVENTS: dict[str, Callable[[Hall], Any]] = {
    "order escalated": lambda hall: hall.escalate(cause="overdue"),
    "table": table,
    "resolve": decide("resolve"),
    "move up": decide("move_up"),
    "defer": decide("defer"),
    "decline": decide("decline"),
    "order closed": lambda hall: hall.close(),
    "object": lambda hall: hall.object_to(),
    "objection window over": wait_for_objections,
    "case withdrawn": lambda hall: hall.withdraw(),
    "write off": lambda hall: hall.write_off(ESTATE),
}

TABLE: dict[tuple[EntryStatus, str], EntryStatus] = {
    (S.OPEN, "table"): S.TABLED,
    # An open entry is tabled by the next meeting first, then decided.
    (S.OPEN, "resolve"): S.EXECUTING,
    (S.OPEN, "move up"): S.MOVED_UP,
    (S.OPEN, "defer"): S.OPEN,
    (S.OPEN, "decline"): S.DECLINED,
    (S.OPEN, "case withdrawn"): S.WITHDRAWN,
    (S.OPEN, "order closed"): S.WITHDRAWN,
    (S.TABLED, "resolve"): S.EXECUTING,
    (S.TABLED, "move up"): S.MOVED_UP,
    (S.TABLED, "defer"): S.OPEN,
    (S.TABLED, "decline"): S.DECLINED,
    (S.TABLED, "case withdrawn"): S.WITHDRAWN,
    (S.TABLED, "order closed"): S.WITHDRAWN,
    (S.EXECUTING, "order escalated"): S.OPEN,
    (S.EXECUTING, "order closed"): S.SETTLED,
    (S.EXECUTING, "case withdrawn"): S.WITHDRAWN,
    (S.MOVED_UP, "case withdrawn"): S.SETTLED,
    (S.MOVED_UP, "order closed"): S.SETTLED,
    (S.DECLINED, "object"): S.OPEN,
    (S.DECLINED, "objection window over"): S.SETTLED,
    (S.DECLINED, "order closed"): S.SETTLED,
    (S.DECLINED, "case withdrawn"): S.WITHDRAWN,
    (S.SETTLED, "write off"): S.WRITTEN_OFF,
}


@pytest.mark.parametrize("event", list(EVENTS))
@pytest.mark.parametrize("status", list(S))
def test_an_event_moves_an_entry_exactly_as_the_table_says(status: EntryStatus, event: str) -> None:
    hall = reach(status)
    assert hall.topic().entries[0].status is status
    to = TABLE.get((status, event))
    if to is None:
        with suppress(Refused):
            EVENTS[event](hall)
        assert hall.topic().entries[0].status is status
    else:
        EVENTS[event](hall)
        assert hall.topic().entries[0].status is to
    hall.check_chains()


def test_a_missed_meeting_brings_a_tabled_entry_back_to_open() -> None:
    hall = reach(S.OPEN)
    miss(hall)
    assert hall.topic().entries[0].status is S.OPEN
    assert hall.kinds(ESTATE) == ["raised", "tabled", "missed"]


def test_a_moved_up_entry_is_settled_when_the_one_above_is_written_off() -> None:
    hall = reach(S.MOVED_UP)
    hall.decide_at("C01", "resolve")
    hall.close()
    hall.acknowledge(ESTATE)
    hall.tell(ESTATE)
    hall.write_off("C01")
    assert hall.topic().entries[0].status is S.SETTLED


@pytest.mark.parametrize("now", list(S))
@pytest.mark.parametrize("to", list(S))
def test_the_transition_table_refuses_every_move_that_it_does_not_name(now: EntryStatus, to: EntryStatus) -> None:
    if MOVES.allows(now, to):
        MOVES.check(now, to)
    else:
        with pytest.raises(Refused, match=r"move\.forbidden"):
            MOVES.check(now, to)


def test_the_states_are_those_of_the_contract() -> None:
    assert {status.value for status in S} == {status.value for status in contract.EntryStatus}


def test_every_fact_and_command_of_the_contract_has_its_pair_in_the_domain() -> None:
    kinds = {kind for kind in vars(contract).values() if isinstance(kind, type) and vars(kind).get("TYPE")}
    own = {kind for kind in kinds if kind.__module__ == contract.__name__}
    assert own <= set(WIRE._domain)
