"""What deciders are told of dispatch's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.kernel.decisions import Context


@dataclass(frozen=True, slots=True)
class Prepared:
    """Answers of the tables to a batch of messages.

    `wishers`: wish -> the code under which its wisher may claim, if he has one. `loads`: department -> orders open at
    it, for those that a routing rule compares; as they were when the batch began.
    """

    wishers: Mapping[str, str | None] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)


def loads_of(context: Context) -> Mapping[str, int]:
    """Return the open orders of the departments that a routing rule compares; none where nothing was asked."""
    prepared: Prepared | None = context.prepared
    return prepared.loads if prepared is not None else {}
