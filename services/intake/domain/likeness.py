"""How alike two reports are: by matter, place, time and text, each shown, so that everyone sees why (查重).

Texts are compared by bottom-k sketches of their letters and letter pairs, names of places apart: the smallest hashes,
from which the share of common ones is estimated (Broder 1997), exactly for short texts. A sketch has no order, so the
text cannot be read back; single letter pairs can be guessed, so it is erased with the dossier.
Candidates come from blocks (same grid, same grid and matter, same rare letter pairs), of each only the newest, so that
a report costs the same however many came before. The weights were set by hand on made-up neighbours and hot evenings:
all of them *assumed*.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import nsmallest
from itertools import pairwise
from math import exp
from typing import Any
from zlib import crc32

SKETCH = 64
"""Hashes kept of a text; the standard error of the share of common pairs is at most 1/16."""
TURNS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
"""Odd multipliers: each orders the letter pairs anew, and the two first of an order make one block."""
NEWEST = 12
"""Reports looked at in each block, newest first."""
WINDOW = timedelta(days=7)
"""Reports further apart in time are not compared: what comes later is a recurrence."""
SURE_WITHIN = timedelta(days=3)
SHORTLY = timedelta(hours=3)
NEAR = 0.002
"""Degrees, about 200 m: points nearer than this are one place even across a border."""
LEAST_TEXT, LEAST_OTHER = 0.05, 0.15
"""However near in place and time, texts with less in common are never merged by rule: of one matter, of two."""
COPY = 0.9
"""Texts with as much in common are copies of one, as people pass them on."""
LEAST_PAIRS = 5
"""Shorter texts say too little to be looked for at another place."""
KEPT = 3
"""Candidates that a decision looks at, best first."""

_MATTER, _PLACE, _TIME, _TEXT, _COMPANY = 0.25, 0.30, 0.10, 0.35, 0.30
_CROWD = 8
"""Reports in company from which on it counts in full."""
MANY = 5
"""Reporters of a case from which on a copy from elsewhere is one of them."""
_SURE_MINUTES = SURE_WITHIN.total_seconds() / 60
_COMMON = frozenset(
    "的了是我在有不没这那个人们和就都也很还又来到去请问上下大小里中一二三年月日天时候么什么吗吧呢啊您你他把被给让要能会"
)
"""Letters that every report has, whatever it is about."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What the search for duplicates keeps of a report; `home` is the case that answers for it."""

    case: str
    home: str
    matter: str | None
    unit: str
    grid: str
    """The second-level grid, empty where the place is not known so finely."""
    community: str
    at: datetime
    sketch: tuple[int, ...]
    lon: float | None = None
    lat: float | None = None
    named: str = ""
    """The second-level grid that the text itself names, empty where it names none or several."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike an earlier report is, each part 0..1.

    `matter` 1 for the same; `place` 1 for the same unit or near points, .8 the same grid, .4 the same community;
    `company` the reports shortly before that are of its case, or of the same matter in the same grid.
    """

    case: str
    home: str
    matter: float
    place: float
    text: float
    minutes: int
    company: int
    score: float


def sketch(text: str) -> tuple[int, ...]:
    """Return the sketch of a text, ascending: its letter pairs and telling letters; punctuation does not count."""
    letters = [c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum()]
    telling = {c for c in letters if c > "\u4e00" and c not in _COMMON}
    return tuple(sorted({crc32(part.encode()) for part in (*map("".join, pairwise(letters)), *telling)})[:SKETCH])


def common(a: Sequence[int], b: Sequence[int]) -> float:
    """Return the share of letter pairs that two texts have in common (Jaccard), as their sketches show it."""
    return _common(frozenset(a), a, b)


def _common(mine: frozenset[int], a: Sequence[int], b: Sequence[int]) -> float:
    both = mine.intersection(b)
    if not both:
        return 0.0
    size = len(a) + len(b) - len(both)
    if size <= SKETCH:
        return len(both) / size
    every, twice = sorted((*a, *b)), sorted(both)  # two ascending runs: sorting them is one merge
    place, different = SKETCH - 1, 0
    while different < SKETCH:  # until so many different ones have been passed
        place += SKETCH - different if different else 0
        different = bisect_right(every, every[place]) - bisect_right(twice, every[place])
    return bisect_right(twice, every[place]) / SKETCH


def blocks(trace: Trace) -> tuple[int, ...]:
    """Return the blocks in which a report is looked for and kept: 63 bits each."""
    return _blocks(trace.grid or trace.community, trace.named, trace.matter, trace.sketch)


