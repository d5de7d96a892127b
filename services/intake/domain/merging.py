"""What a person does about duplicates (并单、取消并单、撤回): merge, undo it, keep apart; a reporter takes back."""

from __future__ import annotations

from typing import Any

from services.intake.domain import facts
from services.intake.domain.case import MOVES, Case, Status
from services.intake.domain.ground import unit_by_code
from services.intake.domain.joining import States, is_personal, merge_into, slips
from services.intake.domain.registration import Head, case_opened, decide, received
from services.intake.domain.report import KeepApart, MergeCase, UnmergeCase, WithdrawReport
from shared.kernel.decisions import Actor, Arm, Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


def touches(message: Message) -> tuple[str, ...]:
    """Name the surviving case of a merge; what else a command concerns only the states tell."""
    return (message.data.into,) if isinstance(message.data, MergeCase) else ()


@decide.on(MergeCase)
def merge(states: States, message: Message, context: Context) -> Decision:
    """Let another case take this one's reporters and its place (workflows §3.1 move 21; §3.6, 12, 17, 24)."""
    case, into = existing(states, message.subject), message.data.into
    check_desk(message.actor, case, context.city, "case.merge.v1")
    if into == message.subject:
        raise Refused("merge.itself", "into")
    survivor = states.get(into)
    if survivor is None:
        raise Refused("subject.unknown", "into", subject=into)
    check_desk(message.actor, survivor, context.city, "case.merge.v1")
    MOVES.check(case.status, Status.MERGED)
    if survivor.status is Status.MERGED and survivor.home == message.subject:
        raise Refused("merge.circle", "into", number=survivor.number)
    if survivor.status is not Status.OPEN:
        raise Refused("merge.not_open", "into", number=survivor.number, status=survivor.status.value)
    if case.is_handled:
        raise Refused("merge.too_late", "status", stage=case.stage)
    if case.part_of is not None:
        raise Refused("merge.part", "case", number=case.number)
    if is_personal(case.matter, context.city) or is_personal(survivor.matter, context.city):
        raise Refused("merge.personal", "into")
    if case.matter is not None and slips(case.matter, survivor, context.city):
        raise Refused("merge.not_admitted", "into", matter=context.city.matters[case.matter].name)
    decided = merge_into(into, survivor, [(message.subject, case, None)], message.acted_at, context.city)
    return replace(
        decided, answers=tuple(received(fact.data, message.subject) for fact in decided.facts[:1] if case.held)
    )


@decide.on(UnmergeCase)
def unmerge(states: States, message: Message, context: Context) -> Decision:
    """Let a merged case stand for itself again, with those who came with it, until the work is done."""
    case, city = existing(states, message.subject), context.city
    check_desk(message.actor, case, city, "case.unmerge.v1")
    if case.status is not Status.MERGED:
        MOVES.check(case.status, Status.MERGED)
        raise Refused("unmerge.not_merged", "status", number=case.number)
    name, root = root_of(states, case)
    if root.status is not Status.OPEN or root.is_handled:
        raise Refused("unmerge.too_late", "status", number=root.number)
    said: UnmergeCase = message.data
    matter = said.matter or case.matter
    if matter is None:
        raise Refused("unmerge.matter_needed", "matter")
    if matter not in city.matters:
        raise Refused("report.unknown_matter", "matter", matter=matter)
    placement = case.placement
    if said.unit is not None:
        placement = facts.Placement(unit_by_code(said.unit, "unit", city), "unit_code", 1.0)
    if placement is None:
        raise Refused("triage.place_needed", "unit")
    is_kept = case.understanding is not None and matter == case.understanding.matter
    opened = case_opened(
        Head(
            number=case.number, source=case.source, report=case.report, dossier=case.dossier, summary=case.summary,
            follows=case.follows,
        ),
        case=message.subject,
        placement=placement,
        understanding=case.understanding if is_kept and case.understanding else facts.Understanding(
            matter, "person", 1.0
        ),
        ratable=case.ratable,
        raised_by=case.raised_by,
        claimed_at=case.claimed_at,
        handler=None,
        evidence=0,
        city=city,
    )  # fmt: skip
    fields = {key: getattr(opened, key) for key in facts.CaseRegistered.__dataclass_fields__}
    mine = {message.subject, *(m.case for m in case.members)}
    papers = (case.dossier, *(m.dossier for m in case.members))
    leaving = _leaving(states, case, mine, "unmerged")
    alone = facts.CaseUnmerged(**fields, from_case=name)
    return Decision(
        (Fact(alone), *leaving),
        _emptied(name, root, leaving, message),
        rows=(facts.Rehomed(tuple(sorted(mine)), message.subject, papers),),
    )


@decide.on(KeepApart)
def keep_apart(states: States, message: Message, context: Context) -> Decision:
    """Take a case off the list of suspected duplicates."""
    case = existing(states, message.subject)
    check_desk(message.actor, case, context.city, "case.keep_apart.v1")
    if not case.suspects:
        raise Refused("merge.not_suspected", "case", number=case.number)
    return Decision(
        (Fact(facts.CaseKeptApart(of_cases=case.suspects)),), rows=(facts.Suspected(message.subject, None),)
    )


