"""What escalation hears from dispatch, as far as it needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEscalated:
    """An order goes to the joint meeting of `body`."""

    cause: str
    body: str
    lead: str | None
    number: str
    summary: str
    unit: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """The case has come to its end."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWithdrawn:
    """The reporter withdrew the case."""
