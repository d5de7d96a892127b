"""Whatever people write is taken as text: long, in any script, with markup or commands in it, and cut to travel."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.intake import translate
from services.intake.domain import facts
from services.intake.domain.report import ReportPlace
from shared.contracts.intake import Report
from tests.unit.intake.conftest import Office

TEXTS = {
    "html": "<img src=x onerror=alert(1)><script>alert(2)</script>路灯不亮",
    "sql": "路灯不亮'); DROP TABLE dossier;-- ${jndi:ldap://x} {{7*7}}",
    "emoji": "路灯不亮😡👨‍👩‍👧‍👦🇨🇳",
    "traditional": "路燈壞了，請儘快維修",
    "half_width": "路灯不亮，地点ＡＢＣ－１２３，ｶﾞﾚｰｼﾞ旁",
    "control": "路灯\u202e不亮\u200b\ufeff\ud7ff",
    "long": "路灯不亮，" + "请尽快处理。" * 1_600,
}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_odd_texts_are_kept_whole_in_the_dossier_and_travel_as_a_short_line(
    office: Office, grid: str, name: str
) -> None:
    said = Report.model_validate({"id": "R-1", "text": TEXTS[name], "matter": "street-lights", "place": {"unit": grid}})
    (fact,) = office.report(text=said.text, subject=None, place=ReportPlace(unit=grid), matter="street-lights")
    (dossier,) = [row for row in office.rows if isinstance(row, facts.Dossier)]
    assert dossier.text == TEXTS[name]
    assert len(fact.summary) <= 60
    assert "\n" not in fact.summary
    again = type(translate.wire.to_wire(fact)).model_validate_json(translate.wire.to_wire(fact).model_dump_json())
    assert again.summary == fact.summary  # type: ignore[attr-defined]


def test_texts_of_more_than_5000_characters_with_emoji_and_of_any_width_are_understood(
    office: Office, grid: str
) -> None:
    """The words of a matter are found in any width; a text is never cut where it is kept."""
    long = "路灯不亮，漆黑一片。" + "请尽快处理。" * 900
    assert len(long) > 5_000
    for n, text in enumerate((long, "路灯不亮😡漆黑一片", "路灯不亮，ＡＢＣ小区漆黑一片ｶﾞ")):
        (fact,) = office.report(f"case-{n}", id=f"R-{n}", text=text, subject=None, place=ReportPlace(unit=grid))
        assert fact.understanding.matter == "street-lights"


def test_what_is_written_in_traditional_characters_is_left_to_a_person(office: Office, grid: str) -> None:
    (fact,) = office.report(text="路燈不亮，晚上一片漆黑", subject=None, place=ReportPlace(unit=grid))
    assert isinstance(fact, facts.CaseHeld)


def test_a_seventh_photo_is_refused_with_its_field() -> None:
    keys = [f"key-{n}" for n in range(7)]
    assert len(Report.model_validate({"id": "R-1", "text": "路灯不亮", "photos": keys[:6]}).photos) == 6
    with pytest.raises(ValidationError) as refused:
        Report.model_validate({"id": "R-1", "text": "路灯不亮", "photos": keys})
    assert [error["loc"] for error in refused.value.errors()] == [("photos",)]


def test_a_text_beyond_any_real_one_is_refused_with_its_field() -> None:
    with pytest.raises(ValidationError, match="text"):
        Report.model_validate({"id": "R-1", "text": "路" * 10_001})
