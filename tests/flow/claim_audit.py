"""What must hold of everything claimed: one claimant, counted once; who wishes known for as long as the wish runs."""

from __future__ import annotations

from collections import Counter

from services.dispatch.domain.claims.item import Item
from services.dispatch.domain.claims.party import Party
from services.dispatch.domain.claims.project import Project, ProjectStatus
from services.dispatch.domain.claims.wish import ENDS, Wish, WishStatus
from tests.flow.city_audit import Findings, facts_of
from tests.flow.residents import Residents
from tests.flow.world import World


def claims(world: World, residents: Residents) -> Findings:
    """A claimed wish is on hand at exactly one party, none has more than the limit; an open one has a clock."""
    office = world.offices["dispatch"]
    kept = office.store.tables.subjects
    parties = {name.partition(":")[2]: s.state for name, s in kept.items() if isinstance(s.state, Party)}
    on_hand = Counter((code, wish) for code, party in parties.items() for wish in party.open)
    for name, subject in kept.items():
        wish = subject.state
        if not isinstance(wish, Wish):
            continue
        holders = [code for code, held in on_hand if held == name]
        if holders != ([wish.claimant] if wish.status is WishStatus.CLAIMED else []):
            yield f"{name} is {wish.status} by {wish.claimant}, and on hand at {holders}"
        if (name in world.dispatch.wishers) is (wish.status in ENDS):
            yield f"{name} is {wish.status}, and who wishes is known: {name in world.dispatch.wishers}"
        armed = any(due.startswith("wish.") for due in office.store.tables.deadlines.get(name, ()))
        is_overdue = wish.due_at is not None and wish.due_at <= world.now
        if wish.status not in ENDS and not armed and not is_overdue:
            yield f"{name} is {wish.status} without a clock"
    for code, party in parties.items():
        if len(party.open) > world.city.limits["open_claims"]:
            yield f"{code} has {len(party.open)} claims"


def items(world: World, residents: Residents) -> Findings:
    """An item is claimed by the one project that runs for it, and taken as often as wishes came for it."""
    kept = world.offices["dispatch"].store.tables.subjects
    wishes = [s.state for s in kept.values() if isinstance(s.state, Wish)]
    projects = {name: s.state for name, s in kept.items() if isinstance(s.state, Project)}
    over = {ProjectStatus.DONE, ProjectStatus.RATED, ProjectStatus.LAPSED}
    for name, subject in kept.items():
        item = subject.state
        if not isinstance(item, Item):
            continue
        gone = (WishStatus.REFUSED, WishStatus.DIVERTED)
        taken = sum(wish.item == name and wish.status not in gone for wish in wishes)
        if not taken == item.ordered <= item.quantity:
            yield f"{name}: {item.ordered} of {item.quantity} ordered, {taken} wishes"
        running = [code for code, one in projects.items() if one.item == name and one.status not in over]
        if running != ([item.project] if item.project else []):
            yield f"{name} is claimed by {item.project}, and {running} run"


def diverted(world: World, residents: Residents) -> Findings:
    """A wish that was made a case is one: registered, with an order."""
    dispatch = world.offices["dispatch"]
    for subject, rows in facts_of(dispatch).items():
        if rows[0].type == "wish.became_case.v1" and dispatch.state(subject) is None:
            yield f"{subject}: a wish became a case that nobody registered"


CLAIM_CHECKS = (claims, items, diverted)
