"""Who ends the cycle of a squad in the simulated city: checks, their findings, the summary."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from deploy.demo.checkers import Checkers
from deploy.demo.parameters import Parameters
from deploy.demo.streams import Heard
from shared.city.load import load
from shared.contracts import escalation, supervision
from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from tests.unit.demo.test_actors import MORNING, Stage, raised

DRAW = "draw:C01:2026Q4:look_back:c1"
OTHER = "draw:C01:2026Q4:spot_check:c1"
OF_TOPIC: dict[str, Any] = {"topic": "t1", "body": "guiping", "level": "city"}


class Ending:
    """A topic of Guiping and those who see to its end."""

    def __init__(self) -> None:
        city = load("guiping")
        self.stage = Stage(city, Parameters(city.simulation))
        self.checkers = Checkers(self.stage.world)

    def tell(self, subject: str, fact: Contract) -> None:
        heard = Heard("x", Envelope("id", fact.TYPE, "x", subject, self.stage.agenda.present, 1), fact)
        is_draw = subject.startswith("draw:")
        (self.checkers.hear_draw if is_draw else self.checkers.hear_ledger)(heard)

    async def days(self, count: int) -> Any:
        """Return what was done in so many days."""
        before = len(self.stage.desk.acts)
        await self.stage.agenda.until(self.stage.agenda.present + timedelta(days=count))
        return self.stage.desk.acts[before:]

    def settle(self, *, to_sum_up: bool) -> None:
        self.tell("c1", raised("t1", "c1", "guiping").model_copy(update={"unit": "C01-G01"}))
        listed = escalation.TopicListed(
            **OF_TOPIC, entry=escalation.EntryStatus.LISTED, meeting="m", leader="guiping", plan="x", reviews=1,
            until=date(2026, 12, 1), answer_due_at=MORNING, to_sum_up=to_sum_up,
        )  # fmt: skip
        self.tell("c1", listed)
        settled = escalation.TopicSettled(**OF_TOPIC, entry=escalation.EntryStatus.SETTLED, why="order_closed")
        self.tell("c1", settled)

    def made(self, draw: str, frozen: supervision.FreezeDraw, *inspectors: str | None) -> None:
        shape: dict[str, Any] = {"unit": "C01", "quarter": "2026Q4", "cycle": "c1", "head_on": date(2026, 11, 4)}
        kind = supervision.CheckKind(draw.split(":")[3])
        cases = tuple(supervision.DrawCase(id=f"d{n}") for n in range(len(inspectors)))
        self.tell(
            draw, supervision.DrawFrozen(**shape, kind=kind, asked=kind, cases=cases, inspectors=frozen.inspectors)
        )
        pairs = tuple(supervision.Pair(case=f"d{n}", inspector=who) for n, who in enumerate(inspectors))
        self.tell(draw, supervision.DrawMade(head="h", head_seq=1, seed="s", pairs=pairs))

    def completed(self, draw: str) -> None:
        kind = supervision.CheckKind(draw.split(":")[3])
        said = supervision.DrawCompleted(kind=kind, unit="C01", quarter="2026Q4", cycle="c1", checked=2, passed=2)
        self.tell(draw, said)


@pytest.fixture
def ending() -> Ending:
    return Ending()


async def test_operations_has_a_settled_cycle_checked_and_sums_it_up_when_the_checks_are_complete(
    ending: Ending,
) -> None:
    ending.settle(to_sum_up=True)
    frozen = await ending.days(3)
    root = "operations.guiping"
    look_back, spot_check = (f"/v1/draws/C01/2026Q4/{kind}/freeze" for kind in ("look_back", "spot_check"))
    assert [(who, path) for who, path, _ in frozen] == [(root, look_back), (root, spot_check)]
    given = {"unit": "C01", "quarter": "2026Q4", "kind": "look_back"}
    asked = supervision.FreezeDraw.model_validate({**frozen[0][2], **given})
    home = ending.stage.world.city.ancestors("C01")[0].code
    assert asked.cycle == "c1"
    assert home not in {inspector.unit for inspector in asked.inspectors}

    inspector = asked.inspectors[0]
    ending.made(DRAW, asked, inspector.id, None)
    checked = await ending.days(9)
    path = "/v1/draws/C01/2026Q4/look_back/record?cycle=c1"
    assert {(who, path) for who, path, _ in checked} == {(f"unit.{inspector.unit}", path), (root, path)}
    assert {supervision.RecordCheck.model_validate(body).case for _, _, body in checked} == {"d0", "d1"}

    ending.completed(DRAW)
    assert await ending.days(9) == []
    ending.completed(OTHER)
    [(who, path, body)] = await ending.days(9)
    assert (who, path) == (root, "/v1/summaries/c1/sum-up")
    assert supervision.SumUp.model_validate(body).conclusions[0].kind is supervision.ConclusionKind.NONE


async def test_nobody_checks_or_sums_up_what_does_not_wait_for_it(ending: Ending) -> None:
    ending.settle(to_sum_up=False)
    assert await ending.days(30) == []


async def test_a_second_squad_of_a_case_is_summed_up_by_the_checks_of_its_cycle(ending: Ending) -> None:
    ending.settle(to_sum_up=True)
    for draw in (DRAW, OTHER):
        ending.completed(draw)
    ending.tell("c1", escalation.TopicSummedUp(**OF_TOPIC, entry=escalation.EntryStatus.SETTLED, cycle="2026-11-02"))
    assert await ending.days(9) == []
    ending.settle(to_sum_up=True)
    assert [path for _, path, _ in await ending.days(9)] == ["/v1/summaries/c1/sum-up"]
