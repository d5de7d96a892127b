"""Why a case is with whom it is: where its matter begins, and which rules of the city were tried for its lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.dispatch.domain import ladder
from services.dispatch.domain.order import Order
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule of the city's table; `lead` is None where it did not fire, `why` is a word of the table.

    `loads` are the open orders of `among`, where the rule compares them.
    """

    rule: str
    by: str
    name: str
    lead: str | None
    why: str
    among: tuple[str, ...]
    loads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Routed:
    """What the rules say of a case before anybody dispatched it by hand or handed it back.

    `holder` is the unit whose rung the matter begins at; None where it begins with a department, which the rules name
    or, if none fires, `dispatcher` by hand. Where a rule of the holder's rung fires, it dispatches the case on at once.
    """

    rung: str
    holder: str | None
    dispatcher: str
    tried: tuple[Tried, ...]


def explain(order: Order, city: Any, loads: Mapping[str, int]) -> Routed:
    """Return how the rules route an order, by the very functions that routed it, with the open orders of now."""
    fresh = replace(order, barred=())
    rung, holder, dispatcher = ladder.first(fresh, city)
    tried = tuple(
        Tried(t.rule.code, t.rule.by, t.rule.name, t.lead, t.why, t.among, t.loads)
        for t in ladder.tried(fresh, rung, holder or dispatcher, city, loads)
    )
    is_here = any(one.lead or one.why != "other_rung" for one in tried)
    return Routed(rung, holder, dispatcher, tried if is_here else ())
