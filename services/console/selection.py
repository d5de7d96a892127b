"""Which cases a figure counts and a list shows: one definition, as address and as condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from services.console.projection.case import LADDER, OPEN_STATUSES
from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.shell.validation import wrong

OPEN = f"status IN {OPEN_STATUSES}"
STATES = {
    "open": OPEN,
    "soon": f"{OPEN} AND reminded AND NOT overdue",
    "overdue": f"{OPEN} AND overdue",
    "supervised": f"{OPEN} AND supervised",
    "meeting": "status = 'escalated'",
    "held": "status = 'held'",
    "ended": "status IN ('closed', 'withdrawn', 'rejected', 'merged', 'split')",
}
"""What each filter chip means; overdue includes supervised."""

OUTCOMES = {
    "solved": "status = 'closed' AND path[cardinality(path)] = :{0}reached",
    "in_hand": f"{OPEN} AND path[cardinality(path)] = :{{0}}reached",
    "passed_up": "path[cardinality(path)] <> :{0}reached",
}
"""What became of the cases that reached a rung: exactly one of the three."""

SORTS = {
    "number": "number",
    "received": "received_at",
    "status": "status",
    "matter": "matter",
    "rung": "rung",
    "responsible": "responsible",
    "due": "due_at",
    "source": "source",
    "unit": "unit",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of cases; an empty field chooses all. Days are days of the platform's clock in Asia/Shanghai.

    `unit` means that unit and everything below it; `reached` a rung of the ladder and `outcome` what became of the case
    there; `pending` a level of the joint meetings that has still to decide on it; `q` words of the summary or the
    beginning of a number or of its parts, which is looked up (`queries`), not part of the condition.
    """

    state: str = ""
    status: str = ""
    responsible: str = ""
    unit: str = ""
    matter: str = ""
    rung: str = ""
    source: str = ""
    overdue: str = ""
    on_time: str = ""
    registered_from: str = ""
    registered_to: str = ""
    closed_from: str = ""
    closed_to: str = ""
    reached: str = ""
    outcome: str = ""
    pending: str = ""
    q: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Selection:
        """Read an address's parameters, ignoring others. Raises ValueError naming a field whose value is no choice."""
        values = {f.name: params[f.name].strip() for f in fields(cls) if params.get(f.name)}
        for name, choices in _CHOICES.items():
            if values.get(name, choices[0]) not in choices:
                raise ValueError(name)
        for name in _DAYS:
            try:
                date.fromisoformat(values.get(name, "2000-01-01"))
            except ValueError:
                raise ValueError(name) from None
        if values.get("outcome") and not values.get("reached"):
            raise ValueError("outcome")
        return cls(**values)

    def address(self, path: str = "/cases") -> str:
        """Return the address of the list of exactly these cases."""
        chosen = self.chosen()
        return f"{path}?{urlencode(chosen)}" if chosen else path

    def chosen(self) -> dict[str, str]:
        """Return the fields that choose."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}

    def columns(self) -> frozenset[str]:
        """Return the columns of `case_view` that the choice looks at; one beside them is named by its field."""
        return frozenset().union(*(_LOOKS_AT.get(name, (name,)) for name in self.chosen()))

    def within_open(self) -> Selection | None:
        """Return what this chooses among the open cases, if it chooses no others."""
        return replace(self, state="") if self.state == "open" else None

    def condition(self, city: City, prefix: str = "") -> tuple[str, dict[str, Any]]:
        """Return the SQL condition on `case_view` and its parameters, their names made unique by the prefix."""
        parts: list[str] = []
        params: dict[str, Any] = {}

        def add(condition: str, **values: Any) -> None:
            parts.append(condition.format(prefix))
            params.update({prefix + name: value for name, value in values.items()})

        if self.state:
            add(f"({STATES[self.state]})")
        for name in ("status", "responsible", "matter", "rung", "source"):
            if getattr(self, name):
                add(f"{name} = :{{0}}{name}", **{name: getattr(self, name)})
        for name in ("overdue", "on_time"):
            if getattr(self, name):
                add(name if getattr(self, name) == "true" else f"NOT {name}")
        if self.unit:
            add("unit = ANY (:{0}units)", units=_within(city, self.unit))
        for name in ("registered", "closed"):
            since, until = getattr(self, f"{name}_from"), getattr(self, f"{name}_to")
            if since:
                add(f"{name}_at >= :{{0}}{name}_from", **{f"{name}_from": day_start(since)})
            if until:
                add(f"{name}_at < :{{0}}{name}_to", **{f"{name}_to": day_start(until) + timedelta(days=1)})
            if name == "closed" and (since or until or self.on_time):
                add("status = 'closed'")
        if self.reached:
            add(
                "status NOT IN ('held', 'rejected', 'withdrawn', 'merged', 'split') AND :{0}reached = ANY (path)",
                reached=self.reached,
            )
        if self.outcome:
            add(f"({OUTCOMES[self.outcome]})")
        if self.pending:
            add(
                "id IN (SELECT case_id FROM topic_view WHERE entry IN ('open', 'tabled') AND level = :{0}pending)",
                pending=self.pending,
            )
        return " AND ".join(parts) or "true", params


_LOOKS_AT = {
    "state": ("status", "reminded", "overdue", "supervised"),
    "on_time": ("on_time", "status"),
    "registered_from": ("registered_at",),
    "registered_to": ("registered_at",),
    "closed_from": ("closed_at", "status"),
    "closed_to": ("closed_at", "status"),
    "reached": ("status", "path"),
    "outcome": ("status", "path"),
}

_CHOICES: dict[str, tuple[str, ...]] = {
    "state": ("", *STATES),
    "overdue": ("", "true", "false"),
    "on_time": ("", "true", "false"),
    "reached": ("", *LADDER),
    "outcome": ("", *OUTCOMES),
}
_DAYS = ("registered_from", "registered_to", "closed_from", "closed_to")


def day_start(day: str) -> datetime:
    """Return the first instant of a day in Asia/Shanghai."""
    return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)


def _within(city: City, unit: str) -> list[str]:
    found, waiting = [unit], [unit]
    while waiting:
        below = [child.code for code in waiting for child in city.children(code)]
        found += below
        waiting = below
    return found


def selected(params: Mapping[str, str], sort: str) -> Selection:
    """Return what an address selects; raises Refused, naming the filter or column that there is not."""
    try:
        selection = Selection.read(params)
    except ValueError as error:
        raise wrong(str(error), "不在可选之列", "not one of the choices") from None
    if sort.lstrip("-") not in SORTS:
        raise wrong("sort", "没有这一列", "not a column")
    return selection
