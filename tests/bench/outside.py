"""Machine-made residents and departments: outside parties that know topics and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.city.model import City, Rung, UnitLevel
from shared.contracts.dispatch import Accept, CaseClosed, Finish, OrderAccepted, OrderDispatched
from shared.contracts.envelope import sent
from shared.contracts.feedback import InvitationSent, Rating
from shared.contracts.intake import Report, ReportReceived
from shared.contracts.topics import topic_name
from tests.support.wording import apart

SOURCE = "hotline"
DEPARTMENTS = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """A matter at a place that needs no verification and goes by rule to a department with a stream of its own."""

    matter: str
    place: str


def kinds(city: City) -> tuple[list[Kind], list[str]]:
    """Return what residents report, and the departments that it can go to."""
    leads_of: dict[str, set[str]] = {}
    for matter in city.matters.values():
        place = city.of_level(UnitLevel.SUBGRID)[0].code
        rung, dispatcher = city.first_holder(matter.code, place)
        if matter.verified or matter.urgent or rung is not Rung.DEPARTMENT:
            continue
        leads = city.leads_in_reach(matter.code, dispatcher.code)
        if len(leads) == 1 and city.departments[leads[0]].reply_path == "stream":
            leads_of.setdefault(leads[0], set()).add(matter.code)
    departments = sorted(leads_of)[:DEPARTMENTS]
    places = [unit.code for unit in city.of_level(UnitLevel.SUBGRID)]
    found = [
        Kind(matter, place)
        for department in departments
        for matter in sorted(leads_of[department])
        for place in places
        if city.leads_in_reach(matter, city.first_holder(matter, place)[1].code) == (department,)
    ]
    return found, departments


@dataclass
class Told:
    """What the outside saw, in seconds of the monotonic clock."""

    reported: dict[str, float] = field(default_factory=dict)
    """Report id -> when it was sent."""
    report_of: dict[str, str] = field(default_factory=dict)
    """Case -> report id."""
    ordered: dict[str, float] = field(default_factory=dict)
    """Case -> when its department had the order in hand."""
    closed: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def to_order(self) -> list[float]:
        """Return the seconds from report to order at the department, sorted."""
        return sorted(at - self.reported[self.report_of[case]] for case, at in self.ordered.items())


class Outside:
    """All outside parties in one task: read what is theirs, answer at once."""

    def __init__(self, kafka: str, city: City) -> None:
        self.kafka, self.city = kafka, city
        self.kinds, self.departments = kinds(city)
        self.told = Told()
        self.moved = asyncio.Event()
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Outside:
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka, acks="all", linger_ms=5, max_batch_size=131_072, compression_type="lz4"
        )
        self.consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, enable_auto_commit=False)
        await self.producer.start()
        await self.consumer.start()
        mine = [f"receipts.{SOURCE}", *(f"orders.{code}" for code in self.departments)]
        self.consumer.assign([TopicPartition(topic_name(self.city.code, stream), 0) for stream in mine])
        await self.consumer.seek_to_end()
        for place in self.consumer.assignment():
            await self.consumer.position(place)
        self._task = asyncio.create_task(self._answer())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
        await self.producer.stop()
        await self.consumer.stop()

    async def report(self, count: int) -> None:
        """Send reports of new residents."""
        for _ in range(count):
            n = next(self._numbers)
            id_ = f"{self._run}-{n}"
            kind = self.kinds[n * 7 % len(self.kinds)]
            body = {
                "id": id_, "text": f"{apart(id_)}{apart(id_ + '/2')}{apart(id_ + '/3')}",
                "place": {"unit": kind.place}, "matter": kind.matter,
                "reporter": {"id": f"r-{id_}", "name": "居民", "phone": "13800000000"},
            }  # fmt: skip
            self.told.reported[id_] = time.monotonic()
            await self._send(f"reports.{SOURCE}", Report.TYPE, id_, id_, body)

    async def until_closed(self, count: int, within: float) -> None:
        """Return once so many cases are closed; raises TimeoutError."""
        async with asyncio.timeout(within):
            while len(self.told.closed) < count:
                self.moved.clear()
                await self.moved.wait()

    async def _send(self, stream: str, type_: str, id_: str, key: str, body: dict[str, object]) -> None:
        await self.producer.send(
            topic_name(self.city.code, stream), json.dumps(body, ensure_ascii=False).encode(), key.encode(),
            headers=list(sent(id_, type_, "/bench")),
        )  # fmt: skip

    async def _answer(self) -> None:
        while True:
            for place, records in (await self.consumer.getmany(timeout_ms=50, max_records=500)).items():
                department = place.topic.split(".")[2]
                for record in records:
                    type_ = next(value for name, value in record.headers if name == "ce_type").decode()
                    await self._one(type_, record.key.decode(), record.value, department)
            self.moved.set()

    async def _one(self, type_: str, case: str, value: bytes, department: str) -> None:
        now = time.monotonic()
        order: dict[str, object] = {"order": case, "assignment": 1}
        if type_ == ReportReceived.TYPE:
            said = json.loads(value)
            self.told.report_of[said["case"]] = said["report"]
        elif type_ == InvitationSent.TYPE:
            said = json.loads(value)
            id_ = f"g-{said['report']}"
            body = {"id": id_, "token": said["token"], "contacted": True, "solved": True, "grade": 5}
            await self._send(f"ratings.{SOURCE}", Rating.TYPE, id_, said["case"], body)
        elif type_ == OrderDispatched.TYPE:
            self.told.ordered[case] = now
            await self._send(f"replies.{department}", Accept.TYPE, f"a-{case}", case, {**order, "handler": "值班班长"})
        elif type_ == OrderAccepted.TYPE:
            body = {**order, "what": "已现场协调施工单位恢复通行", "contacted": True, "evidence": 2}
            await self._send(f"replies.{department}", Finish.TYPE, f"f-{case}", case, body)
        elif type_ == CaseClosed.TYPE:
            self.told.closed.append(now)
        elif "refused" in type_ or "rejected" in type_:
            self.told.refused.append(value.decode())


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the sorted values lies; NaN for none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
