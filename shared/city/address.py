"""Place an address text by the names of the city file: units, estates, landmarks, aliases, numbers of buildings.

What is written exactly as in the file counts first; then names without their ending (天江 for 天江花园) or with another
one; then names that differ by one letter or two (RapidFuzz). Where two names are equally near, nobody guesses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from rapidfuzz.fuzz import partial_ratio_alignment

from shared.city.land import Land
from shared.city.parts import UnitLevel
from shared.city.placement import NOWHERE, Placement

_DEPTH = {level: depth for depth, level in enumerate(UnitLevel)}
_SURE = {UnitLevel.GRID: 0.85, UnitLevel.SUBGRID: 0.9, UnitLevel.COMMUNITY: 0.7}
"""How sure a name of a unit of this level is, others .5 (assumed)."""
_SHORT, _MISSPELT = 0.7, 0.5
"""How sure a name without its ending is, and one that is spelt otherwise (assumed)."""
_NEAR = 75.0
"""Likeness of 100 from which two spellings may be one: one letter of four."""
_LEAST = 4
"""Letters of a name that may be spelt otherwise: of three, one is too many."""

_ENDINGS = (
    "小区", "花园", "家园", "名苑", "公寓", "新村", "华府", "雅居", "佳园", "佳苑", "新城", "大院",
    "社区居委会", "社区", "居委会", "街道办事处", "街道", "街道办", "网格", "里", "苑", "村",
)  # fmt: skip
_OTHER_ENDING = re.compile("|".join(sorted(_ENDINGS, key=len, reverse=True)))
_ENDING = re.compile(f"(?:{_OTHER_ENDING.pattern})$")
_GOES_ON = re.compile(
    f"$|[0-9]|{'|'.join(_ENDINGS)}|附近|旁|对面|门口|院内|里面|楼下|[东南西北大正后侧]门|[东南西北]侧|[,，。;；]"
)
"""What may follow a name without its ending: else it is a part of another word."""
_BEGINS = re.compile("(?:^|[0-9区市县镇乡村道路街巷里社弄号的在])$")
"""What may stand before one."""
_OLD = str.maketrans(
    "區樓棟號園門東莊廠廣場華麗錦鳳龍雲陽豐興學醫館橋灣濱達寧軒畫蘭鄉鎮裡單",
    "区楼栋号园门东庄厂广场华丽锦凤龙云阳丰兴学医馆桥湾滨达宁轩画兰乡镇里单",
)
_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_COUNTED = re.compile(r"([零〇一二两三四五六七八九十百]+)(?=号楼|号|栋|幢|座|单元|期|#)")
_BUILDING = re.compile(r"(\d{1,3})(?:号楼|栋|幢|座|#楼?|号(?=$|\d)|-(?=\d+-))")
_SPACE = re.compile(r"[\s、·・,，。;；:：()（）]+")


def normal(address: str) -> str:
    """Return an address as it is compared: half-width, today's letters, no spaces, numbers of buildings in digits."""
    said = _SPACE.sub("", unicodedata.normalize("NFKC", address)).translate(_OLD).lower()
    return _COUNTED.sub(lambda found: str(_number(found[1])), said)


def _number(letters: str) -> int:
    """Return a Chinese number below a thousand, also one said digit by digit."""
    if not {"十", "百"}.intersection(letters):
        return int("".join(str(_DIGITS[letter]) for letter in letters))
    whole, digit = 0, 0
    for letter in letters:
        if letter in "十百":
            whole, digit = whole + (digit or 1) * (10 if letter == "十" else 100), 0
        else:
            digit = _DIGITS[letter]
    return whole + digit


@dataclass(frozen=True, slots=True)
class Name:
    """A name that an address may contain, its unit, and the estate that it is of, if any."""

    name: str
    unit: str
    estate: str = ""


