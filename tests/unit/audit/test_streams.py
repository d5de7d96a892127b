"""What the auditor says of a record on a state stream."""

from __future__ import annotations

from deploy.audit.streams import Stream, _one, missing
from shared.contracts.envelope import SEQUENCE, SUBJECT


def test_a_fact_that_holds_a_mobile_is_found_and_one_that_does_not_is_not() -> None:
    stream = Stream("donggang.cases.v1")
    for sequence, value in ((1, '{"report": "HL-1"}'), (2, '{"report": "HL-13800138000"}')):
        _one(stream, {SUBJECT: b"case-1", SEQUENCE: str(sequence).encode()}, value.encode())
    assert [(found.kind, found.where) for found in stream.findings] == [("personal", "donggang.cases.v1 case-1")]


def test_a_fact_that_came_while_the_stream_was_read_is_not_lost_and_one_that_never_comes_is() -> None:
    stream = Stream("donggang.cases.v1")
    written = {"case-1": 2, "case-2": 1}
    for sequence in (1, 2):  # the second one came after the journal was looked at
        _one(stream, {SUBJECT: b"case-1", SEQUENCE: str(sequence).encode()}, b"{}")
    assert [found.where for found in missing(stream, written)] == ["donggang.cases.v1 case-2"]
