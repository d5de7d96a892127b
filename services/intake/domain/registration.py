"""Register a report: refuse it, reject it with a rule, hold it for a person, or open its case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, NotRequired, TypedDict
from urllib.parse import quote

from services.intake.domain import facts
from services.intake.domain.case import Case
from services.intake.domain.classification import Lexicon, classify, lexicon
from services.intake.domain.gathering import Sought, gather, trace_of
from services.intake.domain.ground import Ground, place
from services.intake.domain.likeness import Trace
from services.intake.domain.report import Report
from shared.kernel.clock import counted
from shared.kernel.decisions import Answer, Arm, Context, Deciders, Decision, Message
from shared.kernel.masking import finds_a_person, mask
from shared.kernel.refusals import Refused

SUMMARY = 60
"""Longest summary in characters, as long as the subject lines that people write (90 % have 13 to 29)."""
SKEW = timedelta(minutes=5)
"""How far a source's clock may be ahead of ours (assumed)."""
REPORTER = "r1"
"""The first reporter of a case; such an id says nothing outside its case."""

decide = Deciders()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known of new cases before anything is decided: their numbers, and what a model read in their texts.

    A model is asked once, outside the rules; its answer is part of the fact, so no later model can change a case.
    """

    numbers: Mapping[str, str] = field(default_factory=dict)
    guesses: Mapping[str, tuple[facts.Understanding, ...]] = field(default_factory=dict)
    photos: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The digests of photos that no report has named yet, by uploader and key."""
    too_many: frozenset[str] = frozenset()
    """Cases of reports that their source may not send in this minute any more."""


@decide.on(Report, Sought)
def register(states: Mapping[str, Case | None], message: Message, context: Context) -> Decision:
    """Turn a report into a case, once; the same report again is answered again and changes nothing."""
    known = states[message.subject]
    if known is not None:
        return Decision(answers=(answer(known, message.subject),))
    sought = message.data if isinstance(message.data, Sought) else Sought(message.data)
    report = sought.report
    source = _source(message, context.city)
    _check(report, source, message, context)
    ground = place(report.place, source.default_unit, context.city)
    number = context.prepared.numbers[message.subject]
    photos = digests(report.photos, message, context)
    draft = _Draft(message.subject, number, context.new_id(), report, source, message, photos)
    fact = _outcome(draft, ground, context)
    private = facts.Dossier(
        id=draft.dossier,
        case=draft.case,
        source=source.code,
        report=report.id,
        identity=_identity(report),
        text=report.text,
        subject=report.subject,
        place=_exact(report, ground),
        photos=report.photos,
        received_at=message.acted_at,
    )
    rows: tuple[Any, ...] = (private,)
    gathered = gather(fact, sought, states, message, context)
    armed: tuple[Arm, ...] = ()
    if isinstance(gathered.facts[0].data, facts.CaseHeld):
        rows += (facts.Waiting(draft.case, fact.responsible, fact.due_at),)
        # Nothing happens at its end: it is armed so that a calendar published meanwhile moves it.
        armed = (Arm("triage", fact.due_at, mark=counted(message.acted_at, context.city.clock("triage"))),)
    told = received(gathered.facts[0].data, message.subject)
    return Decision(gathered.facts, armed, answers=(told,), rows=rows + gathered.rows)


def seek(
    report: Report, case: str, at: datetime, source: str, read: tuple[facts.Understanding, ...] | None, city: Any
) -> Trace | None:
    """Return what the search for duplicates keeps of a report; None for one that no rule can place or take."""
    known = city.sources.get(source)
    if known is None or report.solved is not None or (report.matter is not None and report.matter not in city.matters):
        return None
    try:
        found = place(report.place, known.default_unit, city).placement
    except Refused:
        return None
    guesses = _guesses(report, known, read, city) if found else ()
    is_clear = bool(guesses) and guesses[0].confidence >= city.shares["classify_from"]
    return trace_of(report, case, at, found, guesses[0].matter if is_clear else None, city) if found else None


