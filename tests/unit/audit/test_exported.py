"""An exported ledger is checked by its file alone: every change is found, a forged file by a head kept elsewhere."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.audit.anchors import NoAnchors, read_anchors
from deploy.audit.exported import FILE, Writer, examine_file
from deploy.cli import main
from services.escalation.domain.chain import GENESIS, Anchor, Break, Broken, Record, make_record
from services.escalation.domain.heads import Head, digest_of
from services.escalation.papers.ledger import Cover, JsonFile

AT = datetime(2026, 3, 31, 16, tzinfo=UTC)


def chain_of(ledger: str, count: int, *, forged_from: int = 0) -> list[Record]:
    records: list[Record] = []
    for seq in range(1, count + 1):
        prev = records[-1].hash if records else GENESIS
        body = {"meeting": f"meeting:{ledger}:{seq}", "decision": "defer" if 0 < forged_from <= seq else "resolve"}
        records.append(make_record(ledger, seq, prev, f"2026-01-{seq:02}T09:00:00+08:00", "decided", f"T-{seq}", body))
    return records


LEDGERS = {"C01": chain_of("C01", 4), "S01": chain_of("S01", 3)}


def file_of(
    ledgers: dict[str, list[Record]], path: Path, anchors: Sequence[Anchor] = (), listed: Sequence[str] = ()
) -> Path:
    with path.open("wb") as file:
        writer = Writer(file, is_csv=path.suffix == ".csv")
        writer.open("donggang", AT, listed or list(ledgers))
        for ledger, records in ledgers.items():
            writer.begin(ledger, (records[-1].seq, records[-1].hash), anchors)
            for record in records:
                writer.take(record)
        writer.seal()
    return path


def tampered(path: Path, old: bytes, new: bytes) -> Path:
    said = path.read_bytes()
    assert said.count(old) == 1
    path.write_bytes(said.replace(old, new))
    return path


FORMS = pytest.mark.parametrize("form", ["jsonl", "csv"])


@FORMS
def test_an_exported_ledger_is_whole(tmp_path: Path, form: str) -> None:
    done = examine_file(file_of(LEDGERS, tmp_path / f"a.{form}"))
    assert (done.broken, done.records) == ({}, 7)
    assert done.heads == {name: (records[-1].seq, records[-1].hash) for name, records in LEDGERS.items()}


@FORMS
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_bit_of_the_file_is_found(tmp_path: Path, form: str, data: st.DataObject) -> None:
    path = file_of(LEDGERS, tmp_path / f"b.{form}")
    said = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(said) - 1))
    said[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(said)
    assert examine_file(path).broken


@FORMS
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_off_anywhere_is_found(tmp_path: Path, form: str, data: st.DataObject) -> None:
    path = file_of(LEDGERS, tmp_path / f"c.{form}")
    said = path.read_bytes()
    path.write_bytes(said[: data.draw(st.integers(0, len(said) - 1))])
    assert examine_file(path).broken


@FORMS
def test_an_edited_record_is_named_with_its_ledger_its_number_and_its_line(tmp_path: Path, form: str) -> None:
    said = '"meeting:S01:2"' if form == "jsonl" else '""meeting:S01:2""'
    path = tampered(file_of(LEDGERS, tmp_path / f"a.{form}"), said.encode(), said.replace("2", "3").encode())
    done = examine_file(path)
    assert done.broken == {"S01": Broken(Break.EDITED, 2)}
    line = path.read_bytes().splitlines()[done.lines["S01"] - 1]
    assert said.replace("2", "3").encode() in line
    assert examine_file(path, body="C01").broken == {FILE: Broken(Break.EDITED, 11 if form == "jsonl" else 9)}


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ((0, 2, 3), Broken(Break.GAP, 2)),
        ((0, 2, 1, 3), Broken(Break.REORDERED, 2)),
        ((0, 1, 2), Broken(Break.TRUNCATED, 4, "head")),
        ((0, 1, 2, 3, 3), Broken(Break.REORDERED, 5)),
    ],
)
def test_records_left_out_or_moved_are_named_though_the_seal_was_made_anew(
    tmp_path: Path, order: tuple[int, ...], found: Broken
) -> None:
    whole = LEDGERS["C01"]
    with (tmp_path / "a.jsonl").open("wb") as file:
        writer = Writer(file, is_csv=False)
        writer.open("donggang", AT, ["C01"])
        writer.begin("C01", (4, whole[-1].hash), ())
        for place in order:
            writer.take(whole[place])
        writer.seal()
    assert examine_file(tmp_path / "a.jsonl").broken == {"C01": found}


def test_a_record_of_another_ledger_in_the_file_is_foreign(tmp_path: Path) -> None:
    path = file_of({"C01": [*LEDGERS["C01"][:1], LEDGERS["S01"][1], *LEDGERS["C01"][2:]]}, tmp_path / "a.jsonl")
    assert examine_file(path).broken == {"C01": Broken(Break.FOREIGN, 2)}


def test_what_minutes_and_upper_ledgers_wrote_down_travels_with_the_file(tmp_path: Path) -> None:
    forged = {"C01": chain_of("C01", 4, forged_from=3)}
    minutes = Anchor(3, LEDGERS["C01"][2].hash, "meeting.adopted.v1 meeting:C01:3/5")
    done = examine_file(file_of(forged, tmp_path / "a.jsonl", [minutes]))
    assert done.broken == {"C01": Broken(Break.RECOMPUTED, 3, minutes.where)}


def test_a_ledger_that_the_file_announces_and_lacks_was_cut_off(tmp_path: Path) -> None:
    path = file_of({"C01": LEDGERS["C01"]}, tmp_path / "a.jsonl", listed=["C01", "S01"])
    assert examine_file(path).broken == {FILE: Broken(Break.TRUNCATED, 8)}


def test_more_after_the_end_and_a_ledger_twice_are_found(tmp_path: Path) -> None:
    path = file_of(LEDGERS, tmp_path / "a.jsonl")
    path.write_bytes(path.read_bytes() + b"\n")
    assert examine_file(path).broken[FILE].what is Break.FOREIGN
    records = LEDGERS["C01"]
    with path.open("wb") as file:
        writer = Writer(file, is_csv=False)
        writer.open("donggang", AT, ["C01"])
        for _ in range(2):
            writer.begin("C01", (4, records[-1].hash), ())
            for record in records:
                writer.take(record)
        writer.seal()
    assert examine_file(path).broken == {FILE: Broken(Break.FOREIGN, 7)}


# ---- heads kept elsewhere: what no file can give itself


def published(tmp_path: Path) -> Path:
    heads = [Head(name, records[-1].seq, records[-1].hash) for name, records in LEDGERS.items()]
    digest = digest_of(date(2026, 3, 31), 1, 1, heads, GENESIS)
    listed = [{"ledger": head.ledger, "seq": head.seq, "hash": head.hash} for head in heads]
    page = {"on": "2026-03-31", "page": 1, "pages": 1, "heads": listed, "prev": GENESIS, "digest": digest}
    path = tmp_path / "heads.json"
    path.write_text(json.dumps({"on": "2026-03-31", "pages": [page]}))
    return path


def official(path: Path) -> Path:
    file = JsonFile(path)
    for name, records in LEDGERS.items():
        file.begin(Cover(name, name, f"{name}联席会", records[-1].seq, records[-1].hash, date(2026, 3, 31)))
        file.add([])
    file.finish()
    return path


@FORMS
@pytest.mark.parametrize("kept", ["list", "paper", "export", "ledger"])
def test_a_file_forged_from_beginning_to_end_is_found_by_a_head_kept_elsewhere(
    tmp_path: Path, form: str, kept: str
) -> None:
    forged = file_of({**LEDGERS, "C01": chain_of("C01", 4, forged_from=2)}, tmp_path / f"forged.{form}")
    assert examine_file(forged).broken == {}, "the file alone cannot show it"
    sources = {
        "list": str(published(tmp_path)),
        "paper": f"C01:3:{LEDGERS['C01'][2].hash}",
        "export": str(file_of(LEDGERS, tmp_path / "before.jsonl")),
        "ledger": str(official(tmp_path / "ledgers.json")),
    }
    done = examine_file(forged, against=read_anchors([sources[kept]]))
    assert done.broken["C01"].what is Break.RECOMPUTED
    assert set(done.broken) == {"C01"}


@FORMS
def test_a_tail_cut_off_with_a_new_seal_is_found_by_the_published_list(tmp_path: Path, form: str) -> None:
    cut = file_of({"C01": LEDGERS["C01"][:3]}, tmp_path / f"cut.{form}")
    done = examine_file(cut, against=read_anchors([str(published(tmp_path))]))
    assert done.broken == {"C01": Broken(Break.TRUNCATED, 4, "heads.json 2026-03-31")}


def test_what_is_no_head_is_said_to_be_none(tmp_path: Path) -> None:
    listed = published(tmp_path)
    tampered(listed, b'"seq": 4', b'"seq": 3')
    for none in (str(listed), "C01:3", str(tmp_path / "missing.json"), str(tmp_path)):
        with pytest.raises(NoAnchors, match=r".+"):
            read_anchors([none])


# ---- the command


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main.build("ledger"), ["ledger", "verify", *arguments])
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def output(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(main.console, "_file", out)
    return out


def test_the_command_needs_no_system_and_says_where_the_first_broken_link_is(
    tmp_path: Path, output: io.StringIO
) -> None:
    path = file_of(LEDGERS, tmp_path / "a.jsonl")
    assert run("--export", str(path))[0] == 0
    assert "2 本台账、7 条记录，链条完整" in output.getvalue()
    assert run("--export", str(path), "--body", "S01")[0] == 0
    assert f"链首 S01:3:{LEDGERS['S01'][2].hash}" in output.getvalue()
    tampered(path, b'"meeting:S01:2"', b'"meeting:S01:7"')
    assert run("--export", str(path))[0] == 1
    assert "S01 #2（文件第 9 行）  记录被改动" in output.getvalue()


def test_the_command_ends_with_2_for_what_was_not_meant(tmp_path: Path) -> None:
    path = file_of(LEDGERS, tmp_path / "a.jsonl")
    assert run("--export", str(path), "--body", "C99")[0] == 2
    assert run("--export", str(path), "--against", "C01:3")[0] == 2
    assert run("--export", str(tmp_path / "missing.jsonl"))[0] == 2
