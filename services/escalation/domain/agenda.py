"""What a meeting has to deal with: every topic tabled at it, none left out."""

from __future__ import annotations

from collections.abc import Iterator

from services.escalation.domain.meeting import Meeting
from services.escalation.domain.table import States
from services.escalation.domain.topic import EntryStatus, Topic


def tabled(states: States, meeting: Meeting) -> Iterator[tuple[str, Topic]]:
    """Yield the topics still tabled at a meeting, in its order; one withdrawn since then is no more."""
    for item in meeting.agenda:
        topic: Topic = states[item.case]
        entry = topic.active
        if (entry.body, entry.status, entry.meeting) == (meeting.unit, EntryStatus.TABLED, meeting.id):
            yield item.case, topic
