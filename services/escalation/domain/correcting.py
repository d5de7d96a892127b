"""A correction (更正): what a ledger says is never changed, what was wrong is said in a further record (G17)."""

from __future__ import annotations

from dataclasses import dataclass

from services.escalation.domain.heads import Prepared
from services.escalation.domain.ledger import Ledger, Secretary, word
from services.escalation.domain.roles import check_is_body
from services.escalation.domain.table import States, deciders
from shared.kernel.decisions import Context, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectRecord:
    """The secretary says what is wrong with an earlier record."""

    seq: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCorrected:
    """Record `seq` corrects record `corrects`; decisions and deadlines stay as they were adopted."""

    body: str
    level: str
    topic: str
    seq: int
    corrects: int
    why: str
    digest: str


@deciders.on(CorrectRecord)
def correct(states: States, message: Message, context: Context) -> Decision:
    """Append what was wrong to the ledger; both records stay."""
    ledger: Ledger | None = states[message.subject]
    if ledger is None:
        raise Refused("subject.unknown", "ledger", subject=message.subject)
    check_is_body(message.actor, ledger.unit)
    prepared: Prepared = context.prepared
    wrong = prepared.records.get((ledger.unit, message.data.seq))
    if wrong is None:
        raise Refused("ledger.no_record", "seq", ledger=ledger.unit, seq=message.data.seq)
    wording = word(ledger.unit, "", wrong.topic, context.new_id(), {"why": message.data.why})
    secretary = Secretary(states, context.city, message.acted_at)
    secretary.keep(wording)
    body = {"corrects": {"seq": wrong.seq, "hash": wrong.hash}, "words": wording.digest}
    record = secretary.record(ledger.unit, "corrected", wrong.topic, body)
    secretary.state(
        message.subject,
        RecordCorrected(
            body=ledger.unit,
            level=ledger.level,
            topic=wrong.topic,
            seq=record.seq,
            corrects=wrong.seq,
            why=mask(message.data.why),
            digest=wording.digest,
        ),
    )
    return secretary.decision()
