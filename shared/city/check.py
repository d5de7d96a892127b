"""Say everything that is wrong with a city file, each with line and rule, before anyone uses it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from shapely import Polygon
from shapely.validation import explain_validity

from shared.city import schema
from shared.city.lines import Lines, read
from shared.city.load import build, days_of, slots_of
from shared.city.mechanisms import MECHANISMS
from shared.city.model import Act, City, Kind, Rung, UnitLevel
from shared.city.parts import CALLEES, NEEDS, PARTIES, PERIODS, WHISTLES
from shared.city.problems import Findings, Problem
from shared.city.routing import dead, unserved
from shared.city.rule import KINDS, RUNGS

__all__ = ["Problem", "check"]

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LEVELS = tuple(UnitLevel)


def check(path: Path) -> list[Problem]:
    """Return every problem of a city file in the order of its lines; empty means that it loads and may be used."""
    try:
        raw = path.read_bytes()
        lines = read(raw)
    except OSError as error:
        return [Problem(1, "city.unreadable", (("reason", str(error)),))]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", error))
        return [Problem(mark.line + 1 if mark else 1, "city.unreadable", (("reason", reason),))]
    return sorted(_Checker(lines, path.parent).run())


class _Checker(Findings):
    """Check the sense of every row that has the right shape."""

    def __init__(self, lines: Lines, folder: Path) -> None:
        super().__init__(lines)
        self.folder = folder
        self.geojson: dict[str, Any] = {}

    def run(self) -> list[Problem]:
        """Return all problems found."""
        for key, line in self.lines.repeated():
            self.found.append(Problem(line, "city.duplicate_key", (("key", key),)))
        if not isinstance(self.data, dict):
            self.say((), "city.wrong_type", key="city file", wanted="mapping")
            return self.found
        self.shape()
        for check_part in (
            self.units,
            self.departments,
            self.matters,
            self.pairings,
            self.ladder,
            self.routing,
            self.clocks,
            self.chain,
            self.councils,
            self.whistles,
            self.volunteering,
            self.scoring,
            self.admission,
            self.calendar,
            self.mechanisms,
            self.boundaries,
            self.grid_sizes,
            self.marks,
        ):
            check_part()
        if not any(not problem.is_warning for problem in self.found):
            self.loads()
        return self.found

    def units(self) -> None:
        """Check the tree: codes, parents, levels, one root, no cycle."""
        self.codes("units")
        by_code = {row["code"]: row for _, row in self.rows["units"]}
        roots = [row for row in by_code.values() if row.get("parent") is None and row["level"] == UnitLevel.CITY]
        orphans = sum(row.get("parent") is None for row in by_code.values())
        if len(roots) != 1 or orphans != 1:
            self.say(("units",), "city.no_root", count=orphans)
        estates: Counter[str] = Counter()
        for index, row in self.rows["units"]:
            path = ("units", index)
            parent = row.get("parent")
            self.one_of((*path, "level"), row["level"], UnitLevel)
            if parent is not None and parent not in by_code:
                self.say((*path, "parent"), "city.unknown_unit", where=row["code"], unit=parent)
            elif parent is not None and not _is_below(row["level"], by_code[parent]["level"]):
                self.say((*path, "level"), "city.unit_level", unit=row["code"], parent=parent)
            cycle = _cycle(row["code"], by_code)
            if cycle and min(cycle) == row["code"]:
                self.say((*path, "parent"), "city.cycle", units=" → ".join([*cycle, cycle[0]]))
            for party in row.get("lacks", ()):
                self.one_of((*path, "lacks"), party, [party for party in PARTIES if party != "branch"])
            for place, landmark in enumerate(row.get("landmarks", ())):
                self.keys((*path, "landmarks", place), landmark, schema.LANDMARK, "landmarks")
            self.numbers((*path, "numbers"), row, by_code)
            for place, estate in enumerate(row.get("estates", ())):
                if self.keys((*path, "estates", place), estate, schema.ESTATE, "estates"):
                    estates[estate["code"]] += 1
                    if estates[estate["code"]] > 1:
                        self.say(path, "city.duplicate_code", section="estates", code=estate["code"])

    def numbers(self, path: tuple[str | int, ...], row: Mapping[str, Any], by_code: Mapping[str, Any]) -> None:
        """Check which buildings lie in a third-level grid: of estates of the grid above, first number and last."""
        estates = [estate["code"] for estate in by_code.get(str(row.get("parent")), {}).get("estates", ())]
        for estate, numbers in row.get("numbers", {}).items():
            self.one_of((*path, estate), estate, estates)
            is_range = isinstance(numbers, list) and len(numbers) == 2 and all(isinstance(n, int) for n in numbers)
            if not is_range or not 0 < numbers[0] <= numbers[1]:
                self.say((*path, estate), "city.bad_number", key=estate, value=numbers)

    def departments(self) -> None:
        """Check codes (they name streams), reply paths and areas."""
        self.codes("departments")
        units = {row["code"] for _, row in self.rows["units"]}
        for index, row in self.rows["departments"]:
            if not _CODE.fullmatch(str(row["code"])):
                self.say(("departments", index), "city.bad_code", code=row["code"])
            if row.get("reply_path") not in ("desk", "stream"):
                self.say(("departments", index), "city.no_reply_path", department=row["code"])
            if row.get("area") and row["area"] not in units:
                self.say(("departments", index), "city.unknown_unit", where=row["code"], unit=row["area"])

    def matters(self) -> None:
        """Check groups and leaves: known values, a clock for each rung, somebody who serves them."""
        departments = {row["code"] for _, row in self.rows["departments"]}
        self.codes("matters")
        for code, group in self.parts["groups"].items():
            if self.keys(("groups", code), group, schema.GROUP, f"groups.{code}"):
                self.leaf(("groups", code), group)
        for index, row in self.rows["matters"]:
            path = ("matters", index)
            group = self.parts["groups"].get(row["group"])
            if not isinstance(group, dict):
                self.say(path, "city.unknown_group", matter=row["code"], group=row["group"])
                continue
            self.leaf(path, row)
            if not isinstance(row["path"], list) or len(row["path"]) != 3:
                self.say(path, "city.wrong_type", key=f"{row['code']}.path", wanted="list of 3")
            both = {**group, **row}
            wanted = ["accept", *(["verify"] if both.get("verified") else [])]
            lacking = [clock for clock in wanted if clock not in both]
            for clock in lacking:
                self.say(path, "city.matter_without_clock", matter=row["code"], clock=clock)
            if not any(lead in departments for lead in row["leads"]):
                self.say(path, "city.matter_unserved", matter=row["code"])
            for department in (*row["leads"], *row.get("supports", ())):
                if department not in departments:
                    self.say(path, "city.unknown_department", where=row["code"], department=department)

    def leaf(self, path: tuple[str | int, ...], row: Mapping[str, Any]) -> None:
        """Check the values that a group and a matter have in common."""
        known: dict[str, Iterable[str]] = {"kind": Kind, "rung": Rung}
        for key, values in known.items():
            if key in row:
                self.one_of((*path, key), row[key], values)
        for key in ("accept", "verify"):
            if key in row:
                self.budget((*path, key), row[key])
        for rung, budget in (row.get("handle") or {}).items():
            if self.one_of((*path, "handle", rung), rung, Rung):
                self.budget((*path, "handle", rung), budget)

    def pairings(self) -> None:
        """Check both ends and the city's own rule on how many a community may have."""
        departments = {row["code"] for _, row in self.rows["departments"]}
        communities = [row["code"] for _, row in self.rows["units"] if row["level"] == UnitLevel.COMMUNITY]
        least, most = self.parts["pairing_rule"].get("least", 0), self.parts["pairing_rule"].get("most")
        rule = f"{least}–{most}" if most is not None else f"≥ {least}"
        for community, codes in self.parts["pairings"].items():
            if community not in communities:
                self.say(("pairings", community), "city.unknown_unit", where="pairings", unit=community)
            for code in codes:
                if code not in departments:
                    self.say(("pairings", community), "city.unknown_department", where=community, department=code)
            if len(set(codes)) < len(codes):
                self.say(("pairings", community), "city.duplicate_code", section="pairings", code=community)
        for community in communities:
            count = len(self.parts["pairings"].get(community, ()))
            if count < least or (most is not None and count > most):
                path = ("pairings", community)
                self.say(path, "city.pairing_rule", community=community, count=count, allowed=rule)

    def ladder(self) -> None:
        """Check rungs, where unable starts, posts and sources."""
        for rung, level in self.parts["ladder"].items():
            self.one_of(("ladder", rung), level, UnitLevel)
        units = {row["code"] for _, row in self.rows["units"]}
        starts = self.data.get("unable_starts_at", "dispatcher")
        self.one_of(("unable_starts_at",), starts, ("dispatcher", "above_dispatcher"))
        self.codes("sources")
        self.codes("posts")
        for index, row in self.rows["sources"]:
            if not _CODE.fullmatch(str(row["code"])):
                self.say(("sources", index), "city.bad_code", code=row["code"])
            unit = row.get("default_unit")
            if unit is not None and unit not in units:
                self.say(("sources", index), "city.unknown_unit", where=row["code"], unit=unit)
            path = ("sources", index)
            for name in row.get("needs", ()):
                self.one_of((*path, "needs"), name, NEEDS)
            matter = row.get("default_matter")
            if matter is not None:
                self.one_of((*path, "default_matter"), matter, {leaf["code"] for _, leaf in self.rows["matters"]})
            flapping = row.get("flapping")
            if flapping is not None and self.keys((*path, "flapping"), flapping, schema.FLAPPING, "sources.flapping"):
                for key, minutes in flapping.items():
                    self.count((*path, "flapping", key), minutes)
            for key in ("a_minute", "longest"):
                self.count((*path, key), row.get(key, 1))
        for index, row in self.rows["posts"]:
            self.one_of(("posts", index, "level"), row["level"], UnitLevel)

    def routing(self) -> None:
        """Check the rules that name leads: their kind, and that what they name is there."""
        self.codes("routing")
        known = {
            "to": {row["code"] for _, row in self.rows["departments"]},
            "area": {row["code"] for _, row in self.rows["units"]},
            "matters": {row["code"] for _, row in self.rows["matters"]},
            "groups": set(self.parts["groups"]),
            "sources": {row["code"] for _, row in self.rows["sources"]},
            "at": set(RUNGS),
        }
        for index, row in self.rows["routing"]:
            path = ("routing", index)
            self.one_of((*path, "by"), row["by"], KINDS)
            lacks_to = row["by"] in ("place", "receiver") and not row.get("to")
            if lacks_to or (row["by"] == "receiver" and not row.get("sources")):
                self.say(path, "city.routing_to", routing=row["code"])
            for key, codes in known.items():
                said = row.get(key) or ()
                for value in [said] if isinstance(said, str) else said:
                    if value not in codes:
                        self.say(path, "city.routing_unknown", routing=row["code"], key=key, value=value)

    def reached(self, city: City) -> None:
        """Warn of matters that nobody serves somewhere, and of routing rules of the file that never fire."""
        places = {row["code"]: index for index, row in self.rows["matters"]}
        for matter, streets in unserved(city).items():
            where = "、".join(city.name_of(street) for street in streets)
            path = ("matters", places[matter])
            self.say(path, "city.matter_unserved_in", is_warning=True, matter=matter, streets=where)
        lines = {row["code"]: index for index, row in self.rows["routing"]}
        for rule in dead(city) if lines else ():
            self.say(("routing", lines[rule.code]), "city.routing_dead", is_warning=True, routing=rule.code)

    def clocks(self) -> None:
        """Check budgets, limits and shares."""
        for name, value in self.parts["clocks"].items():
            self.budget(("clocks", name), value)
        for name, value in self.parts["limits"].items():
            if not isinstance(value, int) or value < 0:
                self.say(("limits", name), "city.bad_number", key=name, value=value)
        for name, value in self.parts["shares"].items():
            self.share(("shares", name), value)

    def chain(self) -> None:
        """Check the chain of joint meetings: levels with units, upward order, posts, cadence, quorum."""
        self.codes("chain")
        levels = {row["level"] for _, row in self.rows["units"]}
        posts = {row["code"] for _, row in self.rows["posts"]}
        order: list[int] = []
        for index, row in self.rows["chain"]:
            path = ("chain", index)
            if row["unit_level"] not in _LEVELS or row["unit_level"] not in levels:
                self.say(path, "city.unknown_level", level=row["code"], unit_level=row["unit_level"])
            else:
                order.append(_LEVELS.index(UnitLevel(row["unit_level"])))
            for role in ("convener", "secretary"):
                if row[role] not in posts:
                    self.say((*path, role), "city.unknown_post", level=row["code"], post=row[role])
            self.body(path, row, posts)
            for clock in ("answer", "answer_urgent"):
                self.budget((*path, clock), row[clock])
            self.one_of((*path, "period"), row["period"], ("month", "quarter", "half_year", "year"))
            if row["quorum"] != "three_parties":
                self.share((*path, "quorum"), row["quorum"])
            try:
                days = [date(2001, month, day) for month, *ends in slots_of(row) for day in ends]
            except (KeyError, TypeError, ValueError):
                days = []
            if not days:
                self.say(path, "city.bad_date", key=f"{row['code']}.days", value=row.get("dates", row.get("days")))
            elif row["period"] in PERIODS:
                self.cadence(path, row)
        if self.rows["chain"] and (order != sorted(set(order), reverse=True) or order[-1:] != [0]):
            self.say(("chain",), "city.chain_order")

    def body(self, path: tuple[str | int, ...], row: Mapping[str, Any], posts: set[str]) -> None:
        """Check who belongs to a level's bodies, who calls their temporary meetings, when they open."""
        departments = {d["code"]: d["field"] for _, d in self.rows["departments"]}
        for place, member in enumerate(row["members"]):
            if member not in posts and member not in departments and member not in ("below", "paired", "served"):
                self.say((*path, "members", place), "city.unknown_member", level=row["code"], member=member)
        if row["quorum"] == "three_parties" and row["unit_level"] != UnitLevel.GRID:
            self.say((*path, "quorum"), "city.three_parties", level=row["code"])
        for field, post in row.get("leaders", {}).items():
            if field not in departments.values():
                self.say((*path, "leaders", field), "city.unknown_field", level=row["code"], field_name=field)
            if post not in posts:
                self.say((*path, "leaders", field), "city.unknown_post", level=row["code"], post=post)
        try:
            time.fromisoformat(row["opens"])
        except (TypeError, ValueError):
            self.say((*path, "opens"), "city.bad_time", key=f"{row['code']}.opens", value=row["opens"])

    def cadence(self, path: tuple[str | int, ...], row: Mapping[str, Any]) -> None:
        """Check that a level meets exactly once in every period of the year."""
        months = PERIODS[row["period"]]
        met = sorted((month - 1) // months for month, _, _ in slots_of(row))
        if met != list(range(12 // months)):
            self.say(path, "city.cadence", level=row["code"], count=len(met), wanted=12 // months)

    def councils(self) -> None:
        """Check the templates of councils: units of their level, a chair among the parties, a mechanism that is on."""
        self.codes("councils")
        levels = {row["level"] for _, row in self.rows["units"]}
        for index, row in self.rows["councils"]:
            path = ("councils", index)
            if row["unit_level"] not in levels:
                self.say(path, "city.unknown_level", level=row["code"], unit_level=row["unit_level"])
            parties = row["parties"] if isinstance(row["parties"], list) else []
            good = [p for n, p in enumerate(parties) if self.keys((*path, "parties", n), p, schema.PARTY, "parties")]
            for n, party in enumerate(parties):
                if "act" in party:
                    self.one_of((*path, "parties", n, "act"), party["act"], Act)
            if row["chair"] not in [party["code"] for party in good]:
                self.say((*path, "chair"), "city.council_chair", council=row["code"], chair=row["chair"])
            self.share((*path, "quorum"), row["quorum"])
            self.one_of((*path, "period"), row["period"], PERIODS)
            if row["mechanism"] not in self.data.get("mechanisms", ()):
                self.say((*path, "mechanism"), "city.council_off", council=row["code"], mechanism=row["mechanism"])

    def whistles(self) -> None:
        """Check which level may call whom by which whistle, and that a mechanism is on which allows it."""
        on = {"whistle", "street-rights"} & set(self.data.get("mechanisms", ()))
        for level, row in self.parts["whistles"].items():
            path = ("whistles", level)
            if not self.keys(path, row, schema.WHISTLING, f"whistles.{level}"):
                continue
            self.one_of((*path, "callees"), row["callees"], CALLEES)
            for kind in row["kinds"]:
                self.one_of((*path, "kinds"), kind, WHISTLES)
            if not on:
                self.say(path, "city.whistle_off", level=level)

    def volunteering(self) -> None:
        """Check that posts, teams and zones for members are offered where their mechanism is on."""
        for kind, names in self.parts["volunteering"].items():
            if not isinstance(names, list):
                self.say(("volunteering", kind), "city.wrong_type", key=kind, wanted="list")
            if "double-post" not in self.data.get("mechanisms", ()):
                self.say(("volunteering", kind), "city.volunteering_off")

    def scoring(self) -> None:
        """Check weights, credits, order of versions and what may not be published about communities."""
        is_yearly = "yearly-assessment" in self.data.get("mechanisms", ())
        before: tuple[int, date] | None = None
        for index, row in self.rows["scoring"]:
            path = ("scoring", index)
            weights = row["weights"]
            if self.keys((*path, "weights"), weights, schema.WEIGHTS, "weights"):
                total = sum((self.share((*path, "weights", k), w) for k, w in weights.items()), Fraction(0))
                if total != 1:
                    self.say((*path, "weights"), "city.weights", version=row["version"], total=f"{float(total):.2%}")
            if sorted(row["credits"]) != [1, 2, 3, 4, 5]:
                self.say((*path, "credits"), "city.bad_value", key="credits", value=list(row["credits"]), known="1–5")
            for grade, credit in row["credits"].items():
                self.share((*path, "credits", grade), credit)
            self.one_of((*path, "exclusion_scope"), row["exclusion_scope"], ("outcome", "all"))
            self.budget((*path, "window"), row["window"])
            self.budget((*path, "freeze"), row["freeze"])
            if not isinstance(row["effective_from"], date):
                self.say((*path, "effective_from"), "city.bad_date", key="effective_from", value=row["effective_from"])
            else:
                now = (row["version"], row["effective_from"])
                if before is not None and not (now[0] > before[0] and now[1] > before[1]):
                    self.say(path, "city.policy_order")
                before = now
            self.publication(path, row)
            self.tiers(path, row)
            vetoes = row["vetoes"].get("community", ())
            if is_yearly and vetoes:
                self.say((*path, "vetoes"), "city.veto", items=", ".join(vetoes))
            if is_yearly and "community" not in row["yearly_only"]:
                self.say((*path, "yearly_only"), "city.yearly_only", version=row["version"])
            for level in (*row["yearly_only"], *row["vetoes"]):
                self.one_of((*path, "yearly_only"), level, (*UnitLevel, "department"))
        for index, row in self.rows["scoring"][-1:]:
            if row["window"] != (rate := self.parts["clocks"].get("rate")):
                self.say(
                    ("scoring", index, "window"), "city.two_windows", is_warning=True, window=row["window"], rate=rate
                )

    def publication(self, path: tuple[str | int, ...], row: Mapping[str, Any]) -> None:
        """Check that a policy was published before it takes effect."""
        published, effective = row["published_on"], row["effective_from"]
        if not isinstance(published, date):
            self.say((*path, "published_on"), "city.bad_date", key="published_on", value=published)
        elif isinstance(effective, date) and published >= effective:
            self.say((*path, "published_on"), "city.policy_late", version=row["version"], on=published)

    def tiers(self, path: tuple[str | int, ...], row: Mapping[str, Any]) -> None:
        """Check that a tier holds known units of one kind, none of them in another tier."""
        kinds = {unit["code"]: unit["level"] for _, unit in self.rows["units"]}
        kinds |= {department["code"]: "department" for _, department in self.rows["departments"]}
        seen: set[str] = set()
        for tier, units in (row.get("tiers") or {}).items():
            for unit in units:
                if unit not in kinds:
                    self.say((*path, "tiers", tier), "city.unknown_unit", where=tier, unit=unit)
                elif unit in seen or kinds[unit] != kinds.get(units[0]):
                    self.say((*path, "tiers", tier), "city.tier", tier=tier, unit=unit)
                seen.add(unit)

    def admission(self) -> None:
        """Check the list of admitted matters."""
        seen: set[str] = set()
        for place, item in enumerate(self.parts["admission"].get("items", ())):
            path = ("admission", "items", place)
            if self.keys(path, item, schema.ADMISSION_ITEM, "admission.items"):
                self.one_of((*path, "kind"), item["kind"], ("statutory", "assisting", "certificate"))
                if item["code"] in seen:
                    self.say(path, "city.duplicate_code", section="admission.items", code=item["code"])
                seen.add(item["code"])
        if self.parts["admission"]:
            self.budget(("admission", "decide"), self.parts["admission"]["decide"])

    def calendar(self) -> None:
        """Check the days; a make-up day is a weekend day that is no holiday."""
        days: dict[str, frozenset[date]] = {"holidays": frozenset(), "makeups": frozenset()}
        for key in days:
            for place, run in enumerate(self.parts["calendar"].get(key, ())):
                try:
                    days[key] |= days_of([run])
                except ValueError:
                    self.say(("calendar", key, place), "city.bad_date", key=key, value=run)
        for day in sorted(days["makeups"]):
            if day.weekday() < 5 or day in days["holidays"]:
                self.say(("calendar", "makeups"), "city.makeup", day=day)

    def mechanisms(self) -> None:
        """Check that each mechanism exists."""
        for place, name in enumerate(self.data.get("mechanisms", ())):
            if name not in MECHANISMS:
                self.say(("mechanisms", place), "city.unknown_mechanism", mechanism=name)

    def boundaries(self) -> None:
        """Check the boundaries in the file beside: readable, of known units, valid polygons."""
        name = self.data.get("boundaries")
        if not name:
            return
        path = ("boundaries",)
        try:
            self.geojson = json.loads((self.folder / name).read_bytes())
            grounds = [(f["properties"]["code"], f["geometry"]["coordinates"]) for f in self.geojson["features"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.say(path, "city.unreadable", reason=f"{name}: {error}")
            return
        lines = {row["code"]: index for index, row in self.rows["units"]}
        for code, rings in grounds:
            if code not in lines:
                self.say(path, "city.unknown_unit", where=name, unit=code)
                continue
            try:
                reason = explain_validity(Polygon(rings[0], rings[1:]))
            except (ValueError, TypeError, IndexError) as error:
                reason = str(error)
            if reason != "Valid Geometry":
                self.say(("units", lines[code]), "city.boundary", unit=code, reason=reason)

    def grid_sizes(self) -> None:
        """Warn of grids outside the city's norms: they are norms, not facts."""
        for level, norm in self.parts["grid_norms"].items():
            low, high = norm
            outside = [
                (index, row["code"])
                for index, row in self.rows["units"]
                if row["level"] == level and not low <= row.get("households", 0) <= high
            ]
            if outside:
                units = ", ".join(code for _, code in outside[:5]) + (" …" if len(outside) > 5 else "")
                path = ("units", outside[0][0])
                params = {"count": len(outside), "level": level, "low": low, "high": high, "units": units}
                self.say(path, "city.grid_size", is_warning=True, **params)

    def marks(self) -> None:
        """Check that every section is marked published or assumed, itself or in all its parts."""
        marked = {path for paths in self.parts["marks"].values() for path in paths}
        for section in sorted(self.data.keys() & (schema.FILE.required | schema.FILE.optional) - {"marks"}):
            part = self.data[section]
            names = part.keys() if isinstance(part, dict) else ()
            if section not in marked and not (names and all(f"{section}.{name}" in marked for name in names)):
                self.say((section,), "city.unmarked", section=section)

    def loads(self) -> None:
        """Build the model at last, so that a clean check means a city that loads."""
        try:
            self.reached(build(self.data, self.geojson, ""))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            self.say((), "city.unloadable", reason=f"{type(error).__name__}: {error}")


def _is_below(level: str, parent: str) -> bool:
    order: Callable[[str], int] = [level.value for level in _LEVELS].index
    known = {level.value for level in _LEVELS}
    return level not in known or parent not in known or order(level) > order(parent)


def _cycle(code: str, by_code: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the units of the cycle that a unit lies on, itself first; empty if it lies on none."""
    walked = [code]
    at: str | None = by_code[code].get("parent")
    while at is not None and at in by_code and at not in walked:
        walked.append(at)
        at = by_code[at].get("parent")
    return walked if at == code else []