@lru_cache(2000)  # those of a batch: each is looked for, then kept, in the batch and in the table
def _blocks(ground: str, named: str, matter: str | None, sketched: tuple[int, ...]) -> tuple[int, ...]:
    grounds = dict.fromkeys(one for one in (ground, named) if one)
    keys = [key for ground in grounds for key in (f"g {ground}", f"m {ground} {matter}")]
    for turn in TURNS if len(sketched) >= LEAST_PAIRS else ():
        first, second = nsmallest(2, [(h * turn) & 0xFFFFFFFF for h in sketched])
        keys.append(f"t {turn} {first} {second}")
    return tuple(crc32(key.encode()) << 31 | crc32(key[::-1].encode()) >> 1 for key in keys)


def alike(trace: Trace, found: Iterable[Trace]) -> tuple[Likeness, ...]:
    """Return the cases that a report may belong to, best first, each by its report that is most alike."""
    near = {t.case: (t, gap) for t in found if t.case != trace.case and (gap := abs(trace.at - t.at)) <= WINDOW}
    lately = [t for t, gap in near.values() if gap <= SHORTLY]
    here = sum(t.matter == trace.matter and _is_one_grid(trace, t) for t in lately)
    of_case = Counter(t.home for t in lately)
    best: dict[str, Likeness] = {}
    mine = frozenset(trace.sketch)
    for earlier, gap in near.values():
        company = of_case[earlier.home]
        text = _common(mine, trace.sketch, earlier.sketch)
        one = _compare(trace, earlier, gap, text, max(here, company) if earlier.matter == trace.matter else company)
        if one.home not in best or one.score > best[one.home].score:
            best[one.home] = one
    ranked = sorted(best.values(), key=lambda one: (-one.score, one.minutes, one.case))
    return tuple(ranked[:KEPT])


def is_worth_a_look(one: Likeness, shares: Mapping[str, Any]) -> bool:
    """Tell whether a decision may do anything with a likeness: merge, ask a person, or take it for a copy."""
    return one.score >= min(shares["merge_from"], shares["suspect_from"]) or one.text >= COPY


def is_sure(one: Likeness, from_: float) -> bool:
    """Tell whether a rule may merge: lately, near, alike enough in all, with something in common in the text.

    What another matter was seen in needs more of it.
    """
    least = LEAST_TEXT if one.matter else LEAST_OTHER
    return one.minutes <= _SURE_MINUTES and one.place > 0 and one.score >= from_ and one.text >= least


def is_copy(one: Likeness, reporters: int) -> bool:
    """Tell whether a report from elsewhere is a copy of one that many sent just before."""
    return one.text >= COPY and reporters >= MANY and one.minutes <= SHORTLY.total_seconds() / 60


def _compare(trace: Trace, earlier: Trace, gap: timedelta, text: float, company: int) -> Likeness:
    matter = float(trace.matter is not None and trace.matter == earlier.matter)
    place = _place(trace, earlier)
    crowd = min(company, _CROWD) / _CROWD if max(matter, place) > 0 else 0.0
    score = _MATTER * matter + _PLACE * place + _TIME * exp(-gap / timedelta(days=1)) + _TEXT * text + _COMPANY * crowd
    return Likeness(
        earlier.case, earlier.home, matter, place, round(text, 2), int(gap.total_seconds() // 60), company,
        round(min(score, 1.0), 3),
    )  # fmt: skip


def _place(a: Trace, b: Trace) -> float:
    is_near = None not in (a.lon, a.lat, b.lon, b.lat) and _distance(a, b) <= NEAR
    if is_near or (a.unit == b.unit and a.grid):
        return 1.0
    if _is_one_grid(a, b):
        return 0.8
    return 0.4 if a.community == b.community != "" else 0.0


def _is_one_grid(a: Trace, b: Trace) -> bool:
    return (b.grid != "" and b.grid in (a.grid, a.named)) or (b.named != "" and b.named in (a.grid, a.named))


def _distance(a: Trace, b: Trace) -> float:
    return max(abs((a.lon or 0.0) - (b.lon or 0.0)), abs((a.lat or 0.0) - (b.lat or 0.0)))


@dataclass(slots=True)
class Recent:
    """Reports in memory by their blocks: those of the batch at hand, or, in a simulation, all of them."""

    by_block: dict[int, list[Trace]] = field(default_factory=dict)

    def keep(self, trace: Trace) -> None:
        """Keep a report to be found."""
        for block in blocks(trace):
            self.by_block.setdefault(block, []).append(trace)

    def near(self, trace: Trace) -> Mapping[str, Trace]:
        """Return the newest reports of each block of a report, by case."""
        return {t.case: t for block in blocks(trace) for t in self.by_block.get(block, ())[-NEWEST:]}
