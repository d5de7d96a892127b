"""What must hold of ratings: the desk's lists, the exclusions, and what counts are what the facts say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from services.feedback.domain.exclusion import Stage
from services.feedback.domain.rating import Standing, Status
from services.feedback.domain.task import Kind
from tests.flow.city_audit import Findings, facts_of
from tests.flow.residents import Residents
from tests.flow.world import World


def cases_of(world: World) -> list[str]:
    """Return every case of a report, parts of split ones among them."""
    reported = list(world.intake.reports.values())
    states = [world.offices["intake"].state(case) for case in reported]
    return [*reported, *(part for state in states if state is not None for part in state.parts)]


def tasks(world: World, residents: Residents) -> Findings:
    """What waits on the desk's lists is what waits in the states, with the same number of attempts."""
    office = world.offices["feedback"]
    listed = {
        (row.kind, row.case, row.reporter): row.attempts
        for row in world.feedback_tables.tasks.values()
        if row.outcome is None
    }
    wanted: dict[tuple[Kind, str, str], int] = {}
    for case in cases_of(world):
        state = office.state(case)
        for asked in state.asked if state is not None and state.status is Status.ASKED else ():
            if asked.standing is Standing.JUDGING:
                wanted[Kind.JUDGE, case, asked.reporter] = 0
            if asked.call_back is not None and asked.call_back.is_open:
                wanted[Kind.CALL_BACK, case, asked.reporter] = asked.call_back.attempts
    if listed != wanted:
        yield f"the desk lists {listed}, there waits {wanted}"


def exclusions(world: World, residents: Residents) -> Findings:
    """Each exclusion is listed as it stands, and no granted one has fewer than two officers."""
    office, listed = world.offices["feedback"], world.feedback_tables.exclusions
    for case in cases_of(world):
        state, row = office.state(case), listed.get(case)
        exclusion = state.exclusion if state is not None else None
        if (exclusion and exclusion.stage) != (row and row.stage):
            yield f"{case} is listed as {row}, it stands as {exclusion}"
        if row is not None and row.stage is Stage.GRANTED:
            two = {row.supported_by, row.decided_by}
            if len(two) != 2 or None in two or two & {state.lead, state.dispatcher}:
                yield f"{case} was excluded by {two}"


def rated(world: World, residents: Residents) -> Findings:
    """What a closed case counts is the last valid answer of each reporter in the last round, read from the facts."""
    stated = facts_of(world.offices["intake"])
    for case, rows in facts_of(world.offices["feedback"]).items():
        left = {json.loads(r.value)["reporter"] for r in stated.get(case, ()) if r.type == "case.reporter_left.v1"}
        said: dict[tuple[int, str], tuple[str, int]] = {}
        asked: set[tuple[int, str]] = set()
        for row in rows:
            fact: dict[str, Any] = json.loads(row.value)
            if row.type == "rating.invited.v1":
                asked.add((fact["round"], fact["reporter"]))
            elif row.type == "rating.answered.v1" and fact["valid"]:
                key = fact["round"], fact["reporter"]
                if said.get(key, ("", 0))[0] == "call_back":
                    yield f"{case}: {fact['by']} speaks after the call-back"
                said[key] = (fact["by"], fact["grade"])
            elif row.type == "case.rated.v1":
                last = fact["round"]
                counted = {answer["reporter"]: (answer["by"], answer["grade"]) for answer in fact["answers"]}
                here = {who for turn, who in asked if turn == last and (who not in left or who in counted)}
                wanted = {who: said.get((last, who), (None, None)) for who in here}
                if counted != wanted or last != max(turn for turn, _ in asked):
                    yield f"{case} counts {counted}, said was {wanted}"


RATING_CHECKS: tuple[Callable[[World, Residents], Findings], ...] = (tasks, exclusions, rated)
