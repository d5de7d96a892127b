"""The parts of a city file, as frozen values: units, departments, matters, meeting levels, policies, sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from fractions import Fraction

from shared.kernel.clock import Budget


class UnitLevel(StrEnum):
    """The depth of a unit in the tree; `grid` is a second-level grid, `subgrid` a third-level one (楼栋网格)."""

    CITY = "city"
    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    SUBGRID = "subgrid"


class Rung(StrEnum):
    """The ladder of solving: each rung solves or passes up to the next."""

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    DEPARTMENT = "department"


class Kind(StrEnum):
    """What a report is about, by its nature."""

    PROBLEM = "problem"
    ENQUIRY = "enquiry"
    SERVICE = "service"
    WISH = "wish"
    DISPUTE = "dispute"
    OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class Names:
    """A name in both languages; Chinese is the official one."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Estate:
    """A residential estate (小区); it belongs to one second-level grid."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Landmark:
    """A place that people name in an address (地标): a school, a market, a park."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One node of the tree city → (county) → street → community → second-level grid → third-level grid.

    `merged` are the codes that other departments' grids gave to the same ground (多网合一); `stands_in` marks a unit
    that fills a missing level and has all its rights; `lacks` are the parties that an estate does not have.
    `numbers` says which buildings of which estate lie in a third-level grid: estate, first and last number.
    """

    code: str
    name: str
    level: UnitLevel
    parent: str | None = None
    households: int = 0
    residents: int = 0
    buildings: int = 0
    aliases: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    estates: tuple[Estate, ...] = ()
    stands_in: bool = False
    lacks: tuple[str, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    numbers: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Department:
    """A department or paired unit; `field` names the field of the leader who supervises it (分管领域).

    `reply_path` is `desk` (works in the console) or `stream` (subscribes to its own stream). `area` limits a field
    office or enforcement team to one unit's ground; empty means the whole city.
    """

    code: str
    name: str
    field: str
    reply_path: str
    kind: str = "department"
    area: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """A department tied to a community (包联、结对)."""

    department: str
    community: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post that each unit of a level has; who holds it is a record of the unit, never a name in the file."""

    code: str
    name: str
    level: UnitLevel
    ex_officio: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """One leaf of the three-level catalogue (事项目录).

    `handle` has a budget per rung that may hold it; `verify` is None where nothing is verified. `keywords` are the
    words by which a report without a matter is classified; `group` is the class of the simulated city.
    """

    code: str
    name: str
    path: tuple[str, str, str]
    kind: Kind
    group: str
    first_rung: Rung
    leads: tuple[str, ...]
    supports: tuple[str, ...]
    admitted: bool
    claimable: bool
    verified: bool
    urgent: bool
    accept: Budget
    handle: Mapping[Rung, Budget]
    verify: Budget | None
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """The list of what communities may be given (准入); `required` refuses everything that is not on it."""

    required: bool
    decide: Budget
    items: tuple[AdmissionItem, ...] = ()


@dataclass(frozen=True, slots=True)
class AdmissionItem:
    """One admitted matter: `kind` is statutory, assisting or certificate."""

    code: str
    name: str
    kind: str


