"""What every folder of tests may ask for, and which tests keep each other's company."""

import pytest
from hypothesis import settings

from tests.support.running_city import donggang
from tests.support.stack import backing

__all__ = ["backing", "donggang"]

settings.register_profile("sidan", deadline=None)  # how fast an example runs is the machine's affair
settings.load_profile("sidan")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file on one worker, and all that share the running city: it is started once.

    Before xdist reads the groups, which it does in this very hook.
    """
    for item in items:
        shares_city = "donggang" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("donggang" if shares_city else item.nodeid.split("::")[0]))
