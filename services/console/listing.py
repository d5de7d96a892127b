"""Cases as lists hand them out: codes with their names, the chip, the time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.console import clocks, moments, words
from services.console.projection.case import CaseRow
from services.console.words import Tongue
from shared.city.model import City


def state(row: CaseRow) -> str:
    """Return the chip of a case."""
    return words.state_of(row.status, supervised=row.supervised, overdue=row.overdue, reminded=row.reminded)


def describe(row: CaseRow, city: City) -> dict[str, Any]:
    """Return a case for programs: codes, Chinese names beside them, instants as ISO 8601."""
    return {
        "id": row.id,
        "number": row.number,
        "summary": row.summary,
        "status": row.status,
        "state": state(row),
        "urgent": row.urgent,
        "source": row.source,
        "source_name": source_name(city, row.source, TO_PROGRAMS),
        "matter": row.matter,
        "matter_name": matter_name(city, row.matter),
        "kind": row.kind,
        "rung": row.rung,
        "unit": row.unit,
        "unit_name": city.name_of(row.unit) if row.unit else None,
        "lon": row.lon,
        "lat": row.lat,
        "responsible": row.responsible,
        "responsible_name": city.name_of(row.responsible) if row.responsible else None,
        "lead": row.lead,
        "support": row.support,
        "assignment": row.assignment,
        "clock": row.clock,
        "due_at": row.due_at,
        "reminded": row.reminded,
        "overdue": row.overdue,
        "overdue_since": row.overdue_since,
        "supervised": row.supervised,
        "reporters": row.reporters,
        "received_at": row.received_at,
        "registered_at": row.registered_at,
        "closed_at": row.closed_at,
        "close_reason": row.close_reason,
        "on_time": row.on_time,
        "path": row.path,
    }


def show(row: CaseRow, city: City, t: Tongue, now: datetime) -> dict[str, Any]:
    """Return a case as a row of a page: words only."""
    chip = state(row)
    due = moments.short_moment(row.due_at, now) if row.due_at else ""
    time = clocks.left(city, row, now, row.due_at) if row.due_at and row.clock else None
    return {
        "id": row.id,
        "number": row.number,
        "summary": row.summary,
        "state": chip,
        "chip": t(words.STATES[chip]),
        "status": t(words.STATUSES[row.status]),
        "matter_name": matter_name(city, row.matter) or "",
        "rung": t(words.RUNGS[row.rung]) if row.rung in words.RUNGS else "",
        "responsible_name": city.name_of(row.responsible) if row.responsible else "",
        "unit_name": city.name_of(row.unit) if row.unit else "",
        "due": due,
        "left": moments.remaining(t, time) if time else "",
        "source": source_name(city, row.source, t),
        "reporters": row.reporters,
        "received": moments.short_moment(row.received_at, now),
    }


def matter_name(city: City, code: str | None) -> str | None:
    """Return the two lower levels of a matter's path and name: 物业管理 / 屋面渗漏."""
    matter = city.matters.get(code) if code else None
    if matter is None:
        return code
    return matter.name if matter.path[1] == matter.name else f"{matter.path[1]} / {matter.name}"


def source_name(city: City, code: str, t: Tongue) -> str:
    """Return the name of a source in the reader's language."""
    source = city.sources.get(code)
    if source is None:
        return code
    return source.names.zh if t.language == "zh" else source.names.en


TO_PROGRAMS = words.TONGUES["zh"]
