"""Placing address texts as people write them: short, misspelt, with numbers of buildings; in doubt it is said so."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shared.city.address import Addresses, normal
from shared.city.load import load
from shared.city.model import City, Estate, Landmark, UnitLevel
from shared.city.placement import NOWHERE, Placement


@pytest.fixture
def town(write: Callable[..., Path]) -> Addresses:
    """Two communities: C1 with 鼎林小区, 锦华花园 and its second phase, C2 with 幸福里 and two called 安居园."""
    city = load(write())
    added = {
        "C1-G2": {"landmarks": (Landmark("桥东中心小学", ("桥东小学",)),)},
        "C2-G1": {
            "estates": (*city.units["C2-G1"].estates, Estate("E7", "清泉花园"), Estate("E9", "望海家园", ("船厂宿舍",)))
        },
        "C1-G1": {"estates": (*city.units["C1-G1"].estates, Estate("E8", "清泉名苑"), Estate("E10", "金色阳光花园"))},
    }
    units = {code: replace(unit, **added.get(code, {})) for code, unit in city.units.items()}
    for number, (first, last) in enumerate(((1, 4), (5, 9)), 1):
        code = f"C2-G1-B{number}"
        house = (("E9", first, last),)
        units[code] = replace(
            units["C2-G1"], code=code, level=UnitLevel.SUBGRID, parent="C2-G1", estates=(), numbers=house
        )
    return Addresses(replace(city, units=units))


def test_digits_letters_and_numbers_are_compared_in_one_spelling():
    assert normal("鼎林小區 ３號樓") == normal("鼎林小区三号楼") == "鼎林小区3号楼"
    assert normal("十二栋") == "12栋"
    assert normal("二十三幢、一百零五号楼") == "23幢105号楼"
    assert normal("一〇三座") == "103座"
    assert normal("三里屯") == "三里屯", "a number within a name stays"


@pytest.mark.parametrize(
    "written",
    [
        "望海家园3栋",
        "望海家园三号楼2单元",
        "望海家园 ３＃",
        "望海家园3幢501",
        "望海家园3-2-501",
        "船厂宿舍3号",
        "望海３栋",
    ],
)
def test_the_number_of_a_building_leads_to_its_third_level_grid(town: Addresses, written: str):
    assert town.find(written).unit == "C2-G1-B1"
    assert town.find(written.replace("3", "7").replace("３", "７").replace("三", "七")).unit == "C2-G1-B2"


def test_a_building_that_the_estate_does_not_have_is_doubted(town: Addresses):
    assert town.find("望海家园88栋") == Placement("C2-G1", "address", 0.425, "building")
    assert town.find("望海家园") == Placement("C2-G1", "address", 0.85)


def test_a_landmark_and_its_other_name_lead_to_their_grid(town: Addresses):
    assert town.find("桥东小学门口") == Placement("C1-G2", "address", 0.85)
    assert town.find("东街道桥东中心小学对面").unit == "C1-G2"


def test_an_ending_may_be_missing_but_not_be_a_part_of_another_word(town: Addresses):
    assert town.find("幸福3栋") == Placement("C2-G1", "address", 0.7)
    assert town.find("鼎林附近") == Placement("C1-G1", "address", 0.7)
    assert town.find("幸福感很低") == NOWHERE


def test_another_ending_is_taken_with_doubt(town: Addresses):
    assert town.find("鼎林家园3栋") == Placement("C1-G1", "address", 0.7, "misspelt")


def test_a_letter_that_is_wrong_missing_or_too_many_is_taken_with_doubt(town: Addresses):
    for written in ("望诲家园", "金色杨光花园5号楼", "金阳光花园", "金色的阳光花园"):
        found = town.find(written)
        assert (found.unit, found.doubt) == ("C2-G1" if "望" in written else "C1-G1", "misspelt")
        assert found.confidence <= 0.5


def test_of_two_names_that_are_equally_near_none_is_guessed(town: Addresses):
    assert town.find("清泉3栋") == Placement("S1", "address", 0.35, "alike")
    assert town.find("清泉小区3栋") == Placement("S1", "address", 0.35, "alike")
    assert town.find("桥西社区清泉3栋") == Placement("C2-G1", "address", 0.7), "the community decides"


def test_what_lies_in_another_community_than_is_written_is_a_contradiction(town: Addresses):
    assert town.find("桥西社区鼎林小区3栋") == Placement("C1-G1", "address", 0.425, "contradiction", "C2")


def test_only_what_makes_a_name_different_counts_for_its_spelling(town: Addresses):
    assert town.find("某某花园3栋") == NOWHERE
    assert town.find("南京路1号") == NOWHERE


ENDINGS = ("小区", "花园", "家园", "名苑", "公寓", "新村", "华府", "雅居", "佳园")


def ways(name: str, chance: random.Random) -> dict[str, str]:
    """Return an estate's name as somebody may write it."""
    at = chance.randrange(len(name))
    ending = next((e for e in ENDINGS if name.endswith(e)), "")
    wrong = chr(chance.randrange(0x4E00, 0x9000))
    return {
        "exact": f"{name}{chance.choice(('3栋', '３号楼', '三号楼', '3#', '3-1-201'))}",
        "short": f"{name.removesuffix(ending)}3栋",
        "wrong": f"{name[:at]}{wrong}{name[at + 1 :]}3栋",
        "missing": f"{name[:at]}{name[at + 1 :]}3栋",
    }


@pytest.mark.parametrize("code", ["donggang", "guiping", "nanchang"])
def test_no_spelling_of_an_estate_is_placed_wrongly_without_doubt(code: str):
    city = load(code)
    addresses, chance, right = Addresses(city), random.Random(5), Counter[str]()
    estates = [(unit, estate) for unit in city.of_level(UnitLevel.GRID) for estate in unit.estates]
    sample = chance.sample(estates, 60)
    for unit, estate in sample:
        for how, written in ways(estate.name, chance).items():
            found = addresses.find(written)
            if found.unit is not None and city.is_within(found.unit, unit.code):
                right[how] += 1
            else:
                is_another = any(other.name.startswith(written[:-2]) for _, other in estates)
                assert found.unit is None or found.doubt is not None or is_another, (written, found)
    assert right["exact"] == len(sample)
    assert right["short"] >= len(sample) * 2 // 3
    assert right["wrong"] + right["missing"] >= len(sample)


def test_no_two_names_of_a_city_hide_each_other():
    """What is written exactly as in the file is found, whatever other names there are."""
    city: City = load("donggang")
    addresses = Addresses(city)
    for unit in city.units.values():
        for landmark in unit.landmarks:
            found = addresses.find(landmark.name)
            assert found.unit == unit.code or found.doubt == "shared_name"
