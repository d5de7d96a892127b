"""What is wrong with a city file: collecting it, and the first half of it, keys and types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shared.city import rules as _rules  # noqa: F401 - gives the rules their words
from shared.city import schema
from shared.city.lines import Lines
from shared.kernel.clock import Budget
from shared.kernel.rules import Words, words


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong at one line of a file (its boundaries count as line of the unit or of `boundaries`)."""

    line: int
    rule: str
    params: tuple[tuple[str, str], ...]
    is_warning: bool = False

    def words(self) -> Words:
        """Return what is wrong in Chinese and English."""
        return words(self.rule, dict(self.params))


class Findings:
    """Collect what is wrong, first the shape of a file; keep what has the right shape for whoever checks the sense."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.found: list[Problem] = []
        self.rows: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.parts: dict[str, dict[str, Any]] = {}

    @property
    def data(self) -> Any:
        """Return the file's values."""
        return self.lines.data

    # --- saying ---------------------------------------------------------------------------------------------------

    def say(self, path: Iterable[str | int], rule: str, *, is_warning: bool = False, **params: object) -> None:
        """Note a problem at the line of a path."""
        given = tuple((name, str(value)) for name, value in params.items())
        self.found.append(Problem(self.lines.at(*path), rule, given, is_warning))

    def one_of(self, path: tuple[str | int, ...], value: object, known: Iterable[str]) -> bool:
        """Note a value that is not among the known ones."""
        allowed = list(known)
        if value in allowed:
            return True
        self.say(path, "city.bad_value", key=path[-1], value=value, known=", ".join(allowed))
        return False

    def budget(self, path: tuple[str | int, ...], value: object) -> None:
        """Note a value that is no budget."""
        try:
            Budget.parse(str(value))
        except ValueError:
            self.say(path, "city.bad_budget", key=path[-1], value=value)

    def count(self, path: tuple[str | int, ...], value: object) -> None:
        """Note a value that is no whole number from 1."""
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.say(path, "city.bad_number", key=path[-1], value=value)

    def share(self, path: tuple[str | int, ...], value: object) -> Fraction:
        """Return a share from 0 to 1; note another value, which then counts 0."""
        try:
            share = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            share = Fraction(-1)
        if 0 <= share <= 1:
            return share
        self.say(path, "city.bad_number", key=path[-1], value=value)
        return Fraction(0)

    def codes(self, section: str) -> list[str]:
        """Return the codes of a section's rows, noting each second one."""
        seen: list[str] = []
        for index, row in self.rows[section]:
            if row["code"] in seen:
                self.say((section, index), "city.duplicate_code", section=section, code=row["code"])
            seen.append(row["code"])
        return seen

    # --- shape ----------------------------------------------------------------------------------------------------

    def shape(self) -> None:
        """Check keys and types; keep what has the right shape."""
        data = self.data
        self.keys((), data, schema.FILE, "city file")
        for section, keys in schema.MAPPINGS.items():
            part = data.get(section, {})
            self.parts[section] = part if self.keys((section,), part, keys, section) else {}
        for section, keys in schema.ROWS.items():
            rows = data.get(section, [])
            if not isinstance(rows, list):
                self.say((section,), "city.wrong_type", key=section, wanted="list")
                rows = []
            good = [(i, row) for i, row in enumerate(rows) if self.keys((section, i), row, keys, section)]
            self.rows[section] = good
        for section in ("groups", "pairings"):
            part = data.get(section, {})
            if not isinstance(part, dict):
                self.say((section,), "city.wrong_type", key=section, wanted="mapping")
                part = {}
            self.parts[section] = part

    def keys(self, path: tuple[str | int, ...], value: object, keys: schema.Keys, section: str) -> bool:
        """Note unknown and missing keys; tell whether the mapping can be used."""
        if not isinstance(value, dict):
            self.say(path, "city.wrong_type", key=section, wanted="mapping")
            return False
        for key in value.keys() - keys.required - keys.optional:
            self.say((*path, key), "city.unknown_key", key=key, section=section)
        missing = sorted(keys.required - value.keys())
        for key in missing:
            self.say(path, "city.missing_key", key=key, section=section)
        return not missing
