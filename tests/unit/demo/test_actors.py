"""Actors against a platform that is made of facts alone: what they say, when, and what they leave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from deploy.demo.agenda import Agenda
from deploy.demo.behaviour import Behaviour
from deploy.demo.callers import Callers
from deploy.demo.conveners import Conveners
from deploy.demo.desk import Desk, Result
from deploy.demo.draws import Chance
from deploy.demo.holders import Holders
from deploy.demo.model import Demand
from deploy.demo.parameters import Parameters
from deploy.demo.senders import Senders
from deploy.demo.streams import Heard, Once
from deploy.demo.tally import Tally
from deploy.demo.world import World
from deploy.simulation.addresses import addressed
from shared.city.model import City
from shared.contracts import dispatch, escalation, feedback, intake
from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.shell.desk import read_as
from shared.shell.tokens import sign

MORNING = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
Acts = list[tuple[str, str, Mapping[str, Any]]]


class Steps(Agenda):
    """An agenda that a test turns by hand."""

    def __init__(self, at: datetime) -> None:
        self.present = at
        super().__init__(lambda: self.present, lambda: 1.0)

    async def until(self, at: datetime) -> None:
        while self._planned and min(self._planned)[0] <= at:
            when, _, deed = self._planned.pop(self._planned.index(min(self._planned)))
            self.present = max(self.present, when)
            await deed()
        self.present = at


class FakeDesk:
    """Notes every act, which has to be one of its contract; refuses the verbs it was told to refuse."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.acts: Acts = []
        self.refuses: dict[str, str] = {}

    async def act(self, actor: Actor, service: str, path: str, body: Mapping[str, Any], key: str) -> Result:
        assert len(key) <= 128
        asked = addressed(self._city, actor, service, path, body, key)
        read_as(asked.contract, dict(body), **asked.given)
        self.acts.append((f"{actor.kind}.{actor.id}", path, body))
        return Result(None, self.refuses.get(path.rsplit("/", 1)[-1], ""))

    async def answer(self, service: str, link: str, body: Mapping[str, Any]) -> Result:
        self.acts.append(("nobody", link, body))
        return Result(None)

    async def post(self, actor: Actor, service: str, path: str, content: bytes, key: str) -> Result:
        self.acts.append((f"{actor.kind}.{actor.id}", path, {"raw": content}))
        return Result(None)


