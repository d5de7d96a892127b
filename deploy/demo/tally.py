"""What the outside clients have seen and done, counted for the summary."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from statistics import median

_KEPT = 500
"""Round trips over which the median is taken."""


@dataclass
class Tally:
    """Counters only: nothing grows with the number of cases."""

    sent: Counter[str] = field(default_factory=Counter)
    """Reports put on the way, by source."""
    faults: Counter[str] = field(default_factory=Counter)
    receipts: Counter[str] = field(default_factory=Counter)
    """Answers to sources, by outcome, or `refused`."""
    acts: Counter[str] = field(default_factory=Counter)
    """Commands and replies that were sent, by verb."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Refusals by rule: a normal part of office life."""
    opened: int = 0
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Cases that reached an end, by (outcome, rung at which they were solved)."""
    overdue: Counter[str] = field(default_factory=Counter)
    """Clocks that ran out, by clock."""
    hand_backs: Counter[str] = field(default_factory=Counter)
    topics: dict[str, str] = field(default_factory=dict)
    """Topic and body -> state of the entry."""
    meetings: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Meetings by (level, held, missed or adopted)."""
    decisions: Counter[str] = field(default_factory=Counter)
    grades: Counter[int] = field(default_factory=Counter)
    invited: int = 0
    answered: int = 0
    waited: int = 0
    """Calls that had to be made again because a service was away."""
    _trips: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def act(self, verb: str, rule: str) -> None:
        """Count a command and the rule that refused it, if one did."""
        self.acts[verb] += 1
        if rule:
            self.refusals[rule] += 1

    def trip(self, seconds: float) -> None:
        """Note the real time from a report's sending to its receipt."""
        self._trips.append(seconds)

    @property
    def lag(self) -> float | None:
        """Return the median real seconds from report to receipt, None before the first."""
        return median(self._trips) if self._trips else None
