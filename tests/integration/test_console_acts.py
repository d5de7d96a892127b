"""Every act and paper that a page of the console offers is a route of the service that it goes to."""

import re

from services.console.access.acts import ACTS, PAPERS
from tests.support.running_city import RunningCity


def test_every_act_and_paper_is_a_route_of_its_service(donggang: RunningCity) -> None:
    for lines, method in ((ACTS, "post"), (PAPERS, "get")):
        for service in {act.service for act in lines}:
            paths = donggang.get(service, "/openapi.json").json()["paths"]
            known = {re.sub(r"\{[^}]*\}", "{}", path) for path, methods in paths.items() if method in methods}
            missing = {act.path for act in lines if act.service == service} - known
            assert not missing, (service, method)
