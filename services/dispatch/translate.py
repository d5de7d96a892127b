"""Wire and domain of dispatch, and what a department is told whose reply is refused."""

from __future__ import annotations

from services.dispatch.domain import SPOKEN, facts, heard, replies
from shared.contracts import calendar, dispatch, dispute, escalation, feedback, intake, membership, people, whistle
from shared.contracts.pairing import Pairing
from shared.kernel.decisions import Actor, Answer
from shared.kernel.refusals import Refused

WIRE = Pairing(
    (calendar, intake, dispatch, dispute, escalation, feedback, membership, people, whistle),
    (facts, heard, replies, *SPOKEN),
)


def refusal(data: object, sender: Actor, message_id: str | None, stream: str | None, error: Refused) -> Answer | None:
    """Tell a department on its own stream which rule refused its reply; over HTTP (no stream) the response says it."""
    if stream is None or sender.kind != "department":
        return None
    order = getattr(data, "order", None)
    refused = facts.ReplyRefused(message_id, order, error.rule, error.field, error.params)
    return Answer(refused, f"orders.{sender.id}", order or message_id or sender.id)
