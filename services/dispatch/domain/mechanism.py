"""Which mechanism a city has switched on."""

from __future__ import annotations

from typing import Any

from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register({"mechanism.off": ("本市未启用此机制：{mechanism}", "This city has not switched on {mechanism}")})


def require(city: Any, *mechanisms: str) -> None:
    """Refuse what the city file switches on by none of these mechanisms."""
    if not city.mechanisms.intersection(mechanisms):
        raise Refused("mechanism.off", "", mechanism=", ".join(mechanisms))
