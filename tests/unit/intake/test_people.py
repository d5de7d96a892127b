"""What is personal stays in the dossier, is read by its holder alone, and goes when somebody asks or time is over."""

from __future__ import annotations

import csv
import json
import random
import re
from datetime import timedelta
from pathlib import Path

import pytest

from services.intake import translate
from services.intake.domain import erasing, heard
from services.intake.domain.erasing import RETENTION, EraseDossier, ResidentErased
from services.intake.domain.report import RejectCase, Reporter, ReportPlace, WithdrawReport
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import Office

OPERATIONS = Actor("operations", "duty")
SOURCE = Actor("source", "hotline")
CLOSED = heard.CaseClosed(status="closed", responsible=None, reason="rated")
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
FILES = ("messages_labelled.csv", "messages_stream.csv", "messages_replied.csv", "matters.csv")
MOBILE = re.compile(r"1[3-9]\d{9}")
IDENTITY = re.compile(r"\d{17}[\dXx]")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def opened(office: Office, grid: str) -> str:
    """Register a case and return its dossier's id."""
    (fact,) = office.report(
        place=ReportPlace(unit=grid), matter="street-lights", reporter=Reporter(phone="13800138000")
    )
    return str(fact.dossier)


@pytest.mark.parametrize("actor", [SOURCE, OPERATIONS, RETENTION], ids=lambda actor: actor.kind)
def test_the_dossier_of_a_closed_case_is_erased_once(office: Office, grid: str, actor: Actor) -> None:
    dossier = opened(office, grid)
    office.hear("case-1", CLOSED, "dispatch")
    (fact,) = office.send("case-1", EraseDossier(dossier), actor)
    why = erasing.Why.RETENTION if actor == RETENTION else erasing.Why.REQUEST
    assert fact == ResidentErased(dossier=dossier, reporter="r1", why=why)
    assert erasing.Erased(dossier, "case-1") in office.rows
    assert office.send("case-1", EraseDossier(dossier), actor) == []


@pytest.mark.parametrize(
    "actor",
    [Actor("source", "mini"), Actor("unit", "C01"), Actor("department", "housing"), Actor("resident", "x")],
    ids=lambda actor: actor.kind,
)
def test_nobody_else_may_erase(office: Office, grid: str, actor: Actor) -> None:
    dossier = opened(office, grid)
    office.hear("case-1", CLOSED, "dispatch")
    with pytest.raises(Refused, match=r"actor\.not_allowed"):
        office.send("case-1", EraseDossier(dossier), actor)


def test_while_a_case_is_open_its_holder_needs_the_dossier(office: Office, grid: str) -> None:
    dossier = opened(office, grid)
    with pytest.raises(Refused, match=r"dossier\.still_open"):
        office.send("case-1", EraseDossier(dossier), SOURCE)
    office.send("case-1", WithdrawReport(), SOURCE)
    assert office.send("case-1", EraseDossier(dossier), SOURCE)


def test_the_time_of_a_dossier_begins_when_its_case_ends_however_it_ends(office: Office, grid: str) -> None:
    opened(office, grid)
    assert not [row for row in office.rows if isinstance(row, erasing.Ended)]
    office.hear("case-1", CLOSED, "dispatch")
    office.report(case="case-2", id="R-2", text="。", subject=None)
    office.report(case="case-3", id="R-3", place=ReportPlace(unit=grid), matter="street-lights")
    office.send("case-3", WithdrawReport(), SOURCE)
    ended = [row.case for row in office.rows if isinstance(row, erasing.Ended)]
    assert ended == ["case-1", "case-2", "case-3"]


def test_erasing_leaves_what_the_statistics_need(office: Office, grid: str) -> None:
    dossier = opened(office, grid)
    office.hear("case-1", CLOSED, "dispatch")
    before = office.states["case-1"]
    office.send("case-1", EraseDossier(dossier), OPERATIONS)
    after = office.states["case-1"]
    assert (after.status, after.matter, after.placement, after.steps) == (
        before.status, before.matter, before.placement, before.steps
    )  # fmt: skip


def planted(rng: random.Random) -> tuple[str, str]:
    """Return a mobile or identity number, and as somebody may write it."""
    digits = rng.choice("3456789") + "".join(rng.choices("0123456789", k=9))
    bare = f"1{digits}" if rng.random() < 0.5 else "".join(rng.choices("123456789", k=17)) + rng.choice("0123456789X")
    shown = bare
    if rng.random() < 0.5:
        shown = bare.translate(WIDE)
    joint = rng.choice(("", "", " ", "-", "－", "．", "\u200b", "/", "　"))
    parts = [shown[:3], shown[3:7], shown[7:]]
    return bare, joint.join(parts)


def test_no_mobile_or_identity_number_of_real_texts_is_in_any_fact_or_answer(office: Office, grid: str) -> None:
    if not DATA.is_dir():
        print("skipped: the residents' messages are not beside this checkout")
        pytest.skip("the residents' messages are not beside this checkout")
    rng = random.Random(4)
    rows = 0
    for name in FILES:
        with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
            for n, row in enumerate(csv.DictReader(file)):
                if n % 5 and name != "matters.csv":
                    continue  # each fifth row: the whole of it is a measurement, not a test
                _report_with_a_number(office, f"{name}-{n}", row, grid, rng)
                rows += 1
    assert rows > 1_500


def _report_with_a_number(office: Office, case: str, row: dict[str, str], grid: str, rng: random.Random) -> None:
    bare, shown = planted(rng)
    text = row.get("text") or "、".join(row.values())
    at = rng.randrange(min(len(text), 60) + 1)
    subject = row.get("subject")
    said = f"{text[:at]} {shown} {text[at:]}"[:10_000]
    office.answers.clear()
    office.report(
        case, "mailbox", id=case, text=said, subject=None if rng.random() < 0.5 else f"{subject}{shown}"[:200],
        place=ReportPlace(unit=grid, address=shown), reporter=Reporter(id=case, name="某某", phone=bare),
    )  # fmt: skip
    stated = [data for subject_, data in office.facts[-1:] if subject_ == case] + [a.data for a in office.answers]
    assert len(stated) == 2
    wire = json.dumps([translate.wire.to_wire(data).model_dump(mode="json") for data in stated], ensure_ascii=False)
    narrow = re.sub(r"[ \-–—_.·/\u200b]", "", wire)
    assert bare not in narrow
    assert not MOBILE.search(wire)
    assert not IDENTITY.search(wire)


@pytest.mark.parametrize("text", ["赵铁柱：东门路灯不亮", "东门路灯不亮，请找赵铁柱"])
def test_the_name_that_a_reporter_gave_does_not_travel_in_the_summary(office: Office, grid: str, text: str) -> None:
    said = Reporter(name="赵铁柱", phone="13800138000")
    place = ReportPlace(unit=grid)
    (fact, *_) = office.report(text=text, subject=None, place=place, matter="street-lights", reporter=said)
    assert fact.summary == text.replace("赵铁柱", "***")


def test_a_held_report_that_a_person_refuses_is_dated_too(office: Office) -> None:
    office.report(source="hotline", matter="street-lights")
    office.now += timedelta(minutes=5)
    office.send("case-1", RejectCase("report.not_public"), OPERATIONS)
    assert [row.case for row in office.rows if isinstance(row, erasing.Ended)] == ["case-1"]
