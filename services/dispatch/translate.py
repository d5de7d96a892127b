"""Wire and domain of dispatch, and what a department is told whose reply is refused."""

from __future__ import annotations

from services.dispatch.domain import SPOKEN, facts, heard, replies
from services.dispatch.domain.refusal import Refusal
from shared.contracts import (
    alliance,
    calendar,
    dispatch,
    dispute,
    escalation,
    feedback,
    intake,
    list_item,
    membership,
    people,
    project,
    whistle,
    wish,
)
from shared.contracts.pairing import Pairing
from shared.kernel.decisions import Actor, Answer, Message
from shared.kernel.refusals import Refused
from shared.shell.service import Unread

_OWN = (alliance, calendar, dispatch, dispute, list_item, membership, project, whistle, wish)
WIRE = Pairing((intake, people, *_OWN, escalation, feedback), (facts, heard, replies, *SPOKEN))


def record(message: Message, error: Refused) -> Refusal:
    """Keep on record who said what in vain, when, and which rule refused it, by whichever door."""
    sender = f"{message.actor.kind}.{message.actor.id}"
    said = message.data.address if isinstance(message.data, Unread) else WIRE.type_of(message.data)
    return Refusal(message.subject, sender, said, message.id, message.acted_at, error.rule, error.field, error.params)


def refusal(data: object, sender: Actor, message_id: str | None, stream: str | None, error: Refused) -> Answer | None:
    """Tell a department on its own stream which rule refused its reply; over HTTP (no stream) the response says it."""
    if stream is None or sender.kind != "department":
        return None
    order = getattr(data, "order", None)
    refused = facts.ReplyRefused(message_id, order, error.rule, error.field, error.params)
    return Answer(refused, f"orders.{sender.id}", order or message_id or sender.id)
