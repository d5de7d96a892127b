"""A failed check (抽检、回头看不合格) becomes a new case, linked to the one that was checked."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.domain import facts
from services.intake.domain.case import Case
from services.intake.domain.heard import CheckFailed
from services.intake.domain.registration import SUMMARY, Head, case_opened, decide
from shared.kernel.decisions import NOTHING, Context, Decision, Fact, Message
from shared.kernel.masking import mask

SOURCE = "check"
"""In the place of a source: nobody outside sent it, so nobody is answered or asked to rate."""


@decide.on(CheckFailed)
def register_anew(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Register what a check found wanting at the place and under the matter of the case that was checked."""
    failed: CheckFailed = message.data
    city = context.city
    if states[message.subject] is not None or failed.matter not in city.matters or failed.place not in city.units:
        return NOTHING
    head = Head(
        number=context.prepared[message.subject],
        source=SOURCE,
        report=f"{SOURCE}:{failed.of_case}",
        dossier=context.new_id(),
        summary=mask(failed.finding, SUMMARY),
        follows=failed.of_case,
    )
    opened = case_opened(
        head,
        case=message.subject,
        placement=facts.Placement(failed.place, "unit_code", 1.0),
        understanding=facts.Understanding(failed.matter, "given", 1.0),
        ratable=False,
        raised_by=None,
        claimed_at=None,
        handler=None,
        evidence=0,
        city=city,
    )
    dossier = facts.Dossier(
        id=head["dossier"],
        case=message.subject,
        source=SOURCE,
        report=head["report"],
        identity={},
        text=failed.finding,
        subject=None,
        place={"unit": failed.place},
        photos=(),
        received_at=message.acted_at,
    )
    return Decision((Fact(opened),), rows=(dossier,))
