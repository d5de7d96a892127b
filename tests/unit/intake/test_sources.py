"""What each source may send: defaults, limits, and sensors whose alarms flap."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.domain import facts
from services.intake.domain.case import Status
from services.intake.domain.flapping import Alarm, chain, sounded
from services.intake.domain.gathering import Sought
from services.intake.domain.report import Report, Reporter, ReportPlace
from shared.city.model import City, Source
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import NOW, Office


def with_source(office: Office, code: str = "iot", **changed: Any) -> Source:
    """Give a source other defaults and limits."""
    city: City = office.city
    source = replace(city.sources[code], **changed)
    office.city = replace(city, sources={**city.sources, code: source})
    return source


@pytest.mark.parametrize(
    ("limits", "said", "rule", "field"),
    [
        ({"closed": True}, {}, "source.closed", "source"),
        ({"longest": 5}, {"text": "路灯不亮了吧"}, "source.text_too_long", "text"),
        ({"needs": ("place",)}, {"place": None}, "source.needs", "place"),
        ({"needs": ("at",)}, {}, "source.needs", "at"),
        ({"needs": ("reporter",)}, {"reporter": Reporter()}, "source.needs", "reporter"),
        ({"needs": ("matter",)}, {}, "source.needs", "matter"),
    ],
)
def test_a_report_beyond_a_limit_of_its_source_is_refused_with_rule_and_field(
    office: Office, limits: dict[str, Any], said: dict[str, Any], rule: str, field: str
) -> None:
    with_source(office, "hotline", **limits)
    with pytest.raises(Refused) as refused:
        office.report(**said)
    assert (refused.value.rule, refused.value.field) == (rule, field)


def test_what_a_source_sends_beyond_its_number_a_minute_is_refused_and_may_be_sent_again(office: Office) -> None:
    with_source(office, "hotline", a_minute=2)
    office.prepared = replace(office.prepared, too_many=frozenset({"case-3"}))
    office.report("case-1")
    with pytest.raises(Refused, match="too_many"):
        office.report("case-3", id="R-3")
    office.prepared = replace(office.prepared, too_many=frozenset())
    assert office.report("case-3", id="R-3")


def test_a_source_has_a_matter_of_its_own_and_may_be_urgent_throughout(office: Office, grid: str) -> None:
    with_source(office, default_matter="street-lights", urgent=True)
    (fact,) = office.report(source="iot", text="A3号点位离线", subject=None, place=ReportPlace(unit=grid))
    assert (fact.understanding.matter, fact.understanding.how, fact.urgent) == ("street-lights", "source", True)


# ---- sensors


def sound(office: Office, case: str, minutes: float, report: str, grid: str, **more: Any) -> list[Any]:
    """Let a sensor sound so many minutes after ten; returns the facts."""
    at = NOW + timedelta(minutes=minutes)
    usual: dict[str, Any] = {"text": "路灯不亮，漆黑一片", "matter": "street-lights", "device": "s-1"}
    said = Report(id=report, place=ReportPlace(unit=grid), at=at, **usual | more)
    office.now = max(office.now, at)
    one = sounded(said, office.city.sources["iot"], case, office.now)
    assert one is not None
    known = {(row.source, row.device): row for row in office.rows if isinstance(row, Alarm)}
    (before,) = chain(known, [one], office.city)
    homes = (before.case,) if before else ()
    return office.send(
        case, Sought(said, alarm=one, repeats=before), Actor("source", "iot"), creates=True, touches=homes
    )


def test_alarms_that_flap_are_one_case_on_which_each_repetition_is_counted(office: Office, grid: str) -> None:
    (first,) = sound(office, "case-1", 0, "a", grid)
    assert isinstance(first, facts.CaseRegistered)
    for n, minutes in enumerate((3, 9, 18, 27), start=1):
        merged, counted = sound(office, f"case-{n + 1}", minutes, f"a-{n}", grid)
        assert (merged.how, merged.into, merged.reporters, merged.ratable) == ("flapping", "case-1", (), False)
        assert counted.repeats == n
    assert office.states["case-1"].repeats == 4
    assert office.states["case-1"].reporters == 1
    assert office.states["case-5"].status is Status.MERGED


def test_an_alarm_after_quiet_one_of_another_sensor_and_one_on_too_long_are_reports_of_their_own(
    office: Office, grid: str
) -> None:
    sound(office, "case-1", 0, "a", grid)
    assert isinstance(sound(office, "case-2", 1, "b", grid, device="s-2")[0], facts.CaseRegistered)
    assert isinstance(sound(office, "case-3", 10.1, "c", grid)[0], facts.CaseRegistered)  # quiet for more than ten
    with_source(office, flapping=replace(office.city.sources["iot"].flapping, longest=15))
    assert sound(office, "case-4", 20, "d", grid)[0].how == "flapping"
    assert isinstance(sound(office, "case-5", 29, "e", grid)[0], facts.CaseRegistered)  # on for more than fifteen


def test_in_a_typhoon_s_evening_every_sensor_is_one_case_however_it_flaps(office: Office, grid: str) -> None:
    """Ten sensors from landfall on for two hours, each sounding again within ten minutes (simulation §8)."""
    rng, alarms = random.Random(8), []
    for sensor in range(10):
        minute = rng.uniform(0, 10)
        while minute < 120:
            alarms.append((minute, f"s-{sensor}"))
            minute += min(rng.expovariate(0.5) + 0.1, 9.9) if rng.random() < 0.5 else rng.uniform(5, 9.9)
    for n, (minute, sensor) in enumerate(sorted(alarms)):
        sound(office, f"case-{n}", minute, f"a-{n}", grid, device=sensor)
    cases = [case for case in office.states.values() if case.status is Status.OPEN]
    assert len(alarms) > 200
    assert len(cases) == 10
    assert sum(case.repeats for case in cases) == len(alarms) - 10
    assert {case.reporters for case in cases} == {1}


def test_an_alarm_whose_case_is_done_is_a_new_occurrence(office: Office, grid: str) -> None:
    sound(office, "case-1", 0, "a", grid)
    office.states["case-1"] = replace(office.states["case-1"], stage="handled")
    assert isinstance(sound(office, "case-2", 2, "b", grid)[0], facts.CaseRegistered)


def test_a_sensor_without_a_name_is_known_by_matter_place_and_words(office: Office, grid: str) -> None:
    sound(office, "case-1", 0, "a", grid, device=None)
    assert sound(office, "case-2", 5, "b", grid, device=None)[0].how == "flapping"


def test_alarms_uploaded_together_are_told_apart_by_their_own_times_and_counted_by_ours(
    office: Office, grid: str
) -> None:
    said = [
        Report(id=f"u-{n}", text="路灯不亮", device="s-1", at=NOW - timedelta(minutes=minutes))
        for n, minutes in enumerate((700, 695, 100, 95))
    ]
    heard = [sounded(one, office.city.sources["iot"], f"case-{n}", NOW) for n, one in enumerate(said)]
    before = chain({}, [one for one in heard if one], office.city)
    assert [one.case if one else None for one in before] == [None, "case-0", None, "case-2"]
    late = NOW - timedelta(hours=12)
    (fact,) = office.report(source="hotline", place=ReportPlace(unit=grid), at=late)
    assert fact.claimed_at == late
    assert office.states["case-1"].steps[0].at == NOW


def test_a_held_alarm_that_flaps_waits_for_a_person_once(office: Office, grid: str) -> None:
    odd: dict[str, Any] = {"text": "A3号点位离线", "matter": None}
    first = sound(office, "case-1", 0, "a", grid, **odd)
    assert isinstance(first[0], facts.CaseHeld)
    assert sound(office, "case-2", 2, "b", grid, **odd)[0].how == "flapping"
    assert [row.case for row in office.rows if isinstance(row, facts.Waiting)] == ["case-1"]
