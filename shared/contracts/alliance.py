"""Alliances (协同体、党群服务联盟、组团共建): members, commissioners, resource pool, grids of units (domain §2.2).

Subject: `alliance:<community>`. A person in it is a code that the community gives; his name is nowhere here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Contract, Masked, OutsideMessage
from shared.contracts.wish import Words

Short = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class MemberKind(StrEnum):
    """What a member is; the last two are persons."""

    UNIT = "unit"
    ORGANISATION = "organisation"
    ENTERPRISE = "enterprise"
    TEAM = "team"
    PARTY_MEMBER = "party_member"
    VOLUNTEER = "volunteer"


class AllianceFact(Contract):
    """Stated of the alliance of one community."""

    SERVICE: ClassVar[str] = "dispatch"
    community: Code


class MemberJoined(AllianceFact):
    """A paired or resident unit, an organisation or a person joins with functions of its own."""

    TYPE: ClassVar[str] = "alliance.member_joined.v1"
    party: Code
    kind: MemberKind
    functions: tuple[Masked, ...] = ()


class MemberLeft(AllianceFact):
    """A member leaves; its posts and resources go with it."""

    TYPE: ClassVar[str] = "alliance.member_left.v1"
    party: Code
    why: Masked


class CommissionerAppointed(AllianceFact):
    """A member's post at a service centre takes and answers orders for it (服务专员)."""

    TYPE: ClassVar[str] = "commissioner.appointed.v1"
    post: Code
    party: Code
    centre: Masked


class CommissionerEnded(AllianceFact):
    """The post is no longer kept there."""

    TYPE: ClassVar[str] = "commissioner.ended.v1"
    post: Code


class ResourcePooled(AllianceFact):
    """A person or team with skills and times is in the pool (资源库、专家团队)."""

    TYPE: ClassVar[str] = "resource.pooled.v1"
    resource: Code
    party: Code
    expert_class: Masked
    skills: tuple[Masked, ...]
    times: Masked


class ResourceUnpooled(AllianceFact):
    """It is no longer in the pool."""

    TYPE: ClassVar[str] = "resource.unpooled.v1"
    resource: Code


class PairingAssignedOn(AllianceFact):
    """A paired unit answers for one grid of the community (部门责任落在网格里); None: for the whole community again."""

    TYPE: ClassVar[str] = "pairing.assigned_on.v1"
    department: Code
    grid: Code | None


# ---- messages of the desk


class JoinAlliance(OutsideMessage):
    """The community takes a member in."""

    TYPE: ClassVar[str] = "alliance.join.v1"
    party: Code
    kind: MemberKind
    functions: Annotated[tuple[Short, ...], Field(max_length=10)] = ()


class LeaveAlliance(OutsideMessage):
    """The member leaves, or the community ends its membership."""

    TYPE: ClassVar[str] = "alliance.leave.v1"
    party: Code
    why: Words


class AppointCommissioner(OutsideMessage):
    """The community enters a member's post at its service centre."""

    TYPE: ClassVar[str] = "commissioner.appoint.v1"
    post: Code
    party: Code
    centre: Short


class EndCommissioner(OutsideMessage):
    """The community ends such a post."""

    TYPE: ClassVar[str] = "commissioner.end.v1"
    post: Code


class PoolResource(OutsideMessage):
    """A member, or the community for it, enters a person or team."""

    TYPE: ClassVar[str] = "resource.pool.v1"
    resource: Code
    party: Code
    expert_class: Short
    skills: Annotated[tuple[Short, ...], Field(min_length=1, max_length=20)]
    times: Short


class UnpoolResource(OutsideMessage):
    """The same take it out."""

    TYPE: ClassVar[str] = "resource.unpool.v1"
    resource: Code


class AssignPairingOn(OutsideMessage):
    """The community assigns a paired unit on to a grid of its own, or back to all of it."""

    TYPE: ClassVar[str] = "pairing.assign_on.v1"
    department: Code
    grid: Code | None = None
