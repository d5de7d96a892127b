"""Wishes of the simulated city: who orders, reviews, claims and does them follows from the city's own mechanisms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.demo.desk import Result
from deploy.demo.model import Sending
from deploy.demo.parameters import Parameters
from deploy.demo.streams import Heard
from deploy.demo.wishers import Wishers
from shared.city.load import load
from shared.city.model import City
from shared.contracts import wish as w
from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from tests.unit.demo.test_actors import MORNING, Stage

WISH = "wish:C01:1"
COMMON = {"community": "C01"}


def told(stage: Stage, data: Contract) -> Heard:
    return Heard("orders", Envelope("id", data.TYPE, "x", WISH, stage.agenda.present, 1), data)


def wished(city: City, year: list[Sending]) -> Sending:
    return next(one for one in year if one.channel == "wish")


async def heard(city: City, parameters: Parameters, *facts: Contract, days: int = 20) -> list[tuple[str, str]]:
    """Return who did what after these facts, over some seeds: some of it is left to chance."""
    found: list[tuple[str, str]] = []
    for seed in range(6):
        stage = Stage(city, parameters, seed)
        wishers = Wishers(stage.world)
        for fact in facts:
            wishers.hear(told(stage, fact))
        await stage.agenda.until(MORNING + timedelta(days=days))
        found += [(who, path.rsplit("/", 1)[-1]) for who, path, _ in stage.desk.acts]
    return found


def test_a_wish_is_ordered_where_the_city_has_the_mechanism_and_reported_elsewhere(
    city: City, parameters: Parameters, year: list[Sending]
) -> None:
    one = wished(city, year)
    assert Wishers(Stage(city, parameters).world).takes(one)
    without = replace(city, mechanisms=city.mechanisms - {"grid-menu", "wish-claim", "wish-dispatch"})
    assert not Wishers(Stage(without, parameters).world).takes(one)
    assert not Wishers(Stage(city, parameters).world).takes(next(x for x in year if x.channel != "wish"))


async def test_the_community_reviews_and_somebody_of_its_circle_claims(city: City, parameters: Parameters) -> None:
    reviewed = await heard(
        city, parameters,
        w.WishOrdered(status="ordered", place="C01-G01", raised_by="mini", item=None, wording="轮椅", **COMMON),
    )  # fmt: skip
    assert {who for who, _ in reviewed} == {"unit.C01"}
    assert {verb for _, verb in reviewed} <= {"offer", "refuse"}
    claimed = await heard(city, parameters, w.WishOffered(status="offered", **COMMON))
    circle = {"member.C01-m1", "member.C01-m2", "member.C01-m3", "post.C01-team"}
    circle |= {f"department.{code}" for code in city.paired_with("C01")}
    assert claimed
    assert {who for who, _ in claimed} <= circle


async def test_the_city_file_says_how_many_are_offered_claimed_and_done_and_by_whom(
    city: City, parameters: Parameters
) -> None:
    ordered = w.WishOrdered(status="ordered", place="C01-G01", raised_by="mini", item=None, wording="轮椅", **COMMON)
    offered = w.WishOffered(status="offered", **COMMON)
    taken = w.WishClaimed(status="claimed", claimant="C01-m1", dispatched=False, **COMMON)
    for key, fact in (("wish.review", ordered), ("wish.claimed", offered), ("wish.done", taken)):
        none = await heard(city, parameters.changed(key, 0.0), fact)
        every = await heard(city, parameters.changed(key, 1.0), fact)
        assert not {"offer", "claim", "fulfil"} & {verb for _, verb in none}, key
        assert len(every) == 6, key
    all_claimed = parameters.changed("wish.claimed", 1.0)
    by_member = await heard(city, all_claimed.changed("wish.by_member", 1.0), offered)
    by_unit = await heard(city, all_claimed.changed("wish.by_member", 0.0), offered)
    assert {who.rpartition("-")[0] for who, _ in by_member} == {"member.C01"}
    assert not any(who.startswith("member.C01-m") for who, _ in by_unit)


async def test_in_guiping_the_community_names_and_the_one_named_agrees() -> None:
    guiping = load("guiping")
    parameters = Parameters(guiping.simulation)
    named = await heard(guiping, parameters, w.WishOffered(status="offered", **COMMON))
    assert named
    assert set(named) == {("unit.C01", "name")}
    agreed = await heard(guiping, parameters, w.WishNamed(status="offered", named="C01-m1", **COMMON))
    assert set(agreed) == {("member.C01-m1", "agree")}


@pytest.mark.parametrize("name", ["donggang", "guiping", "yulin", "nanchang", "longchang"])
async def test_on_the_first_morning_each_city_begins_what_its_mechanisms_name(name: str) -> None:
    city = load(name)
    stage = Stage(city, Parameters(city.simulation))
    stage.desk.act = _answering(stage)  # type: ignore[method-assign]
    Wishers(stage.world).plan([], MORNING)
    await stage.agenda.until(MORNING + timedelta(days=9))
    verbs = {path.rsplit("/", 1)[-1] for _, path, _ in stage.desk.acts}
    wanted = {
        "assigned-on": "assign-on", "commissioners": "appoint", "claimed-projects": "rate",
        "sharing-agreements": "book", "right-to-resources": "book",
    }  # fmt: skip
    for mechanism, verb in wanted.items():
        if mechanism in city.mechanisms:
            assert verb in verbs, f"{name}: {mechanism}"
    assert ("book" in verbs) is bool(city.mechanisms & {"sharing-agreements", "right-to-resources"})


def _answering(stage: Stage):  # type: ignore[no-untyped-def]
    async def act(actor, service, path, body, key):  # type: ignore[no-untyped-def]
        stage.desk.acts.append((f"{actor.kind}.{actor.id}", path, body))
        return Result({"subject": f"subject:{len(stage.desk.acts)}"})

    return act
