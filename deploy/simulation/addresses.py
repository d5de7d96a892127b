"""What an address of the platform's HTTP means to its rules: which message, about which subject, whether it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.dispatch.api import COMMANDS as OF_ORDERS
from services.dispatch.domain.claims.alliance import subject_of_alliance
from services.dispatch.domain.claims.item import subject_of_item
from services.dispatch.domain.claims.project import subject_of_project
from services.dispatch.domain.claims.wish import subject_of_wish
from services.dispatch.domain.claims.wishing import community_of
from services.dispatch.domain.double_duty import activity_of
from services.dispatch.domain.roster import roster_of
from services.dispatch.routes.alliance import ACTS as OF_ALLIANCES
from services.dispatch.routes.dispute import COMMANDS as OF_DISPUTES
from services.dispatch.routes.listing import ACTS as OF_ITEMS
from services.dispatch.routes.membership import ACTS as OF_ACTIVITIES
from services.dispatch.routes.project import ACTS as OF_PROJECTS
from services.dispatch.routes.state import key_of
from services.dispatch.routes.whistle import COMMANDS as OF_WHISTLES
from services.dispatch.routes.wish import ACTS as OF_WISHES
from services.escalation.api import OF_TOPICS, own_id
from services.escalation.routes.councils import COMMANDS as OF_COUNCILS
from services.escalation.routes.meetings import OF_MEETINGS
from services.feedback.domain.draw import subject_of as draw_of
from services.feedback.domain.summary import subject_of as summary_of
from services.feedback.routes.officer import COMMANDS as OF_RATINGS
from services.intake.api import COMMANDS as OF_CASES
from services.intake.routes.ground_work import COMMANDS as OF_GROUND
from services.intake.routes.ground_work import SUBJECTS
from shared.city.model import City
from shared.contracts.base import Contract
from shared.contracts.escalation import ProposeTopic
from shared.contracts.feedback import Rating
from shared.contracts.list_item import DraftItem
from shared.contracts.membership import CheckIn, ClaimDuty
from shared.contracts.project import ClaimProject
from shared.contracts.supervision import FreezeDraw, RecordCheck, SumUp
from shared.contracts.whistle import SoundWhistle
from shared.contracts.wish import OrderWish
from shared.kernel.decisions import Actor

_COMMANDS: Mapping[str, Mapping[str, type[Contract]]] = {
    "orders": {**OF_ORDERS, **OF_DISPUTES},
    "whistles": OF_WHISTLES,
    "wishes": OF_WISHES,
    "items": OF_ITEMS,
    "projects": OF_PROJECTS,
    "meetings": OF_MEETINGS,
    "topics": OF_TOPICS,
}
"""What `POST /v1/<collection>/{id}/<verb>` says; that of cases depends on the service."""
_OF_CASES = {"intake": OF_CASES, "feedback": OF_RATINGS}


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message, its subject, what of it stands in the address; `begins` where it may make the subject."""

    contract: type[Contract]
    subject: str
    given: Mapping[str, Any] = field(default_factory=dict)
    begins: bool = False


def addressed(city: City, actor: Actor, service: str, path: str, body: Mapping[str, Any], key: str) -> Addressed:
    """Return what a post to this path is. Raises KeyError for an address that is none."""
    _, _, collection, *rest = path.split("/")
    if not rest:
        return _BEGINS[collection](city, actor, body, key)
    if collection == "draws":
        return _of_draw(rest, body)
    if collection == "summaries":
        return Addressed(SumUp, summary_of(rest[0]), begins=True)
    if collection == "alliances":
        return Addressed(OF_ALLIANCES[rest[1]], subject_of_alliance(rest[0]), begins=True)
    if collection in SUBJECTS:
        return Addressed(OF_GROUND[collection, rest[1]], f"{SUBJECTS[collection]}:{rest[0]}", begins=True)
    if collection == "councils":
        return Addressed(OF_COUNCILS[rest[1]], f"council:{rest[0]}")
    if collection == "lists":
        return Addressed(DraftItem, subject_of_item(rest[0], key_of(actor, key)), begins=True)
    if collection == "members":
        return _of_member(rest[0], rest[1], body)
    if collection == "communities" and rest[1] == "projects":
        return Addressed(ClaimProject, subject_of_project(rest[0], key_of(actor, key)), begins=True)
    if collection == "communities":
        return Addressed(OF_ACTIVITIES[rest[3]], activity_of(rest[0], rest[2]))
    subject, verb = rest
    contract = (_OF_CASES[service] if collection == "cases" else _COMMANDS[collection])[verb]
    given = {"order": subject} if "order" in contract.model_fields else {}
    return Addressed(contract, f"whistle:{subject}" if collection == "whistles" else subject, given)


def _of_member(member: str, verb: str, body: Mapping[str, Any]) -> Addressed:
    if verb == "check-in":
        return Addressed(CheckIn, roster_of(str(body["unit"])), {"member": member}, begins=True)
    return Addressed(ClaimDuty, activity_of(str(body["community"]), member), {"member": member}, begins=True)


def _of_draw(rest: list[str], body: Mapping[str, Any]) -> Addressed:
    unit, quarter, kind, verb = rest
    if verb == "freeze":
        given = {"unit": unit, "quarter": quarter, "kind": kind}
        return Addressed(FreezeDraw, draw_of(unit, quarter, kind, body.get("cycle")), given, begins=True)
    cycle = verb.partition("?cycle=")[2] or None
    return Addressed(RecordCheck, draw_of(unit, quarter, kind, cycle))


def _wish(city: City, actor: Actor, body: Mapping[str, Any], key: str) -> Addressed:
    community = community_of(str(body["place"]), city) or ""
    return Addressed(OrderWish, subject_of_wish(community, key_of(actor, key)), begins=True)


def _topic(city: City, actor: Actor, body: Mapping[str, Any], key: str) -> Addressed:
    cases = body.get("cases")
    own = own_id(f"{city.code}/{actor.kind}.{actor.id}/{key}")
    return Addressed(ProposeTopic, str(cases[0]) if cases else own, begins=not cases)


_BEGINS: Mapping[str, Callable[[City, Actor, Mapping[str, Any], str], Addressed]] = {
    "ratings": lambda city, actor, body, key: Addressed(Rating, ""),
    "topics": _topic,
    "whistles": lambda city, actor, body, key: Addressed(SoundWhistle, f"whistle:{own_id(key)}", begins=True),
    "wishes": _wish,
}
"""What `POST /v1/<collection>` begins."""
