"""Which matters communities may be given beyond the list (准入审批): asked by a department, decided by the city.

Nanchang: powers, people and money go along (权随责走、费随事转). Silence refuses (domain §2.3). The record of a
matter is `admission:<matter>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from shared.kernel.admission import MatterAdmitted
from shared.kernel.clock import add, counted
from shared.kernel.decisions import Arm, Cancel, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

MECHANISM = "admission"
GROUNDS = ("admission.no_means", "admission.not_community", "admission.already_served", "admission.against_law")
"""The rules by which the city may refuse."""
LAPSED = "admission.lapsed"
LONGEST = 200

register(
    {
        "admission.already": ("事项 {matter} 已准入社区", "Communities may be given {matter} already"),
        "admission.pending": ("{department} 的申请尚未决定", "The request of {department} is not decided yet"),
        "admission.too_late": (
            "须提前 {ahead} 申请：最早 {earliest} 起实施",
            "To be asked for {ahead} ahead: from {earliest} at the earliest",
        ),
        "admission.without_means": (
            "须写明随之下放的人员和经费（权随责走、费随事转）",
            "Say which people and money go along with the matter",
        ),
        "admission.not_pending": ("没有待决定的准入申请：{matter}", "No request waits for a decision: {matter}"),
        "admission.ground_needed": (
            "不予准入须引用以下规则之一：{rules}",
            "A refusal cites one of these rules: {rules}",
        ),
        "admission.no_means": ("人员、经费或权限未随事项下放", "People, money or powers do not go along"),
        "admission.not_community": ("不属于社区依法履职或协助的事项", "Not for communities to do or to assist by law"),
        "admission.already_served": ("已有渠道办理，不必进社区", "Served elsewhere already, not needed in communities"),
        "admission.against_law": ("法律法规不允许交由社区办理", "The law does not let communities do it"),
        "admission.lapsed": ("逾期未决定，视为不予准入", "Not decided in time, so refused"),
    }
)


class Standing(StrEnum):
    """Where the admission of a matter stands."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class RequestAdmission:
    powers: str
    people: int
    money: str
    from_on: date


@dataclass(frozen=True, slots=True)
class DecideAdmission:
    granted: bool
    rule: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawAdmission:
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRequested:
    matter: str
    department: str
    powers: str
    people: int
    money: str
    from_on: date
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionDecided:
    matter: str
    department: str
    granted: bool
    silent: bool
    rule: str | None
    why: str
    from_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionWithdrawn:
    matter: str
    department: str
    was: str
    why: str


@dataclass(frozen=True, slots=True)
class AdmissionRecord:
    """What is known of a matter's admission: the last request and what became of it."""

    standing: Standing
    department: str
    from_on: date


@dataclass(frozen=True, slots=True)
class AdmissionChange:
    """A private row: one version of the public list."""

    matter: str
    standing: str
    department: str
    from_on: date
    rule: str | None
    why: str
    at: datetime


decide = Deciders()
evolve = Evolution()
States = Mapping[str, AdmissionRecord | None]


@decide.on(RequestAdmission)
def request(states: States, message: Message, context: Context) -> Decision:
    """Ask that communities may be given a matter; the city has its time to decide."""
    matter, city, said = _matter(message, context), context.city, message.data
    if message.actor.kind != "department" or message.actor.id not in city.departments:
        raise _refuse(message, "admission.request.v1")
    known = states[message.subject]
    if city.matters[matter].admitted or (known and known.standing is Standing.GRANTED):
        raise Refused("admission.already", "matter", matter=city.matters[matter].name)
    if known and known.standing is Standing.REQUESTED:
        raise Refused("admission.pending", "matter", department=city.name_of(known.department))
    if said.people < 1 or not said.money.strip() or not said.powers.strip():
        raise Refused("admission.without_means", "people" if said.people < 1 else "money")
    ahead = city.clock("admission.ahead")
    earliest = city.calendar.local(add(message.acted_at, ahead, city.calendar)).date()
    if said.from_on < earliest:
        raise Refused("admission.too_late", "from_on", ahead=ahead, earliest=earliest.isoformat())
    decided = counted(message.acted_at, city.admission.decide)
    due = decided.at(city.calendar)
    fact = AdmissionRequested(
        matter=matter, department=message.actor.id, powers=mask(said.powers, LONGEST), people=said.people,
        money=mask(said.money, LONGEST), from_on=said.from_on, due_at=due,
    )  # fmt: skip
    return Decision(
        (Fact(fact),), (Arm("admission", due, mark=decided),), rows=(_change(fact, Standing.REQUESTED, "", message),)
    )


