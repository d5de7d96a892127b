"""Many years beside each other: which figures lie in their range, and what a change of parameters does to them."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from deploy.simulation.what_if import changed
from deploy.simulation.year import Year, live
from shared.city.model import City


@dataclass(frozen=True, slots=True)
class Expected:
    """What the city file says of one figure: words, the published number, mean, sd and the range of single years."""

    key: str
    words: tuple[str, str]
    published: float | None
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    decides: bool

    def is_inside(self, value: float) -> bool | None:
        """Tell whether a year's value lies in the range; None where there is none."""
        return None if self.low is None or self.high is None else self.low <= value <= self.high


def expected(city: City) -> Sequence[Expected]:
    """Return the figures of a city's year in the file's order. Raises KeyError for a city without a year."""
    year = city.simulation["year"]
    found: list[Expected] = []
    for key, row in year["figures"].items():
        low, high = row.get("range", (None, None))
        published = city.published[row["published"]] if "published" in row else None
        decides = key in year["decides"]
        words = row["zh"], row["en"]
        found.append(Expected(key, words, published, row.get("mean"), row.get("sd"), low, high, decides))
    return found


def is_good(city: City, year: Year) -> bool:
    """Tell whether every deciding figure lies in its range and everything held."""
    return not year.findings and all(one.is_inside(year.figures[one.key]) for one in expected(city) if one.decides)


def years(
    code: str, seeds: Sequence[int], changes: Sequence[Mapping[str, Any]], *, days: int, workers: int
) -> Iterator[tuple[int, Year]]:
    """Yield (which change, its year) for every seed and every set of changes, as they end, on so many processes."""
    wanted = [(code, seed, n, dict(change), days) for seed in seeds for n, change in enumerate(changes)]
    with multiprocessing.get_context("fork").Pool(min(workers, len(wanted))) as pool:
        yield from pool.imap_unordered(_one, wanted, chunksize=1)


def _one(wanted: tuple[str, int, int, dict[str, Any], int]) -> tuple[int, Year]:
    code, seed, which, change, days = wanted
    return which, live(_city(code, json.dumps(change, default=str)), seed, days=days)


@cache
def _city(code: str, change: str) -> City:
    return changed(code, json.loads(change))


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure without and with a change, over the same seeds; `error` is the standard error of the mean difference."""

    key: str
    base: float
    other: float
    error: float


def differences(base: Sequence[Year], other: Sequence[Year]) -> Sequence[Difference]:
    """Return the paired differences of every figure; both in the order of their seeds."""
    found: list[Difference] = []
    for key in base[0].figures:
        pairs = [(a.figures[key], b.figures[key]) for a, b in zip(base, other, strict=True)]
        apart = [b - a for a, b in pairs]
        error = stdev(apart) / sqrt(len(apart)) if len(apart) > 1 else 0.0
        found.append(Difference(key, fmean(a for a, _ in pairs), fmean(b for _, b in pairs), error))
    return found
