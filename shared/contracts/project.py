"""Two-way claimed projects and sharing agreements (双向认领、契约化共建、资源联享, workflows §3.5).

Subject: `project:<community>:<id>`. Both sides sign the agreement (共建协议书), both confirm, both rate.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.base import Code, Contract, Instant, Masked, OutsideMessage
from shared.contracts.wish import Subject, Words


class ProjectKind(StrEnum):
    """A piece of work done together, or a resource shared for a time."""

    PROJECT = "project"
    SHARING = "sharing"


class ProjectStatus(StrEnum):
    """Where a project stands."""

    OFFERED = "offered"
    MATCHED = "matched"
    RUNNING = "running"
    DONE = "done"
    RATED = "rated"
    LAPSED = "lapsed"


class Project(Contract):
    """Every project fact says where it stands after it, and between whom it is."""

    SERVICE: ClassVar[str] = "dispatch"
    status: ProjectStatus
    community: Code
    partner: Code
    due_at: Instant | None = None


class ProjectOffered(Project):
    """One side claims an item of the other's list and signs; the other signs until `due_at`, or it lapses."""

    TYPE: ClassVar[str] = "project.offered.v1"
    kind: ProjectKind
    item: Subject
    claimed_by: Code
    agreement: Masked
    starts_on: date
    ends_on: date


class ProjectMatched(Project):
    """Both have signed the agreement (双方签约)."""

    TYPE: ClassVar[str] = "project.matched.v1"
    signed_by: Code


class ProjectLapsed(Project):
    """Only one side signed in time."""

    TYPE: ClassVar[str] = "project.lapsed.v1"


class ProjectStarted(Project):
    """Work has begun, or the sharing is in force."""

    TYPE: ClassVar[str] = "project.started.v1"
    by: Code


class ProjectConfirmed(Project):
    """One side says that it is done; the other has not yet."""

    TYPE: ClassVar[str] = "project.confirmed.v1"
    by: Code
    what: Masked


class ProjectDone(Project):
    """Both sides say so."""

    TYPE: ClassVar[str] = "project.done.v1"
    by: Code
    what: Masked


class ProjectRated(Project):
    """One side rates the other; the status is `rated` once both have."""

    TYPE: ClassVar[str] = "project.rated.v1"
    by: Code
    rated: Code
    grade: int


# ---- messages of the desk


class ClaimProject(OutsideMessage):
    """A community claims from a unit's list, or a unit from the community's, and signs."""

    TYPE: ClassVar[str] = "project.claim.v1"
    kind: ProjectKind = ProjectKind.PROJECT
    item: Subject
    partner: Code
    agreement: Words
    starts_on: date
    ends_on: date


class SignProject(OutsideMessage):
    """The other side signs."""

    TYPE: ClassVar[str] = "project.sign.v1"


class StartProject(OutsideMessage):
    """Either side says that it has begun."""

    TYPE: ClassVar[str] = "project.start.v1"


class ConfirmProject(OutsideMessage):
    """One side says what was done."""

    TYPE: ClassVar[str] = "project.confirm.v1"
    what: Words


class RateProject(OutsideMessage):
    """One side rates the other, once."""

    TYPE: ClassVar[str] = "project.rate.v1"
    grade: Annotated[int, Field(ge=1, le=5)]
