"""What would become of a report, without its becoming anything: for a look at a file before it is imported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.intake.domain import facts
from services.intake.domain.registration import Prepared, register
from services.intake.domain.report import Report
from shared.kernel.decisions import Actor, Context, Message
from shared.kernel.replacing import replace


def foresee(report: Report, source: str, at: datetime, city: Any, read: Any = None) -> facts.ReportReceived:
    """Return what the source would be told, duplicates apart. Raises Refused as the report itself would be."""
    guesses = {}
    if read is not None and report.matter is None:
        guesses = {_SUBJECT: read(report.subject or "", report.text)}
    message = Message(report, _SUBJECT, "outside", Actor("source", source), at, "", creates=True)
    context = Context(at, city, lambda: _SUBJECT, Prepared({_SUBJECT: ""}, guesses))
    told: facts.ReportReceived = register({_SUBJECT: None}, message, context).answers[0].data
    return replace(told, case="", number="")


_SUBJECT = "foreseen"
