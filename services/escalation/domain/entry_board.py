"""What a unit sees of a topic's entry in its ledger: a row with what it still has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.escalation.domain.topic import FINAL, Entry, EntryStatus, Topic


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of a topic and what its unit still has to do: screen, receive, acknowledge, tell, write off."""

    case: str
    topic: str
    body: str
    level: str
    position: int
    status: str
    active: bool
    answer_due_at: datetime
    has_to_acknowledge: bool
    has_to_tell: bool
    has_to_write_off: bool
    has_to_screen: bool
    has_to_receive: bool


def entry_row(case: str, topic: Topic, entry: Entry, position: int) -> EntryRow:
    """Return the row of one entry; `position` counts from the level where the topic started."""
    above = topic.above(entry.body)
    is_told = not topic.unacknowledged() and not topic.untold()
    is_clear = is_told and not topic.to_sum_up and (above is None or above.status in FINAL)
    return EntryRow(
        case,
        topic.id,
        entry.body,
        entry.level,
        position,
        entry.status,
        entry is topic.active,
        entry.answer_due_at,
        bool(topic.unacknowledged(entry.body)),
        bool(topic.untold()) and position == 0,
        entry.status is EntryStatus.SETTLED and is_clear,
        entry.status is EntryStatus.PROPOSED,
        not entry.is_received and entry.status not in FINAL,
    )
