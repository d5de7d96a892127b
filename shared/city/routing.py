"""Which department leads a case by rule (派单规则): the city's own table, tried from the top, and why or why not.

A rule is tried where a matter begins with a department, or where a case comes to a street or community that the rule is
`at`; what no rule takes there is held by the street or community, which dispatches by hand (街社派).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.city.ladder import Ladder
from shared.city.parts import Matter, Rung
from shared.city.rule import DEPARTMENT, Rule


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule may know of a case that came to `rung`, whose unit `dispatcher` is.

    `barred` are departments whose hand-back was upheld, `loads` how many orders are open at each that is compared.
    """

    matter: str
    place: str
    dispatcher: str
    source: str = ""
    number: str = ""
    barred: tuple[str, ...] = ()
    rung: str = DEPARTMENT
    loads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was tried: `lead` if it fired, and in any case `why`, a word of `WHY`, with those it looked at.

    `loads` are the open orders of those, where the rule compares them.
    """

    rule: Rule
    lead: str | None
    why: str
    among: tuple[str, ...] = ()
    loads: tuple[int, ...] = ()


WHY = {
    "other_rung": ("不在此层级适用", "is for another rung"),
    "other_matter": ("不适用于该事项", "is not for this matter"),
    "other_place": ("发生地不在其范围", "is for another place"),
    "other_source": ("不是由其窗口首接", "was received elsewhere first"),
    "out_of_reach": ("交办单位不能向其派单", "the dispatcher may not dispatch to it"),
    "handed_back": ("其退单已被认可", "its hand-back was upheld"),
    "not_a_lead": ("首接单位不是该事项的主办部门", "who received it does not lead this matter"),
    "nobody": ("没有可派的主办部门", "no lead department is in reach"),
    "only_one": ("主办部门只有一个，无须按包联区分", "there is one lead alone: nothing to tell apart"),
    "none_paired": ("主办部门均未包联该社区", "no lead is paired with the community"),
    "several_paired": ("包联该社区的主办部门不止一个", "several leads are paired with the community"),
    "placed": ("属地规定", "the rule of this place"),
    "received": ("首接负责", "who received it first is responsible"),
    "paired": ("唯一包联该社区的主办部门", "the only lead paired with the community"),
    "least": ("在办件最少", "has the fewest open orders"),
    "turn": ("按案号轮流", "its turn by the case number"),
    "first_choice": ("该事项的首选主办部门", "the matter's first choice"),
}
"""Why a rule did or did not name somebody, in Chinese and English."""


def route(asked: Asked, city: Ladder) -> Iterator[Tried]:
    """Try the city's rules from the top; ends with the one that fires, or with the last."""
    leads = tuple(one for one in city.leads_in_reach(asked.matter, asked.dispatcher) if one not in asked.barred)
    for rule in city.routing:
        tried = _try(rule, asked, leads, city)
        yield tried
        if tried.lead is not None:
            return


def _try(rule: Rule, asked: Asked, leads: tuple[str, ...], city: Ladder) -> Tried:
    if asked.rung not in rule.at:
        return Tried(rule, None, "other_rung")
    leaf = city.matters[asked.matter]
    if not _is_of(rule, leaf):
        return Tried(rule, None, "other_matter")
    if rule.area and not (asked.place in city.units and city.is_within(asked.place, rule.area)):
        return Tried(rule, None, "other_place")
    if rule.by in ("place", "receiver"):
        return _named(rule, asked, leads, city)
    if not leads:
        return Tried(rule, None, "nobody")
    if rule.by == "pairing":
        return _paired(rule, asked, leads, city)
    if rule.by == "turn":
        return Tried(rule, _in_turn(asked, leads), "turn", leads)
    if rule.by == "load":
        open_orders = tuple(asked.loads.get(lead, 0) for lead in leads)
        equal = tuple(lead for lead, count in zip(leads, open_orders, strict=True) if count == min(open_orders))
        # Of equals each in its turn: a batch that is decided at once meets one and the same count.
        return Tried(rule, _in_turn(asked, equal), "least", leads, open_orders)
    return Tried(rule, leads[0], "first_choice", leads)


