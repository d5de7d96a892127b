"""The tables that the modules of this domain enter their deciders and folds into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.kernel.decisions import NOTHING, Context, Deciders, Decision, Due, Evolution, Message

States = Mapping[str, Any]
DueDecider = Callable[[States, Message, Context], Decision]

decide = Deciders()
"""Not yet counting; the domain's own `decide` and `evolve` follow the lines of cases as well (counting.py)."""
evolve = Evolution()
_CLOCKS: dict[str, DueDecider] = {}


def on_due(*names: str) -> Callable[[DueDecider], DueDecider]:
    """Enter the decorated function for deadlines of these names; what follows a colon is not looked at."""

    def enter(decider: DueDecider) -> DueDecider:
        for name in names:
            if name in _CLOCKS:
                raise ValueError(f"deadline {name} has two deciders")
            _CLOCKS[name] = decider
        return decider

    return enter


@decide.on(Due)
def strike(states: States, message: Message, context: Context) -> Decision:
    """Hand a deadline that came due to its decider; one that nobody knows any more changes nothing."""
    decider = _CLOCKS.get(message.data.name.partition(":")[0])
    return decider(states, message, context) if decider else NOTHING
