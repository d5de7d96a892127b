"""The programs of docs/integrating.md do what the page says, on a running city."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.reading import ROOT
from tests.support.running_city import RunningCity

pytestmark = pytest.mark.stack
EXAMPLES = ROOT / "docs" / "examples"


def test_the_documented_source_sends_a_report_and_reads_its_receipt(donggang: RunningCity) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "source.py", donggang.stack.kafka, donggang.city.code, "hotline"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    kind, _, answer = done.stdout.partition(" ")
    assert kind == "report.received.v1"
    assert json.loads(answer)["outcome"] == "registered"