def _is_of(rule: Rule, leaf: Matter) -> bool:
    return not (rule.matters or rule.groups) or leaf.code in rule.matters or leaf.group in rule.groups


def _in_turn(asked: Asked, leads: tuple[str, ...]) -> str:
    running = asked.number.rpartition("-")[2]
    return leads[(int(running) if running.isdecimal() else 0) % len(leads)]


def _named(rule: Rule, asked: Asked, leads: tuple[str, ...], city: Ladder) -> Tried:
    if rule.by == "receiver" and asked.source not in rule.sources:
        return Tried(rule, None, "other_source", (rule.to,))
    if rule.to in asked.barred:
        return Tried(rule, None, "handed_back", (rule.to,))
    if rule.to not in city.reach(asked.dispatcher, asked.matter):
        return Tried(rule, None, "out_of_reach", (rule.to,))
    if rule.by == "receiver":
        is_lead = rule.to in leads
        return Tried(rule, rule.to if is_lead else None, "received" if is_lead else "not_a_lead", (rule.to,))
    return Tried(rule, rule.to, "placed", (rule.to,))


def _paired(rule: Rule, asked: Asked, leads: tuple[str, ...], city: Ladder) -> Tried:
    if len(leads) == 1:
        return Tried(rule, None, "only_one", leads)
    community = next((u.code for u in city.lineage(asked.place) if u.level == "community"), None)
    paired = tuple(lead for lead in leads if community and lead in city.paired_with(community))
    if len(paired) != 1:
        return Tried(rule, None, "several_paired" if paired else "none_paired", paired or leads)
    return Tried(rule, paired[0], "paired", leads)


def unserved(city: Ladder) -> dict[str, tuple[str, ...]]:
    """Return the matters that no lead department serves, each with the streets where that is so."""
    streets = tuple(unit.code for unit in city.units.values() if unit.level == "street") or (city.root.code,)
    found = {m: tuple(s for s in streets if not city.leads_in_reach(m, s)) for m in city.matters}
    return {matter: where for matter, where in found.items() if where}


def compared(city: Ladder) -> frozenset[str]:
    """Return the departments whose open orders some rule compares."""
    found: set[str] = set()
    for rule in (one for one in city.routing if one.by == "load"):
        for leaf in city.matters.values():
            if len(leaf.leads) > 1 and _is_of(rule, leaf):
                found.update(leaf.leads)
    return frozenset(found)


def dead(city: Ladder) -> tuple[Rule, ...]:
    """Return the rules that fire for no matter at any place through any source, whatever was not handed back.

    At a street or community a rule is tried for whatever may come so far: what begins there or is passed up to it.
    """
    waiting = {rule.code: rule for rule in city.routing}
    sources = ("", *sorted({source for rule in city.routing for source in rule.sources}))
    at_rungs = {rung for rule in city.routing for rung in rule.at}
    for matter in city.matters:
        for place in (unit.code for unit in city.units.values() if not city.children(unit.code)):
            for rung, desk in _desks(matter, place, at_rungs, city):
                for source in sources:
                    for tried in route(Asked(matter, place, desk, source, rung=rung), city):
                        if tried.lead:
                            waiting.pop(tried.rule.code, None)
                if not waiting:
                    return ()
    return tuple(waiting.values())


def _desks(matter: str, place: str, at_rungs: set[str], city: Ladder) -> Iterator[tuple[str, str]]:
    first, unit = city.first_holder(matter, place)
    rung: Rung | None = first
    while rung is not None:
        holder = unit if rung is first else city.rung_unit(place, rung)
        if rung.value in at_rungs and holder is not None:
            yield rung.value, holder.code
        rung = city.next_rung(rung)
