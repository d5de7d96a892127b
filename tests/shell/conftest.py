"""One office for each form of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shared.shell.service import Service
from tests.support import mini
from tests.support.office import DictOffice, Office, SqlOffice
from tests.support.stack import Backing, Cell, make_schemas


@pytest.fixture(scope="session")
def shell_cell(backing: Backing) -> Cell:
    """Make a database that the store's tests share."""
    return make_schemas(backing, "shellcell", ("dispatch",))


@pytest.fixture(params=["dict", "sql"])
def make_office(request: pytest.FixtureRequest) -> Iterator[Callable[..., Office]]:
    """Make offices on one of the stores."""
    made: list[Office] = []

    def make(service: Service = mini.SERVICE) -> Office:
        if request.param == "dict":
            return DictOffice(service)
        made.append(SqlOffice(request.getfixturevalue("shell_cell"), service))
        return made[-1]

    yield make
    for office in made:
        if isinstance(office, SqlOffice):
            office.close()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """Make an office with the miniature service."""
    return make_office()
