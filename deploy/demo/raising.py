"""A matter that somebody heard of in person: a report of a source, about a place within a unit."""

from __future__ import annotations

import json

from deploy.demo import texts
from deploy.demo.draws import one_of
from deploy.demo.world import World
from shared.city.model import Kind
from shared.kernel.decisions import Actor


async def report_of(world: World, source: str, report: str, unit: str) -> bool:
    """Report an ordinary problem at a place within a unit; tells whether the city has such a source and took it."""
    city, draw = world.city, world.behaviour.chance.of(unit, "raises", report)
    known = sorted(code for code, one in city.matters.items() if one.kind is Kind.PROBLEM and not one.urgent)
    named = [code for code in known if code in texts.SENTENCES]
    if source not in city.sources or not named:
        return False
    matter = one_of(draw, named)
    place = one_of(draw, [one for one in city.units.values() if city.is_within(one.code, unit)])
    text = one_of(draw, texts.SENTENCES[matter]).format(p=place.name)
    world.remember(source, report, matter, place.code)
    said = {"id": report, "text": text, "matter": matter, "place": {"unit": place.code}}
    raw = json.dumps(said, ensure_ascii=False).encode()
    done = await world.desk.post(Actor("source", source), "intake", "/v1/reports", raw, report)
    if done.is_done:
        world.tally.sent[source] += 1
    return done.is_done
