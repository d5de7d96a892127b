"""What each kind of decision must have and may not do: the guards G7 to G10 and the limit of G12 (workflows §2.4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.escalation.domain.facts import DecisionDraft
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.topic import EntryStatus, Topic
from services.escalation.domain.topic_messages import DecisionKind, TopicDecision
from shared.kernel import clock
from shared.kernel.refusals import Refused

_NEEDS = {
    DecisionKind.RESOLVE: ("lead", "due_on", "done_means"),
    DecisionKind.MOVE_UP: ("why",),
    DecisionKind.DEFER: ("why",),
    DecisionKind.DECLINE: ("reason", "reply"),
}


def check_decision(
    decision: TopicDecision | DecisionDraft, topic: Topic, meeting: Meeting, city: Any, at: datetime, field: str
) -> None:
    """Refuse a decision that this body may not take about this topic now; `field` says where it stands."""
    kind = decision.kind
    for name in _NEEDS[kind]:
        if not getattr(decision, name):
            raise Refused("decision.incomplete", f"{field}.{name}", kind=kind, missing=name)
    is_top = city.body_above(meeting.unit) is None
    entry = topic.active
    # At the top a failed resolution can still be followed by another: nobody is above, and no topic may get stuck.
    if not is_top and kind is not DecisionKind.MOVE_UP and entry.reopened > city.limits["reopenings"]:
        raise Refused("decision.only_move_up", f"{field}.kind", reopened=entry.reopened)
    if kind is DecisionKind.RESOLVE:
        _check_resolution(decision, topic, meeting, city, at, field, is_top)
    elif kind is DecisionKind.MOVE_UP and is_top:
        raise Refused("decision.top", f"{field}.kind", body=meeting.unit)
    elif kind is DecisionKind.DEFER and entry.deferrals >= city.limits["deferrals"]:
        raise Refused("decision.deferrals", f"{field}.kind", deferrals=entry.deferrals)
    elif kind is DecisionKind.DECLINE and topic.urgent:
        raise Refused("decision.urgent", f"{field}.kind")


def deadline_of(city: Any, on: date) -> datetime:
    """Return the end of a named day: the closing of the office."""
    midnight: datetime = city.calendar.midnight(on.toordinal())
    due: datetime = midnight + city.calendar.closing
    return due


def is_in_reach(city: Any, meeting: Meeting, unit: str, *, is_top: bool) -> bool:
    """Tell whether a body may give a unit an order: its area, its members, those present; the top everybody (G7)."""
    if is_top or unit in meeting.attendance:
        return True
    if any(member.code == unit for member in city.bodies[meeting.unit].members):
        return True
    return unit in city.units and bool(city.is_within(unit, meeting.unit))


def _check_resolution(
    decision: TopicDecision | DecisionDraft,
    topic: Topic,
    meeting: Meeting,
    city: Any,
    at: datetime,
    field: str,
    is_top: bool,
) -> None:
    assert decision.lead is not None
    assert decision.due_on is not None
    named = ((f"{field}.lead", decision.lead), *((f"{field}.support", unit) for unit in decision.support))
    for place, unit in named:
        if unit not in city.units and unit not in city.departments:
            raise Refused("decision.lead_unknown", place, lead=unit)
        if not is_in_reach(city, meeting, unit, is_top=is_top):
            raise Refused("decision.out_of_reach", place, lead=unit, body=meeting.unit)
    lower = topic.entry_of(decision.lead)
    if lower is not None and lower.status is EntryStatus.MOVED_UP and decision.lead in topic.led_by:
        raise Refused("decision.lead_again", f"{field}.lead", lead=decision.lead)
    today = city.calendar.local(at).date()
    latest = city.calendar.local(clock.add(at, city.clock("resolution.longest"), city.calendar)).date()
    # 180 nd end at 24:00 of the last day, which reads as 00:00 of the day after it.
    if not today < decision.due_on < latest:
        raise Refused("decision.deadline", f"{field}.due_on", latest=latest.isoformat())
