"""What the city has granted beyond its file: matters that communities may be given from a day on (准入审批)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class MatterAdmitted:
    """A row published in the city beside its calendars; without a day the matter is off the list again."""

    matter: str
    from_on: date | None


def admitted_on(day: date, published: Iterable[MatterAdmitted]) -> frozenset[str]:
    """Return the matters that are granted on a day of the city; the last word on each matter counts."""
    last = {row.matter: row.from_on for row in published}
    return frozenset(matter for matter, since in last.items() if since is not None and since <= day)
