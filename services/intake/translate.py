"""Wire and domain of intake, and what a refused source is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.intake.domain import (
    admission,
    erasing,
    facts,
    grid_service,
    ground_work,
    heard,
    household,
    recounting,
    report,
)
from services.intake.domain.gathering import Sought
from shared.contracts import admission as admission_contracts
from shared.contracts import calendar, dispatch, escalation, feedback, intake, people, supervision, wish
from shared.contracts import grid_service as grid_service_contracts
from shared.contracts import household as household_contracts
from shared.contracts.base import Contract
from shared.contracts.pairing import Pairing
from shared.kernel.decisions import Actor, Answer
from shared.kernel.refusals import Refused

_CONTRACTS = (
    intake,
    admission_contracts,
    calendar,
    grid_service_contracts,
    household_contracts,
    dispatch,
    escalation,
    feedback,
    supervision,
    people,
    wish,
)
wire = Pairing(_CONTRACTS, (facts, admission, grid_service, heard, household, recounting, report, erasing, ground_work))


class Linked:
    """The pairing, each receipt with the link that its source hands to the reporter."""

    def __init__(self, pairing: Pairing, link: Callable[[str], str]) -> None:
        self.hears, self.to_domain, self._pairing, self._link = pairing.hears, pairing.to_domain, pairing, link

    def to_wire(self, value: Any) -> Contract:
        """Return the validated contract."""
        said = self._pairing.to_wire(value)
        if isinstance(said, intake.ReportReceived):
            return said.model_copy(update={"link": self._link(said.case)})
        return said


def refusal(data: Any, sender: Actor, message_id: str | None, stream: str | None, error: Refused) -> Answer | None:
    """Tell a source which rule refused its message and about which field; only a source with a stream can be told."""
    if sender.kind != "source" or error.rule == "report.unknown_source":
        return None
    said = data.report if isinstance(data, Sought) else data
    id_ = said.id if isinstance(said, report.Report) else None
    told = facts.ReportRejected(report=id_, rule=error.rule, field=error.field, params=error.params)
    return Answer(told, f"receipts.{sender.id}", id_ or message_id or "")
