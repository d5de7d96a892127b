"""Good requests of every kind, to be damaged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.fuzz.stand import SOURCE, Office
from tests.support.running_city import PLACE, RunningCity


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it is to be sent; `path` and header values are bytes as they go over the wire."""

    service: str
    method: str
    path: str
    who: tuple[str, str]
    body: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    """In place of those that a good request has."""
    token: bytes | None = None


def templates(city: RunningCity, office: Office) -> list[Ask]:
    """Return good requests of every kind."""
    case, held = office.accepted[1], office.dispatched[0]  # the first accepted is the good neighbours' own
    department, root, source = ("department", office.department), city.city.root.code, ("source", SOURCE)
    operations, unit = ("operations", root), ("unit", root)
    meetings = city.get("escalation", "/v1/meetings?limit=1").json()["meetings"]
    meeting = meetings[0]["id"] if meetings else f"meeting:{root}:1"
    report = {
        "id": "fz-http", "text": "楼下路灯坏了", "subject": "路灯", "matter": "street-lights",
        "at": "2026-01-01T08:00:00+08:00",
        "place": {"unit": PLACE, "lon": 121.5, "lat": 31.2, "system": "gcj02", "address": "幸福路"},
        "reporter": {"id": "r", "name": "某", "phone": "13812345678"}, "photos": [], "raised_by": PLACE,
        "solved": {"what": "已处理", "evidence": 1},
    }  # fmt: skip
    note = {"assignment": 1, "note": "正在处理中"}
    record = {"decisions": [{"topic": "t-1", "kind": "resolve", "lead": "S01", "support": ["S02"],
                             "due_on": "2026-12-31", "done_means": "全部修复完成", "reply": "已安排"}]}  # fmt: skip
    said = {"contacted": True, "solved": False, "grade": 2, "comment": "仍不亮"}
    rows: list[tuple[str, str, tuple[str, str], Any]] = [
        ("intake", "/v1/reports", source, report),
        ("intake", "/v1/reports", source, {key: report[key] for key in ("id", "text", "place", "at")}),
        ("intake", "/v1/reports", source, [report, {"id": "fz-2", "text": "路灯坏了"}]),
        ("intake", "/v1/reports/hotline/fz-none/withdraw", source, {}),
        ("intake", f"/v1/cases/{case}/triage", operations, {"matter": "street-lights", "unit": PLACE}),
        ("intake", f"/v1/cases/{case}/reject", operations, {"rule": "report.not_ours"}),
        ("intake", "/v1/reports/hotline/base-1", source, None),
        ("intake", "/v1/triage?after=2026-01-01T00:00:00%2B08:00~x&limit=5", operations, None),
        ("intake", f"/v1/cases/{case}/dossier?why=check", operations, None),
        ("dispatch", f"/v1/orders/{case}/progress", department, note),
        ("dispatch", f"/v1/orders/{held}/accept", department, {"assignment": 9, "handler": "班长"}),
        ("dispatch", f"/v1/orders/{held}/hand-back", department, {**note, "clause": "三定", "proposed": "S01"}),
        ("dispatch", f"/v1/orders/{held}/unable", department, {"assignment": 9, "missing": "law", "tried": "试过不行"}),
        ("dispatch", f"/v1/orders/{held}/verify", unit, {**note, "passed": True}),
        ("dispatch", f"/v1/orders/{held}/dispatch", unit, {"lead": "S01", "support": ["S02"]}),
        ("dispatch", f"/v1/orders/{case}", department, None),
        ("dispatch", "/v1/orders?responsible=S01&judge=S01&status=accepted&after=x&limit=5", department, None),
        ("escalation", f"/v1/meetings/{meeting}/hold", unit, {"present": [root, "S01"]}),
        ("escalation", f"/v1/meetings/{meeting}/record", unit, record),
        ("escalation", f"/v1/meetings/{meeting}/adopt", unit, {}),
        ("escalation", f"/v1/topics/{case}/object", unit, {"why": "不同意这个决定"}),
        ("escalation", f"/v1/meetings?body={root}&status=planned&after=x&limit=3", unit, None),
        ("escalation", f"/v1/meetings/{meeting}", unit, None),
        ("escalation", f"/v1/topics?body={root}&status=tabled&to_do=true&after=x&limit=3", unit, None),
        ("escalation", f"/v1/topics/{case}", unit, None),
        ("escalation", f"/v1/ledger/{root}?after=0&limit=5", unit, None),
        ("feedback", "/v1/ratings", source, {"id": "fz-r", "token": office.tokens[0], "contacted": True, "solved": True,
                                             "grade": 5, "comment": "很好"}),
        ("feedback", f"/v1/cases/{case}/judge", operations, {"controllable": True, "why": "现场复核"}),
        ("feedback", "/v1/scores?period=2026-11&unit=S01", operations, None),
        ("feedback", f"/v1/cases/{case}/remarks", operations, None),
        ("feedback", f"/v1/cases/{case}/call-back", operations, {"reporter": "r1", "outcome": "answered", **said}),
        ("feedback", f"/v1/cases/{case}/ask-exclusion", department, {"code": "force_majeure", "why": "台风停工三天"}),
        ("feedback", f"/v1/cases/{case}/support-exclusion", operations, {"why": "情况属实"}),
        ("feedback", f"/v1/cases/{case}/decide-exclusion", operations, {"granted": True, "why": "同意剔除"}),
        ("feedback", "/v1/call-backs?after=2026-01-01T00:00:00%2B08:00~x~r1&limit=5", operations, None),
        ("feedback", "/v1/exclusions?unit=S01&period=2026-11&stage=asked&after=x&limit=5", operations, None),
        ("feedback", f"/v1/answers/{office.tokens[-1]}", source, said),
        ("feedback", f"/v1/answers/{office.tokens[-1]}", source, None),
        ("console", f"/v1/cases/{case}?after=dispatch:1", operations, None),
        ("console", "/v1/cases?sort=-received&limit=5&offset=0&status=accepted&q=a", operations, None),
        ("console", "/rows/cases?sort=received&limit=5&offset=0&lang=en", operations, None),
        ("console", f"/cases/{case}?lang=en", operations, None),
        ("console", "/cases?status=accepted&wall=1", operations, None),
        ("console", "/?lang=zh", operations, None),
    ]  # fmt: skip
    return [
        Ask(service, "GET" if body is None else "POST", path, who, None if body is None else json.dumps(body).encode())
        for service, path, who, body in rows
    ]
