"""shell.md §2: what makes a message the same message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts import intake
from shared.contracts.envelope import sent
from shared.kernel.decisions import Actor, Context, Decision, Fact, Message
from shared.shell.service import NoTables
from tests.support.mini import SERVICE, registered
from tests.support.office import DictOffice, Office


def test_2_1_inside_facts_are_known_by_service_subject_and_sequence(office: Office) -> None:
    office.open()
    outcome = office.take(office.fact(registered("another text"), "c-1", 1))
    assert outcome.duplicates == 1
    row = office.row("c-1")
    assert row is not None
    assert (row.sequence, row.seen) == (1, (1, 0, 0, 0))
    assert office.inbox() == set()


def test_2_2_an_outside_message_counts_once_per_sender_and_id_on_either_door(office: Office) -> None:
    office.open()
    office.reply("on the way", "m-1")
    office.reply("on the way", "m-1")
    office.deliver()
    assert office.notes() == ("on the way",)
    reply = office.desk("on the way", "m-1")
    assert reply.sequence == 2
    assert office.notes() == ("on the way",)
    office.desk("on the way", "m-1", actor=Actor("department", "other"))
    assert office.notes() == ("on the way", "on the way")


def test_2_2_a_repeated_command_gets_the_first_answer_again(office: Office) -> None:
    office.open()
    first = office.desk("on the way", "key-1")
    again = office.desk("on the way", "key-1")
    assert first.facts
    assert (again.facts, again.sequence) == (first.facts, first.sequence)


def test_2_2_the_same_id_with_other_content_is_refused_and_changes_nothing(office: Office) -> None:
    office.open()
    office.desk("on the way", "key-1")
    assert office.desk("something else", "key-1").rule == "message.conflicting_id"
    office.reply("a third thing", "key-1")
    office.deliver()
    assert office.notes() == ("on the way",)
    assert [rule for _, _, rule in office.quarantine()] == ["message.conflicting_id"]
    assert office.desk("on the way", "key-1").rule is None


def test_2_2_two_with_one_id_in_one_batch_count_once(office: Office) -> None:
    office.open()
    office.take(office.reply("on the way", "m-1"), office.reply("on the way", "m-1"))
    assert office.notes() == ("on the way",)


def test_2_2_a_refused_command_may_be_sent_again_under_its_key(office: Office) -> None:
    assert office.desk("too early", "key-1").rule == "subject.unknown"
    office.open()
    assert office.desk("too early", "key-1").rule is None


class Cases(NoTables):
    """Gives each (source, id) its case for ever, in memory."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}

    async def resolve(self, conn: Any, messages: Sequence[Message]) -> Sequence[Message]:
        found = []
        for message in messages:
            if isinstance(message.data, intake.Report):
                key = (message.actor.id, message.data.id)
                case = self.known.get(key, f"case-{key[1]}")
                conn.at_commit(lambda key=key, case=case: self.known.setdefault(key, case))
                message = replace(message, subject=case, creates=True)
            found.append(message)
        return found


def test_2_3_a_report_is_known_for_ever_by_its_source_and_id_without_an_inbox() -> None:
    cases = Cases()

    def decide(states: Any, message: Message, context: Context) -> Decision:
        if not isinstance(message.data, intake.Report) or states[message.subject] is not None:
            return Decision()
        return Decision((Fact(registered()),))

    def evolve(state: Any, fact: Any, at: Any) -> Any:
        return SERVICE.states["case"](opened=1)

    office = DictOffice(replace(SERVICE, name="intake", decide=decide, evolve=evolve, store=cases))
    first = office.append("reports.s", _sent("r-1"), _report("r-1"))
    again = office.append("reports.s", _sent("another message id"), _report("r-1"))
    office.take(first)
    assert office.take(again).rewound == []
    assert [row[1:4] for row in office.journal()] == [("case-r-1", 1, "case.registered.v1")]
    assert office.inbox() == set()
    assert office.take(first).rewound == []
    assert office.fences() == {(first.topic, 0): 2}


def test_2_3_a_batch_that_is_dropped_leaves_no_report_behind() -> None:
    def decide(states: Any, message: Message, context: Context) -> Decision:
        return Decision((Fact(registered()),), rows=("row",))

    class Full(Cases):
        async def save(self, conn: Any, rows: Sequence[Any]) -> None:
            raise ConnectionResetError("planted")

    cases = Full()
    office = DictOffice(replace(SERVICE, name="intake", decide=decide, store=cases))
    record = office.append("reports.s", _sent("r-1"), _report("r-1"))
    with pytest.raises(ConnectionResetError):
        office.take(record)
    assert cases.known == {}
    assert office.journal() == []
    assert office.row("case-r-1") is None


def _report(id_: str) -> bytes:
    return intake.Report(id=id_, text="路灯不亮").model_dump_json().encode()


def _sent(id_: str) -> Any:
    return sent(id_, intake.Report.TYPE, "/s")
