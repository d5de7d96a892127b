"""Damaged records of outside parties: each is answered or quarantined with a reason, and its neighbours go on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.contracts import dispatch, feedback, intake
from shared.contracts.base import Contract
from shared.contracts.envelope import read, sent
from shared.contracts.topics import topic_name
from shared.kernel.refusals import Refused
from tests.fuzz.damage import KINDS, Raw
from tests.fuzz.stand import SOURCE, Office
from tests.fuzz.tally import Progress, Tally
from tests.support.running_city import PLACE, RunningCity
from tests.support.wording import apart

GOOD = "none: a good neighbour"
ONE_IN = 8
"""How many records to one good neighbour."""
AT_ONCE = 200
STANDS_AT_MOST = 15.0
"""Seconds without any progress after which a reader counts as stuck."""
FAMILIES = {"reports": "intake", "replies": "dispatch", "ratings": "feedback"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that lies in a topic."""

    kind: str
    raw: Raw
    topic: str
    partition: int
    offset: int

    @property
    def family(self) -> str:
        return self.topic.split(".")[1]


class Outside:
    """Makes the traffic of a source and a department, damages it, and looks how each record ended."""

    def __init__(self, city: RunningCity, office: Office, seed: int) -> None:
        self.city, self.office, self.random = city, office, Random(seed)
        self.count = 0
        half = len(office.tokens) // 2
        self.unused, self.tokens = list(office.tokens[:half]), office.tokens[half:]

    def run(self, records: int) -> Tally:
        """Send so many damaged records among good ones, wait until all were taken, and count."""
        return asyncio.run(self._run(records))

    async def _run(self, records: int) -> Tally:
        tally = Tally()
        began = await self._marks()
        sent_ = await self._send(records)
        await self._settle(sent_, tally)
        await self._count(sent_, tally)
        await self._check_answers(began, tally)
        return tally

    # ---- sending

    def _message(self, family: str, *, is_good: bool) -> tuple[str, Raw]:
        """Make a valid message of one family: its stream and what it looks like."""
        self.count += 1
        id_ = f"fz-{self.count}"
        data: Contract
        if family == "reports":
            data = intake.Report(
                id=id_, text=apart(id_), subject="路灯", matter="street-lights",
                place=intake.ReportPlace(unit=PLACE, lon=121.5, lat=31.2), photos=(),
                reporter=intake.Reporter(id="r-9", name="某人", phone="13812345678"),
            )  # fmt: skip
            stream = f"reports.{SOURCE}"
        elif family == "ratings":
            token = self.unused.pop() if is_good else self.random.choice(self.tokens)
            data = feedback.Rating(id=id_, token=token, contacted=True, solved=True, grade=5, comment="很好")
            stream = f"ratings.{SOURCE}"
        else:
            data, stream = self._reply(is_good), f"replies.{self.office.department}"
        return stream, Raw(id_.encode(), tuple(sent(id_, data.TYPE, f"/{SOURCE}")), data.model_dump_json().encode())

    def _reply(self, is_good: bool) -> Contract:
        note = f"正在处理第{self.count}次"
        order = self.random.choice(self.office.accepted)
        progress = dispatch.Progress(order=order, assignment=1, note=note)
        if is_good:
            return progress
        other = self.random.choice(self.office.dispatched)
        return self.random.choice(
            (
                progress,
                dispatch.Accept(order=other, assignment=1, handler="班长"),
                dispatch.HandBack(order=other, assignment=1, clause="三定方案", proposed="no-such", note=note),
                dispatch.Unable(order=other, assignment=1, missing=dispatch.Missing.MONEY, tried=note),
                dispatch.Finish(order=other, assignment=9, what=note, contacted=True, evidence=1),
            )
        )

    async def _send(self, records: int) -> list[Sent]:
        producer = AIOKafkaProducer(bootstrap_servers=self.city.stack.kafka, acks="all", max_request_size=4_000_000)
        await producer.start()
        progress = Progress("damaged records of outside parties", records)
        waiting: list[tuple[str, Raw, asyncio.Future[Any]]] = []
        found: list[Sent] = []

        async def flush() -> None:
            for kind, raw, future in waiting:
                meta = await future
                found.append(Sent(kind, raw, meta.topic, meta.partition, meta.offset))
            waiting.clear()

        try:
            for n in range(records):
                kind = sorted(KINDS)[n % len(KINDS)]
                family = self.random.choice(("reports", "reports", "reports", "replies", "replies", "ratings"))
                stream, raw = self._message(family, is_good=False)
                waiting.append((kind, *await self._put(producer, stream, KINDS[kind](self.random, raw))))
                if n % ONE_IN == 0:
                    family = self.random.choice(("reports", "replies", "ratings" if self.unused else "replies"))
                    stream, raw = self._message(family, is_good=True)
                    waiting.append((GOOD, *await self._put(producer, stream, raw)))
                if len(waiting) >= AT_ONCE:
                    await flush()
                progress.step()
            await flush()
        finally:
            await producer.stop()
        return found

    async def _put(self, producer: AIOKafkaProducer, stream: str, raw: Raw) -> tuple[Raw, Any]:
        topic = topic_name(self.city.city.code, stream)
        return raw, await producer.send(topic, raw.value, raw.key, headers=list(raw.headers))

    # ---- looking

    async def _settle(self, records: list[Sent], tally: Tally) -> None:
        """Wait until every reader has passed what was sent."""
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            ends[record.topic, record.partition] = max(ends.get((record.topic, record.partition), 0), record.offset + 1)
        moved, before, left = time.monotonic(), {}, ends
        while left and time.monotonic() - moved < STANDS_AT_MOST:
            fences = await self._fences()
            left = {place: end for place, end in ends.items() if fences.get(place, 0) < end}
            if fences != before:
                moved, before = time.monotonic(), fences
            await asyncio.sleep(0.2)
        for place, end in left.items():
            tally.find(f"{place} stands at {(await self._fences()).get(place)} of {end}")

    async def _fences(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for family, service in FAMILIES.items():
            reader = f"{self.city.city.code}.{service}.{family}"
            rows = await self._rows(service, "SELECT topic, partition, expected FROM fence WHERE reader = $1", reader)
            found |= {(row["topic"], row["partition"]): row["expected"] for row in rows}
        return found

    async def _rows(self, service: str, statement: str, *args: Any) -> list[Any]:
        conn = await asyncpg.connect(self.city.stack.dsns[service])
        try:
            return list(await conn.fetch(statement, *args))
        finally:
            await conn.close()

    async def _count(self, records: list[Sent], tally: Tally) -> None:
        fences = await self._fences()
        kept = await self._kept()
        inbox = {
            family: {(row["sender"], row["id"]): row["rule"] for row in await self._rows(
                service, "SELECT sender, id, result ->> 'rule' AS rule FROM inbox")}
            for family, service in FAMILIES.items()
        }  # fmt: skip
        known = {(row["source"], row["source_id"]) for row in await self._rows("intake", "SELECT * FROM report")}
        for record in records:
            rule = kept.get((record.topic, record.partition, record.offset))
            if record.offset >= fences.get((record.topic, record.partition), 0):
                tally.add(record.kind, "stuck", what=_say(record))
            elif rule is not None:
                tally.add(record.kind, "quarantined", rule)
                if record.kind == GOOD:
                    tally.find(f"a good neighbour was refused by {rule}: {_say(record)}")
                if rule == "internal.error":
                    tally.find(f"internal.error: {_say(record)}")
            elif _is_answered(record, inbox, known):
                tally.add(record.kind, "answered")
            else:
                tally.add(record.kind, "lost", what=_say(record))

    async def _kept(self) -> dict[tuple[str, int, int], str]:
        found: dict[tuple[str, int, int], str] = {}
        for service in FAMILIES.values():
            rows = await self._rows(service, 'SELECT topic, partition, "offset" AS place, rule FROM quarantine')
            found |= {(row["topic"], row["partition"], row["place"]): row["rule"] for row in rows}
        return found

    async def _marks(self) -> Mapping[str, int]:
        """Count what was refused and what was answered so, by service."""
        marks: dict[str, int] = {}
        for service in FAMILIES.values():
            told = "type IN ('report.rejected.v1', 'reply.refused.v1', 'rating.refused.v1')"
            for name, count in (("quarantine", "quarantine"), ("answers", f"journal WHERE {told}")):
                marks[f"{service} {name}"] = (await self._rows(service, f"SELECT count(*) FROM {count}"))[0][0]
        return marks

    async def _check_answers(self, began: Mapping[str, int], tally: Tally) -> None:
        """See that whoever sent what was quarantined was told so, each once, and that nothing waits to be sent."""
        now = await self._marks()
        for service in FAMILIES.values():
            kept, told = (now[f"{service} {x}"] - began[f"{service} {x}"] for x in ("quarantine", "answers"))
            if kept != told:
                tally.find(f"{service} quarantined {kept} and told {told} senders")
        until = time.monotonic() + 30
        while left := [s for s in FAMILIES.values() if (await self._rows(s, "SELECT count(*) FROM pending"))[0][0]]:
            if time.monotonic() > until:
                tally.find(f"facts are not sent: {left}")
                return
            await asyncio.sleep(0.2)


def _is_answered(record: Sent, inbox: Mapping[str, Any], known: set[tuple[str, str]]) -> bool:
    """Tell whether the service has on record that it took the message under the id that it bears."""
    if record.family == "reports":
        return (SOURCE, json.loads(record.raw.value or b"{}").get("id")) in known
    try:
        id_ = read(record.raw.headers, inside=False).id
    except Refused:
        return False
    kind, name = ("department", record.topic.split(".")[2]) if record.family == "replies" else ("source", SOURCE)
    return (f"{kind}:{name}", id_) in inbox[record.family]


def _say(record: Sent) -> str:
    value = None if record.raw.value is None else record.raw.value[:200]
    headers = [(n[:20], (v or b"")[:30]) for n, v in record.raw.headers][:9]
    return (
        f"{record.topic}/{record.partition}@{record.offset} key={(record.raw.key or b'')[:30]!r} "
        f"headers={headers} value={value!r}"
    )
