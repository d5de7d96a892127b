"""shell.md §6: one clock, deadlines that fire once, in order, dated as they were due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.clock import FASTEST
from shared.kernel.decisions import Arm, Cancel
from shared.shell.apply import fold_deadlines
from shared.shell.clock import ClockDoor
from shared.shell.work import Clock
from tests.support import mini
from tests.support.mini import MiniCase
from tests.support.office import START, DictOffice, Office, SqlOffice
from tests.support.stack import Cell


def fired(office: Office, subject: str = "c-1") -> list[tuple[str, str]]:
    rows = [row for row in office.journal() if row[1] == subject and row[3] == "order.reminded.v1"]
    return [(office.headers(row[0])["ce_causationid"].split("/")[1], office.headers(row[0])["ce_time"]) for row in rows]


def test_6_1_the_clock_is_one_row_and_no_row_is_real_time(shell_cell: Cell) -> None:
    office = SqlOffice(shell_cell)
    try:
        clock = f"{shell_cell.code}.clock"
        office.fetch(f"DELETE FROM {clock}")
        now = office.drive(office.shell.store.now())
        assert abs(now.now - datetime.now(UTC)) < timedelta(seconds=5)
        at = datetime(2040, 1, 1, tzinfo=UTC)
        office.fetch(f"INSERT INTO {clock} VALUES (clock_timestamp() - interval '10 s', $1, 360, NULL)", at)
        now = office.drive(office.shell.store.now())
        assert timedelta(0) <= now.now - at - timedelta(seconds=3600) < timedelta(seconds=360)
        office.fetch(f"UPDATE {clock} SET horizon = $1", at + timedelta(seconds=7))
        assert office.drive(office.shell.store.now()).now == at + timedelta(seconds=7)
        with pytest.raises(Exception, match="clock_is_one_row"):
            office.fetch(f"INSERT INTO {clock} VALUES (clock_timestamp(), $1, 1, NULL)", at)
    finally:
        office.close()


def test_6_1_a_real_instant_before_now_has_its_virtual_one() -> None:
    clock = Clock(START, START, 60.0)
    assert clock.virtual(START - timedelta(seconds=2)) == START - timedelta(seconds=120)
    assert clock.virtual(START + timedelta(seconds=2)) == START


def test_6_2_a_deadline_fires_once_dated_when_it_was_due(office: Office) -> None:
    office.open()
    assert office.pass_time(hours=23) == 0
    assert office.pass_time(hours=100) == 1
    assert fired(office) == [("later", (START + timedelta(days=1)).isoformat())]
    assert office.pass_time(days=100) == 0
    assert office.deadlines() == {}


def test_6_2_deadlines_of_one_case_fire_in_due_order(office: Office) -> None:
    office.open()
    for n, (name, seconds) in enumerate((("third", 30), ("first", 10), ("second", 20))):
        office.desk(f"arm {name} {seconds}", f"k-{n}")
    office.pass_time(seconds=60)
    assert [name for name, _ in fired(office)] == ["first", "second", "third"]


def test_6_2_rearmed_cancelled_and_cancelled_by_prefix(office: Office) -> None:
    office.open("c-1", "c-2", "c-3")
    office.desk("re-arm", "k-1", "c-1")
    office.desk("cancel", "k-2", "c-2")
    office.desk("arm lately 5", "k-3", "c-3")
    office.desk("arm other 5", "k-4", "c-3")
    office.desk("cancel all", "k-5", "c-3")
    assert office.deadlines() == {
        ("c-1", "later"): START + timedelta(days=2),
        ("c-3", "other"): START + timedelta(seconds=5),
    }
    assert office.pass_time(days=1, seconds=1) == 1
    assert office.pass_time(days=1) == 1


def test_6_2_a_deadline_that_an_earlier_one_of_the_same_batch_takes_away_does_not_fire(office: Office) -> None:
    office.open()
    office.desk("arm takes 5", "k-1")
    office.desk("arm takes_along 6", "k-2")
    office.pass_time(seconds=60)
    assert [name for name, _ in fired(office)] == ["takes"]
    assert set(office.deadlines()) == {("c-1", "later")}


def test_6_2_a_deadline_whose_decider_fails_is_tried_again_and_holds_up_no_other(office: Office) -> None:
    office.open("c-1", "c-2")
    office.desk("arm breaks 5", "k-1")
    office.desk("arm works 6", "k-2", "c-2")
    office.pass_time(seconds=10)
    assert [name for name, _ in fired(office, "c-2")] == ["works"]
    assert office.deadlines()["c-1", "breaks"] == office.now + timedelta(seconds=60)


def test_6_2_a_crash_before_the_commit_leaves_the_deadline_and_after_it_takes_it(office: Office) -> None:
    office.open()
    office.set_time(START + timedelta(days=2))

    async def dropped() -> None:
        async with office.shell.store.transaction() as tx:
            _, batch = await tx.load_due(10)
            assert len(batch.work) == 1
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        office.drive(dropped())
    assert ("c-1", "later") in office.deadlines()
    assert office.drive(office.shell.take_due()) == 1
    assert office.drive(office.shell.take_due()) == 0
    assert len(fired(office)) == 1


def test_6_2_two_workers_fire_each_deadline_once_and_neither_waits_for_the_other(shell_cell: Cell) -> None:
    office = SqlOffice(shell_cell)
    try:
        names = [f"c-{n}" for n in range(60)]
        office.open(*names)
        office.set_time(START + timedelta(days=2))

        async def race() -> list[int]:
            with suppress(ConnectionResetError):
                async with office.shell.store.transaction() as tx:  # one worker holds the first ten, and dies
                    _, held = await tx.load_due(10)
                    assert len(held.work) == 10
                    rest = await asyncio.wait_for(office.shell.take_due(), 5)
                    raise ConnectionResetError
            both = await asyncio.gather(office.shell.take_due(5), office.shell.take_due(5))
            return [rest, *both]

        counts = office.drive(race())
        assert counts[0] == 50
        while office.drive(office.shell.take_due(7)):
            pass
        assert [len(fired(office, name)) for name in names] == [1] * 60
    finally:
        office.close()


def test_6_3_an_act_counts_when_it_was_received_not_when_the_sender_says(office: Office) -> None:
    office.open()
    late = office.reply("a note", "m-1")
    office.set_time(START + timedelta(hours=5))
    office.take(late)
    at = datetime.fromisoformat(office.headers(2)["ce_time"])
    assert START < at <= START + timedelta(hours=5)
    office.desk("a note", "k-1")
    assert datetime.fromisoformat(office.headers(3)["ce_time"]) == START + timedelta(hours=5)


async def test_6_3_the_clock_door_holds_while_our_own_readers_are_behind() -> None:
    office = DictOffice()
    office.open()
    office.set_time(START + timedelta(days=2))
    behind = [True]
    task = asyncio.create_task(ClockDoor(office.shell, lambda: not behind[0]).run())
    await asyncio.sleep(0.3)
    assert fired(office) == []
    behind[0] = False
    await asyncio.sleep(0.5)
    assert len(fired(office)) == 1
    task.cancel()


def test_6_4_the_live_clock_runs_no_faster_than_the_smallest_limit_allows() -> None:
    assert FASTEST <= 15 * 60 / 2.5


def test_6_4_stepped_in_memory_every_deadline_fires_exactly_when_due() -> None:
    office = DictOffice()
    office.open("c-1", "c-2")
    office.desk("arm soon 3", "k-1")
    while due := office.store.next_due():
        office.set_time(due)
        office.drive(office.shell.take_due())
    assert [at for _, at in fired(office)] == [
        (START + timedelta(seconds=3)).isoformat(), (START + timedelta(days=1)).isoformat(),
    ]  # fmt: skip


def test_6_5_ids_sessions_and_the_inbox_keep_real_time(shell_cell: Cell) -> None:
    office = SqlOffice(shell_cell)
    try:
        office.set_time(datetime(2090, 1, 1, tzinfo=UTC))
        office.open()
        office.desk("a note", "k-1")
        for table, column in (("inbox", "at"), ("journal", "written_at")):
            at = office.fetch(f"SELECT max({column}) FROM {table}")[0][0]
            assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    finally:
        office.close()


def test_seeds_make_each_subject_once_with_its_first_deadline(make_office: Callable[..., Office]) -> None:
    office = make_office(replace(mini.SERVICE, states={"case": MiniCase, "body": MiniCase}))
    wanted = [("body:1", Arm("plan", START, {"n": 1})), ("body:2", Arm("plan", START))]
    office.drive(office.shell.store.seed(wanted[:1]))
    office.drive(
        office.shell.store.seed([(name, replace(arm, due_at=arm.due_at + timedelta(1))) for name, arm in wanted])
    )
    assert office.deadlines() == {("body:1", "plan"): START, ("body:2", "plan"): START + timedelta(days=1)}


def test_an_arm_after_a_cancel_of_the_same_batch_stays_and_one_before_it_goes() -> None:
    before, after = Arm("a:1", START, {}, "c"), Arm("a:2", START, {}, "c")
    cancels, arms = fold_deadlines([before, Cancel("a:*", "c"), after])
    assert [c.name for c in cancels] == ["a:*"]
    assert arms == [after]
