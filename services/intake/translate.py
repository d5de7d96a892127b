"""Wire and domain of intake, and what a refused source is told."""

from __future__ import annotations

from typing import Any

from services.intake.domain import erasing, facts, heard, report
from shared.contracts import dispatch, escalation, feedback, intake, people, supervision
from shared.contracts.pairing import Pairing
from shared.kernel.decisions import Actor, Answer
from shared.kernel.refusals import Refused

wire = Pairing((intake, dispatch, escalation, feedback, supervision, people), (facts, heard, report, erasing))


def refusal(data: Any, sender: Actor, message_id: str | None, stream: str | None, error: Refused) -> Answer | None:
    """Tell a source which rule refused its message and about which field; only a source with a stream can be told."""
    if sender.kind != "source" or error.rule == "report.unknown_source":
        return None
    id_ = data.id if isinstance(data, report.Report) else None
    told = facts.ReportRejected(report=id_, rule=error.rule, field=error.field, params=error.params)
    return Answer(told, f"receipts.{sender.id}", id_ or message_id or "")
