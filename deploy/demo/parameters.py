"""The parameters of demand and behaviour: a city file's `simulation:` section by dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.demo.draws import LogNormal


@dataclass(frozen=True)
class Parameters:
    """Numbers, rows, shares and laws by key; a missing key raises KeyError, one of another shape ValueError."""

    section: Mapping[str, Any]

    def number(self, key: str) -> float:
        """Return a plain number."""
        value = self._find(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"simulation.{key} is no number: {value!r}")
        return float(value)

    def row(self, key: str) -> tuple[float, ...]:
        """Return a row of numbers."""
        value = self._find(key)
        if not isinstance(value, list):
            raise ValueError(f"simulation.{key} is no row: {value!r}")
        return tuple(float(one) for one in value)

    def shares(self, key: str) -> dict[str, float]:
        """Return a table of numbers."""
        value = self._find(key)
        if not isinstance(value, Mapping):
            raise ValueError(f"simulation.{key} is no table: {value!r}")
        return {str(name): float(share) for name, share in value.items()}

    def law(self, key: str) -> LogNormal:
        """Return a log-normal law, written as median and sigma."""
        median, sigma = self.row(key)
        return LogNormal(median, sigma)

    def day(self, key: str) -> date:
        """Return a day, written as 2019-01-01."""
        return date.fromisoformat(self._find(key))

    def changed(self, key: str, value: Any) -> Parameters:
        """Return the same parameters with one key changed, for a what-if; raises KeyError for one that is not there."""
        self._find(key)
        return Parameters(_with(self.section, key.split("."), value))

    def _find(self, key: str) -> Any:
        found: Any = self.section
        for part in key.split("."):
            try:
                found = found[part]
            except TypeError:
                raise KeyError(key) from None
        return found


def _with(section: Mapping[str, Any], path: list[str], value: Any) -> Mapping[str, Any]:
    head, *rest = path
    return {**section, head: _with(section[head], rest, value) if rest else value}
