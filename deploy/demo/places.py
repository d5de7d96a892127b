"""Where things happen: building grids by their households, and how a sender says where."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.coordinates import to_bd09, to_gcj02
from deploy.demo.draws import Chance, one_of
from deploy.demo.parameters import Parameters
from shared.city.model import City, Unit, UnitLevel


@dataclass(frozen=True, slots=True)
class Spot:
    """One place: the smallest unit there, its name as people say it, a WGS-84 point where the city has outlines."""

    unit: str
    words: str
    point: tuple[float, float] | None


@dataclass
class Places:
    """Draw places of a city by households."""

    city: City
    parameters: Parameters
    chance: Chance
    units: Sequence[Unit] = field(init=False)
    households: Sequence[float] = field(init=False)

    def __post_init__(self) -> None:
        self.units = [unit for unit in self.city.units.values() if not self.city.children(unit.code)]
        sigma = self.parameters.number("arrivals.households_sigma")
        raw = [self.chance.of("city", "households", unit.code).lognormvariate(0.0, sigma) for unit in self.units]
        scale = self.total / sum(raw)
        self.households = [one * scale for one in raw]

    @property
    def total(self) -> int:
        """Return the households of the city."""
        root = self.city.root.households
        return root or sum(unit.households for unit in self.city.units.values() if not self.city.children(unit.code))

    def anywhere(self, rng: random.Random) -> Spot:
        """Draw a place."""
        return self.at(rng, rng.choices(self.units, self.households)[0].code)

    def within(self, rng: random.Random, area: str) -> Spot:
        """Draw a place inside a unit."""
        return self.at(rng, one_of(rng, [u.code for u in self.units if self.city.is_within(u.code, area)]))

    def at(self, rng: random.Random, unit: str) -> Spot:
        """Draw a point and words for a place in one unit."""
        estates = [estate for above in self.city.lineage(unit) for estate in above.estates]
        name = one_of(rng, estates).name if estates else self._named(unit)
        return Spot(unit, f"{name}{rng.randint(1, 20)}号楼", self._point(rng, unit))

    def say(self, rng: random.Random, spot: Spot) -> dict[str, Any]:
        """Return how the sender names the place: a point in one of three systems, a unit code, or an address."""
        draw = rng.random()
        shares = self.parameters.shares("arrivals.place")
        if draw < shares["coordinates"] and spot.point is not None:
            return _told_point(rng, spot.point, self.parameters)
        if draw < shares["coordinates"] + shares["unit_code"]:
            return {"unit": spot.unit}
        community = self.city.at_level(spot.unit, UnitLevel.COMMUNITY)
        return {"address": f"{community.name if community else ''}{spot.words}"}

    def _named(self, unit: str) -> str:
        above = self.city.at_level(unit, UnitLevel.COMMUNITY) or self.city.units[unit]
        return above.name

    def _point(self, rng: random.Random, unit: str) -> tuple[float, float] | None:
        rings = next((found for u in self.city.lineage(unit) if (found := self.city.boundaries.get(u.code))), None)
        if not rings:
            return None
        ring = rings[0]
        west, east = min(x for x, _ in ring), max(x for x, _ in ring)
        south, north = min(y for _, y in ring), max(y for _, y in ring)
        for _ in range(100):
            point = rng.uniform(west, east), rng.uniform(south, north)
            if _is_inside(point, ring):
                return point
        return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)


def _told_point(rng: random.Random, point: tuple[float, float], parameters: Parameters) -> dict[str, Any]:
    gcj, bd = parameters.number("arrivals.coordinates.gcj02"), parameters.number("arrivals.coordinates.bd09")
    system = rng.choices(("gcj02", "bd09", "wgs84"), (gcj, bd, 1 - gcj - bd))[0]
    lon, lat = {"gcj02": to_gcj02, "bd09": to_bd09}.get(system, lambda x, y: (x, y))(*point)
    return {"lon": round(lon, 6), "lat": round(lat, 6), "system": system}


def _is_inside(point: tuple[float, float], ring: Sequence[tuple[float, float]]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) is not (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
