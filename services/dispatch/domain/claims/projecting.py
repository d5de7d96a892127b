"""Claim, sign, run, confirm and rate a project by both sides (双向认领、契约化共建)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.dispatch.domain.claims.alliance import subject_of_alliance
from services.dispatch.domain.claims.item import Item, ItemClaimed, ItemShared, ItemUnclaimed, ListKind
from services.dispatch.domain.claims.party import CLAIMANTS, check_eligible
from services.dispatch.domain.claims.project import (
    ACTS,
    MOVES,
    ClaimProject,
    ConfirmProject,
    Project,
    ProjectConfirmed,
    ProjectDone,
    ProjectKind,
    ProjectLapsed,
    ProjectMatched,
    ProjectOffered,
    ProjectRated,
    ProjectStarted,
    ProjectStatus,
    RateProject,
    SignProject,
    Standing,
    StartProject,
)
from services.dispatch.domain.claims.table import States, decide, evolve, on_due
from services.dispatch.domain.mechanism import require
from shared.kernel.clock import counted
from shared.kernel.decisions import NOTHING, Arm, Cancel, Context, Decision, Fact, Message
from shared.kernel.masking import mask
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace

MECHANISM = {ProjectKind.PROJECT: "claimed-projects", ProjectKind.SHARING: "sharing-agreements"}


@decide.on(ClaimProject)
def claim(states: States, message: Message, context: Context) -> Decision:
    """Claim an item of the other side's list and sign; the first commit wins the item."""
    asked: ClaimProject = message.data
    city, actor = context.city, message.actor
    require(city, MECHANISM[asked.kind])
    community = message.subject.split(":")[1]
    side = actor.id if (actor.kind == "unit" and actor.id == community) or actor.kind in CLAIMANTS else ""
    if side not in (community, asked.partner) or asked.partner == community:
        raise Refused("project.sides", "partner")
    check_eligible(states, asked.partner, community, city)
    if states[message.subject] is not None:
        return NOTHING
    item: Item | None = states.get(asked.item)
    other = asked.partner if side == community else community
    if item is None or not item.is_published or item.community not in (None, community):
        raise Refused("project.item", "item", item=asked.item)
    if item.owner != other:
        raise Refused("project.sides", "item")
    if asked.kind is ProjectKind.SHARING and item.kind is not ListKind.RESOURCE:
        raise Refused("project.resource", "item")
    if item.project is not None:
        raise Refused("project.taken", "item", project=item.project)
    if not city.calendar.local(message.acted_at).date() <= asked.ends_on >= asked.starts_on:
        raise Refused("project.dates", "ends_on")
    sign = counted(message.acted_at, city.clock("project.sign"))
    due_at = sign.at(city.calendar)
    offered = ProjectOffered(
        ProjectStatus.OFFERED, community, asked.partner, due_at, asked.kind, asked.item, side, mask(asked.agreement),
        asked.starts_on, asked.ends_on,
    )  # fmt: skip
    claimed = Fact(ItemClaimed(asked.item, message.subject), asked.item)
    return Decision((Fact(offered), claimed), (Arm("project.sign", due_at, touches=(asked.item,), mark=sign),))


@decide.on(SignProject)
def sign(states: States, message: Message, context: Context) -> Decision:
    """Sign for the other side: the agreement is made; a shared resource can be booked from now on."""
    project, side = admit(states, message)
    if side in project.signed:
        raise Refused("project.signed", "by")
    MOVES.check(project.status, ProjectStatus.MATCHED)
    matched = ProjectMatched(ProjectStatus.MATCHED, project.community, project.partner, None, side)
    stopped: tuple[Cancel | Arm, ...] = (Cancel("project.sign"),)
    if project.kind is ProjectKind.SHARING:
        stopped = (*stopped, Arm("project.share", message.acted_at, touches=(project.item,)))
    return Decision((Fact(matched),), stopped)


@decide.on(StartProject)
def start(states: States, message: Message, context: Context) -> Decision:
    """Say that work has begun."""
    project, side = admit(states, message)
    MOVES.check(project.status, ProjectStatus.RUNNING)
    started = ProjectStarted(ProjectStatus.RUNNING, project.community, project.partner, None, side)
    return Decision((Fact(started),))


