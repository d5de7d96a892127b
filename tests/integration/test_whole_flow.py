"""A resident's issue from raise to rating through five processes, and what happens when it is not so smooth."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import httpx
import pytest

from deploy.local.folder import read_stack
from shared.contracts import dispatch, feedback, intake
from tests.support.running_city import PLACE, RunningCity, wait
from tests.support.wording import apart

pytestmark = pytest.mark.stack


def _stream_case(city: RunningCity, name: str) -> tuple[str, dict[str, Any]]:
    """Report a leaking pipe, which goes to a department with a stream of its own."""
    case = city.report(name, "burst-pipe")["case"]
    return case, city.order(case, "dispatched")


def _handled(city: RunningCity, name: str) -> str:
    case, order = _stream_case(city, name)
    lead = city.holder(order["lead"])
    assert city.act(case, "accept", lead, assignment=1, handler="抢修班长").status_code == 200
    done = city.act(case, "finish", lead, assignment=1, what="已更换阀门", contacted=True, evidence=1)
    assert done.status_code == 200, done.text
    return case


def _verified(city: RunningCity, name: str, passed: bool = True) -> str:
    case = _handled(city, name)
    order = city.order(case)
    if order["status"] == "handled":
        verifier = ("unit", order["responsible"])
        note = "现场看过已修好"
        answer = city.act(
            case, "verify", verifier, assignment=order["assignment"], passed=passed, note=note, means="photo"
        )
        assert answer.status_code == 200, answer.text
    return case


def _token(city: RunningCity, case: str, nth: int = 1, source: str = "hotline") -> str:
    def sent() -> str | None:
        mine = [
            m for m in city.messages(f"receipts.{source}")
            if m["type"] == "invitation.sent.v1" and m["data"]["case"] == case
        ]  # fmt: skip
        return str(mine[nth - 1]["data"]["token"]) if len(mine) >= nth else None

    return str(wait(sent, 20, "invitation"))


def test_a_case_goes_from_report_to_rating_by_streams_and_desk(donggang: RunningCity) -> None:
    city = donggang
    report = intake.Report(
        id="flow-1", text="三楼水管爆了，水漫到楼道", place=intake.ReportPlace(unit=PLACE), matter="burst-pipe",
        reporter=intake.Reporter(id="p-1", name="张三", phone="13812345678"),
    )  # fmt: skip
    city.publish("reports.hotline", report, "m-1", key=b"flow-1")

    def received() -> Any:
        mine = [m for m in city.messages("receipts.hotline") if m["data"].get("report") == "flow-1"]
        return mine[0]["data"] if mine else None

    receipt = wait(received, 20, "receipt")
    case = receipt["case"]
    assert receipt["outcome"] == "registered"
    lead = city.order(case, "dispatched")["lead"]
    orders = wait(
        lambda: [m for m in city.messages(f"orders.{lead}") if m["key"] == case.encode()], 20, "order on the stream"
    )
    assert orders[-1]["type"] == "order.dispatched.v1"
    city.publish(f"replies.{lead}", dispatch.Accept(order=case, assignment=1, handler="抢修班长"), "a-1")
    city.order(case, "accepted")
    finish = dispatch.Finish(order=case, assignment=1, what="已更换阀门", contacted=True, evidence=2)
    city.publish(f"replies.{lead}", finish, "a-2")
    order = city.order(case, "handled")
    verify = city.act(
        case, "verify", ("unit", order["responsible"]), assignment=1, passed=True, note="现场看过已修好", means="photo"
    )
    assert verify.status_code == 200, verify.text
    city.order(case, "verified")
    rating = feedback.Rating(id="rate-1", token=_token(city, case), contacted=True, solved=True, grade=5)
    city.publish("ratings.hotline", rating, "rate-1")
    assert city.order(case, "closed")["responsible"] is None
    followed = city.get("intake", "/v1/reports/hotline/flow-1", ("source", "hotline")).json()
    assert followed["number"] == receipt["number"]
    seen = wait(
        lambda: (a := city.get("console", f"/v1/cases/{case}?after=dispatch:6")).status_code == 200 and a.json(), 20, ""
    )
    types = [fact["type"] for fact in seen["timeline"]]
    assert {"case.registered.v1", "order.dispatched.v1", "rating.answered.v1", "case.closed.v1"} <= set(types)
    assert "张三" not in str(seen)
    assert "13812345678" not in str(seen)


def test_the_same_report_twice_is_one_case(donggang: RunningCity) -> None:
    first, again = donggang.report("twice", "burst-pipe"), donggang.report("twice", "burst-pipe")
    assert (first["case"], first["number"]) == (again["case"], again["number"])


def test_a_dissatisfied_reporter_gets_rework_and_the_second_time_a_joint_meeting(donggang: RunningCity) -> None:
    city = donggang
    case = _verified(city, "unhappy")
    bad = {"contacted": True, "solved": False, "grade": 1}
    told = city.post(
        "feedback", "/v1/ratings", {"id": "u-1", "token": _token(city, case), **bad}, ("source", "hotline")
    )
    assert told.status_code == 200, told.text
    judge = {"controllable": True, "why": "阀门仍然漏水"}
    judged = city.post("feedback", f"/v1/cases/{case}/judge", judge, ("operations", city.city.root.code))
    assert judged.status_code == 200, judged.text
    order = city.order(case, "accepted")
    lead, now = city.holder(order["lead"]), order["assignment"]
    done = city.act(case, "finish", lead, assignment=now, what="再次更换阀门", contacted=True, evidence=1)
    assert done.status_code == 200, done.text
    order = city.order(case, "handled")
    verifier = ("unit", order["responsible"])
    city.act(case, "verify", verifier, assignment=now, passed=True, note="现场看过已修好", means="photo")
    city.order(case, "verified")
    token = _token(city, case, 2)
    city.post("feedback", "/v1/ratings", {"id": "u-2", "token": token, **bad}, ("source", "hotline"))
    city.post("feedback", f"/v1/cases/{case}/judge", judge, ("operations", city.city.root.code))
    order = city.order(case, "escalated")
    assert order["clock"] == "answer"
    body = wait(
        lambda: (r := city.get("escalation", f"/v1/topics/{case}")).status_code == 200 and r.json(), 20, "topic raised"
    )
    assert order["responsible"] in str(body)


def test_two_upheld_hand_backs_lead_to_the_joint_meeting_not_to_a_third_desk(donggang: RunningCity) -> None:
    city = donggang
    case, order = _stream_case(city, "bounce")
    others = [code for code in city.city.departments if code != order["lead"]]
    for n in (1, 2):
        order = city.order(case, "dispatched")
        ask = {"clause": "三定方案", "proposed": others[n], "note": "不属于本单位职责"}
        asked = city.act(case, "hand-back", city.holder(order["lead"]), assignment=order["assignment"], **ask)
        assert asked.status_code == 200, asked.text
        judge = (
            ("unit", order["dispatcher"]) if order["dispatcher"] != city.city.root.code else ("operations", "donggang")
        )
        verdict = {"upheld": True, "note": "情况属实同意退单"}
        judged = city.act(case, "judge-hand-back", judge, assignment=order["assignment"], **verdict)
        assert judged.status_code == 200, judged.text
        if n == 1:
            reach = city.city.reach(order["dispatcher"], "burst-pipe") - {order["lead"]}
            other = sorted(reach)[0]
            moved = city.act(case, "dispatch", judge, lead=other)
            assert moved.status_code == 200, moved.text
    assert city.order(case, "escalated")


def test_bad_input_is_answered_with_field_and_rule_and_its_neighbours_go_on(donggang: RunningCity) -> None:
    city = donggang
    hotline = ("source", "hotline")
    place = {"unit": PLACE}
    wrong = {
        "type": ({"id": 7, "text": "x", "place": place}, 422, "id"),
        "unknown_field": ({"id": "b-1", "text": "路灯坏了", "colour": "red"}, 422, "colour"),
        "future": ({"id": "b-2", "text": "路灯坏了", "at": "2099-01-01T00:00:00+08:00", "place": place}, 409, "at"),
        "long": ({"id": "b-3", "text": "长" * 10_001, "place": place}, 422, "text"),
        "matter": ({"id": "b-4", "text": "路灯坏了", "matter": "no-such", "place": place}, 409, "matter"),
    }
    for name, (body, status, field) in wrong.items():
        answer = city.post("intake", "/v1/reports", body, hotline)
        assert (answer.status_code, answer.json()["field"]) == (status, field), (name, answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["rule"]
    mixed = city.post(
        "intake", "/v1/reports",
        [{"id": "ok-1", "text": apart("ok-1"), "matter": "burst-pipe", "place": place}, wrong["matter"][0]], hotline,
    ).json()["items"]  # fmt: skip
    assert mixed[0]["case"]
    assert mixed[1]["rule"] == "report.unknown_matter"
    raw = city.stack.services["intake"] + "/v1/reports"
    header = city.header(*hotline)
    assert httpx.post(raw, content=b"{not json", headers=header, trust_env=False).status_code == 400
    assert httpx.post(raw, content=b"\xff\xfe{}", headers=header, trust_env=False).status_code == 400
    big = httpx.post(raw, content=b"x" * 2_000_000, headers=header, trust_env=False)
    assert (big.status_code, big.json()["rule"]) == (413, "message.too_large")
    assert city.post("intake", "/v1/reports", {"id": "x", "text": "y"}, ("source", "nobody")).status_code == 409
    assert httpx.post(raw, json={}, trust_env=False).status_code == 401
    case, order = _stream_case(city, "not-yours")
    stranger = next(code for code in city.city.departments if code != order["lead"])
    refused = city.act(case, "accept", ("department", stranger), assignment=1, handler="班长")
    assert refused.json()["rule"] == "order.not_yours"
    assert city.act("no-such", "accept", ("department", stranger), assignment=1, handler="班长").status_code == 404
    missing = city.post("dispatch", f"/v1/orders/{case}/dispatch", {"lead": "no-such"}, ("unit", order["dispatcher"]))
    assert missing.json()["rule"]


def test_bad_records_on_streams_are_answered_or_kept_and_their_neighbours_go_on(donggang: RunningCity) -> None:
    city = donggang
    lead = _stream_case(city, "for-lead")[1]["lead"]
    good = intake.Report(id="good-1", text="路灯坏了", place=intake.ReportPlace(unit=PLACE), matter="burst-pipe")
    header = [("ce_id", b"h-1"), ("ce_type", b"report.v1")]
    city.publish("reports.mini", b"{oops", "bad-json", type_="report.v1")
    city.publish("reports.mini", b"{}", "bad-type", type_="report.v9")
    city.publish("reports.mini", b"{}", "no-header", headers=[])
    city.publish("reports.mini", b"{}", "bytes", headers=[("ce_id", b"\xff\xfe"), ("ce_type", b"report.v1")])
    city.publish("reports.mini", b"{}", "foreign", headers=[*header, ("x-odd", b"\xff\xfe")])
    city.publish("reports.mini", b'"' + b"x" * 200_000 + b'"', "huge", type_="report.v1")
    city.publish("reports.mini", good, "good-1")
    wrong = dispatch.Accept(order="no-such-order", assignment=1, handler="班长")
    city.publish(f"replies.{lead}", wrong, "wrong-1")

    def receipts() -> Any:
        mine = city.messages("receipts.mini")
        return mine if any(m["data"].get("report") == "good-1" for m in mine) else None

    answers = wait(receipts, 20, "the good neighbour")
    refused = [m["data"]["rule"] for m in answers if m["type"] == "report.rejected.v1"]
    assert sorted(refused) == sorted(
        ["message.unreadable", "message.unknown_type", "message.missing_header", "message.unreadable",
         "message.invalid", "message.too_large"]
    )  # fmt: skip
    causes = {m["cause"] for m in answers if m["type"] == "report.rejected.v1"}
    assert causes >= {"bad-json", "bad-type", "h-1", "huge"}
    kept = city.sql("SELECT rule FROM donggang_intake.quarantine WHERE topic = 'donggang.reports.mini.v1'")
    assert len(kept) == 6

    def told() -> bool:
        said = city.messages(f"orders.{lead}")
        return "wrong-1" in [m["data"]["reply"] for m in said if m["type"] == "reply.refused.v1"]

    wait(told, 20, "reply refused")


def _patiently(city: RunningCity, reports: list[dict[str, Any]]) -> httpx.Response:
    """Send as an integrator does: the same again until it is answered."""
    for _ in range(200):
        try:
            answer = city.post("intake", "/v1/reports", reports, ("source", "grid"))
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code == 200:
            return answer
        time.sleep(0.2)
    raise AssertionError("intake stayed away")


def test_services_killed_in_mid_flow_lose_nothing(donggang: RunningCity) -> None:
    city = donggang
    for round_ in range(5):
        reports = [
            {
                "id": f"kill-{round_}-{n}",
                "text": apart(f"kill-{round_}-{n}"),
                "matter": "burst-pipe",
                "place": {"unit": PLACE},
            }
            for n in range(60)
        ]
        now = read_stack(city.folder)
        assert now is not None
        service = ("intake", "dispatch", "escalation", "feedback", "console")[round_]
        answer = _patiently(city, reports)
        os.kill(now.processes[service].pid, signal.SIGKILL)
        time.sleep(0.7)
    last = answer.json()["items"][-1]["case"]
    city.order(last, "dispatched", 40)

    def healed() -> bool:
        try:
            return all(
                city.get(s, "/readyz").status_code == 200
                for s in ("intake", "dispatch", "escalation", "feedback", "console")
            )
        except httpx.TransportError:
            return False

    wait(healed, 60, "all services back")
    verdict = city.audit()
    assert verdict.ok, verdict.as_json()
    assert verdict.reports >= 300


def test_the_auditor_finds_a_planted_loss_a_double_and_a_swap(donggang: RunningCity) -> None:
    city = donggang
    case = city.report("planted", "burst-pipe")["case"]
    city.order(case, "dispatched")
    assert city.audit().ok
    journal = "donggang_dispatch.journal"
    # a loss: the last fact disappears from the journal
    columns = "id, subject, sequence, type, streams, key, headers::text, value, written_at"
    gone = city.sql(f"DELETE FROM {journal} WHERE subject = $1 AND sequence = 2 RETURNING {columns}", case)[0]
    assert "gap" in city.audit().by_kind()
    put_back = (
        f"INSERT INTO {journal} (id, subject, sequence, type, streams, key, headers, value, written_at) "
        "OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9)"
    )
    city.sql(put_back, *gone)
    assert city.audit().ok
    # a double: the same fact written down twice
    twice = city.sql(
        f"INSERT INTO {journal} (subject, sequence, type, streams, key, headers, value) SELECT subject, sequence, "
        f"type, streams, key, headers, value FROM {journal} WHERE subject = $1 AND sequence = 2 RETURNING id",
        case,
    )[0]["id"]
    assert "double" in city.audit().by_kind()
    city.sql(f"DELETE FROM {journal} WHERE id = $1", twice)
    assert city.audit().ok
    # a swap: two facts change places
    changed = "SET sequence = CASE sequence WHEN 1 THEN 2 ELSE 1 END WHERE subject = $1 AND sequence IN (1, 2)"
    swap = f"UPDATE {journal} {changed}"
    city.sql(swap, case)
    found = city.audit().by_kind()
    assert {"order", "differs"} & set(found)
    city.sql(swap, case)
    # a case in two places: the register says another unit than the journal
    city.sql("UPDATE donggang_dispatch.responsibility SET responsible = 'S02' WHERE case_id = $1", case)
    assert "two_places" in city.audit().by_kind()
    said = f"SELECT value::jsonb ->> 'responsible' FROM {journal} WHERE subject = $1 ORDER BY id DESC LIMIT 1"
    city.sql(f"UPDATE donggang_dispatch.responsibility SET responsible = ({said}) WHERE case_id = $1", case)
    assert city.audit().ok


def test_a_list_of_replies_is_decided_one_by_one_and_what_was_refused_is_on_record(donggang: RunningCity) -> None:
    city = donggang
    case, order = _stream_case(city, "replies-1")
    lead = city.holder(order["lead"])
    head = {"order": case, "assignment": 1}
    said = [
        {**head, "act": "accept", "handler": "抢修班长", "office_phone": "0415-7123456"},
        {**head, "act": "finish", "what": "已更换阀门", "contacted": True, "evidence": 0},
        {**head, "act": "extension", "more": 1, "why": "需更换主管阀门"},
        {**head, "act": "dance"},
        {**head, "act": "recall", "reason": "不是我派的"},
    ]
    answer = city.post("dispatch", "/v1/orders/replies", {"replies": said}, lead, "bulk-1")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [item.get("rule") for item in items] == [
        None, "order.finish_evidence", None, "message.invalid", "actor.not_allowed",
    ]  # fmt: skip
    again = city.post("dispatch", "/v1/orders/replies", {"replies": said}, lead, "bulk-1").json()["items"]
    assert [item["outcome"] for item in again] == [item["outcome"] for item in items]
    standing = city.order(case)
    assert (standing["status"], standing["request"]) == ("accepted", "extension")

    bare = city.post("dispatch", f"/v1/orders/{case}/finish", {"assignment": "一"}, lead, "bare-1")
    assert (bare.status_code, bare.json()["rule"]) == (422, "message.invalid")
    assert city.order(case) == standing

    own = city.get("dispatch", f"/v1/refusals?order={case}", lead).json()["refusals"]
    assert {(row["rule"], row["said"]) for row in own} == {
        ("order.finish_evidence", "order.finish.v1"), ("actor.not_allowed", "order.recall.v1"),
        ("message.invalid", "POST /v1/orders/replies"), ("message.invalid", f"POST /v1/orders/{case}/finish"),
    }  # fmt: skip
    assert all(row["sender"] == ".".join(lead) and row["refused_at"] for row in own)
    assert own[0]["title"] != own[0]["title_en"]
    assert city.get("dispatch", f"/v1/refusals?order={case}").json()["refusals"] == own
    stranger = ("department", "no-such")
    assert city.get("dispatch", f"/v1/refusals?order={case}", stranger).json()["refusals"] == []
    assert city.get("dispatch", f"/v1/refusals?sender={own[0]['sender']}", stranger).status_code == 403
