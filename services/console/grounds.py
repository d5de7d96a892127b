"""The ground of a city as a map shows it."""

from __future__ import annotations

import msgspec
from shapely.geometry import Polygon

from shared.city.model import City, Ring, Unit, UnitLevel

SHOWN = (UnitLevel.STREET, UnitLevel.COMMUNITY, UnitLevel.GRID)


def has_map(city: City) -> bool:
    """Tell whether the city file draws its grids; without them a list stands in the map's place."""
    return any(grid.code in city.boundaries for grid in city.of_level(UnitLevel.GRID))


def shapes(city: City) -> bytes:
    """Return the outlines of streets, communities and grids as GeoJSON, each with a point inside it for its label."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": unit.code,
                "level": unit.level.value,
                "name": unit.name,
                "short": short(unit),
                "at": _label_point(city.boundaries[unit.code]),
            },
            "geometry": {"type": "Polygon", "coordinates": city.boundaries[unit.code]},
        }
        for level in SHOWN
        for unit in city.of_level(level)
        if unit.code in city.boundaries
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def short(unit: Unit) -> str:
    """Return a unit's name without the word for its level, for where that is plain."""
    return unit.name.removesuffix("社区").removesuffix("网格")


def _label_point(rings: tuple[Ring, ...]) -> tuple[float, float]:
    point = Polygon(rings[0], rings[1:]).representative_point()
    return round(point.x, 6), round(point.y, 6)
