"""What people choose from in forms: matters, grids, departments, each code with its words."""

from __future__ import annotations

from services.console.pages.frame import Desk
from services.console.parts.act import Options
from shared.city.model import City, UnitLevel


def matter_options(city: City) -> Options:
    """Return every matter with its whole path, each level said once."""
    return [(code, " / ".join(dict.fromkeys((*one.path, one.name)))) for code, one in city.matters.items()]


def grid_options(city: City, area: str = "") -> Options:
    """Return the grids of an area, of the whole city without one."""
    return [
        (unit.code, unit.name)
        for unit in city.of_level(UnitLevel.GRID)
        if city.is_within(unit.code, area or city.root.code)
    ]


def own_grid_options(desk: Desk) -> Options:
    """Return the grids of the reader's own ground; who has none works for the whole city."""
    at = desk.signed.post.at
    return grid_options(desk.city, at if at in desk.city.units else "")


def department_options(city: City) -> Options:
    """Return the departments."""
    return [(code, one.name) for code, one in city.departments.items()]
