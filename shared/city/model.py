"""What a city file says, as frozen values that every service reads and none may change.

Codes are the keys everywhere: facts carry codes, the file carries names. Budgets are `shared.kernel.clock.Budget`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.city.ladder import Ladder
from shared.city.parts import (
    PARTIES,
    Act,
    Admission,
    AdmissionItem,
    Body,
    Cadence,
    Council,
    Department,
    Estate,
    Kind,
    Landmark,
    Level,
    Matter,
    Member,
    Names,
    Pairing,
    Policy,
    Post,
    Ring,
    Rung,
    Slot,
    Source,
    Unit,
    UnitLevel,
    Whistling,
    period_of,
)
from shared.city.routing import Asked, Tried, route
from shared.kernel.calendar import Calendar
from shared.kernel.clock import Budget

if TYPE_CHECKING:
    from shared.city.geography import Geography

__all__ = [
    "Act",
    "Admission",
    "AdmissionItem",
    "Body",
    "Cadence",
    "City",
    "Council",
    "Department",
    "Estate",
    "Kind",
    "Landmark",
    "Level",
    "Matter",
    "Member",
    "Names",
    "Pairing",
    "Policy",
    "Post",
    "Ring",
    "Rung",
    "Slot",
    "Source",
    "Unit",
    "UnitLevel",
    "Whistling",
]


@dataclass(frozen=True, kw_only=True)
class City(Ladder):
    """One city, whole and unchangeable; `version` is the short hash of the file and is named by every fact."""

    code: str
    names: Names
    version: str
    case_prefix: str
    posts: Mapping[str, Post]
    admission: Admission
    clocks: Mapping[str, Budget]
    limits: Mapping[str, int]
    shares: Mapping[str, Fraction]
    chain: tuple[Level, ...]
    unable_starts_at: str
    policies: tuple[Policy, ...]
    sources: Mapping[str, Source]
    mechanisms: frozenset[str]
    calendar: Calendar
    simulation: Mapping[str, Any]
    published: Mapping[str, Any]
    marks: Mapping[str, str]
    pairing_rule: Mapping[str, int]
    grid_norms: Mapping[UnitLevel, tuple[int, int]]
    councils: tuple[Council, ...] = ()
    whistles: Mapping[UnitLevel, Whistling] = field(default_factory=dict)
    volunteering: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind (post, team, zone) -> what communities offer to members for double duty (双岗双责)."""

    @cached_property
    def geography(self) -> Geography:
        """Return what answers where things are in this city."""
        from shared.city.geography import Geography  # shapely is loaded by those who ask

        return Geography(self)

    def route(
        self, matter: str, place: str, dispatcher: str, *, source: str = "", number: str = "",
        barred: tuple[str, ...] = (), rung: str = "department", loads: Mapping[str, int] | None = None,
    ) -> tuple[Tried, ...]:  # fmt: skip
        """Return the routing rules that were tried for a case, the last one with its lead if any fired."""
        return tuple(route(Asked(matter, place, dispatcher, source, number, barred, rung, loads or {}), self))

    def admitting(self, matters: frozenset[str]) -> City:
        """Return the city with these matters given to communities as well (准入审批): who serves them, from now on."""
        given = {code: replace(m, admitted=True) if code in matters else m for code, m in self.matters.items()}
        return replace(self, matters=given)

    # --- clocks ---------------------------------------------------------------------------------------------------

    def clock(self, name: str, *, urgent: bool = False) -> Budget:
        """Return a default budget such as `dispatch` or `handle.street`; its urgent form where the file has one."""
        if urgent:
            for special in (f"{name}.urgent", f"{name.partition('.')[0]}.urgent"):
                if special in self.clocks:
                    return self.clocks[special]
        return self.clocks[name]

    def handle_budget(self, matter: str, rung: Rung) -> Budget:
        """Return the time a rung has to handle a matter: the matter's own limit or the rung's default."""
        leaf = self.matters[matter]
        own = leaf.handle.get(rung)
        return own if own is not None else self.clock(f"handle.{rung.value}", urgent=leaf.urgent)

    # --- joint meetings -------------------------------------------------------------------------------------------

    @cached_property
    def levels(self) -> Mapping[str, Level]:
        """Return the chain of meeting levels by code, lowest first."""
        return {level.code: level for level in self.chain}

    @cached_property
    def bodies(self) -> Mapping[str, Body]:
        """Return every body by the code of its unit."""
        at = {level.unit_level: level for level in self.chain}
        return {u.code: self._make_body(u, at[u.level]) for u in self.units.values() if u.level in at}

    def body_of(self, unit: str) -> Body | None:
        """Return the body where a unit's topics start: its own or that of its nearest ancestor on the chain."""
        return next((self.bodies[u.code] for u in self.lineage(unit) if u.code in self.bodies), None)

    def body_above(self, unit: str) -> Body | None:
        """Return the body that a topic of this body moves up to; None at the top."""
        return next((self.bodies[u.code] for u in self.ancestors(unit) if u.code in self.bodies), None)

    def _make_body(self, unit: Unit, level: Level) -> Body:
        return Body(
            unit=unit.code,
            level=level.code,
            name=f"{unit.name}{level.body_name}",
            convener=level.convener,
            secretary=level.secretary,
            members=self._members(unit, level),
            quorum_rule=level.quorum_rule,
            quorum=level.quorum,
            slot=replace(level.slot, place=level.slot.place.replace("{unit}", unit.name)),
            guests=level.guests,
            leaders=level.leaders,
            excusable=level.excusable,
        )

    def _members(self, unit: Unit, level: Level) -> tuple[Member, ...]:
        if level.quorum_rule == "three_parties":
            return tuple(Member(code, name, "party") for code, name in PARTIES.items() if code not in unit.lacks)
        found = {m.code: m for code in (level.convener, *level.members) for m in self._member(code, unit)}
        return tuple(found.values())

    def _member(self, code: str, unit: Unit) -> Iterator[Member]:
        """Yield what one word of a level's list of members stands for at a unit."""
        if code == "below":
            yield from (Member(u.code, u.name, "unit") for u in self.children(unit.code))
        elif code in ("paired", "served"):
            codes = self.paired_with(unit.code) if code == "paired" else self._served
            yield from (Member(d, self.departments[d].name, "department") for d in codes)
        elif code in self.departments:
            yield Member(code, self.departments[code].name, "department")
        else:
            yield Member(code, self.posts[code].name if code in self.posts else "", "post")

    @cached_property
    def _served(self) -> tuple[str, ...]:
        leads = {lead for matter in self.matters.values() for lead in matter.leads}
        return tuple(code for code in self.departments if code in leads)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Number the bodies of each level in the file's order."""
        count: Counter[str] = Counter()
        found: dict[str, int] = {}
        for code, body in self.bodies.items():
            found[code] = count[body.level]
            count[body.level] += 1
        return found

    def councils_of(self, unit: str) -> tuple[Council, ...]:
        """Return the councils that a unit has beside its body (五位一体, 四会联治, 定期会晤)."""
        return tuple(council for council in self.councils if council.unit_level is self.units[unit].level)

    def meeting_days(self, unit: str, year: int) -> tuple[date, ...]:
        """Return the planned regular days of a unit's body in a year, a closed day moved to the next working day.

        Bodies of one level are spread over the level's days of the month in the file's order. Where the next working
        day is no longer of the period, the last one before is taken: a period has its meeting inside.
        """
        cadence = self.levels[self.bodies[unit].level].cadence
        place = self._places[unit]
        return tuple(
            self._working_day(unit, date(year, month, first + place % (last - first + 1)))
            for month, first, last in cadence.slots
        )

    def period_end(self, unit: str, on: date) -> date:
        """Return the last day of the period in which a day lies, by the cadence of the unit's body."""
        return period_of(self.levels[self.bodies[unit].level].cadence.period, on)[1]

    def _working_day(self, unit: str, fixed: date) -> date:
        if self.calendar.is_working_day(fixed):
            return fixed
        on = self.calendar.working_day_after(fixed, 1)
        return on if on <= self.period_end(unit, fixed) else self.calendar.working_day_before(fixed, 1)

    # --- scoring --------------------------------------------------------------------------------------------------

    def policy_on(self, period_start: date) -> Policy:
        """Return the scoring policy in force on the first day of a period. Raises LookupError before the first."""
        valid = [policy for policy in self.policies if policy.effective_from <= period_start]
        if not valid:
            raise LookupError(f"no scoring policy in force on {period_start}")
        return max(valid, key=lambda policy: policy.effective_from)

    def mark_of(self, path: str) -> str:
        """Tell whether a value of the file, by its dotted path, is `published` or `assumed`: longest prefix wins."""
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            mark = self.marks.get(".".join(parts[:length]))
            if mark is not None:
                return mark
        return "assumed"
