"""Papers of a played joint meeting: what the tables would hold, taken from the play's records, words and states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from services.escalation.domain.chain import Record
from services.escalation.domain.meeting import Meeting
from services.escalation.papers.annual import Year, annual
from services.escalation.papers.entry import Entry, Line, entry
from services.escalation.papers.ledger import FORMS, Cover
from services.escalation.papers.meeting import Sitting
from services.escalation.papers.words import day_of
from shared.papers.paper import Paper
from tests.unit.escalation.hall import Hall


def lines(hall: Hall, topic: str) -> list[Line]:
    """Return the records of a topic in every ledger, with the words that are kept."""
    words = {wording.digest: wording.text for wording in hall.wordings()}
    found = [row for row in hall.rows if isinstance(row, Record) and row.topic == topic]
    found.sort(key=lambda record: (record.at, record.ledger, record.seq))
    return [Line(r.ledger, r.seq, r.at, r.kind, r.body, words.get(hall.body_of(r).get("words", ""))) for r in found]


def about(hall: Hall, case: str = "c-1") -> dict[str, Any]:
    """Return a topic's state as the database holds it."""
    found: dict[str, Any] = msgspec.to_builtins(hall.topic(case))
    return found


def row(hall: Hall, ledger: str, case: str = "c-1") -> Entry:
    """Return a topic's row in a ledger."""
    topic = hall.topic(case).id
    return entry(ledger, topic, about(hall, case), lines(hall, topic), hall.city)


def sitting(hall: Hall, meeting: Meeting, *, adopted_at: str | None = None) -> Sitting:
    """Return a meeting as its papers see it."""
    state: dict[str, Any] = msgspec.to_builtins(hall.states[meeting.id])
    if adopted_at:
        state["adopted_at"] = adopted_at
    return Sitting(state, [about(hall, item["case"]) for item in state["agenda"]], hall.city)


def cover(hall: Hall, ledger: str) -> Cover:
    """Return what stands above a ledger's rows now."""
    state, body = hall.states[f"ledger:{ledger}"], hall.city.bodies[ledger]
    return Cover(ledger, hall.city.name_of(ledger), body.name, state.seq, state.hash, day_of(hall.now))


def ledger_file(hall: Hall, path: Path, form: str, *ledgers: str, cases: tuple[str, ...] = ("c-1",)) -> Path:
    """Write the ledgers' rows of some cases into a file."""
    file = FORMS[form](path)
    for ledger in ledgers:
        file.begin(cover(hall, ledger))
        file.add([row(hall, ledger, case) for case in cases])
    file.finish()
    return path


def year_paper(hall: Hall, unit: str, year: int, *cases: str) -> Paper:
    """Return a body's annual summary."""
    counted = Year(unit, year)
    for case in cases:
        topic = hall.topic(case).id
        counted.add(topic, about(hall, case), lines(hall, topic), hall.city)
    within = [record for record in hall.records(unit) if day_of(record.at).year <= year]
    counted.head = (within[-1].seq, within[-1].hash)
    held = [msgspec.to_builtins(meeting) for meeting in hall.meetings(unit) if day_of(meeting.opens_at).year == year]
    return annual(counted, held, hall.city)
