"""Cases that nobody reported: a failed check (抽检、回头看不合格), linked to what was checked; a wish made a case."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.domain import facts
from services.intake.domain.case import Case
from services.intake.domain.heard import CheckFailed, WishBecameCase
from services.intake.domain.registration import SUMMARY, Head, case_opened, decide
from services.intake.domain.report import Report
from shared.kernel.decisions import NOTHING, Context, Decision, Fact, Message
from shared.kernel.masking import mask

CHECK, WISH = "check", "wish"
"""In the place of a source: nobody outside sent it, so nobody is answered or asked to rate."""
OPENING = (Report, CheckFailed, WishBecameCase)
"""Messages that open a case, each of which gets a number."""


@decide.on(CheckFailed)
def register_anew(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Register what a check found wanting at the place and under the matter of the case that was checked."""
    failed: CheckFailed = message.data
    report = f"{CHECK}:{failed.of_case}"
    return _opened(states, message, context, CHECK, report, failed, failed.finding, failed.of_case)


@decide.on(WishBecameCase)
def register_wish(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Register a wish as a case; who wished stays with the community, which tells him."""
    wish: WishBecameCase = message.data
    return _opened(states, message, context, WISH, wish.wish, wish, wish.wording, None)


def _opened(
    states: Mapping[str, Case | None],
    message: Message,
    context: Context,
    source: str,
    report: str,
    of: CheckFailed | WishBecameCase,
    text: str,
    follows: str | None,
) -> Decision:
    city = context.city
    if states[message.subject] is not None or of.matter not in city.matters or of.place not in city.units:
        return NOTHING
    head = Head(
        number=context.prepared.numbers[message.subject],
        source=source,
        report=report,
        dossier=context.new_id(),
        summary=mask(text, SUMMARY),
        follows=follows,
    )
    opened = case_opened(
        head,
        case=message.subject,
        placement=facts.Placement(of.place, "unit_code", 1.0),
        understanding=facts.Understanding(of.matter, "given", 1.0),
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
        source=source,
        report=head["report"],
        identity={},
        text=text,
        subject=None,
        place={"unit": of.place},
        photos=(),
        received_at=message.acted_at,
    )
    return Decision((Fact(opened),), rows=(dossier,))
