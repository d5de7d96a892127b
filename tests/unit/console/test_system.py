"""What the page on the system says of lag and of the auditor's last verdict."""

from __future__ import annotations

import json
from pathlib import Path

from services.console import verdicts
from services.console.pages.system import lag_rows
from services.console.pulse import State
from services.console.words import TONGUES

T = TONGUES["zh"]
SAID = {"at": "2026-11-24T02:11:00+00:00", "ok": True, "reports": 1193, "facts": {"intake": 2, "dispatch": 3},
        "ledgers": 2, "found": {}}  # fmt: skip


def test_a_verdict_is_said_with_its_time_and_each_kind_of_finding() -> None:
    (css, ended), (_, counted) = verdicts.words(T, SAID)
    assert (css, ended) == ("ok", "✓ 全部在位：无缺失、无重复、次序无误 · 稽核于 11-24 周二 10:11")
    assert counted == "反映 1,193 件，事实 5 条，台账 2 本"
    failed = verdicts.words(T, {**SAID, "ok": False, "found": {"gap": 2}})
    assert failed[0] == ("late", "✗ 稽核未通过 · 稽核于 11-24 周二 10:11")
    assert failed[-1] == ("late", "序号缺失：2 项")


def test_no_verdict_is_shown_without_a_time(tmp_path: Path) -> None:
    assert verdicts.read(tmp_path) is None
    for text in ("{", json.dumps({name: said for name, said in SAID.items() if name != "at"})):
        (tmp_path / verdicts.FILE).write_text(text)
        assert verdicts.read(tmp_path) is None
    ((css, said),) = verdicts.words(T, None)
    assert css == "empty"
    assert said.startswith("还没有稽核过")


def test_streams_of_a_kind_are_one_row_but_for_those_somebody_is_behind_on() -> None:
    lags = {"c.replies.a.v1": 0, "c.replies.b.v1": 1200, "c.replies.d.v1": 0, "c.cases.v1": 0}
    rows = lag_rows(T, {"dispatch": State("dispatch", True, lags=lags)})
    assert [row[0]["text"] for row in rows] == ["c.cases.v1", "c.replies.*（2 个）", "c.replies.b.v1"]
    assert [row[2] for row in rows] == [
        {"text": "0", "css": ""}, {"text": "0", "css": ""}, {"text": "1,200", "css": "soon"}
    ]  # fmt: skip
    assert rows[0][1]["text"] == ""
