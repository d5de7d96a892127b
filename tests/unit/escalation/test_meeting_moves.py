"""Every allowed and every forbidden (state, event, role) of the meeting table, workflows §2.3 and §1."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from services.escalation.domain import messages as m
from services.escalation.domain.meeting import MOVES, Event, Meeting, MeetingStatus
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.escalation.hall import CITY, STREET, Hall, unit, when

S = MeetingStatus
LEADER = "vice-mayor-construction"
WHY = "经研究决定，请照此办理"

ROLES: dict[str, Actor] = {
    "the unit itself": unit(CITY),
    "convener": Actor("post", f"{CITY}:city-secretary"),
    "secretary": Actor("post", f"{CITY}:city-liaison"),
    "leader in charge": Actor("post", f"{CITY}:{LEADER}"),
    "leader of another field": Actor("post", f"{CITY}:vice-mayor-industry"),
    "another body's secretary": Actor("post", f"{STREET}:street-liaison"),
    "another body's unit": unit(STREET),
    "operations": Actor("operations", CITY),
    "a department": Actor("department", "housing"),
    "a resident": Actor("resident", "r-1"),
}

CALLER = "caller"
MAY: dict[Event, str] = {
    Event.CALL: CALLER,
    Event.REFUSE: CALLER,
    Event.CANCEL: CALLER,
    Event.HOLD: CALLER,
    Event.ADOPT: CALLER,
    Event.SUPPLEMENT: CALLER,
    Event.POSTPONE: "convener",
    Event.EXCUSE: "convener",
    Event.CONVENE: "secretary",
    Event.TABLE: "secretary",
    Event.RECORD: "secretary",
}
"""Whose act it is; the caller of a regular meeting is its convener, of a temporary one the leader in charge."""


def regular(status: MeetingStatus) -> tuple[Hall, Meeting]:
    hall = Hall("2026-06-01 09:00", (CITY,))
    hall.escalate("c-1", CITY, lead="housing")
    meeting = hall.meetings(CITY)[0]
    if status is S.PLANNED:
        return hall, meeting
    if status is S.MISSED:
        hall.advance(when("2026-07-01 00:00"))
        return hall, hall.states[meeting.id]
    meeting = hall.convened(CITY)
    if status is S.CONVENED:
        return hall, meeting
    return _held(hall, meeting, status)


def temporary(status: MeetingStatus) -> tuple[Hall, Meeting]:
    hall = Hall("2026-02-02 09:00", (CITY,))
    hall.escalate("c-1", CITY, lead="housing")
    hall.send(f"ledger:{CITY}", m.ProposeMeeting(cases=("c-1",), why=WHY), ROLES["operations"])
    meeting = hall.meetings(CITY, S.PROPOSED)[0]
    if status is S.PROPOSED:
        return hall, meeting
    if status is S.CANCELLED:
        hall.send(meeting.id, m.RefuseMeeting(why=WHY), ROLES["leader in charge"])
        return hall, hall.states[meeting.id]
    hall.send(meeting.id, m.CallMeeting(opens_at=when("2026-02-04 10:00")), ROLES["leader in charge"])
    if status is S.MISSED:
        hall.advance(when("2026-07-01 00:00"))
        return hall, hall.states[meeting.id]
    meeting = hall.convened(CITY)
    return (hall, meeting) if status is S.CONVENED else _held(hall, meeting, status)


def _held(hall: Hall, meeting: Meeting, status: MeetingStatus) -> tuple[Hall, Meeting]:
    hall.hold(meeting)
    if status is S.ADOPTED:
        hall.record(meeting, hall.decision("T-DG-c-1", "resolve", CITY))
        hall.adopt(meeting)
    return hall, hall.states[meeting.id]


def act_of(event: Event, hall: Hall, meeting: Meeting) -> object:
    """Return the act with content that every guard passes where the move exists."""
    later = hall.now + timedelta(days=1)
    while not hall.city.calendar.is_working_day(later.date()):
        later += timedelta(days=1)
    acts: dict[Event, Callable[[], Any]] = {
        Event.CALL: lambda: m.CallMeeting(opens_at=later),
        Event.REFUSE: lambda: m.RefuseMeeting(why=WHY),
        Event.CANCEL: lambda: m.CancelMeeting(why=WHY),
        Event.HOLD: lambda: m.HoldMeeting(present=(*hall.members(CITY), *meeting.leads)),
        Event.ADOPT: m.AdoptMinutes,
        Event.SUPPLEMENT: lambda: m.SupplementMinutes(text=WHY),
        Event.POSTPONE: lambda: m.PostponeMeeting(opens_at=later, why=WHY),
        Event.EXCUSE: lambda: m.ExcuseMeeting(why=WHY),
        Event.CONVENE: lambda: m.ConveneMeeting(cases=("c-1",)),
        Event.TABLE: lambda: m.TableTopics(cases=("c-1",)),
        Event.RECORD: lambda: m.RecordDecisions(decisions=(hall.decision("T-DG-c-1", "resolve", CITY),)),
    }
    return acts[event]()


def prepared(event: Event, kind: Callable[[MeetingStatus], tuple[Hall, Meeting]], status: MeetingStatus) -> Any:
    """Bring a meeting to a state in which nothing but state and role can stand against the event."""
    hall, meeting = kind(status)
    if event is Event.ADOPT and status is S.HELD:
        hall.record(meeting, hall.decision("T-DG-c-1", "resolve", CITY))
    if event is Event.CANCEL and status is S.CONVENED:
        hall.withdraw("c-1")
    if event is Event.TABLE and status is S.CONVENED:
        return _untabled(hall, meeting)
    return hall, hall.states[meeting.id]


def _untabled(hall: Hall, meeting: Meeting) -> tuple[Hall, Meeting]:
    """Postpone the meeting without letting time pass: its entry waits again, and the meeting has not opened."""
    Play.send(hall, meeting.id, act_of(Event.POSTPONE, hall, meeting), ROLES["convener"])
    return hall, hall.states[meeting.id]


KINDS = {"regular": regular, "temporary": temporary}
STATES_OF = {
    "regular": [S.PLANNED, S.CONVENED, S.HELD, S.ADOPTED, S.MISSED],
    "temporary": [S.PROPOSED, S.CONVENED, S.HELD, S.ADOPTED, S.MISSED, S.CANCELLED],
}
NOT_OF = {("regular", Event.CANCEL), ("temporary", Event.EXCUSE)}
"""Only temporary meetings are called off, only regular ones are excused."""
ACTS = [event for event in Event if event is not Event.MISS]


@cache
def wanted(event: Event, kind: str) -> frozenset[str]:
    """Return the roles whose act it is."""
    who = MAY[event]
    if who == CALLER:
        who = "leader in charge" if kind == "temporary" else "convener"
    return frozenset({"the unit itself", who})


@pytest.mark.parametrize("event", ACTS)
@pytest.mark.parametrize(("kind", "status"), [(k, s) for k, found in STATES_OF.items() for s in found])
def test_an_act_is_possible_in_exactly_the_states_and_for_exactly_the_roles_of_the_table(
    kind: str, status: MeetingStatus, event: Event
) -> None:
    to = MOVES.get((status, event)) if (kind, event) not in NOT_OF else None
    hall, meeting = prepared(event, KINDS[kind], status)
    act = act_of(event, hall, meeting)
    for role, actor in ROLES.items():
        before, deadlines = dict(hall.states), dict(hall.deadlines)
        if to is not None and role in wanted(event, kind):
            assert Play.send(hall, meeting.id, act, actor)
            assert hall.states[meeting.id].status is to, role
        else:
            with pytest.raises(Refused) as refused:
                hall.send(meeting.id, act, actor)
            rule = refused.value.rule
            if role in wanted(event, kind):
                assert rule in ("move.forbidden", "meeting.regular", "meeting.not_excusable"), role
            else:
                assert rule in ("body.not_yours", "body.other_post"), role
        hall.states, hall.deadlines = before, deadlines


def test_the_table_has_the_moves_of_the_workflow() -> None:
    assert {(now.value, event.value, to.value) for (now, event), to in MOVES.items()} == {
        ("proposed", "call", "convened"),
        ("proposed", "refuse", "cancelled"),
        ("planned", "convene", "convened"),
        ("planned", "miss", "missed"),
        ("planned", "excuse", "missed"),
        ("convened", "table", "convened"),
        ("convened", "postpone", "convened"),
        ("convened", "hold", "held"),
        ("convened", "miss", "missed"),
        ("convened", "excuse", "missed"),
        ("convened", "cancel", "cancelled"),
        ("held", "record", "held"),
        ("held", "adopt", "adopted"),
        ("adopted", "supplement", "adopted"),
    }


@pytest.mark.parametrize("status", [S.HELD, S.ADOPTED, S.CANCELLED])
def test_a_meeting_that_was_held_or_called_off_is_never_missed(status: MeetingStatus) -> None:
    hall, meeting = temporary(status)
    hall.advance(when("2026-12-31 09:00"))
    assert hall.states[meeting.id].status is status


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (Actor("operations", CITY), True),
        (unit(CITY), True),
        (Actor("post", f"{CITY}:city-liaison"), True),
        (Actor("post", f"{CITY}:npc-leader"), True),
        (unit(STREET), True),
        (Actor("post", f"{STREET}:street-secretary"), True),
        (Actor("department", "housing"), True),
        (Actor("department", "archives"), False),
        (unit("C01"), False),
        (Actor("resident", "r-1"), False),
        (Actor("source", "hotline"), False),
    ],
)
def test_members_the_secretary_and_operations_propose_a_temporary_meeting_nobody_else(actor: Actor, may: bool) -> None:
    hall = Hall("2026-02-02 09:00", (CITY,))
    hall.escalate("c-1", CITY, lead="housing")
    propose = m.ProposeMeeting(cases=("c-1",), why=WHY)
    if may:
        hall.send(f"ledger:{CITY}", propose, actor)
        assert hall.meetings(CITY, S.PROPOSED)[0].caller == LEADER
    else:
        with pytest.raises(Refused, match=r"body\.not_a_member"):
            hall.send(f"ledger:{CITY}", propose, actor)
