"""Place a report in a unit: by unit code, by coordinates of three systems, or by the names in an address."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import pi, sin

from shapely import Polygon, STRtree, points

from shared.city.model import City, UnitLevel

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


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a report belongs: `how` is unit_code, merged_code, point, address or none; confidence 0 to 1.

    `doubt` says why it is less sure than others: border (the point lies on one), contradiction (the point lies in
    another unit than the code names), outside (the point lies in no unit), shared_name (several units bear the name).
    `other` is the unit that it could be as well, for border and contradiction.
    """

    unit: str | None
    how: str
    confidence: float
    doubt: str | None = None
    other: str | None = None


NOWHERE = Placement(None, "none", 0.0)


class Geography:
    """Answer where things are in one city; the search tree is built at the first question."""

    def __init__(self, city: City) -> None:
        self.city = city

    @cached_property
    def _grounds(self) -> tuple[tuple[str, ...], STRtree]:
        """Return codes with a tree of their grounds, widened by the tolerance; finest level first, then by code."""
        codes = sorted(self.city.boundaries, key=lambda code: (-self._depth(code), code))
        rings = (self.city.boundaries[code] for code in codes)
        return tuple(codes), STRtree([Polygon(r[0], r[1:]).buffer(_TOLERANCE, quad_segs=2) for r in rings])

    @cached_property
    def _codes(self) -> Mapping[str, Placement]:
        merged = {code: Placement(u.code, "merged_code", 0.95) for u in self.city.units.values() for code in u.merged}
        estates = {e.code: Placement(u.code, "unit_code", 1.0) for u in self.city.units.values() for e in u.estates}
        return {**merged, **estates, **{code: Placement(code, "unit_code", 1.0) for code in self.city.units}}

    @cached_property
    def _names(self) -> tuple[tuple[str, str], ...]:
        """Return names that an address may contain, with their units; third-level grids have no names of their own."""
        found: list[tuple[str, str]] = []
        for unit in self.city.units.values():
            if unit.level is UnitLevel.CITY:
                continue
            if unit.level not in (UnitLevel.GRID, UnitLevel.SUBGRID):
                found.append((unit.name, unit.code))
            found.extend((alias, unit.code) for alias in unit.aliases)
            for estate in unit.estates:
                found.append((estate.name, unit.code))
                found.extend((alias, unit.code) for alias in estate.aliases)
                short = estate.name.removesuffix("小区")
                if short != estate.name and len(short) > 2:
                    found.append((short, unit.code))
        return tuple(found)

    def around(self, point: Coordinates) -> tuple[str, ...]:
        """Return the finest units around a point in WGS-84, several on a border; empty outside every boundary.

        The finest level first, then by code, so that the answer is always the same.
        """
        codes, tree = self._grounds
        near = [codes[index] for index in sorted(tree.query(points(point), predicate="intersects").tolist())]
        if not near:
            return ()
        beside = [code for code in near[1:] if code not in self._outer[near[0]]]
        return near[0], *(code for code in beside if not any(code in self._outer[other] for other in beside))

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
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(text) - 1:
            name = next((n for n in self._by_head.get(text[at : at + 2], ()) if text.startswith(n, at)), None)
            if name is None:
                at += 1
                continue
            found.extend((name, code) for code in self._bearers[name])
            at += len(name)
        return tuple(dict.fromkeys(found))

    @cached_property
    def _bearers(self) -> Mapping[str, tuple[str, ...]]:
        bearers: dict[str, list[str]] = {}
        for name, code in self._names:
            bearers.setdefault(name, []).append(code)
        return {name: tuple(dict.fromkeys(codes)) for name, codes in bearers.items()}

    @cached_property
    def _by_head(self) -> Mapping[str, tuple[str, ...]]:
        heads: dict[str, list[str]] = {}
        for name in sorted(self._bearers, key=lambda name: (-len(name), name)):
            heads.setdefault(name[:2], []).append(name)
        return {head: tuple(names) for head, names in heads.items()}

    def find_address(self, address: str) -> Placement:
        """Place a report by the names in its address: the finest unit named, the longest name first.

        A name that several units bear is decided by what else is named; otherwise their nearest common unit is taken,
        with half the confidence.
        """
        named = self.mentions("".join(address.split()))
        if not named:
            return NOWHERE
        depth = max(self._depth(code) for _, code in named)
        finest = [(name, code) for name, code in named if self._depth(code) == depth]
        longest = max(len(name) for name, _ in finest)
        codes = sorted({code for name, code in finest if len(name) == longest})
        confidence = {UnitLevel.GRID: 0.85, UnitLevel.SUBGRID: 0.9, UnitLevel.COMMUNITY: 0.7}.get(
            self.city.units[codes[0]].level, 0.5
        )
        if len(codes) > 1:
            areas = [code for _, code in named if self._depth(code) < depth]
            inside = [code for code in codes if all(self.city.is_within(code, area) for area in areas)] if areas else []
            if len(inside) == 1:
                return Placement(inside[0], "address", confidence)
            return Placement(self._common(codes), "address", confidence / 2, "shared_name")
        return Placement(codes[0], "address", confidence)

    def _depth(self, code: str) -> int:
        return _DEPTH[self.city.units[code].level]

    def _common(self, codes: list[str]) -> str:
        lineages = [[unit.code for unit in self.city.lineage(code)] for code in codes]
        return next(code for code in lineages[0] if all(code in lineage for lineage in lineages))


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
