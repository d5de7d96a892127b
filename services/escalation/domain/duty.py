"""When a temporary meeting cannot be refused (G16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain.meeting import next_regular_day, opening_on
from services.escalation.domain.topic import Entry, Topic


def is_duty(city: Any, topic: Topic, at: datetime) -> bool:
    """Tell whether the topic's active entry cannot wait for the next regular meeting of its body."""
    entry = topic.active
    return cannot_wait(city, entry.body, topic.urgent, earliest_end(entry), at)


def cannot_wait(city: Any, body: str, urgent: bool, ends: datetime, at: datetime) -> bool:
    """Tell whether an entry is urgent, or its answer or running order due before the body's next regular date."""
    today = city.calendar.local(at).date()
    return urgent or ends < opening_on(city, body, next_regular_day(city, body, today))


def earliest_end(entry: Entry) -> datetime:
    """Return the earlier of an entry's answer due and the deadline of the order that still runs for it."""
    return min((entry.answer_due_at, *([entry.order_due_at] if entry.order_due_at else [])))
