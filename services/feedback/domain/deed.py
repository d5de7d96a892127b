"""Deeds (实绩): what claims, supporting parts, whistles, members and meetings count on a card.

Domain §2.2, §2.4, §3 and §5.1; workflows §4.1 for the parts of supporting units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.feedback.domain import heard, heard_work
from shared.kernel.decisions import Message

KINDS = (
    "published",
    "ordered",
    "claimed",
    "done",
    "rated",
    "given_up",
    "lapsed",
    "overdue",
    "stale",
    "resource_refused",
    "resource_overdue",
    "part_given",
    "part_done",
    "part_late",
    "part_lapsed",
    "part_released",
    "whistle_sounded",
    "whistle_called",
    "whistle_answered",
    "whistle_late",
    "whistle_missed",
    "whistle_rated",
    "member_checked_in",
    "post_claimed",
    "meeting_attended",
    "meeting_missed",
)
"""What is counted, in the order in which a card gives it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A private row: one thing that counts for one unit or party; `grade` where somebody rated it."""

    subject: str
    sequence: int
    unit: str
    kind: str
    at: datetime
    grade: int | None = None


def deeds(message: Message) -> tuple[Deed, ...]:
    """Return what a heard fact counts, and for whom; the same party counts once."""
    told = dict(_told(message.data))
    return tuple(
        Deed(message.subject, message.sequence, unit, kind, message.acted_at, grade)
        for (unit, kind), grade in told.items()
    )


def _told(fact: object) -> Iterator[tuple[tuple[str, str], int | None]]:
    match fact:
        case heard.WishOrdered():
            yield (fact.community, "ordered"), None
        case heard.WishClaimed():
            yield (fact.community, "claimed"), None
            yield (fact.claimant, "claimed"), None
        case heard.WishReleased():
            yield (fact.claimant, fact.end), None
        case heard.WishFulfilled():
            yield (fact.community, "done"), None
            yield (fact.claimant or fact.community, "done"), None
        case heard.WishConfirmed():
            yield (fact.community, "rated"), fact.grade
            yield (fact.claimant or fact.community, "rated"), fact.grade
        case heard.WishOverdue():
            yield (fact.charged, "overdue"), None
        case heard.ItemPublished(revision=1):
            yield (fact.owner, "published"), None
        case heard.ItemOrdered():
            yield (fact.item.split(":")[1], "ordered"), None
        case heard.ItemClaimed():
            yield (fact.item.split(":")[1], "claimed"), None
        case heard.ListStale():
            yield (fact.owner, "stale"), None
        case heard.BookingRefused():
            yield (fact.owner, "resource_refused"), None
        case heard.BookingOverdue():
            yield (fact.charged, "resource_overdue"), None
        case heard.ProjectDone():
            yield (fact.community, "done"), None
            yield (fact.partner, "done"), None
        case heard.ProjectRated():
            yield (fact.rated, "rated"), fact.grade
        case _:
            yield from _worked(fact)


def _worked(fact: object) -> Iterator[tuple[tuple[str, str], int | None]]:
    match fact:
        case heard_work.WhistleSounded():
            yield (fact.whistler, "whistle_sounded"), None
            for callee in fact.callees:
                yield (callee, "whistle_called"), None
        case heard.OrderDispatched():
            for unit in fact.support:
                yield (unit, "part_given"), None
        case heard_work.PartsAgreed():
            for unit in fact.units:
                yield (unit, "part_given"), None
        case heard_work.PartAnswered():
            yield (fact.unit, "part_late" if fact.late else "part_done"), None
        case heard_work.PartLapsed():
            yield (fact.unit, "part_lapsed"), None
        case heard_work.PartReleaseJudged(granted=True):
            yield (fact.unit, "part_released"), None
        case heard_work.CalleeReportedIn():
            yield (fact.callee, "whistle_late" if fact.late else "whistle_answered"), None
        case heard_work.CalleeMissing():
            yield (fact.callee, "whistle_missed"), None
        case heard_work.WhistleRated():
            yield (fact.rated, "whistle_rated"), fact.grade
        case heard_work.MemberCheckedIn():
            yield (fact.unit, "member_checked_in"), None
            yield (fact.employer, "member_checked_in"), None
        case heard_work.DutyClaimed():
            yield (fact.community, "post_claimed"), None
            yield (fact.employer, "post_claimed"), None
        case heard_work.MeetingAdopted():
            for unit in fact.attendance:
                yield (unit, "meeting_attended"), None
            for unit in fact.absent:
                yield (unit, "meeting_missed"), None
