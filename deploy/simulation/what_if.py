"""A city with some values of its file changed, for a what-if: parameters of the simulation, or rules of the city."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from shared.city.load import build, path_of, version_of
from shared.city.model import City


def changed(code: str, changes: Mapping[str, Any]) -> City:
    """Return a city with values of its file changed.

    A key is a dotted path, looked for in the `simulation` section first: `ladder.solve.community`, `limits.bounces`,
    `chain.community.months`, where rows of a list go by their code. Raises KeyError for a key that the file does not
    have, ValueError or TypeError for a value that does not fit, CityError where there is no such city.
    """
    path = path_of(code)
    raw = path.read_bytes()
    data = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    ground = (path.parent / data["boundaries"]).read_bytes() if data.get("boundaries") else b""
    for key, value in changes.items():
        _set(data["simulation"] if key.split(".")[0] in data["simulation"] else data, key, copy.deepcopy(value), key)
    said = json.dumps(changes, sort_keys=True, default=str).encode() if changes else b""
    version = version_of(raw, ground) if not said else hashlib.sha256(raw + ground + said).hexdigest()[:12]
    return build(data, json.loads(ground) if ground else {}, version)


def _set(found: Any, path: str, value: Any, key: str) -> None:
    if isinstance(found, list):
        found = {row["code"]: row for row in found if isinstance(row, dict) and "code" in row}
    if not isinstance(found, dict):
        raise KeyError(key)
    if path in found:  # the names of clocks have dots of their own
        found[path] = value
        return
    head, _, rest = path.partition(".")
    if head not in found or not rest:
        raise KeyError(key)
    _set(found[head], rest, value, key)
