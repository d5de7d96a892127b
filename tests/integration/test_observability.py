"""What operators watch: rules that fire, dashboards whose every figure a running service gives."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.grafana import build
from tests.support.promtool import promtool
from tests.support.running_city import RunningCity

pytestmark = pytest.mark.stack
DEPLOY = Path(build.__file__).parents[1]
_NAME = re.compile(r"\b(?:sidan|process)_[a-z_]+\b")
_LABELS = re.compile(r"(?:by \(([^)]*)\))|\{\{(\w+)\}\}|[{,] ?(\w+)=~?\"")
GIVEN_BY_PROMETHEUS = {"city", "service", "le", "job"}
"""From the list of targets, the histogram, the configuration."""
COLUMNS = 24
"""Of a dashboard, in Grafana."""


def _expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return alerts + [f"{expression} {legend}" for _, expression, legend, _ in build.PANELS]


def test_every_metric_and_label_that_is_watched_is_given_by_the_running_services(donggang: RunningCity) -> None:
    given: dict[str, set[str]] = {}
    for address in donggang.stack.services.values():
        page = httpx.get(f"{address}/metrics", trust_env=False).text
        for family in text_string_to_metric_families(page):
            given.setdefault(family.name, set())
            for sample in family.samples:
                given.setdefault(sample.name, set()).update(sample.labels)
            if family.type == "counter":  # one with labels has no sample before it first counts
                given.setdefault(f"{family.name}_total", set())
            if family.type == "histogram":
                given.setdefault(f"{family.name}_bucket", set())
    watched = {name for expression in _expressions() for name in _NAME.findall(expression)}
    assert len(watched) > 20
    assert watched <= given.keys()
    labels = {label for names in given.values() for label in names} | GIVEN_BY_PROMETHEUS
    labels |= {"rule", "reader", "topic", "door", "channel", "outcome"}  # of those that have not counted yet
    used = {
        label.strip() for expression in _expressions() for found in _LABELS.findall(expression)
        for part in found for label in part.split(",") if label.strip()
    }  # fmt: skip
    assert used <= labels
    assert given["sidan_lag_records"] >= {"reader", "topic"}


def test_the_list_of_targets_names_every_service_with_its_city(donggang: RunningCity) -> None:
    from deploy.cli.calling import targets_of

    found = targets_of(donggang.stack)
    assert {target["labels"]["service"]: target["targets"][0] for target in found} == {
        name: address.removeprefix("http://") for name, address in donggang.stack.services.items()
    }
    assert {target["labels"]["city"] for target in found} == {donggang.city.code}


def test_the_dashboard_is_the_one_its_panels_make() -> None:
    assert build.PLACE.read_text(encoding="utf-8") == build.text()


def test_every_panel_asks_the_provisioned_source_in_a_place_of_its_own_and_in_words_that_prometheus_reads(
    tmp_path: Path,
) -> None:
    board = json.loads(build.PLACE.read_text(encoding="utf-8"))
    given = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    (source,) = ({"type": one["type"], "uid": one["uid"]} for one in given["datasources"])
    asking = [*board["panels"], *board["templating"]["list"], *(t for p in board["panels"] for t in p["targets"])]
    assert [one["datasource"] for one in asking] == [source] * len(asking)
    squares = [
        (x, y) for panel in board["panels"] for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]  # fmt: skip
    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < COLUMNS
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    named = {name for query in queries for name in re.findall(r"\$(\w+)", query)}
    assert named <= {one["name"] for one in board["templating"]["list"]}
    program, why = promtool()
    if program is None:
        pytest.skip(why)
    rules = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(queries)]
    place = tmp_path / "panels.yml"
    place.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run([program, "check", "rules", place], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(queries)} rules found" in done.stdout


def test_every_alert_fires_when_it_should_and_is_quiet_when_all_is_well() -> None:
    program, why = promtool()
    if program is None:
        pytest.skip(why)
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
    tests = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yml").read_text(encoding="utf-8"))
    named = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert {f"{name} {ends}" for name in named for ends in ("fires", "is quiet on a good day")} == {
        test["name"] for test in tests["tests"]
    }
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
        done = subprocess.run(
            [program, *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    place = DEPLOY / "prometheus" / "prometheus.yml"
    done = subprocess.run(
        [program, "check", "config", "--syntax-only", place], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
