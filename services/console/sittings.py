"""Meetings as their own facts tell them, and every question to the read model about meetings and ledgers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.projection.ledger import MeetingRow, TopicRow
from services.console.queries import Told

WAITING = ("open", "tabled", "listed")
"""States of an entry about which its body still has to decide."""
COMING = ("proposed", "planned", "convened")
_ROWS = 200


@dataclass(slots=True)
class Sitting:
    """One meeting: who called it to what, who was there, what is recorded, whether its minutes are signed.

    `decisions` has the recorded drafts by topic, as facts carry them: their words are masked. `called` is the case that
    carries each topic of the agenda.
    """

    id: str
    body: str
    level: str
    number: int
    status: str = "planned"
    temporary: bool = False
    makeup: bool = False
    sequence: int = 0
    opens_at: datetime | None = None
    held_at: datetime | None = None
    adopted_at: datetime | None = None
    decide_by: datetime | None = None
    duty: bool = False
    why: str = ""
    place: str = ""
    theme: str = ""
    caller: str = ""
    chair: str = ""
    agenda: list[str] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    invited: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    earlier: list[dict[str, Any]] = field(default_factory=list)
    attendance: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    review: str = ""
    plans: str = ""
    head: tuple[int, str] | None = None
    supplements: list[str] = field(default_factory=list)
    is_postponed: bool = False

    @property
    def undecided(self) -> list[str]:
        """Return the topics of the agenda without a recorded decision."""
        return [topic for topic in self.agenda if topic not in self.decisions]


def sitting(history: Sequence[Told]) -> Sitting | None:
    """Return a meeting from all its facts, oldest first; None for none."""
    found: Sitting | None = None
    for fact in history:
        data = fact.data
        if found is None:
            found = Sitting(fact.subject, data["body"], data["level"], data["number"])
            found.temporary, found.makeup = data.get("temporary", False), data.get("makeup", False)
        found.sequence = max(found.sequence, fact.sequence)
        _FOLDS.get(fact.type, _nothing)(found, data, fact.acted_at)
    return found


def _nothing(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    """Keep the meeting as it is."""


def _called(sitting: Sitting, data: Mapping[str, Any]) -> None:
    sitting.opens_at = _instant(data["opens_at"])
    for name in ("place", "theme", "caller"):
        setattr(sitting, name, data.get(name) or getattr(sitting, name))


def _planned(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    _called(sitting, data)


def _proposed(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    _called(sitting, data)
    sitting.status, sitting.why, sitting.duty = "proposed", data.get("why", ""), data["duty"]
    sitting.decide_by = _instant(data["decide_by"])
    sitting.agenda, sitting.called = list(data["topics"]), dict(zip(data["topics"], data["cases"], strict=True))


def _convened(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    _called(sitting, data)
    sitting.status = "convened"
    _tabled(sitting, data, at)


def _tabled(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.agenda, sitting.called = list(data["agenda"]), dict(zip(data["agenda"], data["cases"], strict=True))
    sitting.invited, sitting.leads = list(data.get("invited", ())), list(data.get("leads", ()))
    sitting.earlier = list(data.get("earlier", ()))


def _moved(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.agenda, sitting.called = [], {}
    sitting.opens_at = _instant(data["opens_at"]) if data.get("opens_at") else sitting.opens_at


def _postponed(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    _moved(sitting, data, at)
    sitting.is_postponed = True


def _held(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.status, sitting.held_at = "held", _instant(data["held_at"])
    sitting.chair = data.get("chair", "")
    sitting.attendance, sitting.absent = list(data.get("attendance", ())), list(data.get("absent", ()))


def _recorded(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.decisions = {draft["topic"]: draft for draft in data["decisions"]}
    sitting.review, sitting.plans = data.get("review", ""), data.get("plans", "")


def _adopted(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.status, sitting.adopted_at = "adopted", at
    sitting.head = (data["ledger_seq"], data["ledger_hash"])


def _supplemented(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.supplements.append(data["text"])


def _missed(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.status = "missed"


def _cancelled(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    sitting.status = "cancelled"


def _moved_deadlines(sitting: Sitting, data: Mapping[str, Any], at: datetime) -> None:
    ends = next((one["ends_at"] for one in data["moved"] if one["name"] == "undecided"), None)
    sitting.decide_by = _instant(ends) if ends else sitting.decide_by


_FOLDS = {
    "meeting.planned.v1": _planned,
    "meeting.proposed.v1": _proposed,
    "meeting.convened.v1": _convened,
    "meeting.tabled.v1": _tabled,
    "meeting.postponed.v1": _postponed,
    "meeting.not_held.v1": _moved,
    "meeting.held.v1": _held,
    "meeting.recorded.v1": _recorded,
    "meeting.adopted.v1": _adopted,
    "meeting.supplemented.v1": _supplemented,
    "meeting.missed.v1": _missed,
    "meeting.cancelled.v1": _cancelled,
    "ledger.deadlines_moved.v1": _moved_deadlines,
}


def _instant(said: str) -> datetime:
    return datetime.fromisoformat(said)


# ---- questions


async def meetings(
    conn: AsyncConnection, bodies: Sequence[str], party: str, statuses: Sequence[str], *, newest: bool = False
) -> list[MeetingRow]:
    """Return meetings of these bodies, and those to which a unit or department was called, by opening time."""
    query = (
        "SELECT to_jsonb(m)::text FROM meeting_view m WHERE (body = ANY (:bodies) OR :party = ANY (invited)) "  # noqa: S608
        f"AND status = ANY (:statuses) ORDER BY opens_at {'DESC' if newest else 'ASC'} NULLS LAST, id LIMIT :rows"
    )
    asked = {"bodies": list(bodies), "party": party, "statuses": list(statuses), "rows": _ROWS}
    return await _rows(conn, query, MeetingRow, **asked)


async def late_answers(conn: AsyncConnection, bodies: Sequence[str], now: datetime) -> list[TopicRow]:
    """Return the entries of these bodies whose answer is overdue, the longest first."""
    query = (
        "SELECT to_jsonb(t)::text FROM topic_view t WHERE body = ANY (:bodies) AND entry = ANY (:waiting) "
        "AND answer_due_at < :now ORDER BY answer_due_at, topic LIMIT :rows"
    )
    return await _rows(conn, query, TopicRow, bodies=list(bodies), waiting=list(WAITING), now=now, rows=_ROWS)


async def waiting(conn: AsyncConnection, body: str) -> list[TopicRow]:
    """Return what waits in a body's ledger, moved-up entries first, then by age."""
    query = (
        "SELECT to_jsonb(t)::text FROM topic_view t WHERE body = :body AND entry = ANY (:waiting) "
        "ORDER BY from_body IS NULL, opened_at, topic LIMIT :rows"
    )
    return await _rows(conn, query, TopicRow, body=body, waiting=list(WAITING), rows=_ROWS)


