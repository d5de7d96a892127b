"""Place a report in a unit: by unit code, by coordinates of three systems, or by the names in an address."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from itertools import compress
from math import pi, sin
from typing import Any

from shapely import Polygon, STRtree, box, covers, intersects_xy, prepare, total_bounds

from shared.city.address import Addresses, Names, names_of
from shared.city.land import Land
from shared.city.parts import UnitLevel
from shared.city.placement import NOWHERE, Placement

# Semi-major axis and squared eccentricity of the Krasovsky 1940 ellipsoid, which GCJ-02 is built on.
_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
_BD = math.pi * 3000 / 180
_DEPTH = {level: depth for depth, level in enumerate(UnitLevel)}
# Boundaries are rounded to 6 digits, so that neighbours can miss each other by about a tenth of a metre.
_TOLERANCE = 0.00001

_POINT_CONFIDENCE = 0.95
"""A reported point lies in the wrong place about three times in a hundred, one near a border more often (assumed)."""
_DOUBTED = 0.5
"""What is left of a confidence if what else was said leads elsewhere: nothing tells which is wrong (assumed)."""

Coordinates = tuple[float, float]
"""Longitude, latitude, in degrees."""


_CELLS = 64
"""Cells to each side of a city: what lies around a cell is found once."""


class Geography:
    """Answer where things are in one city; the search tree is built at the first question."""

    def __init__(self, city: Land) -> None:
        self.city = city

    @cached_property
    def _grounds(self) -> tuple[tuple[str, ...], STRtree]:
        """Return codes with a tree of their grounds, widened by the tolerance; finest level first, then by code."""
        codes = sorted(self.city.boundaries, key=lambda code: (-self._depth(code), code))
        rings = (self.city.boundaries[code] for code in codes)
        grounds = [Polygon(r[0], r[1:]).buffer(_TOLERANCE, quad_segs=2) for r in rings]
        prepare(grounds)
        return tuple(codes), STRtree(grounds)

    @cached_property
    def _codes(self) -> Mapping[str, Placement]:
        merged = {code: Placement(u.code, "merged_code", 0.95) for u in self.city.units.values() for code in u.merged}
        estates = {e.code: Placement(u.code, "unit_code", 1.0) for u in self.city.units.values() for e in u.estates}
        return {**merged, **estates, **{code: Placement(code, "unit_code", 1.0) for code in self.city.units}}

    @cached_property
    def addresses(self) -> Addresses:
        """Return what places addresses by the names in them."""
        return Addresses(self.city)

    @cached_property
    def _names(self) -> Names:
        return Names(names_of(self.city))

    def around(self, point: Coordinates) -> tuple[str, ...]:
        """Return the finest units around a point in WGS-84, several on a border; empty outside every boundary.

        The finest level first, then by code, so that the answer is always the same.
        """
        if not self.city.boundaries:
            return ()
        east, north = point
        west, south, width, height = self._frame
        column, row = (east - west) / width, (north - south) / height
        if not (0 <= column <= _CELLS and 0 <= row <= _CELLS):
            return ()
        sure, unsure, grounds = self._cell(int(column), int(row))
        if not unsure:
            return self._finest(sure)
        hits = intersects_xy(grounds, east, north).tolist()
        return self._finest(tuple(sorted((*sure, *compress(unsure, hits)))))

    @cached_property
    def _frame(self) -> tuple[float, float, float, float]:
        """Return the south-western corner of all grounds, and width and height of a cell, in degrees."""
        west, south, east, north = total_bounds(self._grounds[1].geometries).tolist()
        return west, south, (east - west) / _CELLS, (north - south) / _CELLS

    @cached_property
    def _cell(self) -> Callable[[int, int], tuple[tuple[int, ...], tuple[int, ...], Any]]:
        """Return, of a cell, the grounds that hold all of it, those that hold a part, and the shapes of the latter."""

        @cache
        def of(column: int, row: int) -> tuple[tuple[int, ...], tuple[int, ...], Any]:
            _, tree = self._grounds
            west, south, width, height = self._frame
            corner = west + column * width, south + row * height
            cell = box(*corner, corner[0] + width, corner[1] + height)
            near = sorted(tree.query(cell, predicate="intersects").tolist())
            whole = covers(tree.geometries[near], cell).tolist()
            unsure = [n for n, holds in zip(near, whole, strict=True) if not holds]
            return tuple(compress(near, whole)), tuple(unsure), tree.geometries[unsure]

        return of

    @cached_property
    def _finest(self) -> Callable[[tuple[int, ...]], tuple[str, ...]]:
        """Return the finest of the grounds around a point, given by their numbers in order."""

        @cache
        def of(grounds: tuple[int, ...]) -> tuple[str, ...]:
            near = [self._grounds[0][ground] for ground in grounds]
            if not near:
                return ()
            beside = [code for code in near[1:] if code not in self._outer[near[0]]]
            return near[0], *(code for code in beside if not any(code in self._outer[other] for other in beside))

        return of

    @cached_property
    def _outer(self) -> Mapping[str, frozenset[str]]:
        """Return all units that each unit lies in."""
        return {code: frozenset(unit.code for unit in self.city.lineage(code)) - {code} for code in self.city.units}

    def locate(self, point: Coordinates) -> str | None:
        """Return the finest unit around a point in WGS-84, on a border the first; None outside every boundary."""
        return next(iter(self.around(point)), None)

    def exact(self, point: Coordinates, system: str) -> Coordinates:
        """Return a point of any of the three systems in WGS-84. Raises KeyError for another system."""
        return to_wgs84(point, system)

    def centre_of(self, unit: str) -> Coordinates | None:
        """Return a point inside a unit's boundary in WGS-84, None if it has none."""
        rings = self.city.boundaries.get(unit)
        if rings is None:
            return None
        inside = Polygon(rings[0]).representative_point()
        return inside.x, inside.y

    def place(
        self,
        *,
        unit_code: str | None = None,
        point: Coordinates | None = None,
        system: str = "wgs84",
        address: str | None = None,
    ) -> Placement:
        """Place a report by the surest thing it says: unit code, then coordinates, then address.

        `system` is wgs84, gcj02 or bd09; KeyError for another. Something said that leads nowhere is passed over.
        A code wins over a point that lies elsewhere: it is written by one who knows the ground, whereas a position may
        be that of the desk at which the report was sent. The placement then says what contradicts it.
        """
        around = self.around(to_wgs84(point, system)) if point else ()
        is_outside = bool(point and self.city.boundaries and not around)
        known = self._codes.get(unit_code) if unit_code else None
        if known and known.unit:
            if around and not self._agrees(known.unit, around):
                confidence = known.confidence * _DOUBTED
                return replace(known, confidence=confidence, doubt="contradiction", other=around[0])
            return _doubted(known) if is_outside else known
        if around:
            confidence = _POINT_CONFIDENCE / len(around)
            return (
                Placement(around[0], "point", confidence, "border", around[1])
                if len(around) > 1
                else Placement(around[0], "point", confidence)
            )
        found = self.find_address(address) if address else NOWHERE
        return _doubted(found) if is_outside and found.unit else found

    def _agrees(self, unit: str, around: tuple[str, ...]) -> bool:
        """Tell whether a unit is or holds one of those around a point; one without a boundary may lie in them."""
        has_none = unit not in self.city.boundaries
        return any(
            unit == code or unit in self._outer[code] or (has_none and code in self._outer[unit]) for code in around
        )

    def mentions(self, text: str) -> tuple[tuple[str, str], ...]:
        """Return (name, unit) of every place that a text names, in its order: at each point the longest name."""
        return tuple(dict.fromkeys((name.name, name.unit) for name, _ in self._names.within(text)))

    def find_address(self, address: str) -> Placement:
        """Place a report by the names in its address, also by what is nearly one of the city's."""
        return self.addresses.find(address)

    def _depth(self, code: str) -> int:
        return _DEPTH[self.city.units[code].level]


