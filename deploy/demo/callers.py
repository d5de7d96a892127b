"""Those who call silent reporters back (回访): they work off what was drawn, and try again on another day."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from deploy.demo.behaviour import CALLED_AFTER
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.contracts import feedback
from shared.kernel.decisions import Actor

CALLER = "call-back-1"
_OTHER_DAY = timedelta(days=1)


class Callers:
    """The people of operations who telephone."""

    def __init__(self, world: World) -> None:
        self._world = world

    def hear(self, heard: Heard) -> None:
        """Plan a call to whoever was drawn."""
        if isinstance(heard.data, feedback.CallBackDrawn):
            self._plan(heard.envelope.subject, heard.data, 1)

    def _plan(self, case: str, drawn: feedback.CallBackDrawn, attempt: int) -> None:
        world = self._world
        name = f"{case}/{drawn.round}/{attempt}"
        today = world.now() if attempt == 1 else world.city.calendar.local(world.now() + _OTHER_DAY)
        at = world.behaviour.soon("operations", "call_back", name, today, CALLED_AFTER)
        if at < drawn.until:
            world.agenda.at(at, partial(self._call, case, drawn, attempt))

    async def _call(self, case: str, drawn: feedback.CallBackDrawn, attempt: int) -> None:
        world, known = self._world, self._world.cases.get(case)
        late, on_spot = known is not None and known.is_late, known is not None and known.is_on_spot
        answer = world.behaviour.called(f"{case}/{drawn.round}", attempt, late=late, on_spot=on_spot)
        said: dict[str, Any] = {"reporter": drawn.reporter, "outcome": "not_reached"}
        if answer is not None:
            said |= {"outcome": "answered", "contacted": answer.contacted, "solved": answer.solved}
            said["grade"] = answer.grade
        key = f"call-back/{case}/{drawn.round}/{drawn.reporter}/{attempt}"
        path = f"/v1/cases/{case}/call-back"
        result = await world.desk.act(Actor("operations", CALLER), "feedback", path, said, key)
        if answer is None and result.is_done and attempt == 1:
            self._plan(case, drawn, 2)
