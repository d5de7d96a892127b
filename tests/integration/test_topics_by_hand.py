"""A topic without a case on the running city: proposed and admitted over HTTP, then on its body's ledger and agenda."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.stack
WHO = ("unit", "C02")
TOPIC = {"kind": "suggestion", "summary": "东门加装充电棚", "tried": "已征求居民意见", "asked": "请安排场地"}


def test_a_suggestion_is_proposed_once_admitted_and_waits_for_the_next_meeting(donggang: RunningCity) -> None:
    first = donggang.post("escalation", "/v1/topics", TOPIC, WHO, key="by-hand-1")
    again = donggang.post("escalation", "/v1/topics", TOPIC, WHO, key="by-hand-1")
    assert first.status_code == again.status_code == 200, first.text
    subject = first.json()["subject"]
    assert again.json()["subject"] == subject

    def topic() -> Any:
        answer = donggang.get("escalation", f"/v1/topics/{subject}", WHO)
        return answer.json() if answer.status_code == 200 else None

    assert wait(topic, 20, "topic")["entries"][0]["status"] == "proposed"
    stranger = donggang.post("escalation", f"/v1/topics/{subject}/admit", {}, ("unit", "C03"))
    assert (stranger.status_code, stranger.json()["rule"]) == (409, "body.not_yours")
    admitted = donggang.post("escalation", f"/v1/topics/{subject}/admit", {}, WHO)
    assert admitted.status_code == 200, admitted.text
    agenda = donggang.get("escalation", "/v1/bodies/C02/agenda", WHO).json()["agenda"]
    assert subject in [place["case"] for place in agenda]
    unknown = donggang.post("escalation", "/v1/topics", {**TOPIC, "kind": "wishful"}, WHO)
    assert unknown.status_code == 422
    assert unknown.json()["field"] == "kind"
    grid = donggang.post("escalation", "/v1/topics", {**TOPIC, "body": "S01"}, ("unit", "C02-G01"))
    assert grid.json()["rule"] == "topic.other_body", "no topic above the own body"