class Head(TypedDict):
    """What every fact about a report begins with."""

    number: str
    source: str
    report: str
    dossier: str
    summary: str
    follows: str | None
    photos: NotRequired[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Draft:
    case: str
    number: str
    dossier: str
    report: Report
    source: Any
    message: Message
    photos: tuple[str, ...]

    @property
    def head(self) -> Head:
        """Return what every fact about the report begins with."""
        return Head(
            number=self.number,
            source=self.source.code,
            report=self.report.id,
            dossier=self.dossier,
            summary=mask(_unnamed(self.report), SUMMARY),
            follows=self.report.follows,
            photos=self.photos,
        )


def _unnamed(report: Report) -> str:
    """Return the line that travels, without the name that the reporter gave."""
    line = report.subject or report.text
    name = (report.reporter.name or "").strip() if report.reporter else ""
    return line.replace(name, "*" * len(name)) if len(name) > 1 else line


def _source(message: Message, city: Any) -> Any:
    if message.actor.kind != "source":
        raise Refused("actor.not_allowed", "authorization", actor=message.actor.kind, act="report.v1")
    source = city.sources.get(message.actor.id)
    if source is None:
        raise Refused("report.unknown_source", "source", source=message.actor.id)
    if source.closed:
        raise Refused("source.closed", "source", source=source.code)
    return source


def _check(report: Report, source: Any, message: Message, context: Context) -> None:
    city = context.city
    if message.subject in context.prepared.too_many:
        raise Refused("source.too_many", "source", source=source.code, most=source.a_minute, seconds=60)
    if finds_a_person(report.id):
        raise Refused("report.personal_id", "id")
    if source.longest and len(report.text) > source.longest:
        raise Refused("source.text_too_long", "text", source=source.code, most=source.longest, length=len(report.text))
    for name in source.needs:
        if not (_identity(report) if name == "reporter" else getattr(report, name)):
            raise Refused("source.needs", name, source=source.code, name=name)
    if report.at is not None and report.at > max(message.acted_at, context.now) + SKEW:
        raise Refused("report.in_future", "at", at=report.at, now=context.now)
    if report.matter is not None and report.matter not in city.matters:
        raise Refused("report.unknown_matter", "matter", matter=report.matter)
    if report.raised_by is not None and report.raised_by not in city.units:
        raise Refused("report.unknown_unit", "raised_by", unit=report.raised_by)
    if report.solved is not None and not source.spot:
        raise Refused("report.spot_not_allowed", "solved", source=source.code)


def digests(keys: tuple[str, ...], message: Message, context: Context) -> tuple[str, ...]:
    """Return the digests of photos that this sender uploaded and nobody has named. Raises Refused for any other."""
    owner = f"{message.actor.kind}.{message.actor.id}"
    for key in keys:
        if (owner, key) not in context.prepared.photos:
            raise Refused("report.unknown_photo", "photos", photo=key)
    return tuple(context.prepared.photos[owner, key] for key in keys)


def _outcome(draft: _Draft, ground: Ground, context: Context) -> Any:
    report = draft.report
    if ground.outside:
        return facts.CaseRejected(**draft.head, rule="report.out_of_area", params={"city": context.city.names.zh})
    if is_meaningless(report):
        return facts.CaseRejected(**draft.head, rule="report.meaningless")
    guesses = _guesses(report, draft.source, context.prepared.guesses.get(draft.case), context.city)
    ratable = bool(draft.source.ratable and _identity(report))
    handler = None
    if report.solved:
        handler = report.raised_by or (ground.placement.unit if ground.placement else context.city.root.code)
    evidence = report.solved.evidence if report.solved else 0
    sure = bool(guesses) and guesses[0].confidence >= context.city.shares["classify_from"]
    if not sure or ground.placement is None:
        return facts.CaseHeld(
            **draft.head,
            why="place" if sure else "matter",
            placement=ground.placement,
            guesses=guesses,
            responsible=context.city.root.code,
            due_at=counted(draft.message.acted_at, context.city.clock("triage")).at(context.city.calendar),
            reporter=REPORTER,
            ratable=ratable,
            raised_by=report.raised_by,
            claimed_at=report.at,
            handler=handler,
            evidence=evidence,
        )
    return case_opened(
        draft.head,
        case=draft.case,
        placement=ground.placement,
        understanding=guesses[0],
        ratable=ratable,
        raised_by=report.raised_by,
        claimed_at=report.at,
        handler=handler,
        evidence=evidence,
        city=context.city,
        urgent=draft.source.urgent,
    )


def case_opened(
    head: Head,
    *,
    case: str,
    placement: facts.Placement,
    understanding: facts.Understanding,
    ratable: bool,
    raised_by: str | None,
    claimed_at: datetime | None,
    handler: str | None,
    evidence: int,
    city: Any,
    part_of: str | None = None,
    urgent: bool = False,
) -> facts.CaseRegistered:
    """Return the fact that opens a case at the rung where its matter starts at that place.

    `urgent` are all reports of some sources, whatever their matter.
    """
    matter = city.matters[understanding.matter]
    rung, _ = city.first_holder(matter.code, placement.unit)
    opened = facts.CaseRegistered(
        **head,
        placement=placement,
        understanding=understanding,
        kind=matter.kind.value,
        urgent=matter.urgent or urgent,
        rung=rung.value,
        reporter=REPORTER,
        ratable=ratable,
        raised_by=raised_by,
        claimed_at=claimed_at,
        part_of=part_of,
    )
    if handler is None:
        return opened
    fields = {name: getattr(opened, name) for name in facts.CaseRegistered.__dataclass_fields__}
    return facts.CaseSolvedOnSpot(
        **fields, handler=handler, evidence=evidence, drawn=is_drawn(case, city.shares["spot_sample"])
    )


def is_drawn(case: str, share: Any) -> bool:
    """Tell whether a case solved on the spot is drawn for rating: by its id alone, so the same again and for all."""
    number = int.from_bytes(sha256(case.encode()).digest()[:8])
    return bool(number % share.denominator < share.numerator)


def is_meaningless(report: Report) -> bool:
    """Tell whether subject and text together have fewer than two different letters or characters of script."""
    return len({letter for letter in f"{report.subject or ''}{report.text}" if letter.isalpha()}) < 2


def follow_path(source: str, report: str) -> str:
    """Return the path at which intake shows what became of a report."""
    return f"/v1/reports/{source}/{quote(report, safe='')}"


def answer(case: Case, subject: str) -> Answer:
    """Return the answer to the source as it stands now."""
    received = facts.ReportReceived(
        report=case.report,
        case=subject,
        number=case.number,
        follow=follow_path(case.source, case.report),
        outcome=case.outcome,
        rule=case.rule,
    )
    return Answer(received, f"receipts.{case.source}", case.report)


OUTCOMES = {
    facts.CaseRegistered: "registered",
    facts.CaseSolvedOnSpot: "solved_on_spot",
    facts.CaseHeld: "held",
    facts.CaseRejected: "rejected",
    facts.CaseMerged: "merged",
}


def received(fact: Any, subject: str) -> Answer:
    """Return the answer to the source that goes with the fact."""
    received = facts.ReportReceived(
        report=fact.report,
        case=subject,
        number=fact.number,
        follow=follow_path(fact.source, fact.report),
        outcome=OUTCOMES[type(fact)],
        rule=getattr(fact, "rule", None),
    )
    return Answer(received, f"receipts.{fact.source}", fact.report)


def _guesses(
    report: Report, source: Any, read: tuple[facts.Understanding, ...] | None, city: Any
) -> tuple[facts.Understanding, ...]:
    """Take the matter that was given, else the source's own, else what a model read before, else what the words say."""
    if report.matter is not None:
        return (facts.Understanding(report.matter, "given", 1.0),)
    if source.default_matter is not None:
        return (facts.Understanding(source.default_matter, "source", 1.0),)
    if read:
        return read
    return classify(_lexicon(_Catalogue(city)), report.subject or "", report.text)


class _Catalogue:
    """A city's matters, equal by the version of its file, so that its lexicon is made once."""

    def __init__(self, city: Any) -> None:
        self.version: tuple[str, str] = (city.code, city.version)
        self.matters = city.matters

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Catalogue) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)


@lru_cache(maxsize=8)
def _lexicon(catalogue: _Catalogue) -> Lexicon:
    return lexicon(catalogue.matters)


def _identity(report: Report) -> dict[str, str]:
    reporter = report.reporter
    if reporter is None:
        return {}
    said = {"id": reporter.id, "name": reporter.name, "phone": reporter.phone}
    return {key: value for key, value in said.items() if value}


def _exact(report: Report, ground: Ground) -> dict[str, str | float]:
    said = report.place
    if said is None:
        return {}
    exact: dict[str, str | float | None] = {"unit": said.unit, "address": said.address}
    if ground.point:
        exact |= {"lon": ground.point[0], "lat": ground.point[1]}
        exact |= {"said_lon": said.lon, "said_lat": said.lat, "said_system": str(said.system)}
    return {key: value for key, value in exact.items() if value is not None}