@decide.on(DecideAdmission)
def settle(states: States, message: Message, context: Context) -> Decision:
    """Admit the matter or refuse it by a rule: the city alone, never who asked."""
    matter, said = _matter(message, context), message.data
    if not _is_city(message, context):
        raise _refuse(message, "admission.decide.v1")
    known = _pending(states, message, matter)
    if not said.granted and said.rule not in GROUNDS:
        raise Refused("admission.ground_needed", "rule", rules=" ".join(GROUNDS))
    rule = None if said.granted else said.rule
    return _decided(matter, known, said.granted, rule, mask(said.why, LONGEST), message, silent=False)


@decide.on_due("admission")
def lapse(states: States, message: Message, context: Context) -> Decision:
    """Refuse what nobody decided in time."""
    known = states[message.subject]
    if known is None or known.standing is not Standing.REQUESTED:
        return Decision()
    return _decided(message.subject.partition(":")[2], known, False, LAPSED, "", message, silent=True)


@decide.on(WithdrawAdmission)
def withdraw(states: States, message: Message, context: Context) -> Decision:
    """Take a request back, by who made it, or a matter off the list, by the city."""
    matter, known = _matter(message, context), states[message.subject]
    if known is None or known.standing not in (Standing.REQUESTED, Standing.GRANTED):
        raise Refused("admission.not_pending", "matter", matter=matter)
    own = (message.actor.kind, message.actor.id) == ("department", known.department)
    if not (own if known.standing is Standing.REQUESTED else _is_city(message, context)):
        raise _refuse(message, "admission.withdraw.v1")
    why = mask(message.data.why, LONGEST)
    fact = AdmissionWithdrawn(matter=matter, department=known.department, was=known.standing.value, why=why)
    row = AdmissionChange(
        matter, Standing.WITHDRAWN.value, known.department, known.from_on, None, why, message.acted_at
    )
    gone = (MatterAdmitted(matter, None),) if known.standing is Standing.GRANTED else ()
    return Decision((Fact(fact),), (Cancel("admission"),), rows=(row, *gone))


def _decided(
    matter: str, known: AdmissionRecord, granted: bool, rule: str | None, why: str, message: Message, *, silent: bool
) -> Decision:
    fact = AdmissionDecided(
        matter=matter, department=known.department, granted=granted, silent=silent, rule=rule, why=why,
        from_on=known.from_on,
    )  # fmt: skip
    standing = Standing.GRANTED if granted else Standing.REFUSED
    given = (MatterAdmitted(matter, known.from_on),) if granted else ()
    return Decision((Fact(fact),), (Cancel("admission"),), rows=(_change(fact, standing, why, message, rule), *given))


def _change(fact: Any, standing: Standing, why: str, message: Message, rule: str | None = None) -> AdmissionChange:
    return AdmissionChange(fact.matter, standing.value, fact.department, fact.from_on, rule, why, message.acted_at)


def _matter(message: Message, context: Context) -> str:
    matter = message.subject.partition(":")[2]
    if MECHANISM not in context.city.mechanisms:
        raise Refused("mechanism.off", "", mechanism=MECHANISM)
    if matter not in context.city.matters:
        raise Refused("report.unknown_matter", "matter", matter=matter)
    return matter


def _pending(states: States, message: Message, matter: str) -> AdmissionRecord:
    known = states[message.subject]
    if known is None or known.standing is not Standing.REQUESTED:
        raise Refused("admission.not_pending", "matter", matter=matter)
    return known


def _is_city(message: Message, context: Context) -> bool:
    actor = message.actor
    return actor.kind == "operations" or (actor.kind == "unit" and actor.id == context.city.root.code)


def _refuse(message: Message, act: str) -> Refused:
    return Refused("actor.not_allowed", "authorization", actor=f"{message.actor.kind}.{message.actor.id}", act=act)


@evolve.on(AdmissionRequested)
def requested(state: AdmissionRecord | None, fact: AdmissionRequested, at: datetime) -> AdmissionRecord:
    """Wait for the city."""
    return AdmissionRecord(Standing.REQUESTED, fact.department, fact.from_on)


@evolve.on(AdmissionDecided)
def settled(state: AdmissionRecord, fact: AdmissionDecided, at: datetime) -> AdmissionRecord:
    """Stand on the list, or not."""
    return replace(state, standing=Standing.GRANTED if fact.granted else Standing.REFUSED)


@evolve.on(AdmissionWithdrawn)
def withdrawn(state: AdmissionRecord, fact: AdmissionWithdrawn, at: datetime) -> AdmissionRecord:
    """Leave the list."""
    return replace(state, standing=Standing.WITHDRAWN)
