"""Read a city file into its model; `shared.city.check` says what is wrong with one that does not load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from shared.city.model import (
    Act,
    Admission,
    AdmissionItem,
    Cadence,
    City,
    Council,
    Department,
    Estate,
    Kind,
    Landmark,
    Level,
    Matter,
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
)
from shared.city.parts import Flapping, Party
from shared.city.rule import DEFAULT, DEPARTMENT, Rule
from shared.city.statutory import festivals
from shared.kernel.calendar import Calendar
from shared.kernel.clock import Budget

CITIES = Path(__file__).resolve().parents[2] / "deploy" / "cities"


class CityError(Exception):
    """A city file cannot be used; `sidan city check FILE` names each line."""


def path_of(city: str) -> Path:
    """Return the file of a city given as code of a shipped profile or as path. Raises CityError if there is none."""
    for path in (Path(city), CITIES / f"{city}.yaml"):
        if path.is_file():
            return path
    raise CityError(f"no city file: {city}")


def load(city: str | Path) -> City:
    """Return the city of a file or of a shipped profile's code. Raises CityError for one that cannot be read."""
    path = path_of(str(city))
    raw = path.read_bytes()
    try:
        data = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
        ground = (path.parent / data["boundaries"]).read_bytes() if data.get("boundaries") else b""
        return build(data, json.loads(ground) if ground else {}, version_of(raw, ground))
    except (yaml.YAMLError, OSError, AttributeError, KeyError, TypeError, ValueError, StopIteration) as error:
        raise CityError(f"{path.name}: {type(error).__name__}: {error}") from error


def version_of(raw: bytes, ground: bytes) -> str:
    """Return the short hash that names a version: of the file and its boundaries, so that neither changes unseen."""
    return hashlib.sha256(raw + ground).hexdigest()[:12]


def build(data: Mapping[str, Any], geojson: Mapping[str, Any], version: str) -> City:
    """Return the model of a parsed file. Raises KeyError, TypeError or ValueError for what does not fit."""
    head = data["city"]
    return City(
        code=head["code"],
        names=Names(head["zh"], head["en"]),
        version=version,
        case_prefix=head["case_prefix"],
        units={row["code"]: _unit(row) for row in data["units"]},
        departments={row["code"]: Department(**row) for row in data["departments"]},
        pairings=tuple(Pairing(d, community) for community, codes in data["pairings"].items() for d in codes),
        posts={
            row["code"]: Post(row["code"], row["zh"], UnitLevel(row["level"]), row.get("ex_officio", ""))
            for row in data["posts"]
        },
        matters={row["code"]: _matter(row, data["groups"][row["group"]]) for row in data["matters"]},
        admission=_admission(data["admission"]),
        clocks={name: Budget.parse(text) for name, text in data["clocks"].items()},
        limits=dict(data["limits"]),
        shares={name: Fraction(str(share)) for name, share in data["shares"].items()},
        rungs={rung: UnitLevel(data["ladder"][rung]) if rung in data["ladder"] else None for rung in Rung},
        chain=tuple(_level(row) for row in data["chain"]),
        councils=tuple(_council(row) for row in data.get("councils", ())),
        routing=tuple(_rule(row) for row in data["routing"]) if data.get("routing") else DEFAULT,
        whistles={
            UnitLevel(level): Whistling(row["callees"], tuple(row["kinds"]))
            for level, row in data.get("whistles", {}).items()
        },
        volunteering={kind: tuple(names) for kind, names in data.get("volunteering", {}).items()},
        unable_starts_at=data["unable_starts_at"],
        policies=tuple(_policy(row) for row in data["scoring"]),
        sources={row["code"]: _source(row) for row in data["sources"]},
        mechanisms=frozenset(data["mechanisms"]),
        calendar=calendar_of(data["calendar"]),
        simulation=data["simulation"],
        published=data["published"],
        boundaries={f["properties"]["code"]: _rings(f["geometry"]) for f in geojson.get("features", ())},
        marks={path: mark for mark in ("published", "assumed") for path in data["marks"].get(mark, ())},
        pairing_rule=dict(data.get("pairing_rule", {})),
        grid_norms={UnitLevel(level): (low, high) for level, (low, high) in data.get("grid_norms", {}).items()},
    )


def calendar_of(row: Mapping[str, Any]) -> Calendar:
    """Return the calendar of a file's `calendar` section; `known` are its first and last statutory year."""
    first, last = row["known"]
    return Calendar(
        holidays=days_of(row["holidays"]),
        makeups=days_of(row["makeups"]),
        known=frozenset(range(first, last + 1)),
        names=festivals(first, last),
        hours=tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in row["hours"]),
    )


def days_of(runs: list[date | str]) -> frozenset[date]:
    """Return the days of entries such as 2026-02-15..2026-02-23 or 2026-01-01."""
    found: set[date] = set()
    for run in runs:
        first, _, last = str(run).partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return frozenset(found)


def _unit(row: Mapping[str, Any]) -> Unit:
    return Unit(
        code=row["code"],
        name=row["name"],
        level=UnitLevel(row["level"]),
        parent=row.get("parent"),
        households=row.get("households", 0),
        residents=row.get("residents", 0),
        buildings=row.get("buildings", 0),
        aliases=tuple(row.get("aliases", ())),
        merged=tuple(row.get("merged", ())),
        estates=tuple(Estate(e["code"], e["name"], tuple(e.get("aliases", ()))) for e in row.get("estates", ())),
        stands_in=row.get("stands_in", False),
        lacks=tuple(row.get("lacks", ())),
        landmarks=tuple(Landmark(m["name"], tuple(m.get("aliases", ()))) for m in row.get("landmarks", ())),
        numbers=tuple((estate, first, last) for estate, (first, last) in row.get("numbers", {}).items()),
    )


