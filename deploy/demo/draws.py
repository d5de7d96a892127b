"""Seeded chance: one stream per (seed, actor, purpose, case), so that changing one key leaves all other draws alone."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A log-normal by its median and the sigma of its logarithm."""

    median: float
    sigma: float

    def draw(self, rng: random.Random) -> float:
        """Return one value, in the unit of the median."""
        return self.median * math.exp(rng.gauss(0.0, self.sigma))


@dataclass(frozen=True, slots=True)
class Chance:
    """All randomness of one simulated city."""

    seed: int

    def of(self, actor: str, purpose: str, case: str = "") -> random.Random:
        """Return the stream that this actor uses for this purpose in this case, always from its beginning."""
        return random.Random(f"{self.seed}/{actor}/{purpose}/{case}")  # noqa: S311 - a simulation, no secret

    def happens(self, probability: float, actor: str, purpose: str, case: str = "") -> bool:
        """Tell whether something of this probability happens."""
        return self.of(actor, purpose, case).random() < probability


def poisson(rng: random.Random, mean: float) -> int:
    """Return a Poisson count; the mean is small here (below 500)."""
    count, left = 0, mean
    while left > 0:
        left -= rng.expovariate(1.0)
        count += left > 0
    return count


def gamma_factor(rng: random.Random, size: float) -> float:
    """Return a day's own factor of mean 1 and shape `size`."""
    return rng.gammavariate(size, 1.0 / size)


def zeta(rng: random.Random, alpha: float, cap: int) -> int:
    """Return a count from 1 to `cap` with weights n^-alpha."""
    weights = [n**-alpha for n in range(1, cap + 1)]
    return rng.choices(range(1, cap + 1), weights)[0]


def geometric(rng: random.Random, stop: float) -> int:
    """Return how often something goes on, each time with probability 1 - stop."""
    count = 0
    while rng.random() >= stop:
        count += 1
    return count


def weighted(rng: random.Random, shares: Mapping[T, float]) -> T:
    """Return one key by its share."""
    return rng.choices(list(shares), list(shares.values()))[0]


def one_of(rng: random.Random, items: Sequence[T]) -> T:
    """Return one item, all alike."""
    return items[rng.randrange(len(items))]