PERIODS: Mapping[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Period of a cadence -> its months."""


def period_of(period: str, on: date) -> tuple[date, date]:
    """Return the first and last day of the period in which a day lies; periods begin with the year."""
    months = PERIODS[period]
    last = (on.month + months - 1) // months * months
    following = date(on.year + last // 12, last % 12 + 1, 1)
    return date(on.year, last - months + 1, 1), following - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a level meets, and on which days of the year (month, day): each a first and a last one that it may."""

    period: str
    slots: tuple[tuple[int, int, int], ...]
    """Month, first day, last day."""


PARTIES: Mapping[str, str] = {"branch": "小区党支部", "property": "物业服务企业", "owners": "业主委员会"}
"""The three parties of an estate's consultation; its branch always exists."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When, where and about what a level meets (三定); `{unit}` in the place stands for the body's unit."""

    opens: time = time(9)
    place: str = "{unit}党群服务中心"
    theme: str = "研究上会议题，通报议定事项落实情况"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the chain of joint meetings; `answer` is the limit from OPEN to the first adopted decision.

    `quorum` is a share of the standing members with `quorum_rule` `share`; `three_parties` asks for branch, property
    company and owners' committee each. `members` are the standing ones beside the convener: codes of posts and
    departments, or `below` (the units below), `paired` (the community's departments), `served` (those that lead
    matters); `guests` are the kinds of those who may be invited; `leaders` maps a field to the post in charge of it.
    """

    code: str
    names: Names
    unit_level: UnitLevel
    body_name: str
    convener: str
    secretary: str
    cadence: Cadence
    answer: Budget
    answer_urgent: Budget
    quorum_rule: str
    quorum: Fraction
    may_form_squad: bool
    may_list: bool
    excusable: bool = False
    slot: Slot = Slot()
    members: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    leaders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A standing member of a body: `kind` is post, unit, department or party (of the three-party consultation)."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Body:
    """The standing joint meeting (联席会) of one unit; its ledger bears the unit's code.

    `leaders` are the posts in charge of a field (分管领导), who call temporary meetings about it; `guests` may be
    invited; `excusable` bodies meet so often "in principle" only.
    """

    unit: str
    level: str
    name: str
    convener: str
    secretary: str
    members: tuple[Member, ...]
    quorum_rule: str
    quorum: Fraction
    slot: Slot = Slot()
    guests: tuple[str, ...] = ()
    leaders: Mapping[str, str] = field(default_factory=dict)
    excusable: bool = False

    @property
    def place(self) -> str:
        """Return where the body meets unless a call names another place."""
        return self.slot.place

    def leader_of(self, department_field: str) -> str:
        """Return the post that calls a temporary meeting about a field: its leader, if none the convener."""
        return self.leaders.get(department_field, self.convener)

    def is_quorate(self, present: Collection[str]) -> bool:
        """Tell whether the members present, by code, make a quorum (G5): the chair, more than half, the level's share.

        A three-party consultation asks for each party that exists; which of them still count is for the caller to say.
        """
        here = sum(member.code in present for member in self.members)
        if self.quorum_rule == "three_parties":
            return here == len(self.members)
        enough = here >= self.quorum * len(self.members) and 2 * here > len(self.members)
        return enough and self.convener in present


class Act(StrEnum):
    """The part of a party where the parties act one after the other: 协商、决策、执行、监督."""

    DELIBERATE = "deliberate"
    DECIDE = "decide"
    EXECUTE = "execute"
    OVERSEE = "oversee"


@dataclass(frozen=True, slots=True)
class Party:
    """One party of a council; `act` is its part where the parties act one after the other (四会联治)."""

    code: str
    name: str
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Council:
    """A template of councils (议事机构) beside the chain: each unit of a level has one; no ledger, no power.

    `quorum` is the share of the parties that must be present, the chairing one among them; 1 asks for all.
    """

    code: str
    names: Names
    unit_level: UnitLevel
    mechanism: str
    parties: tuple[Party, ...]
    chair: str
    quorum: Fraction
    period: str
    deals: str

    def period_on(self, on: date) -> tuple[date, date]:
        """Return the first and last day of the period in which a day lies and the council is to meet once."""
        return period_of(self.period, on)

    @property
    def decides_by_vote(self) -> bool:
        """Tell whether one of the parties decides by counted vote."""
        return any(party.act is Act.DECIDE for party in self.parties)

    @property
    def is_overseen(self) -> bool:
        """Tell whether one of the parties watches what was carried out."""
        return any(party.act is Act.OVERSEE for party in self.parties)

    def is_quorate(self, present: Collection[str]) -> bool:
        """Tell whether the parties present, by code, may deliberate."""
        here = sum(party.code in present for party in self.parties)
        return self.chair in present and here >= self.quorum * len(self.parties)


CALLEES = ("members", "departments")
"""Whom a whistle may call: Party members checked in at the place, or departments."""
WHISTLES = ("emergency", "joint", "stubborn", "volunteer")
"""Kinds of whistles: danger; several powers needed; one unit cannot; voluntary work (members alone)."""


@dataclass(frozen=True, slots=True)
class Whistling:
    """What units of one level may sound (吹哨报到): which kinds, and whom they call."""

    callees: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """One immutable version of how answers become scores, published before it takes effect; fractions are exact.

    `credits` maps the grade (5 very satisfied … 1 very dissatisfied) to its credit; `vetoes` are the single-item
    vetoes (一票否决) by what they are applied to; `tiers` (分档) put units beside those they may be compared with, all
    others stand beside their own kind.
    """

    version: int
    effective_from: date
    response: Fraction
    resolution: Fraction
    satisfaction: Fraction
    credits: Mapping[int, Fraction]
    exclusion_scope: str
    rank_from: int
    window: Budget
    freeze: Budget
    published_on: date
    vetoes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    yearly_only: tuple[UnitLevel, ...] = ()
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flapping:
    """When alarms of one sensor are one report, in minutes.

    One that was `quiet` for so long sounds anew; one that never rests is reported again after `longest`.
    """

    quiet: int
    longest: int


NEEDS = ("place", "reporter", "at", "matter", "device")
"""Fields of a report that a source may be asked for beside id and text."""


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody who may send reports; `ratable` is false for machines; `spot` may report what was solved on the spot.

    `default_unit` answers for a report of this source that does not say where it is; without it a person places those.
    `default_matter` is what a report is about that names none; all of an `urgent` source is urgent. A report beyond
    `a_minute` (0: any number), of more than `longest` characters (0: as many as any report), or without one of `needs`
    is refused. A `closed` source is registered and sends nothing.
    """

    code: str
    names: Names
    channel: str
    ratable: bool = True
    spot: bool = False
    default_unit: str | None = None
    default_matter: str | None = None
    urgent: bool = False
    closed: bool = False
    a_minute: int = 0
    longest: int = 0
    needs: tuple[str, ...] = ()
    flapping: Flapping | None = None


Ring = tuple[tuple[float, float], ...]
