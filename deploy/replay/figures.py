"""What a period came to: overdue clocks, hand-backs, what went to meetings, load by department."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.contracts import dispatch as d
from shared.contracts.base import Contract


@dataclass
class Figures:
    """Counted from dispatch's facts alone, whether they were recorded or replayed."""

    counts: Counter[str] = field(default_factory=Counter)
    load: Counter[str] = field(default_factory=Counter)
    """Department -> assignments made to it."""
    late: Counter[str] = field(default_factory=Counter)
    """Department -> handling clocks of its that ran out."""

    def count(self, fact: Contract) -> None:
        """Count one fact."""
        match fact:
            case d.OrderOverdue():
                self.counts[f"overdue.{fact.of}"] += 1
                if fact.of == "handle":
                    self.late[fact.charged] += 1
            case d.OrderSupervised():
                self.counts["supervised"] += 1
            case d.HandBackAsked():
                self.counts["hand_back.asked"] += 1
            case d.HandBackJudged(upheld=True):
                self.counts["hand_back.upheld"] += 1
            case d.OrderEscalated():
                self.counts["escalated"] += 1
            case d.OrderHandled():
                self.counts["handled"] += 1
                self.counts["handled.on_time"] += fact.on_time
            case d.OrderDispatched() if fact.rung == "department" or fact.meeting:
                self.load[fact.responsible or ""] += 1
            case d.CaseClosed():
                self.counts["closed"] += 1
            case _:
                pass

    def as_json(self) -> dict[str, Any]:
        """Return the figures."""
        return {"counts": dict(sorted(self.counts.items())), "load": dict(self.load), "late": dict(self.late)}
