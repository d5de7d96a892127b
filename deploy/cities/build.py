"""Build the five city files from the hand-written parts in `seed/`: `python -m deploy.cities.build [CODE …]`.

What a source publishes is set by hand; names, boundaries and the shares of published totals are drawn from a seed and
marked assumed. The same seed gives the same bytes, so a changed file means a changed input.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from shapely import Polygon

from deploy.cities.profiles import PROFILES, Profile
from deploy.cities.tessellate import tessellate
from shared.city.statutory import statutory

HERE = Path(__file__).parent
SEED = HERE / "seed"
FIRST_YEAR, LAST_YEAR = 2019, 2026

BUILT = "# Built by `python -m deploy.cities.build` from deploy/cities/seed: change it there and build again.\n#\n"

_FIRST = "锦鼎丽金福华林东海江阳泰和盛安祥瑞康宁景春秋滨湖翠兰梅竹云天星月龙凤文博学府嘉御铂悦"
_SECOND = "江林源苑城园庭湾港洲岸畔都泽润苑阁轩居邻里汇悦府堤"
_ENDS = ("花园", "小区", "家园", "名苑", "公寓", "新村", "华府", "雅居", "佳园", "里")
_COMMUNITIES = """
    振兴 永安 福兴 新华 滨海 站前 文化 向阳 朝阳 和平 光明 民主 建设 团结 友谊 育才 江滨 城东 城西 城南
    城北 东风 西苑 南湖 北苑 幸福 平安 长青 迎宾 解放 人民 胜利 新兴 前进 红旗 双拥 凤凰 龙泉 青山 绿洲
    玉泉 金水 银河 桃园 梅园 兰亭 竹苑 荷塘 柳林 桂香
