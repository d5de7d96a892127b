"""The register of households is kept by its own grid and community, in codes; who lives there is a private row."""

from __future__ import annotations

import pytest

from services.intake.domain.household import (
    MOST,
    HouseholdEntry,
    HouseholdKept,
    HouseholdRegistered,
    HouseholdRemoved,
    Households,
    RegisterHouseholds,
    RemoveHousehold,
)
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import Office

WANG = HouseholdEntry("H-1", "3栋1单元101", "王某", "13800138000")
LI = HouseholdEntry("H-2", "3栋1单元102")


def test_a_grid_enters_its_households_and_nothing_personal_is_stated(office: Office, grid: str) -> None:
    own, subject = Actor("unit", grid), f"households:{grid}"
    stated = office.send(subject, RegisterHouseholds((WANG, LI)), own, creates=True)
    assert stated == [HouseholdRegistered(unit=grid, household=h, by=f"unit.{grid}") for h in ("H-1", "H-2")]
    assert office.rows[0] == HouseholdKept(grid, "H-1", WANG.door, "王某", "13800138000")
    community = Actor("unit", office.city.units[grid].parent or "")
    anew = HouseholdEntry("H-1", "3栋1单元101", "王某之子")
    assert office.send(subject, RegisterHouseholds((anew,)), community) == []
    assert office.rows[-1] == HouseholdKept(grid, "H-1", anew.door, "王某之子")
    (gone,) = office.send(subject, RemoveHousehold("H-1", "搬走，电话13800138000"), community)
    assert isinstance(gone, HouseholdRemoved)
    assert "13800138000" not in gone.why
    assert office.rows[-1] == HouseholdKept(grid, "H-1", None)
    assert office.states[subject] == Households(("H-2",))


def test_whoever_else_asks_and_whatever_is_no_household_is_refused(office: Office, grid: str) -> None:
    subject = f"households:{grid}"
    above = [unit.code for unit in office.city.ancestors(grid)]
    other = next(u.code for u in office.city.units.values() if u.level.value == "grid" and u.code != grid)
    for actor in (
        ("operations", "duty"),
        ("unit", other),
        ("unit", above[-1]),
        ("department", "housing"),
        ("source", "hotline"),
    ):
        with pytest.raises(Refused, match=r"actor\.not_allowed"):
            office.send(subject, RegisterHouseholds((WANG,)), Actor(*actor), creates=True)
    own = Actor("unit", grid)
    many = tuple(HouseholdEntry(f"H-{n}", "1-1") for n in range(MOST + 1))
    for said, rule in (
        (RegisterHouseholds((WANG, WANG)), "household.twice"),
        (RegisterHouseholds((HouseholdEntry("13800138000", "1-1"),)), "household.personal"),
        (RegisterHouseholds(many), "household.too_many"),
        (RemoveHousehold("H-1", "搬走"), "household.unknown"),
    ):
        with pytest.raises(Refused, match=rule.replace(".", r"\.")):
            office.send(subject, said, own, creates=True)
    with pytest.raises(Refused, match=r"household\.not_a_grid"):
        office.send("households:C01", RegisterHouseholds((WANG,)), Actor("unit", "C01"), creates=True)
