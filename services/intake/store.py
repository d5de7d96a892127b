"""Intake's own tables: who reported what under which id, case numbers, dossiers and who read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy import text as make_text
from sqlmodel import Field

from services.intake.domain.erasing import EraseDossier
from services.intake.domain.facts import Decided, Rehomed, Suspected, Understanding, Waiting
from services.intake.domain.flapping import Alarm, chain, sounded
from services.intake.domain.follow_up import OPENING
from services.intake.domain.gathering import Sought, compare
from services.intake.domain.likeness import Likeness, Trace
from services.intake.domain.registration import Prepared, seek
from services.intake.domain.report import Report, SupplementReport, UnmergeCase, WithdrawReport
from services.intake.tables import (
    admission,
    alarm,
    dossier,
    example,
    ground_work,
    household,
    notification,
    photo,
    supplement,
)
from services.intake.tables import trace as traces
from services.intake.tables.row import Row
from shared.kernel.decisions import Due, Message
from shared.kernel.replacing import replace
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT

APPEND_ONLY = ("dossier_read", "example", *ground_work.APPEND_ONLY, *admission.APPEND_ONLY, *household.APPEND_ONLY)

text = cache(make_text)
"""Each statement is read for its parameters once, not once a batch."""


class ReportRow(Row, table=True):
    """Which case a source's report is."""

    __tablename__ = "report"
    __table_args__ = ({"comment": "For ever: the same (source, id) is one report (shell.md 2.3)."},)

    source: str = Field(sa_type=Text, primary_key=True)
    source_id: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text, unique=True)


class CaseNumberRow(Row, table=True):
    """How many numbers a day has given."""

    __tablename__ = "case_number"
    __table_args__ = ({"comment": "The last case number given on a day of the city's own time."},)

    day: date = Field(primary_key=True)
    last: int


class TriageRow(Row, table=True):
    """A report that waits for a person."""

    __tablename__ = "triage"
    __table_args__ = (
        Index("triage_due", "due_at", "case_id"),
        {"comment": "Reports that wait for a person, to be listed without reading every case."},
    )

    case_id: str = Field(sa_type=Text, primary_key=True)
    responsible: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=MOMENT)


METADATA = Row.metadata

_NUMBER = (
    "WITH new AS (SELECT u.id, o FROM unnest(CAST(:ids AS text[])) WITH ORDINALITY u(id, o) JOIN subject s "
    "ON s.id = u.id WHERE s.state IS NULL), "
    "given AS (INSERT INTO case_number AS n (day, last) SELECT :day, count(*) FROM new HAVING count(*) > 0 "
    "ON CONFLICT (day) DO UPDATE SET last = n.last + excluded.last RETURNING last) "
    "SELECT new.id, given.last FROM new, given ORDER BY o"
)
"""Which cases have no state yet, and the day's last number once each of them has been given one."""


