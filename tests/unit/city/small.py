"""The text of the small city and the squares it lies on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SMALL = (Path(__file__).parent / "small.yaml").read_text("utf-8")


def square(code: str, west: float, south: float, size: float) -> dict[str, Any]:
    """Return a square as a GeoJSON feature, in hundredths of a degree from 120 E, 30 N."""
    x0, y0, x1, y1 = (v / 100 for v in (west, south, west + size, south + size))
    ring = [[120 + x, 30 + y] for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]
    return {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
