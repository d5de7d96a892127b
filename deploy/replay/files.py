"""Where two city files differ: each value by its path, rows of a list by their code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Change = tuple[str, str, str]
"""Path of a value, what one file says and what the other does; empty for nothing."""


def changes(now: Path, other: Path) -> list[Change]:
    """Return what the other file says otherwise. Raises OSError or yaml.YAMLError for a file that cannot be read."""
    said, says = (dict(_flat("", _read(path))) for path in (now, other))
    return [(key, said.get(key, ""), says.get(key, "")) for key in {**said, **says} if said.get(key) != says.get(key)]


def _read(path: Path) -> Any:
    return yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list) and value and all(isinstance(row, Mapping) and "code" in row for row in value):
        value = {row["code"]: {key: said for key, said in row.items() if key != "code"} for row in value}
    if isinstance(value, Mapping):
        for key, said in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), said)
    else:
        yield path, str(value)
