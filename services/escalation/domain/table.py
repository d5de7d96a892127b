"""The tables that the modules of this domain enter their deciders and folds into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from shared.kernel.decisions import NOTHING, Arm, Context, Deciders, Decision, Due, Evolution, Message

States = Mapping[str, Any]
DueDecider = Callable[[States, Message, Context], Decision]

deciders = Deciders()
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


@deciders.on(Due)
def strike(states: States, message: Message, context: Context) -> Decision:
    """Hand a deadline that came due to its decider; one that nobody knows any more changes nothing."""
    decider = _CLOCKS.get(message.data.name.split(":", 1)[0])
    return decider(states, message, context) if decider else NOTHING


def lacks(states: States, names: Iterable[str]) -> bool:
    """Tell whether a subject that a decider needs was not locked for it."""
    return any(name not in states for name in names)


def again(message: Message, needs: Iterable[str]) -> Decision:
    """Meet the same message once more at once, with every needed subject locked; its time stays."""
    data = message.data
    if isinstance(data, Due):
        return Decision(deadlines=(Arm(data.name, message.acted_at, data.data, touches=tuple(needs)),))
    name = type(data).__name__
    return Decision(deadlines=(Arm(f"again:{name}", message.acted_at, asdict(data), touches=tuple(needs)),))
