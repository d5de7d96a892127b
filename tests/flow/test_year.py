"""The simulated year, a month of it: repeatable, whole at its end, and what is wrong in it is found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import simulate
from deploy.cli.main import build
from deploy.demo.streams import Heard
from deploy.simulation.check import Agendas
from deploy.simulation.compare import differences
from deploy.simulation.what_if import changed
from deploy.simulation.year import Simulation, Year, live
from services.dispatch.domain.order import Order, Status
from shared.city.load import load
from shared.city.model import City
from shared.contracts import escalation
from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from tests.bench.what_ifs import ROWS

DAYS = 31


@pytest.fixture(scope="module")
def city() -> City:
    return load("donggang")


@pytest.fixture(scope="module")
def simulation(city: City) -> Simulation:
    return Simulation(city, 1, days=DAYS)


@pytest.fixture(scope="module")
def january(simulation: Simulation) -> Year:
    return simulation.run()


def test_a_month_leaves_every_case_in_one_place_and_every_chain_whole(january: Year) -> None:
    assert january.findings == []
    assert january.facts > 5_000
    # A twelfth of the yearly totals, with room for a month whose holidays and season are its own.
    assert 600 < january.figures["on_the_spot"] < 1_100
    assert 60 < january.figures["passed_up"] < 140
    assert january.figures["estate_meetings"] > 80
    assert min(january.figures["done_by_members"], january.figures["done_by_consortia"]) > 10


def test_the_same_seed_gives_the_same_month_and_another_seed_another(city: City, january: Year) -> None:
    again = live(city, 1, days=DAYS)
    other = live(city, 2, days=DAYS)
    assert (again.figures, again.facts, again.refusals) == (january.figures, january.facts, january.refusals)
    assert other.figures != january.figures


def test_a_changed_parameter_leaves_all_other_draws_alone(city: City, january: Year) -> None:
    none_solved = live(changed("donggang", {"ladder.solve.community": 0.01}), 1, days=DAYS)
    apart = {one.key: one.other - one.base for one in differences([january], [none_solved])}
    assert apart["orders"] > 0
    assert apart["on_the_spot"] == apart["passed_up"] == apart["estate_meetings"] == 0


def test_parameters_rules_and_rows_of_the_city_file_can_be_changed_and_nothing_else() -> None:
    city = changed(
        "donggang", {"chain.street.months": [3, 6, 9, 12], "limits.bounces": 1, "clocks.accept.urgent": "2 uh"}
    )
    assert [day.month for day in city.meeting_days("S01", 2019)] == [3, 6, 9, 12]
    assert (city.limits["bounces"], str(city.clock("accept", urgent=True))) == (1, "2 uh")
    assert city.version != changed("donggang", {}).version == load("donggang").version
    for key in ("ladder.solve.village", "chain.village.months", "nothing", "limits.bounces.more"):
        with pytest.raises(KeyError):
            changed("donggang", {key: 1})


def test_a_failed_mediation_is_brought_to_its_communitys_meeting_and_ends_by_it() -> None:
    others = ("grid_spot", "grid_up", "wish", "hotline", "mini", "dept", "iot", "excel")
    few = {**{f"arrivals.rates.{channel}": 0.0001 for channel in others}, "arrivals.rates.dispute": 0.003}
    nothing_else = {f"topic_by_hand.{level}": 0.0 for level in ("estate", "community", "street", "city")}
    failing = {**few, **nothing_else, "mediation.success": 0.0, "mediation.topic": 1.0}
    year = live(changed("donggang", failing), 1, days=70)
    assert year.findings == []
    assert "message.invalid" not in year.refusals
    assert year.figures["topics_from_cases"] == year.figures["topics"] > 5
    assert year.figures["mediated"] > 0, "none closes but by what its meeting decided"


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_what_ifs_can_be_said_by_set(row: str) -> None:
    said = [f"{key}={json.dumps(value)}" for key, value in ROWS[row].items()]
    changes = simulate._changes(said)
    assert changes == dict(ROWS[row])
    assert changed("donggang", changes).version != changed("donggang", {}).version


def test_a_case_that_is_nobodys_is_found(simulation: Simulation, january: Year) -> None:
    orders = simulation.memory.offices["dispatch"].states
    case, order = next((c, o) for c, o in orders.items() if isinstance(o, Order) and o.status is Status.ACCEPTED)
    for broken, said in ((None, "has no order"), (replace(order, responsible=None), "nobody's")):
        orders[case] = broken
        assert any(said in finding and case in finding for finding in simulation.check())
    orders[case] = order
    assert simulation.check() == []


def test_a_record_changed_in_a_ledger_is_found(simulation: Simulation, january: Year) -> None:
    records = next(of_body for of_body in simulation.memory.ledgers().values() if len(of_body) > 1)
    kept = records[0]
    records[0] = replace(kept, kind="withdrawn")
    assert any("is broken at 1" in finding for finding in simulation.check())
    records[0] = kept


def test_an_agenda_that_leaves_out_what_was_open_before_it_is_found_in_whatever_order_the_facts_are_heard() -> None:
    def opened(topic: str, minute: int) -> Heard:
        entry: dict[str, Any] = {
            "topic": topic,
            "body": "C01",
            "level": "community",
            "entry": escalation.EntryStatus.OPEN,
        }
        return heard(topic, minute, escalation.TopicDeferred.model_construct(**entry))

    def heard(subject: str, minute: int, data: Contract) -> Heard:
        at = datetime(2026, 1, 5, 9, minute, tzinfo=UTC)
        return Heard("ledger", Envelope("", data.TYPE, subject=subject, time=at), data)

    said: dict[str, Any] = {"body": "C01", "temporary": False, "agenda": ("T-2",)}
    convened = escalation.MeetingConvened.model_construct(**said)
    facts = [opened("T-1", 0), opened("T-2", 0), opened("T-later", 31), heard("meeting:C01:1", 30, convened)]
    for order in permutations(facts):
        agendas = Agendas()
        for fact in order:
            agendas.hear(fact)
        agendas.settle()
        assert agendas.findings == ["meeting:C01:1: T-1 is open and not on the agenda"]


def test_the_command_prints_the_same_figures_as_json_and_ends_with_1_outside_the_ranges() -> None:
    done = CliRunner().invoke(build("simulate"), ["simulate", "year", "--days", "2", "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == 1  # no meeting of the upper levels falls into two days
    assert said[0]["seed"] == 1
    assert said[0]["figures"] == live(load("donggang"), 1, days=2).figures


def test_the_command_refuses_a_key_that_the_city_file_does_not_have() -> None:
    done = CliRunner().invoke(build("simulate"), ["simulate", "year", "--set", "ladder.solve.village=0.5"])
    assert done.exit_code == 2
