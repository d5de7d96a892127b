"""The forbidden moves of workflows §3.6 are tests by their numbers, wherever the rule lives."""

from __future__ import annotations

import re
from pathlib import Path

UNIT = Path(__file__).parents[1]


def test_every_forbidden_move_is_a_named_test() -> None:
    named = re.compile(r"def test_forbidden_(\d\d)_")
    numbers = {int(n) for file in UNIT.rglob("test_*.py") for n in named.findall(file.read_text(encoding="utf-8"))}
    assert numbers == set(range(1, 28))
