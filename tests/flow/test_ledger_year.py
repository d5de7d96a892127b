"""A simulated year of ledgers, made by the real rules: whatever is changed in it afterwards is found, and where."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.audit.anchors import LISTS, STATING, heads_said
from deploy.audit.exported import Writer, examine_file
from deploy.demo.streams import Heard
from deploy.simulation.what_if import changed
from deploy.simulation.year import Simulation
from services.escalation.domain.chain import (
    GENESIS,
    Anchor,
    Break,
    Broken,
    Record,
    RecordKind,
    anchors_below,
    make_record,
    verify,
)

FEWER = {"arrivals.rates.grid_spot": 0.001, "arrivals.rates.wish": 0.001, "arrivals.rates.dispute": 0.001}
"""What never or seldom comes before a meeting needs no simulating here."""
Anchors = dict[str, list[Anchor]]


@dataclass
class Kept:
    """The ledgers as they were at the end of the last day listed, and every head as facts and lists said it."""

    ledgers: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    stated: Anchors = field(default_factory=dict)
    listed: Anchors = field(default_factory=dict)
    """The last daily list alone."""

    def hear(self, heard: Heard) -> None:
        """Note the heads that a fact says."""
        if heard.envelope.type in STATING:
            said = heard.data.model_dump_json()
            if heard.envelope.type == LISTS:
                self.listed = {}
            for ledger, anchor in heads_said(heard.envelope.type, said, heard.envelope.id):
                self.stated.setdefault(ledger, []).append(anchor)
                if heard.envelope.type == LISTS:
                    self.listed[ledger] = [anchor]


@pytest.fixture(scope="module")
def year() -> Kept:
    kept = Kept()
    simulation = Simulation(changed("donggang", FEWER), 1)
    follow = simulation.memory.hear

    def hear(heard: Heard) -> None:
        follow(heard)
        kept.hear(heard)

    simulation.memory.hear = hear
    simulation.run()
    simulation.memory.run(simulation.memory.now + timedelta(seconds=1))
    ends = {ledger: anchors[0].seq for ledger, anchors in kept.listed.items()}
    kept.ledgers = {name: tuple(simulation.memory.ledgers()[name][:end]) for name, end in ends.items()}
    kept.stated = {name: [a for a in kept.stated[name] if a.seq <= end] for name, end in ends.items()}
    return kept


@st.composite
def places(draw: st.DrawFn, year: Kept, least: int = 1) -> tuple[str, list[Record], int]:
    """Draw a ledger of some length and a place in it."""
    ledger = draw(st.sampled_from(sorted(name for name, records in year.ledgers.items() if len(records) >= least)))
    records = list(year.ledgers[ledger])
    return ledger, records, draw(st.integers(0, len(records) - 1))


def forged(records: Sequence[Record], start: int) -> list[Record]:
    """Compute a ledger anew from a place on, one record of it changed."""
    made = list(records[:start])
    for place, record in enumerate(records[start:], start):
        prev = made[-1].hash if made else GENESIS
        topic = f"{record.topic}x" if place == start else record.topic
        body = json.loads(record.body)
        made.append(make_record(record.ledger, record.seq, prev, record.at, record.kind, topic, body))
    return made


few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_year_is_whole_against_every_head_that_anybody_wrote_down(year: Kept) -> None:
    below = anchors_below(record for records in year.ledgers.values() for record in records)
    for ledger, records in year.ledgers.items():
        anchors = [*year.stated[ledger], *below.get(ledger, ())]
        assert verify(ledger, records, anchors) is None
        assert {anchor.seq for anchor in year.stated[ledger]} >= {record.seq for record in records}
        assert year.listed[ledger] == [Anchor(records[-1].seq, records[-1].hash, year.listed[ledger][0].where)]
    assert below, "topics moved up"
    assert sum(map(len, year.ledgers.values())) > 300


def test_a_year_of_records_has_kinds_of_the_rules_and_no_persons_words(year: Kept) -> None:
    records = [record for kept in year.ledgers.values() for record in kept]
    assert {record.kind for record in records} <= set(RecordKind)
    assert all(record.line.isascii() for record in records)


@few
@given(data=st.data())
def test_any_changed_bit_of_any_column_is_found_where_it_is(year: Kept, data: st.DataObject) -> None:
    ledger, records, place = data.draw(places(year))
    column = data.draw(st.sampled_from([one.name for one in fields(Record)]))
    value = getattr(records[place], column)
    if isinstance(value, int):
        new: object = value ^ (1 << data.draw(st.integers(0, 20)))
    else:
        raw = bytearray(value.encode() or b" ")
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        new = raw.decode(errors="surrogateescape")
    records[place] = replace(records[place], **{column: new})
    assert verify(ledger, records) == Broken(Break.EDITED, place + 1)


@few
@given(data=st.data())
def test_any_exchange_of_columns_between_records_is_found(year: Kept, data: st.DataObject) -> None:
    ledger, records, place = data.draw(places(year, least=2))
    other = data.draw(st.integers(0, len(records) - 1).filter(lambda n: n != place))
    column = data.draw(st.sampled_from(["at", "prev", "topic", "body", "line", "hash", "seq"]))
    one, two = getattr(records[place], column), getattr(records[other], column)
    if one != two:
        records[place] = replace(records[place], **{column: two})
        records[other] = replace(records[other], **{column: one})
        found = verify(ledger, records)
        assert found is not None
        assert found.seq == min(place, other) + 1


@few
@given(data=st.data())
def test_any_other_order_is_found(year: Kept, data: st.DataObject) -> None:
    ledger, records, place = data.draw(places(year, least=2))
    to = data.draw(st.integers(0, len(records) - 1).filter(lambda n: n != place))
    records.insert(to, records.pop(place))
    assert verify(ledger, records) == Broken(Break.REORDERED, min(place, to) + 1)


@few
@given(data=st.data())
def test_any_missing_record_is_found_and_any_missing_tail_by_the_last_list_alone(
    year: Kept, data: st.DataObject
) -> None:
    ledger, records, place = data.draw(places(year))
    where = year.listed[ledger][0].where
    cut = verify(ledger, records[:place], year.listed[ledger])
    assert cut == Broken(Break.TRUNCATED, place + 1, where)
    del records[place]
    missing = verify(ledger, records, year.listed[ledger])
    is_last = place == len(records)
    assert missing == (Broken(Break.TRUNCATED, place + 1, where) if is_last else Broken(Break.GAP, place + 1))


@few
@given(data=st.data())
def test_any_recomputed_chain_is_found_by_each_kind_of_anchor(year: Kept, data: st.DataObject) -> None:
    ledger, records, place = data.draw(places(year))
    other = forged(records, place)
    assert verify(ledger, other) is None, "the chain alone cannot show it"
    by_list = verify(ledger, other, year.listed[ledger])
    assert by_list is not None
    assert by_list.what is Break.RECOMPUTED
    by_heads = verify(ledger, other, year.stated[ledger])
    assert by_heads is not None
    assert (by_heads.what, by_heads.seq) == (Break.RECOMPUTED, place + 1)
    alone = [*records[:place], other[place], *records[place + 1 :]]
    found = verify(ledger, alone, year.stated[ledger])
    assert found is not None
    assert found.seq == place + 1
    assert found.what is (Break.EDITED if place + 1 < len(records) else Break.RECOMPUTED)


@few
@given(data=st.data())
def test_a_record_of_another_ledger_is_found(year: Kept, data: st.DataObject) -> None:
    ledger, records, place = data.draw(places(year))
    other, foreign, at = data.draw(places(year).filter(lambda drawn: drawn[0] != ledger))
    if data.draw(st.booleans()):
        records[place] = foreign[at]
    else:
        records.insert(place, replace(foreign[at], ledger=ledger, seq=place + 1))
    assert verify(ledger, records) == Broken(Break.FOREIGN, place + 1)
    assert other != ledger


# ---- the year as a file


def write(ledgers: Mapping[str, Sequence[Record]], path: Path) -> Path:
    with path.open("wb") as file:
        writer = Writer(file, is_csv=path.suffix == ".csv")
        writer.open("donggang", datetime(2026, 12, 31, 16, tzinfo=UTC), ledgers)
        for ledger, records in ledgers.items():
            writer.begin(ledger, (records[-1].seq, records[-1].hash), ())
            for record in records:
                writer.take(record)
        writer.seal()
    return path


@pytest.fixture(scope="module", params=["jsonl", "csv"])
def file(request: pytest.FixtureRequest, year: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(year.ledgers, Path(tmp_path_factory.mktemp("year")) / f"year.{request.param}")


def test_the_exported_year_is_whole_against_the_last_list(year: Kept, file: Path) -> None:
    done = examine_file(file, against=year.listed)
    assert (done.broken, done.records) == ({}, sum(map(len, year.ledgers.values())))


@few
@given(data=st.data())
def test_any_change_of_the_exported_year_is_found(file: Path, data: st.DataObject) -> None:
    said = bytearray(file.read_bytes())
    lines = said.splitlines(keepends=True)
    place, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    match data.draw(st.sampled_from(["bit", "cut", "missing line", "line twice", "lines exchanged"])):
        case "bit":
            said[data.draw(st.integers(0, len(said) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del said[data.draw(st.integers(0, len(said) - 1)) :]
        case "missing line":
            said = bytearray(b"".join(lines[:place] + lines[place + 1 :]))
        case "line twice":
            said = bytearray(b"".join(lines[:place] + lines[place : place + 1] + lines[place:]))
        case _:
            lines[place], lines[other] = lines[other], lines[place]
            said = bytearray(b"".join(lines))
    if said == file.read_bytes():
        return
    spoilt = file.with_stem("spoilt")
    spoilt.write_bytes(said)
    assert examine_file(spoilt).broken


@few
@given(data=st.data())
def test_an_exported_year_forged_with_a_new_seal_is_found_by_the_last_list(
    year: Kept, file: Path, data: st.DataObject
) -> None:
    ledger, records, place = data.draw(places(year, least=2))
    cut = max(place, 1)
    for other, what in ((forged(records, place), Break.RECOMPUTED), (records[:cut], Break.TRUNCATED)):
        spoilt = write({**year.ledgers, ledger: other}, file.with_stem("forged"))
        assert examine_file(spoilt).broken == {}, "the file alone cannot show it"
        found = examine_file(spoilt, against=year.listed).broken
        assert {name: broken.what for name, broken in found.items()} == {ledger: what}
