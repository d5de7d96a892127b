"""A draw that anybody can compute again (抽检、回头看、两随机): its arithmetic, facts and state (workflows §4.8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from math import ceil

from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "draw.exists": ("本季度该单位的此类检查已定样", "The sample of this unit, quarter and kind is fixed already"),
        "draw.own": ("单位 {unit} 不能抽查自己", "{unit} may not fix what it is itself checked on"),
        "draw.inspector_twice": ("检查人 {inspector} 重复", "Inspector {inspector} is named twice"),
        "draw.quarter": ("{quarter} 不是当前季度", "{quarter} is not the present quarter"),
        "draw.too_many": ("可抽事项 {count} 件，超过 {most} 件", "{count} cases to draw from, more than {most}"),
        "draw.not_made": ("尚未抽出", "Nothing has been drawn yet"),
        "draw.not_drawn": ("事项 {case} 未被抽中", "Case {case} was not drawn"),
        "draw.households": ("满意度调查须给出不重复的户代码", "A survey draws from households, each named once"),
        "draw.no_check": (
            "抽出的户由问卷作答，不作检查",
            "Drawn households answer the survey; nothing is checked there",
        ),
        "draw.checked": ("事项 {case} 已检查过", "Case {case} has been checked already"),
    }
)

MOST_CASES = 5000
"""So that a frozen population fits into one message: a hundred bytes each."""


class CheckKind(StrEnum):
    """What is drawn."""

    SPOT_CHECK = "spot_check"
    LOOK_BACK = "look_back"
    INSPECTION = "inspection"
    SURVEY = "survey"
    """Households to be asked in the yearly satisfaction survey; the inspectors are who asks at the door."""


class Status(StrEnum):
    """Where a draw stands."""

    FROZEN = "frozen"
    MADE = "made"
    COMPLETED = "completed"


MOVES: Transitions[Status] = Transitions(
    {Status.FROZEN: {Status.MADE, Status.COMPLETED}, Status.MADE: {Status.COMPLETED}, Status.COMPLETED: set()}
)


@dataclass(frozen=True, slots=True)
class DrawCase:
    id: str
    matter: str = ""
    place: str = ""
    barred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspector:
    id: str
    unit: str


@dataclass(frozen=True, slots=True)
class Pair:
    case: str
    inspector: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of the city's ledger at the end of a day."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Draw:
    """What was frozen, what was drawn, and which of it has been checked: case -> passed."""

    kind: CheckKind
    unit: str
    quarter: str
    cycle: str | None
    cases: tuple[DrawCase, ...]
    inspectors: tuple[Inspector, ...]
    head_on: date
    status: Status = Status.FROZEN
    head: str = ""
    seed: str = ""
    pairs: tuple[Pair, ...] = ()
    checked: tuple[tuple[str, bool], ...] = ()


# ---- facts


@dataclass(frozen=True, slots=True)
class DrawFrozen:
    kind: CheckKind
    asked: CheckKind
    unit: str
    quarter: str
    cycle: str | None
    cases: tuple[DrawCase, ...]
    inspectors: tuple[Inspector, ...]
    head_on: date


@dataclass(frozen=True, slots=True)
class DrawMade:
    head: str
    head_seq: int
    seed: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class CheckDone:
    case: str
    inspector: str | None
    passed: bool
    finding: str
    follow_up: str | None = None


@dataclass(frozen=True, slots=True)
class DrawCompleted:
    kind: CheckKind
    unit: str
    quarter: str
    cycle: str | None
    checked: int
    passed: int


@dataclass(frozen=True, slots=True)
class CheckFailed:
    draw: str
    of_case: str
    matter: str
    place: str
    finding: str


# ---- messages


@dataclass(frozen=True, slots=True)
class FreezeDraw:
    unit: str
    quarter: str
    kind: CheckKind
    inspectors: tuple[Inspector, ...]
    cycle: str | None = None
    households: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordCheck:
    case: str
    passed: bool
    finding: str


# ---- private rows


@dataclass(frozen=True, slots=True)
class Drawn:
    """A case was drawn; no look-back draws it again."""

    draw: str
    case_id: str
    kind: str
    unit: str
    quarter: str
    cycle: str | None
    inspector: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a drawn case found, and the new case that it led to."""

    draw: str
    case_id: str
    passed: bool
    follow_up: str | None


@dataclass(frozen=True, slots=True)
class Completion:
    """A draw is complete and counts for the unit's duty of the quarter and for its cycle."""

    draw: str
    unit: str
    quarter: str
    cycle: str | None
    kind: str


# ---- arithmetic


def sample_size(population: int, least: int, share: Fraction) -> int:
    """Return how many are drawn: the share rounded up, at least so many, at most all."""
    return min(population, max(least, ceil(share * population)))


def seed_of(quarter: str, head: str) -> str:
    """Return the seed of a quarter and a ledger head, in lower-case hex."""
    return sha256(f"{quarter}|{head}".encode()).hexdigest()


def order(seed: str, kind: str, ids: Iterable[str]) -> list[str]:
    """Return ids in the order of their digests; `kind` is case or inspector."""
    return sorted(ids, key=lambda id_: sha256(f"{seed}|{kind}|{id_}".encode()).hexdigest())


def make(seed: str, size: int, cases: Sequence[DrawCase], inspectors: Sequence[Inspector]) -> tuple[Pair, ...]:
    """Return the first cases of the order, the k-th given to the k-th inspector in turn.

    An inspector barred by his own code or his unit's is skipped for that case; the next case keeps its own turn.
    """
    by_id = {case.id: case for case in cases}
    pool = {inspector.id: inspector for inspector in inspectors}
    turn = order(seed, "inspector", pool)
    pairs = []
    for k, id_ in enumerate(order(seed, "case", by_id)[:size]):
        barred = set(by_id[id_].barred)
        asked = (pool[turn[(k + step) % len(turn)]] for step in range(len(turn)))
        free = (inspector.id for inspector in asked if not {inspector.id, inspector.unit} & barred)
        pairs.append(Pair(id_, next(free, None)))
    return tuple(pairs)


def subject_of(unit: str, quarter: str, kind: str, cycle: str | None) -> str:
    """Return the subject of a draw: one for each unit, quarter, kind and cycle."""
    return f"draw:{unit}:{quarter}:{kind}" + (f":{cycle}" if cycle else "")


def quarter_of(on: date) -> str:
    """Return the quarter of a day, such as 2026Q3."""
    return f"{on.year}Q{(on.month + 2) // 3}"