@decide.on(WithdrawReport)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Let the source take a report back for its reporter until the work is done (workflows §3.1, move 21).

    Where others reported the same, the case goes on for them, and he alone leaves it.
    """
    case = existing(states, message.subject)
    if (message.actor.kind, message.actor.id) != ("source", case.source):
        raise not_allowed(message.actor, "report.withdraw.v1")
    MOVES.check(Status.WITHDRAWN if case.gone else case.status, Status.WITHDRAWN)
    if case.status is Status.MERGED:
        return _withdrawn_member(states, message, case)
    if case.is_handled:
        raise Refused("report.withdraw_too_late", "status", stage=case.stage)
    taken_back = tuple(
        Arm("part_withdrawn", message.acted_at, subject=part) for part in case.parts if part not in case.ended
    )
    if case.members:
        return Decision((_leaves(message.subject, case),), taken_back)
    rows: tuple[Any, ...] = (facts.Suspected(message.subject, None),) if case.suspects else ()
    if case.status is Status.HELD:
        rows += (facts.Decided(message.subject),)
    gone = Fact(facts.CaseWithdrawn(reporter=case.reporter))
    return Decision((gone,), (*taken_back, *ended(message.subject, case, message)), rows=rows)


def _withdrawn_member(states: States, message: Message, case: Case) -> Decision:
    name, root = root_of(states, case)
    if root.is_handled:
        raise Refused("report.withdraw_too_late", "status", stage=root.stage)
    stated: tuple[Fact, ...] = (Fact(facts.CaseWithdrawn(reporter=case.reporter)),)
    if root.status is Status.OPEN:
        stated += _leaving(states, case, {message.subject}, "withdrawn")
    back = facts.Rehomed((message.subject,), message.subject, (case.dossier,))
    return Decision(stated, _emptied(name, root, stated[1:], message), rows=(back,))


def _leaving(states: States, case: Case, mine: set[str], why: str) -> tuple[Fact, ...]:
    """Let reporters leave every case that took them, also those merged on since: else undoing would bring them back."""
    stated: list[Fact] = []
    while case.home:
        name, case = case.home, existing(states, case.home)
        stated += (
            Fact(facts.ReporterLeft(reporter=m.reporter, why=why, case=m.case), name)
            for m in case.members
            if m.case in mine
        )
        if case.status is not Status.MERGED:
            break
    return tuple(stated)


def _emptied(name: str, root: Case, leaving: tuple[Fact, ...], message: Message) -> tuple[Arm, ...]:
    """End a case whose last reporter leaves, by itself and at once."""
    gone = sum(fact.subject == name for fact in leaving)
    is_empty = bool(gone) and root.gone and len(root.members) == gone
    return (Arm("emptied", message.acted_at, subject=name),) if is_empty else ()


@decide.on_due("emptied", "part_withdrawn")
def emptied(states: States, message: Message, context: Context) -> Decision:
    """Take back a case that nobody reports any more, or whose whole was taken back."""
    case = states[message.subject]
    if case is None or case.status not in (Status.OPEN, Status.HELD) or case.is_handled:
        return Decision()
    if message.data.name == "emptied" and case.reporters:
        return Decision()
    if case.members:
        return Decision(() if case.gone else (_leaves(message.subject, case),))
    gone = Fact(facts.CaseWithdrawn(reporter=case.reporter))
    return Decision((gone,), ended(message.subject, case, message), rows=(facts.Suspected(message.subject, None),))


def _leaves(subject: str, case: Case) -> Fact:
    return Fact(facts.ReporterLeft(reporter=case.reporter, why="withdrawn", case=subject))


def ended(subject: str, case: Case, message: Message) -> tuple[Arm, ...]:
    """Tell the case of which this is a part that it ends."""
    if case.part_of is None:
        return ()
    return (Arm(f"part_ended:{subject}", message.acted_at, {"part": subject}, case.part_of),)


def root_of(states: States, case: Case) -> tuple[str, Case]:
    """Return the case that answers for a merged one in the end, through every merge since."""
    name = case.home or ""
    root = existing(states, name)
    while root.status is Status.MERGED and root.home:
        name = root.home
        root = existing(states, name)
    return name, root


def existing(states: States, subject: str) -> Case:
    """Return a case that exists. Raises Refused("subject.unknown")."""
    case = states.get(subject)
    if case is None:
        raise Refused("subject.unknown", "case", subject=subject)
    return case


def check_desk(actor: Actor, case: Case, city: Any, act: str) -> None:
    """Let operations decide about any case, a community, street or county about those on its ground."""
    unit = case.placement.unit if case.placement else None
    is_here = actor.kind == "unit" and (
        actor.id == case.responsible
        or (actor.id in city.units and unit in city.units and city.units[actor.id].level.value in _DESKS
            and city.is_within(unit, actor.id))
    )  # fmt: skip
    if actor.kind != "operations" and not is_here:
        raise not_allowed(actor, act)


_DESKS = ("county", "street", "community")


def not_allowed(actor: Actor, act: str) -> Refused:
    """Return the refusal of an act that this actor may never do."""
    return Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act=act)
