"""What is done at the office through the console: every act is a route of its owner, done there or refused by rule."""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from services.console.access.acts import ACTS, PAPERS
from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from shared.city.model import UnitLevel
from tests.support.console_stack import sign_in
from tests.support.running_city import PLACE, RunningCity, wait
from tests.support.wording import apart

ROLES = {UnitLevel.COMMUNITY: Role.COMMUNITY, UnitLevel.STREET: Role.STREET, UnitLevel.CITY: Role.OPERATIONS}
OPERATIONS = Post(Role.OPERATIONS, "donggang")
SEEN = "现场看过，情况属实"
_keys = itertools.count()
Sit = Callable[..., "Seat"]


class Seat:
    """Somebody signed in to the console, who sends what its forms send."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def send(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers={"Idempotency-Key": f"acts-{next(_keys)}"})

    def does(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.send(f"/act{path}", **body)
        assert answer.status_code == 200, (path, answer.text)
        return dict(answer.json())

    def is_refused(self, path: str, **body: Any) -> str:
        """Send what a rule forbids; returns the rule, which stands there in both languages."""
        answer = self.send(f"/act{path}", **body)
        said = answer.json()
        assert answer.status_code in (403, 404, 409, 422), (path, answer.text)
        assert said["title"] != said["title_en"] != ""
        return str(said["rule"])


@pytest.fixture
def sit(donggang: RunningCity) -> Iterator[Sit]:
    """Return a function that signs somebody in at a post, or at the desk of a unit or department."""
    console, dsn = donggang.stack.services["console"], donggang.stack.dsns["console"]
    opened: dict[tuple[Post, str], httpx.Client] = {}

    def seat(at: Post | str, login: str = "") -> Seat:
        if isinstance(at, str):
            is_department = at in donggang.city.departments
            at = Post(Role.CLERK if is_department else ROLES[donggang.city.units[at].level], at)
        if (at, login) not in opened:  # who signs in anew is signed out elsewhere
            posts = (at,) if not login else (at, Post(Role.STREET, "S01"))  # another account, at the same post first
            key = asyncio.run(sign_in(dsn, posts))
            opened[at, login] = httpx.Client(
                base_url=console, cookies={SESSION: key}, headers={"Origin": console}, timeout=30, trust_env=False
            )
        return Seat(opened[at, login])

    yield seat
    for http in opened.values():
        http.close()


def _begun(city: RunningCity, name: str, matter: str = "burst-pipe") -> tuple[str, dict[str, Any]]:
    case = city.report(name, matter)["case"]
    return case, city.order(case, "dispatched")


def test_every_act_and_paper_is_a_route_of_its_service(donggang: RunningCity) -> None:
    for lines, method in ((ACTS, "post"), (PAPERS, "get")):
        for service in {act.service for act in lines}:
            paths = donggang.get(service, "/openapi.json").json()["paths"]
            known = {re.sub(r"\{[^}]*\}", "{}", path) for path, methods in paths.items() if method in methods}
            missing = {act.path for act in lines if act.service == service} - known
            assert not missing, (service, method)


def test_a_report_raised_at_a_counter_is_classified_taken_back_and_dispatched_anew(
    donggang: RunningCity, sit: Sit
) -> None:
    city, counter = donggang, sit("C01")
    raised = counter.send("/raise", source="hotline", text=apart("acts-raise"), unit=PLACE)
    assert raised.status_code == 200, raised.text
    case = raised.json()["case"]
    wait(lambda: city.get("console", f"/v1/cases/{case}").json().get("status") == "held", 20, "held")
    desk = sit(city.get("console", f"/v1/cases/{case}").json()["responsible"])
    assert desk.is_refused(f"/intake/v1/cases/{case}/triage", matter="no-such-matter")
    desk.does(f"/intake/v1/cases/{case}/triage", matter="burst-pipe")
    order = city.order(case, "dispatched")
    assert desk.is_refused(f"/intake/v1/cases/{case}/triage", matter="burst-pipe")
    above, now = sit(order["dispatcher"]), order["assignment"]
    at = f"/dispatch/v1/orders/{case}"
    above.does(f"{at}/recall", assignment=now, reason="派错了单位")
    city.order(case, "waiting")
    other = sorted(city.city.reach(order["dispatcher"], "burst-pipe") - {order["lead"]})[0]
    assert above.is_refused(f"{at}/dispatch", lead="no-such-unit")
    above.does(f"{at}/dispatch", lead=other)
    assert city.order(case, "dispatched")["lead"] == other


def test_requests_are_judged_at_the_desk_that_dispatched(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case, order = _begun(city, "acts-requests")
    at, given = f"/dispatch/v1/orders/{case}", {"assignment": order["assignment"]}
    lead, above = sit(order["lead"]), sit(order["dispatcher"])
    lead.does(f"{at}/accept", handler="抢修班长", **given)
    assert lead.is_refused(f"{at}/accept", handler="抢修班长", **given)
    for ask, said, judge, verdict in (
        ("hand-back", {"clause": "三定方案", "proposed": "gardens", "note": SEEN}, "judge-hand-back", "upheld"),
        ("extension", {"more": 1, "why": "配件在途，明日送到"}, "judge-extension", "granted"),
        ("unable", {"missing": "power", "tried": "已联系产权单位"}, "judge-unable", "confirmed"),
        ("suspension", {"cause": "weather", "days": 3, "why": "台风停工三天"}, "judge-suspension", "granted"),
    ):  # fmt: skip
        assert above.is_refused(f"{at}/{judge}", **{verdict: False}, note=SEEN, **given)  # nothing is asked
        lead.does(f"{at}/{ask}", **said, **given)
        assert lead.is_refused(f"{at}/{ask}", **said, **given)  # once at a time
        assert lead.is_refused(f"{at}/{judge}", **{verdict: True}, note=SEEN, **given) == "act.not_yours"
        is_granted = ask in ("extension", "suspension")
        judging = sit(city.order(case)["judge"])
        judging.does(f"{at}/{judge}", **{verdict: is_granted}, note=SEEN, **given)
    city.order(case, "suspended")
    assert above.is_refused(f"{at}/resume", note="台风已过，恢复办理", **given)
    judging.does(f"{at}/resume", note="台风已过，恢复办理", **given)
    city.order(case, "accepted")
    lead.does(f"{at}/progress", note="已到现场", **given)
    assert sit("C01").is_refused(
        "/dispatch/v1/whistles", kind="emergency", callees=["gardens"], place="C01-G01", why=SEEN
    )


def test_work_is_verified_rated_and_left_out_by_two_persons_alone(donggang: RunningCity, sit: Sit) -> None:
    city = donggang
    case, order = _begun(city, "acts-rating")
    at, given = f"/dispatch/v1/orders/{case}", {"assignment": order["assignment"]}
    lead = sit(order["lead"])
    lead.does(f"{at}/accept", handler="抢修班长", **given)
    lead.does(f"{at}/finish", what="已更换阀门", contacted=True, evidence=1, **given)
    verifier = city.order(case, "handled")["responsible"]
    at_grid = city.city.units[verifier].level in (UnitLevel.GRID, UnitLevel.SUBGRID)
    looks = sit(Post(Role.GRID, verifier) if at_grid else verifier)
    assert looks.is_refused(f"{at}/verify", passed=True, note="", means="photo", **given)
    looks.does(f"{at}/verify", passed=True, note=SEEN, means="photo", **given)
    city.order(case, "verified")
    first, second = sit(OPERATIONS), sit(OPERATIONS, login="another")
    rated = f"/feedback/v1/cases/{case}"
    assert lead.is_refused(f"{rated}/ask-exclusion", code="force_majeure", why="供电中断三天") == "exclusion.not_closed"
    mine = ("resident", f"{case}:r1")
    token = wait(lambda: city.get("feedback", "/v1/invitations/mine", mine).json().get("token"), 20, "invited")
    said = {"contacted": True, "solved": True, "grade": 4}
    assert city.post("feedback", f"/v1/answers/{token}", said, ("source", "hotline")).status_code == 200
    city.order(case, "closed")
    assert first.is_refused(f"{rated}/call-back", reporter="r1", outcome="not_reached")
    wait(
        lambda: lead.send(f"/act{rated}/ask-exclusion", code="force_majeure", why="供电中断三天").is_success,
        20,
        "closed",
    )
    first.does(f"{rated}/support-exclusion", why="供电公司证明")
    assert first.is_refused(f"{rated}/decide-exclusion", granted=True, why=SEEN) == "exclusion.second_person"
    second.does(f"{rated}/decide-exclusion", granted=True, why=SEEN)