async def entries(conn: AsyncConnection, topics: Sequence[str]) -> dict[str, list[TopicRow]]:
    """Return every entry of these topics, from the lowest level up."""
    query = "SELECT to_jsonb(t)::text FROM topic_view t WHERE topic = ANY (:topics) ORDER BY opened_at, body"
    found: dict[str, list[TopicRow]] = {}
    for row in await _rows(conn, query, TopicRow, topics=list(topics)):
        found.setdefault(row.topic, []).append(row)
    return found


async def said_of(conn: AsyncConnection, cases: Sequence[str]) -> dict[str, list[Told]]:
    """Return what escalation said of the topics that these cases carry, oldest first."""
    query = (
        "SELECT to_jsonb(t)::text FROM timeline t WHERE subject = ANY (:cases) AND service = 'escalation' "
        "ORDER BY position"
    )
    found: dict[str, list[Told]] = {}
    for fact in await _rows(conn, query, Told, cases=list(cases)):
        found.setdefault(fact.subject, []).append(fact)
    return found


async def of_ledger(
    conn: AsyncConnection, body: str, state: str, late_at: datetime | None, limit: int, offset: int
) -> tuple[list[TopicRow], int]:
    """Return a page of a ledger's entries, newest first, and how many there are; `late_at` asks for late answers."""
    where = "body = :body AND (:state IN ('', entry) OR :state = 'waiting' AND entry = ANY (:waiting))"
    if late_at is not None:
        where += " AND entry = ANY (:waiting) AND answer_due_at < :late"
    asked = {"body": body, "state": state, "waiting": list(WAITING), "late": late_at}
    total = (await conn.execute(text(f"SELECT count(*) FROM topic_view WHERE {where}"), asked)).scalar_one()  # noqa: S608
    query = (
        f"SELECT to_jsonb(t)::text FROM topic_view t WHERE {where} "  # noqa: S608 - values are bound
        "ORDER BY opened_at DESC, topic DESC LIMIT :limit OFFSET :offset"
    )
    return await _rows(conn, query, TopicRow, **asked, limit=limit, offset=offset), int(total)


async def _rows(conn: AsyncConnection, query: str, kind: type[Any], **params: Any) -> list[Any]:
    return [msgspec.json.decode(row, type=kind) for (row,) in await conn.execute(text(query), params)]
