"""Each command of supervision goes to the desk under its own subject; what the city has not is refused before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.feedback.routes.supervision import router
from shared.city.load import load
from shared.kernel.decisions import Actor
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from shared.shell.work import Reply

SECRET = "a-secret-of-the-stack"
WINDOW = {"opens_at": "2026-12-10T09:00:00+08:00", "until": "2026-12-20T09:00:00+08:00"}
SHEET = [{"code": "all", "name": "共建", "most": 100}]
QUESTIONS = [{"code": "q", "text": "问", "options": [{"code": "a", "text": "甲"}, {"code": "b", "text": "乙"}]}]
INSPECTORS = [{"id": "i-1", "unit": "S01"}]


class Desk(SimpleNamespace):
    """Takes down what is submitted."""

    taken: list[tuple[str, str, Actor, bool]]

    async def submit(self, data: Any, subject: str, actor: Actor, key: str, *_: Any, creates: bool = False) -> Reply:
        self.taken.append((type(data).TYPE, subject, actor, creates))
        return Reply(subject, 1)


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(secret=SECRET, city_code="donggang", city=load("donggang"), taken=[])


@pytest.fixture(scope="module")
def client(desk: Desk) -> TestClient:
    app = FastAPI()
    answer_problems(app)
    app.include_router(router(desk))  # type: ignore[arg-type]
    app.state.desk = desk
    return TestClient(app)


def headers(actor: Actor) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(SECRET, 'donggang', actor)}", "Idempotency-Key": "k"}


COMMANDS = [
    ("assessments/C01/2026/open", {**WINDOW, "criteria": SHEET}, "assessment.open.v1", "assessment:C01:2026", True),
    ("assessments/C01/2026/raters", {"raters": [{"rater": "1", "kind": "party"}]}, "assessment.name_raters.v1",
     "assessment:C01:2026", False),
    ("assessments/C01/2026/close", {}, "assessment.close.v1", "assessment:C01:2026", False),
    ("assessments/C01/2026/ballots", {"token": "t" * 43, "unit": "hb", "points": {"all": 90}}, "ballot.cast.v1",
     "assessment:C01:2026", False),
    ("draws/C01/2026Q4/spot_check/freeze", {"inspectors": INSPECTORS}, "draw.freeze.v1",
     "draw:C01:2026Q4:spot_check", True),
    ("draws/C01/2026Q4/look_back/record?cycle=s-1", {"case": "c", "passed": True, "finding": "合格合格"},
     "check.record.v1", "draw:C01:2026Q4:look_back:s-1", False),
    ("mutual/two_way/2026/open", WINDOW, "mutual.open.v1", "mutual:two_way:2026", True),
    ("mutual/street_rights/2026/seal", {"rated": "hb", "points": 90}, "mutual.seal.v1",
     "mutual:street_rights:2026", False),
    ("polls/C01/p-1/open", {**WINDOW, "kind": "survey", "questions": QUESTIONS}, "poll.open.v1", "poll:C01:p-1", True),
    ("polls/C01/p-1/vote", {"voter": "v", "answers": {"q": "a"}}, "poll.cast.v1", "poll:C01:p-1", False),
    ("stars/organisation/C01/apply", {"unit": "C01", "star": 5}, "star.apply.v1", "star:organisation:C01", True),
    ("stars/worker/w-1/review", {"points": 90}, "star.review.v1", "star:worker:w-1", False),
    ("stars/worker/w-1/score", {"points": 90}, "star.score.v1", "star:worker:w-1", False),
    ("stars/worker/w-1/punish", {"why": "重大失职"}, "star.punish.v1", "star:worker:w-1", False),
    ("stars/award", {"stars": ["star:worker:w-1"]}, "star.award.v1", "star:worker:w-1", False),
    ("summaries/quarters/sum-up", {"cycle": "2026Q4", "learned": "夜市噪声", "conclusions": [
        {"kind": "none", "text": "无须调整"}]}, "cycle.sum_up.v1", "summary:quarters", True),
    ("consents/S01/c-1/ask", {"kind": "plan", "about": "滨江片区规划"}, "consent.ask.v1", "consent:S01:c-1", True),
    ("consents/S01/c-1/answer", {"agreed": True, "why": "会议研究同意"}, "consent.answer.v1", "consent:S01:c-1", False),
    ("joint-reviews/S01/2026/open", {**WINDOW, "parts": SHEET}, "review.open.v1", "review:S01:2026", True),
    ("joint-reviews/S01/2026/score", {"rated": "C01", "points": {"all": 90}}, "review.score.v1", "review:S01:2026",
     False),
    ("problems/C01/p-1/list", {"text": "记录不全", "due_on": "2027-01-31"}, "problem.list.v1", "problem:C01:p-1", True),
    ("problems/C01/p-1/rectify", {"text": "已经补齐"}, "problem.rectify.v1", "problem:C01:p-1", False),
    ("problems/C01/p-1/check", {"passed": True, "finding": "记录齐全"}, "problem.check.v1", "problem:C01:p-1", False),
    ("results/departments/2026/export", {}, "result.export.v1", "export:departments:2026", True),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "type_", "subject", "creates"), COMMANDS, ids=[c[2] for c in COMMANDS])
def test_a_command_goes_to_the_desk_under_its_subject(
    client: TestClient, desk: Desk, path: str, body: dict[str, Any], type_: str, subject: str, creates: bool
) -> None:
    caller = Actor("unit", "C01")
    response = client.post(f"/v1/{path}", json=body, headers=headers(caller))
    assert response.status_code == 200, response.text
    assert desk.taken[-1] == (type_, subject, caller, creates)


@pytest.mark.parametrize("path", [c[0] for c in COMMANDS])
def test_nothing_is_taken_without_a_token(client: TestClient, path: str) -> None:
    assert client.post(f"/v1/{path}", json={}, headers={"Idempotency-Key": "k"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("assessments/C99/2026/open", {**WINDOW, "criteria": SHEET}),
        ("draws/C99/2026Q4/spot_check/freeze", {"inspectors": INSPECTORS}),
        ("polls/C99/p-1/open", {**WINDOW, "kind": "survey", "questions": QUESTIONS}),
        ("stars/organisation/x/apply", {"unit": "C99", "star": 5}),
        ("consents/C99/c-1/ask", {"kind": "plan", "about": "滨江片区规划"}),
        ("joint-reviews/C99/2026/open", {**WINDOW, "parts": SHEET}),
        ("problems/C99/p-1/list", {"text": "记录不全", "due_on": "2027-01-31"}),
    ],
)
def test_a_unit_that_the_city_has_not_makes_nothing(
    client: TestClient, desk: Desk, path: str, body: dict[str, Any]
) -> None:
    taken = len(desk.taken)
    response = client.post(f"/v1/{path}", json=body, headers=headers(Actor("operations", "o")))
    assert (response.status_code, response.json()["rule"]) == (404, "subject.unknown")
    assert len(desk.taken) == taken


@pytest.mark.parametrize(
    ("path", "actor"),
    [
        ("assessments/C01/2026/tokens", Actor("unit", "C02")),
        ("assessments/C01/2026/tokens", Actor("operations", "o")),
        ("analysis/recurring?first=2026-11-01&last=2026-11-30", Actor("resident", "r")),
        ("analysis/cases?first=2026-11-01&last=2026-11-30", Actor("source", "mini")),
        ("results/members/2026.csv", Actor("department", "hb")),
        ("consents", Actor("resident", "r")),
        ("pay-basis?month=2026-11", Actor("department", "hb")),
        ("pay-basis?month=2026-11&unit=C02", Actor("unit", "C01")),
    ],
)
def test_who_may_not_read_is_told_so(client: TestClient, path: str, actor: Actor) -> None:
    response = client.get(f"/v1/{path}", headers=headers(actor))
    assert (response.status_code, response.json()["rule"]) == (403, "actor.not_allowed")
