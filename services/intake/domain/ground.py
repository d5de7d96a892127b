"""Where a report lies: by the first that is known of unit code, point, address, the ground of its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.intake.domain.facts import Placement
from services.intake.domain.report import ReportPlace
from shared.kernel.refusals import Refused

DEFAULT_CONFIDENCE = 0.2
"""The ground of a source is no finding, only somebody who will answer (assumed)."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was found: a placement, or none; `outside` if a point lies beyond the city; the exact point in WGS-84."""

    placement: Placement | None
    outside: bool = False
    point: tuple[float, float] | None = None


def place(said: ReportPlace | None, default: str | None, city: Any) -> Ground:
    """Place a report. Raises Refused for a unit that the city does not have and for half a point.

    A point beyond the city puts a report outside unless a unit code or a name in its address leads into the city.
    """
    point = _point(said, city) if said else None
    lon, lat = (round(point[0], 3), round(point[1], 3)) if point else (None, None)
    if said:
        if said.unit:
            unit_by_code(said.unit, "place.unit", city)
        found = city.geography.place(unit_code=said.unit, point=point, address=said.address)
        if found.unit is not None:
            placement = Placement(found.unit, found.how, found.confidence, lon, lat, found.doubt, found.other)
            return Ground(placement, point=point)
        if point and city.boundaries:
            return Ground(None, outside=True, point=point)
    if default:
        return Ground(Placement(default, "default", DEFAULT_CONFIDENCE, lon, lat), point=point)
    return Ground(None, point=point)


def unit_by_code(code: str, field: str, city: Any) -> str:
    """Return the unit of a code, also of an estate's or of one that another department's grid gave to the ground."""
    found = city.geography.place(unit_code=code)
    if found.unit is None:
        raise Refused("report.unknown_unit", field, unit=code)
    return str(found.unit)


def _point(said: ReportPlace, city: Any) -> tuple[float, float] | None:
    if said.lon is None and said.lat is None:
        return None
    if said.lon is None or said.lat is None:
        raise Refused("report.half_point", "place.lon" if said.lon is None else "place.lat")
    lon, lat = city.geography.exact((said.lon, said.lat), said.system)
    return lon, lat
