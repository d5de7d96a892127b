"""A street's consent (征得同意权、规划参与权): asked by a department; silence is no consent (domain §6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.feedback.domain.mechanism import refuse, require, require_unit, serves
from services.feedback.domain.table import States, decide, evolve, on_due
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "consent.exists": ("{code} 已经征询过", "{code} has been asked already"),
        "consent.no_street": ("{department} 在 {street} 没有派出机构", "{department} has no office at {street}"),
        "consent.answered": ("已经答复，不能再改", "It is answered already"),
        "consent.lapsed": ("答复期限已过，视为不同意", "Too late: silence was no consent"),
    }
)


class ConsentKind(StrEnum):
    """To an appointment, or to a plan."""

    APPOINTMENT = "appointment"
    PLAN = "plan"


class Status(StrEnum):
    """Where it stands."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    LAPSED = "lapsed"


MOVES: Transitions[Status] = Transitions(
    {
        Status.ASKED: {Status.AGREED, Status.REFUSED, Status.LAPSED},
        Status.AGREED: set(),
        Status.REFUSED: set(),
        Status.LAPSED: set(),
    }
)


@dataclass(frozen=True, slots=True)
class ConsentAsked:
    kind: ConsentKind
    department: str
    street: str
    about: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    department: str
    street: str
    agreed: bool
    lapsed: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class AskConsent:
    kind: ConsentKind
    street: str
    about: str


@dataclass(frozen=True, slots=True)
class AnswerConsent:
    agreed: bool
    why: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What was asked of a street, and what it said."""

    asked: ConsentAsked
    asked_at: datetime
    status: Status = Status.ASKED
    why: str = ""
    answered_at: datetime | None = None


def subject_of(street: str, code: str) -> str:
    """Return the subject of what is asked of a street under the asker's own code."""
    return f"consent:{street}:{code}"


@decide.on(AskConsent)
def ask(states: States, message: Message, context: Context) -> Decision:
    """Ask a street on whose ground the department has an office."""
    asked, city, actor = message.data, context.city, message.actor
    require(city, "street-rights")
    if actor.kind != "department":
        refuse(actor, "ask for consent")
    if states[message.subject] is not None:
        raise Refused("consent.exists", "code", code=message.subject.rpartition(":")[2])
    if not serves(actor.id, asked.street, city):
        raise Refused("consent.no_street", "street", department=actor.id, street=asked.street)
    answered = counted(message.acted_at, city.clock("consent"))
    until = answered.at(city.calendar)
    fact = ConsentAsked(asked.kind, actor.id, asked.street, mask(asked.about), until)
    return Decision((Fact(fact),), (Arm("consent", until, mark=answered),))


@decide.on(AnswerConsent)
def answer(states: States, message: Message, context: Context) -> Decision:
    """Answer as the street, once, exactly at the due instant still in time."""
    state: Consent | None = states.get(message.subject)
    if state is None:
        raise Refused("subject.unknown", "", subject=message.subject)
    require_unit(message.actor, state.asked.street, "answer for the street")
    if state.status is Status.LAPSED or (state.status is Status.ASKED and message.acted_at > state.asked.until):
        raise Refused("consent.lapsed", "")
    if state.status is not Status.ASKED:
        raise Refused("consent.answered", "status")
    said: AnswerConsent = message.data
    MOVES.check(state.status, Status.AGREED if said.agreed else Status.REFUSED)
    fact = ConsentAnswered(state.asked.department, state.asked.street, said.agreed, False, mask(said.why))
    return Decision((Fact(fact),), (Cancel("consent"),))


@on_due("consent")
def lapse(states: States, message: Message, context: Context) -> Decision:
    """Take silence as no consent."""
    state: Consent | None = states[message.subject]
    if state is None or state.status is not Status.ASKED:
        return NOTHING
    MOVES.check(state.status, Status.LAPSED)
    return Decision((Fact(ConsentAnswered(state.asked.department, state.asked.street, False, True)),))


@evolve.on(ConsentAsked)
def asked(state: Consent | None, fact: ConsentAsked, at: datetime) -> Consent:
    return Consent(fact, at)


@evolve.on(ConsentAnswered)
def answered(state: Consent, fact: ConsentAnswered, at: datetime) -> Consent:
    status = Status.LAPSED if fact.lapsed else Status.AGREED if fact.agreed else Status.REFUSED
    return replace(state, status=status, why=fact.why, answered_at=at)
