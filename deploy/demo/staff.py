"""The people of a demonstration who sign in to the console: one at each kind of post, one password for all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from services.console.access import accounts
from services.console.access.roles import Post, Role
from shared.city.model import City, UnitLevel
from shared.persistence.engine import connect


@dataclass(frozen=True)
class Staff:
    """Login -> the posts behind it, and the password of this demonstration."""

    posts: dict[str, tuple[Post, ...]]
    password: str


def staff_of(city: City) -> Staff:
    """Return somebody for each role, all along one way up from a grid."""
    grid = next(iter(city.of_level(UnitLevel.GRID)))
    line = {unit.level: unit.code for unit in city.lineage(grid.code)}
    root, department = city.root.code, next(iter(city.departments))
    community, street = line[UnitLevel.COMMUNITY], line.get(UnitLevel.STREET, root)
    body = next(unit.code for unit in city.lineage(grid.code) if unit.code in city.bodies)
    posts = {
        "operations": (Post(Role.OPERATIONS, root), Post(Role.ADMIN, root)),
        "inspector": (Post(Role.INSPECTOR, root),),
        "leader": (Post(Role.LEADER, root),),
        "community": (Post(Role.COMMUNITY, community),),
        "grid": (Post(Role.GRID, grid.code),),
        "clerk": (Post(Role.CLERK, department), Post(Role.HEAD, department)),
        "secretary": (Post(Role.RECORDER, body), Post(Role.CONVENER, body)),
    }
    if street != root:
        posts["street"] = (Post(Role.STREET, street),)
    return Staff(posts, secrets.token_urlsafe(9))


async def let_in(staff: Staff, dsn: str) -> None:
    """Add their accounts to the console's database."""
    engine = connect(dsn)
    try:
        async with engine.begin() as conn:
            for login, posts in staff.posts.items():
                await accounts.add(conn, login, login, posts, staff.password, None)
    finally:
        await engine.dispose()
