"""Who a signed-in person is to the platform, and which pages and acts are for whom (workflows §1, console page §2).

The owning service decides every act again; these tables say what a page offers and what is refused before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.console.words import word
from shared.city.model import City, UnitLevel
from shared.kernel.decisions import Actor


class Role(StrEnum):
    """What a person may be at a unit or department."""

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    CLERK = "clerk"
    HEAD = "head"
    CONVENER = "convener"
    CHARGE = "charge"
    RECORDER = "recorder"
    OPERATIONS = "operations"
    INSPECTOR = "inspector"
    LEADER = "leader"
    ADMIN = "admin"


NAMES = {
    Role.GRID: word("网格员"),
    Role.COMMUNITY: word("社区经办"),
    Role.STREET: word("街道派单员"),
    Role.CLERK: word("部门经办"),
    Role.HEAD: word("部门负责人"),
    Role.CONVENER: word("召集人"),
    Role.CHARGE: word("分管领导"),
    Role.RECORDER: word("记录员"),
    Role.OPERATIONS: word("指挥中心"),
    Role.INSPECTOR: word("督查"),
    Role.LEADER: word("领导"),
    Role.ADMIN: word("管理员"),
}
AT_DEPARTMENT = frozenset({Role.CLERK, Role.HEAD})
AT_BODY = frozenset({Role.CONVENER, Role.RECORDER, Role.CHARGE})
CITY_WIDE = frozenset({Role.OPERATIONS, Role.INSPECTOR, Role.LEADER, Role.ADMIN})
LEVELS = {
    Role.GRID: frozenset({UnitLevel.GRID, UnitLevel.SUBGRID}),
    Role.COMMUNITY: frozenset({UnitLevel.COMMUNITY}),
    Role.STREET: frozenset({UnitLevel.STREET}),
}
EVERYBODY = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Post:
    """One role at one unit or department; `seat` is a leader's own post, since a body has one for each field."""

    role: Role
    at: str
    seat: str = ""

    def __str__(self) -> str:
        return f"{self.role}@{self.place}"

    @property
    def place(self) -> str:
        """Return where it is as it is written down: the unit or department, a leader in charge's own post after it."""
        return f"{self.at}:{self.seat}" if self.seat else self.at

    @classmethod
    def written(cls, role: str, place: str) -> Post:
        """Return a post from its role and place as they are written down; raises ValueError for an unknown role."""
        at, _, seat = place.partition(":")
        return cls(Role(role), at, seat)

    def actor(self, login: str, city: City) -> Actor:
        """Return as whom the services see a person at this post; a leader and an inspector read as operations."""
        if self.role in AT_DEPARTMENT:
            return Actor("department", self.at)
        if self.role in AT_BODY:
            body = city.bodies[self.at]
            seat = {Role.CONVENER: body.convener, Role.RECORDER: body.secretary}.get(self.role, self.seat)
            return Actor("post", f"{self.at}:{seat}")
        return Actor("operations", login) if self.role in CITY_WIDE else Actor("unit", self.at)


def check_post(post: Post, city: City) -> None:
    """Raise ValueError, naming the place, if the city has no such post."""
    role, at = post.role, post.at
    if role in AT_DEPARTMENT:
        known = at in city.departments
    elif role is Role.CHARGE:
        known = at in city.bodies and post.seat in city.bodies[at].leaders.values()
    elif role in AT_BODY:
        known = at in city.bodies
    elif role in CITY_WIDE:
        known = at == city.root.code
    else:
        known = at in city.units and city.units[at].level in LEVELS[role]
    if not known or bool(post.seat) is not (role is Role.CHARGE):
        raise ValueError(post.place)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the office: its address, its name in the navigation, whose it is."""

    key: str
    path: str
    name: str
    roles: frozenset[Role]
    under: str = ""
    """The page by whose tabs this one is reached instead of the navigation."""

    def is_at(self, path: str) -> bool:
        """Tell whether an address belongs to this page."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


PLACES = (
    Place("cockpit", "/", word("指挥台"), CITY_WIDE),
    Place("dispatch", "/dispatch", word("派单台"), frozenset({Role.STREET, Role.OPERATIONS})),
    Place("desk", "/desk", word("部门办件"), AT_DEPARTMENT),
    Place("community", "/community", word("社区台"), frozenset({Role.COMMUNITY})),
    Place("grid", "/g", word("网格工作台"), frozenset({Role.GRID})),
    Place("cases", "/cases", word("案件"), EVERYBODY),
    Place("intake", "/intake", word("提单"), frozenset({Role.OPERATIONS, Role.STREET, Role.COMMUNITY})),
    Place("meetings", "/meetings", word("联席会议"), EVERYBODY),
    Place("ledger", "/ledger", word("台账"), EVERYBODY - AT_DEPARTMENT),
    Place("lists", "/lists", word("清单"), EVERYBODY - AT_BODY),
    Place("scores", "/scores", word("评分"), EVERYBODY, "scores"),
    Place("callbacks", "/callbacks", word("回访"), CITY_WIDE, "scores"),
    Place("lookbacks", "/lookbacks", word("回头看"), EVERYBODY, "scores"),
    Place("assessment", "/assessment", word("百分考核"), EVERYBODY, "scores"),
    Place("stars", "/stars", word("双星"), EVERYBODY, "scores"),
    Place("appraisal", "/appraisal", word("考核与征询"), EVERYBODY, "scores"),
    Place("surveys", "/surveys", word("问卷与评选"), EVERYBODY, "scores"),
    Place("analysis", "/analysis", word("研判"), EVERYBODY),
    Place("system", "/system", word("运行状态"), frozenset({Role.ADMIN, Role.OPERATIONS})),
)
"""In the order of the navigation; the first of a role is its home. A new page is a new line here."""


def place_of(path: str) -> Place | None:
    """Return the page that an address belongs to."""
    return next((place for place in PLACES if place.is_at(path)), None)


def places_of(role: Role) -> Iterator[Place]:
    """Return the pages of a role that the navigation offers, its home first."""
    return (place for place in PLACES if role in place.roles and place.under in ("", place.key))


def places_under(key: str, role: Role) -> Iterator[Place]:
    """Return the pages of a role that share the tabs of one."""
    return (place for place in PLACES if role in place.roles and place.under == key)
