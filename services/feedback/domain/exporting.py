"""Results handed over (实绩考核、述职评议、评先评优): a year's lines, kept as they were, under a digest (domain §6.3).

The platform decides neither money nor office: it says what it knows, side by side, and adds nothing up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from services.feedback.domain.assessment import Assessed, year_score
from services.feedback.domain.heard_work import ActivityAssessed
from services.feedback.domain.mechanism import require, require_operations
from services.feedback.domain.table import States, decide, evolve
from shared.kernel.decisions import Context, Decision, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "export.unpublished": (
            "{year}年度的评分尚未公布，不能输出",
            "The scores of {year} are not published yet",
        ),
        "export.nothing": ("{year}年度没有可输出的结果", "There is nothing of {year} to hand over"),
        "export.unchanged": (
            "与第 {revision} 次输出相同，无须再输出",
            "Nothing has changed since revision {revision}",
        ),
    }
)


class ExportKind(StrEnum):
    """What is handed over."""

    DEPARTMENTS = "departments"
    SECRETARIES = "secretaries"
    MEMBERS = "members"
    MERIT = "merit"


MECHANISMS = {
    ExportKind.DEPARTMENTS: ("appraisal-exports", "hundred-point"),
    ExportKind.SECRETARIES: ("appraisal-exports", "yearly-assessment"),
    ExportKind.MEMBERS: ("appraisal-exports", "double-post"),
    ExportKind.MERIT: ("pay-basis",),
}
"""What a city must have switched on: each export belongs to the cities whose documents have what it is made of."""
SCORED = ("composite", "place", "ranked", "tier", "policy", "revision", "frozen_at")
COLUMNS: Mapping[ExportKind, tuple[str, ...]] = {
    ExportKind.DEPARTMENTS: (
        "unit", "name", *SCORED, "hundred_point", "two_way", "street_rights", "checked", "passed",
        "part_late", "whistle_missed", "meeting_missed",
    ),
    ExportKind.SECRETARIES: (
        "unit", "name", "level", *SCORED, "two_way", "joint_review", "checked", "passed", "duties_missed",
    ),
    ExportKind.MEMBERS: ("member", "employer", "community", "grade", "activities", "hours", "policy"),
    ExportKind.MERIT: ("unit", "name", *SCORED, "stars", "claimed", "done", "members_excellent", "members_good"),
}  # fmt: skip
"""What a line says, in order."""
WORDS = {
    "unit": "代码", "name": "单位", "level": "层级", "composite": "年度三率综合", "place": "名次", "ranked": "排名总数",
    "tier": "分档", "policy": "评分办法版本", "revision": "公布版次", "frozen_at": "冻结时间",
    "hundred_point": "百分考核",
    "two_way": "双向考核", "street_rights": "街道评派出机构", "joint_review": "联评联考", "checked": "抽检件数",
    "passed": "抽检合格", "part_late": "逾期协办", "whistle_missed": "吹哨未报到", "meeting_missed": "缺席会议",
    "duties_missed": "定期事项未办", "member": "党员代码", "employer": "所在单位", "community": "社区", "grade": "等次",
    "activities": "活动次数", "hours": "活动时数", "stars": "最高星级", "claimed": "认领", "done": "办成",
    "members_excellent": "双岗双责优秀人数", "members_good": "双岗双责良好人数",
}  # fmt: skip
"""The columns as the office says them."""
UNITS = ("county", "street", "community")
"""Levels whose secretaries and leading groups are appraised."""


@dataclass(frozen=True, slots=True)
class ResultExported:
    kind: ExportKind
    year: int
    revision: int
    policy: str
    lines: int
    digest: str


@dataclass(frozen=True, slots=True)
class ExportResults:
    kind: ExportKind
    year: int


@dataclass(frozen=True, slots=True)
class Exports:
    """What was handed over last."""

    last: ResultExported
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberGrade:
    """A private row: a community's grade of a member's year, by the code that his own unit keeps."""

    community: str
    member: str
    year: int
    employer: str
    grade: str
    activities: int
    hours: int


@dataclass(frozen=True, slots=True)
class Exported:
    """A private row: the lines as they were handed over; `content` is the very text of the digest."""

    kind: str
    year: int
    revision: int
    digest: str
    content: str
    at: datetime


@dataclass(frozen=True, slots=True)
class YearResults:
    """What the tables know of a year; scores are the newest published ones, by unit."""

    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sessions: tuple[Assessed, ...] = ()
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """two_way, street_rights, joint_review -> unit -> score."""
    checks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Checked and passed."""
    deeds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stars: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    members: tuple[MemberGrade, ...] = ()


