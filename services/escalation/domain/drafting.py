"""The draft of the minutes: decisions as they are recorded, in masked words for all and in full ones kept apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Wording, word
from services.escalation.domain.meeting import Meeting
from services.escalation.domain.messages import RecordDecisions
from services.escalation.domain.topic_messages import TopicDecision
from shared.kernel.masking import mask
from shared.kernel.replacing import replace

WORDS = ("done_means", "plan", "reply", "tried", "why", "asked", "discussion")
"""What a decision says in sentences."""
PART_ONE = ("review", "plans")
"""What minutes say in sentences beside the decisions."""


class Recorded:
    """What a meeting has recorded so far, in full words as far as `kept` has them by their digest."""

    def __init__(self, meeting: Meeting, kept: Mapping[str, str]) -> None:
        self._meeting, self._kept = meeting, kept
        self._drafts = {draft.topic: draft for draft in meeting.decisions}

    def in_full(self, decision: TopicDecision) -> TopicDecision:
        """Return a decision with the full words in the place of those that were sent as facts carry them."""
        draft = self._drafts.get(decision.topic)
        full = self._words(draft.digest) if draft is not None else {}
        changes: dict[str, Any] = {
            name: full[name] for name in WORDS if name in full and getattr(decision, name) == mask(full[name])
        }
        return replace(decision, **changes)

    def words_of_part_one(self, asked: RecordDecisions) -> dict[str, str]:
        """Return review and plans in full: as sent, or as they were where they are kept or come back masked."""
        full, found = self._words(self._meeting.digest), dict[str, str]()
        for name in PART_ONE:
            said, shown = getattr(asked, name), getattr(self._meeting, name)
            if said == shown or (said is None and asked.keep):
                said = full.get(name, shown)
            if said:
                found[name] = said
        return found

    def _words(self, digest: str) -> dict[str, str]:
        words: dict[str, str] = json.loads(self._kept.get(digest, "{}"))
        return words


def decision_words(decision: TopicDecision, meeting: Meeting, salt: str) -> Wording:
    """Return the full words of a decision, to be kept apart."""
    words: dict[str, Any] = {name: getattr(decision, name) for name in WORDS}
    return word(meeting.unit, meeting.id, decision.topic, salt, words)


def draft_of(decision: TopicDecision, digest: str) -> f.DecisionDraft:
    """Return what everybody may read of a decision; `digest` is that of its full words."""
    return f.DecisionDraft(
        topic=decision.topic,
        kind=decision.kind,
        lead=decision.lead,
        support=decision.support,
        due_on=decision.due_on,
        reason=decision.reason,
        leader=decision.leader,
        members=decision.members,
        consents=decision.consents,
        digest=digest,
        **{name: mask(getattr(decision, name) or "") for name in WORDS},
    )
