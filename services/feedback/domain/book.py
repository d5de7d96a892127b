"""The book of counts (计分簿) in plain collections: what the tables keep in SQL, for a city that lives in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.feedback.domain.case_line import AssignmentRow, LineRow
from services.feedback.domain.counting import LateChange
from services.feedback.domain.period import Period
from services.feedback.domain.policy import PolicyPublished
from services.feedback.domain.publishing import Publication
from services.feedback.domain.rating import Counted
from services.feedback.domain.score import ScorePublished
from services.feedback.domain.tally import tallies
from shared.kernel.decisions import Due, Message

DUE = frozenset({"count", "freeze", "revise", "publish-policy"})
"""Deadlines whose deciders look into the book."""


@dataclass
class Book:
    """Lines, assignments, counted answers, late changes, publications, policies."""

    lines: dict[tuple[str, int], LineRow] = field(default_factory=dict)
    assignments: dict[tuple[str, int], AssignmentRow] = field(default_factory=dict)
    answers: list[Counted] = field(default_factory=list)
    late: list[LateChange] = field(default_factory=list)
    published: dict[tuple[str, str], list[Publication]] = field(default_factory=dict)
    """(period, unit) -> its revisions."""
    policies: list[PolicyPublished] = field(default_factory=list)

    def keep(self, rows: Iterable[Any]) -> None:
        """Take the rows of a decision."""
        for row in rows:
            match row:
                case LineRow():
                    self.lines[row.case_id, row.line] = row
                case AssignmentRow():
                    self.assignments[row.case_id, row.assignment] = row
                case Counted():
                    self.answers.append(row)
                case LateChange():
                    self.late.append(row)
                case Publication():
                    self.published.setdefault((row.score.period, row.score.unit), []).append(row)
                case PolicyPublished():
                    self.policies.append(row)

    def coming_due(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return what the deciders of due scores and policies need, as fields of `Prepared`."""
        due = [m for m in messages if isinstance(m.data, Due) and m.data.name.partition(":")[0] in DUE]
        if not due:
            return {}
        counted = {m.subject.partition(":")[2]: m.data.data for m in due if m.data.name != "publish-policy"}
        made, found = self.assignments.values(), self.lines.values()
        return {
            "tallies": {
                code: tallies(
                    found, made, self.answers, Period.parse(code), datetime.fromisoformat(said["frozen_at"]),
                    said["root"],
                )
                for code, said in counted.items()
            },
            "published": {code: self._newest(code) for code in counted},
            "late": {code: self._causes(code) for code in counted},
            "policies": tuple(self.policies),
        }  # fmt: skip

    def _newest(self, period: str) -> dict[str, ScorePublished]:
        return {unit: kept[-1].score for (code, unit), kept in self.published.items() if code == period}

    def _causes(self, period: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for change in self.late:
            kept = self.published.get((period, change.unit))
            if change.period == period and (not kept or change.changed_at > kept[-1].published_at):
                found.setdefault(change.unit, set()).add(change.cause)
        return {unit: tuple(sorted(causes)) for unit, causes in found.items()}
