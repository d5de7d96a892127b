"""The demand of a seeded year: how many, where, what, and how much of it is faulty."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from math import sqrt

import pytest
from pydantic import ValidationError

from deploy.demo import texts
from deploy.demo.coordinates import to_bd09, to_gcj02
from deploy.demo.draws import Chance
from deploy.demo.model import CHANNELS, RESIDENT, Demand, Sending
from deploy.demo.parameters import Parameters
from shared.city.model import City
from shared.contracts.intake import Report

MONDAY = date(2026, 11, 2)
SUNDAY = MONDAY + timedelta(days=6)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_year_has_as_many_reports_of_each_channel_as_the_city_file_says(
    channel: str, city: City, parameters: Parameters, year: list[Sending]
) -> None:
    count = sum(one.channel == channel and one.fault not in ("twice", "flap") for one in year)
    wanted = city.root.households / 1000 * parameters.number(f"arrivals.rates.{channel}") * 365
    # Residents come in incidents and share the day's factor, so their counts spread wider than Poisson.
    spread = 2.0 if channel in RESIDENT else 1.0
    assert abs(count - wanted) < 4 * spread * sqrt(wanted)


def test_the_same_seed_gives_the_same_reports(city: City, parameters: Parameters) -> None:
    first, second = (Demand(city, parameters, Chance(7)).between(MONDAY, SUNDAY) for _ in range(2))
    assert first == second


def test_another_seed_gives_other_reports(city: City, parameters: Parameters) -> None:
    first, second = (Demand(city, parameters, Chance(seed)).between(MONDAY, SUNDAY) for seed in (7, 8))
    assert {one.raw for one in first}.isdisjoint(one.raw for one in second)


def test_a_week_of_a_longer_stretch_is_the_week_alone(city: City, parameters: Parameters) -> None:
    demand = Demand(city, parameters, Chance(7))
    longer = demand.between(MONDAY, SUNDAY + timedelta(days=7))
    assert [one for one in longer if one.at.date() < SUNDAY] == [
        one for one in demand.between(MONDAY, SUNDAY) if one.at.date() < SUNDAY
    ]


def test_changing_one_rate_leaves_every_other_channel_alone(city: City, parameters: Parameters) -> None:
    changed = parameters.changed("arrivals.rates.hotline", 0.08)
    before, after = (Demand(city, p, Chance(3)).between(MONDAY, SUNDAY) for p in (parameters, changed))
    assert [one for one in before if one.channel != "hotline"] == [one for one in after if one.channel != "hotline"]
    assert Counter(one.channel for one in after)["hotline"] > 2 * Counter(one.channel for one in before)["hotline"]


def test_every_report_is_valid_but_the_planted_malformed_ones(year: list[Sending]) -> None:
    faulty = 0
    for one in year:
        if one.fault == "malformed":
            faulty += 1
            with pytest.raises((ValidationError, UnicodeDecodeError)):
                Report.model_validate_json(one.raw)
        else:
            Report.model_validate_json(one.raw)
    assert 0.003 < faulty / len(year) < 0.008


def test_a_report_sent_twice_says_the_same_under_the_same_id(year: list[Sending]) -> None:
    twice = [one for one in year if one.fault == "twice"]
    first = {(one.source, one.id): one for one in year if one.fault not in ("twice", "malformed")}
    assert 0.007 < len(twice) / len(year) < 0.013
    assert all(first[one.source, one.id].raw == one.raw for one in twice)


def test_ids_of_a_source_are_unique_but_for_repetitions(year: list[Sending]) -> None:
    ids = Counter((one.source, one.id) for one in year if one.fault != "twice")
    assert ids.most_common(1)[0][1] == 1


def test_places_are_named_in_the_shares_of_the_city_file(year: list[Sending]) -> None:
    said = [one.body["place"] for one in year]
    points = [place for place in said if "lon" in place]
    assert len(points) / len(said) == pytest.approx(0.70, abs=0.02)
    assert sum("unit" in place for place in said) / len(said) == pytest.approx(0.20, abs=0.02)
    systems = Counter(place["system"] for place in points)
    assert systems["gcj02"] / len(points) == pytest.approx(0.60, abs=0.03)
    assert systems["bd09"] / len(points) == pytest.approx(0.25, abs=0.03)


def test_matters_are_given_as_often_as_each_source_can(year: list[Sending]) -> None:
    for source, share in {"grid": 0.90, "hotline": 0.60, "mini": 0.30}.items():
        mine = [one for one in year if one.source == source]
        assert sum("matter" in one.body for one in mine) / len(mine) == pytest.approx(share, abs=0.06)


def test_only_grid_staff_solve_on_the_spot_and_say_how(year: list[Sending]) -> None:
    solved = [one for one in year if "solved" in one.body]
    assert {one.source for one in solved} == {"grid"}
    assert all(one.body["solved"]["evidence"] >= 1 for one in solved)


def test_heating_is_reported_in_winter_only(year: list[Sending]) -> None:
    months = {one.at.month for one in year if one.matter == "heating"}
    assert months
    assert months <= {11, 12, 1, 2, 3}


def test_every_sentence_has_a_keyword_of_its_matter(city: City) -> None:
    without = [
        sentence
        for code, sentences in texts.SENTENCES.items()
        for sentence in sentences
        if not any(word in sentence for word in city.matters[code].keywords)
    ]
    assert without == []


def test_shifted_systems_lie_some_hundred_metres_off() -> None:
    lon, lat = 124.15, 39.86
    for shift in (to_gcj02, to_bd09):
        east, north = shift(lon, lat)
        metres = sqrt(((east - lon) * 85_300) ** 2 + ((north - lat) * 111_000) ** 2)
        assert 200 < metres < 1500
