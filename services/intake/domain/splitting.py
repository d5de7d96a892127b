"""Several cases of one (拆分): each part goes its own way, the whole closes with the last of them."""

from __future__ import annotations

from services.intake.domain import facts
from services.intake.domain.case import MOVES, Status, evolve
from services.intake.domain.ground import unit_by_code
from services.intake.domain.heard import CaseClosed
from services.intake.domain.joining import States, join, numbered
from services.intake.domain.merging import check_desk, ended, existing
from services.intake.domain.registration import SUMMARY, Head, case_opened, decide
from services.intake.domain.report import SplitCase
from shared.kernel.decisions import NOTHING, Arm, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace


@decide.on(SplitCase)
def split(states: States, message: Message, context: Context) -> Decision:
    """Put several cases in the place of one; each starts where its own matter starts (§3.6, 12)."""
    case, city = existing(states, message.subject), context.city
    check_desk(message.actor, case, city, "case.split_up.v1")
    MOVES.check(case.status, Status.SPLIT)
    if case.is_handled:
        raise Refused("split.too_late", "status", stage=case.stage)
    if case.part_of is not None:
        raise Refused("split.part", "case", number=case.number)
    parts: list[str] = []
    armed: list[Arm] = []
    rows: list[facts.Dossier | facts.Suspected] = [facts.Suspected(message.subject, None)] if case.suspects else []
    for part in message.data.parts:
        if part.matter not in city.matters:
            raise Refused("report.unknown_matter", "parts.matter", matter=part.matter)
        unit = unit_by_code(part.unit, "parts.unit", city) if part.unit else None
        subject, dossier = context.new_id(), context.new_id()
        parts.append(subject)
        said = {"matter": part.matter, "unit": unit, "dossier": dossier, "summary": mask(part.text, SUMMARY)}
        armed.append(Arm("part", message.acted_at, said, subject, (message.subject,)))
        rows.append(
            facts.Dossier(
                id=dossier, case=subject, source=case.source, report=case.report, identity={}, text=part.text,
                subject=None, place={}, photos=(), received_at=message.acted_at,
            )
        )  # fmt: skip
    return Decision((Fact(facts.CaseSplit(parts=tuple(parts))),), tuple(armed), rows=tuple(rows))


@decide.on_due("part")
def open_part(states: States, message: Message, context: Context) -> Decision:
    """Open a part of a split case, with every reporter of the whole."""
    said = message.data.data
    (whole,) = message.touches
    case = existing(states, whole)
    if states[message.subject] is not None or case.status is not Status.SPLIT or case.placement is None:
        return NOTHING
    placement = facts.Placement(said["unit"], "unit_code", 1.0) if said["unit"] else case.placement
    opened = case_opened(
        Head(
            number=context.prepared.numbers[message.subject], source=case.source, report=case.report,
            dossier=said["dossier"], summary=said["summary"], follows=None,
        ),
        case=message.subject,
        placement=placement,
        understanding=facts.Understanding(said["matter"], "person", 1.0),
        ratable=case.ratable and not case.gone,
        raised_by=case.raised_by,
        claimed_at=case.claimed_at,
        handler=None,
        evidence=0,
        city=context.city,
        part_of=whole,
    )  # fmt: skip
    at = message.acted_at
    begun = replace(evolve(None, opened, at), hot_at=at)  # the whole had its alarm
    others = join(message.subject, begun, numbered(begun.given, case.members, at), at, context.city)
    return Decision((Fact(opened), *others))


@decide.on(CaseClosed)
def part_closed(states: States, message: Message, context: Context) -> Decision:
    """Tell the whole that one of its parts closed."""
    case = states[message.subject]
    return Decision(deadlines=ended(message.subject, case, message)) if case else NOTHING


@decide.on_due("part_ended")
def count_part(states: States, message: Message, context: Context) -> Decision:
    """Count a part that ended, once; the last one closes the whole."""
    case, part = states[message.subject], message.data.data["part"]
    if case is None or part not in case.parts or part in case.ended:
        return NOTHING
    left = len(case.parts) - len(case.ended) - 1
    return Decision((Fact(facts.PartEnded(part=part, left=left)),))
