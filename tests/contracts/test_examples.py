"""Every fact and message has an example that is valid both ways, lies on a stream or at the desk, and is described."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from shared.contracts import build
from shared.contracts.base import Contract
from shared.contracts.topics import STREAMS

TYPES = build.types()


def example(name: str) -> Any:
    return json.loads((build.EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def check(name: str, value: Any) -> None:
    schema = json.loads((build.GENERATED / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def test_every_type_has_an_example_and_every_example_a_type() -> None:
    assert {file.stem for file in build.EXAMPLES.glob("*.json")} == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_an_example_comes_back_from_its_model_unchanged(name: str) -> None:
    given = example(name)
    value = TYPES[name].model_validate_json(json.dumps(given))
    assert json.loads(value.model_dump_json(exclude_unset=True)) == given
    assert TYPES[name].model_validate_json(value.model_dump_json()) == value


@pytest.mark.parametrize("name", TYPES)
def test_an_example_and_what_its_model_writes_satisfy_the_committed_schema(name: str) -> None:
    given = example(name)
    check(name, given)
    check(name, json.loads(TYPES[name].model_validate(given).model_dump_json()))


@pytest.mark.parametrize(("name", "field"), [(n, f) for n, c in TYPES.items() for f in c.model_fields])
def test_model_and_schema_agree_on_what_may_be_left_out(name: str, field: str) -> None:
    given = {key: value for key, value in example(name).items() if key != field}
    if TYPES[name].model_fields[field].is_required():
        with pytest.raises(ValueError, match=field):
            TYPES[name].model_validate(given)
        with pytest.raises(ValidationError):
            check(name, given)
    else:
        TYPES[name].model_validate(given)
        check(name, given)


@pytest.mark.parametrize("name", TYPES)
def test_what_we_hear_may_grow_and_what_others_send_may_not(name: str) -> None:
    grown = {**example(name), "a_field_of_tomorrow": 1}
    if TYPES[name].SERVICE == "outside":
        with pytest.raises(ValueError, match="a_field_of_tomorrow"):
            TYPES[name].model_validate(grown)
        with pytest.raises(ValidationError):
            check(name, grown)
    else:
        TYPES[name].model_validate(grown)
        check(name, grown)


@pytest.mark.parametrize("contract", [c for c in TYPES.values() if c.SERVICE != "outside"])
def test_everything_that_a_service_states_is_on_a_stream(contract: type[Contract]) -> None:
    assert any(contract in stream.types for stream in STREAMS)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_named_by_what_it_is_about_and_its_version(name: str) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z_]+)?\.v[1-9]", name)


@pytest.mark.parametrize("name", TYPES)
def test_no_example_holds_a_telephone_or_identity_number(name: str) -> None:
    assert not re.search(r"(?<![\w-])1\d{10}(?!\w)|(?<!\w)\d{17}[\dXx](?!\w)", json.dumps(example(name)))
