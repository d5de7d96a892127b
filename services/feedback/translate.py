"""Turn the wire's words into the domain's and back; nothing else."""

from __future__ import annotations

from services.feedback.domain import (
    call_back,
    exclusion,
    heard,
    heard_work,
    policy,
    rating,
    recounting,
    returning,
    score,
)
from services.feedback.domain.supervision import SPOKEN
from shared.contracts import (
    appraisal,
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
    supervision,
    whistle,
    wish,
)
from shared.contracts.pairing import Pairing
from shared.kernel.decisions import Actor, Answer
from shared.kernel.refusals import Refused

_DOMAIN = (heard, heard_work, rating, call_back, returning, exclusion, policy, recounting, score, *SPOKEN)
_HEARD = (intake, dispatch, dispute, escalation, list_item, membership, people, project, whistle, wish)
WIRE = Pairing((*_HEARD, appraisal, calendar, feedback, supervision), _DOMAIN)


def refusal(data: object, sender: Actor, message_id: str | None, stream: str | None, error: Refused) -> Answer | None:
    """Tell a source on its receipts which rule refused its rating; over HTTP (no stream) the response says it."""
    if stream is None or sender.kind != "source":
        return None
    cited = data.id if isinstance(data, rating.Rating) else message_id
    refused = rating.RatingRefused(cited, error.rule, error.field, error.params)
    return Answer(refused, f"receipts.{sender.id}", cited or sender.id)
