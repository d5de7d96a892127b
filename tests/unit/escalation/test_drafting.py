"""The draft of the minutes: recorded piece by piece, its full words never lost to the masked ones of facts."""

from __future__ import annotations

import json
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain import messages as m
from shared.kernel.decisions import Actor
from tests.unit.escalation.hall import COMMUNITY, STREET, Hall

SECRETARY = Actor("post", f"{COMMUNITY}:community-liaison")


def test_minutes_keep_in_full_what_is_recorded_piece_by_piece_or_comes_back_as_facts_carry_it() -> None:
    hall = Hall(bodies=(COMMUNITY, STREET))
    for case in ("c-1", "c-2"):
        hall.escalate(case, COMMUNITY)
    meeting = hall.held(COMMUNITY)
    first, second = (item.topic for item in meeting.agenda)
    called = "请联系人王小明办理，电话13800138000，" + "逐户登记" * 60
    told = "住户来电13900139000反映，费用待核"

    def say(*decisions: Any, **more: Any) -> None:
        hall.send(meeting.id, m.RecordDecisions(decisions=decisions, **more), SECRETARY)

    def full(digest: str) -> dict[str, str]:
        return next(json.loads(words.text) for words in hall.wordings() if words.digest == digest)

    say(hall.decision(first, "defer", COMMUNITY, why=called), review="听取13700137000来电办理情况", plans="下月复查")
    say(hall.decision(second, "defer", COMMUNITY, why=told), keep=True)
    kept = {draft.topic: draft for draft in hall.states[meeting.id].decisions}
    assert [full(kept[topic].digest)["why"] for topic in (first, second)] == [called, told]
    assert not any("王小明" in fact.decisions[0].why for fact in hall.stated(f.MeetingRecorded))

    say(hall.decision(first, "defer", COMMUNITY, why=kept[first].why, discussion="同意"), plans="下季复查", keep=True)
    again = {draft.topic: draft for draft in hall.states[meeting.id].decisions}
    assert full(again[first].digest) == {"why": called, "discussion": "同意"}
    assert again[second] == kept[second]
    said = full(hall.states[meeting.id].digest)
    assert said == {"review": "听取13700137000来电办理情况", "plans": "下季复查"}

    say(*(hall.decision(topic, "defer", COMMUNITY, why=again[topic].why) for topic in (first, second)))
    hall.adopt(meeting)
    ended = hall.states[meeting.id]
    assert [full(draft.digest)["why"] for draft in ended.decisions] == [called, told]
    assert (ended.review, ended.plans, ended.digest) == ("", "", ""), "a record without `keep` is the whole of it"
    decided = [hall.body_of(record)["words"] for record in hall.records(COMMUNITY) if record.kind == "decided"]
    assert decided == [draft.digest for draft in ended.decisions]
