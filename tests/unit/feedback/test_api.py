"""What the HTTP of feedback hands to the desk, and whom it refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.feedback.api import router
from shared.contracts.base import Contract
from shared.contracts.feedback import JudgeDissatisfaction, Rating
from shared.kernel.decisions import Actor
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from shared.shell.work import Reply

SECRET = "a-secret-of-the-stack"
ANSWER = {"id": "a-1", "token": "t" * 43, "contacted": True, "solved": True, "grade": 5}


class Desk(SimpleNamespace):
    """Takes down what is submitted."""

    taken: list[tuple[Contract, str, Actor, str]]

    async def submit(self, data: Contract, subject: str, actor: Actor, key: str, *_: Any) -> Reply:
        self.taken.append((data, subject, actor, key))
        return Reply("case-1", 2, ({"type": "rating.answered.v1"},))


@pytest.fixture
def desk() -> Desk:
    return Desk(secret=SECRET, city_code="donggang", taken=[])


@pytest.fixture
def client(desk: Desk) -> TestClient:
    app = FastAPI()
    answer_problems(app)
    app.include_router(router(desk))  # type: ignore[arg-type]
    app.state.desk = desk
    return TestClient(app)


def bearer(kind: str, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(SECRET, 'donggang', Actor(kind, name))}"}


def test_a_rating_goes_to_the_desk_under_its_own_id_without_a_case(client: TestClient, desk: Desk) -> None:
    response = client.post("/v1/ratings", json=ANSWER, headers=bearer("source", "hotline"))
    assert (response.status_code, response.json()["subject"]) == (200, "case-1")
    ((data, subject, actor, key),) = desk.taken
    assert data == Rating.model_validate(ANSWER)
    assert (subject, actor, key) == ("", Actor("source", "hotline"), "a-1")


def test_a_judgement_goes_to_the_desk_for_the_case_of_the_path(client: TestClient, desk: Desk) -> None:
    body = {"controllable": True, "why": "the pavement was left open"}
    headers = {**bearer("operations", "officer"), "Idempotency-Key": "k-1"}
    assert client.post("/v1/cases/case-1/judge", json=body, headers=headers).status_code == 200
    ((data, subject, _, key),) = desk.taken
    assert data == JudgeDissatisfaction.model_validate(body)
    assert (subject, key) == ("case-1", "k-1")


@pytest.mark.parametrize(
    ("change", "field"), [({"grade": 6}, "grade"), ({"token": "short"}, "token"), ({"mark": 5}, "mark")]
)
def test_a_wrong_rating_is_answered_with_the_field(client: TestClient, change: dict[str, Any], field: str) -> None:
    response = client.post("/v1/ratings", json={**ANSWER, **change}, headers=bearer("source", "hotline"))
    assert (response.status_code, response.json()["field"]) == (422, field)


@pytest.mark.parametrize("path", ["/v1/scores", "/v1/cases/case-1/remarks"])
def test_nothing_is_read_without_a_token(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("kind", ["department", "unit", "source", "resident"])
def test_the_words_of_persons_are_read_by_operations_only(client: TestClient, kind: str) -> None:
    response = client.get("/v1/cases/case-1/remarks", headers=bearer(kind, "hb"))
    assert (response.status_code, response.json()["rule"]) == (403, "actor.not_allowed")


def test_a_month_that_is_none_is_refused(client: TestClient) -> None:
    response = client.get("/v1/scores?period=november", headers=bearer("unit", "S01"))
    assert (response.status_code, response.json()["field"]) == (422, "period")
