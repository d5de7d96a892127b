"""How a type of fact is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.console.words import Tongue
from shared.city.model import City


@dataclass(frozen=True, slots=True)
class Story:
    """How a type of fact is told: its short verb, its whole title, and which fields name who and what was said."""

    order: str
    verb: str
    title: Callable[[Mapping[str, Any], City, Tongue], str] | None = None
    who: str = ""
    note: str = ""
    shape: str = "plain"
