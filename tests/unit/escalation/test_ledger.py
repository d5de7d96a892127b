"""The secretary's pen: records and heads that belong together, and nothing in them that a person said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from services.escalation.domain.chain import RecordKind, make_record
from services.escalation.domain.ledger import Secretary, word
from tests.unit.escalation.hall import COMMUNITY, ESTATE, Hall, donggang, when


def secretary() -> Secretary:
    return Secretary({f"ledger:{ESTATE}": None}, donggang(), when("2026-01-05 09:00"))


def test_a_record_links_to_the_one_before_and_states_its_own_head() -> None:
    pen = secretary()
    first = pen.record(ESTATE, "raised", "T-1", {"cases": ["c-1"]})
    second = pen.record(ESTATE, "tabled", "T-1", {})
    assert (second.seq, second.prev) == (2, first.hash)
    heads = [(fact.data.seq, fact.data.hash) for fact in pen.decision().facts]
    assert heads == [(1, first.hash), (2, second.hash)]


def test_a_ledger_that_was_not_locked_cannot_be_written() -> None:
    with pytest.raises(KeyError):
        secretary().record(COMMUNITY, "raised", "T-1", {})


def test_only_the_kinds_of_the_rules_are_ever_written() -> None:
    assert len(RecordKind) == 18
    with pytest.raises(ValueError, match="deleted"):
        secretary().record(ESTATE, "deleted", "T-1", {})


@pytest.mark.parametrize(
    "body", [{"why": "王主任说不行"}, {"by": "Mr Wang"}, {"a": [{"b": "请打 13900001111"}]}, {"话": 1}]
)
def test_a_persons_words_never_get_into_a_record(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="digest"):
        secretary().record(ESTATE, "decided", "T-1", body)


def test_erasing_text_and_salt_leaves_the_chain_whole_and_nothing_to_learn_from() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "decline", reply="请联系业委会王主任协商")
    hall.rows = [row for row in hall.rows if row not in hall.wordings()]
    assert hall.wordings() == []
    hall.check_chains()
    said = " ".join(record.line for record in hall.records(ESTATE))
    assert "王主任" not in said


def test_the_same_words_said_twice_have_two_digests() -> None:
    one, other = (word(ESTATE, "m", "T-1", salt, {"why": "等待勘测", "reply": None}) for salt in ("s1", "s2"))
    assert json.loads(one.text) == {"why": "等待勘测"}
    assert one.digest != other.digest
    assert one.is_genuine
    assert not replace(one, text=other.text.replace("等待", "不必")).is_genuine


def test_the_records_of_a_topic_hold_what_was_hashed_byte_for_byte() -> None:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve")
    for record in hall.records(ESTATE):
        body = json.loads(record.body)
        assert make_record(ESTATE, record.seq, record.prev, record.at, record.kind, record.topic, body) == record
