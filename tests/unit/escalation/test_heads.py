"""The daily list of heads: complete, chained from day to day, and enough to find a ledger cut off or written anew."""

from __future__ import annotations

from dataclasses import replace

from services.escalation.domain import heads
from services.escalation.domain.chain import GENESIS, Anchor, Break, verify
from services.escalation.domain.heads import Head, HeadsPublished, Prepared, Published, digest_of
from services.escalation.domain.table import States
from shared.kernel.decisions import CLOCK, SYSTEM, Context, Decision, Due, Message
from tests.unit.escalation.hall import COMMUNITY, ESTATE, Hall, donggang, on, when

SUBJECT = heads.subject_of("donggang")


def publish(states: States, listed: tuple[Head, ...]) -> Decision:
    message = Message(Due("heads"), SUBJECT, CLOCK, SYSTEM, when("2026-03-02 00:00"), "id-1")
    return heads.publish(states, message, Context(message.acted_at, donggang(), lambda: "id", Prepared(listed)))


def test_every_day_at_its_end_all_heads_are_stated_once() -> None:
    hall = Hall(lists=True)
    hall.escalate()
    hall.advance(when("2026-01-08 00:00"))
    lists = hall.stated(HeadsPublished)
    assert [listed.on for listed in lists] == [on("2026-01-05"), on("2026-01-06"), on("2026-01-07")]
    (record,) = hall.records(ESTATE)
    assert {listed.heads for listed in lists} == {(Head(ESTATE, 1, record.hash),)}
    assert [row for row in hall.rows if isinstance(row, HeadsPublished)] == lists, "and kept to be published"


def test_each_list_carries_the_digest_of_the_one_before() -> None:
    hall = Hall(lists=True)
    hall.advance(when("2026-01-09 00:00"))
    prev = GENESIS
    for listed in hall.stated(HeadsPublished):
        assert listed.prev == prev
        assert listed.digest == digest_of(listed.on, listed.page, listed.pages, listed.heads, prev)
        prev = listed.digest
    first = hall.stated(HeadsPublished)[0]
    assert digest_of(on("2026-01-04"), 1, 1, first.heads, first.prev) != first.digest


def test_a_long_list_comes_in_pages_and_misses_nobody() -> None:
    many = tuple(Head(f"E{n:05}", n, f"{n:064x}") for n in range(1, 2 * heads.PAGE + 2))
    stated = [fact.data for fact in publish({SUBJECT: Published(on("2026-02-28"), "ab" * 32)}, many).facts]
    assert [(listed.page, listed.pages, listed.on) for listed in stated] == [
        (n, 3, on("2026-03-01")) for n in (1, 2, 3)
    ]
    assert tuple(head for listed in stated for head in listed.heads) == many
    assert [listed.prev for listed in stated] == ["ab" * 32, stated[0].digest, stated[1].digest]


def test_a_day_without_any_ledger_has_an_empty_list() -> None:
    (fact,) = publish({SUBJECT: None}, ()).facts
    assert (fact.data.heads, fact.data.prev) == ((), GENESIS)


def test_a_tail_cut_off_after_the_list_was_published_is_found_by_it() -> None:
    hall = Hall(lists=True)
    hall.escalate()
    hall.decide_at(ESTATE, "move_up")
    hall.advance(hall.now.replace(hour=23, minute=59))
    hall.advance(hall.now.replace(hour=0, minute=0) + (when("2026-01-02 00:00") - when("2026-01-01 00:00")))
    listed = hall.stated(HeadsPublished)[-1]
    assert {head.ledger for head in listed.heads} == {ESTATE, COMMUNITY}
    head = next(head for head in listed.heads if head.ledger == ESTATE)
    kept = hall.records(ESTATE)[:-1]
    found = verify(ESTATE, kept, [Anchor(head.seq, head.hash, f"list of {listed.on}")])
    assert found is not None
    assert (found.what, found.seq) == (Break.TRUNCATED, head.seq)
    assert replace(head, seq=head.seq - 1) != head
