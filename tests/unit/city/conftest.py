"""A small city file, right in everything, from which each test breaks one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.city.lines import read
from shared.city.load import CITIES
from tests.unit.city.small import SMALL, square


@pytest.fixture(scope="session")
def common() -> dict[str, str]:
    """Return the long sections that every city has alike, as one line each."""
    data = read((CITIES / "donggang.yaml").read_bytes()).data
    return {section: json.dumps(data[section]) for section in ("simulation", "clocks")}


@pytest.fixture
def write(tmp_path: Path, common: dict[str, str]) -> Callable[..., Path]:
    """Return a function that writes the small city with some text replaced, once and only where it stands."""

    def write(*changes: tuple[str, str], ground: str | None = None) -> Path:
        text = SMALL.replace("@SIMULATION", common["simulation"]).replace("@CLOCKS", common["clocks"])
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        codes = {"town": (0, 0, 4), "S1": (0, 0, 4), "C1": (0, 0, 2), "C2": (2, 0, 2), "C1-G1": (0, 0, 1)}
        features = [square(code, *place) for code, place in codes.items()]
        collection = json.dumps({"type": "FeatureCollection", "features": features})
        (tmp_path / "town.geojson").write_text(collection if ground is None else ground, "utf-8")
        path = tmp_path / "town.yaml"
        path.write_text(text, "utf-8")
        return path

    return write
