"""Every allowed and every forbidden (state, event) pair of the entry table, workflows §2.2, and who may do it."""

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
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import COMMUNITY, ESTATE, OPERATIONS, STREET, Hall, liberal, unit

S = EntryStatus


def reach(status: EntryStatus) -> Hall:
    """Bring the estate's entry of case c-1 to a state by the acts of an office; every level may list here."""
    hall = Hall(city=liberal())
    hall.register()
    hall.register("c-2")
    if status in (S.PROPOSED, S.RETURNED):
        hall.propose(ESTATE, "c-1")
        if status is S.RETURNED:
            hall.give_back()
        return hall
    hall.escalate()
    if status is S.OPEN:
        return hall
    if status is S.TABLED:
        hall.held(ESTATE)
        return hall
    if status is S.COMBINED:
        hall.escalate("c-2")
        hall.combine("c-2")
        return hall
    if status is S.WITHDRAWN:
        hall.withdraw()
        return hall
    kinds = {S.MOVED_UP: "move_up", S.DECLINED: "decline", S.LISTED: "list"}
    hall.decide_at(ESTATE, kinds.get(status, "resolve"))
    if status in (*kinds, S.EXECUTING):
        return hall
    hall.close()
    hall.tell(ESTATE)
    if status is S.WRITTEN_OFF:
        hall.write_off(ESTATE)
    return hall


def decide(kind: str) -> Callable[[Hall], Any]:
    """Decide at the next meeting; what is no longer open is smuggled onto the agenda of a held one."""

    def act(hall: Hall) -> None:
        if hall.topic().entries[0].status in (S.OPEN, S.TABLED, S.LISTED):
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
    """Open the next meeting without a quorum."""
    meeting = hall.convened(ESTATE)
    hall.send(meeting.id, HoldMeeting(present=()), unit(ESTATE))


def wait_for_objections(hall: Hall) -> None:
    until = hall.topic().entries[0].objection_until
    if until:
        hall.advance(until)


def screening_over(hall: Hall) -> None:
    armed = hall.deadlines.get(("c-1", "screen"))
    if armed:
        hall.advance(armed.due_at)


def combine(hall: Hall) -> None:
    hall.escalate("c-2")
    hall.combine("c-2")


EVENTS: dict[str, Callable[[Hall], Any]] = {
    "raise": lambda hall: hall.escalate(cause="overdue"),
    "propose": lambda hall: hall.propose(ESTATE, "c-1"),
    "admit": lambda hall: hall.admit(),
    "screening limit passed": screening_over,
    "return": lambda hall: hall.give_back(),
    "table": table,
    "resolve": decide("resolve"),
    "move up": decide("move_up"),
    "defer": decide("defer"),
    "decline": decide("decline"),
    "form squad": decide("squad"),
    "list as hard problem": decide("list"),
    "reopen": lambda hall: hall.reopen(),
    "order closed": lambda hall: hall.close(),
    "object": lambda hall: hall.object_to(),
    "objection window over": wait_for_objections,
    "case withdrawn": lambda hall: hall.withdraw(),
    "write off": lambda hall: hall.write_off(ESTATE),
    "combine": combine,
}

DECISIONS = {
    "resolve": S.EXECUTING,
    "move up": S.MOVED_UP,
    "defer": S.OPEN,
    "decline": S.DECLINED,
    "form squad": S.EXECUTING,
    "list as hard problem": S.LISTED,
}