class FakePublisher:
    """Notes every message."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, bytes]] = []

    async def send(self, topic: str, key: str, value: bytes, *, id_: str, type_: str, sender: str) -> None:
        self.sent.append((topic, key, type_, value))


class Stage:
    """A world with a desk and topics of paper."""

    def __init__(self, city: City, parameters: Parameters, seed: int = 1) -> None:
        self.agenda, self.desk, self.publisher = Steps(MORNING), FakeDesk(city), FakePublisher()
        behaviour = Behaviour(city, parameters, Chance(seed))
        self.world = World(
            city,
            behaviour,
            self.agenda,
            lambda: self.agenda.present,
            self.desk,
            self.publisher,  # type: ignore[arg-type]
        )
        self.holders, self.senders, self.conveners = Holders(self.world), Senders(self.world), Conveners(self.world)
        self.callers = Callers(self.world)
        self.sequences: dict[str, int] = {}

    def tell(self, subject: str, data: Contract, stream: str = "orders", sequence: int = 0) -> None:
        key = f"{stream}/{subject}"
        self.sequences[key] = sequence or self.sequences.get(key, 0) + 1
        envelope = Envelope("id", data.TYPE, "x", subject, self.agenda.present, self.sequences[key])
        if stream == "feedback":
            self.callers.hear(Heard(stream, envelope, data))
        actors = {"ledger": self.conveners, "receipts": self.senders}.get(stream.split(".")[0], self.holders)
        actors.hear(Heard(stream, envelope, data))


@pytest.fixture
def stage(city: City, parameters: Parameters) -> Stage:
    return Stage(city, parameters)


def registered(report: str = "mini-1") -> intake.CaseRegistered:
    return intake.CaseRegistered(
        number="DG-1",
        source="mini",
        report=report,
        dossier="d",
        placement=intake.Placement(unit="C01-G01-B1", how="point", confidence=1.0),
        understanding=intake.Understanding(matter="property-service", how="given", confidence=1.0),
        kind="problem",
        urgent=False,
        rung="grid",
        summary="物业服务差",
        reporter="r",
        ratable=True,
    )


def dispatched(
    lead: str, rung: str, matter: str = "property-service", dispatcher: str = "C01"
) -> dispatch.OrderDispatched:
    return dispatch.OrderDispatched(
        status=dispatch.Status.DISPATCHED,
        responsible=lead,
        rung=rung,
        assignment=1,
        clock="accept",
        due_at=MORNING + timedelta(hours=4),
        number="DG-1",
        matter=matter,
        unit="C01-G01-B1",
        summary="物业服务差",
        urgent=False,
        dispatcher=dispatcher,
        rule="rung",
    )


def accepted(lead: str, rung: str) -> dispatch.OrderAccepted:
    return dispatch.OrderAccepted(
        status=dispatch.Status.ACCEPTED,
        responsible=lead,
        rung=rung,
        assignment=1,
        clock="handle",
        due_at=MORNING + timedelta(days=2),
        handler="x",
        deemed=False,
    )


def verbs(stage: Stage) -> list[str]:
    return [path.rsplit("/", 1)[-1] for _, path, _ in stage.desk.acts]


async def test_a_grid_signs_by_the_desk_and_then_finishes_or_passes_up(stage: Stage) -> None:
    stage.tell("c1", registered(), "cases")
    stage.tell("c1", dispatched("C01-G01", "grid"))
    await stage.agenda.until(MORNING + timedelta(days=1))
    assert verbs(stage) == ["accept"]
    assert stage.desk.acts[0][0] == "unit.C01-G01"
    stage.tell("c1", accepted("C01-G01", "grid"))
    await stage.agenda.until(MORNING + timedelta(days=20))
    assert len(verbs(stage)) == 2
    assert verbs(stage)[1] in ("finish", "pass-up")


@pytest.mark.parametrize("is_reworked", [False, True])
async def test_a_grid_does_again_what_it_had_solved_on_the_spot_and_what_did_not_hold(
    stage: Stage, is_reworked: bool
) -> None:
    stage.tell("c1", registered(), "cases")
    back: dict[str, Any] = {
        "status": dispatch.Status.ACCEPTED, "responsible": "C01-G01", "rung": "grid", "assignment": 1,
        "clock": "handle", "due_at": MORNING + timedelta(days=2),
    }  # fmt: skip
    failed = dispatch.VerificationFailed(**back, verifier="C01", reason="当天又出现同样情况", failures=1)
    stage.tell("c1", dispatch.OrderReworked(**back) if is_reworked else failed)
    await stage.agenda.until(MORNING + timedelta(days=20))
    assert [(who, path) for who, path, _ in stage.desk.acts] == [("unit.C01-G01", "/v1/orders/c1/finish")]


async def test_work_planned_for_an_order_that_has_moved_on_is_dropped(stage: Stage) -> None:
    stage.tell("c1", dispatched("C01-G01", "grid"))
    withdrawn = dispatch.OrderWithdrawn(status=dispatch.Status.WITHDRAWN, responsible=None, assignment=1)
    stage.tell("c1", withdrawn)
    await stage.agenda.until(MORNING + timedelta(days=20))
    assert stage.desk.acts == []
    assert stage.world.cases == {}


async def test_a_department_with_own_topics_answers_there_and_only_to_what_came_there(stage: Stage) -> None:
    assert stage.world.is_on_stream("housing")
    stage.tell("c1", dispatched("housing", "department", dispatcher="S01"))
    await stage.agenda.until(MORNING + timedelta(days=1))
    assert stage.publisher.sent == []
    stage.tell("c1", dispatched("housing", "department", dispatcher="S01"), "orders.housing", sequence=1)
    await stage.agenda.until(MORNING + timedelta(days=2))
    (topic, key, type_, value), *_ = stage.publisher.sent
    assert (topic, key) == ("donggang.replies.housing.v1", "c1")
    assert type_ in (dispatch.Accept.TYPE, dispatch.HandBack.TYPE)
    assert json.loads(value)["assignment"] == 1
    assert stage.desk.acts == []


async def test_every_reply_and_command_is_valid(city: City, parameters: Parameters) -> None:
    replies = (dispatch.Accept, dispatch.Finish, dispatch.PassUp, dispatch.HandBack, dispatch.Unable)
    verbs_of = ("accept", "finish", "pass-up", "hand-back", "unable")
    kinds: dict[str, type[Contract]] = {**dict(zip(verbs_of, replies, strict=True)), "dispatch": dispatch.DispatchTo}
    seen = set()
    stage = Stage(city, parameters)
    for n in range(60):
        rung, lead = (("community", "C01"), ("street", "S01"), ("department", "municipal"))[n % 3]
        stage.tell(f"c{n}", registered(f"mini-{n}"), "cases")
        said = dispatched(lead, rung, "road-damage", "S01")
        for stream in ("orders", f"orders.{lead}"):
            stage.tell(f"c{n}", said, stream, sequence=1)
        await stage.agenda.until(stage.agenda.present + timedelta(days=1))
        for stream in ("orders", f"orders.{lead}"):
            stage.tell(f"c{n}", accepted(lead, rung), stream, sequence=2)
        await stage.agenda.until(stage.agenda.present + timedelta(days=20))
    for _, path, body in stage.desk.acts:
        kinds[path.rsplit("/", 1)[-1]].model_validate(body)
        seen.add(path.rsplit("/", 1)[-1])
    by_type = {kind.TYPE: kind for kind in kinds.values()}
    for _, _, type_, value in stage.publisher.sent:
        by_type[type_].model_validate_json(value)
    assert {"accept", "finish", "pass-up", "dispatch"} <= seen


async def test_the_verifier_verifies_and_the_dispatcher_judges(stage: Stage) -> None:
    stage.tell("c1", dispatched("municipal", "department", "road-damage", "S01"))
    asked = dispatch.HandBackAsked(
        status=dispatch.Status.DISPATCHED, responsible="municipal", rung="department", assignment=1, clock="accept",
        due_at=MORNING + timedelta(hours=4), clause="x", proposed="transport", note="n", judge="S01",
        judge_due_at=MORNING + timedelta(hours=4),
    )  # fmt: skip
    stage.tell("c1", asked)
    await stage.agenda.until(MORNING + timedelta(days=3))
    assert ("unit.S01", "/v1/orders/c1/judge-hand-back") in [(who, path) for who, path, _ in stage.desk.acts]
    handled = dispatch.OrderHandled(
        status=dispatch.Status.HANDLED, responsible="C01-G01", rung="department", assignment=1, clock="verify",
        due_at=MORNING + timedelta(days=1), done_by="municipal", note="x", contacted=True, evidence=1, on_time=True,
        handle_due_at=MORNING + timedelta(days=5),
    )  # fmt: skip
    stage.tell("c1", handled)
    await stage.agenda.until(MORNING + timedelta(days=6))
    who, path, body = stage.desk.acts[-1]
    assert (who, path) == ("unit.C01-G01", "/v1/orders/c1/verify")
    dispatch.Verify.model_validate(body)


async def test_a_dispatcher_tries_the_next_department_when_a_rule_refuses_the_first(stage: Stage) -> None:
    stage.desk.refuses["dispatch"] = "order.dispatch_barred"
    stage.tell("c1", registered(), "cases")
    opened = dispatch.OrderOpened(
        status=dispatch.Status.WAITING, responsible="S01", rung="department", clock="dispatch",
        due_at=MORNING + timedelta(hours=2), case_due_at=MORNING + timedelta(days=30), dispatcher="S01",
    )  # fmt: skip
    stage.tell("c1", opened)
    await stage.agenda.until(MORNING + timedelta(days=3))
    assert [body["lead"] for _, _, body in stage.desk.acts] == ["housing", "S01"]


async def test_an_invited_resident_rates_on_the_topic_of_the_source_or_at_the_link(stage: Stage) -> None:
    for n in range(60):
        for source in ("hotline", "mini"):
            invitation = feedback.InvitationSent(
                report=f"{source}-{n}",
                case=f"c{n}",
                number="DG-1",
                token="t" * 20,
                until=MORNING + timedelta(days=7),
                link=f"/v1/answers/{'t' * 20}",
            )
            stage.tell(f"{source}-{n}", invitation, f"receipts.{source}")
    await stage.agenda.until(MORNING + timedelta(days=8))
    assert {topic for topic, *_ in stage.publisher.sent} == {"donggang.ratings.hotline.v1"}
    assert {(who, path) for who, path, _ in stage.desk.acts} == {("nobody", f"/v1/answers/{'t' * 20}")}
    for _, _, body in stage.desk.acts:
        feedback.LinkAnswer.model_validate(body)
    for _, _, _, value in stage.publisher.sent:
        feedback.Rating.model_validate_json(value)
    assert 8 < len(stage.publisher.sent) < 40


async def test_a_drawn_reporter_is_called_once_or_on_two_days_and_never_after_the_window(stage: Stage) -> None:
    for n in range(60):
        drawn = feedback.CallBackDrawn(invitation="i", round=1, reporter="r1", until=MORNING + timedelta(days=4))
        stage.tell(f"c{n}", drawn, "feedback")
    over = feedback.CallBackDrawn(invitation="i", round=1, reporter="r1", until=MORNING + timedelta(minutes=1))
    stage.tell("c-over", over, "feedback")
    calls: dict[str, list[tuple[datetime, str]]] = {}
    for hour in range(100):
        await stage.agenda.until(MORNING + timedelta(hours=hour))
        for _, path, body in stage.desk.acts:
            feedback.RecordCallBack.model_validate(body)
            calls.setdefault(path, []).append((stage.agenda.present, body["outcome"]))
        stage.desk.acts.clear()
    assert len(calls) == 60
    assert all(1 <= len(made) <= 2 for made in calls.values())
    assert all(made[0][1] == "not_reached" for made in calls.values() if len(made) == 2)
    assert all(made[0][0].date() < made[1][0].date() for made in calls.values() if len(made) == 2)
    reached = sum(made[-1][1] == "answered" for made in calls.values())
    assert 25 < reached < 52


async def test_sources_publish_or_call_and_count_their_receipts(stage: Stage, parameters: Parameters) -> None:
    demand = Demand(stage.world.city, parameters, Chance(1)).between(MORNING.date(), MORNING.date())
    stage.senders.plan(demand)
    await stage.agenda.until(MORNING + timedelta(days=2))
    assert len(stage.publisher.sent) + len(stage.desk.acts) == len(demand)
    first = next(one for one in demand if one.source == "grid" and not one.fault)
    receipt = intake.ReportReceived(report=first.id, case="c", number="DG-1", follow="/x", outcome="registered")
    stage.tell(first.id, receipt, "receipts.grid")
    assert stage.world.tally.receipts["registered"] == 1
    assert stage.world.tally.lag is not None


async def test_a_held_report_gets_the_matter_and_place_that_anyone_can_see(stage: Stage) -> None:
    stage.world.remember("mini", "mini-9", "street-lights", "C02-G01-B1")
    held = intake.CaseHeld(
        number="DG-9", source="mini", report="mini-9", dossier="d", summary="?", why="matter", responsible="donggang",
        due_at=MORNING + timedelta(hours=2),
    )  # fmt: skip
    stage.tell("c9", held, "cases")
    await stage.agenda.until(MORNING + timedelta(hours=8))
    assert stage.desk.acts == [
        ("operations.donggang", "/v1/cases/c9/triage", {"matter": "street-lights", "unit": "C02-G01-B1"})
    ]


# ---- meetings


def raised(topic: str, case: str, body: str = "S01") -> escalation.TopicRaised:
    return escalation.TopicRaised(
        topic=topic, body=body, level="street", entry=escalation.EntryStatus.OPEN, number="DG-1",
        cause=dispatch.Cause.UNABLE, answer_due_at=MORNING + timedelta(days=90), lead="municipal", summary="x",
        unit="C01-G01-B1", urgent=False,
    )  # fmt: skip


async def test_a_convened_meeting_is_held_decided_and_signed(stage: Stage, city: City) -> None:
    for n in range(12):
        stage.tell(f"c{n}", raised(f"t{n}", f"c{n}"), "ledger")
    agenda = tuple(f"t{n}" for n in range(12))
    opens = MORNING + timedelta(days=1)
    shape: dict[str, Any] = {"body": "S01", "level": "street", "number": 1}
    stage.tell(
        "meeting:S01:1",
        escalation.MeetingConvened(**shape, opens_at=opens, agenda=agenda, cases=tuple(f"c{n}" for n in range(12))),
        "ledger",
    )
    await stage.agenda.until(opens - timedelta(minutes=1))
    assert stage.desk.acts == []
    await stage.agenda.until(opens + timedelta(hours=1))
    who, path, body = stage.desk.acts[0]
    assert (who, path) == ("unit.S01", "/v1/meetings/meeting:S01:1/hold")
    assert city.bodies["S01"].members[0].code in escalation.HoldMeeting.model_validate(body).present
    held = escalation.MeetingHeld(**shape, held_at=opens, members=7, present=6, agenda=agenda)
    stage.tell("meeting:S01:1", held, "ledger")
    await stage.agenda.until(opens + timedelta(days=4))
    assert verbs(stage) == ["hold", "record", "adopt"]
    decisions = escalation.RecordDecisions.model_validate(stage.desk.acts[1][2]).decisions
    assert sorted(decision.topic for decision in decisions) == sorted(agenda)
    assert any(decision.kind is escalation.DecisionKind.RESOLVE and decision.due_on for decision in decisions)


async def test_refused_minutes_are_recorded_again_more_simply(stage: Stage) -> None:
    stage.desk.refuses["record"] = "decision.out_of_reach"
    stage.tell("c1", raised("t1", "c1"), "ledger")
    held = escalation.MeetingHeld(
        body="S01", level="street", number=1, held_at=MORNING, members=7, present=6, agenda=("t1",)
    )
    stage.tell("meeting:S01:1", held, "ledger")
    await stage.agenda.until(MORNING + timedelta(hours=8))
    kinds = [body["decisions"][0]["kind"] for _, path, body in stage.desk.acts if path.endswith("record")]
    assert kinds[1:] == ["resolve", "resolve", "move_up"]


async def test_a_decision_is_acknowledged_and_a_settled_entry_written_off(stage: Stage) -> None:
    stage.tell("c1", raised("t1", "c1"), "ledger")
    shape: dict[str, Any] = {"topic": "t1", "body": "S01", "level": "street", "entry": escalation.EntryStatus.SETTLED}
    fed = escalation.TopicFedBack(**shape, to="C01", decision="resolve", acknowledge_due_at=MORNING)
    stage.tell("c1", fed, "ledger")
    stage.tell("c1", escalation.TopicSettled(**shape, why="order_closed"), "ledger")
    stage.desk.refuses["write-off"] = "topic.untold"
    await stage.agenda.until(MORNING + timedelta(days=2))
    assert ("unit.C01", "/v1/topics/c1/acknowledge", {}) in stage.desk.acts
    assert verbs(stage).count("write-off") > 1


# ---- the ways to speak


def test_a_redelivered_record_is_known() -> None:
    once = Once()
    fact = Envelope("f", "t", "dispatch", "c1", None, 2)
    assert once.is_new("orders", fact)
    assert not once.is_new("orders", fact)
    assert not once.is_new("orders", Envelope("g", "t", "dispatch", "c1", None, 1))
    assert once.is_new("orders", Envelope("h", "t", "dispatch", "c1", None, 3))
    assert once.is_new("receipts", Envelope("a", "t"))
    assert not once.is_new("receipts", Envelope("a", "t"))


async def test_an_act_is_repeated_under_its_key_while_the_service_is_away_and_a_refusal_is_counted() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        assert request.headers["Authorization"] == f"Bearer {sign('s', 'donggang', Actor('unit', 'C01'))}"
        if len(keys) == 1:
            raise httpx.ConnectError("away")
        if len(keys) == 2:
            return httpx.Response(503)
        return httpx.Response(409, json={"rule": "order.act_not_now", "field": "status"})

    tally = Tally()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        desk = Desk(http, {"dispatch": "http://d"}, "s", "donggang", tally)
        result = await desk.act(Actor("unit", "C01"), "dispatch", "/v1/orders/c1/accept", {}, "k1")
    assert keys == ["k1"] * 3
    assert result.rule == "order.act_not_now"
    assert tally.refusals["order.act_not_now"] == 1
    assert tally.waited == 2
