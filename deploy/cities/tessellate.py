"""Divide a city's ground into nested areas that look like units: seeded Voronoi cells, relaxed, children in parents."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import shapely
from shapely import MultiPoint, Point, Polygon

KM_PER_DEGREE = 111.32


def outline(area: float, rng: random.Random) -> Polygon:
    """Return a convex outline of about so many square kilometres around the origin, in kilometres."""
    points = [
        Point(math.cos(turn) * rng.uniform(0.85, 1.15), math.sin(turn) * rng.uniform(0.85, 1.15))
        for turn in (2 * math.pi * i / 11 for i in range(11))
    ]
    hull = MultiPoint(points).convex_hull
    scale = math.sqrt(area / hull.area)
    return Polygon([(x * scale, y * scale) for x, y in hull.exterior.coords])


def split(area: Polygon, parts: int, rng: random.Random) -> list[Polygon]:
    """Partition a convex area into so many cells of similar size, each convex again."""
    if parts == 1:
        return [area]
    west, south, east, north = area.bounds
    seeds: list[Point] = []
    while len(seeds) < parts:
        point = Point(rng.uniform(west, east), rng.uniform(south, north))
        if area.contains(point):
            seeds.append(point)
    cells: list[Polygon] = []
    for _ in range(12):
        diagram = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=area)
        cells = [cell.intersection(area) for cell in diagram.geoms]
        seeds = [cell.centroid for cell in cells]
    return sorted(cells, key=lambda cell: (-round(cell.centroid.y, 3), cell.centroid.x))


def tessellate(
    root: str, children: Mapping[str, Sequence[str]], area: float, centre: tuple[float, float], seed: int
) -> dict[str, Polygon]:
    """Return a boundary in WGS-84 degrees for every unit below and including the root.

    `area` is in square kilometres, `centre` is (longitude, latitude).
    """
    rng = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    grounds = {root: outline(area, rng)}
    queue = [root]
    while queue:
        parent = queue.pop(0)
        codes = children.get(parent, ())
        if codes:
            grounds.update(zip(codes, split(grounds[parent], len(codes), rng), strict=True))
            queue.extend(codes)
    east = KM_PER_DEGREE * math.cos(math.radians(centre[1]))
    return {
        code: Polygon([(round(centre[0] + x / east, 6), round(centre[1] + y / KM_PER_DEGREE, 6)) for x, y in rings])
        for code, rings in ((code, ground.exterior.coords) for code, ground in grounds.items())
    }