@dataclass(frozen=True, slots=True)
class Store:
    """Claim reports, give case numbers, keep dossiers: a statement each per batch, inside the shell's transaction.

    `new_id` makes time-ordered ids; the city places what is compared and begins the numbers (`DG-20261122-0042`).
    `read` asks a trained model what subject and text are about, where the service has one.
    """

    new_id: Callable[[], str]
    city: Any
    read: Callable[[str, str], tuple[Understanding, ...]] | None = None

    async def resolve(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Give each report its case id, a new one if it never came before, and what it is like; find merges' homes."""
        keys = sorted({(m.actor.id, m.data.id) for m in messages if is_new_report(m)})
        merged = sorted({m.subject for m in messages if isinstance(m.data, WithdrawReport | UnmergeCase)})
        erased = sorted({m.data.dossier for m in messages if isinstance(m.data, EraseDossier)})
        if not keys and not merged and not erased:
            return messages
        known = await self._claim(conn, keys) if keys else {}
        homes = await _homes(conn, merged) if merged else {}
        lives = await _lives(conn, erased) if erased else {}
        named = [
            replace(m, subject=known[m.actor.id, m.data.id], creates=True)
            if is_new_report(m)
            else replace(m, touches=(*m.touches, *_concerned(m, homes, lives)))
            for m in messages
        ]
        return await self._compare(conn, named) if keys else named

    async def _compare(self, conn: Connection, messages: Sequence[Message]) -> Sequence[Message]:
        """Add to each report what it is like; a candidate is looked at again under the locks, by its state."""
        reports = {n: m for n, m in enumerate(messages) if is_new_report(m)}
        said = {n: self._read(m.data) for n, m in reports.items()}
        found = {
            n: trace
            for n, m in reports.items()
            if (trace := seek(m.data, m.subject, m.acted_at, m.actor.id, said[n], self.city))
        }
        sought = list(found.values())
        likes = compare(sought, await traces.near(conn, sought), self.city.shares)
        compared = dict(zip(found, likes, strict=True))
        likened = [
            with_likes(m, found.get(n), said[n], *compared.get(n, ((), ()))) if n in reports else m
            for n, m in enumerate(messages)
        ]
        heard = heard_alarms(messages, self.city)
        known = await alarm.standing(conn, list(heard.values()))
        homes = await _homes(conn, sorted({one.case for one in known.values()})) if known else {}
        return with_alarms(likened, heard, known, homes, self.city)

    def _read(self, report: Report) -> tuple[Understanding, ...] | None:
        return self.read(report.subject or "", report.text) if self.read and report.matter is None else None

    async def _claim(self, conn: Connection, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Insert what is new, in order; if any came before, read: a rival's row was waited for, and is seen then."""
        named = {"sources": [source for source, _ in keys], "ids": [id_ for _, id_ in keys]}
        rows = await conn.execute(
            text(
                "INSERT INTO report (source, source_id, case_id) SELECT s, i, c FROM unnest(CAST(:sources AS text[]), "
                "CAST(:ids AS text[]), CAST(:cases AS text[])) u(s, i, c) WHERE NOT EXISTS (SELECT 1 FROM report r "
                "WHERE r.source = u.s AND r.source_id = u.i) ORDER BY s, i ON CONFLICT (source, source_id) DO NOTHING "
                "RETURNING source, source_id, case_id"
            ),
            {**named, "cases": [self.new_id() for _ in keys]},
        )
        if len(rows) < len(keys):
            rows = await conn.execute(
                text(
                    "SELECT r.source, r.source_id, r.case_id FROM unnest(CAST(:sources AS text[]), "
                    "CAST(:ids AS text[])) u(s, i) JOIN report r ON r.source = u.s AND r.source_id = u.i"
                ),
                named,
            )
        return {(source, id_): case for source, id_, case in rows}

    async def prepare(self, conn: Connection, messages: Sequence[Message], now: datetime) -> Prepared:
        """Number what has no case yet, as one block of the day; pass on what the model read."""
        wanted = list(dict.fromkeys(m.subject for m in messages if needs_number(m)))
        named = {key for m in messages for key in photos_of(m)}
        photos = await photo.free(conn, sorted(named)) if named else {}
        day = now.astimezone(self.city.calendar.zone).date()
        new = await conn.execute(text(_NUMBER), {"ids": wanted, "day": day}) if wanted else ()
        if not new:
            return Prepared(photos=photos)
        numbers = {case: self._number(day, last - len(new) + place) for place, (case, last) in enumerate(new, start=1)}
        said = {m.subject: m.data.read for m in messages if isinstance(m.data, Sought)}
        guesses = {case: read for case, read in said.items() if read is not None and case in numbers}
        return Prepared(numbers, guesses, photos, await self._too_many(conn, messages, numbers, now))

    async def _too_many(
        self, conn: Connection, messages: Sequence[Message], new: Mapping[str, str], now: datetime
    ) -> frozenset[str]:
        """Count the new reports of sources with a limit; return the cases of those beyond it."""
        sent: dict[str, dict[str, None]] = {}
        for m in messages:
            source = self.city.sources.get(m.actor.id) if isinstance(m.data, Sought) else None
            if source is not None and source.a_minute and m.subject in new:
                sent.setdefault(source.code, {})[m.subject] = None
        if not sent:
            return frozenset()
        counted = await alarm.count(conn, {source: len(cases) for source, cases in sorted(sent.items())}, now)
        return frozenset(
            case
            for source, cases in sent.items()
            for place, case in enumerate(cases, start=1)
            if counted[source] - len(cases) + place > self.city.sources[source].a_minute
        )

    def _number(self, day: date, count: int) -> str:
        return f"{self.city.case_prefix}-{day:%Y%m%d}-{count:04d}"

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep the dossiers of a batch and the list of what waits for a person."""
        moved = [row for row in rows if isinstance(row, Rehomed)]
        await dossier.rehome(conn, [row for row in moved if row.home in row.cases])
        await traces.forget(conn, rows)
        await dossier.keep(conn, rows)
        await photo.keep(conn, rows)
        await supplement.keep(conn, rows)
        await notification.keep(conn, rows)
        await ground_work.keep(conn, rows)
        await household.keep(conn, rows)
        await example.keep(conn, rows)
        await alarm.keep(conn, rows)
        await admission.keep(conn, rows)
        await dossier.rehome(conn, [row for row in moved if row.home not in row.cases])
        held = [row for row in rows if isinstance(row, Waiting)]
        if held:
            await conn.execute(
                text(
                    "INSERT INTO triage (case_id, responsible, due_at) SELECT * FROM unnest(CAST(:cases AS text[]), "
                    "CAST(:units AS text[]), CAST(:dues AS timestamptz[])) "
                    "ON CONFLICT (case_id) DO UPDATE SET due_at = excluded.due_at"
                ),
                {
                    "cases": [row.case for row in held],
                    "units": [row.responsible for row in held],
                    "dues": [row.due_at for row in held],
                },
            )
        await traces.keep(conn, [row for row in rows if isinstance(row, Trace)])
        await traces.rehome(conn, moved)
        await traces.suspect(conn, [row for row in rows if isinstance(row, Suspected)])
        decided = [row.case for row in rows if isinstance(row, Decided)]
        if decided:
            await conn.execute(
                text("DELETE FROM triage WHERE case_id = ANY(CAST(:cases AS text[]))"), {"cases": decided}
            )


def is_new_report(message: Message) -> bool:
    """Tell whether a message is a report whose case id only the table knows."""
    return isinstance(message.data, Report) and message.actor.kind == "source"


def needs_number(message: Message) -> bool:
    """Tell whether a case may begin with a message, among them the deadline that opens a part of a split case."""
    is_part = isinstance(message.data, Due) and message.data.name == "part"
    return is_part or isinstance(message.data, (*OPENING, Sought))


def photos_of(message: Message) -> tuple[str, ...]:
    """Return the photos that a message names."""
    said = message.data.report if isinstance(message.data, Sought) else message.data
    return said.photos if isinstance(said, Report | SupplementReport) else ()


def with_likes(
    message: Message,
    trace: Trace | None,
    read: tuple[Understanding, ...] | None,
    likes: tuple[Likeness, ...],
    names: tuple[str, ...],
) -> Message:
    """Return a report with what it is like, what a model read in it, and the cases that its decider needs."""
    same = (message.data.same_as,) if message.data.same_as else ()
    return replace(message, data=Sought(message.data, trace, likes, read), touches=(*message.touches, *names, *same))


def heard_alarms(messages: Sequence[Message], city: Any) -> dict[int, Alarm]:
    """Return the alarms among the reports of a batch, by their place in it."""
    found = {
        n: sounded(m.data, city.sources.get(m.actor.id), m.subject, m.acted_at)
        for n, m in enumerate(messages)
        if is_new_report(m)
    }
    return {n: one for n, one in found.items() if one is not None}


def with_alarms(
    messages: Sequence[Message],
    heard: Mapping[int, Alarm],
    known: Mapping[tuple[str, str], Alarm],
    homes: Mapping[str, tuple[str, ...]],
    city: Any,
) -> list[Message]:
    """Return reports, those of sensors with the alarm that they repeat and the cases that answer for it."""
    repeated = dict(zip(heard, chain(known, list(heard.values()), city), strict=True))
    done = list(messages)
    for n, one in heard.items():
        before = repeated[n]
        names = (before.case, *homes.get(before.case, ())) if before else ()
        sought = replace(done[n].data, alarm=one, repeats=before)
        done[n] = replace(done[n], data=sought, touches=tuple(dict.fromkeys((*done[n].touches, *names))))
    return done


def _concerned(
    message: Message, homes: Mapping[str, tuple[str, ...]], lives: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    if isinstance(message.data, EraseDossier):
        return tuple(case for case in lives.get(message.data.dossier, ()) if case != message.subject)
    return homes.get(message.subject, ())


async def _lives(conn: Connection, dossiers: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the cases in which the reporter of each dossier has an id: his own, its homes, and their parts."""
    rows = await conn.execute(
        text(
            "WITH RECURSIVE life(dossier, id) AS (SELECT d.id, r.case_id FROM dossier d JOIN report r "
            "ON r.source = d.source AND r.source_id = d.report_id WHERE d.id = ANY(CAST(:ids AS text[])) "
            "UNION SELECT l.dossier, n.id FROM life l JOIN subject s ON s.id = l.id CROSS JOIN LATERAL "
            "(SELECT s.state ->> 'home' AS id UNION ALL "
            "SELECT jsonb_array_elements_text(coalesce(CAST(s.state AS jsonb) -> 'was', '[]')) UNION ALL "
            "SELECT jsonb_array_elements_text(CAST(s.state AS jsonb) -> 'parts')) n WHERE n.id IS NOT NULL) "
            "SELECT dossier, id FROM life"
        ),
        {"ids": list(dossiers)},
    )
    found: dict[str, tuple[str, ...]] = {}
    for dossier_id, case in rows:
        found[dossier_id] = (*found.get(dossier_id, ()), case)
    return found


async def _homes(conn: Connection, cases: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the cases that each of these was merged into, one after the other."""
    rows = await conn.execute(
        text(
            "WITH RECURSIVE chain(start, home) AS (SELECT id, state->>'home' FROM subject "
            "WHERE id = ANY(CAST(:cases AS text[])) UNION SELECT c.start, s.state->>'home' FROM chain c "
            "JOIN subject s ON s.id = c.home) SELECT start, home FROM chain WHERE home IS NOT NULL"
        ),
        {"cases": list(cases)},
    )
    found: dict[str, tuple[str, ...]] = {}
    for case, home in rows:
        found[case] = (*found.get(case, ()), home)
    return found


async def case_of(conn: Executes, source: str, report: str) -> tuple[str, str] | None:
    """Return case id and state (JSON) of a report; None for one that never came or was refused."""
    row = (
        await conn.execute(
            text(
                "SELECT s.id, s.state::text FROM report r JOIN subject s ON s.id = r.case_id "
                "WHERE r.source = :source AND r.source_id = :id AND s.state IS NOT NULL"
            ),
            {"source": source, "id": report},
        )
    ).first()
    return (row[0], row[1]) if row else None


async def state_of(conn: Executes, case: str) -> str | None:
    """Return the state (JSON) of a case."""
    state: str | None = await conn.scalar(text("SELECT state::text FROM subject WHERE id = :case"), {"case": case})
    return state


async def states_of(conn: Executes, cases: Iterable[str]) -> dict[str, str]:
    """Return the states (JSON) of cases by their ids."""
    asked = text("SELECT id, state::text FROM subject WHERE id = ANY(CAST(:cases AS text[]))")
    found = await conn.execute(asked, {"cases": list(cases)})
    return {id_: state for id_, state in found if state is not None}


async def held(
    conn: Executes, unit: str | None, due_after: datetime | None, case_after: str, limit: int
) -> tuple[int, list[tuple[str, str]]]:
    """Return how many cases wait for a unit (None: for anyone), and a page of them with their states, by due time."""
    given = {"unit": unit, "due": due_after, "case": case_after, "limit": limit}
    mine = "(CAST(:unit AS text) IS NULL OR t.responsible = CAST(:unit AS text))"
    total = await conn.scalar(text(f"SELECT count(*) FROM triage t WHERE {mine}"), {"unit": unit})  # noqa: S608
    rows = await conn.execute(
        text(
            "SELECT t.case_id, s.state::text FROM triage t JOIN subject s ON s.id = t.case_id "  # noqa: S608
            f"WHERE {mine} AND (CAST(:due AS timestamptz) IS NULL OR "
            "(t.due_at, t.case_id) > (CAST(:due AS timestamptz), CAST(:case AS text))) "
            "ORDER BY t.due_at, t.case_id LIMIT :limit"
        ),
        given,
    )
    return int(total or 0), [(case, state) for case, state in rows]
