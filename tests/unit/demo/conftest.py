"""One city and one seeded year, made once for the tests of the simulated city."""

from __future__ import annotations

from datetime import date

import pytest

from deploy.demo.draws import Chance
from deploy.demo.model import Demand, Sending
from deploy.demo.parameters import Parameters
from shared.city.load import load
from shared.city.model import City


@pytest.fixture(scope="session")
def city() -> City:
    return load("donggang")


@pytest.fixture(scope="session")
def parameters(city: City) -> Parameters:
    return Parameters(city.simulation)


@pytest.fixture(scope="session")
def year(city: City, parameters: Parameters) -> list[Sending]:
    return Demand(city, parameters, Chance(1)).between(date(2026, 1, 1), date(2026, 12, 31))
