from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts import topics  # noqa: F401  (declares every contract)
from shared.contracts.base import all_types
from shared.kernel.rules import words
from shared.shell.validation import invalid

EXAMPLES = sorted((Path(__file__).parents[3] / "shared/contracts/examples").rglob("*.json"))
DAMAGE: tuple[Any, ...] = (None, True, -1, 1.5, 10**30, "", "x" * 70_000, "2026-01-01", "a\nb", [], [{}], {}, {"x": 1})


def _broken(value: Any) -> Any:
    """Yield the value with each field, at any depth, replaced by each damage, and with a stranger and a gap."""
    if isinstance(value, dict):
        yield {**value, "stranger": 1}
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: bad} for bad in DAMAGE)
            yield from ({**value, key: bad} for bad in _broken(value[key]))
    elif isinstance(value, list) and value:
        yield value * 2000
        yield from ([bad, *value[1:]] for bad in (*DAMAGE, *_broken(value[0])))


def _complaint(contract: Any, value: Any) -> ValidationError | None:
    try:
        contract.model_validate(value)
    except ValidationError as error:
        return error
    return None


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_whatever_is_wrong_with_a_message_is_said_in_chinese_and_in_english(example: Path) -> None:
    contract = all_types()[example.stem]
    complaints = [found for value in _broken(json.loads(example.read_text())) if (found := _complaint(contract, value))]
    assert complaints
    for complaint in complaints:
        refused = invalid(complaint.errors())
        _, english = words(refused.rule, refused.params)
        assert refused.field, complaint
        assert re.search("[\u4e00-\u9fff]", refused.params["reason_zh"]), complaint
        assert not re.search("[\u4e00-\u9fff]", english.removeprefix(refused.field)), english
