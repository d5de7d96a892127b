"""Both forms of the store answer the same to whatever comes, in whatever order and with whatever crashes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shared.contracts import feedback, intake
from shared.shell.apply import apply
from shared.shell.work import Batch, Work
from tests.support.mini import registered
from tests.support.office import GROUP, START, DictOffice, Office, SqlOffice, run_now
from tests.support.stack import Cell

SUBJECTS = ("c-1", "c-2", "c-3")
NOTES = ("on the way", "refuse me", "break me", "re-arm", "cancel", "cancel all", "arm soon 30", "arm later 5",
         "also c-2", "arm breaks 9", "copy", "no")  # fmt: skip
CASES = {1: registered(), 2: intake.CaseWithdrawn(reporter="p")}


class Crash(Exception):
    pass


class Comparing(RuleBasedStateMachine):
    """Do the same to every office and compare all rows; hold what must always hold."""

    def __init__(self, make: Callable[[], list[Office]]) -> None:
        super().__init__()
        self.offices = make()
        self.causes: dict[tuple[str, int], int] = {}

    def each(self, act: Callable[[Office], Any]) -> None:
        told = [act(office) for office in self.offices]
        assert all(each == told[0] for each in told), told

    @rule(subject=st.sampled_from(SUBJECTS), n=st.sampled_from([1, 2]), undecidable=st.booleans(), p=st.integers(0, 1))
    def a_case_fact_is_written(self, subject: str, n: int, undecidable: bool, p: int) -> None:
        bad = undecidable and subject == "c-3" and n == 1
        self.each(lambda o: o.fact(registered("undecidable") if bad else CASES[n], subject, n, partition=p).offset)

    @rule(subject=st.sampled_from(SUBJECTS), n=st.integers(1, 2), seen=st.integers(0, 2))
    def a_feedback_fact_is_written(self, subject: str, n: int, seen: int) -> None:
        after = {"intake": self.causes.setdefault((subject, n), seen)}  # a fact is the same each time it comes
        self.each(lambda o: o.fact(feedback.ReworkOrdered(round=n), subject, n, after=after).offset)

    @rule(subject=st.sampled_from((*SUBJECTS, "c-0")), note=st.sampled_from(NOTES), id_=st.integers(1, 6))
    def a_reply_is_written(self, subject: str, note: str, id_: int) -> None:
        self.each(lambda o: o.reply(note, f"m-{id_}", subject).offset)

    @rule(value=st.sampled_from([b"{", b"\xff", b'{"order":"c-1"}']))
    def an_unreadable_reply_is_written(self, value: bytes) -> None:
        self.each(lambda o: o.reply("x", "m-9", value=value).offset)

    @rule(most=st.integers(1, 20))
    def everything_is_delivered(self, most: int) -> None:
        self.each(lambda o: [(len(x.subjects), x.duplicates, len(x.set_aside)) for x in o.deliver(most)])

    @rule(back=st.integers(0, 30))
    def a_reader_is_rewound(self, back: int) -> None:
        def again(office: Office) -> Any:
            before = self.everything(office)
            for place in sorted(office.log):
                fence = office.fences().get(place, 0)
                if records := office.log[place][max(0, fence - back) : fence]:
                    assert office.take(*records).rewound == []
            assert self.everything(office) == before

        self.each(again)

    @rule()
    def a_batch_crashes_before_its_commit(self) -> None:
        def crash(office: Office) -> None:
            work = [
                Work(None, r)
                for place in sorted(office.log)
                for r in office.log[place][office.fences().get(place, 0) :]
            ]
            office.drive(office.shell.store.begin_fences(GROUP, dict.fromkeys(office.log, 0)))

            async def take() -> None:
                async with office.shell.store.transaction() as tx:
                    loaded, batch = await tx.load(Batch(work, GROUP))
                    outcome = apply(office.shell.bench, loaded, batch)
                    await tx.commit(outcome, GROUP)
                    raise Crash

            with pytest.raises(Crash):
                office.drive(take())

        self.each(crash)

    @rule(note=st.sampled_from([n for n in NOTES if len(n) > 3]), subject=st.sampled_from((*SUBJECTS, "c-0")),
          key=st.integers(1, 6), if_match=st.sampled_from([None, None, 1, 2]))  # fmt: skip
    def a_command_is_submitted(self, note: str, subject: str, key: int, if_match: int | None) -> None:
        def submit(office: Office) -> Any:
            reply = office.desk(note, f"m-{key}", subject, if_match=if_match)
            return reply.subject, reply.sequence, reply.rule, reply.facts

        self.each(submit)

    @rule(seconds=st.sampled_from([1, 10, 61, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.each(lambda o: o.pass_time(seconds=seconds))

    @rule()
    def what_is_aside_is_released(self) -> None:
        self.each(lambda o: [o.drive(o.shell.release(s)) for s in sorted(o.drive(o.shell.store.aside()))])

    @invariant()
    def all_stores_hold_the_same(self) -> None:
        self.each(self.everything)

    @staticmethod
    def everything(office: Office) -> tuple[Any, ...]:
        return (
            [row[1:] for row in office.journal() if not row[1].startswith("answer:")], sorted(office.answers()),
            len(office.pending()), office.parked(), office.deadlines(), office.inbox(),
            sorted((t.split(".", 1)[1], *r) for t, *r in office.quarantine()),
            {(t.split(".", 1)[1], p): n for (t, p), n in office.fences().items()},
            [office.row(s) for s in (*SUBJECTS, "c-0")],
        )  # fmt: skip

    @invariant()
    def sequences_have_no_gap_and_states_are_what_the_facts_fold_to(self) -> None:
        office = self.offices[0]
        for subject in SUBJECTS:
            stated = [row for row in office.journal() if row[1] == subject]
            assert [row[2] for row in stated] == list(range(1, len(stated) + 1))
            row = office.row(subject)
            if row is not None and row.state is not None:
                assert row.sequence == len(stated)
                assert len(row.state.notes) == sum(r[3] == "order.progressed.v1" for r in stated)
                assert row.state.fired == sum(r[3] == "order.reminded.v1" for r in stated)
        assert office.row("c-0") is None


MANY = settings(max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(MANY, max_examples=6, stateful_step_count=20)


def test_the_store_in_memory_holds_through_whatever_comes() -> None:
    run_state_machine_as_test(lambda: Comparing(lambda: [DictOffice()]), settings=MANY)


def test_both_stores_answer_the_same_to_whatever_comes(shell_cell: Cell) -> None:
    made: list[SqlOffice] = []

    def make() -> list[Office]:
        while made:
            made.pop().close()
        made.append(SqlOffice(shell_cell))
        return [DictOffice(), made[0]]

    try:
        run_state_machine_as_test(lambda: Comparing(make), settings=FEW)
    finally:
        while made:
            made.pop().close()


def test_a_dropped_transaction_frees_the_store_and_changes_nothing() -> None:
    office = DictOffice()
    record = office.fact(registered(), "c-1", 1)
    run_now(office.store.begin_fences(GROUP, {(record.topic, 0): 0}))

    async def hang() -> None:
        async with office.store.transaction() as tx:
            await tx.load(Batch([Work(None, record)], GROUP))
            await _Never()

    coro = hang()
    coro.send(None)
    with pytest.raises(RuntimeError, match="one transaction at a time"):
        office.deliver()
    coro.close()
    assert office.row("c-1") is None
    office.deliver()
    assert office.row("c-1") is not None


class _Never:
    def __await__(self) -> Any:
        yield


def test_the_memory_stores_heap_forgets_what_was_rearmed() -> None:
    office = DictOffice()
    office.open()
    for n in range(5):
        office.desk(f"arm soon {50 - n}", f"k-{n}")
    assert office.store.next_due() == START + timedelta(seconds=46)
    assert office.pass_time(seconds=100) == 1
    assert office.store.next_due() == START + timedelta(days=1)
