"""What intake states on `cases`, answers on `receipts.<source>`, and is sent on `reports.<source>`.

The subject of every fact is the case id; nothing personal is in any of them (architecture §4).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideId, OutsideMessage


class Intake(Contract):
    SERVICE: ClassVar[str] = "intake"


class CoordinateSystem(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Placement(Contract):
    """Where a case lies: the smallest unit that is known, how it was found, how sure (0..1)."""

    unit: Code
    how: str
    """One of unit_code, merged_code (of a grid that another was merged into), point, address, default."""
    confidence: float
    lon: float | None = None
    """WGS-84, rounded to three decimals (about 100 m)."""
    lat: float | None = None
    doubt: str | None = None
    """Why it is less sure: border, contradiction (code and point, or community and estate of an address), outside (the
    point), shared_name, misspelt, alike (several names are as near), building (the estate has none of this number)."""
    other: Code | None = None
    """The unit that it could be as well: beyond the border, where the point lies, or the community that is written."""


class Understanding(Contract):
    """Which matter a case is, who said so (given, source, rules, model, person), how sure (0..1), by which words."""

    matter: Code
    how: str
    confidence: float
    words: tuple[str, ...] = ()
    model: str | None = None
    """The version of the model that said so: the hash of its file."""


class CaseRegistered(Intake):
    """A report became a case; its order waits at `rung`."""

    TYPE: ClassVar[str] = "case.registered.v1"
    number: str
    source: Code
    report: OutsideId
    """The source's own id."""
    dossier: str
    placement: Placement
    understanding: Understanding
    kind: str
    urgent: bool
    rung: str
    summary: Masked
    reporter: str
    """Case-scoped id of the reporter; says nothing outside the case."""
    ratable: bool
    raised_by: Code | None = None
    """The unit whose staff raised it, if any."""
    claimed_at: Instant | None = None
    follows: Code | None = None
    """The closed case of which, says the source, this is a recurrence; a closed case is never reopened."""
    part_of: Code | None = None
    """The case that was split, of which this is a part."""
    photos: tuple[str, ...] = ()
    """SHA-256 of each photo as it is kept, in the order of the report."""


class CaseSolvedOnSpot(CaseRegistered):
    """A grid member solved it while reporting (当场解决): registered and closed in one."""

    TYPE: ClassVar[str] = "case.solved_on_spot.v1"
    handler: Code
    """The unit whose member solved it."""
    evidence: int
    """Number of photos or papers attached."""
    drawn: bool
    """Drawn to be verified by another and rated (10 % of them)."""


class CaseHeld(Intake):
    """A report waits for a person to name its matter or place (triage)."""

    TYPE: ClassVar[str] = "case.held.v1"
    number: str
    source: Code
    report: OutsideId
    dossier: str
    summary: Masked
    why: str
    """matter or place."""
    placement: Placement | None = None
    guesses: tuple[Understanding, ...] = ()
    responsible: Code
    """The unit that must decide."""
    due_at: Instant
    reporter: str = "r1"
    ratable: bool = False
    raised_by: Code | None = None
    claimed_at: Instant | None = None
    handler: Code | None = None
    """Set if a grid member solved it while reporting: once its matter is named it is registered so."""
    evidence: int = 0
    follows: Code | None = None
    photos: tuple[str, ...] = ()


class CaseRejected(Intake):
    """A report is refused by a rule, and its reporter told so."""

    TYPE: ClassVar[str] = "case.rejected.v1"
    number: str
    source: Code
    report: OutsideId
    dossier: str
    summary: Masked
    rule: str
    params: dict[str, str] = Field(default_factory=dict)
    follows: Code | None = None
    photos: tuple[str, ...] = ()


class Alike(Contract):
    """An earlier case that a report is like, and in what: matter, place, text 0..1, all of it in `score`.

    `company` is how many reports of the same matter came from the same grid in the three hours before.
    """

    case: Code
    score: float
    matter: float
    place: float
    text: float
    minutes: int
    company: int


