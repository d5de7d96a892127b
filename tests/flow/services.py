"""The five services as their own `app.py` puts them together, on tables in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.console.hearing import hear, keep
from services.dispatch import domain as dispatch
from services.dispatch import translate as dispatch_wire
from services.escalation import domain as escalation
from services.escalation import translate as escalation_wire
from services.feedback import domain as feedback
from services.feedback import translate as feedback_wire
from services.intake import translate as intake_wire
from services.intake.domain import STATES as INTAKE_STATES
from services.intake.domain import decide as intake_decide
from services.intake.domain import evolve as intake_evolve
from services.intake.domain import touches as intake_touches
from shared.contracts.pairing import Unpaired
from shared.kernel.decisions import Arm
from shared.shell.service import Service, kind_of


class Stores(Protocol):
    """The tables of the services."""

    intake: Any
    dispatch: Any
    escalation_tables: Any
    feedback_tables: Any
    console: Any


def seeds_of(chain: frozenset[str]) -> Callable[[Any, datetime], Sequence[tuple[str, Arm]]]:
    """Return escalation's seeds for some bodies alone: a hundred estates without a case would only cost time."""

    def seeds(city: Any, now: datetime) -> Sequence[tuple[str, Arm]]:
        return [
            (s, arm)
            for s, arm in escalation.seeds(city, now)
            if kind_of(s) != "ledger" or s.removeprefix("ledger:") in chain
        ]

    return seeds


def circle_seeds(places: Sequence[str]) -> Callable[[Any, datetime], Sequence[tuple[str, Arm]]]:
    """Return dispatch's seeds for the units paired with the communities of some places alone."""

    def seeds(city: Any, now: datetime) -> Sequence[tuple[str, Arm]]:
        communities = {unit.code for place in places for unit in city.lineage(place)}
        paired = {f"party:{department}" for code in communities for department in city.paired_with(code)}
        return [(subject, arm) for subject, arm in dispatch.seeds(city, now) if subject in paired]

    return seeds


def services(stores: Stores, chain: frozenset[str]) -> tuple[Service, ...]:
    """Return the services."""
    return (
        Service("intake", intake_decide, intake_evolve, INTAKE_STATES, intake_wire.wire, stores.intake,
                intake_touches, intake_wire.refusal),
        Service("dispatch", dispatch.decide, dispatch.evolve, dispatch.STATES, dispatch_wire.WIRE, stores.dispatch,
                dispatch.touches, dispatch_wire.refusal, dispatch.seeds, dispatch_wire.record),
        Service("escalation", escalation.decide, escalation.evolve, escalation.STATES, escalation_wire.WIRE,
                stores.escalation_tables, escalation.touches, seeds=seeds_of(chain)),
        Service("feedback", feedback.decide, feedback.evolve, feedback.STATES, feedback_wire.WIRE,
                stores.feedback_tables, feedback.touches, feedback_wire.refusal, feedback.seeds),
        Service("console", hear, keep, {}, Unpaired(), stores.console),
    )  # fmt: skip
