"""How an entry is settled (待销号), and with it, once its unit knows, the one below (moves 14, 16 and 17)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.escalation.domain import topic_facts as t
from services.escalation.domain.ledger import Secretary
from services.escalation.domain.owing import forgive, owe
from services.escalation.domain.topic import FINAL, MOVES, Entry, EntryStatus, Notice, Topic
from services.escalation.domain.topic_facts import FollowUp, of
from shared.kernel.decisions import Message


def settle(secretary: Secretary, city: Any, at: datetime, case: str, topic: Topic, entry: Entry, why: str) -> None:
    """Settle an entry; its secretary has to write it off within the limit, once nothing is left to be summed up."""
    MOVES.check(entry.status, EntryStatus.SETTLED)
    secretary.record(entry.body, "settled", topic.id, {"why": why}, case=case, entry=EntryStatus.SETTLED)
    secretary.state(case, t.TopicSettled(**of(topic, entry, EntryStatus.SETTLED), why=why))
    if not topic.to_sum_up:
        owe_write_off(secretary, city, at, case, entry)


def owe_write_off(secretary: Secretary, city: Any, at: datetime, case: str, entry: Entry) -> None:
    """Start the secretary's clock of writing a settled entry off."""
    owe(secretary, city, at, case, FollowUp.WRITE_OFF, entry.body, entry.meeting, city.clock("write_off"))


def succeed(secretary: Secretary, case: str, topic: Topic, successor: str) -> None:
    """Settle and write off, from the top down, what a case's earlier topic left standing below where it ended.

    The case comes to a meeting again under another topic, so nobody can do it any more; each ledger names that topic.
    """
    left = [entry for entry in reversed(topic.entries) if entry.status not in FINAL]
    for entry in left:
        settled, written_off, why = EntryStatus.SETTLED, EntryStatus.WRITTEN_OFF, "succeeded"
        if entry.status is EntryStatus.MOVED_UP:
            secretary.record(entry.body, "settled", topic.id, {"why": why}, case=case, entry=settled)
            secretary.spread(topic, case, t.TopicSettled(**of(topic, entry, settled), why=why))
        secretary.record(entry.body, "written_off", topic.id, {"successor": successor}, case=case, entry=written_off)
        secretary.spread(topic, case, t.TopicWrittenOff(**of(topic, entry, written_off), final=entry is left[-1]))
        forgive(secretary, case, FollowUp.WRITE_OFF, entry.body, entry.meeting)


def settle_below(
    secretary: Secretary, city: Any, message: Message, topic: Topic, acknowledged: tuple[Notice, ...]
) -> None:
    """Settle a moved-up entry whose unit has now acknowledged all, where what is above is over (move 17, G14)."""
    done = {(notice.to, notice.decision) for notice in acknowledged}
    for entry in topic.entries:
        above = topic.above(entry.body)
        is_left = topic.active.status is EntryStatus.WITHDRAWN or (above is not None and above.status in FINAL)
        still = [n for n in topic.unacknowledged(entry.body) if (n.to, n.decision) not in done]
        if entry.status is EntryStatus.MOVED_UP and is_left and not still:
            settle(secretary, city, message.acted_at, message.subject, topic, entry, "above_over")