@decide.on(ConfirmProject)
def confirm(states: States, message: Message, context: Context) -> Decision:
    """Say for one side what was done; it is done when both have."""
    project, side = admit(states, message)
    if side in project.confirmed:
        raise Refused("project.said", "by", act="confirm")
    what = mask(message.data.what)
    if not project.confirmed:
        said = ProjectConfirmed(project.status, project.community, project.partner, None, side, what)
        return Decision((Fact(said),))
    MOVES.check(project.status, ProjectStatus.DONE)
    done = ProjectDone(ProjectStatus.DONE, project.community, project.partner, None, side, what)
    return Decision((Fact(done),), (Arm("project.free", message.acted_at, touches=(project.item,)),))


@decide.on(RateProject)
def rate(states: States, message: Message, context: Context) -> Decision:
    """Rate the other side, once."""
    project, side = admit(states, message)
    if any(by == side for by, _ in project.grades):
        raise Refused("project.said", "by", act="rate")
    status = ProjectStatus.RATED if project.grades else project.status
    if project.grades:
        MOVES.check(project.status, status)
    rated = ProjectRated(
        status, project.community, project.partner, None, side, project.other(side), message.data.grade
    )
    return Decision((Fact(rated),))


@on_due("project.sign")
def lapse(states: States, message: Message, context: Context) -> Decision:
    """Let an agreement lapse that only one side signed; its item is free again."""
    project: Project | None = states[message.subject]
    if project is None or project.status is not ProjectStatus.OFFERED:
        return NOTHING
    MOVES.check(project.status, ProjectStatus.LAPSED)
    lapsed = ProjectLapsed(ProjectStatus.LAPSED, project.community, project.partner, None)
    return Decision((Fact(lapsed), _freed(project, message.subject)))


@on_due("project.free")
def free(states: States, message: Message, context: Context) -> Decision:
    """Free the item of a project that is done; what was agreed to be shared stays shared."""
    project: Project | None = states[message.subject]
    return NOTHING if project is None else Decision((_freed(project, message.subject),))


@on_due("project.share")
def share(states: States, message: Message, context: Context) -> Decision:
    """Enter at the item who may book it."""
    project: Project | None = states[message.subject]
    if project is None:
        return NOTHING
    shared = ItemShared(project.item, message.subject, (project.community, project.partner))
    return Decision((Fact(shared, project.item),))


def admit(states: States, message: Message) -> tuple[Project, str]:
    """Return the project and the side that acts, or refuse anybody else, and a step that is not to be taken now."""
    project = states.get(message.subject)
    if not isinstance(project, Project):
        raise Refused("subject.unknown", "project", subject=message.subject)
    act, statuses = ACTS[type(message.data)]
    actor = message.actor
    side = project.community if actor.kind == "unit" else project.partner
    if actor.kind not in ("unit", *CLAIMANTS) or actor.id != side:
        raise Refused("project.side", "authorization", act=act)
    if project.status not in statuses:
        raise Refused("project.act_not_now", "status", now=project.status.value, act=act)
    return project, side


def touches(message: Message) -> tuple[str, ...]:
    """Name what a claim needs: the item, the circle of the community."""
    if not isinstance(message.data, ClaimProject) or message.subject.count(":") < 2:
        return ()
    return message.data.item, subject_of_alliance(message.subject.split(":")[1])


def _freed(project: Project, subject: str) -> Fact:
    return Fact(ItemUnclaimed(project.item, subject), project.item)


# ---- evolution


def _stand(project: Project, fact: Standing, **more: Any) -> Project:
    return replace(project, status=ProjectStatus(fact.status), due_at=fact.due_at, **more)


@evolve.on(ProjectOffered)
def offered(state: Project | None, fact: ProjectOffered, at: datetime) -> Project:
    return Project(
        ProjectKind(fact.kind), fact.community, fact.partner, fact.item, fact.agreement, fact.starts_on, fact.ends_on,
        due_at=fact.due_at, offered_at=at, signed=(fact.claimed_by,),
    )  # fmt: skip


@evolve.on(ProjectMatched)
def matched(state: Project, fact: ProjectMatched, at: datetime) -> Project:
    return _stand(state, fact, signed=(*state.signed, fact.signed_by), matched_at=at)


@evolve.on(ProjectLapsed, ProjectStarted)
def stands(state: Project, fact: Standing, at: datetime) -> Project:
    return _stand(state, fact)


@evolve.on(ProjectConfirmed, ProjectDone)
def confirmed(state: Project, fact: ProjectConfirmed | ProjectDone, at: datetime) -> Project:
    return _stand(state, fact, confirmed=(*state.confirmed, fact.by))


@evolve.on(ProjectRated)
def rated(state: Project, fact: ProjectRated, at: datetime) -> Project:
    return _stand(state, fact, grades=(*state.grades, (fact.by, fact.grade)))
