"""Where two city files differ, by path and by the code of a row."""

from __future__ import annotations

from pathlib import Path

from deploy.replay.files import changes


def test_values_are_named_by_their_path_and_rows_by_their_code_wherever_they_stand(tmp_path: Path) -> None:
    now, other = tmp_path / "now.yaml", tmp_path / "other.yaml"
    now.write_text("clocks: {verify: 1 wd}\nrouting: [{code: a, by: pairing}, {code: b, by: matter}]\nx: [1, 2]\n")
    other.write_text(
        "routing: [{code: b, by: load}, {code: a, by: pairing}]\nclocks: {verify: 2 wd}\nx: [1, 2]\ny: 3\n"
    )
    assert changes(now, now) == []
    assert changes(now, other) == [
        ("clocks.verify", "1 wd", "2 wd"), ("routing.b.by", "matter", "load"), ("y", "", "3"),
    ]  # fmt: skip
