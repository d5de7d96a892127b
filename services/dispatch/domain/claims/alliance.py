"""The alliance of a community (协同体、联盟): facts, messages, state (domain §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.rules import register

register(
    {
        "alliance.member": ("{party} 已是联盟成员", "{party} is a member already"),
        "alliance.no_member": ("{party} 不是联盟成员", "{party} is no member"),
        "alliance.kind": ("{party} 不能作为{kind}加入", "{party} cannot join as {kind}"),
        "alliance.taken": ("编号 {code} 已在使用", "{code} is in use already"),
        "alliance.unknown": ("没有登记 {code}", "{code} is not on record"),
        "pairing.not_paired": ("{department} 未与 {community} 结对", "{department} is not paired with {community}"),
        "pairing.not_own_grid": ("{grid} 不是 {community} 的网格", "{grid} is no grid of {community}"),
    }
)


class MemberKind(StrEnum):
    """What a member is; the last two are persons."""

    UNIT = "unit"
    ORGANISATION = "organisation"
    ENTERPRISE = "enterprise"
    TEAM = "team"
    PARTY_MEMBER = "party_member"
    VOLUNTEER = "volunteer"


PERSONS = frozenset({MemberKind.PARTY_MEMBER, MemberKind.VOLUNTEER})


@dataclass(frozen=True, slots=True)
class Member:
    party: str
    kind: MemberKind
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commissioner:
    post: str
    party: str
    centre: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A person or team of the pool, with what it can do and when."""

    resource: str
    party: str
    expert_class: str
    skills: tuple[str, ...]
    times: str

    def fits(self, wording: str) -> bool:
        """Tell whether a wish speaks of something that it can do."""
        return any(skill in wording for skill in self.skills)


@dataclass(frozen=True, slots=True)
class Alliance:
    """Members, commissioners, pool, and which paired unit answers for which grid."""

    community: str
    members: tuple[Member, ...] = ()
    commissioners: tuple[Commissioner, ...] = ()
    pool: tuple[Resource, ...] = ()
    assigned: tuple[tuple[str, str], ...] = ()

    def has(self, party: str) -> bool:
        """Tell whether it is a member."""
        return any(member.party == party for member in self.members)


# ---- facts


@dataclass(frozen=True, slots=True)
class MemberJoined:
    community: str
    party: str
    kind: MemberKind
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberLeft:
    community: str
    party: str
    why: str


@dataclass(frozen=True, slots=True)
class CommissionerAppointed:
    community: str
    post: str
    party: str
    centre: str


@dataclass(frozen=True, slots=True)
class CommissionerEnded:
    community: str
    post: str


@dataclass(frozen=True, slots=True)
class ResourcePooled:
    community: str
    resource: str
    party: str
    expert_class: str
    skills: tuple[str, ...]
    times: str


@dataclass(frozen=True, slots=True)
class ResourceUnpooled:
    community: str
    resource: str


@dataclass(frozen=True, slots=True)
class PairingAssignedOn:
    community: str
    department: str
    grid: str | None


# ---- messages


@dataclass(frozen=True, slots=True)
class JoinAlliance:
    party: str
    kind: MemberKind
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaveAlliance:
    party: str
    why: str


@dataclass(frozen=True, slots=True)
class AppointCommissioner:
    post: str
    party: str
    centre: str


@dataclass(frozen=True, slots=True)
class EndCommissioner:
    post: str


@dataclass(frozen=True, slots=True)
class PoolResource:
    resource: str
    party: str
    expert_class: str
    skills: tuple[str, ...]
    times: str


@dataclass(frozen=True, slots=True)
class UnpoolResource:
    resource: str


@dataclass(frozen=True, slots=True)
class AssignPairingOn:
    department: str
    grid: str | None = None


def subject_of_alliance(community: str) -> str:
    """Return the subject of a community's alliance."""
    return f"alliance:{community}"


def fitting(alliance: Alliance | None, wording: str) -> tuple[Resource, ...]:
    """Return who of the pool fits a wish, in the order of the pool."""
    return tuple(one for one in alliance.pool if one.fits(wording)) if alliance else ()
