"""What the HTTP of feedback hands to the desk, and whom it refuses."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.feedback.api import AT_ONCE, router
from shared.contracts.feedback import JudgeDissatisfaction, Rating
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from shared.shell.work import Reply

SECRET = "a-secret-of-the-stack"
ANSWER = {"id": "a-1", "token": "t" * 43, "contacted": True, "solved": True, "grade": 5}


class Desk(SimpleNamespace):
    """Takes down what is submitted."""

    taken: list[tuple[Any, str, Actor, str]]
    reply: Reply | Refused = Reply("case-1", 2, ({"type": "rating.answered.v1"},))

    async def submit(self, data: Any, subject: str, actor: Actor, key: str, *_: Any) -> Reply:
        self.taken.append((data, subject, actor, key))
        if isinstance(self.reply, Refused):
            raise self.reply
        return self.reply


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


@pytest.mark.parametrize("kind", ["source", "resident"])
def test_the_words_of_persons_are_read_by_operations_and_the_lead_alone(client: TestClient, kind: str) -> None:
    response = client.get("/v1/cases/case-1/remarks", headers=bearer(kind, "hb"))
    assert (response.status_code, response.json()["rule"]) == (403, "actor.not_allowed")


def test_a_month_that_is_none_is_refused(client: TestClient) -> None:
    response = client.get("/v1/scores?period=november", headers=bearer("unit", "S01"))
    assert (response.status_code, response.json()["field"]) == (422, "period")


LINK = f"/v1/answers/{'t' * 43}"
SAID = {"contacted": True, "solved": False, "grade": 2}


def given(**more: Any) -> Reply:
    data = {"valid": True, "unscored": None, **more}
    return Reply("case-1", 2, ({"type": "rating.answered.v1", "data": data},))


def test_whoever_has_the_link_answers_without_an_account(client: TestClient, desk: Desk) -> None:
    desk.reply = given()
    response = client.post(LINK, json=SAID)
    assert (response.status_code, response.json()) == (200, {"scored": True, "note": None, "follow_up": None})
    ((data, subject, actor, key),) = desk.taken
    assert (data.token, data.grade, data.solved, subject, actor.kind) == ("t" * 43, 2, False, "", "resident")
    assert key == data.id
    assert "t" * 43 not in key


def test_the_same_answer_again_has_the_same_key_and_another_one_has_not(client: TestClient, desk: Desk) -> None:
    desk.reply = given()
    for body in (SAID, SAID, {**SAID, "grade": 1}):
        client.post(LINK, json=body)
    keys = [key for *_, key in desk.taken]
    assert keys[0] == keys[1] != keys[2]


def test_a_late_not_solved_is_told_how_to_report_anew(client: TestClient, desk: Desk) -> None:
    offer = {"type": "rating.follow_up_offered.v1", "data": {"report": "r", "case": "case-1", "number": "DG-1"}}
    desk.reply = replace(given(valid=False, unscored="late"), answers=(offer,))
    told = client.post(LINK, json=SAID).json()
    assert (told["scored"], told["note"]["code"]) == (False, "late")
    assert told["follow_up"] == {"follows": "case-1", "number": "DG-1"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grade": 0}, "grade"), ({"grade": 6}, "grade"), ({"grade": 4.5}, "grade"), ({"solved": "perhaps"}, "solved"),
        ({"comment": "x" * 1001}, "comment"), ({"case": "case-2"}, "case"),
    ],
)  # fmt: skip
def test_a_wrong_answer_at_the_link_is_told_the_field(client: TestClient, change: dict[str, Any], field: str) -> None:
    response = client.post(LINK, json={**SAID, **change})
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_an_unknown_link_is_not_found_and_a_used_one_is_refused_by_the_rule(client: TestClient, desk: Desk) -> None:
    desk.reply = Refused("rating.unknown_token", "token")
    assert client.post(LINK, json=SAID).status_code == 404
    desk.reply = Refused("rating.already_answered", "token")
    response = client.post(LINK, json=SAID)
    assert (response.status_code, response.json()["rule"]) == (409, "rating.already_answered")
    assert client.post(f"/v1/answers/{'x' * 3000}", json=SAID).status_code == 404


def test_an_answer_at_the_link_is_bounded(client: TestClient, desk: Desk) -> None:
    response = client.post(LINK, json={**SAID, "comment": "x" * 9000})
    assert (response.status_code, response.json()["rule"]) == (413, "message.too_large")
    assert not desk.taken


def test_one_address_cannot_call_the_link_without_end(client: TestClient, desk: Desk) -> None:
    desk.reply = given()
    codes = [client.post(LINK, json=SAID).status_code for _ in range(AT_ONCE)]
    assert codes == [200] * AT_ONCE
    answers = (client.post(LINK, json=SAID) for _ in range(20 * AT_ONCE))  # a slow machine gives calls back meanwhile
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert (refused.status_code, refused.json()["rule"], refused.headers["Retry-After"]) == (429, "http.too_often", "1")


@pytest.mark.parametrize("path", ["/v1/call-backs", "/v1/judgements"])
@pytest.mark.parametrize("kind", ["department", "unit", "source", "resident"])
def test_the_desks_lists_are_for_operations(client: TestClient, path: str, kind: str) -> None:
    assert client.get(path, headers=bearer(kind, "hb")).json()["rule"] == "actor.not_allowed"


@pytest.mark.parametrize("after", ["nonsense", "2026-11-02T10:00:00~c~r", "~~"])
def test_a_place_in_the_list_that_is_none_is_refused(client: TestClient, after: str) -> None:
    response = client.get("/v1/call-backs", params={"after": after}, headers=bearer("operations", "caller-1"))
    assert (response.status_code, response.json()["field"]) == (422, "after")


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("call-back", {"reporter": "r1", "outcome": "asleep"}, "outcome"),
        ("call-back", {"reporter": "r1", "outcome": "answered", "grade": 6}, "grade"),
        ("ask-exclusion", {"code": "no_money", "why": "no money this year"}, "code"),
        ("ask-exclusion", {"code": "outside_law", "why": ""}, "why"),
        ("decide-exclusion", {"why": "agreed by all"}, "granted"),
    ],
)
def test_a_wrong_command_of_the_desk_is_told_the_field(
    client: TestClient, desk: Desk, verb: str, body: dict[str, Any], field: str
) -> None:
    headers = {**bearer("operations", "officer-1"), "Idempotency-Key": "k-1"}
    response = client.post(f"/v1/cases/case-1/{verb}", json=body, headers=headers)
    assert (response.status_code, response.json()["field"]) == (422, field)
    assert not desk.taken
