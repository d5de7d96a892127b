"""Excluding (申诉剔除): the rated unit asks, one officer supports it, another one grants it; silence refuses."""

from __future__ import annotations

from datetime import datetime

from services.feedback.domain.exclusion import (
    STAGES,
    AskExclusion,
    DecideExclusion,
    Excluding,
    Exclusion,
    ExclusionAsked,
    ExclusionDecided,
    ExclusionSupported,
    Stage,
    SupportExclusion,
)
from services.feedback.domain.period import Period, Span
from services.feedback.domain.rating import RatedCase, Remark, case_of
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.clock import add, counted, is_on_time
from shared.kernel.decisions import NOTHING, Actor, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rights import RIGHTS, Tie, check_kind, check_ties
from shared.kernel.rules import register

register(
    {
        "exclusion.not_closed": ("事项尚未结案，不能申请剔除", "The case is not closed yet"),
        "exclusion.not_yours": (
            "只有最后一次派单的主办单位可以申请剔除",
            "Only the lead of the last assignment may ask",
        ),
        "exclusion.nothing_rated": (
            "该事项没有计分的评价，无可剔除",
            "No scored answer of this case could be excluded",
        ),
        "exclusion.asked_already": ("该事项已经申请过剔除", "The exclusion of this case has been asked before"),
        "exclusion.too_late": ("申请剔除的期限已于 {until} 届满", "The time to ask ended at {until}"),
        "exclusion.nothing_asked": ("该事项没有待审的剔除申请", "No exclusion of this case waits for a decision"),
        "exclusion.interested": (
            "被评单位和派单单位不得参与剔除审定",
            "Neither the rated unit nor the dispatcher decides",
        ),
        "exclusion.first_person": ("同意剔除须先由一名工作人员提请", "An officer must support it before it is granted"),
        "exclusion.second_person": (
            "剔除须由另一名工作人员批准，{officer} 已提请",
            "Another officer must approve: {officer} has supported it",
        ),
    }
)


@decide.on(AskExclusion)
def ask(states: States, message: Message, context: Context) -> Decision:
    """Let the rated unit ask in time after closing, once per case, on one of the three grounds (workflows §4.4)."""
    case, actor = case_of(states, message.subject), message.actor
    if actor.kind not in ("department", "unit") or actor.id != case.lead:
        raise Refused("exclusion.not_yours", "authorization")
    if case.closed_at is None:
        raise Refused("exclusion.not_closed", "case")
    if case.exclusion is not None:
        raise Refused("exclusion.asked_already", "case")
    if all(asked.by is None for asked in case.asked):
        raise Refused("exclusion.nothing_rated", "case")
    until = add(case.closed_at, context.city.clock("exclusion.ask"), context.city.calendar)
    if not is_on_time(message.acted_at, until):
        raise Refused("exclusion.too_late", "case", until=f"{until:%Y-%m-%d %H:%M}")
    decided = counted(message.acted_at, context.city.clock("exclusion.decide"))
    decide_by = decided.at(context.city.calendar)
    said: AskExclusion = message.data
    asked = ExclusionAsked(actor.id, said.code, decide_by)
    row = Excluding(
        case=message.subject,
        unit=actor.id,
        period=Period.containing(case.closed_at, Span.MONTH).code,
        code=said.code,
        stage=Stage.ASKED,
        asked_at=message.acted_at,
        decide_by=decide_by,
    )
    why = _why(message, case, "exclusion_asked", said.why, context)
    return Decision((Fact(asked),), (Arm("exclusion", decide_by, mark=decided),), rows=(row, why))


@decide.on(SupportExclusion)
def support(states: States, message: Message, context: Context) -> Decision:
    """Let a first officer of operations ask for it with the unit."""
    case = case_of(states, message.subject)
    asked = _asked(case, message.actor, "support_exclusion")
    if asked.stage is Stage.SUPPORTED:
        raise Refused("exclusion.second_person", "authorization", officer=asked.supported_by)
    supported = ExclusionSupported(asked.unit, asked.code, message.actor.id)
    row = Excluding(message.subject, asked.unit, stage=Stage.SUPPORTED, supported_by=message.actor.id)
    why = _why(message, case, "exclusion_supported", message.data.why, context)
    return Decision((Fact(supported),), rows=(row, why))


