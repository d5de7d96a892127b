"""What a telephone sends: WGS-84 points as the two shifted systems of Chinese maps (GCJ-02, BD-09) show them."""

from __future__ import annotations

import math

# Krasovsky 1940, the ellipsoid of GCJ-02.
_AXIS, _ECCENTRICITY2 = 6378245.0, 0.00669342162296594323

Point = tuple[float, float]
"""Longitude, latitude in degrees."""


def to_gcj02(lon: float, lat: float) -> Point:
    """Shift a WGS-84 point to GCJ-02; within China alone."""
    x, y = lon - 105.0, lat - 35.0
    wave = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + 2 / 3 * wave
    north += 2 / 3 * (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi))
    north += 2 / 3 * (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + 2 / 3 * wave
    east += 2 / 3 * (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi))
    east += 2 / 3 * (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi))
    angle = math.radians(lat)
    magic = 1 - _ECCENTRICITY2 * math.sin(angle) ** 2
    d_lat = north * 180 / (_AXIS * (1 - _ECCENTRICITY2) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = east * 180 / (_AXIS / math.sqrt(magic) * math.cos(angle) * math.pi)
    return lon + d_lon, lat + d_lat


def to_bd09(lon: float, lat: float) -> Point:
    """Shift a WGS-84 point to BD-09, which is a second shift of GCJ-02."""
    x, y = to_gcj02(lon, lat)
    turn = math.pi * 3000 / 180
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * turn)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * turn)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006
