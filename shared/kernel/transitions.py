"""One table per life cycle: which moves exist at all."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Generic, TypeVar

from shared.kernel.refusals import Refused

S = TypeVar("S", bound=StrEnum)


class Transitions(Generic[S]):
    """Refuse every move that the table does not name."""

    def __init__(self, table: Mapping[S, AbstractSet[S]]) -> None:
        self.table = {status: frozenset(targets) for status, targets in table.items()}

    def allows(self, now: S, to: S) -> bool:
        """Tell whether the move exists."""
        return to in self.table.get(now, frozenset())

    def check(self, now: S, to: S) -> None:
        """Raise `Refused("move.forbidden")` unless the move exists."""
        if not self.allows(now, to):
            raise Refused("move.forbidden", "status", now=now.value, to=to.value)
