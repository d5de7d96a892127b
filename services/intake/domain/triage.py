"""What people do with a report that the rules could not place or understand: name what it is, or refuse it."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.domain import facts
from services.intake.domain.case import MOVES, Case, Held, Status
from services.intake.domain.ground import unit_by_code
from services.intake.domain.registration import Head, case_opened, decide, received
from services.intake.domain.report import RejectCase, TriageCase
from shared.kernel.decisions import Context, Decision, Fact, Message
from shared.kernel.refusals import Refused

REJECTIONS = (
    "report.out_of_area", "report.meaningless", "report.not_public", "report.decided_by_law", "report.abusive",
    "report.unlawful",
)  # fmt: skip
"""The rules by which a person may refuse a held report."""


@decide.on(TriageCase)
def triage(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Open a held case under the matter, and at the place, that the responsible unit names."""
    case = _existing(states, message)
    MOVES.check(case.status, Status.OPEN)
    held = _held(case, message)
    said: TriageCase = message.data
    if said.matter not in context.city.matters:
        raise Refused("report.unknown_matter", "matter", matter=said.matter)
    fact = case_opened(
        _head(case),
        case=message.subject,
        placement=_placed(case, said, context),
        understanding=facts.Understanding(said.matter, "person", 1.0),
        ratable=held.ratable,
        raised_by=held.raised_by,
        claimed_at=held.claimed_at,
        handler=held.handler,
        evidence=held.evidence,
        city=context.city,
    )
    rows = (*_gone(message), _example(message, held))
    return Decision(facts=(Fact(fact),), answers=(received(fact, message.subject),), rows=rows)


@decide.on(RejectCase)
def reject(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Refuse a held report by one of the listed rules, which its reporter is told."""
    case = _existing(states, message)
    MOVES.check(case.status, Status.REJECTED)
    _held(case, message)
    said: RejectCase = message.data
    if said.rule not in REJECTIONS:
        raise Refused("triage.unknown_rule", "rule", rules=" ".join(REJECTIONS))
    params = {"city": context.city.names.zh} if said.rule == "report.out_of_area" else {}
    fact = facts.CaseRejected(**_head(case), rule=said.rule, params=params)
    return Decision(facts=(Fact(fact),), answers=(received(fact, message.subject),), rows=_gone(message))


def _example(message: Message, held: Held) -> facts.Example:
    """Return what is to be learnt from a person's choice; where matter and guess agree as well."""
    guess = held.guesses[0] if held.guesses else None
    return facts.Example(
        case=message.subject,
        matter=message.data.matter,
        guessed=guess.matter if guess else None,
        confidence=guess.confidence if guess else None,
        model=guess.model if guess else None,
        chosen_by=f"{message.actor.kind}.{message.actor.id}",
        chosen_at=message.acted_at,
    )


def _gone(message: Message) -> tuple[facts.Decided, ...]:
    return (facts.Decided(message.subject),)


def _existing(states: Mapping[str, Case | None], message: Message) -> Case:
    case = states[message.subject]
    if case is None:
        raise Refused("subject.unknown", "case", subject=message.subject)
    return case


def _held(case: Case, message: Message) -> Held:
    mine = message.actor.kind == "unit" and message.actor.id == case.responsible
    if message.actor.kind != "operations" and not mine:
        raise _not_allowed(message, "case.triage.v1")
    assert case.held is not None, "a held case knows what it waits for"
    return case.held


def _not_allowed(message: Message, act: str) -> Refused:
    return Refused("actor.not_allowed", "authorization", actor=f"{message.actor.kind}.{message.actor.id}", act=act)


def _placed(case: Case, said: TriageCase, context: Context) -> facts.Placement:
    known = case.placement
    if said.unit is None:
        if known is None:
            raise Refused("triage.place_needed", "unit")
        return known
    unit = unit_by_code(said.unit, "unit", context.city)
    return facts.Placement(unit, "unit_code", 1.0, known.lon if known else None, known.lat if known else None)


def _head(case: Case) -> Head:
    return Head(
        number=case.number,
        source=case.source,
        report=case.report,
        dossier=case.dossier,
        summary=case.summary,
        follows=case.follows,
    )
