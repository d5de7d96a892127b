"""What each kind of decision must have and may not do: the guards G7 to G11 and the limit of G12 (workflows §2.4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.escalation.domain.facts import DecisionDraft
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.topic import Entry, EntryStatus, Topic
from services.escalation.domain.topic_messages import DecisionKind, TopicDecision
from shared.kernel import clock
from shared.kernel.refusals import Refused

_NEEDS = {
    DecisionKind.RESOLVE: ("lead", "due_on", "done_means"),
    DecisionKind.MOVE_UP: ("tried", "why", "asked"),
    DecisionKind.DEFER: ("why",),
    DecisionKind.DECLINE: ("reason", "reply"),
    DecisionKind.SQUAD: ("leader", "lead", "members", "due_on", "done_means"),
    DecisionKind.LIST: ("leader", "plan"),
}
_OF_SQUADS = frozenset({DecisionKind.SQUAD, DecisionKind.LIST})
_ORDERS = frozenset({DecisionKind.RESOLVE, DecisionKind.SQUAD})


_COMMUNITIES = frozenset({"community", "grid", "subgrid"})
"""Levels of units to which only admitted matters go."""


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
    left = left_after_reopenings(entry, city, meeting.unit)
    if left and kind not in left:
        rule = "decision.only_squad" if is_top else "decision.only_move_up"
        raise Refused(rule, f"{field}.kind", reopened=entry.reopened)
    if kind in _OF_SQUADS:
        _check_squad_or_list(decision, entry, meeting, city, field)
    if kind in _ORDERS:
        _check_order(decision, topic, meeting, city, at, field, is_top)
    elif kind is DecisionKind.MOVE_UP and is_top:
        raise Refused("decision.top", f"{field}.kind", body=meeting.unit)
    elif kind is DecisionKind.DEFER and entry.deferrals >= city.limits["deferrals"]:
        raise Refused("decision.deferrals", f"{field}.kind", deferrals=entry.deferrals)
    elif kind is DecisionKind.DECLINE and topic.urgent:
        raise Refused("decision.urgent", f"{field}.kind")


def left_after_reopenings(entry: Entry, city: Any, unit: str) -> frozenset[DecisionKind]:
    """Return what alone is left to decide once an entry was reopened too often: move up, at the top squad or list.

    Empty while everything may be decided; also where a top body may neither form a squad nor list any more, since no
    topic may get stuck (G12).
    """
    if entry.reopened <= city.limits["reopenings"]:
        return frozenset()
    if city.body_above(unit) is not None:
        return frozenset({DecisionKind.MOVE_UP})
    level = city.levels[entry.level]
    can_list = level.may_list and entry.reviews < city.limits["list_reviews"]
    return frozenset(
        kind for kind, may in ((DecisionKind.SQUAD, level.may_form_squad), (DecisionKind.LIST, can_list)) if may
    )


def _check_squad_or_list(
    decision: TopicDecision | DecisionDraft, entry: Entry, meeting: Meeting, city: Any, field: str
) -> None:
    """Refuse what this level may not do, a leader nobody knows, a fifth review (G11)."""
    level = city.levels[meeting.level]
    is_list = decision.kind is DecisionKind.LIST
    if not (level.may_list if is_list else level.may_form_squad):
        raise Refused("decision.level", f"{field}.kind", body=meeting.unit, kind=decision.kind)
    for place, code in (("leader", decision.leader), *(("members", member) for member in decision.members)):
        if code not in city.posts and code not in city.units and code not in city.departments:
            raise Refused("decision.lead_unknown", f"{field}.{place}", lead=code)
    if is_list and entry.reviews >= city.limits["list_reviews"]:
        raise Refused("decision.reviews", f"{field}.kind", reviews=entry.reviews)


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


def _check_admitted(topic: Topic, unit: str, city: Any, field: str) -> None:
    """Refuse to hand a matter to a community that communities may not be given (准入; §3.6, 12)."""
    matter = city.matters.get(topic.file.matter) if topic.file is not None else None
    if matter is not None and not matter.admitted and unit in city.units and city.units[unit].level in _COMMUNITIES:
        raise Refused("decision.not_admitted", field, lead=unit, matter=matter.name)


def _check_order(
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
        has_consented = unit in decision.consents and unit in city.departments
        if not has_consented and not is_in_reach(city, meeting, unit, is_top=is_top):
            raise Refused("decision.out_of_reach", place, lead=unit, body=meeting.unit)
        _check_admitted(topic, unit, city, place)
    lower = topic.entry_of(decision.lead)
    if lower is not None and lower.status is EntryStatus.MOVED_UP and decision.lead in topic.led_by:
        raise Refused("decision.lead_again", f"{field}.lead", lead=decision.lead)
    today = city.calendar.local(at).date()
    latest = city.calendar.local(clock.add(at, city.clock("resolution.longest"), city.calendar)).date()
    # 180 nd end at 24:00 of the last day, which reads as 00:00 of the day after it.
    if not today < decision.due_on < latest:
        raise Refused("decision.deadline", f"{field}.due_on", latest=latest.isoformat())
