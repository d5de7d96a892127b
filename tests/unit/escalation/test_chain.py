"""The hash chain: the test vector of workflows §2.5, and every tampering found by its name."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.escalation.domain.chain import (
    GENESIS,
    Anchor,
    Break,
    Broken,
    Record,
    anchors_below,
    canonical,
    make_record,
    read_record,
    verify,
)

FIRST = make_record(
    "E-07", 1, GENESIS, "2026-01-19T09:00:00+08:00", "raised", "T-1", {"cases": ["C-1"], "cause": "unable"}
)
SECOND = make_record("E-07", 2, FIRST.hash, "2026-01-28T10:00:00+08:00", "tabled", "T-1", {"meeting": "M-E07-2026-01"})


def chain_of(count: int, ledger: str = "S01") -> list[Record]:
    records: list[Record] = []
    for seq in range(1, count + 1):
        prev = records[-1].hash if records else GENESIS
        at = f"2026-01-{seq:02}T09:00:00+08:00"
        records.append(make_record(ledger, seq, prev, at, "decided", f"T-{seq}", {"n": seq, "话": "定"}))
    return records


def head_of(records: list[Record]) -> Anchor:
    return Anchor(records[-1].seq, records[-1].hash, "minutes")


def test_the_first_record_has_the_hash_of_the_test_vector() -> None:
    assert FIRST.hash == "30f053626baab3821f1cf9934332f9a6cd9e30f1a3dfe2783c56be8055514fb5"


def test_the_second_record_has_the_hash_of_the_test_vector() -> None:
    assert SECOND.hash == "5d113a2d1cdf298c1dd2177dccc6fbd9bff14c098d5e04b8345b2ceeefe7991c"


def test_canonical_json_sorts_its_keys_keeps_chinese_and_refuses_floats() -> None:
    assert canonical({"b": 1, "a": {"话": [True, None]}}) == '{"a":{"话":[true,null]},"b":1}'
    with pytest.raises(ValueError, match="floats"):
        canonical({"a": [{"b": 1.0}]})


def test_a_whole_chain_with_all_its_anchors_is_whole() -> None:
    records = chain_of(9)
    anchors = [Anchor(r.seq, r.hash, "somewhere") for r in records]
    assert verify("S01", records, anchors) is None
    assert verify("S01", []) is None


columns = st.sampled_from([field.name for field in fields(Record)])


@given(count=st.integers(1, 8), place=st.integers(0, 7), column=columns, spot=st.integers(0), bit=st.integers(0, 6))
def test_any_changed_bit_in_any_column_is_found(count: int, place: int, column: str, spot: int, bit: int) -> None:
    records = chain_of(count)
    index = place % count
    value = getattr(records[index], column)
    if column == "seq":
        changed: object = value ^ (1 << bit)
    else:
        at = spot % len(value)
        changed = value[:at] + chr(ord(value[at]) ^ (1 << bit)) + value[at + 1 :]
    records[index] = replace(records[index], **{column: changed})
    found = verify("S01", records)
    assert found is not None
    assert (found.what, found.seq) == (Break.EDITED, index + 1)


@given(count=st.integers(2, 8), data=st.data())
def test_any_missing_record_is_found(count: int, data: st.DataObject) -> None:
    records = chain_of(count)
    anchor = head_of(records)
    gone = data.draw(st.integers(0, count - 1))
    del records[gone]
    found = verify("S01", records, [anchor])
    assert found is not None
    assert (found.what, found.seq) == (Break.TRUNCATED if gone == count - 1 else Break.GAP, gone + 1)


@given(count=st.integers(2, 8), data=st.data())
def test_any_other_order_is_found(count: int, data: st.DataObject) -> None:
    records = chain_of(count)
    moved = data.draw(st.permutations(records).filter(lambda p: p != records))
    if data.draw(st.booleans()):  # the numbers follow the places, as a database would give them back
        moved = [replace(record, seq=seq) for seq, record in enumerate(moved, start=1)]
    found = verify("S01", moved)
    assert found is not None
    assert found.what is Break.REORDERED
    assert found.seq == next(i for i, (a, b) in enumerate(zip(moved, records, strict=True), 1) if a != b)


@given(count=st.integers(1, 8), data=st.data())
def test_any_cut_off_tail_is_found_by_an_anchor_beyond_the_head(count: int, data: st.DataObject) -> None:
    records = chain_of(count)
    anchor = head_of(records)
    kept = data.draw(st.integers(0, count - 1))
    found = verify("S01", records[:kept], [anchor])
    assert found is not None
    assert (found.what, found.seq, found.where) == (Break.TRUNCATED, kept + 1, "minutes")


def test_a_chain_computed_anew_from_a_changed_record_on_differs_from_what_was_anchored() -> None:
    records = chain_of(4)
    anchor = head_of(records)
    forged = records[:1]
    for record in records[1:]:
        forged.append(make_record("S01", record.seq, forged[-1].hash, record.at, record.kind, "T-x", {"n": 0}))
    assert verify("S01", forged) is None, "the chain alone cannot show it"
    found = verify("S01", forged, [anchor])
    assert found is not None
    assert (found.what, found.seq) == (Break.RECOMPUTED, 4)


def test_a_record_with_its_hash_computed_anew_breaks_the_link_to_the_next() -> None:
    records = chain_of(3)
    records[1] = make_record("S01", 2, records[0].hash, records[1].at, "decided", "T-2", {"n": 99})
    found = verify("S01", records)
    assert found is not None
    assert (found.what, found.seq) == (Break.EDITED, 3)


def test_a_record_made_anew_that_the_next_one_does_not_link_to_is_named_itself_where_its_head_is_anchored() -> None:
    records = chain_of(3)
    anchor = Anchor(2, records[1].hash, "minutes")
    records[1] = make_record("S01", 2, records[0].hash, records[1].at, "decided", "T-2", {"n": 99})
    assert verify("S01", records, [anchor]) == Broken(Break.EDITED, 2, "minutes")


@pytest.mark.parametrize("renamed", [False, True])
def test_a_record_of_another_ledger_is_foreign(renamed: bool) -> None:
    records = chain_of(3)
    other = chain_of(3, "S02")[1]
    records[1] = replace(other, ledger="S01") if renamed else other
    found = verify("S01", records)
    assert found is not None
    assert (found.what, found.seq) == (Break.FOREIGN, 2)


def test_a_record_that_is_kept_twice_is_out_of_order() -> None:
    records = chain_of(3)
    assert verify("S01", [*records, records[2]]) == Broken(Break.REORDERED, 4)


def test_words_cannot_be_moved_from_one_column_into_another() -> None:
    record = chain_of(1)[0]
    body = record.body + ',"kind":"decided"'
    assert not replace(record, body=body).is_whole
    assert not replace(record, body=body, line=record.line.replace(record.body, body)).is_whole


def test_a_record_read_from_its_text_alone_is_the_record() -> None:
    for record in chain_of(3):
        assert read_record(record.line, record.hash) == record
    for none in ("", "[]", "{}", '{"at":1}', SECOND.line.replace('"seq":2', '"seq":2.0'), "[" * 100_000):
        with pytest.raises(ValueError, match=r"record|Expecting"):
            read_record(none, "")


def test_a_ledger_with_nothing_left_of_it_is_cut_off_at_its_beginning() -> None:
    assert verify("S01", [], [Anchor(3, "ab" * 32, "minutes")]) == Broken(Break.TRUNCATED, 1, "minutes")
    assert verify("S01", [], [Anchor(0, GENESIS, "minutes of an empty ledger")]) is None


def test_the_first_broken_link_is_named_where_there_are_several() -> None:
    records = chain_of(6)
    records[1] = replace(records[1], topic="T-9")
    del records[4]
    found = verify("S01", records)
    assert found is not None
    assert (found.what, found.seq) == (Break.EDITED, 2)


def test_upper_ledgers_anchor_the_heads_of_lower_ones_and_an_unreadable_body_anchors_nothing() -> None:
    below = {"ledger": "C01", "seq": 3, "hash": "ab" * 32}
    raised = make_record("S01", 1, GENESIS, "2026-01-01T00:00:00+08:00", "raised", "T-1", {"below": below})
    broken = replace(raised, seq=2, line=raised.line[:-9])
    assert anchors_below([raised, broken]) == {"C01": [Anchor(3, "ab" * 32, "S01#1")]}