TABLE: dict[tuple[EntryStatus, str], EntryStatus] = {
    # Moves 1 to 4. An order that comes by itself needs no screening; a returned topic leaves room for another.
    (S.PROPOSED, "raise"): S.OPEN,
    (S.RETURNED, "raise"): S.OPEN,
    (S.RETURNED, "propose"): S.PROPOSED,
    (S.PROPOSED, "admit"): S.OPEN,
    (S.PROPOSED, "screening limit passed"): S.OPEN,
    (S.PROPOSED, "return"): S.RETURNED,
    # Move 5; an open or listed entry is tabled by the next meeting first, then decided (moves 7 to 12).
    (S.OPEN, "table"): S.TABLED,
    (S.LISTED, "table"): S.TABLED,
    **{(now, kind): to for now in (S.OPEN, S.TABLED, S.LISTED) for kind, to in DECISIONS.items()},
    # Moves 13 to 16.
    (S.EXECUTING, "raise"): S.OPEN,
    (S.EXECUTING, "reopen"): S.OPEN,
    (S.EXECUTING, "order closed"): S.SETTLED,
    (S.DECLINED, "object"): S.OPEN,
    (S.DECLINED, "objection window over"): S.SETTLED,
    (S.DECLINED, "order closed"): S.SETTLED,
    # Move 17: nothing was decided above yet, so nothing has to be acknowledged first.
    (S.MOVED_UP, "order closed"): S.SETTLED,
    (S.MOVED_UP, "case withdrawn"): S.SETTLED,
    # Move 18.
    (S.SETTLED, "write off"): S.WRITTEN_OFF,
    # Move 19: a topic left without an open case is withdrawn (G14).
    **{
        (now, event): S.WITHDRAWN
        for now in (S.PROPOSED, S.OPEN, S.TABLED, S.LISTED)
        for event in ("case withdrawn", "order closed")
    },
    (S.EXECUTING, "case withdrawn"): S.WITHDRAWN,
    (S.DECLINED, "case withdrawn"): S.WITHDRAWN,
    # Move 20.
    (S.OPEN, "combine"): S.COMBINED,
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


# ---- who may do it: workflows §1

SECRETARY = Actor("post", f"{ESTATE}:estate-liaison")
CONVENER = Actor("post", f"{ESTATE}:estate-secretary")
ACTORS = {
    "unit": unit(ESTATE),
    "secretary": SECRETARY,
    "convener": CONVENER,
    "other body's secretary": Actor("post", f"{COMMUNITY}:community-liaison"),
    "unit above": unit(STREET),
    "operations": OPERATIONS,
    "department": Actor("department", "housing"),
    "resident": Actor("resident", "r1"),
}

ACTS: dict[str, tuple[EntryStatus, Callable[[Hall, Actor], Any], frozenset[str]]] = {
    "admit": (S.PROPOSED, lambda hall, by: hall.admit(by), frozenset({"unit", "secretary"})),
    "return": (S.PROPOSED, lambda hall, by: hall.give_back(by), frozenset({"unit", "secretary"})),
    "reopen": (S.EXECUTING, lambda hall, by: hall.reopen(by), frozenset({"unit", "convener"})),
    "object": (
        S.DECLINED,
        lambda hall, by: hall.object_to(by),
        frozenset({"unit", "secretary", "convener", "operations"}),
    ),
    "write off": (S.SETTLED, lambda hall, by: hall.write_off(by), frozenset({"unit", "secretary"})),
    "withdraw": (
        S.PROPOSED,
        lambda hall, by: hall.take_back(by),
        frozenset({"unit", "secretary", "convener"}),
    ),
    "combine": (
        S.OPEN,
        lambda hall, by: (hall.escalate("c-2"), hall.combine("c-2", by)),
        frozenset({"unit", "secretary"}),
    ),
}


def who_may(act: str, status: EntryStatus) -> frozenset[str]:
    """Return the roles that may do an act to an entry of a state; a withdrawal is open until the agenda is fixed."""
    first, _, roles = ACTS[act]
    return roles if status in ((S.PROPOSED, S.OPEN) if act == "withdraw" else (first,)) else frozenset()


@pytest.mark.parametrize("status", list(S))
def test_an_act_is_open_in_exactly_the_states_and_to_exactly_those_whom_the_table_names(status: EntryStatus) -> None:
    for act, (_, do, _) in ACTS.items():
        hall = reach(status)
        if (act, status) == ("withdraw", S.OPEN):  # who proposed takes it back; what came by itself, nobody
            hall = reach(S.PROPOSED)
            hall.admit()
        before, deadlines = dict(hall.states), dict(hall.deadlines)
        for who, actor in ACTORS.items():
            if who in who_may(act, status):
                do(hall, actor)
                assert hall.topic().entries[0].status is not status, (act, who)
            else:
                with pytest.raises(Refused):
                    do(hall, actor)
                assert hall.topic().entries[0].status is status, (act, who)
            hall.states, hall.deadlines = dict(before), dict(deadlines)


@pytest.mark.parametrize("who", [w for w in ACTORS if w not in ("unit", "secretary", "convener")])
def test_nobody_but_an_officer_of_the_unit_proposes_to_its_body(who: str) -> None:
    hall = Hall()
    hall.register()
    with pytest.raises(Refused):
        hall.propose(ACTORS[who], "c-1", body=ESTATE)


def test_a_missed_meeting_brings_a_tabled_entry_back_to_open() -> None:
    hall = reach(S.OPEN)
    miss(hall)
    assert hall.topic().entries[0].status is S.OPEN
    assert hall.kinds(ESTATE) == ["raised", "tabled", "missed"]


def test_a_missed_meeting_brings_a_listed_entry_back_to_the_list() -> None:
    hall = reach(S.LISTED)
    miss(hall)
    assert hall.topic().entries[0].status is S.LISTED


def test_a_moved_up_entry_is_settled_when_the_one_above_is_written_off() -> None:
    hall = reach(S.MOVED_UP)
    hall.decide_at("C01", "resolve")
    hall.close()
    hall.acknowledge(ESTATE)
    hall.tell(ESTATE)
    hall.write_off("C01")
    assert hall.topic().entries[0].status is S.SETTLED


@pytest.mark.parametrize("ending", ["close", "withdraw"])
def test_a_moved_up_entry_is_settled_when_the_one_above_was_withdrawn_and_its_unit_knows_all(ending: str) -> None:
    hall = reach(S.MOVED_UP)
    hall.decide_at("C01", "defer")
    getattr(hall, ending)()
    assert hall.statuses() == ("moved_up", "withdrawn")
    hall.acknowledge(ESTATE)
    assert hall.statuses() == ("settled", "withdrawn")


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
