"""Placing reports by code, by coordinates of three systems, by address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.city.geography import (
    Geography,
    bd09_from_gcj02,
    gcj02_from_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from shared.city.load import load
from shared.city.model import UnitLevel
from shared.city.placement import Placement

METRE = 1 / 111_000


@pytest.fixture
def town(write: Callable[..., Path]) -> Geography:
    """The squares, in hundredths of a degree: S1 0-4, C1 0-2, C2 2-4, C1-G1 0-1 (each from its south-west corner)."""
    return Geography(load(write()))


def at(east: float, north: float) -> tuple[float, float]:
    return 120 + east / 100, 30 + north / 100


def test_a_point_lies_in_the_finest_unit_around_it(town: Geography):
    assert town.locate(at(0.5, 0.5)) == "C1-G1"
    assert town.locate(at(1.5, 0.5)) == "C1"
    assert town.locate(at(3.5, 3.5)) == "S1"


def test_a_point_outside_every_boundary_lies_nowhere(town: Geography):
    assert town.locate(at(9, 9)) is None
    assert town.place(point=at(9, 9)) == Placement(None, "none", 0.0)


def test_a_point_on_the_border_of_two_lies_always_in_the_same(town: Geography):
    assert town.locate(at(2, 1)) == "C1"
    assert town.locate(at(0, 0)) == "C1-G1"
    assert town.place(point=at(2, 1)) == Placement("C1", "point", 0.475, "border", "C2")
    assert town.place(point=at(0, 0)) == Placement("C1-G1", "point", 0.95)


def test_a_point_in_the_gap_that_rounding_leaves_still_lies_in_the_neighbour(town: Geography):
    x, y = at(4, 3)
    assert town.locate((x + 0.1 * METRE, y)) == "S1"
    assert town.locate((x + 3 * METRE, y)) is None


def test_a_unit_code_is_surest_and_a_merged_code_lands_in_the_same_grid(town: Geography):
    assert town.place(unit_code="C1-G2") == Placement("C1-G2", "unit_code", 1.0)
    assert town.place(unit_code="ZZ-9") == Placement("C1-G1", "merged_code", 0.95)
    assert town.place(unit_code="E4") == Placement("C2-G1", "unit_code", 1.0)


def test_an_unknown_code_falls_back_to_coordinates_and_these_to_the_address(town: Geography):
    assert town.place(unit_code="??", point=at(0.5, 0.5)).how == "point"
    assert town.place(unit_code="??", point=None, address="幸福里3栋") == Placement("C2-G1", "address", 0.85)


@pytest.mark.parametrize(
    ("code", "point"),
    [
        ("C1-G1", at(0.5, 0.5)),
        ("C1", at(0.5, 0.5)),  # the point is the finer of the two
        ("S1", at(3, 3)),
        ("C1-G1", at(1, 0.5)),  # on its border
        ("C2", at(2, 1)),
        ("C1-G2", at(1.5, 0.5)),  # has no boundary, so it may be there
    ],
)
def test_a_code_that_its_point_does_not_contradict_stays_sure(town: Geography, code: str, point: tuple[float, float]):
    assert town.place(unit_code=code, point=point) == Placement(code, "unit_code", 1.0)


@pytest.mark.parametrize(
    ("code", "point", "other"),
    [
        ("C1-G1", at(1.5, 0.5), "C1"),  # its boundary is known, and the point lies beyond it
        ("C2", at(0.5, 0.5), "C1-G1"),
        ("C1", at(3.5, 0.5), "C2"),
        ("C2-G1", at(0.5, 0.5), "C1-G1"),
    ],
)
def test_a_code_wins_over_a_point_elsewhere_and_says_where_that_lies(
    town: Geography, code: str, point: tuple[float, float], other: str
):
    assert town.place(unit_code=code, point=point) == Placement(code, "unit_code", 0.5, "contradiction", other)


def test_a_point_outside_makes_what_else_was_said_less_sure(town: Geography):
    assert town.place(unit_code="C1", point=at(9, 9)) == Placement("C1", "unit_code", 0.5, "outside")
    assert town.place(unit_code="ZZ-9", point=at(9, 9)) == Placement("C1-G1", "merged_code", 0.475, "outside")
    assert town.place(point=at(9, 9), address="幸福里3栋") == Placement("C2-G1", "address", 0.425, "outside")
    assert town.place(point=at(9, 9), address="南京路1号").unit is None


def test_an_address_is_placed_by_the_finest_and_longest_name_in_it(town: Geography):
    assert town.find_address("东街道桥东社区 鼎林小区 3号楼").unit == "C1-G1"
    assert town.find_address("锦华花园二期5栋").unit == "C1-G2"
    assert town.find_address("锦华花园5栋").unit == "C1-G1"
    assert town.find_address("滨河巷12号").unit == "C1-G2"
    assert town.find_address("桥西社区门口") == Placement("C2", "address", 0.7)


def test_a_name_that_two_units_bear_goes_to_what_they_have_in_common(town: Geography):
    assert town.find_address("安居园2栋") == Placement("C2", "address", 0.425, "shared_name")


def test_an_address_without_a_known_name_lies_nowhere(town: Geography):
    assert town.find_address("南京路1号").unit is None


def test_an_unknown_system_of_coordinates_is_refused(town: Geography):
    with pytest.raises(KeyError):
        town.place(point=at(1, 1), system="mercator")


def test_gcj02_of_a_known_point():
    east, north = gcj02_from_wgs84((116.404, 39.915))
    assert (round(east, 6), round(north, 6)) == (116.410244, 39.916404)


@given(st.floats(100, 125), st.floats(20, 45))
def test_coordinates_come_back_from_every_system(east: float, north: float):
    gcj = gcj02_from_wgs84((east, north))
    for back in (wgs84_from_gcj02(gcj), wgs84_from_bd09(bd09_from_gcj02(gcj))):
        assert abs(back[0] - east) < 0.05 * METRE
        assert abs(back[1] - north) < 0.05 * METRE


def test_every_third_level_grid_of_donggang_holds_its_centre_in_all_three_systems():
    city = load("donggang")
    geography = Geography(city)
    for unit in city.of_level(UnitLevel.SUBGRID):
        centre = geography.centre_of(unit.code)
        assert centre is not None
        gcj = gcj02_from_wgs84(centre)
        assert geography.locate(centre) == unit.code
        assert geography.place(point=gcj, system="gcj02").unit == unit.code
        assert geography.place(point=bd09_from_gcj02(gcj), system="bd09").unit == unit.code


@pytest.mark.parametrize("code", ["donggang", "guiping", "yulin", "nanchang", "longchang"])
def test_children_partition_their_parents(code: str):
    from shapely import Polygon, unary_union

    city = load(code)
    grounds = {unit: Polygon(rings[0]) for unit, rings in city.boundaries.items()}
    assert set(grounds) == set(city.units)
    for unit in city.units:
        below = [grounds[child.code] for child in city.children(unit)]
        if below:
            whole = grounds[unit].area
            assert abs(sum(part.area for part in below) - whole) < whole * 1e-3
            assert grounds[unit].symmetric_difference(unary_union(below)).area < whole * 1e-3
