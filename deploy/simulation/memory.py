"""A platform in memory: facts reach every service and the outside at once, time jumps from one thing to the next."""

from __future__ import annotations

import heapq
import json
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from deploy.demo.agenda import Deed
from deploy.demo.desk import Result, verb_of
from deploy.demo.streams import Heard
from deploy.demo.tally import Tally
from deploy.simulation.addresses import addressed
from deploy.simulation.offices import Dispatch, Escalation, Feedback, Intake, Office
from services.dispatch import domain as dispatch
from services.escalation import domain as escalation
from services.escalation.domain.chain import Record
from services.feedback import domain as feedback
from services.feedback.routes.answer import LINK_HOLDER, rating_of
from shared.city.model import City
from shared.contracts.base import Contract, by_type
from shared.contracts.envelope import Envelope
from shared.contracts.feedback import LinkAnswer
from shared.contracts.intake import Report
from shared.contracts.topics import READS, STATE_STREAM, stream_of
from shared.kernel.decisions import CLOCK, OUTSIDE, SYSTEM, Actor, Answer, Arm, Context, Due, Message
from shared.kernel.refusals import Refused
from shared.shell.desk import read_as

_SENDER = {"reports": "source", "ratings": "source", "replies": "department"}
_READER = {"reports": "intake", "ratings": "feedback", "replies": "dispatch"}


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact on its way to those who read it."""

    service: str
    subject: str
    sequence: int
    data: Contract
    at: datetime
    actor: Actor
    copies: tuple[str, ...]


class Memory:
    """The four services without shell, wire or store; actors speak to it as to `Desk`, `Publisher` and `Agenda`."""

    def __init__(self, city: City, starts: datetime, tally: Tally) -> None:
        self.city, self.now, self.tally = city, starts, tally
        self.offices: dict[str, Office] = {o.name: o for o in (kind(city) for kind in _KINDS)}
        self.facts: Counter[str] = Counter()
        self.hear: Callable[[Heard], None] = lambda heard: None
        self._readers = {
            s: [o for o in self.offices.values() if STATE_STREAM[s] in READS[o.name]] for s in STATE_STREAM
        }
        self._agenda: list[tuple[datetime, int, int, Any]] = []
        self._queue: deque[Stated | Heard] = deque()
        self._inbox: set[tuple[str, str, str]] = set()
        self._count = 0
        for rules in (dispatch, escalation, feedback):
            for subject, arm in rules.seeds(city, starts):
                self._arm(self.offices[rules.__name__.split(".")[1]], arm, subject)

    def ledgers(self) -> Mapping[str, Sequence[Record]]:
        """Return the records of every body's ledger."""
        office = self.offices["escalation"]
        assert isinstance(office, Escalation)
        return office.records

    # -- time -------------------------------------------------------------------------------------------------------

    def at(self, when: datetime, deed: Deed) -> None:
        """Plan a deed of an actor; one whose time is past is done at once."""
        self._push(when, 0, deed)

    def _push(self, when: datetime, rank: int, what: Any) -> None:
        self._count += 1
        heapq.heappush(self._agenda, (max(when, self.now), rank, self._count, what))

    def run(self, until: datetime) -> None:
        """Let everything before an instant happen; at one instant people come before clocks."""
        agenda = self._agenda
        while agenda and agenda[0][0] < until:
            when, rank, _, what = heapq.heappop(agenda)
            self.now = when
            if rank == 0:
                finish(what())
            else:
                self._strike(*what)
            self._flow()
        self.now = until

    def _strike(self, office: Office, arm: Arm) -> None:
        armed = office.deadlines.get(arm.subject, {})
        if armed.get(arm.name) is not arm:
            return
        del armed[arm.name]
        due = Message(
            Due(arm.name, arm.data), arm.subject, CLOCK, SYSTEM, arm.due_at, self._new_id(), touches=arm.touches
        )
        self._take(office, due)

    def _arm(self, office: Office, change: Any, subject: str) -> None:
        arm = office.rearm(change, subject)
        if arm is not None:
            self._push(arm.due_at, 1, (office, arm))

    # -- deciding ---------------------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        self._count += 1
        return f"i-{self._count}"

    def _take(self, office: Office, message: Message) -> None:
        message = office.resolve(message)
        context = Context(self.now, self.city, self._new_id, office.prepare(message, self.now))
        decision = office.decide(message, context)
        if message.source in STATE_STREAM:
            office.fold(message.subject, message.data, message.acted_at)
        for fact in decision.facts:
            subject = fact.subject or message.subject
            office.fold(subject, fact.data, message.acted_at)
            office.sequences[subject] += 1
            data = office.wire.to_wire(fact.data)
            self.facts[data.TYPE] += 1
            self._queue.append(
                Stated(
                    office.name, subject, office.sequences[subject], data, message.acted_at, message.actor, fact.copy_to
                )
            )
        for change in decision.deadlines:
            self._arm(office, change, message.subject)
        for answer in decision.answers:
            self._answer(office, answer)
        office.save(decision.rows)

    def _answer(self, office: Office, answer: Answer) -> None:
        data = office.wire.to_wire(answer.data)
        envelope = Envelope(self._new_id(), data.TYPE, office.name, answer.key, self.now)
        self._queue.append(Heard(answer.stream, envelope, data))

    def _flow(self) -> None:
        """Bring every fact to its readers, in the order stated; what they state joins the end."""
        while self._queue:
            one = self._queue.popleft()
            if isinstance(one, Heard):
                self.hear(one)
                continue
            for office in self._readers[one.service]:
                if office.wire.hears(type(one.data)):
                    data = office.wire.to_domain(one.data)
                    self._take(
                        office,
                        Message(data, one.subject, one.service, one.actor, one.at, self._new_id(), one.sequence),
                    )
            envelope = Envelope(
                f"{one.service}/{one.subject}/{one.sequence}", one.data.TYPE, one.service, one.subject, one.at,
                one.sequence,
            )  # fmt: skip
            for stream in (STATE_STREAM[one.service], *one.copies):
                self.hear(Heard(stream, envelope, one.data))

    # -- the desk ---------------------------------------------------------------------------------------------------

    async def act(self, actor: Actor, service: str, path: str, body: Mapping[str, Any], key: str) -> Result:
        """Let somebody command something."""
        it = addressed(self.city, actor, service, path, body, key)
        try:
            data = read_as(it.contract, dict(body), **it.given)
            self._command(self.offices[service], data, actor, it.subject, key, begins=it.begins)
            result = Result({"subject": it.subject})
        except Refused as refused:
            result = Result(dict(refused.params), refused.rule, refused.field)
        self.tally.act(verb_of(path), result.rule)
        self._flow()
        return result

    async def answer(self, service: str, link: str, body: Mapping[str, Any]) -> Result:
        """Take what somebody without an account says at a link."""
        rating = rating_of(link.rsplit("/", 1)[-1], read_as(LinkAnswer, dict(body)))
        try:
            self._command(self.offices[service], rating, LINK_HOLDER, "", rating.id)
            result = Result(None)
        except Refused as refused:
            result = Result(dict(refused.params), refused.rule, refused.field)
        self.tally.act("answer", result.rule)
        self._flow()
        return result

    def _command(
        self, office: Office, data: Contract, actor: Actor, subject: str, key: str, *, begins: bool = False
    ) -> None:
        inbox = (office.name, f"{actor.kind}:{actor.id}", key)
        if inbox in self._inbox:
            return
        message = Message(office.wire.to_domain(data), subject, OUTSIDE, actor, self.now, key, creates=begins)
        self._take(office, message)
        self._inbox.add(inbox)

    async def post(self, actor: Actor, service: str, path: str, content: bytes, key: str) -> Result:
        """Take a report as bytes, also a faulty one."""
        try:
            data = read_as(Report, json.loads(content))
            self._command(self.offices[service], data, actor, "", key)
        except Refused as refused:
            return Result(None, refused.rule, refused.field)
        except ValueError:
            return Result(None, "message.unreadable", "body")
        self._flow()
        return Result(None)

    async def send(self, topic: str, key: str, value: bytes, *, id_: str, type_: str, sender: str) -> None:
        """Take what an outside party publishes on its topic."""
        family, member = stream_of(topic).split(".", 1)
        office, actor = self.offices[_READER[family]], Actor(_SENDER[family], member)
        contract = by_type(type_)
        assert contract is not None, f"{type_} is no type"
        message = Message(None, key, OUTSIDE, actor, self.now, id_)
        try:
            data = contract.model_validate_json(value)
            subject = getattr(data, "order", "")
            message = replace(message, data=office.wire.to_domain(data))
            self._command(office, data, actor, subject, id_)
        except ValidationError:
            self._refused(office, message, stream_of(topic), Refused("message.unreadable", "", reason="JSON"))
        except Refused as refused:
            self._refused(office, message, stream_of(topic), refused)
        self._flow()

    def _refused(self, office: Office, message: Message, stream: str, refused: Refused) -> None:
        answer = office.refuse(message, stream, refused)
        if answer is not None:
            self._answer(office, answer)


_KINDS: tuple[Callable[[City], Office], ...] = (Intake, Dispatch, Escalation, Feedback)


def finish(deed: Coroutine[Any, Any, Any]) -> Any:
    """Drive a coroutine that awaits nothing real to its end."""
    try:
        deed.send(None)
    except StopIteration as stop:
        return stop.value
    deed.close()
    raise RuntimeError("an actor in memory waits for something real")
