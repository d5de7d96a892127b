"""Who serves what on a city's ground: the rungs of the ladder, and whom a dispatcher may dispatch to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.city.land import Land
from shared.city.parts import Department, Matter, Pairing, Rung, Unit, UnitLevel
from shared.city.rule import DEFAULT, Rule


@dataclass(frozen=True, kw_only=True)
class Ladder(Land):
    """The departments, the matters with their leads, and who is paired with which community."""

    departments: Mapping[str, Department]
    pairings: tuple[Pairing, ...]
    matters: Mapping[str, Matter]
    rungs: Mapping[Rung, UnitLevel | None]
    routing: tuple[Rule, ...] = DEFAULT
    """Rules that name the lead of a case, the first one first."""

    def name_of(self, code: str) -> str:
        """Return the Chinese name of a unit or department, or the code itself if the city has no such one."""
        if code in self.units:
            return self.units[code].name
        return self.departments[code].name if code in self.departments else code

    def rung_unit(self, place: str, rung: Rung) -> Unit | None:
        """Return the unit that holds a case of this place at this rung; None for departments and unknown ground."""
        level = self.rungs[rung]
        return None if level is None else self.at_level(place, level)

    def rung_of(self, unit: str) -> Rung | None:
        """Return the rung at which a unit or department holds cases; None for city, county and third-level grids."""
        if unit in self.departments:
            return Rung.DEPARTMENT
        level = self.units[unit].level
        return next((rung for rung, at in self.rungs.items() if at is level), None)

    def first_holder(self, matter: str, place: str) -> tuple[Rung, Unit]:
        """Return where a case starts: the matter's first rung, the street if communities may not be given it.

        A rung without a unit at that place falls to the next one up, at last to the city itself (operations dispatch).
        """
        leaf = self.matters[matter]
        rungs = tuple(Rung)
        start = rungs.index(leaf.first_rung)
        if not leaf.admitted:
            start = max(start, rungs.index(Rung.STREET))
        for rung in rungs[start:]:
            unit = self.rung_unit(place, rung)
            if unit is not None:
                return rung, unit
        street = self.rung_unit(place, Rung.STREET)
        return Rung.DEPARTMENT, street or self.root

    def next_rung(self, rung: Rung) -> Rung | None:
        """Return the rung that a case is passed up to; None above the department."""
        rungs = tuple(Rung)
        index = rungs.index(rung) + 1
        return rungs[index] if index < len(rungs) else None

    def dispatcher_above(self, unit: str) -> Unit:
        """Return the unit that plays the dispatcher for a rung holding a case itself: its parent."""
        parent = self.units[unit].parent
        return self.root if parent is None else self.units[parent]

    def paired_with(self, community: str) -> tuple[str, ...]:
        """Return the departments paired with a community, in the file's order."""
        return self._paired.get(community, ())

    def communities_of(self, department: str) -> tuple[str, ...]:
        """Return the communities a department is paired with, in the file's order."""
        return tuple(p.community for p in self.pairings if p.department == department)

    @cached_property
    def _paired(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for pairing in self.pairings:
            found.setdefault(pairing.community, []).append(pairing.department)
        return {code: tuple(codes) for code, codes in found.items()}

    def reach(self, dispatcher: str, matter: str | None = None) -> frozenset[str]:
        """Return the units a dispatcher may dispatch to (workflows §1).

        A street reaches any department of the matter (without a matter: every department) and, for admitted matters,
        its communities; a community only the departments paired with it; operations (the city) streets and
        departments; nobody else dispatches.
        """
        unit = self.units.get(dispatcher)
        if unit is None:
            return frozenset()
        if unit.level is UnitLevel.COMMUNITY:
            return frozenset(self.paired_with(unit.code))
        if unit.level is UnitLevel.STREET:
            leaf = None if matter is None else self.matters[matter]
            codes = self.departments if leaf is None else (*leaf.leads, *leaf.supports)
            served = frozenset(code for code in codes if self._serves(code, unit.code))
            below = self._children.get(unit.code, ()) if leaf is not None and leaf.admitted else ()
            return served | frozenset(below)
        if unit.level is UnitLevel.CITY:
            streets = (street.code for street in self.of_level(UnitLevel.STREET))
            return frozenset(self.departments) | frozenset(streets)
        return frozenset()

    def _serves(self, department: str, unit: str) -> bool:
        area = self.departments[department].area
        return not area or self.is_within(unit, area)

    def leads_in_reach(self, matter: str, dispatcher: str) -> tuple[str, ...]:
        """Return the matter's lead departments that the dispatcher may dispatch to, first choice first."""
        reach = self.reach(dispatcher, matter)
        return tuple(lead for lead in self.matters[matter].leads if lead in reach)