""".split()  # noqa: SIM905 - a word list reads better than quotes


def spread(total: int, over: int, rng: random.Random) -> list[int]:
    """Divide a count over so many places as evenly as it goes, the remainder at random places."""
    share, rest = divmod(total, over)
    lucky = set(rng.sample(range(over), rest))
    return [share + (i in lucky) for i in range(over)]


def weigh(total: int, weights: Sequence[float]) -> list[int]:
    """Divide a total in proportion to weights, whole numbers that add up to it exactly."""
    whole, given, passed = sum(weights), 0, 0.0
    parts: list[int] = []
    for weight in weights:
        passed += weight
        part = round(total * passed / whole) - given
        given += part
        parts.append(part)
    return parts


def estate_names(count: int, rng: random.Random, taken: set[str]) -> list[str]:
    """Return so many different estate names."""
    names: list[str] = []
    while len(names) < count:
        name = rng.choice(_FIRST) + rng.choice(_SECOND) + rng.choice(_ENDS)
        if name not in taken and name[0] != name[1]:
            taken.add(name)
            names.append(name)
    return names


def make_units(profile: Profile, rng: random.Random) -> list[dict[str, Any]]:
    """Return the tree, parents before children, with names, estates and shares of the published totals."""
    units: list[dict[str, Any]] = [{"code": profile.code, "name": profile.name, "level": "city"}]
    counties: dict[str, str] = {}
    communities: list[dict[str, Any]] = []
    for number, (street, county, below) in enumerate(profile.streets, 1):
        parent = profile.code
        if county:
            if county not in counties:
                counties[county] = f"A{len(counties) + 1:02d}"
                units.append({"code": counties[county], "name": county, "level": "county", "parent": profile.code})
            parent = counties[county]
        code = f"S{number:02d}" if len(profile.streets) < 100 else f"S{number:03d}"
        unit: dict[str, Any] = {"code": code, "name": street, "level": "street", "parent": parent}
        if street.endswith("管理委员会"):
            unit["stands_in"] = True
        units.append(unit)
        given = profile.communities[number - 1] if profile.communities else rng.sample(_COMMUNITIES, below)
        for name in given:
            full = name if name.endswith(("社区", "村")) else name + profile.suffix
            code_below = f"C{len(communities) + 1:02d}"
            communities.append({"code": code_below, "name": full, "level": "community", "parent": code})
    units.extend(communities)
    gridded = [c for c in communities if c["name"] not in profile.gridless]
    taken: set[str] = {name for names in profile.named_estates.values() for name in names}
    grids: list[dict[str, Any]] = []
    for community, count in zip(gridded, spread(profile.grids, len(gridded), rng), strict=True):
        for number in range(1, count + 1):
            code = f"{community['code']}-G{number:02d}"
            grids.append({"code": code, "name": "", "level": "grid", "parent": community["code"]})
    named = {c["code"]: list(profile.named_estates.get(c["name"], ())) for c in communities}
    for grid, count in zip(grids, spread(profile.estates or len(grids), len(grids), rng), strict=True):
        names = [named[grid["parent"]].pop(0)] if named[grid["parent"]] else []
        lacks = lacking(grid["code"]) if profile.consultations and not names else []
        names += estate_names(count - len(names), rng, taken)
        grid["name"] = f"{names[0]}网格"
        grid["merged"] = [f"ZZ{len(units):04d}-{grid['code']}"]
        grid["estates"] = [{"code": f"{grid['code']}-E{i}", "name": name} for i, name in enumerate(names, 1)]
        if lacks:
            grid["lacks"] = lacks
        units.append(grid)
    if profile.subgrids:
        for grid, count in zip(grids, spread(profile.subgrids, len(grids), rng), strict=True):
            for number in range(1, count + 1):
                name = f"{grid['name'].removesuffix('网格')}第{number}楼栋网格"
                code = f"{grid['code']}-B{number}"
                units.append({"code": code, "name": name, "level": "subgrid", "parent": grid["code"]})
    share_out(profile, units, rng)
    name_places(units)
    return units


_LANDMARKS = (
    ("中心小学", "小学"),
    ("农贸市场", "菜市场"),
    ("公园", "公园"),
    ("卫生服务中心", "社区医院"),
    ("中学", "中学"),
    ("文化广场", "广场"),
)
_OLD_NAMES = ("纺织厂", "机械厂", "粮库", "船厂", "水泥厂", "农机站", "盐场", "电厂")


def name_places(units: Sequence[dict[str, Any]]) -> None:
    """Name what addresses name beside estates: two landmarks a community, old names of estates, numbers of buildings.

    The draws are each grid's own, so that nothing else of the file moves.
    """
    for unit in units:
        below = [other for other in units if other.get("parent") == unit["code"]]
        if unit["level"] == "community" and below:
            rng = random.Random(unit["code"] + unit["name"])  # noqa: S311 - names, not secrets
            short = unit["name"].removesuffix("社区")
            for end, alias in rng.sample(_LANDMARKS, 2):
                landmark = {"name": short + end, "aliases": [short + alias]}
                if alias == end:
                    del landmark["aliases"]
                rng.choice(below).setdefault("landmarks", []).append(landmark)
        elif unit["level"] == "grid":
            rng = random.Random(unit["code"] + unit["name"])  # noqa: S311 - names, not secrets
            old = rng.choice(unit["estates"])
            if rng.random() < 0.2:
                old["aliases"] = [f"{old['name'][:2]}{rng.choice(_OLD_NAMES)}宿舍"]
            number_buildings(unit["estates"], below)


def number_buildings(estates: Sequence[Mapping[str, Any]], below: Sequence[dict[str, Any]]) -> None:
    """Give the buildings of a grid's estates, numbered from one, to its third-level grids in turn."""
    total = sum(grid.get("buildings", 0) for grid in below)
    houses = [
        (estate["code"], number)
        for estate, count in zip(estates, weigh(total, [1.0] * len(estates)), strict=True)
        for number in range(1, count + 1)
    ]
    for grid in below:
        mine, houses = houses[: grid.get("buildings", 0)], houses[grid.get("buildings", 0) :]
        ranges: dict[str, list[int]] = {}
        for estate, number in mine:
            first, _ = ranges.get(estate, (number, number))
            ranges[estate] = [first, number]
        if ranges:
            grid["numbers"] = ranges


def lacking(grid: str) -> list[str]:
    """Return which parties an estate does not have: a tenth have no property company, a fifth no owners' committee."""
    rng = random.Random(grid)  # noqa: S311 - its own draws, so that nothing else of the file moves
    return [party for party, share in (("property", 0.1), ("owners", 0.2)) if rng.random() < share]


