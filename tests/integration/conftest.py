"""A cell of its own for each test on the real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.stack import Backing, Cell, delete_topics, make_cell, make_slim_cell, numbers, slim_topics

__all__ = ["Backing", "Cell", "make_cell"]


@pytest.fixture
def cell(backing: Backing) -> Iterator[Cell]:
    """Make a city with the schema of dispatch and its topics."""
    made = make_slim_cell(backing, f"t{next(numbers)}")
    yield made
    asyncio.run(delete_topics(backing.kafka, slim_topics(made.code)))
