"""Those who settle quarrels: a dispute is opened, gets a mediator without interest, and ends before its order does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.demo import texts
from deploy.demo.cases import KnownCase
from deploy.demo.world import World
from shared.city.model import Kind
from shared.kernel.decisions import Actor

TOLD = ("lawsuit", "legal_aid")
CLAUSES = ("双方停止争执，互谅互让", "过错一方十日内消除影响")
PARTIES = ({"id": "p1", "name": "甲某"}, {"id": "p2", "name": "乙某"})


class Mediators:
    """The grids and communities that mediate what their own people quarrel about."""

    def __init__(self, world: World) -> None:
        self._world = world

    def mediates(self, case: KnownCase) -> bool:
        """Tell whether a case is a dispute that is mediated at its place before its order is finished."""
        city = self._world.city
        matter = city.matters.get(case.matter)
        is_dispute = matter is not None and matter.kind is Kind.DISPUTE and "mediation" in city.mechanisms
        return is_dispute and case.unit in city.units and self._community(case) is not None

    async def settle(self, case: KnownCase) -> bool:
        """Open, name, and agree or fail; tells whether the order can be finished now, and not brought to a meeting.

        Each act has a key of its own, so that a second try finds what the first has done.
        """
        world, unit = self._world, self._community(case)
        assert unit is not None
        parameters, chance = world.behaviour.parameters, world.behaviour.chance
        at, here = f"/v1/orders/{case.id}", Actor("unit", unit)

        async def act(verb: str, body: Mapping[str, Any]) -> bool:
            return (await world.desk.act(here, "dispatch", f"{at}/{verb}", body, f"{case.id}/{verb}")).is_done

        opened = await act("open-dispute", {"parties": PARTIES, "about": texts.QUARREL})
        post = next(code for code, post in world.city.posts.items() if post.level is world.city.units[unit].level)
        if not opened or not await act("name-mediator", {"mediator": f"{unit}:{post}", "no_interest": True}):
            return True
        if chance.happens(parameters.number("mediation.success"), unit, "mediate", case.report):
            await act("agree", {"clauses": CLAUSES, "signed": ["p1", "p2"]})
            return True
        await act("fail-dispute", {"told": TOLD})
        is_topic = chance.happens(parameters.number("mediation.topic"), unit, "mediation_topic", case.report)
        if not is_topic or unit not in world.city.bodies:
            return True
        proposed = {
            "kind": "case", "cases": [case.id], "summary": texts.QUARREL, "tried": texts.MEDIATED,
            "asked": texts.MEDIATED_ASKED,
        }  # fmt: skip
        result = await world.desk.act(here, "escalation", "/v1/topics", proposed, f"{case.id}/propose")
        return not result.is_done

    def _community(self, case: KnownCase) -> str | None:
        """Return the community of the place, if it is known so finely and has a post that could mediate."""
        city = self._world.city
        found = next((unit for unit in city.lineage(case.unit) if unit.level.value == "community"), None)
        has_post = found is not None and any(post.level is found.level for post in city.posts.values())
        return found.code if found is not None and has_post else None