def share_out(profile: Profile, units: list[dict[str, Any]], rng: random.Random) -> None:
    """Give the finest units their households, residents and buildings and add them up the tree."""
    parents = {unit.get("parent") for unit in units}
    leaves = [unit for unit in units if unit["code"] not in parents]
    weights = [rng.lognormvariate(0, 0.2) for _ in leaves]
    by_code = {unit["code"]: unit for unit in units}
    for key, total in (
        ("households", profile.households),
        ("residents", profile.residents),
        ("buildings", profile.buildings),
    ):
        for leaf, part in zip(leaves, weigh(total, weights), strict=True):
            holder: dict[str, Any] | None = leaf
            while total and holder is not None:
                holder[key] = holder.get(key, 0) + part
                holder = by_code.get(holder.get("parent", ""))


def make_departments(profile: Profile, units: Sequence[Mapping[str, Any]], leads: set[str]) -> list[dict[str, Any]]:
    """Return the city's departments; those that lead matters have a stream, the others work at the desk."""
    raw: list[dict[str, Any]] = yaml.safe_load((SEED / "departments.yaml").read_text("utf-8"))
    served = [d for d in raw if d["code"] in leads]
    kept = (served + [d for d in raw if d["code"] not in leads])[: profile.departments]
    short = profile.name.removesuffix("市")
    found: list[dict[str, Any]] = []
    for department in raw:
        if department in kept:
            name = department["name"].format(city=profile.name, short=short)
            path = "stream" if department["code"] in leads else "desk"
            found.append({**department, "name": name, "reply_path": path})
    if profile.enforcement_teams:
        for unit in units:
            if unit["level"] == "street":
                name = f"{unit['name']}综合行政执法队"
                team = {"code": f"enforcement-{unit['code'].lower()}", "name": name, "field": "construction"}
                found.append({**team, "kind": "team", "area": unit["code"], "reply_path": "desk"})
    return found


