"""Where a report lies: by the first that is known of unit code, point, address, the ground of its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.intake.domain.facts import Placement
from services.intake.domain.report import ReportPlace
from shared.kernel.refusals import Refused

POINT_CONFIDENCE = 0.95
"""A reported point lies in the wrong place about three times in a hundred, one near a border more often (assumed)."""
DEFAULT_CONFIDENCE = 0.2
"""The ground of a source is no finding, only somebody who will answer (assumed)."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was found: a placement, or none; `outside` if a point lies beyond the city; the exact point in WGS-84."""

    placement: Placement | None
    outside: bool = False
    point: tuple[float, float] | None = None


def place(said: ReportPlace | None, default: str | None, city: Any) -> Ground:
    """Place a report. Raises Refused for a unit that the city does not have and for half a point."""
    point = _point(said, city) if said else None
    coarse = (round(point[0], 3), round(point[1], 3)) if point else (None, None)
    if said and said.unit:
        return Ground(Placement(unit_by_code(said.unit, "place.unit", city), "unit_code", 1.0, *coarse), point=point)
    if point and city.boundaries:
        unit = city.geography.locate(point)
        if unit is None:
            return Ground(None, outside=True, point=point)
        return Ground(Placement(unit, "point", POINT_CONFIDENCE, *coarse), point=point)
    if said and said.address:
        found = city.geography.find_address(said.address)
        if found.unit is not None:
            return Ground(Placement(found.unit, "address", found.confidence, *coarse), point=point)
    if default:
        return Ground(Placement(default, "default", DEFAULT_CONFIDENCE, *coarse), point=point)
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
