"""The project claimed by two sides (双向认领): state table, facts, messages (workflows §3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.kernel.rules import register
from shared.kernel.transitions import Transitions

register(
    {
        "project.sides": (
            "双方须为社区和其结对单位或联盟成员，清单条目属于对方",
            "It is between a community and one of its circle, about an item of the other's list",
        ),
        "project.item": ("清单条目不能认领：{item}", "{item} cannot be claimed"),
        "project.taken": ("清单条目已由 {project} 认领", "{project} has claimed the item already"),
        "project.dates": ("起止日期不合要求", "It ends before it starts, or is over already"),
        "project.resource": ("资源联享须为资源清单的条目", "Only an item of a resource list is shared"),
        "project.side": ("只有签约双方可以办理：{act}", "Only the two sides may: {act}"),
        "project.signed": ("本方已经签约", "This side has signed already"),
        "project.act_not_now": ("{now}状态下不能办理：{act}", "Not possible while {now}: {act}"),
        "project.said": ("本方已经{act}", "This side did so already: {act}"),
    },
    {
        "offered": "待对方签约",
        "matched": "已签约",
        "running": "进行中",
        "done": "已完成",
        "rated": "已互评",
        "lapsed": "未签约失效",
        "sign": "签约",
        "start": "启动",
        "confirm": "确认完成",
        "rate": "评价",
    },
)


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


P = ProjectStatus
MOVES: Transitions[ProjectStatus] = Transitions(
    {
        P.OFFERED: {P.MATCHED, P.LAPSED},
        P.MATCHED: {P.RUNNING},
        P.RUNNING: {P.DONE},
        P.DONE: {P.RATED},
        P.RATED: set(),
        P.LAPSED: set(),
    }
)


@dataclass(frozen=True, slots=True)
class Project:
    """A project between a community and a partner; who has signed, confirmed, rated so far."""

    kind: ProjectKind
    community: str
    partner: str
    item: str
    agreement: str
    starts_on: date
    ends_on: date
    status: ProjectStatus = ProjectStatus.OFFERED
    due_at: datetime | None = None
    offered_at: datetime | None = None
    matched_at: datetime | None = None
    signed: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    grades: tuple[tuple[str, int], ...] = ()

    def other(self, side: str) -> str:
        """Return the other side."""
        return self.partner if side == self.community else self.community


# ---- facts


@dataclass(frozen=True, slots=True)
class Standing:
    status: ProjectStatus
    community: str
    partner: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProjectOffered(Standing):
    kind: ProjectKind
    item: str
    claimed_by: str
    agreement: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class ProjectMatched(Standing):
    signed_by: str


@dataclass(frozen=True, slots=True)
class ProjectLapsed(Standing):
    pass


@dataclass(frozen=True, slots=True)
class ProjectStarted(Standing):
    by: str


@dataclass(frozen=True, slots=True)
class ProjectConfirmed(Standing):
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class ProjectDone(Standing):
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class ProjectRated(Standing):
    by: str
    rated: str
    grade: int


# ---- messages


@dataclass(frozen=True, slots=True)
class ClaimProject:
    kind: ProjectKind
    item: str
    partner: str
    agreement: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SignProject:
    pass


@dataclass(frozen=True, slots=True)
class StartProject:
    pass


@dataclass(frozen=True, slots=True)
class ConfirmProject:
    what: str


@dataclass(frozen=True, slots=True)
class RateProject:
    grade: int


ACTS: Mapping[type, tuple[str, frozenset[ProjectStatus]]] = {
    SignProject: ("sign", frozenset({P.OFFERED})),
    StartProject: ("start", frozenset({P.MATCHED})),
    ConfirmProject: ("confirm", frozenset({P.RUNNING})),
    RateProject: ("rate", frozenset({P.DONE})),
}
"""Every step after the claim, and when either side may take it."""


def subject_of_project(community: str, key: str) -> str:
    """Return the subject of a project of a community."""
    return f"project:{community}:{key}"