def subject_of(kind: str, year: int) -> str:
    """Return the subject of what is handed over of a year."""
    return f"export:{kind}:{year}"


def grades(message: Message) -> tuple[MemberGrade, ...]:
    """Return the row of a member's year that a community graded."""
    fact = message.data
    if not isinstance(fact, ActivityAssessed):
        return ()
    told = (fact.community, fact.member, fact.year, fact.employer, fact.grade, fact.activities, fact.hours)
    return (MemberGrade(*told),)


@decide.on(ExportResults)
def export(states: States, message: Message, context: Context) -> Decision:
    """Hand a year over as it stands published; the same again is refused, a change is the next revision."""
    asked: ExportResults = message.data
    city = context.city
    for mechanism in MECHANISMS[asked.kind]:
        require(city, mechanism)
    require_operations(message.actor, "hand results over")
    found: YearResults = context.prepared.found[message.id]
    if asked.kind is not ExportKind.MEMBERS and not found.scores:
        raise Refused("export.unpublished", "year", year=asked.year)
    version = str(city.policy_on(date(asked.year, 1, 1)).version)
    lines = tuple(_lines(asked.kind, found, city, version))
    if not lines:
        raise Refused("export.nothing", "year", year=asked.year)
    content = json.dumps(lines, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = sha256(content.encode()).hexdigest()
    state: Exports | None = states[message.subject]
    if state is not None and state.last.digest == digest:
        raise Refused("export.unchanged", "year", revision=state.last.revision)
    revision = state.last.revision + 1 if state else 1
    policies = {str(line["policy"]) for line in lines if line["policy"]}
    fact = ResultExported(asked.kind, asked.year, revision, ",".join(sorted(policies)) or version, len(lines), digest)
    return Decision(
        (Fact(fact),), rows=(Exported(asked.kind.value, asked.year, revision, digest, content, message.acted_at),)
    )


def _lines(kind: ExportKind, found: YearResults, city: Any, version: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of one kind, by code."""
    match kind:
        case ExportKind.DEPARTMENTS:
            codes = sorted(city.departments)
        case ExportKind.SECRETARIES:
            codes = sorted(unit.code for unit in city.units.values() if unit.level.value in UNITS)
        case ExportKind.MERIT:
            codes = sorted(found.scores.keys() | found.stars.keys() | found.deeds.keys())
        case _:
            for one in sorted(found.members, key=lambda member: (member.employer, member.member, member.community)):
                said = (one.member, one.employer, one.community, one.grade, one.activities, one.hours, version)
                yield dict(zip(COLUMNS[kind], said, strict=True))
            return
    for code in codes:
        known = _known(code, found, city)
        yield {name: known[name] for name in COLUMNS[kind]}


def _known(code: str, found: YearResults, city: Any) -> dict[str, Any]:
    """Return everything that is known of one unit's year."""
    score, deeds = found.scores.get(code, {}), found.deeds.get(code, {})
    graded = [one.grade for one in found.members if one.employer == code]
    unit = city.units.get(code)
    checked, passed = found.checks.get(code, (0, 0))
    return {
        "unit": code,
        "name": city.name_of(code),
        "level": unit.level.value if unit else "",
        **{name: score.get(name) for name in SCORED},
        "hundred_point": year_score(code, found.sessions).score,
        **{name: found.given.get(name, {}).get(code) for name in ("two_way", "street_rights", "joint_review")},
        "checked": checked,
        "passed": passed,
        "duties_missed": found.missed.get(code, 0),
        **{name: deeds.get(name, 0) for name in ("claimed", "done", "part_late", "whistle_missed", "meeting_missed")},
        "stars": found.stars.get(code),
        "members_excellent": graded.count("excellent"),
        "members_good": graded.count("good"),
    }


@evolve.on(ResultExported)
def exported(state: Exports | None, fact: ResultExported, at: datetime) -> Exports:
    return Exports(fact, at)
