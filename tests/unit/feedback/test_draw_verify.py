"""`sidan draw verify` says whether a published draw holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import build
from services.feedback.domain.draw import DrawFrozen, DrawMade, seed_of
from services.feedback.translate import WIRE
from tests.unit.feedback.test_poll import drawn_survey

HEAD = "ab" * 32
CASES = [{"id": f"C-{n}", "matter": "lamp", "place": "G01", "barred": ["hb"]} for n in range(1, 7)]
POOL = [{"id": f"I-{n}", "unit": "S01"} for n in range(1, 5)]
VECTOR = [("C-6", "I-4"), ("C-2", "I-2"), ("C-1", "I-3"), ("C-3", "I-1"), ("C-5", "I-4")]


def published() -> dict[str, Any]:
    pairs = [{"case": case, "inspector": inspector} for case, inspector in VECTOR]
    made = {"head": HEAD, "head_seq": 41, "seed": seed_of("2026Q3", HEAD), "pairs": pairs}
    return {"frozen": {"quarter": "2026Q3", "cases": CASES, "inspectors": POOL}, "made": made}


def run(tmp_path: Path, draw: Any, city: str = "guiping") -> tuple[int, str]:
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(draw), encoding="utf-8")
    result = CliRunner().invoke(build("draw"), ["draw", "verify", str(file), "--city", city])
    return result.exit_code, result.output


def test_the_published_vector_holds(tmp_path: Path) -> None:
    assert run(tmp_path, published()) == (0, "抽样成立：6 件中抽 5 件\n")


def changed(change: str) -> dict[str, Any]:
    draw = published()
    made, frozen = draw["made"], draw["frozen"]
    if change == "head":
        made["head"] = "cd" * 32
    elif change == "seed":
        made["seed"] = seed_of("2026Q4", HEAD)
    elif change == "order":
        made["pairs"][0], made["pairs"][1] = made["pairs"][1], made["pairs"][0]
    elif change == "inspector":
        made["pairs"][0]["inspector"] = "I-1"
    elif change == "fewer":
        made["pairs"].pop()
    elif change == "population":
        frozen["cases"] = frozen["cases"][1:]
    else:
        frozen["cases"] = [{**case, "barred": ["I-4"]} for case in frozen["cases"]]
    return draw


@pytest.mark.parametrize("change", ["head", "seed", "order", "inspector", "fewer", "population", "barred"])
def test_a_draw_that_was_touched_does_not_hold(tmp_path: Path, change: str) -> None:
    code, _ = run(tmp_path, changed(change))
    assert code == 1


@pytest.mark.parametrize("draw", [{}, [], {"frozen": {}, "made": {}}, {"frozen": {"quarter": "2026Q3"}, "made": []}])
def test_what_is_no_draw_is_wrong_usage(tmp_path: Path, draw: Any) -> None:
    code, _ = run(tmp_path, draw)
    assert code == 2


def exported_survey() -> dict[str, Any]:
    """Return the facts of a survey's draw as they stand on the wire."""
    office, _, _ = drawn_survey()
    stated = {"frozen": office.stated(DrawFrozen)[-1], "made": office.stated(DrawMade)[-1]}
    return {name: WIRE.to_wire(fact).model_dump(mode="json") for name, fact in stated.items()}


def test_the_draw_of_a_surveys_households_holds_as_it_was_stated(tmp_path: Path) -> None:
    assert run(tmp_path, exported_survey(), "yulin") == (0, "抽样成立：120 户中抽 6 户\n")


@pytest.mark.parametrize("change", ["left out", "put in", "exchanged"])
def test_a_surveys_draw_with_other_households_does_not_hold(tmp_path: Path, change: str) -> None:
    draw = exported_survey()
    cases, pairs = draw["frozen"]["cases"], draw["made"]["pairs"]
    if change == "left out":
        draw["frozen"]["cases"] = [case for case in cases if case["id"] != pairs[0]["case"]]
    elif change == "put in":
        draw["frozen"]["cases"] = [*cases, *({**cases[0], "id": f"X-{n}"} for n in range(40))]
    else:
        drawn = {pair["case"] for pair in pairs}
        pairs[-1]["case"] = next(case["id"] for case in cases if case["id"] not in drawn)
    code, said = run(tmp_path, draw, "yulin")
    assert (code, "抽样成立" in said) == (1, False)
