"""A cell of its own for each test on the real servers, or a whole running city for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import control
from deploy.local.plan import plan_for
from shared.city.load import load
from tests.integration.city import RunningCity
from tests.support.stack import Backing, Cell, delete_topics, make_cell, make_slim_cell, numbers, slim_topics

__all__ = ["Backing", "Cell", "make_cell"]


@pytest.fixture
def cell(backing: Backing) -> Iterator[Cell]:
    """Make a city with the schema of dispatch and its topics."""
    made = make_slim_cell(backing, f"t{next(numbers)}")
    yield made
    asyncio.run(delete_topics(backing.kafka, slim_topics(made.code)))


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
