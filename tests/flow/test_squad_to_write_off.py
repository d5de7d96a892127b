"""A squad from its forming to its write-off: its order, two checks of its cycle, the summary, the ledger's end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from deploy.simulation.memory import Memory
from services.dispatch.domain.order import Status
from shared.contracts import escalation, feedback, intake, supervision
from shared.kernel.decisions import Actor
from tests.flow.test_worked_example import COMMUNITY, ESTATE, STREET, Town, when

CENTRE, OWN = Actor("operations", "centre"), Actor("unit", ESTATE)
INSPECTORS = ({"id": "i-1", "unit": "C06"}, {"id": "i-2", "unit": "C07"})


def squad_town() -> Town:
    """Return the town of the worked example with the five-stage loop, where an estate may form a squad."""
    town = Town()
    chain = tuple(replace(level, may_form_squad=True) for level in town.city.chain)
    on = town.city.mechanisms | {"five-stage-loop", "spot-checks"}
    town.city = replace(town.city, chain=chain, mechanisms=on)
    town.memory = Memory(town.city, town.memory.now, town.memory.tally)
    town.memory.hear = town.heard.append
    return town


def formed(town: Town) -> None:
    """Report, propose and admit; the meeting of 28 January forms the squad, its minutes come into force on the 30th."""
    report = intake.Report(
        id="m-1", text="地下室返污水，臭味很大，请尽快处理", place=intake.ReportPlace(unit=ESTATE), matter="drains",
        reporter=intake.Reporter(id="u-1"),
    )  # fmt: skip
    town.until("01-12 09:00")
    outside(town, "reports", "m-1", report)
    town.case = next(case for case in town.memory.offices["dispatch"].states if not case.startswith("party:"))
    town.until("01-16 09:00")
    proposal = escalation.ProposeTopic(
        kind=escalation.TopicKind.CASE, cases=(town.case,), summary="地下室返污水", tried="网格协调物业和业主",
        asked="请明确管道权属并疏通", lead="housing",
    )  # fmt: skip
    town.memory._command(town.memory.offices["escalation"], proposal, OWN, town.case, "p-1")
    town.memory._flow()
    town.until("01-19 09:00")
    town.topic_does(ESTATE, "admit")
    town.meet(
        ESTATE, "01-28", "01-30", kind="squad", leader=town.city.bodies[ESTATE].convener, lead=ESTATE,
        members=(ESTATE, COMMUNITY), due_on="2026-02-12", done_means="疏通管道并录像",
    )  # fmt: skip


def outside(town: Town, family: str, id_: str, message: Any) -> None:
    stream, body = f"donggang.{family}.mini.v1", message.model_dump_json().encode()
    asyncio.run(town.memory.send(stream, id_, body, id_=id_, type_=message.TYPE, sender="mini"))


def done(town: Town) -> None:
    """The squad's order is done, verified, rated and closed; its reporter was told."""
    town.until("02-09 10:00")
    order = town.order()
    assert order.is_meeting_order
    said = {"assignment": order.assignment, "what": "管道已疏通", "contacted": True, "evidence": 2, "handler": "网格长"}
    town.do(OWN, "dispatch", f"/v1/orders/{town.case}/finish", said)
    verified = {"assignment": order.assignment, "passed": True, "note": "现场查看，不再返水", "means": "photo"}
    town.do(Actor("unit", town.order().responsible), "dispatch", f"/v1/orders/{town.case}/verify", verified)
    (invited,) = town.facts(feedback.InvitationSent)
    outside(
        town, "ratings", "a-1", feedback.Rating(id="a-1", token=invited.token, contacted=True, solved=True, grade=5)
    )
    assert town.order().status is Status.CLOSED
    town.topic_does(ESTATE, "tell", reporter="r1")
    assert town.statuses() == ("settled",)


def sum_up(town: Town) -> str:
    conclusion = {"kind": "matter", "code": "drains", "text": "排水类增列产权调查"}
    said = {"cycle": "2026-02", "learned": "物业与网格联合排查", "conclusions": [conclusion]}
    return town.say(CENTRE, "feedback", f"/v1/summaries/{town.case}/sum-up", said).rule


def test_a_squad_is_written_off_after_two_checks_and_its_summary_and_not_before() -> None:
    town = squad_town()
    formed(town)
    done(town)
    write_off = f"/v1/topics/{town.case}/write-off"
    assert town.say(OWN, "escalation", write_off).rule == "topic.not_summed_up"
    assert sum_up(town) == "summary.unchecked"

    freeze = {"cycle": town.case, "inspectors": INSPECTORS}
    town.until("02-10 09:00")
    town.do(CENTRE, "feedback", f"/v1/draws/{COMMUNITY}/2026Q1/look_back/freeze", freeze)
    assert town.facts(supervision.DrawMade) == []
    town.until("02-12 09:00")
    (made,) = town.facts(supervision.DrawMade)
    assert [pair.case for pair in made.pairs] == [town.case], "the squad's own case is looked back on"
    (unit,) = [one["unit"] for one in INSPECTORS if one["id"] == made.pairs[0].inspector]
    found = {"case": town.case, "passed": True, "finding": "现场复核，未见返水"}
    record = f"/v1/draws/{COMMUNITY}/2026Q1/look_back/record?cycle={town.case}"
    town.do(Actor("unit", unit), "feedback", record, found)
    assert sum_up(town) == "summary.unchecked", "one check is not two"
    town.do(CENTRE, "feedback", f"/v1/draws/{STREET}/2026Q1/look_back/freeze", freeze)
    complete = town.facts(supervision.DrawCompleted)
    assert [(fact.cycle, fact.checked) for fact in complete] == [(town.case, 1), (town.case, 0)], "the other is empty"
    assert sum_up(town) == ""
    (summed,) = town.facts(escalation.TopicSummedUp)
    assert summed.cycle == "2026-02"

    town.do(OWN, "escalation", write_off)
    assert town.statuses() == ("written_off",)
    assert [fact.final for fact in town.facts(escalation.TopicWrittenOff)] == [True]
    assert town.memory.now < when("02-14 00:00")
