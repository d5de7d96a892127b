"""Summing up (总结提升): what was learned, what is to change, what became of the changes before (domain §6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.feedback.domain.mechanism import require, require_operations
from services.feedback.domain.table import States, decide, evolve
from shared.kernel.decisions import Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.rules import register

register(
    {
        "summary.twice": ("{cycle} 已经总结过", "{cycle} has been summed up already"),
        "summary.unknown_code": ("没有这个{kind}：{code}", "No such {kind}: {code}"),
        "summary.none_alone": ("“不作改动”不能与其他结论并列", "No change stands alone, beside no other conclusion"),
        "summary.became": (
            "须逐条说明上次 {count} 条结论的落实情况",
            "Say what became of each of the {count} conclusions before",
        ),
        "summary.unchecked": (
            "{chain} 只完成 {done} 次抽检或回头看，至少 {least} 次后才能结束",
            "{chain} has {done} complete checks and cannot end with fewer than {least}",
        ),
    }
)


class ConclusionKind(StrEnum):
    """What a conclusion changes."""

    MATTER = "matter"
    LIMIT = "limit"
    LIST = "list"
    POLICY = "policy"
    NONE = "none"


class Fate(StrEnum):
    """What became of an earlier conclusion."""

    DONE = "done"
    UNDER_WAY = "under_way"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Conclusion:
    kind: ConclusionKind
    text: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Became:
    number: int
    fate: Fate
    text: str = ""


@dataclass(frozen=True, slots=True)
class CycleSummedUp:
    cycle: str
    learned: str
    conclusions: tuple[Conclusion, ...]
    became: tuple[Became, ...]


@dataclass(frozen=True, slots=True)
class SumUp:
    cycle: str
    learned: str
    conclusions: tuple[Conclusion, ...]
    became: tuple[Became, ...] = ()


@dataclass(frozen=True, slots=True)
class Summaries:
    """The cycles of a chain summed up so far, and the last summary."""

    cycles: tuple[str, ...]
    last: CycleSummedUp


QUARTERS = "quarters"
"""The chain of the city's quarters; every other one is a squad, a listed problem or a project, under its own code."""


def subject_of(chain: str) -> str:
    """Return the subject of a chain of summaries: the city's quarters, or one squad or problem."""
    return f"summary:{chain}"


@decide.on(SumUp)
def sum_up(states: States, message: Message, context: Context) -> Decision:
    """Sum up a cycle; each conclusion before is answered, each new one names what it changes."""
    asked: SumUp = message.data
    require(context.city, "five-stage-loop")
    require_operations(message.actor, "sum up")
    before: Summaries | None = states[message.subject]
    if before and asked.cycle in before.cycles:
        raise Refused("summary.twice", "cycle", cycle=asked.cycle)
    _check_checks(message, context)
    open_ones = [] if before is None else [c for c in before.last.conclusions if c.kind is not ConclusionKind.NONE]
    if sorted(one.number for one in asked.became) != list(range(1, len(open_ones) + 1)):
        raise Refused("summary.became", "became", count=len(open_ones))
    kinds = [conclusion.kind for conclusion in asked.conclusions]
    if ConclusionKind.NONE in kinds and len(kinds) > 1:
        raise Refused("summary.none_alone", "conclusions")
    for conclusion in asked.conclusions:
        _check_code(conclusion, context.city)
    conclusions = tuple(Conclusion(c.kind, mask(c.text), c.code) for c in asked.conclusions)
    became = tuple(Became(b.number, b.fate, mask(b.text)) for b in asked.became)
    return Decision((Fact(CycleSummedUp(asked.cycle, mask(asked.learned), conclusions, became)),))


def _check_checks(message: Message, context: Context) -> None:
    """Refuse to end a task cycle with fewer complete checks than the city asks for (workflows §4.8)."""
    chain = message.subject.partition(":")[2]
    if chain == QUARTERS or "spot-checks" not in context.city.mechanisms:
        return
    done: int = context.prepared.found[message.id]
    if done < (least := context.city.limits["checks_cycle"]):
        raise Refused("summary.unchecked", "cycle", chain=chain, done=done, least=least)


def _check_code(conclusion: Conclusion, city: Any) -> None:
    """Refuse a change of something that the city has not."""
    known: dict[ConclusionKind, Any] = {
        ConclusionKind.MATTER: city.matters,
        ConclusionKind.LIMIT: {**city.limits, **city.clocks, **city.shares},
        ConclusionKind.POLICY: {str(policy.version) for policy in city.policies},
    }
    if conclusion.kind in known and conclusion.code not in known[conclusion.kind]:
        raise Refused("summary.unknown_code", "conclusions", kind=conclusion.kind, code=conclusion.code)
    if conclusion.kind is ConclusionKind.LIST and not conclusion.code:
        raise Refused("summary.unknown_code", "conclusions", kind=conclusion.kind, code="")


@evolve.on(CycleSummedUp)
def summed_up(state: Summaries | None, fact: CycleSummedUp, at: datetime) -> Summaries:
    return Summaries((*(state.cycles if state else ()), fact.cycle), fact)
