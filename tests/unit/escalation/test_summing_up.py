"""A squad or hard problem is written off after its look-backs and its summary, where the city sums up (domain §5.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.escalation.domain import topic_facts as t
from services.escalation.domain.entry_board import EntryRow
from services.escalation.domain.heard import CycleSummedUp
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import CITY, Hall, liberal

LOOP = replace(liberal(), mechanisms=liberal().mechanisms | {"five-stage-loop"})


def settled(kind: str, city: object = LOOP) -> Hall:
    """The city's body listed it or formed a squad, its order is closed and everybody was told."""
    hall = Hall(bodies=(CITY,), city=city)
    hall.register()
    hall.escalate(body=CITY)
    hall.decide_at(CITY, kind)
    if kind == "list":
        hall.decide_at(CITY, "resolve")
    hall.tell(CITY)
    if hall.topic().untold():
        hall.tell(CITY)
    hall.close()
    assert hall.statuses() == ("settled",)
    return hall


def sum_up(hall: Hall, chain: str = "c-1") -> list[object]:
    stated = hall.hear(f"summary:{chain}", CycleSummedUp(cycle="2026-04"), "feedback")
    return [*stated, *hall.advance(hall.now)]


def has_to_write_off(hall: Hall) -> bool:
    return [row for row in hall.rows if isinstance(row, EntryRow)][-1].has_to_write_off


@pytest.mark.parametrize("kind", ["squad", "list"])
def test_it_is_not_written_off_before_it_was_summed_up_and_its_clock_begins_then(kind: str) -> None:
    hall = settled(kind)
    with pytest.raises(Refused, match=r"topic\.not_summed_up") as refused:
        hall.write_off(CITY)
    assert refused.value.params == {"case": "c-1", "least": str(LOOP.limits["checks_cycle"])}
    assert not has_to_write_off(hall)
    assert not [name for _, name in hall.deadlines if "write_off" in name]
    assert sum_up(hall, "quarters") == []
    (summed_up,) = sum_up(hall)
    assert summed_up == t.TopicSummedUp(
        topic=hall.topic().id, body=CITY, level="city", entry="settled", cycle="2026-04"
    )  # type: ignore[arg-type]
    assert has_to_write_off(hall)
    assert [name for _, name in hall.deadlines if name.startswith("overdue:write_off")]
    assert sum_up(hall) == []
    assert hall.write_off(CITY)[-1].final  # type: ignore[attr-defined]


def test_a_summary_while_the_squad_still_works_counts_and_a_new_squad_asks_for_another() -> None:
    hall = Hall(bodies=(CITY,), city=LOOP)
    hall.register()
    hall.escalate(body=CITY)
    hall.decide_at(CITY, "squad")
    assert [type(fact) for fact in sum_up(hall)] == [t.TopicSummedUp]
    assert not hall.topic().to_sum_up
    hall.reopen(CITY)
    hall.decide_at(CITY, "squad")
    assert hall.topic().to_sum_up


def test_a_combination_hands_what_is_to_be_summed_up_on_and_a_further_case_names_its_topic_too() -> None:
    hall = Hall(bodies=(CITY,), city=LOOP)
    for case in ("c-1", "c-2"):
        hall.register(case)
        hall.escalate(case, CITY)
    hall.decide_at(CITY, "squad", "c-1")
    for case in ("c-1", "c-2"):
        hall.tell(CITY, case)
        hall.reopen(CITY, case)
    hall.combine("c-2", CITY, "c-1")
    assert hall.topic("c-2").to_sum_up
    assert [type(fact) for fact in sum_up(hall, "c-1")] == [t.TopicSummedUp]
    assert not hall.topic("c-2").to_sum_up


def test_where_the_city_does_not_sum_up_nothing_waits_for_it() -> None:
    hall = settled("squad", liberal())
    assert hall.write_off(CITY)[-1].final


def test_a_plain_resolution_waits_for_no_summary() -> None:
    hall = settled("resolve")
    assert sum_up(hall) == []
    assert hall.write_off(CITY)[-1].final
