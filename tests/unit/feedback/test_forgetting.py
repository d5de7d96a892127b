"""Who is erased is forgotten alone: the words of the other reporters of his case stay."""

from __future__ import annotations

import pytest

from services.feedback.domain.forgetting import Forgotten
from services.feedback.domain.heard import ResidentErased
from services.feedback.domain.rating import RatingInvited
from tests.unit.feedback.test_rating import CASE, asked, play


@pytest.mark.parametrize(("reporter", "rows"), [("r2", [Forgotten(CASE, "r2", "")]), ("", [])])
def test_only_the_erased_reporter_s_words_go_and_nobody_s_where_he_had_no_id(
    reporter: str, rows: list[Forgotten]
) -> None:
    table = play()
    table.hear(CASE, ResidentErased(reporter), "intake")
    assert [row for row in table.rows if isinstance(row, Forgotten)] == rows


def test_what_he_tapped_at_his_link_goes_too() -> None:
    table = asked()
    table.hear(CASE, ResidentErased("reporter-1"), "intake")
    assert table.rows[-1] == Forgotten(CASE, "reporter-1", table.stated(RatingInvited)[-1].invitation)
