"""Every numbered rule of the shell has a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
RULES = {1: 6, 2: 3, 3: 4, 4: 4, 5: 5, 6: 5}
"""Section -> how many rules it has."""
NAMES = [
    name
    for folder in ("shell", "integration")
    for path in sorted((TESTS / folder).glob("test_*.py"))
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
]


@pytest.mark.parametrize("rule", [f"{section}_{n}" for section, count in RULES.items() for n in range(1, count + 1)])
def test_each_numbered_rule_is_named_by_a_test(rule: str) -> None:
    assert [name for name in NAMES if name.startswith(f"test_{rule}_")]


@pytest.mark.parametrize("section", ["7", "8"])
def test_each_section_without_numbers_is_named_by_a_test(section: str) -> None:
    assert [name for name in NAMES if re.match(rf"test_(7_and_)?{section}_", name)]


def test_no_two_tests_share_a_name() -> None:
    named = [name for name in NAMES if re.match(r"test_\d", name)]
    assert len(named) == len(set(named))