def _doubted(found: Placement) -> Placement:
    """Return what was found although the point lies outside the city."""
    return replace(found, confidence=found.confidence * _DOUBTED, doubt="outside")


def to_wgs84(point: Coordinates, system: str) -> Coordinates:
    """Return the same point in WGS-84. Raises KeyError for a system other than wgs84, gcj02 and bd09."""
    return _TO_WGS84[system](point)


def gcj02_from_wgs84(point: Coordinates) -> Coordinates:
    """Return the shifted coordinates that Chinese map services show."""
    east, north = _shift(point)
    return point[0] + east, point[1] + north


def bd09_from_gcj02(point: Coordinates) -> Coordinates:
    """Return Baidu's coordinates."""
    x, y = point
    distance = math.hypot(x, y) + 0.00002 * math.sin(y * _BD)
    turn = math.atan2(y, x) + 0.000003 * math.cos(x * _BD)
    return distance * math.cos(turn) + 0.0065, distance * math.sin(turn) + 0.006


def gcj02_from_bd09(point: Coordinates) -> Coordinates:
    """Return Baidu's coordinates as GCJ-02, to about a centimetre."""
    return _inverse(bd09_from_gcj02, point)


def wgs84_from_gcj02(point: Coordinates) -> Coordinates:
    """Return GCJ-02 as WGS-84, to about a centimetre."""
    return _inverse(gcj02_from_wgs84, point)


def wgs84_from_bd09(point: Coordinates) -> Coordinates:
    """Return Baidu's coordinates as WGS-84, to about a centimetre."""
    return wgs84_from_gcj02(gcj02_from_bd09(point))


_TO_WGS84: Mapping[str, Callable[[Coordinates], Coordinates]] = {
    "wgs84": lambda point: point,
    "gcj02": wgs84_from_gcj02,
    "bd09": wgs84_from_bd09,
}


def _inverse(forward: Callable[[Coordinates], Coordinates], point: Coordinates) -> Coordinates:
    """Find what is shifted to a point: the shift varies slowly, so subtracting the error converges in a few steps."""
    x, y = point
    for _ in range(3):
        there = forward((x, y))
        x, y = x + point[0] - there[0], y + point[1] - there[1]
    return x, y


def _shift(point: Coordinates) -> Coordinates:
    x, y = point[0] - 105.0, point[1] - 35.0
    both = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    root = math.sqrt(abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + both
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + both
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    angle = math.radians(point[1])
    bulge = 1 - _ECCENTRICITY * sin(angle) ** 2
    north = math.degrees(north * bulge * math.sqrt(bulge) / (_AXIS * (1 - _ECCENTRICITY)))
    east = math.degrees(east * math.sqrt(bulge) / (_AXIS * math.cos(angle)))
    return east, north
