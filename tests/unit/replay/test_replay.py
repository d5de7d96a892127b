"""A recorded period replayed: the same file gives the record back, another one its own differences alone."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deploy.cli.main import OK, WRONG_USAGE, build
from deploy.demo.streams import Heard
from deploy.replay.record import Recorded, read_file, since, write_file
from deploy.replay.run import compare
from deploy.simulation.year import Simulation
from shared.city.load import CITIES, load
from shared.city.model import City
from shared.contracts import dispatch as d
from shared.contracts.topics import STATED_ON
from shared.kernel.clock import Budget

DAYS = 14


class Period:
    """Two weeks of a simulated city, as its streams told them."""

    def __init__(self) -> None:
        self.city = load("donggang")
        simulation = Simulation(self.city, 3, days=DAYS)
        memory, hear = simulation.memory, simulation.memory.hear
        found: list[Recorded] = []

        def listen(heard: Heard) -> None:
            if heard.stream in STATED_ON:
                at = heard.envelope.time
                assert at is not None
                service, about = STATED_ON[heard.stream], heard.envelope
                found.append(Recorded(service, about.subject, about.sequence, at, heard.data))
            hear(heard)

        memory.hear = listen
        self.begins: datetime = memory.now
        self.ends = self.begins + timedelta(days=DAYS)
        memory.run(self.ends)
        self.facts = since(found, self.begins, self.ends)

    def under(self, other: City) -> dict[str, Any]:
        return compare(self.facts, self.ends, self.city, other)


@pytest.fixture(scope="module")
def period() -> Period:
    return Period()


def test_the_file_in_force_gives_the_record_back(period: Period) -> None:
    found = period.under(period.city)
    assert found["now"]["counts"] == found["recorded"]["counts"]
    assert found["now"]["load"] == found["recorded"]["load"]
    assert found["now"]["left_out"] == {}
    assert {**found["now"], "version": ""} == {**found["other"], "version": ""}
    assert found["now"]["counts"]["handled"] > 20


def test_a_shorter_limit_makes_handling_late_and_moves_nobody_s_load(period: Period) -> None:
    hour = Budget.parse("1 uh")
    matters = {
        code: replace(leaf, handle=dict.fromkeys(leaf.handle, hour)) for code, leaf in period.city.matters.items()
    }
    found = period.under(replace(period.city, matters=matters))
    before, after = found["now"]["counts"], found["other"]["counts"]
    assert after["overdue.handle"] > before.get("overdue.handle", 0) + 20
    assert after["handled.on_time"] < before["handled.on_time"]
    assert found["other"]["load"] == found["now"]["load"]


def test_another_routing_rule_moves_the_load_to_the_other_department(period: Period) -> None:
    led = Counter(
        (f.data.matter, f.data.responsible)
        for f in period.facts
        if isinstance(f.data, d.OrderDispatched) and f.data.rule in ("first", "pairing")
    )
    (matter, lead), number = led.most_common(1)[0]
    other = "fire-rescue" if lead != "fire-rescue" else "housing"
    leaf = replace(period.city.matters[matter], leads=(other,))
    found = period.under(replace(period.city, matters={**period.city.matters, matter: leaf}))
    moved = found["other"]["load"].get(other, 0) - found["now"]["load"].get(other, 0)
    assert moved >= number > 0
    assert found["other"]["load"].get(lead, 0) <= found["now"]["load"][lead] - number


def test_a_period_written_down_and_read_again_is_the_same(period: Period, tmp_path: Path) -> None:
    file = tmp_path / "period.jsonl"
    write_file(file, period.facts)
    assert since(read_file(file), period.begins, period.ends) == period.facts
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"service": "dispatch"}\n')
    with pytest.raises(ValueError, match=r"broken\.jsonl:1"):
        list(read_file(broken))


def test_the_command_prints_the_differences_and_knows_its_usage(period: Period, tmp_path: Path) -> None:
    file, other = tmp_path / "period.jsonl", tmp_path / "other.yaml"
    write_file(file, period.facts)
    raw = yaml.safe_load((CITIES / "donggang.yaml").read_text(encoding="utf-8"))
    del raw["boundaries"]
    for group in raw["groups"].values():
        group["handle"] = dict.fromkeys(("grid", "community", "street", "department"), "1 uh")
    other.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    first, last = period.begins.date(), (period.ends - timedelta(days=1)).date()

    def run(*more: object) -> Any:
        words = ["replay", "--record", str(file), "--city", str(other), "--now", "donggang", *map(str, more)]
        return CliRunner().invoke(build("replay"), words)

    done = run("--from", first, "--to", last, "--json")
    assert done.exit_code == OK, done.output
    told = json.loads(done.stdout)
    assert told["now"]["counts"] == told["recorded"]["counts"]
    assert told["other"]["counts"]["overdue.handle"] > told["now"]["counts"].get("overdue.handle", 0)
    shown = run("--from", first, "--to", last).output
    for words in ("推演，不改变任何记录", "办理超期", "各部门派单数", "+"):
        assert words in shown
    assert run("--from", last, "--to", first).exit_code == WRONG_USAGE
    assert run("--from", first, "--to", last, "--now", "nowhere").exit_code == WRONG_USAGE
