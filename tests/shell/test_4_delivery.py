"""shell.md §4: order, parking, quarantine, setting aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from asyncpg import DivisionByZeroError, UndefinedColumnError
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.contracts import feedback, intake
from shared.contracts.envelope import stated
from shared.contracts.topics import MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES, topics
from shared.kernel.decisions import Message
from shared.kernel.refusals import Refused
from shared.persistence.connection import Connection
from shared.shell.apply import MAX_ASIDE_IN_A_ROW
from shared.shell.opening import MAX_VALUE_BYTES, open_record
from shared.shell.service import NoTables
from shared.shell.work import Clock, OurFault, Record
from tests.support import mini
from tests.support.mini import registered
from tests.support.office import START, DictOffice, Office

WITHDRAWN = intake.CaseWithdrawn(reporter="p")


def test_4_1_an_early_fact_is_parked_and_released_in_the_batch_that_applies_its_predecessor(office: Office) -> None:
    office.fact(WITHDRAWN, "c-1", 2)
    office.deliver()
    assert office.parked() == {("c-1", "intake", 2)}
    assert office.row("c-1").state is None
    office.fact(registered(), "c-1", 1)
    assert len(office.deliver()) == 1
    assert office.parked() == set()
    assert [row[3] for row in office.journal()] == ["order.opened.v1", "order.withdrawn.v1"]


def test_4_1_an_early_fact_comes_again_while_it_is_parked_and_counts_once(office: Office) -> None:
    early = office.fact(WITHDRAWN, "c-1", 2)
    office.deliver()
    office.take(early)
    office.fact(WITHDRAWN, "c-1", 2)
    office.fact(registered(), "c-1", 1)
    office.deliver()
    assert office.row("c-1").seen == (2, 0, 0, 0)
    assert len(office.journal()) == 2


def test_4_1_a_fact_waits_for_what_its_decider_had_seen_of_other_services(office: Office) -> None:
    office.open()
    office.fact(feedback.ReworkOrdered(round=1), "c-1", 1, after={"intake": 2, "dispatch": 99})
    office.deliver()
    assert office.parked() == {("c-1", "feedback", 1)}
    office.fact(WITHDRAWN, "c-1", 2)
    office.deliver()
    assert office.parked() == set()
    assert office.row("c-1").seen == (2, 0, 0, 1)


def test_4_1_what_a_fact_had_seen_of_a_service_that_this_one_does_not_read_is_not_waited_for(office: Office) -> None:
    office.fact(registered(), "c-1", 1, after={"dispatch": 7})
    office.deliver()
    assert office.row("c-1").seen == (1, 0, 0, 0)


def test_4_1_our_own_facts_say_what_we_had_seen(office: Office) -> None:
    office.open()
    office.desk("a note", "k-1")
    assert office.headers(2)["ce_after"] == "intake:1"
    assert office.headers(2)["ce_sequence"] == "2"
    assert office.headers(2)["ce_authid"] == "hb"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_4_1_in_whatever_order_and_batches_facts_come_the_outcome_is_the_same(data: st.DataObject) -> None:
    office = DictOffice()
    wanted = [(f"c-{c}", n) for c in (1, 2, 3) for n in (1, 2)]
    for subject, n in data.draw(st.permutations(wanted * 2)):
        office.fact(registered() if n == 1 else WITHDRAWN, subject, n)
        if data.draw(st.booleans()):
            office.deliver(data.draw(st.integers(1, 4)))
    office.deliver()
    assert office.parked() == set()
    for c in (1, 2, 3):
        stated = [row[3] for row in office.journal() if row[1] == f"c-{c}"]
        assert stated == ["order.opened.v1", "order.withdrawn.v1"]


BAD = {
    "no JSON": ({"value": b"{"}, "message.unreadable"),
    "not UTF-8": ({"value": b"\xff\xfe"}, "message.unreadable"),
    "empty": ({"value": b""}, "message.unreadable"),
    "a field too many": (
        {"value": b'{"order":"c-1","assignment":1,"note":"good","x":1}'}, "message.invalid",
    ),
    "wrong type": ({"value": b'{"order":"c-1","assignment":"one","note":"good"}'}, "message.invalid"),
    "U+0000": ({"value": b'{"order":"c-1","assignment":1,"note":"a\\u0000bc"}'}, "message.unreadable"),
    "no id": ({"headers": (("ce_type", b"order.progress.v1"),)}, "message.missing_header"),
    "unknown version": ({"headers": (("ce_id", b"m"), ("ce_type", b"order.progress.v9"))}, "message.unknown_type"),
    "an inside type": ({"headers": (("ce_id", b"m"), ("ce_type", b"order.opened.v1"))}, "message.unknown_type"),
    "id not UTF-8": ({"headers": (("ce_id", b"\xff"), ("ce_type", b"order.progress.v1"))}, "message.unreadable"),
    "NUL in the id": ({"headers": (("ce_id", b"a\0b"), ("ce_type", b"order.progress.v1"))}, "message.unreadable"),
    "line feed in the id": ({"headers": (("ce_id", b"a\nb"), ("ce_type", b"order.progress.v1"))}, "message.invalid"),
    "endless id": ({"headers": (("ce_id", b"a" * 300), ("ce_type", b"order.progress.v1"))}, "message.invalid"),
    "too large": ({"value": b" " * (MAX_VALUE_BYTES + 1)}, "message.too_large"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_4_2_an_outside_message_that_cannot_be_read_is_kept_and_answered_and_its_neighbours_go_on(
    office: Office, what: str
) -> None:
    office.open()
    changed, rule = BAD[what]
    office.reply("one good", "m-1")
    bad = office.reply("bad one", "m-2", **changed)
    office.reply("two good", "m-3")
    office.deliver()
    assert office.notes() == ("one good", "two good")
    assert office.quarantine() == [(bad.topic, bad.offset, rule)]
    assert office.answers() == ["reply.refused.v1"]


@pytest.mark.parametrize(("note", "rule"), [("refuse me", "mini.refused"), ("break me", "internal.error")])
def test_4_2_an_outside_message_that_is_refused_is_kept_and_answered_alone(
    office: Office, note: str, rule: str
) -> None:
    office.open()
    office.reply("one good", "m-1")
    bad = office.reply(note, "m-2")
    office.reply("two good", "m-3")
    office.deliver()
    assert office.notes() == ("one good", "two good")
    assert office.quarantine() == [(bad.topic, bad.offset, rule)]
    assert office.answers() == ["reply.refused.v1"]


def test_4_2_a_redelivery_adds_no_second_to_quarantine_and_a_rewound_log_does(office: Office) -> None:
    office.open()
    bad = office.reply("x", "m-1", value=b"{")
    office.take(bad)
    office.take(bad)
    assert len(office.quarantine()) == 1
    assert office.answers() == ["reply.refused.v1"]
    office.log[bad.topic, 0] = []
    office.take(office.reply("x", "m-2", value=b"["))
    assert len(office.quarantine()) == 2
    assert len(office.answers()) == 2


def test_4_2_an_inside_fact_that_cannot_be_decided_sets_its_subject_aside_and_the_others_go_on(office: Office) -> None:
    office.fact(registered("undecidable"), "c-1", 1)
    office.fact(WITHDRAWN, "c-1", 2)
    office.fact(registered(), "c-2", 1)
    office.deliver()
    row = office.row("c-1")
    assert row.aside is not None
    assert (row.seen, row.state, row.sequence) == ((0, 0, 0, 0), None, 0)
    assert office.parked() == {("c-1", "intake", 1), ("c-1", "intake", 2)}
    assert office.row("c-2").state is not None
    office.fact(WITHDRAWN, "c-1", 3)
    office.deliver()
    assert len(office.parked()) == 3


def test_4_2_fixed_code_and_a_release_decide_what_waited_in_order(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.fact(registered("undecidable"), "c-1", 1)
    office.fact(WITHDRAWN, "c-1", 2)
    office.deliver()
    assert office.drive(office.shell.store.aside()) == ["c-1"]
    assert office.drive(office.shell.release("c-1")) is False
    assert len(office.parked()) == 2
    monkeypatch.setattr(mini, "FIXED", ["yes"])
    assert office.drive(office.shell.release("c-1")) is True
    assert office.parked() == set()
    assert office.row("c-1").aside is None
    assert [row[3] for row in office.journal()] == ["order.opened.v1", "order.withdrawn.v1"]
    assert office.drive(office.shell.store.aside()) == []


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (b"{", "case.registered.v1"),
        (b"{}", "case.registered.v1"),
        (b"{}", "case.registered.v7"),
        (b"{}", "order.opened.v1"),
    ],
)
def test_4_2_an_inside_fact_that_cannot_be_read_sets_its_subject_aside(
    office: Office, value: bytes, type_: str
) -> None:
    headers = dict(office.fact(registered(), "c-1", 1).headers)
    office.log.clear()
    office.append("cases", {**headers, "ce_type": type_}, value)
    office.fact(registered(), "c-2", 1)
    office.deliver()
    assert office.row("c-1").aside is not None
    assert office.parked() == {("c-1", "intake", 1)}
    assert office.row("c-2").state is not None


@pytest.mark.parametrize(
    "header",
    [("ce_subject", b"\xff"), ("ce_sequence", b"0"), ("ce_sequence", b"99999999999"), ("ce_sequence", b"one"),
     ("ce_time", b"2026-01-01T00:00:00"), ("ce_subject", b"s" * 4000), ("ce_subject", b""), ("ce_after", b"intake")],
)  # fmt: skip
def test_4_2_an_inside_fact_without_a_readable_envelope_is_kept_and_its_followers_wait(
    office: Office, header: tuple[str, bytes]
) -> None:
    bad = office.fact(registered(), "c-1", 1)
    pairs = tuple((k, header[1] if k == header[0] else v) for k, v in bad.headers)
    pairs += (header,) if header[0] == "ce_after" else ()
    office.log.clear()
    office.append("cases", pairs, bad.value)
    office.fact(WITHDRAWN, "c-1", 2)
    office.deliver()
    assert [row[:2] for row in office.quarantine()] == [(bad.topic, 0)]
    assert office.parked() == {("c-1", "intake", 2)}
    assert office.journal() == []


def test_4_2_more_than_n_subjects_in_a_row_are_our_fault_and_stop_everything(office: Office) -> None:
    for n in range(MAX_ASIDE_IN_A_ROW):
        office.fact(registered("undecidable"), f"c-{n}", 1)
        office.deliver()
    place, before = next(iter(office.fences().items()))
    office.fact(registered("undecidable"), "c-last", 1)
    with pytest.raises(OurFault):
        office.deliver()
    assert office.fences() == {place: before}
    assert office.row("c-last") is None


def test_4_2_broken_facts_that_nobody_here_cares_for_hold_nothing_up(office: Office) -> None:
    for n in range(MAX_ASIDE_IN_A_ROW + 5):
        headers = stated(
            service="feedback", city="t", subject=f"score:hb:{n}", sequence=1, type_=feedback.ScorePublished.TYPE,
            acted_at=START, recorded_at=START, after={}, auth=("system", "system"), causation="", city_version="v1",
        )  # fmt: skip
        office.append("feedback", headers, b"{")
    office.open("c-1")
    assert office.drive(office.shell.store.aside()) == []
    assert office.parked() == set()
    assert office.quarantine() == []
    assert [row[3] for row in office.journal()] == ["order.opened.v1"]


def test_4_2_a_good_fact_in_between_ends_the_row(office: Office) -> None:
    for n in range(MAX_ASIDE_IN_A_ROW + 5):
        office.fact(registered("undecidable"), f"c-{n}", 1)
        if n % 10 == 9:
            office.fact(registered(), f"good-{n}", 1)
    office.deliver(7)
    assert len(office.parked()) == MAX_ASIDE_IN_A_ROW + 5


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_type", "ce_subject", "ce_sequence", "ce_time", "ce_after", "x"]),
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from([b"case.registered.v1", b"order.progress.v1", b"1", b"-1", b"2026-01-01T00:00:00+00:00"]),
        ),
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(HEADERS, st.one_of(st.binary(max_size=40), st.just(b'{"order":"c","assignment":1,"note":"good"}')),
       st.sampled_from(["t.cases.v1", "t.replies.hb.v1", "t.reports.s.v1", "t.unheard.v1"]))  # fmt: skip
def test_4_3_no_bytes_whatever_make_opening_fail(headers: list[tuple[str, bytes]], value: bytes, topic: str) -> None:
    work = open_record(Record(topic, 0, 0, None, tuple(headers), value, START), mini.SERVICE.wire, Clock(START, START))
    assert (work.message is None) == (work.unreadable is not None)


def test_4_3_a_header_that_nobody_knows_need_not_be_utf8(office: Office) -> None:
    office.open()
    pairs = office.reply("a note", "m-0").headers
    office.log[office.topic("replies.hb"), 0].clear()
    office.reply("a note", "m-1", headers=(*pairs, ("theirs", b"\xff\xfe")))
    office.deliver()
    assert office.notes() == ("a note",)


def test_4_4_what_we_make_is_smaller_than_what_the_relay_sends_and_that_than_what_the_broker_takes() -> None:
    assert MAX_VALUE_BYTES < MAX_REQUEST_BYTES < MAX_MESSAGE_BYTES
    for name, topic in topics("t", ("s",), ("hb",)).items():
        assert int(topic.config["max.message.bytes"]) == MAX_MESSAGE_BYTES, name


class Picky(NoTables):
    """Fails where a value cannot be kept: as PostgreSQL does, as its client does, as code of ours does."""

    def __init__(self, statement: str = "SELECT 1 / 0", error: type[Exception] = DivisionByZeroError) -> None:
        self.statement, self.error = statement, error

    async def prepare(self, conn: Any, messages: Sequence[Message], now: datetime) -> Any:
        if any("poison" in (getattr(m.data, "note", ""), getattr(m.data, "summary", "")) for m in messages):
            if isinstance(conn, Connection) and self.statement:
                values = {"n": 2**40, "s": "\ud800", "at": FAR} if ":" in self.statement else {}
                await conn.execute(text(self.statement), values)
            raise self.error


UNSENDABLE = "SELECT CAST(:n AS int), CAST(:s AS text), CAST(:at AS timestamptz)"
FAR = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14)))


@pytest.mark.parametrize("picky", [Picky(), Picky(UNSENDABLE, ValueError), Picky("", KeyError)])
def test_4_2_a_message_that_the_database_cannot_keep_is_kept_aside_alone(
    make_office: Callable[..., Office], picky: Picky
) -> None:
    office = make_office(replace(mini.SERVICE, store=picky))
    office.open()
    office.fact(registered("poison"), "c-2", 1)
    office.fact(registered(), "c-3", 1)
    for note in ("one good", "poison", "two good"):
        office.reply(note, f"m-{note}")
    office.take(*(r for place in sorted(office.log) for r in office.log[place][office.fences().get(place, 0) :]))
    assert office.notes() == ("one good", "two good")
    assert [(offset, rule) for _, offset, rule in office.quarantine()] == [(1, "internal.error")]
    assert office.answers() == ["reply.refused.v1"]
    assert office.row("c-2").aside is not None
    assert office.parked() == {("c-2", "intake", 1)}
    assert office.row("c-3").state is not None
    assert list(office.fences().values()) == [3, 3]


def test_4_2_a_statement_of_ours_that_is_wrong_blames_no_message(make_office: Callable[..., Office]) -> None:
    office = make_office(replace(mini.SERVICE, store=Picky("SELECT no_such_column", UndefinedColumnError)))
    office.open()
    office.reply("one good", "m-1")
    office.reply("poison", "m-2")
    before = office.fences()
    with pytest.raises((UndefinedColumnError, ProgrammingError)):
        office.deliver()
    assert {place: end for place, end in office.fences().items() if place in before} == before
    assert office.quarantine() == []


def test_4_2_an_id_that_cannot_be_repeated_is_left_out_of_the_answer(make_office: Callable[..., Office]) -> None:
    given: list[str | None] = []

    def refusal(data: Any, sender: Any, id_: str | None, stream: str | None, error: Refused) -> None:
        given.append(id_)

    office = make_office(replace(mini.SERVICE, refusal=refusal))
    for id_ in (b"a\0b", b"\xff", b"a\nb", b"i" * 129, b"fine"):
        office.reply("x", "", headers=(("ce_id", id_), ("ce_type", b"order.progress.v9")))
    office.deliver()
    assert given == [None, "\ufffd", None, None, "fine"]
    assert len(office.quarantine()) == 5


def test_4_2_a_header_whose_name_no_column_can_hold_is_kept_all_the_same(office: Office) -> None:
    office.reply("x", "m-1", value=b"{", headers=(("ce_id", b"m-1"), ("\0", b"\0"), ("头", b"\xff")))
    office.reply("x", "m-2", value=b"{")
    office.deliver()
    assert len(office.quarantine()) == 2
