"""The holder asks: to hand back, for more time, for a pause, to be believed unable, to be released (workflows §3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dispatch.domain import clocks, replies, requests
from services.dispatch.domain.desk import admit
from services.dispatch.domain.facts import (
    ExtensionAsked,
    HandBackAsked,
    PartReleaseAsked,
    SuspensionAsked,
    UnableAsked,
    unchanged,
)
from services.dispatch.domain.order import PartState, Request
from shared.kernel.clock import Budget, add, is_on_time
from shared.kernel.decisions import Context, Deciders, Decision, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused

decide = Deciders()


@decide.on(replies.HandBack)
def hand_back(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Ask to hand back (退单), naming the clause and the right unit; the clock runs on until it is judged."""
    order, desk = admit(states, message, context.city)
    reply: replies.HandBack = message.data
    at, city = message.acted_at, context.city
    if not order.is_meeting_order and order.is_handled:
        raise Refused("order.hand_back_handled", "order")
    terms = requests.check(order, "hand_back", at, city, requests.made(order, "hand_back"))
    requests.check_window(order, at, city)
    is_known = reply.proposed in city.departments or reply.proposed in city.units
    judge = requests.judge_of(order, terms, desk, city, reply.proposed)
    if not is_known or reply.proposed in (desk, judge):
        raise Refused("order.hand_back_proposed", "proposed", proposed=reply.proposed)
    until = requests.judged_until(order, terms, at, city)
    fact = HandBackAsked(*unchanged(order), mask(reply.clause, 64), reply.proposed, mask(reply.note), judge, until)
    return requests.ask(order, message, city, fact, Request("hand_back", desk, judge, reply.proposed), until)


@decide.on(replies.AskExtension)
def extension(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Ask for more time (延期), long enough before the order is due; undecided by then it lapses."""
    order, desk = admit(states, message, context.city)
    reply: replies.AskExtension = message.data
    at, city = message.acted_at, context.city
    terms = requests.check(order, "extension", at, city, requests.made(order, "extension"))
    until = requests.judged_until(order, terms, at, city)
    before = city.clock("extension.before")
    if not is_on_time(add(at, before, city.calendar), until):
        raise Refused("order.extension_before", "order", before=before, until=until)
    most = clocks.original(order, city)
    if order.term is not None and order.term.budget.unit is not most.unit:
        most = order.term.budget  # a rework of an urgent order has the least that a rework has, in days
    if reply.more > most.amount:
        raise Refused("order.extension_most", "more", most=most)
    more = str(Budget(reply.more, most.unit))
    judge = requests.judge_of(order, terms, desk, city)
    fact = ExtensionAsked(*unchanged(order), more, mask(reply.why), judge, until)
    return requests.ask(order, message, city, fact, Request("extension", desk, judge, more=more), until)


@decide.on(replies.AskSuspension)
def suspension(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Ask to pause the clocks (挂账) for a listed cause; the unit above the dispatcher judges."""
    order, desk = admit(states, message, context.city)
    reply: replies.AskSuspension = message.data
    at, city = message.acted_at, context.city
    terms = requests.check(order, "suspension", at, city, requests.made(order, "suspension"))
    longest = city.clock("suspension.longest")
    if reply.days > longest.amount:
        raise Refused("order.suspension_longest", "days", longest=longest)
    judge = requests.judge_of(order, terms, desk, city)
    until = requests.judged_until(order, terms, at, city)
    fact = SuspensionAsked(*unchanged(order), reply.cause, reply.days, mask(reply.why), judge, until)
    request = Request("suspension", desk, judge, days=reply.days, cause=reply.cause)
    return requests.ask(order, message, city, fact, request, until)


@decide.on(replies.Unable)
def unable(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Say what was tried and which power, money or law is missing; it counts only when confirmed."""
    order, desk = admit(states, message, context.city)
    reply: replies.Unable = message.data
    at, city = message.acted_at, context.city
    terms = requests.check(order, "unable", at, city, requests.made(order, "unable"))
    judge = requests.judge_of(order, terms, desk, city)
    until = requests.judged_until(order, terms, at, city)
    fact = UnableAsked(*unchanged(order), reply.missing, mask(reply.tried), judge, until)
    return requests.ask(order, message, city, fact, Request("unable", desk, judge), until)


@decide.on(replies.AskRelease)
def release(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Ask to be released from a part; it stays due until the dispatcher drops it."""
    order, desk = admit(states, message, context.city)
    reply: replies.AskRelease = message.data
    at, city = message.acted_at, context.city
    part = order.part_of(desk)
    assert part is not None  # admit refuses otherwise
    if part.state is not PartState.OPEN:
        raise Refused("order.part_over", "order", state=part.state.value)
    terms = requests.check(order, "release", at, city, int(part.asked))
    judge = requests.judge_of(order, terms, desk, city)
    until = requests.judged_until(order, terms, at, city)
    fact = PartReleaseAsked(*unchanged(order), desk, mask(reply.why), judge, until)
    return requests.ask(order, message, city, fact, Request("release", desk, judge), until)
