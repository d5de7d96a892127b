"""Topics by hand on the running city: proposed and admitted over HTTP, then on their body's ledger and agenda."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.running_city import PLACE, RunningCity, wait

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


def test_a_case_that_its_own_unit_brings_waits_for_the_meeting_once_it_is_admitted(donggang: RunningCity) -> None:
    city = donggang
    case = city.report("by-hand-case", "street-lights")["case"]
    city.order(case, "dispatched")
    body = city.city.body_of(PLACE)
    assert body is not None
    who = ("unit", body.unit)
    said = {
        "kind": "case",
        "cases": [case],
        "summary": "路灯产权不清",
        "tried": "已联系产权单位",
        "asked": "请明确由谁负责",
    }

    def proposed() -> Any:
        answer = city.post("escalation", "/v1/topics", said, who)
        return answer if answer.json().get("rule") != "subject.unknown" else None  # it hears of the case in its time

    first = wait(proposed, 20, "the ledger knows the case")
    assert (first.status_code, first.json().get("subject")) == (200, case), first.text
    again = city.post("escalation", "/v1/topics", said, who)
    assert (again.status_code, again.json()["rule"]) == (409, "topic.active")
    admitted = city.post("escalation", f"/v1/topics/{case}/admit", {}, who)
    assert admitted.status_code == 200, admitted.text
    city.order(case, "escalated")
    agenda = city.get("escalation", f"/v1/bodies/{body.unit}/agenda", who).json()["agenda"]
    assert case in [place["case"] for place in agenda]