class CaseMerged(Intake):
    """The report is one with the case `into`, where its reporters are told and asked; it has no order of its own.

    An order that it had ends; that it was late stays counted.
    """

    TYPE: ClassVar[str] = "case.merged.v1"
    number: str
    source: Code
    report: OutsideId
    dossier: str
    summary: Masked
    reporter: str
    ratable: bool
    into: Code
    reporters: tuple[str, ...]
    """Ids of its reporters in `into`, in the order of their own ids."""
    how: str
    """rule, person, reporter (who knew it again: 我也遇到), or flapping (an alarm that repeats itself)."""
    alike: Alike | None = None
    placement: Placement | None = None
    understanding: Understanding | None = None
    raised_by: Code | None = None
    claimed_at: Instant | None = None
    photos: tuple[str, ...] = ()


class CaseUnmerged(CaseRegistered):
    """A merge was undone: the case stands for itself again, its order waits at `rung`, its case clock ran on."""

    TYPE: ClassVar[str] = "case.unmerged.v1"
    from_case: Code


class DuplicateSuspected(Intake):
    """The case may be one with an earlier one: a person decides; until then it is handled as any other."""

    TYPE: ClassVar[str] = "case.duplicate_suspected.v1"
    alike: tuple[Alike, ...]
    responsible: Code


class CaseKeptApart(Intake):
    """A person says that the case is none of those that were suspected."""

    TYPE: ClassVar[str] = "case.kept_apart.v1"
    of_cases: tuple[Code, ...]


class CaseSplit(Intake):
    """Cases of their own took the place of this one, whose order ends; it closes when all its parts have."""

    TYPE: ClassVar[str] = "case.split.v1"
    parts: tuple[Code, ...]


class PartEnded(Intake):
    """A part of this case ended; with none `left` the case is over."""

    TYPE: ClassVar[str] = "case.part_ended.v1"
    part: Code
    left: int


class HotIssueRaised(Intake):
    """So many people report one matter in so short a time that operations are alarmed: once a case."""

    TYPE: ClassVar[str] = "case.hot_issue.v1"
    reporters: int
    since: Instant
    matter: Code
    unit: Code


class CaseWithdrawn(Intake):
    """The reporter took the report back."""

    TYPE: ClassVar[str] = "case.withdrawn.v1"
    reporter: str


class AlarmRepeated(Intake):
    """The alarm that this case is sounded once more: that report joined it as `case` and makes nobody a reporter."""

    TYPE: ClassVar[str] = "case.alarm_repeated.v1"
    source: Code
    report: OutsideId
    case: Code
    sounded_at: Instant
    """When it sounded, as the sensor claims."""
    repeats: int
    """How often it has sounded again so far."""


class ReporterJoined(Intake):
    """Another report of the same matter was merged into this case (并单): its reporter is told and asked as well."""

    TYPE: ClassVar[str] = "case.reporter_joined.v1"
    source: Code
    report: OutsideId
    dossier: str
    reporter: str
    ratable: bool
    case: Code | None = None
    """The case of that report."""


class ReporterLeft(Intake):
    """A reporter belongs to this case no more, since the merge was undone or the report taken back."""

    TYPE: ClassVar[str] = "case.reporter_left.v1"
    reporter: str
    why: str
    """unmerged or withdrawn."""
    case: Code
    """The case of that report."""


class CaseReminded(Intake):
    """A reporter says that it is still not solved (催办): who answers should look at it; no clock begins anew."""

    TYPE: ClassVar[str] = "case.reminded.v1"
    reporter: str
    times: int
    """How often this case has been reminded of by now."""


class CaseSupplemented(Intake):
    """Somebody added to a report (补充说明): the words are in the dossier, where the handling unit reads them."""

    TYPE: ClassVar[str] = "case.supplemented.v1"
    reporter: str
    """The reporter who did; empty for the unit that handles or verifies the case, on the spot."""
    dossier: str
    photos: tuple[str, ...] = ()
    """SHA-256 of each photo as it is kept."""


class ReportReceived(Intake):
    """Answer to the source: the report is in, under this case and number; follow it at this path of intake."""

    TYPE: ClassVar[str] = "report.received.v1"
    report: OutsideId
    case: str
    number: str
    follow: str
    outcome: str
    """registered, solved_on_spot, held, merged, rejected."""
    rule: str | None = None
    link: str = ""
    """Path of intake at which whoever has it follows the case without an account: for the reporter alone."""


