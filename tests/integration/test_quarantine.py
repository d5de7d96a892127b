"""What an operator does with messages that were refused or could not be read."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from deploy.cli.main import build
from tests.support.running_city import PLACE, RunningCity, wait

pytestmark = pytest.mark.stack


def _sidan(city: RunningCity, *words: str) -> str:
    result = CliRunner().invoke(build(words[0]), [*words, "--folder", str(city.folder)])
    assert result.exit_code == 0, result.output
    return result.stdout


def _kept(city: RunningCity) -> dict[str, dict[str, str]]:
    rows = json.loads(_sidan(city, "quarantine", "list", "--all", "--json"))
    return {row["which"]: row for row in rows if row["topic"] == "donggang.reports.leader.v1"}


def test_a_refused_record_is_listed_shown_replayed_and_discarded(donggang: RunningCity) -> None:
    body = {"id": "q-1", "text": "路灯坏了", "place": {"unit": PLACE}, "matter": "not-yet"}
    donggang.publish("reports.leader", json.dumps(body).encode(), "q-1", type_="report.v1")
    kept = wait(lambda: _kept(donggang), 20, "kept")
    ((which, row),) = kept.items()
    assert (row["rule"], row["field"], row["state"]) == ("report.unknown_matter", "matter", "kept")
    shown = _sidan(donggang, "quarantine", "show", which)
    assert "not-yet" in shown
    assert "没有这个事项" in shown
    _sidan(donggang, "quarantine", "replay", which)

    def decided_anew() -> dict[str, dict[str, str]] | None:
        found = _kept(donggang)
        return found if len(found) == 2 else None

    again = wait(decided_anew, 20, "decided anew")
    assert again[which]["state"] == "replayed"
    (other,) = set(again) - {which}
    _sidan(donggang, "quarantine", "discard", other)
    assert _kept(donggang)[other]["state"] == "discarded"


def test_an_unknown_number_is_an_error_that_says_so(donggang: RunningCity) -> None:
    words = ["quarantine", "show", "intake/999999", "--folder", str(donggang.folder)]
    result = CliRunner().invoke(build("quarantine"), words)
    assert result.exit_code == 2
    assert "intake/999999" in result.output
