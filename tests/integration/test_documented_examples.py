"""The programs of docs/integrating.md do what the page says, on a running city."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.reading import ROOT
from tests.integration.city import RunningCity, wait

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]
EXAMPLES = ROOT / "docs" / "examples"


def test_the_documented_source_sends_a_report_and_reads_its_receipt(donggang: RunningCity) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "source.py", donggang.stack.kafka, donggang.city.code, "hotline"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    kind, _, answer = done.stdout.partition(" ")
    assert kind == "report.received.v1"
    assert json.loads(answer)["outcome"] == "registered"


def test_the_documented_department_accepts_and_finishes_what_is_dispatched_to_it(donggang: RunningCity) -> None:
    case = donggang.report("documented-1", "burst-pipe")["case"]
    lead = donggang.order(case, "dispatched")["lead"]
    program = subprocess.Popen(
        [sys.executable, EXAMPLES / "department.py", donggang.stack.kafka, donggang.city.code, lead],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait(lambda: donggang.order(case)["status"] not in ("dispatched", "accepted"), 40, "the order is finished")
    finally:
        program.terminate()
        program.wait(10)