class ReportRejected(Intake):
    """Answer to the source: the message could not be taken; the rule and the field say why."""

    TYPE: ClassVar[str] = "report.rejected.v1"
    report: OutsideId | None
    rule: str
    field: str
    params: dict[str, str] = Field(default_factory=dict)


# ---- from outside

Photos = Annotated[tuple[Annotated[str, StringConstraints(max_length=200)], ...], Field(max_length=6)]
"""Keys that `POST /v1/photos` of intake gave."""


class ReportPlace(OutsideMessage):
    """Any of: a unit code, a point with its coordinate system, an address."""

    unit: Code | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    system: CoordinateSystem = CoordinateSystem.WGS84
    address: Annotated[str, StringConstraints(max_length=300)] | None = None


class Reporter(OutsideMessage):
    """Who reports; kept in the dossier only. Without any of them the report is anonymous."""

    id: OutsideId | None = None
    name: Annotated[str, StringConstraints(max_length=100)] | None = None
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None


class SolvedOnSpot(OutsideMessage):
    """What a grid member did on the spot."""

    what: Annotated[str, StringConstraints(min_length=2, max_length=1000)]
    evidence: Annotated[int, Field(ge=1, le=20)]


class Report(OutsideMessage):
    """A report on `reports.<source>.v1` or `POST /v1/reports`; the same (source, id) twice is one report."""

    TYPE: ClassVar[str] = "report.v1"
    KNOWN_FOR_EVER: ClassVar[bool] = True
    id: OutsideId
    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    """The longest of 5,698 real messages has 6,999 characters; 99 % have fewer than 2,300."""
    subject: Annotated[str, StringConstraints(max_length=200)] | None = None
    at: Instant | None = None
    place: ReportPlace | None = None
    matter: Code | None = None
    reporter: Reporter | None = None
    photos: Photos = ()
    raised_by: Code | None = None
    solved: SolvedOnSpot | None = None
    follows: Code | None = None
    """The case of an earlier report that was closed and not solved, as the offer after a late rating names it."""
    same_as: Code | None = None
    """The open case that the reporter knew again among those shown as near (我也遇到): he joins it."""
    device: OutsideId | None = None
    """The sensor or camera that sounded; its repetitions shortly after are one report."""


class TriageCase(OutsideMessage):
    """A person names what the rules could not: matter and, if missing, place."""

    TYPE: ClassVar[str] = "case.triage.v1"
    matter: Code
    unit: Code | None = None


class RejectCase(OutsideMessage):
    """A person refuses a held report, naming the rule."""

    TYPE: ClassVar[str] = "case.reject.v1"
    rule: str


class MergeCase(OutsideMessage):
    """A person says that a case is one with another, which keeps the reporters of both."""

    TYPE: ClassVar[str] = "case.merge.v1"
    into: Code


class UnmergeCase(OutsideMessage):
    """A person undoes a merge, until the surviving case is handled; what was never classified is named now."""

    TYPE: ClassVar[str] = "case.unmerge.v1"
    matter: Code | None = None
    unit: Code | None = None


class KeepApart(OutsideMessage):
    """A person says that a case is none of those that were suspected."""

    TYPE: ClassVar[str] = "case.keep_apart.v1"


class Part(OutsideMessage):
    """One case of several that a report turns out to be: its matter, its place if another, what it is about."""

    matter: Code
    unit: Code | None = None
    text: Annotated[str, StringConstraints(min_length=2, max_length=1000)]


class SplitCase(OutsideMessage):
    """A person makes several cases of one."""

    TYPE: ClassVar[str] = "case.split_up.v1"
    parts: Annotated[tuple[Part, ...], Field(min_length=2, max_length=10)]


class WithdrawReport(OutsideMessage):
    """The reporter takes the report back."""

    TYPE: ClassVar[str] = "report.withdraw.v1"


class RemindCase(OutsideMessage):
    """A reporter says that it is still not solved (还没解决，催一下)."""

    TYPE: ClassVar[str] = "case.remind.v1"


class SupplementReport(OutsideMessage):
    """A reporter adds to what he said (补充说明)."""

    TYPE: ClassVar[str] = "report.supplement.v1"
    text: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
    photos: Photos = ()
