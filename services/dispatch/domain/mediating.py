"""Mediating a dispute: open, name a mediator without interest, agree, fail, withdraw (domain §3.2, workflows §3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dispatch.domain import dispute as d
from services.dispatch.domain import heard
from services.dispatch.domain.dispute import MOVES, Dispute, Mediation
from services.dispatch.domain.mechanism import require
from services.dispatch.domain.order import Order, Status
from shared.kernel.decisions import NOTHING, Actor, Context, Deciders, Decision, Evolution, Fact, Message
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register

register(
    {
        "dispute.kind": ("事项 {matter} 不是矛盾纠纷", "The matter {matter} is no dispute"),
        "dispute.order": ("{now}状态的事项不能调解", "No mediation while the order is {now}"),
        "dispute.twice": ("此纠纷已立案调解", "This dispute has been opened already"),
        "dispute.not_opened": ("此事项没有立案调解", "No mediation was opened for this case"),
        "dispute.not_yours": ("此步骤不由 {actor} 办理", "This step is not {actor}'s to take"),
        "dispute.party_twice": ("当事人编号重复", "A party's id stands twice"),
        "dispute.post": ("没有可以调解的岗位：{mediator}", "No post that may mediate here: {mediator}"),
        "dispute.interested": ("{mediator} 与纠纷有利害关系", "{mediator} has an interest in the dispute"),
        "dispute.declaration": ("调解员须声明与纠纷没有利害关系", "A mediator declares that he has no interest in it"),
        "dispute.unsigned": ("尚有当事人没有签字：{parties}", "Not signed by {parties}"),
        "dispute.untold": ("须告知当事人依法解决的途径", "The parties must be told the lawful ways"),
        "dispute.not_agreed": ("没有可以打印的协议", "There is no agreement to print"),
        "dispute.running": ("调解还没有结束", "The mediation has not ended"),
    }
)

decide = Deciders()
evolve = Evolution()
_OPEN = frozenset({Status.WAITING, Status.DISPATCHED, Status.ACCEPTED})
_GOES_ON = _OPEN | {Status.ESCALATED}
"""What is at a meeting already may still be settled by its parties."""
_LEVELS = frozenset({"subgrid", "grid", "community"})


@dataclass(frozen=True, slots=True)
class Act:
    """A step, whether the mediator takes it or the community, and where it leads."""

    name: str
    by_mediator: bool
    to: Mediation


ACTS: Mapping[type, Act] = {
    d.NameMediator: Act("name_mediator", False, Mediation.MEDIATING),
    d.ReachAgreement: Act("agree", True, Mediation.SUCCEEDED),
    d.FailDispute: Act("fail", True, Mediation.FAILED),
    d.WithdrawDispute: Act("withdraw", False, Mediation.WITHDRAWN),
}
"""A community names and withdraws, as does the grid that opened it; only the mediator says how it ended."""


@decide.on(d.OpenDispute)
def open_dispute(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Open the mediation of a case: by the community of its place, or a grid of it."""
    asked: d.OpenDispute = message.data
    city = context.city
    require(city, "mediation")
    order = _order(states, message)
    matter = city.matters.get(order.matter)
    if matter is None or matter.kind.value != "dispute":
        raise Refused("dispute.kind", "order", matter=order.matter)
    opener = _desk(message)
    here = {unit.code for unit in city.lineage(order.unit) if unit.level.value in _LEVELS}
    if opener not in here:
        raise Refused("dispute.not_yours", "actor", actor=opener)
    if order.status not in _OPEN:
        raise Refused("dispute.order", "order", now=order.status.value)
    if order.dispute is not None:
        raise Refused("dispute.twice", "order")
    ids = [party.id for party in asked.parties]
    if len(set(ids)) < len(ids):
        raise Refused("dispute.party_twice", "parties")
    community = next((unit.code for unit in city.lineage(order.unit) if unit.level.value == "community"), opener)
    interested = tuple(sorted({code for party in asked.parties for code in party.interested}))
    fact = d.DisputeOpened(community, opener, len(ids), interested)
    rows = [d.PartyRow(message.subject, party.id, party.name, party.phone) for party in asked.parties]
    text = d.DisputeText(message.subject, asked.about, (), (), message.acted_at)
    return Decision((Fact(fact),), rows=(*rows, text))