def names_of(city: Land) -> Iterable[Name]:
    """Yield what an address may name, as the file writes it; grids have no names of their own."""
    for unit in city.units.values():
        if unit.level is UnitLevel.CITY:
            continue
        if unit.level not in (UnitLevel.GRID, UnitLevel.SUBGRID):
            yield Name(unit.name, unit.code)
        for alias in unit.aliases:
            yield Name(alias, unit.code)
        for landmark in unit.landmarks:
            for name in (landmark.name, *landmark.aliases):
                yield Name(name, unit.code)
        for estate in unit.estates:
            for name in (estate.name, *estate.aliases):
                yield Name(name, unit.code, estate.code)
            short = estate.name.removesuffix("小区")
            if short != estate.name and len(short) > 2:
                yield Name(short, unit.code, estate.code)


class Names:
    """Names to be found in texts, at each place the longest."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.bearers: dict[str, list[Name]] = {}
        for name in names:
            bearers = self.bearers.setdefault(name.name, [])
            if name not in bearers:
                bearers.append(name)
        self._by_head: dict[str, list[str]] = {}
        for word in sorted(self.bearers, key=lambda word: (-len(word), word)):
            self._by_head.setdefault(word[:2], []).append(word)

    def within(self, text: str) -> list[tuple[Name, int]]:
        """Return every name that a text contains, in its order, and where it ends."""
        found: list[tuple[Name, int]] = []
        at, heads = 0, self._by_head
        while at < len(text) - 1:
            word = next((w for w in heads.get(text[at : at + 2], ()) if text.startswith(w, at)), None)
            if word is None:
                at += 1
                continue
            at += len(word)
            found.extend((name, at) for name in self.bearers[word])
        return found


@dataclass(frozen=True, slots=True)
class _Found:
    """Names that an address may mean, where the last of them ends, and how sure they are apart from each other."""

    names: tuple[Name, ...]
    end: int
    sure: float | None = None
    doubt: str | None = None


@dataclass
class Addresses:
    """Answer where addresses of one city lie."""

    city: Land
    _written: list[Name] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._written = [replace(name, name=normal(name.name)) for name in names_of(self.city)]

    @cached_property
    def _exact(self) -> Names:
        return Names(self._written)

    @cached_property
    def _cores(self) -> Names:
        cores = (replace(name, name=_ENDING.sub("", name.name)) for name in self._written)
        return Names(name for name in cores if len(name.name) > 1)

    @cached_property
    def _long(self) -> Mapping[str, tuple[Name, ...]]:
        return {word: tuple(names) for word, names in self._exact.bearers.items() if len(word) >= _LEAST}

    def find(self, address: str) -> Placement:
        """Place an address: by the finest name written in it, the longest first, else by one that is nearly written.

        A name that several units bear is decided by what else is named; otherwise it is the nearest unit that they
        have in common, with half the confidence, and nowhere if that is the whole city. In an estate whose buildings
        are known to lie in third-level grids, the number of the building leads there.
        """
        said = normal(address)
        named = self._exact.within(said)
        finest = max((self._depth(name.unit) for name, _ in named), default=-1)
        areas = tuple(dict.fromkeys(name.unit for name, _ in named if self._depth(name.unit) < _DEPTH[UnitLevel.GRID]))
        if finest >= _DEPTH[UnitLevel.GRID]:
            best = [(name, end) for name, end in named if self._depth(name.unit) == finest]
            longest = max(len(name.name) for name, _ in best)
            best = [(name, end) for name, end in best if len(name.name) == longest]
            return self._decide(_Found(tuple(name for name, _ in best), max(end for _, end in best)), areas, said)
        nearly = self._short(said, areas) or self._misspelt(said, areas, finest)
        if nearly:
            return self._decide(nearly, areas, said)
        coarse = [(name, end) for name, end in named if self._depth(name.unit) == finest]
        if not coarse:
            return NOWHERE
        longest = max(len(name.name) for name, _ in coarse)
        kept = tuple(name for name, _ in coarse if len(name.name) == longest)
        return self._decide(_Found(kept, len(said)), tuple(a for a in areas if self._depth(a) < finest), said)

    def _short(self, said: str, areas: tuple[str, ...]) -> _Found | None:
        """Find names without their ending, or with another one, where nothing goes on that is another word."""
        found = [
            (name, end)
            for name, end in self._cores.within(said)
            if self._depth(name.unit) >= _DEPTH[UnitLevel.GRID]
            and _GOES_ON.match(said, end)
            and self._lies(name.unit, areas)
        ]
        if not found:
            return None
        longest = max(len(name.name) for name, _ in found)
        kept = [(name, end) for name, end in found if len(name.name) == longest]
        end = max(end for _, end in kept)
        other = _OTHER_ENDING.match(said, end)
        begun = all(_BEGINS.search(said[: end - longest]) for _, end in kept)
        doubt = None if begun and other is None else "misspelt"
        return _Found(tuple(name for name, _ in kept), other.end() if other else end, _SHORT, doubt)

    def _misspelt(self, said: str, areas: tuple[str, ...], named: int) -> _Found | None:
        """Find finer names than those that are written: the nearest, all of them that are equally near."""
        near: list[tuple[float, Name, int]] = []
        for word, names in self._long.items():
            at = partial_ratio_alignment(word, said, score_cutoff=_NEAR)
            if at is None or not _has_core(word, said[at.dest_start : at.dest_end]):
                continue
            finer = (name for name in names if self._depth(name.unit) > named and self._lies(name.unit, areas))
            near.extend((at.score, name, at.dest_end) for name in finer)
        if not near:
            return None
        best = max(score for score, _, _ in near)
        kept = [(name, end) for score, name, end in near if score == best]
        return _Found(tuple(name for name, _ in kept), max(end for _, end in kept), _MISSPELT, "misspelt")

    def _decide(self, found: _Found, areas: tuple[str, ...], said: str) -> Placement:
        units = sorted({name.unit for name in found.names})
        sure = found.sure or _SURE.get(self.city.units[units[0]].level, 0.5)
        inside = [unit for unit in units if areas and self._lies(unit, areas)]
        if len(units) > 1 and len(inside) != 1:
            doubt = "alike" if found.sure else "shared_name"
            common = self._common(units)
            if common == self.city.root.code:
                return replace(NOWHERE, doubt=doubt)
            return Placement(common, "address", sure / 2, doubt)
        unit = inside[0] if len(units) > 1 else units[0]
        if areas and not inside:
            return Placement(unit, "address", sure / 2, "contradiction", areas[-1])
        return self._housed(Placement(unit, "address", sure, found.doubt), found, said)

    def _housed(self, placed: Placement, found: _Found, said: str) -> Placement:
        """Lead on to the third-level grid of a building, where it is known which buildings lie in which."""
        estates = {name.estate for name in found.names if name.unit == placed.unit and name.estate}
        grids = [(first, last, unit.code) for unit in self.city.children(placed.unit or "") for estate, first, last
                 in unit.numbers if estate in estates]  # fmt: skip
        number = _BUILDING.match(said, found.end) if grids else None
        if number is None:
            return placed
        house = int(number[1])
        grid = next((code for first, last, code in grids if first <= house <= last), None)
        if grid is None:
            return replace(placed, confidence=placed.confidence / 2, doubt="building")
        sure = _SURE[UnitLevel.SUBGRID] if found.sure is None else placed.confidence
        return replace(placed, unit=grid, confidence=sure)

    def _lies(self, unit: str, areas: tuple[str, ...]) -> bool:
        return all(self.city.is_within(unit, area) for area in areas)

    def _depth(self, code: str) -> int:
        return _DEPTH[self.city.units[code].level]

    def _common(self, codes: list[str]) -> str:
        lineages = [[unit.code for unit in self.city.lineage(code)] for code in codes]
        return next(code for code in lineages[0] if all(code in lineage for lineage in lineages))


def _has_core(word: str, written: str) -> bool:
    """Tell whether what is written has at least half of what makes a name different from others of its ending."""
    core = _ENDING.sub("", word) or word
    return 2 * sum(letter in written for letter in core) >= len(core)
