"""What a demonstration shows is drawn from what was seen, with nothing shown as zero that is not known."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console, RenderableType

from deploy.demo import staging, summary
from deploy.demo.cases import KnownCase
from deploy.demo.life import Life
from shared.city.model import City


@pytest.fixture
def life(city: City) -> Life:
    lived = Life(city, 1, staging.first_day(city), 7)
    lived.clock = cast(Any, SimpleNamespace(now=lambda: lived.starts + timedelta(days=1), rate=360.0))
    waiting = KnownCase("c1", status="handled", rung="department")
    lived.world = cast(Any, SimpleNamespace(cases={"c1": waiting}))
    lived.tally.sent.update({"hotline": 3, "grid": 9})
    lived.tally.receipts.update({"registered": 12})
    lived.tally.ended["on_spot", "grid"] = 8
    lived.tally.meetings["estate", "held"] = 7
    lived.tally.topics["t1@S01"] = "open"
    lived.tally.refusals["order.act_not_now"] = 2
    return lived


def drawn(picture: RenderableType) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(picture)
    return console.export_text()


def test_the_live_picture_shows_what_clients_saw_and_no_figure_before_it_is_known(life: Life) -> None:
    text = drawn(summary.live(life, summary.Figures(), "http://console"))
    assert "12 → 12" in text
    assert "小区 7" in text
    assert "待议 1" in text
    assert "超期 –" in text
    assert "14%" in text
    assert "http://console" in text


def test_the_account_tells_outcomes_by_rung_open_ones_by_status_and_the_rates_with_their_base(life: Life) -> None:
    figures = summary.Figures({"": 12, "open": 4, "overdue": 1}, {"response": (19.0, 20), "resolution": (0.0, 0)})
    text = drawn(summary.account(life, figures))
    assert "当场解决" in text
    assert "待核查" in text
    assert "部门" in text
    assert "95.0 % (20)" in text
    assert "—" in text
    assert "超期 1" in text
    assert "order.act_not_now" in text
