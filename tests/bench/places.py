"""How fast points are placed: `python -m tests.bench.places [POINTS]`.

A ground of 20 streets, each of 10 communities of 10 grids (2,221 polygons), drawn like the cities' own, and random
points in it. Prints points a second of one core for each system of coordinates: turned into WGS-84, found in
its grid, with its confidence and doubt, one call a point, as a report takes it.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import replace

from shapely import Point, Polygon

from deploy.cities.tessellate import tessellate
from shared.city.geography import Coordinates, Geography, bd09_from_gcj02, gcj02_from_wgs84
from shared.city.load import load
from shared.city.model import City, Unit, UnitLevel

BELOW = {UnitLevel.CITY: (UnitLevel.STREET, 20), UnitLevel.STREET: (UnitLevel.COMMUNITY, 10),
         UnitLevel.COMMUNITY: (UnitLevel.GRID, 10)}  # fmt: skip


def ground() -> City:
    """Return a city of 2,221 units with boundaries; all else is Donggang's."""
    city = load("donggang")
    plain = replace(city.root, parent=None, estates=(), aliases=(), merged=())
    units: dict[str, Unit] = {plain.code: plain}
    children: dict[str, list[str]] = {}
    queue = [plain]
    while queue:
        unit = queue.pop(0)
        if unit.level not in BELOW:
            continue
        level, count = BELOW[unit.level]
        below = [replace(plain, code=f"{unit.code}-{n:02d}", level=level, parent=unit.code) for n in range(count)]
        units |= {child.code: child for child in below}
        children[unit.code] = [child.code for child in below]
        queue.extend(below)
    grounds = tessellate(plain.code, children, 400.0, (115.9, 28.7), 5)
    rings = {code: (tuple(polygon.exterior.coords),) for code, polygon in grounds.items()}
    return replace(city, units=units, boundaries=rings)


def main() -> None:
    """Measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    city = ground()
    geography = Geography(city)
    area = Polygon(city.boundaries[city.root.code][0])
    west, south, east, north = area.bounds
    chance = random.Random(3)
    points: list[Coordinates] = []
    while len(points) < count:
        point = chance.uniform(west, east), chance.uniform(south, north)
        if area.contains(Point(point)):
            points.append(point)
    shifted = [gcj02_from_wgs84(point) for point in points]
    said = {"wgs84": points, "gcj02": shifted, "bd09": [bd09_from_gcj02(point) for point in shifted]}
    geography.place(point=points[0])
    print(f"{len(city.boundaries):,} polygons, {count:,} points")
    for system, given in said.items():
        began = time.process_time()
        found = [geography.place(point=point, system=system) for point in given]
        spent = time.process_time() - began
        kinds = Counter(f"{place.how} {place.doubt or ''}".strip() for place in found)
        print(f"{system}: {count / spent:,.0f} points/s of one core; {dict(kinds)}", flush=True)


if __name__ == "__main__":
    main()
