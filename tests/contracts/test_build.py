"""What follows from the contracts is up to date, and a change that would break a reader is found and named."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contracts import asyncapi, build
from shared.contracts.compatibility import RULES, Break, breaks
from shared.contracts.envelope import KNOWN
from shared.contracts.topics import STREAMS

Schema = dict[str, Any]


def test_the_generated_files_are_up_to_date() -> None:
    assert build.problems() == []


def test_the_command_line_says_so_by_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--check"]) == 0
    assert "contracts are in order" in capsys.readouterr().out


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(build.GENERATED, tmp_path / "generated")
    return tmp_path / "generated"


def edit(tree: Path, name: str, change: Callable[[Schema], None]) -> None:
    file = tree / "schemas" / f"{name}.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    change(schema)
    file.write_text(json.dumps(schema), encoding="utf-8")


def test_drift_is_found_in_every_kind_of_file(tree: Path) -> None:
    (tree / "streams.md").write_text("out of date", encoding="utf-8")
    (tree / "asyncapi.yaml").unlink()
    edit(tree, "rating.failed.v1", lambda schema: schema.update(title="Another"))
    found = build.problems(tree)
    assert [line.split(":")[0].rsplit("/", 1)[-1] for line in found] == [
        "rating.failed.v1.json", "asyncapi.yaml", "streams.md",
    ]  # fmt: skip
    assert build.write(tree) == []
    assert build.problems(tree) == []


def test_a_field_that_the_code_no_longer_has_is_named_and_nothing_is_written(tree: Path) -> None:
    edit(tree, "rating.failed.v1", lambda schema: schema["properties"].update(why={"type": "string"}))
    (tree / "streams.md").write_text("out of date", encoding="utf-8")
    (found,) = build.write(tree)
    assert found.startswith(f"{tree}/schemas/rating.failed.v1.json: why: field_removed: ")
    assert found in build.problems(tree)
    assert (tree / "streams.md").read_text(encoding="utf-8") == "out of date"


def test_a_type_that_the_code_no_longer_has_is_named(tree: Path) -> None:
    (tree / "schemas" / "order.forgotten.v1.json").write_text('{"type": "object"}', encoding="utf-8")
    (found,) = build.problems(tree)
    assert f"{tree}/schemas/order.forgotten.v1.json: -: type_removed: " in found


def test_a_missing_example_is_named(tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    shutil.copytree(build.EXAMPLES, examples)
    (examples / "rating.v1.json").unlink()
    (found,) = build.problems(examples=examples)
    assert found.startswith(f"{examples}/rating.v1.json: ")


# ---- compatibility


BASE: Schema = {
    "type": "object",
    "required": ["unit", "status"],
    "properties": {
        "unit": {"type": "string", "maxLength": 64},
        "status": {"$ref": "#/$defs/Status"},
        "grade": {"type": "integer", "minimum": 1, "maximum": 5},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "params": {"type": "object", "additionalProperties": {"type": "string"}},
        "at": {"type": "string", "format": "date-time"},
    },
    "$defs": {
        "Status": {"type": "string", "enum": ["open", "closed"]},
        "Part": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    },
}


def changed(change: Callable[[Schema], Any]) -> list[tuple[str, str]]:
    new = copy.deepcopy(BASE)
    change(new)
    return [(found.field, found.rule) for found in breaks({"x.v1": BASE}, {"x.v1": new})]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: s["properties"].pop("grade"), [("grade", "field_removed")]),
        (lambda s: s["properties"].update(grade={"type": "string"}), [("grade", "field_retyped")]),
        (lambda s: s["properties"]["at"].update(format="date"), [("at", "field_retyped")]),
        (lambda s: s["properties"].update(note={"type": "string"}), [("note", "field_retyped")]),
        (lambda s: s["required"].append("grade"), [("grade", "field_required")]),
        (lambda s: (s["properties"].update(new={}), s["required"].append("new")), [("new", "field_required")]),
        (lambda s: s["$defs"]["Status"]["enum"].remove("open"), [("status", "value_removed")]),
        (lambda s: s["$defs"]["Part"]["properties"].clear(), [("parts[].id", "field_removed")]),
        (lambda s: s["$defs"]["Part"]["properties"].update(id={"type": "integer"}), [("parts[].id", "field_retyped")]),
        (lambda s: s["properties"]["params"].update(additionalProperties={"type": "integer"}),
         [("params.*", "field_retyped")]),
        (lambda s: s["properties"]["unit"].update(maxLength=32), [("unit", "bound_narrowed")]),
        (lambda s: s["properties"]["grade"].update(minimum=2), [("grade", "bound_narrowed")]),
        (lambda s: s["properties"]["unit"].update(pattern="^[a-z]+$"), [("unit", "pattern_changed")]),
        (lambda s: s.update(additionalProperties=False), [("", "closed")]),
        (lambda s: s["properties"].update(unit={"enum": ["hb"], "type": "string"}), [("unit", "value_removed")]),
    ],
)  # fmt: skip
def test_an_incompatible_change_is_found_with_field_and_rule(
    change: Callable[[Schema], Any], expected: list[tuple[str, str]]
) -> None:
    assert changed(change) == expected
    assert all(rule in RULES for _, rule in expected)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["properties"].update(more={"type": "string"}),
        lambda s: s["$defs"]["Status"]["enum"].append("withdrawn"),
        lambda s: s["required"].remove("unit"),
        lambda s: s["properties"]["unit"].update(maxLength=128),
        lambda s: s["properties"]["unit"].pop("maxLength"),
        lambda s: s["properties"]["unit"].update(description="other words", default="hb"),
        lambda s: s["properties"].update(status={"type": "string", "enum": ["closed", "open"]}),
    ],
)
def test_an_addition_is_compatible(change: Callable[[Schema], Any]) -> None:
    assert changed(change) == []


def test_a_removed_type_is_found_and_a_new_one_welcome() -> None:
    assert breaks({"x.v1": BASE}, {"x.v2": BASE}) == (Break("x.v1", "", "type_removed"),)


@pytest.mark.parametrize("name", build.types())
def test_no_type_breaks_with_itself_and_losing_any_field_is_found(name: str) -> None:
    schema = build.schema_of(build.types()[name])
    assert breaks({name: schema}, {name: schema}) == ()
    for field in schema.get("properties", {}):
        lesser = copy.deepcopy(schema)
        del lesser["properties"][field]
        assert Break(name, field, "field_removed") in breaks({name: schema}, {name: lesser})


# ---- the AsyncAPI document


def document() -> Schema:
    read: Schema = yaml.safe_load((build.GENERATED / "asyncapi.yaml").read_text(encoding="utf-8"))
    return read


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == "$ref"] + [r for v in value.values() for r in references(v)]
    return [r for v in value for r in references(v)] if isinstance(value, list) else []


def test_every_reference_of_the_document_leads_somewhere() -> None:
    whole = document()
    for reference in references(whole):
        if reference.startswith("./"):
            assert (build.GENERATED / reference).exists()
            continue
        place: Any = whole
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_every_header_is_described_and_every_required_one_known() -> None:
    assert set(asyncapi.HEADERS) == set(KNOWN)
    for schema in document()["components"]["schemas"].values():
        assert set(schema["required"]) <= set(schema["properties"])


def test_every_stream_has_a_channel_with_all_its_messages_writers_and_readers() -> None:
    whole = document()
    assert len(whole["channels"]) == len(STREAMS)
    by_title = {channel["title"]: channel for channel in whole["channels"].values()}
    for stream in STREAMS:
        assert set(by_title[stream.name]["messages"]) == {c.TYPE for c in stream.types}
        titles = {act["title"] for act in whole["operations"].values()}
        assert {f"{reader} reads {stream.name}" for reader in stream.readers} <= titles
        assert {f"{writer} writes {stream.name}" for writer in asyncapi.writers(stream)} <= titles


def test_both_services_that_answer_a_source_are_named_as_writers() -> None:
    (receipts,) = [stream for stream in STREAMS if stream.family == "receipts"]
    assert asyncapi.writers(receipts) == ("intake", "feedback")
