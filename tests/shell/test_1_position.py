"""shell.md §1: the fence is a lock and a position, never a filter."""

from __future__ import annotations

import pytest

from shared.contracts import intake
from shared.shell.work import Batch, Hole, Unfenced, Work
from tests.support.mini import registered
from tests.support.office import GROUP, Office


def test_1_1_the_fence_moves_with_the_batch_and_only_with_it(office: Office) -> None:
    records = [office.fact(registered(), f"c-{n}", 1) for n in range(3)]
    office.take(*records[:2])
    place = (records[0].topic, 0)
    assert office.fences() == {place: 2}

    async def dropped() -> None:
        async with office.shell.store.transaction() as tx:
            await tx.load(Batch([Work(None, records[2])], GROUP))
            raise ConnectionResetError("planted")

    with pytest.raises(ConnectionResetError):
        office.drive(dropped())
    assert office.fences() == {place: 2}
    assert office.row("c-2") is None


def test_1_1_nothing_is_taken_from_a_partition_without_a_fence(office: Office) -> None:
    record = office.fact(registered(), "c-1", 1)
    with pytest.raises(Unfenced):
        office.drive(office.shell.take(Batch([Work(None, record)], GROUP), "log"))
    assert office.row("c-1") is None


def test_1_2_offset_above_expected_is_a_hole_and_nothing_of_the_batch_is_kept(office: Office) -> None:
    first, _, third = (office.fact(registered(), f"c-{n}", 1) for n in range(3))
    other = office.fact(registered(), "c-9", 1, partition=1)
    with pytest.raises(Hole) as caught:
        office.take(first, third, other)
    assert caught.value.holes == {(first.topic, 0): 1}
    assert office.row("c-0") is None
    assert office.row("c-9") is None
    assert set(office.fences().values()) == {0}


def test_1_2_a_hole_that_the_log_itself_has_is_accepted(office: Office) -> None:
    first, _, third = (office.fact(registered(), f"c-{n}", 1) for n in range(3))
    office.take(first, third, holes_accepted=frozenset({(first.topic, 0, third.offset)}))
    assert office.row("c-2") is not None
    assert office.fences() == {(first.topic, 0): 3}


def test_1_2_a_hole_is_accepted_before_one_record_alone(office: Office) -> None:
    first, _, third, _, fifth = (office.fact(registered(), f"c-{n}", 1) for n in range(5))
    with pytest.raises(Hole) as caught:
        office.take(first, third, fifth, holes_accepted=frozenset({(first.topic, 0, third.offset)}))
    assert caught.value.holes == {(first.topic, 0): 3}
    with pytest.raises(Hole):
        office.take(fifth, holes_accepted=frozenset({(first.topic, 0, third.offset)}))


def test_1_3_offset_below_expected_goes_through_and_identity_decides(office: Office) -> None:
    office.open("c-1", "c-2")
    records = office.log[office.topic("cases"), 0]
    outcome = office.take(*records)
    assert outcome.duplicates == 2
    assert outcome.rewound == []
    assert office.fences() == {(records[0].topic, 0): 2}
    assert len(office.journal()) == 2


def test_1_3_a_new_record_below_the_fence_tells_of_a_rewound_log_and_the_fence_follows(office: Office) -> None:
    office.open("c-1", "c-2", "c-3")
    place = (office.topic("cases"), 0)
    office.log[place] = office.log[place][:1]
    new = office.fact(registered(), "c-4", 1)
    assert new.offset == 1
    outcome = office.take(new)
    assert outcome.rewound == [place]
    assert office.fences() == {place: 2}
    assert office.row("c-4") is not None


def test_1_3_a_new_reply_below_the_fence_tells_of_a_rewound_log_too(office: Office) -> None:
    office.open()
    first, second = office.reply("first", "m-1"), office.reply("second", "m-2")
    office.take(first, second, reader="replies")
    office.log[first.topic, 0] = []
    assert office.take(office.reply("third", "m-3"), reader="replies").rewound == [(first.topic, 0)]
    assert office.fences("replies") == {(first.topic, 0): 1}
    assert office.notes() == ("first", "second", "third")


def test_1_4_a_fence_begins_at_the_readers_position_and_is_not_moved_by_a_second_assignment(office: Office) -> None:
    place = (office.topic("cases"), 0)
    store = office.shell.store
    office.drive(store.begin_fences(GROUP, {place: 7}))
    office.drive(store.begin_fences(GROUP, {place: 9}))
    assert office.fences() == {place: 7}
    assert office.fences("another") == {}


def test_1_5_any_reader_may_be_rewound_anywhere_without_effect(office: Office) -> None:
    office.open()
    office.fact(intake.CaseWithdrawn(reporter="p"), "c-1", 3)
    office.fact(registered("undecidable"), "c-2", 1)
    office.fact(intake.CaseWithdrawn(reporter="p"), "c-2", 2)
    office.reply("a note", "m-1")
    office.reply("x", "m-2")
    office.deliver()

    def everything() -> tuple[object, ...]:
        return (
            office.journal(), office.parked(), office.quarantine(), office.fences(), office.deadlines(),
            office.row("c-1"), office.row("c-2"), office.inbox(),
        )  # fmt: skip

    before = everything()
    for place, records in office.log.items():
        for start in range(len(records)):
            outcome = office.take(*records[start:])
            assert (outcome.rewound, outcome.set_aside) == ([], []), (place, start)
    assert everything() == before
