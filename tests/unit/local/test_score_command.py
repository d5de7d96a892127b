"""`sidan score` prints figures with their cases, labels a what-if, and says what it does not show."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import main, score

CASE = {"number": "DG-1", "case": "case-1", "lead": "water", "part": "numerator", "why": "", "key": "k"}
FIGURE = {
    "unit": "C01", "period": "2026-06", "rate": "closing", "policy": "1", "what_if": False, "revision": 2,
    "frozen_at": "2026-07-09T18:00:00+08:00", "numerator": "108", "denominator": 114, "percent": "94.74", "excluded": 6,
}  # fmt: skip


class Asking:
    """Feedback that knows one figure on two pages."""

    asked: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012 - one test at a time

    def __init__(self, city: str, folder: Any) -> None:
        Asking.asked.clear()

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        Asking.asked.append((path, asked))
        ratio = {"numerator": "47", "denominator": 50, "percent": "94.00"}
        card = {
            "tier": "department", "place": 1, "unit": "water", "response": ratio, "resolution": ratio,
            "satisfaction": ratio, "composite": "82.44", "coverage": ratio, "few": True,
        }  # fmt: skip
        if path.endswith("composite"):
            part = {"rate": "response", "weight": "1/10", **ratio}
            return {**FIGURE, "rate": "composite", "percent": "82.44", "parts": [part], "excluded": 0}
        if path in ("/v1/scores", "/v1/what-if"):
            return {"scores": [card], "next": None, "policy": "2"}
        return {**FIGURE, "cases": [CASE], "next": None if asked.get("after") else "k"}

    pages = score._Asking.pages


@pytest.fixture
def sidan(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(score, "_Asking", Asking)
    app = main.build("score")
    return lambda *words: CliRunner().invoke(app, ["score", *words])


def test_a_figure_is_printed_with_policy_revision_freeze_and_its_first_page(sidan: Any) -> None:
    said = sidan("explain", "C01", "2026-06", "closing").output
    for word in ("94.74% = 108/114", "第 1 版", "第 2 次公布", "2026-07-09", "另有 6 件不计入", "DG-1", "--all"):
        assert word in said, word


def test_all_pages_are_read_when_asked_for_and_a_difference_is_said(sidan: Any) -> None:
    said = sidan("explain", "C01", "2026-06", "closing", "--all").output
    assert [asked["after"] for _, asked in Asking.asked] == ["", "k"]
    assert said.count("DG-1") == 2
    assert "差 118 件" in said


def test_a_composite_is_printed_with_its_parts(sidan: Any) -> None:
    said = sidan("explain", "C01", "2026-06", "composite").output
    assert "82.44" in said
    assert "1/10" in said


def test_a_what_if_is_called_one(sidan: Any) -> None:
    said = sidan("what-if", "2026-06", "--policy", "2").output
    assert Asking.asked == [("/v1/what-if", {"period": "2026-06", "policy": 2})]
    assert "不公布" in said


def test_the_published_scores_are_listed_with_place_and_mark(sidan: Any) -> None:
    said = sidan("list", "2026-06").output
    for word in ("82.44", "47/50*", "只列出、不排名"):
        assert word in said, word
