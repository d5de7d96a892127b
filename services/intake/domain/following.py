"""What a reporter does by his link: remind of a case that is not solved (催办), add to what he said (补充说明).

The link names him by the case that answers for his report and by his id in it: `resident.<case>:<reporter>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.intake.domain import facts
from services.intake.domain.case import Case, Status, evolve
from services.intake.domain.registration import decide, digests
from services.intake.domain.report import RemindCase, SupplementReport
from shared.kernel.decisions import Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "reminder.over": ("事项已办结（{stage}），请评价或另行反映", "Already done ({stage}); rate it or report anew"),
        "reminder.too_soon": ("{at} 已催办过，一天后可再催", "Reminded at {at}; once a day is enough"),
        "supplement.over": ("事项已结束，请另行反映", "The case is over; please report anew"),
        "supplement.too_many": ("已补充 {limit} 次，请等候答复", "Added to {limit} times; please wait for the answer"),
    }
)

AGAIN_AFTER = timedelta(hours=24)
"""How long after a reminder the same reporter may send the next (assumed)."""
MOST_SUPPLEMENTS = 20
"""Of one case (assumed): more is not read by anybody."""
_LIVE = frozenset({Status.HELD, Status.OPEN, Status.SPLIT})


@decide.on(RemindCase)
def remind(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """State that a reporter waits; it restarts no clock and charges nobody."""
    case, reporter = _held_by(states, message)
    if case.status not in _LIVE or case.is_handled:
        raise Refused("reminder.over", "status", stage=case.stage)
    last = case.reminded.get(reporter)
    if last is not None and message.acted_at < last + AGAIN_AFTER:
        raise Refused("reminder.too_soon", "", at=context.city.calendar.local(last).strftime("%m-%d %H:%M"))
    return Decision((Fact(facts.CaseReminded(reporter=reporter, times=case.reminders + 1)),))


@decide.on(SupplementReport)
def supplement(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Keep with the dossier what a reporter adds, or the unit on the spot; the fact says that there is something."""
    case, reporter = _held_by(states, message, by_holder=True)
    if case.status not in _LIVE:
        raise Refused("supplement.over", "status")
    if case.supplements >= MOST_SUPPLEMENTS:
        raise Refused("supplement.too_many", "", limit=MOST_SUPPLEMENTS)
    dossier = next((m.dossier for m in case.members if m.reporter == reporter), case.dossier)
    said: SupplementReport = message.data
    added = facts.CaseSupplemented(reporter=reporter, dossier=dossier, photos=digests(said.photos, message, context))
    row = facts.Added(context.new_id(), dossier, said.text, said.photos, message.acted_at)
    return Decision((Fact(added),), rows=(row,))


@evolve.on(facts.CaseReminded)
def reminded(case: Case, fact: facts.CaseReminded, at: datetime) -> Case:
    """Remember when, so that nobody reminds all day."""
    return replace(case, reminded={**case.reminded, fact.reporter: at}, reminders=fact.times)


@evolve.on(facts.CaseSupplemented)
def supplemented(case: Case, fact: facts.CaseSupplemented, at: datetime) -> Case:
    """Count it."""
    return replace(case, supplements=case.supplements + 1)


def _held_by(states: Mapping[str, Case | None], message: Message, *, by_holder: bool = False) -> tuple[Case, str]:
    """Return the case with the reporter who holds the link; with no reporter for the unit in whose hands the case is.

    Raises Refused for everybody else.
    """
    case = states.get(message.subject)
    if case is None:
        raise Refused("subject.unknown", "case", subject=message.subject)
    actor = message.actor
    if by_holder and actor.kind in ("unit", "department") and actor.id == case.responsible:
        return case, ""
    name, _, reporter = actor.id.rpartition(":")
    mine = (*((case.reporter,) if not case.gone else ()), *(m.reporter for m in case.members))
    if actor.kind != "resident" or name != message.subject or reporter not in mine:
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="report.follow")
    return case, reporter
