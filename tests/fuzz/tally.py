"""Count how each damaged thing ended, and say it as a table."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

BAD = ("5xx", "stuck", "lost", "slow")
"""Ends that must not be."""
SEEN_AT_MOST = 12


@dataclass
class Tally:
    """Kind of damage -> how often it ended how; `findings` is empty where everything held."""

    ends: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rules: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: list[str] = field(default_factory=list)

    def add(self, kind: str, end: str, rule: str = "", what: str = "") -> None:
        """Count one; a bad end is a finding."""
        self.ends[kind][end] += 1
        if rule:
            self.rules[kind][rule] += 1
        if end in BAD:
            self.find(f"{end} ({kind}): {what}")

    def find(self, what: str) -> None:
        """Keep what must not be."""
        self.findings.append(what[:500])

    def total(self, end: str = "") -> int:
        """Return how many there were, or how many ended so."""
        return sum(counted[end] if end else counted.total() for counted in self.ends.values())

    def show(self, title: str) -> None:
        """Print the table."""
        seen = {end for counted in self.ends.values() for end in counted}
        columns = [*sorted(seen - set(BAD)), *BAD]
        print(f"\n{title}\n{'kind of damage':48s} {'sent':>6s} " + " ".join(f"{c:>11s}" for c in columns) + "  by rule")
        for kind, counted in self.ends.items():
            figures = " ".join(f"{counted[c]:11d}" for c in columns)
            rules = ", ".join(f"{rule} {n}" for rule, n in self.rules[kind].most_common(3))
            print(f"{kind:48s} {counted.total():6d} {figures}  {rules}")
        print(f"{'all':48s} {self.total():6d} " + " ".join(f"{self.total(c):11d}" for c in columns))
        for finding in self.findings[:SEEN_AT_MOST]:
            print(f"!! {finding}")
        if len(self.findings) > SEEN_AT_MOST:
            print(f"!! and {len(self.findings) - SEEN_AT_MOST} more")


@dataclass
class Progress:
    """A bar on one line, or a line for each tenth where nobody watches."""

    what: str
    full: int
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    _told: int = -1

    def step(self, n: int = 1) -> None:
        """Count on."""
        self.done += n
        tenth = self.done * 10 // max(1, self.full)
        if tenth == self._told and not sys.stdout.isatty():
            return
        self._told = tenth
        spent = time.monotonic() - self.began
        left = spent / max(1, self.done) * (self.full - self.done)
        bar = "#" * min(30, self.done * 30 // max(1, self.full))
        line = f"[{bar:.<30s}] {self.what} {self.done}/{self.full}, {left:.0f} s left "
        print(f"\r{line}" if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)
