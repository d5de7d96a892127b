"""Turn the wire's words into the domain's and back; nothing else."""

from __future__ import annotations

from services.escalation.domain import (
    correcting,
    council,
    facts,
    heads,
    heard,
    messages,
    recounting,
    topic_facts,
    topic_messages,
)
from shared.contracts import calendar, dispatch, escalation, feedback, intake, supervision
from shared.contracts import council as councils
from shared.contracts.pairing import Pairing

WIRE = Pairing(
    (calendar, councils, dispatch, escalation, feedback, intake, supervision),
    (correcting, council, facts, heads, heard, messages, recounting, topic_facts, topic_messages),
)
"""Escalation is spoken to at the desk alone, whose response is the answer; nobody needs a refusal on a stream."""
