"""Outside parties under faults: they send the same again until it is answered, and write down what they were told."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo.streams import Heard, Publisher, listen
from shared.contracts import dispatch, feedback, intake
from shared.contracts.base import Contract
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign
from tests.bench.outside import kinds
from tests.faults.stand import Stand
from tests.support.wording import apart

BY_TOPIC, BY_HTTP = "hotline", "mini"
VERIFIED = ("burst-pipe", "C01-G01-B1", "water-company")
"""A matter, its place and its lead: what is done about it is verified by a unit at the desk."""
BURST, CALM = (6.0, 12.0), (1.0, 5.0)
"""Seconds of a burst and of the pause after it."""


@dataclass
class Told:
    """What the outside was promised; each promise is looked up afterwards."""

    cases: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """(source, report id) -> cases that HTTP answered with: one each, if all is well."""
    facts: set[tuple[str, str, int, str]] = field(default_factory=set)
    """(service, subject, sequence, type) that a command was answered with."""
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    """(topic, message id) that the broker took."""
    counts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Answers that no client should get: 5xx other than 503."""


class Clients:
    """Two sources, some departments, the units at the desk, residents who rate."""

    def __init__(self, stand: Stand, rng: random.Random, rate: tuple[float, float]) -> None:
        self.stand, self.rng, self.rate = stand, rng, rate
        self.code = stand.city.code
        all_kinds, self.departments = kinds(stand.city)
        self.kinds = rng.sample(all_kinds, 400)
        self.told = Told()
        self._publisher = Publisher(stand.stack.kafka)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._numbers = 0

    async def __aenter__(self) -> Clients:
        # Who waits for the pool and gives up makes it lose a connection for good: turns are taken outside of it.
        self._turns = asyncio.Semaphore(40)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.http = httpx.AsyncClient(timeout=8, trust_env=False, limits=limits)
        streams = [f"receipts.{BY_TOPIC}", f"receipts.{BY_HTTP}", "orders"]
        streams += [f"orders.{name}" for name in (*self.departments, VERIFIED[2])]
        wanted = [topic_name(self.code, stream) for stream in streams]
        self._listener = asyncio.create_task(listen(self.stand.stack.kafka, wanted, self._hear))
        self._sending = asyncio.create_task(self._report_for_ever())
        return self

    async def __aexit__(self, *_: object) -> None:
        running = [t for t in (self._listener, self._sending, *self._tasks) if t is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(Exception):
            await asyncio.wait_for(self._publisher.stop(), 10)
        await self.http.aclose()

    async def finish(self, within: float) -> int:
        """Report nothing more and wait until all that was begun is answered; returns what is still unanswered."""
        if self._sending is not None:
            self._sending.cancel()
        end = time.monotonic() + within
        calm_since = time.monotonic()
        while time.monotonic() < end and time.monotonic() - calm_since < 3:
            if self._tasks:
                calm_since = time.monotonic()
            await asyncio.sleep(0.2)
        return len(self._tasks)

    @property
    def waiting(self) -> int:
        """Return how many messages are not yet answered or acknowledged."""
        return len(self._tasks)

    # ---- residents and sources

    async def _report_for_ever(self) -> None:
        while True:
            rate = self.rng.uniform(*self.rate)
            end = time.monotonic() + self.rng.uniform(*BURST)
            while time.monotonic() < end:
                self._do(self._report_by_http(self.rng.randint(1, 6)) if self.rng.random() < 0.3 else self._report())
                await asyncio.sleep(self.rng.expovariate(rate / 1.75))  # 3.5 at once in 0.3 of the cases
                while len(self._tasks) > 600:  # noqa: ASYNC110 - whoever hears nothing for long stops talking
                    await asyncio.sleep(0.2)
            await asyncio.sleep(self.rng.uniform(*CALM))

    def _one_report(self) -> dict[str, Any]:
        self._numbers += 1
        kind = self.rng.choice(self.kinds)
        matter, place = VERIFIED[:2] if self.rng.random() < 0.2 else (kind.matter, kind.place)
        id_ = f"f-{self._numbers}"
        return {
            "id": id_, "text": apart(id_), "place": {"unit": place}, "matter": matter,
            "reporter": {"id": f"r-{id_}", "name": "居民", "phone": "13800000000"},
        }  # fmt: skip

    async def _report(self) -> None:
        report = intake.Report.model_validate(self._one_report())
        again = self.rng.random() < 0.05
        await self._send(f"reports.{BY_TOPIC}", report, report.id, report.id)
        if again:  # a source that forgot that it had sent it
            await self._send(f"reports.{BY_TOPIC}", report, report.id, f"{report.id}-again")
        self.told.counts["reports by topic"] += 1

    async def _report_by_http(self, count: int) -> None:
        reports = [self._one_report() for _ in range(count)]
        answer = await self._post("intake", "/v1/reports", reports, Actor("source", BY_HTTP), reports[0]["id"])
        for item in answer.json()["items"] if answer is not None else ():
            if "case" in item:
                self.told.cases.setdefault((BY_HTTP, item["report"]), set()).add(item["case"])
                self.told.counts["reports by HTTP"] += 1
            else:
                self.told.counts[f"report refused: {item.get('rule')}"] += 1

    async def _rate(self, source: str, invitation: feedback.InvitationSent) -> None:
        await asyncio.sleep(self.rng.uniform(0, 3))
        is_content = self.rng.random() < 0.92
        rating = feedback.Rating(
            id=f"g-{invitation.token[:20]}", token=invitation.token, contacted=True, solved=is_content,
            grade=5 if is_content else 1,
        )  # fmt: skip
        self.told.counts["ratings"] += 1
        if source == BY_TOPIC:
            await self._send(f"ratings.{source}", rating, rating.id, invitation.case)
            return
        body = rating.model_dump(mode="json", exclude_none=True)
        await self._post("feedback", "/v1/ratings", body, Actor("source", source), rating.id)

    # ---- departments and units

    def _hear(self, heard: Heard) -> None:
        stream, data, case = heard.stream, heard.data, heard.envelope.subject
        if isinstance(data, feedback.InvitationSent):
            if self.rng.random() < 0.8:
                self._do(self._rate(stream.split(".", 1)[1], data))
        elif stream == "orders":
            self._desk(case, heard.envelope.sequence, data)
        elif stream.startswith("orders."):
            self._department(stream.split(".", 1)[1], case, heard.envelope.sequence, data)

    def _department(self, own: str, case: str, sequence: int, data: Contract) -> None:
        """A machine answers what it hears; the ids of its replies follow from what they answer."""
        order = {"order": case, "assignment": getattr(data, "assignment", 1) or 1}
        finish = dispatch.Finish(**order, what="已现场协调施工单位恢复通行", contacted=True, evidence=2)
        accept = dispatch.Accept(**order, handler="值班班长")
        match data:
            case dispatch.OrderDispatched() if self.rng.random() < 0.06:
                ask = dispatch.HandBack(**order, clause="三定方案", proposed="housing", note="不属于本单位职责")
                self._do(self._reply(own, case, f"h-{case}-{sequence}", ask))
            case dispatch.OrderDispatched() if self.rng.random() < 0.03:
                pass  # silence: its clock runs out
            case dispatch.OrderDispatched():
                self._do(self._reply(own, case, f"a-{case}-{sequence}", accept))
            case dispatch.HandBackJudged(upheld=False, status=dispatch.Status.DISPATCHED):
                self._do(self._reply(own, case, f"a-{case}-{sequence}", accept))
            case dispatch.OrderAccepted() | dispatch.VerificationFailed() | dispatch.OrderReworked():
                self._do(self._reply(own, case, f"f-{case}-{sequence}", finish, self.rng.uniform(0, 4)))
            case dispatch.ReplyRefused():
                self.told.counts[f"reply refused: {data.rule}"] += 1

    async def _reply(self, own: str, case: str, id_: str, reply: Contract, after: float = 0.0) -> None:
        await asyncio.sleep(after)
        await self._send(f"replies.{own}", reply, id_, case)
        self.told.counts["replies"] += 1

    def _desk(self, case: str, sequence: int, data: Contract) -> None:
        """A unit at its screen verifies and judges."""
        match data:
            case dispatch.OrderHandled(done_by=lead) if lead == VERIFIED[2]:
                body = {
                    "assignment": data.assignment,
                    "passed": self.rng.random() < 0.9,
                    "note": "现场看过情况属实",
                    "means": "call",
                }
                self._do(self._command(case, "verify", data.responsible, body, sequence))
            case dispatch.HandBackAsked():
                body = {"assignment": data.assignment, "upheld": False, "note": "仍属该单位职责"}
                self._do(self._command(case, "judge-hand-back", data.judge, body, sequence))
            case _:
                pass

    async def _command(self, case: str, command: str, unit: str | None, body: dict[str, Any], sequence: int) -> None:
        await asyncio.sleep(self.rng.uniform(0, 2))
        who = Actor("operations" if unit == self.code else "unit", unit or "")
        answer = await self._post("dispatch", f"/v1/orders/{case}/{command}", body, who, f"{command}-{case}-{sequence}")
        self.told.counts["commands" if answer is not None else "commands refused"] += 1

    # ---- at least once

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.told.failures[repr(task.exception())[:120]] += 1

    async def _send(self, stream: str, data: Contract, id_: str, key: str) -> None:
        topic, value = topic_name(self.code, stream), data.model_dump_json(exclude_none=True).encode()
        await self._publisher.send(topic, key, value, id_=id_, type_=data.TYPE, sender="/faults")
        self.told.acknowledged.add((topic, id_))

    async def _post(self, service: str, path: str, body: Any, who: Actor, key: str) -> httpx.Response | None:
        """Ask until it is answered; None when a rule refuses."""
        url = self.stand.stack.services[service] + path
        header = {"Authorization": f"Bearer {sign(self.stand.stack.secret, self.code, who)}", "Idempotency-Key": key}
        pause = 0.2
        while True:
            try:
                async with self._turns:
                    answer = await self.http.post(url, json=body, headers=header)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self._note(service, answer.json())
                return answer
            if answer is not None and answer.status_code < 500:
                self.told.counts[f"refused: {answer.json().get('rule')}"] += 1
                return None
            if answer is not None and answer.status_code != 503:
                self.told.failures[f"{service} {answer.status_code} {answer.text[:160]}"] += 1
            self.told.counts["HTTP retries" if answer is not None else "HTTP unreachable"] += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _note(self, service: str, said: Any) -> None:
        for fact in said.get("facts", ()) if isinstance(said, dict) else ():
            self.told.facts.add((service, fact["subject"], fact["sequence"], fact["type"]))
