"""The ground of a city: its units as a tree, and their boundaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.city.parts import Ring, Unit, UnitLevel


@dataclass(frozen=True, kw_only=True)
class Land:
    """Units by code, every one below its parent, and the rings that bound them; `boundaries` may lack any of them."""

    units: Mapping[str, Unit]
    boundaries: Mapping[str, tuple[Ring, ...]]

    @cached_property
    def root(self) -> Unit:
        """Return the city itself, at which the operations team (指挥中心) works."""
        return next(unit for unit in self.units.values() if unit.parent is None)

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for unit in self.units.values():
            if unit.parent is not None:
                found.setdefault(unit.parent, []).append(unit.code)
        return {code: tuple(codes) for code, codes in found.items()}

    def children(self, code: str) -> tuple[Unit, ...]:
        """Return the units directly below, in the file's order."""
        return tuple(self.units[child] for child in self._children.get(code, ()))

    def ancestors(self, code: str) -> tuple[Unit, ...]:
        """Return the units above, nearest first, without the unit itself. Raises KeyError for an unknown code."""
        found: list[Unit] = []
        parent = self.units[code].parent
        while parent is not None:
            unit = self.units[parent]
            found.append(unit)
            parent = unit.parent
        return tuple(found)

    def lineage(self, code: str) -> tuple[Unit, ...]:
        """Return the unit and everything above it, nearest first."""
        return (self.units[code], *self.ancestors(code))

    def at_level(self, code: str, level: UnitLevel) -> Unit | None:
        """Return the unit itself or its ancestor of that level; None where the place is not known so finely."""
        return next((unit for unit in self.lineage(code) if unit.level is level), None)

    def of_level(self, level: UnitLevel) -> tuple[Unit, ...]:
        """Return every unit of one level, in the file's order."""
        return tuple(unit for unit in self.units.values() if unit.level is level)

    def is_within(self, code: str, area: str) -> bool:
        """Tell whether a unit is `area` or lies below it."""
        return any(unit.code == area for unit in self.lineage(code))
