"""The tables that the modules of this domain enter their deciders and folds into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from shared.kernel.decisions import Arm, Deciders, Decision, Due, Evolution, Message

States = Mapping[str, Any]

deciders = Deciders()
evolve = Evolution()
on_due = deciders.on_due


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
