"""What the command line tells of a running city's clocks, and a period of it replayed under another city file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deploy.cities.build import HERE as CITIES
from deploy.cli.main import build
from deploy.replay.record import read_file
from shared.kernel.calendar import SHANGHAI
from tests.support.running_city import RunningCity

pytestmark = pytest.mark.stack
LEAD = "water-company"


def _sidan(city: RunningCity, *words: str) -> str:
    result = CliRunner().invoke(build(words[0]), [*words, "--folder", str(city.folder)])
    assert result.exit_code == 0, result.output
    return str(result.stdout)


@pytest.fixture(scope="module")
def accepted(donggang: RunningCity) -> dict[str, Any]:
    """Return an order that its lead has signed for."""
    case = donggang.report("clock-1", "burst-pipe")["case"]
    donggang.order(case, "dispatched")
    answer = donggang.act(case, "accept", ("department", LEAD), assignment=1, handler="抢修班班长")
    assert answer.status_code == 200, answer.text
    return donggang.order(case, "accepted")


def test_a_clock_is_explained_line_by_line_with_its_rungs(donggang: RunningCity, accepted: dict[str, Any]) -> None:
    case, number = accepted["case_id"], accepted["number"]
    told = json.loads(_sidan(donggang, "clock", "explain", number, "--json"))
    assert (told["case"], told["number"]) == (case, number)
    clocks = {clock["clock"]: clock for clock in told["clocks"]}
    assert {"handle", "case"} <= clocks.keys()
    assert datetime.fromisoformat(clocks["handle"]["due_at"]) == datetime.fromisoformat(accepted["due_at"])
    said = _sidan(donggang, "clock", "explain", number)
    assert number in said
    assert all(word in said for word in ("办理", "全案", "催办"))


def test_a_day_of_the_running_city_is_read_from_its_journals_and_replayed_under_another_file(
    donggang: RunningCity, accepted: dict[str, Any], tmp_path: Path
) -> None:
    route = json.loads(_sidan(donggang, "route", "explain", accepted["number"], "--json"))
    day = datetime.fromisoformat(route["assignments"][0]["at"]).astimezone(SHANGHAI).date().isoformat()
    other, kept = tmp_path / "other.yaml", tmp_path / "day.jsonl"
    raw = yaml.safe_load((CITIES / "donggang.yaml").read_text(encoding="utf-8"))
    del raw["boundaries"]
    raw["matters"] = [
        {**matter, "leads": ["municipal"]} if matter["code"] == "burst-pipe" else matter for matter in raw["matters"]
    ]
    other.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    words = ("replay", "--from", day, "--to", day, "--city", str(other), "--save", str(kept), "--json")
    found = json.loads(_sidan(donggang, *words))
    assert accepted["case_id"] in {fact.subject for fact in read_file(kept)}
    assert found["facts"] == len(list(read_file(kept)))
    assert found["recorded"]["load"][LEAD] >= 1
    now, other_load = found["now"]["load"], found["other"]["load"]
    assert other_load.get(LEAD, 0) < now[LEAD], "burst pipes go to another department"
    assert other_load["municipal"] > now.get("municipal", 0)