@decide.on(d.NameMediator)
def name_mediator(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Name a post of the grid, of a building group or of the community that has no interest, as it declares."""
    _, found = _admit(states, message)
    asked: d.NameMediator = message.data
    unit, _, post = asked.mediator.partition(":")
    city = context.city
    is_here = unit in city.units and city.is_within(unit, found.community)
    if not is_here or post not in city.posts or city.posts[post].level is not city.units[unit].level:
        raise Refused("dispute.post", "mediator", mediator=asked.mediator)
    if not asked.no_interest:
        raise Refused("dispute.declaration", "no_interest")
    if {unit, asked.mediator} & set(found.interested):
        raise Refused("dispute.interested", "mediator", mediator=asked.mediator)
    return Decision((Fact(d.MediatorNamed(asked.mediator, unit)),))


@decide.on(d.ReachAgreement)
def agree(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Enter the agreement that every party has signed; its words go into the dossier."""
    _, found = _admit(states, message)
    asked: d.ReachAgreement = message.data
    lacking = [party for n in range(1, found.parties + 1) if (party := f"p{n}") not in asked.signed]
    if lacking:
        raise Refused("dispute.unsigned", "signed", parties="、".join(lacking))
    fact = d.DisputeSucceeded(found.mediator, found.parties, len(asked.clauses))
    text = d.DisputeText(message.subject, None, asked.clauses, tuple(sorted(set(asked.signed))), message.acted_at)
    return Decision((Fact(fact),), rows=(text, *_gone(found, message.subject)))


@decide.on(d.FailDispute)
def fail(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Give up, the parties having been told the lawful ways; the case may now be proposed as a topic."""
    _, found = _admit(states, message)
    told: tuple[str, ...] = message.data.told
    if not told:
        raise Refused("dispute.untold", "told")
    fact = d.DisputeFailed(found.mediator, tuple(dict.fromkeys(told)))
    return Decision((Fact(fact),), rows=_gone(found, message.subject))


@decide.on(d.WithdrawDispute)
def withdraw(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Take it back for the parties; it counts neither as settled nor as failed."""
    _, found = _admit(states, message)
    return Decision((Fact(d.DisputeWithdrawn(False)),), rows=_gone(found, message.subject))


@decide.on(heard.ResidentErased)
def erase(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Delete names and words of the dispute, as a reporter is a party or speaks for one; while it runs, at its end.

    The others who report it still need their mediator, and he needs to know between whom.
    """
    order: Order | None = states[message.subject]
    if order is None or order.dispute is None or order.dispute.is_running:
        return NOTHING
    return Decision(rows=(d.DisputeErased(message.subject),))


def _gone(found: Dispute, case: str) -> tuple[d.DisputeErased, ...]:
    return (d.DisputeErased(case),) if found.forget else ()


def check_reader(actor: Actor, unit: str) -> None:
    """Refuse names to everybody but one unit, whoever else may act on the case."""
    if actor.kind not in ("unit", "post") or actor.id.partition(":")[0] != unit:
        raise Refused("actor.not_allowed", "authorization", actor=f"{actor.kind}.{actor.id}", act="read the dispute")


def ended_with(order: Order, case: str) -> Decision:
    """Return what the end of an order means to a mediation that still runs."""
    if order.dispute is None or not order.dispute.is_running:
        return NOTHING
    return Decision((Fact(d.DisputeWithdrawn(True)),), rows=_gone(order.dispute, case))


def check_over(order: Order) -> None:
    """Refuse to finish an order while its dispute is being mediated."""
    if order.dispute is not None and order.dispute.is_running:
        raise Refused("dispute.running", "order")


def _order(states: Mapping[str, Any], message: Message) -> Order:
    order: Order | None = states[message.subject]
    if order is None:
        raise Refused("subject.unknown", "order", subject=message.subject)
    return order


def _desk(message: Message) -> str:
    actor = message.actor
    if actor.kind not in ("unit", "post"):
        raise Refused("actor.not_allowed", "actor", actor=f"{actor.kind} {actor.id}", act="mediate")
    return actor.id.partition(":")[0]


def _admit(states: Mapping[str, Any], message: Message) -> tuple[Order, Dispute]:
    """Return order and dispute, or refuse a step that is not the caller's or not now."""
    order = _order(states, message)
    found = order.dispute
    if found is None:
        raise Refused("dispute.not_opened", "order")
    act, desk = ACTS[type(message.data)], _desk(message)
    is_post = message.actor.kind == "post"
    if act.by_mediator:
        is_his = message.actor.id == found.mediator if is_post else desk == found.reader
    else:
        is_his = desk in (found.community, found.opened_by)
    if not is_his:
        raise Refused("dispute.not_yours", "actor", actor=message.actor.id)
    if order.status not in _GOES_ON:
        raise Refused("dispute.order", "order", now=order.status.value)
    MOVES.check(found.status, act.to)
    return order, found


# ---- evolution


@evolve.on(d.DisputeOpened)
def opened(order: Order, fact: d.DisputeOpened, at: datetime) -> Order:
    dispute = Dispute(Mediation.OPENED, fact.community, fact.opened_by, fact.parties, fact.interested)
    return replace(order, dispute=dispute)


def _moved(order: Order, to: Mediation, **more: Any) -> Order:
    return order if order.dispute is None else replace(order, dispute=replace(order.dispute, status=to, **more))


@evolve.on(heard.ResidentErased)
def remembered(order: Order | None, fact: heard.ResidentErased, at: datetime) -> Order | None:
    """Remember that its names and words are to go, while it runs."""
    if order is None or order.dispute is None or not order.dispute.is_running:
        return order
    return replace(order, dispute=replace(order.dispute, forget=True))


@evolve.on(d.MediatorNamed)
def mediating(order: Order, fact: d.MediatorNamed, at: datetime) -> Order:
    return _moved(order, Mediation.MEDIATING, mediator=fact.mediator)


@evolve.on(d.DisputeSucceeded)
def succeeded(order: Order, fact: d.DisputeSucceeded, at: datetime) -> Order:
    return _moved(order, Mediation.SUCCEEDED)


@evolve.on(d.DisputeFailed)
def failed(order: Order, fact: d.DisputeFailed, at: datetime) -> Order:
    return _moved(order, Mediation.FAILED)


@evolve.on(d.DisputeWithdrawn)
def withdrawn(order: Order, fact: d.DisputeWithdrawn, at: datetime) -> Order:
    return _moved(order, Mediation.WITHDRAWN)
