"""A real Kafka and a real PostgreSQL for the whole session, a cell of its own for each test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import control
from deploy.local.database import AUDITOR, SERVICES, prepare
from deploy.local.plan import plan_for
from deploy.local.resolver import Backing, local_stack
from deploy.local.topics import ensure_topics
from shared.city.load import load
from shared.contracts.topics import topics
from shared.persistence.migrate import migrate
from tests.integration.city import RunningCity

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cell:
    """One city on the shared servers: its code, the broker, a DSN per login and `admin`."""

    code: str
    kafka: str
    dsns: dict[str, str]


@pytest.fixture(scope="session")
def backing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backing]:
    """Start Kafka and PostgreSQL once."""
    with local_stack(Path(tmp_path_factory.mktemp("stack")), profile="test") as running:
        yield running


@pytest.fixture
def cell(backing: Backing) -> Cell:
    """Make a city with the schemas of dispatch and its topics."""
    return make_cell(backing, f"t{next(_numbers)}", ("dispatch",))


def make_cell(backing: Backing, code: str, services: tuple[str, ...], sources: tuple[str, ...] = ("s",)) -> Cell:
    """Make a city's database, topics and tables."""
    passwords = dict.fromkeys((*SERVICES, AUDITOR), "test")
    dsns = asyncio.run(prepare(backing.postgres, code, passwords))
    asyncio.run(ensure_topics(backing.kafka, topics(code, sources, ("hb",))))
    for service in services:
        migrate(dsns["admin"], code, service)
    return Cell(code, backing.kafka, dsns)


@pytest.fixture(scope="session")
def donggang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCity]:
    """Run the whole of Donggang once: five services under their supervisor, real time."""
    folder = Path(tmp_path_factory.mktemp("donggang"))
    plan = plan_for("donggang", folder=folder)
    stack = control.start(plan, tell=lambda words: print(words[1]), is_bound=True)
    try:
        yield RunningCity(stack, load(plan.city_file), folder)
    finally:
        control.stop(folder, tell=lambda words: None)
        control.erase(folder)