def make_pairings(profile: Profile, communities: Sequence[str], departments: Sequence[str], rng: random.Random) -> Any:
    """Return community -> departments, each department once as long as they last."""
    if not profile.pairs:
        return {}
    order = list(departments)
    rng.shuffle(order)
    queue = (order * (profile.pairs // len(order) + 1))[: profile.pairs]
    sizes = spread(len(queue), len(communities), rng)
    return {place: [queue.pop(0) for _ in range(size)] for place, size in zip(communities, sizes, strict=True)}


def make_matters(profile: Profile, seed: Mapping[str, Any], teams: Sequence[str]) -> list[dict[str, Any]]:
    """Return the catalogue with this city's lead departments."""
    found: list[dict[str, Any]] = []
    for code, leaf in seed["matters"].items():
        leads = list(leaf["l"])
        if profile.enforcement_teams and leads[0] == "urban-management":
            leads = [*teams, *leads]
        entry = {"code": code, "path": leaf["p"], "group": leaf["g"], "leads": leads, "supports": leaf["s"]}
        extra = {k: v for k, v in leaf.items() if k not in ("p", "g", "l", "s", "k")}
        found.append({**entry, **extra, "keywords": leaf["k"]})
    return found


def line(value: Any) -> str:
    """Return a value as one line of YAML."""
    return str(yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6)).strip()


def rows(values: Sequence[Any]) -> str:
    """Return a list as one YAML line per item."""
    return "".join(f"  - {line(value)}\n" for value in values)


def heading(text: str) -> str:
    """Return a section's comment line."""
    return f"\n# --- {text} ".ljust(117, "-") + "\n"


def admission_items(profile: Profile) -> list[dict[str, str]]:
    """Return the numbered items of an admission list whose wording is not published."""
    words = {"statutory": "依法履行职责事项", "assisting": "依法协助政府工作事项", "certificate": "出具证明事项"}
    return [
        {"code": f"{kind}-{number:02d}", "name": f"{words[kind]}第{number}项", "kind": kind}
        for kind, count in profile.admission
        for number in range(1, count + 1)
    ]


def build(profile: Profile) -> tuple[str, list[dict[str, Any]]]:
    """Return the city file as text and its units."""
    rng = random.Random(profile.seed)  # noqa: S311 - names and shares, not secrets
    seed = yaml.safe_load((SEED / "matters.yaml").read_text("utf-8"))
    units = make_units(profile, rng)
    leads = {code for leaf in seed["matters"].values() for code in leaf["l"] + leaf["s"]}
    departments = make_departments(profile, units, leads)
    teams = [d["code"] for d in departments if d.get("kind") == "team"]
    communities = [u["code"] for u in units if u["level"] == "community" and u["name"] not in profile.gridless]
    paired = [d["code"] for d in departments if d.get("kind") != "team"]
    common = (SEED / "common.yaml").read_text("utf-8")
    for key, value in (
        ("@ROOT", profile.code),
        ("@VERIFY", profile.verify),
        ("@SUPERVISION", profile.supervision),
        ("@UNCLAIMED", profile.unclaimed),
        ("@GIVE_UP", profile.give_up),
        ("@YEARLY", profile.yearly),
    ):
        common = common.replace(key, value)
    text = (SEED / f"{profile.code}.yaml").read_text("utf-8") + f"boundaries: {profile.code}.geojson\n"
    if profile.admission:
        text += "admission:\n  required: true\n  decide: 15 wd\n  items:\n"
        text += "".join(f"    - {line(item)}\n" for item in admission_items(profile))
    year = SEED / f"{profile.code}.year.yaml"
    text += "\n" + common + "\n" + (SEED / "simulation.yaml").read_text("utf-8") + profile.draws
    text += year.read_text("utf-8") if year.exists() else ""
    text += heading("Calendar: years not known count Monday to Friday, provisionally")
    days = statutory(FIRST_YEAR, LAST_YEAR)
    text += f'calendar:\n  hours: [["08:30", "12:00"], ["13:30", "18:00"]]\n  known: [{FIRST_YEAR}, {LAST_YEAR}]\n'
    text += f"  holidays: [{', '.join(days['holidays'])}]\n  makeups: [{', '.join(days['makeups'])}]\n"
    text += heading("Departments: reply_path is desk (console) or stream") + "departments:\n" + rows(departments)
    text += heading("Matters: a group's defaults, then one leaf a line") + "groups:\n"
    text += "".join(f"  {code}: {line(group)}\n" for code, group in seed["groups"].items())
    text += "matters:\n" + rows(make_matters(profile, seed, teams))
    text += heading("Units: the tree, parents first; a boundary's key is the unit's code") + "units:\n" + rows(units)
    pairings = make_pairings(profile, communities, paired, rng)
    text += heading("Pairings: community -> departments") + "pairings:" + ("\n" if pairings else " {}\n")
    text += "".join(f"  {community}: {line(codes)}\n" for community, codes in pairings.items())
    return BUILT + text, units


def boundaries(profile: Profile, units: Sequence[Mapping[str, Any]]) -> str:
    """Return the units' boundaries as GeoJSON, one feature a line."""
    children: dict[str, list[str]] = {}
    for unit in units[1:]:
        children.setdefault(unit["parent"], []).append(unit["code"])
    drawn = tessellate(profile.code, children, profile.area, profile.centre, profile.seed)
    features = ",\n".join(feature(unit["code"], drawn[unit["code"]]) for unit in units)
    return '{"type":"FeatureCollection","features":[\n' + features + "\n]}\n"


def feature(code: str, ground: Polygon) -> str:
    """Return one unit's boundary as a GeoJSON feature."""
    geometry = {"type": "Polygon", "coordinates": [[list(point) for point in ground.exterior.coords]]}
    value = {"type": "Feature", "properties": {"code": code}, "geometry": geometry}
    return json.dumps(value, separators=(",", ":"))


def main(codes: Sequence[str]) -> None:
    """Write the files of the given cities, all five without any."""
    for profile in PROFILES:
        if not codes or profile.code in codes:
            text, units = build(profile)
            ground = boundaries(profile, units)
            (HERE / f"{profile.code}.yaml").write_text(text, "utf-8")
            (HERE / f"{profile.code}.geojson").write_text(ground, "utf-8")
            print(f"{profile.code}: {len(text):,} + {len(ground):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
