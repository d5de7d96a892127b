"""What is kept of a photo, which photos a report may name, what a reporter does by his link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from services.intake.domain import facts
from services.intake.domain.facts import Added, Dossier
from services.intake.domain.following import AGAIN_AFTER
from services.intake.domain.report import RemindCase, ReportPlace, SupplementReport
from services.intake.papers import picture
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from tests.unit.intake.conftest import Office

DIGEST = "ab" * 32


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(out, kind, **more)
    return out.getvalue()


def positioned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (39.0, 51.0, 42.1)
    return photo(exif=exif, comment=b"home")


def test_position_camera_comment_and_what_follows_the_picture_are_gone_and_it_stands_upright() -> None:
    sent = positioned() + b"<script>alert(1)</script>"
    assert Image.open(BytesIO(sent)).getexif().get_ifd(0x8825)
    kept = picture.read(sent)
    assert (kept.media, kept.width, kept.height) == ("image/jpeg", 40, 60)
    opened = Image.open(BytesIO(kept.data))
    assert not opened.getexif()
    assert "comment" not in opened.info
    assert b"script" not in kept.data
    assert b"Telephone" not in kept.data


@pytest.mark.parametrize(("kind", "media"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_three_kinds_are_taken_and_large_ones_made_smaller(kind: str, media: str) -> None:
    kept = picture.read(photo(kind, (3000, 300)))
    assert (kept.media, kept.width, kept.height) == (media, picture.LONGEST_SIDE, 256)
    assert picture.read(photo(kind)).digest == picture.read(photo(kind)).digest


BOMB = photo("PNG", (8000, 8000))
WRONG = {
    b"": "photo.wrong_type",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>": "photo.wrong_type",
    photo("GIF"): "photo.wrong_type",
    b"%PDF-1.7": "photo.wrong_type",
    photo()[:200]: "photo.unreadable",
    b"\xff\xd8\xff" + b"x" * 100: "photo.unreadable",
    BOMB: "photo.too_many_pixels",
    b"\xff\xd8\xff" + bytes(picture.MOST_BYTES): "photo.too_large",
}


def test_what_is_no_photo_is_refused_by_its_rule_on_the_field() -> None:
    assert len(BOMB) < 300_000, "small as a file, 192 MB unpacked"
    for sent, rule in WRONG.items():
        with pytest.raises(Refused) as refused:
            picture.read(sent)
        assert (refused.value.rule, refused.value.field) == (rule, "photo")


def prepared(office: Office, *owners: str) -> None:
    office.prepared = replace(office.prepared, photos={(owner, "k1"): DIGEST for owner in owners})


def test_a_report_names_its_own_photos_and_the_fact_their_digests(office: Office, grid: str) -> None:
    prepared(office, "source.hotline")
    (fact,) = office.report(photos=("k1",), place=_place(grid))
    assert fact.photos == (DIGEST,)
    (dossier,) = [row for row in office.rows if isinstance(row, Dossier)]
    assert dossier.photos == ("k1",)


@pytest.mark.parametrize("owner", ["source.mini", "resident.hotline"])
def test_a_photo_of_somebody_else_or_of_nobody_is_refused(office: Office, grid: str, owner: str) -> None:
    prepared(office, owner)
    with pytest.raises(Refused) as refused:
        office.report(photos=("k1",), place=_place(grid))
    assert (refused.value.rule, refused.value.field) == ("report.unknown_photo", "photos")


HOLDER = Actor("resident", "case-1:r1")


def test_a_reporter_reminds_once_a_day_and_nothing_else_changes(office: Office, grid: str) -> None:
    office.report(place=_place(grid))
    before = office.states["case-1"]
    (fact,) = office.send("case-1", RemindCase(), HOLDER)
    assert fact == facts.CaseReminded(reporter="r1", times=1)
    after = office.states["case-1"]
    assert (after.stage, after.steps, after.due_at) == (before.stage, before.steps, before.due_at)
    with pytest.raises(Refused) as refused:
        office.send("case-1", RemindCase(), HOLDER)
    assert refused.value.rule == "reminder.too_soon"
    office.now += AGAIN_AFTER + timedelta(seconds=1)
    (fact,) = office.send("case-1", RemindCase(), HOLDER)
    assert fact.times == 2


@pytest.mark.parametrize(
    "actor",
    [Actor("resident", "case-1:r2"), Actor("resident", "case-2:r1"), Actor("resident", "r1"), Actor("source", "mini")],
)
def test_nobody_but_the_holder_of_the_link_reminds_or_adds(office: Office, grid: str, actor: Actor) -> None:
    office.report(place=_place(grid))
    for said in (RemindCase(), SupplementReport("又漏了")):
        with pytest.raises(Refused) as refused:
            office.send("case-1", said, actor)
        assert refused.value.rule == "actor.not_allowed"


def test_what_is_added_stays_with_the_dossier_and_the_fact_has_no_word_of_it(office: Office, grid: str) -> None:
    office.report(place=_place(grid))
    prepared(office, f"resident.{HOLDER.id}")
    (fact,) = office.send("case-1", SupplementReport("三楼也漏了，电话13812345678", ("k1",)), HOLDER)
    assert fact.photos == (DIGEST,)
    assert "1381" not in str(fact)
    (row,) = [row for row in office.rows if isinstance(row, Added)]
    assert (row.dossier, row.photos) == (fact.dossier, ("k1",))


def test_who_knows_a_case_again_joins_it_and_is_counted_even_if_his_words_say_nothing(
    office: Office, grid: str
) -> None:
    office.report(place=_place(grid), matter="street-lights")
    stated = office.gathered("case-2", "case-1", id="R-2", text="我家这里也是这样", subject=None, place=_place(grid))
    merged, joined = stated
    assert (merged.how, merged.into) == ("reporter", "case-1")
    assert isinstance(joined, facts.ReporterJoined)
    assert office.states["case-1"].reporters == 2
    office.send("case-1", RemindCase(), Actor("resident", "case-1:r2"))


def _place(grid: str) -> ReportPlace:
    return ReportPlace(unit=grid)