def _matter(row: Mapping[str, Any], group: Mapping[str, Any]) -> Matter:
    both = {**group, **row}
    handle = {**group.get("handle", {}), **row.get("handle", {})}
    level1, level2, name = row["path"]
    return Matter(
        code=row["code"],
        name=name,
        path=(level1, level2, name),
        kind=Kind(both["kind"]),
        group=row["group"],
        first_rung=Rung(both["rung"]),
        leads=tuple(row["leads"]),
        supports=tuple(row.get("supports", ())),
        admitted=both["admitted"],
        claimable=both.get("claimable", False),
        verified=both["verified"],
        urgent=both["urgent"],
        accept=Budget.parse(both["accept"]),
        handle={Rung(rung): Budget.parse(text) for rung, text in handle.items()},
        verify=Budget.parse(both["verify"]) if both["verified"] else None,
        keywords=tuple(row.get("keywords", ())),
    )


def _admission(row: Mapping[str, Any]) -> Admission:
    items = tuple(AdmissionItem(i["code"], i["name"], i["kind"]) for i in row["items"])
    return Admission(row["required"], Budget.parse(row["decide"]), items)


def _level(row: Mapping[str, Any]) -> Level:
    three = row["quorum"] == "three_parties"
    return Level(
        code=row["code"],
        names=Names(row["zh"], row["en"]),
        unit_level=UnitLevel(row["unit_level"]),
        body_name=row["body"],
        convener=row["convener"],
        secretary=row["secretary"],
        cadence=Cadence(row["period"], slots_of(row)),
        answer=Budget.parse(row["answer"]),
        answer_urgent=Budget.parse(row["answer_urgent"]),
        quorum_rule="three_parties" if three else "share",
        quorum=Fraction(1) if three else Fraction(str(row["quorum"])),
        may_form_squad=row.get("squad", False),
        may_list=row.get("list", False),
        excusable=row.get("excusable", False),
        slot=_slot(row),
        members=tuple(row["members"]),
        guests=tuple(row.get("guests", ())),
        leaders=dict(row.get("leaders", {})),
    )


def _council(row: Mapping[str, Any]) -> Council:
    return Council(
        code=row["code"],
        names=Names(row["zh"], row["en"]),
        unit_level=UnitLevel(row["unit_level"]),
        mechanism=row["mechanism"],
        parties=tuple(
            Party(party["code"], party["zh"], Act(party["act"]) if "act" in party else None) for party in row["parties"]
        ),
        chair=row["chair"],
        quorum=Fraction(str(row["quorum"])),
        period=row["period"],
        deals=row["deals"],
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    limits = {key: frozenset(row.get(key, ())) for key in ("matters", "groups", "sources")}
    at = frozenset(row.get("at", (DEPARTMENT,)))
    return Rule(row["code"], row["by"], row["zh"], row.get("to", ""), row.get("area", ""), **limits, at=at)


def _slot(row: Mapping[str, Any]) -> Slot:
    return Slot(time.fromisoformat(row["opens"]), row["place"], row["theme"])


def slots_of(row: Mapping[str, Any]) -> tuple[tuple[int, int, int], ...]:
    """Return the days of the year on which a level meets: from `dates` (mm-dd) or from `months` and `days`."""
    if "dates" in row:
        days = (date.fromisoformat(f"2000-{text}") for text in row["dates"])
        return tuple((day.month, day.day, day.day) for day in days)
    first, last = row["days"]
    return tuple((month, first, last) for month in row["months"])


def _policy(row: Mapping[str, Any]) -> Policy:
    weights = {name: Fraction(str(weight)) for name, weight in row["weights"].items()}
    return Policy(
        version=row["version"],
        effective_from=row["effective_from"],
        response=weights["response"],
        resolution=weights["resolution"],
        satisfaction=weights["satisfaction"],
        credits={grade: Fraction(str(credit)) for grade, credit in row["credits"].items()},
        exclusion_scope=row["exclusion_scope"],
        rank_from=row["rank_from"],
        window=Budget.parse(row["window"]),
        freeze=Budget.parse(row["freeze"]),
        published_on=row["published_on"],
        vetoes={subject: tuple(items) for subject, items in row["vetoes"].items()},
        yearly_only=tuple(UnitLevel(level) for level in row["yearly_only"]),
        tiers={tier: tuple(units) for tier, units in row.get("tiers", {}).items()},
    )


def _source(row: Mapping[str, Any]) -> Source:
    return Source(
        code=row["code"],
        names=Names(row["zh"], row["en"]),
        channel=row["channel"],
        ratable=row.get("ratable", True),
        spot=row.get("spot", False),
        default_unit=row.get("default_unit"),
        default_matter=row.get("default_matter"),
        urgent=row.get("urgent", False),
        closed=row.get("closed", False),
        a_minute=row.get("a_minute", 0),
        longest=row.get("longest", 0),
        needs=tuple(row.get("needs", ())),
        flapping=Flapping(**row["flapping"]) if "flapping" in row else None,
    )


def _rings(geometry: Mapping[str, Any]) -> tuple[Ring, ...]:
    return tuple(tuple((x, y) for x, y in ring) for ring in geometry["coordinates"])
