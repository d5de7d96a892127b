"""The three papers of an order of the running city, as the command line writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import build
from services.dispatch.papers.sheet import MADE_OF as ORDER
from services.feedback.papers.sheet import MADE_OF as RATING
from shared.contracts.base import Contract
from tests.support.running_city import RunningCity, wait
from tests.unit.papers.reading import pdf_text, word_text

pytestmark = pytest.mark.stack
LEAD = "water-company"


def _write(city: RunningCity, what: str, case: str, out: Path, *more: str) -> Path | None:
    words = ["papers", what, case, "--out", str(out), "--folder", str(city.folder), *more]
    result = CliRunner().invoke(build("papers"), words)
    assert (result.exit_code, out.exists()) in ((0, True), (2, False)), result.output
    return out if out.exists() else None


def test_an_order_prints_its_three_papers_and_gives_them_as_data(donggang: RunningCity, tmp_path: Path) -> None:
    receipt = donggang.report("papers-1", "burst-pipe", text="主管道爆裂跑水，请联系13800138000")
    case, number = receipt["case"], receipt["number"]
    donggang.order(case, "dispatched")
    assert _write(donggang, "disposal", case, tmp_path / "early.pdf") is None
    lead = ("department", LEAD)
    for command, body in (
        ("accept", {"assignment": 1, "handler": "抢修班班长"}),
        ("finish", {"assignment": 1, "what": "已更换管段并恢复供水", "contacted": True, "evidence": 2}),
    ):
        answer = donggang.act(case, command, lead, **body)
        assert answer.status_code == 200, answer.text
    verifier = donggang.order(case, "handled")["responsible"]
    assert (
        donggang.act(
            case, "verify", ("unit", verifier), assignment=1, passed=True, note="现场已恢复", means="photo"
        ).status_code
        == 200
    )
    asked = wait(lambda: _write(donggang, "rating", case, tmp_path / "rating.json"), 20, "the reporter was asked")

    data: dict[str, dict[str, Any]] = {"rating": json.loads(asked.read_text())}
    for what in ("order", "disposal"):
        out = _write(donggang, what, case, tmp_path / f"{what}.json", "--number", "1")
        assert out is not None
        data[what] = json.loads(out.read_text())
    assert (data["order"]["number"], data["order"]["lead"], data["order"]["handler"]) == (number, LEAD, "抢修班班长")
    assert (data["disposal"]["what"], data["disposal"]["passed"]) == ("已更换管段并恢复供水", True)
    assert (data["rating"]["lead"], data["rating"]["asked"], data["rating"]["answers"]) == (LEAD, 1, [])
    assert "13800138000" not in json.dumps(data)

    for what, title in (("order", "问题交办单"), ("disposal", "处置反馈单"), ("rating", "工作评分单")):
        for ending, read in (("pdf", pdf_text), ("docx", word_text)):
            made = _write(donggang, what, case, tmp_path / f"{what}.{ending}")
            assert made is not None
            said = read(made.read_bytes())
            assert title in said
            assert number in said
            assert donggang.city.name_of(LEAD) in said
            assert "13800138000" not in said

    stranger = donggang.get("dispatch", f"/v1/orders/{case}/assignment.pdf", ("department", "publicity"))
    assert stranger.json()["rule"] == "actor.not_allowed"
    assert donggang.get("feedback", f"/v1/cases/{case}/rating.json", ("department", "publicity")).status_code == 403
    assert donggang.get("dispatch", f"/v1/orders/{case}/assignment.pdf?number=9").json()["rule"] == "subject.unknown"


def test_a_route_is_explained_rule_by_rule_with_what_was_dispatched_since(donggang: RunningCity) -> None:
    case = donggang.report("route-1", "burst-pipe")["case"]
    donggang.order(case, "dispatched")

    def ask(report: str, *more: str) -> str:
        result = CliRunner().invoke(
            build("route"), ["route", "explain", report, "--folder", str(donggang.folder), *more]
        )
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    told = json.loads(ask("hotline/route-1", "--json"))
    assert (told["case"], told["source"], told["rules"]["holder"]) == (case, "hotline", None)
    tried = [(rule["rule"], rule["lead"]) for rule in told["rules"]["tried"]]
    assert tried == [("street", None), ("pairing", None), ("operators", None), ("first", LEAD)]
    assert [(made["rule"], made["lead"]) for made in told["assignments"]] == [("first", LEAD)]
    said = ask(told["number"])
    assert "该事项的首选主办部门" in said
    assert "事项首选主办部门）" in said
    assert "主办部门只有一个" in said
    assert "第1次交办" in said


@pytest.mark.parametrize(("service", "types"), [("dispatch", ORDER), ("feedback", RATING)])
def test_the_index_of_the_journal_holds_just_the_facts_that_papers_are_made_of(
    donggang: RunningCity, service: str, types: tuple[type[Contract], ...]
) -> None:
    ((said,),) = donggang.sql(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = $1 AND indexname = 'journal_papers'", f"donggang_{service}"
    )
    assert set(re.findall(r"'([a-z_.]+v1)'", said)) == {known.TYPE for known in types}