@decide.on(DecideExclusion)
def settle(states: States, message: Message, context: Context) -> Decision:
    """Let a second officer grant it, or any officer refuse it; a granted one changes the scores of its month."""
    case = case_of(states, message.subject)
    asked, officer = _asked(case, message.actor, "decide_exclusion"), message.actor.id
    said: DecideExclusion = message.data
    if said.granted and asked.stage is Stage.ASKED:
        raise Refused("exclusion.first_person", "granted")
    if said.granted and officer == asked.supported_by:
        raise Refused("exclusion.second_person", "authorization", officer=officer)
    why = _why(message, case, "exclusion_decided", said.why, context)
    decided = _decided(case, asked, message, officer, granted=said.granted, lapsed=False)
    return decided + Decision(deadlines=(Cancel("exclusion"),), rows=(why,))


@on_due("exclusion")
def lapse(states: States, message: Message, context: Context) -> Decision:
    """Refuse what nobody decided in time (workflows §0)."""
    case: RatedCase | None = states[message.subject]
    if case is None or case.exclusion is None or case.exclusion.stage not in (Stage.ASKED, Stage.SUPPORTED):
        return NOTHING
    return _decided(case, case.exclusion, message, context.city.root.code, granted=False, lapsed=True)


def _decided(
    case: RatedCase, asked: Exclusion, message: Message, officer: str, *, granted: bool, lapsed: bool
) -> Decision:
    assert case.closed_at is not None, "only a closed case is excluded"
    fact = ExclusionDecided(asked.unit, asked.code, granted, lapsed, asked.supported_by, officer)
    row = Excluding(
        message.subject,
        asked.unit,
        stage=Stage.GRANTED if granted else Stage.REFUSED,
        supported_by=asked.supported_by,
        decided_at=message.acted_at,
        decided_by=officer,
        lapsed=lapsed,
    )
    return Decision((Fact(fact),), rows=(row,))


def _asked(case: RatedCase, actor: Actor, act: str) -> Exclusion:
    check_kind(RIGHTS[act], actor)
    asked = case.exclusion
    if asked is None or asked.stage not in (Stage.ASKED, Stage.SUPPORTED):
        raise Refused("exclusion.nothing_asked", "case")
    held = {Tie.LEAD: case.lead, Tie.DISPATCHER: case.dispatcher}
    check_ties(RIGHTS[act], actor.id, [tie for tie, unit in held.items() if unit == actor.id])
    return asked


def _why(message: Message, case: RatedCase, kind: str, words: str, context: Context) -> Remark:
    return Remark(context.new_id(), message.subject, case.round, "", kind, words)


@evolve.on(ExclusionAsked)
def asked(state: RatedCase, fact: ExclusionAsked, at: datetime) -> RatedCase:
    return replace(state, exclusion=Exclusion(fact.unit, fact.code))


@evolve.on(ExclusionSupported)
def supported(state: RatedCase, fact: ExclusionSupported, at: datetime) -> RatedCase:
    return _moved(state, Stage.SUPPORTED, fact.officer)


@evolve.on(ExclusionDecided)
def decided(state: RatedCase, fact: ExclusionDecided, at: datetime) -> RatedCase:
    return _moved(state, Stage.GRANTED if fact.granted else Stage.REFUSED, fact.supported_by)


def _moved(state: RatedCase, to: Stage, officer: str | None) -> RatedCase:
    assert state.exclusion is not None, "only what was asked is decided"
    STAGES.check(state.exclusion.stage, to)
    return replace(state, exclusion=replace(state.exclusion, stage=to, supported_by=officer))
