"""Damaged facts of a service that went mad: each reader keeps, parks or sets aside what it cannot take, and goes on.

Each reader has a cell of its own, in which nobody but us writes the state streams that it hears.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

import services.dispatch.domain as dispatch
import services.escalation.domain as escalation
import services.feedback.domain as feedback
import services.intake.domain as intake
from deploy.local.resolver import Backing
from deploy.local.topics import ensure_topics
from services.console.hearing import ReadModel, hear, keep
from services.dispatch import translate as dispatch_wire
from services.dispatch.store import Store as DispatchStore
from services.escalation import translate as escalation_wire
from services.escalation.store import Store as EscalationStore
from services.feedback import translate as feedback_wire
from services.feedback.store import Store as FeedbackStore
from services.intake import translate as intake_wire
from services.intake.store import Store as IntakeStore
from shared.city.load import load
from shared.city.model import City
from shared.contracts.envelope import SEQUENCE, SUBJECT
from shared.contracts.pairing import Unpaired
from shared.contracts.topics import READS, STATED_ON, topic_name, topics
from shared.shell.ids import new_id
from shared.shell.opening import open_record
from shared.shell.process import Process
from shared.shell.service import Service
from shared.shell.settings import Settings
from shared.shell.work import INDEX, Clock, Record
from tests.flow.run import Run
from tests.flow.world import World
from tests.fuzz.damage import KINDS, Raw
from tests.fuzz.tally import Progress, Tally
from tests.support.stack import Cell, make_schemas

GOOD = "none: a good neighbour"
ONE_IN = 4
"""How many stories with a damaged fact to one without."""
PARTITIONS = 3
STANDS_AT_MOST = 15.0
SECRET = "s" * 32


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it was recorded: on which stream, about what."""

    stream: str
    subject: str
    raw: Raw


@dataclass(frozen=True, slots=True)
class Sent:
    """A fact that lies in a topic; `mine` is the first damaged one of its story."""

    kind: str
    raw: Raw
    record: Record
    mine: bool


def recorded(seed: int, steps: int) -> list[list[Told]]:
    """Return whole histories of subjects, in the order in which they were told: five services lived through them."""
    world = World(seed)
    life = Run(world)
    for _ in range(steps):
        life.step()
    world.drain()
    found: dict[str, list[tuple[int, int, Told]]] = {}
    for stream in STATED_ON:
        topic = topic_name(world.city.code, stream)
        for partition in range(world.streams.partitions[topic]):
            for kept in world.streams.logs.get((topic, partition), ()):
                if kept is None:
                    continue
                headers = kept.record.headers
                subject = dict(headers)[SUBJECT].decode()
                told = Told(stream, subject, Raw(kept.record.key, headers, kept.record.value))
                found.setdefault(subject, []).append((kept.step, kept.record.offset, told))
    stories = [[told for *_, told in sorted(story, key=lambda at: at[:2])] for story in found.values()]
    return [_once(story) for story in sorted(stories, key=lambda story: story[0].subject)]


def _once(story: list[Told]) -> list[Told]:
    """Drop what the relay sent twice."""
    return list({(told.stream, dict(told.raw.headers)[SEQUENCE]): told for told in reversed(story)}.values())[::-1]


def about(told: Told, subject: str) -> Told:
    """Return the same fact about another subject."""
    old, new = told.subject.encode(), subject.encode()
    if ":" in told.subject:  # a body's ledger or meeting: its code stays in the content
        headers = tuple((n, new if n == SUBJECT else v) for n, v in told.raw.headers)
        return replace(told, subject=subject, raw=replace(told.raw, key=new, headers=headers))
    raw = told.raw
    headers = tuple((n, (v or b"").replace(old, new)) for n, v in raw.headers)
    return replace(told, subject=subject, raw=Raw(new, headers, (raw.value or b"").replace(old, new)))


def service_of(name: str, city: City) -> Service:
    """Put a service together on its real tables."""
    match name:
        case "intake":
            store = IntakeStore(new_id, city)
            return Service(name, intake.decide, intake.evolve, intake.STATES, intake_wire.wire, store, intake.touches)
        case "dispatch":
            return Service(
                name, dispatch.decide, dispatch.evolve, dispatch.STATES, dispatch_wire.WIRE, DispatchStore(),
                dispatch.touches,
            )  # fmt: skip
        case "escalation":
            return Service(
                name, escalation.decide, escalation.evolve, escalation.STATES, escalation_wire.WIRE,
                EscalationStore(city), escalation.touches, seeds=escalation.seeds,
            )  # fmt: skip
        case "feedback":
            return Service(
                name, feedback.decide, feedback.evolve, feedback.STATES, feedback_wire.WIRE,
                FeedbackStore(SECRET, city.code), feedback.touches, seeds=feedback.seeds,
            )  # fmt: skip
        case _:
            return Service("console", hear, keep, {}, Unpaired(), ReadModel())


@asynccontextmanager
async def reading(name: str, cell: Cell, began_at: datetime) -> AsyncIterator[Process]:
    """Run one service in its cell, its clock set to when the recorded histories began; it sends nothing on."""
    admin = await asyncpg.connect(cell.dsns["admin"])
    await admin.execute(f"INSERT INTO {cell.code}.clock VALUES (clock_timestamp(), $1, 1, NULL)", began_at)
    await admin.close()
    city = replace(load("donggang"), code=cell.code)
    settings = Settings(city_file=Path("none"), kafka=cell.kafka, postgres=cell.dsns[name], http_port=1, secret=SECRET)
    process = Process(service_of(name, city), settings, city)
    process.relay = None
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


class Inside:
    """One reader among facts of which some are damaged."""

    def __init__(self, backing: Backing, name: str, code: str, stories: Sequence[list[Told]], seed: int) -> None:
        self.name, self.random = name, Random(f"{seed} {name}")
        heard = [[told for told in story if told.stream in READS[name]] for story in stories]
        self.stories = [story for story in heard if story]
        self.cell = make_schemas(backing, code, (name,))
        self.count = 0

    async def run(self, facts: int, progress: Progress, tally: Tally) -> None:
        """Send so many stories with one damaged fact each among good ones, wait, and count."""
        code = self.cell.code
        wanted = {topic_name(code, s): replace(topics(code, (), ())[topic_name(code, s)], partitions=PARTITIONS)
                  for s in STATED_ON}  # fmt: skip
        await ensure_topics(self.cell.kafka, wanted)
        began_at = min(
            datetime.fromisoformat((dict(told.raw.headers)["ce_time"] or b"").decode())
            for s in self.stories
            for told in s
        )
        async with reading(self.name, self.cell, began_at) as process:
            sent = await self._send(facts, progress)
            await self._settle(sent, process, tally)
            await self._count(sent, process, tally)

    async def _send(self, facts: int, progress: Progress) -> list[Sent]:
        producer = AIOKafkaProducer(bootstrap_servers=self.cell.kafka, acks="all", max_request_size=4_000_000)
        await producer.start()
        found: list[Sent] = []
        try:
            for n in range(facts):
                kind = sorted(KINDS)[n % len(KINDS)]
                found += await self._tell(producer, kind)
                if n % ONE_IN == 0:
                    found += await self._tell(producer, GOOD)
                progress.step()
        finally:
            await producer.stop()
        return found

    async def _tell(self, producer: AIOKafkaProducer, kind: str) -> list[Sent]:
        """Tell a story with one fact of it damaged, and what follows that fact."""
        self.count += 1
        story = self.random.choice(self.stories)
        head, colon, _ = story[0].subject.partition(":")
        subject = f"{head}:f{self.count}" if colon else f"f{self.count:07d}-0000-7000-8000-0123456789ab"
        at = self.random.randrange(len(story)) if kind != GOOD else -1
        partition = self.count % PARTITIONS
        futures: list[tuple[bool, Raw, Any]] = []
        for n, told in enumerate(story[: at + 3] if kind != GOOD else story):
            own = about(told, subject)
            raw = KINDS[kind](self.random, own.raw) if n == at else own.raw
            topic = topic_name(self.cell.code, own.stream)
            future = await producer.send(
                topic, raw.value, raw.key, partition, timestamp_ms=raw.stamp, headers=list(raw.headers)
            )
            futures.append((n == at, raw, future))
        found: list[Sent] = []
        for mine, raw, future in futures:
            meta = await future
            headers = tuple((k, v or b"") for k, v in raw.headers)
            place = (meta.topic, meta.partition, meta.offset)
            record = Record(*place, raw.key, headers, raw.value or b"", datetime.fromtimestamp(0).astimezone())
            found.append(Sent(kind, raw, record, mine))
        return found

    # ---- looking

    async def _settle(self, sent: list[Sent], process: Process, tally: Tally) -> None:
        ends: dict[tuple[str, int], int] = {}
        for one in sent:
            place = (one.record.topic, one.record.partition)
            ends[place] = max(ends.get(place, 0), one.record.offset + 1)
        moved, before, left = time.monotonic(), {}, ends
        while left and time.monotonic() - moved < STANDS_AT_MOST:
            fences = await process.shell.store.fences(process.readers[0].group)
            left = {place: end for place, end in ends.items() if fences.get(place, 0) < end}
            if fences != before:
                moved, before = time.monotonic(), fences
            await asyncio.sleep(0.1)
        for place, end in left.items():
            tally.find(f"{self.name}: {place} stands at {before.get(place)} of {end}: {process.readers[0].last_error}")
        if not left and process.readers[0].last_error:
            tally.find(f"{self.name}: {process.readers[0].last_error}")

    async def _count(self, sent: list[Sent], process: Process, tally: Tally) -> None:
        conn = await asyncpg.connect(self.cell.dsns[self.name])
        rows = await conn.fetch('SELECT topic, partition, "offset" AS place, rule FROM quarantine')
        kept = {(row["topic"], row["partition"], row["place"]): row["rule"] for row in rows}
        rows = await conn.fetch("SELECT id, seen, aside FROM subject")
        subjects = {row["id"]: (row["seen"], row["aside"]) for row in rows}
        rows = await conn.fetch("SELECT subject, service, sequence FROM parked")
        parked = {(row["subject"], row["service"], row["sequence"]) for row in rows}
        await conn.close()
        fences = await process.shell.store.fences(process.readers[0].group)
        clock = await process.shell.store.now()
        for one in sent:
            record = one.record
            if record.offset >= fences.get((record.topic, record.partition), 0):
                end, rule = "stuck", ""
            else:
                end, rule = self._end(record, kept, parked, subjects, process.service, clock)
            if one.mine:
                tally.add(one.kind, end, rule, f"{self.name} {_say(one)}")
            elif one.kind == GOOD:
                tally.add(GOOD, end, rule, f"{self.name} {_say(one)}")
                if end != "taken":
                    tally.find(f"{self.name}: a good neighbour is {end}: {_why(record, subjects)} {_say(one)}")
            elif end in ("stuck", "lost"):
                tally.find(f"{self.name}: a follower of {one.kind} is {end}: {_say(one)}")

    def _end(
        self, record: Record, kept: Any, parked: Any, subjects: Any, service: Service, clock: Clock
    ) -> tuple[str, str]:
        rule = kept.get((record.topic, record.partition, record.offset))
        if rule is not None:
            return "quarantined", rule
        message = open_record(record, service.wire, clock).message
        if message is None or message.subject not in subjects:
            return "lost", ""
        seen, aside = subjects[message.subject]
        if message.sequence <= seen[INDEX[message.source]]:
            return "taken", ""
        if (message.subject, message.source, message.sequence) in parked:
            return ("set aside", _rule(aside)) if aside else ("parked", "")
        return "lost", ""


def _rule(aside: str) -> str:
    """Return the rule that set a subject aside, or the error that did."""
    error, _, said = aside.partition(": ")[2].partition(": ")
    return said.partition("(")[0] if error == "Refused" else error


def _why(record: Record, subjects: Any) -> str:
    return str(subjects.get(dict(record.headers).get(SUBJECT, b"").decode()))


def _say(one: Sent) -> str:
    known = {n: v for n, v in one.raw.headers if n in ("ce_type", "ce_subject", "ce_sequence", "ce_after", "ce_time")}
    value = None if one.raw.value is None else one.raw.value[:150]
    return f"{one.record.topic}/{one.record.partition}@{one.record.offset} {known} {value!r}"


async def _all(readers: Sequence[Inside], facts: int, progress: Progress, tally: Tally) -> None:
    share = -(-facts // len(readers))
    for reader in readers:
        await reader.run(share, progress, tally)


def run(backing: Backing, facts: int, seed: int, *, steps: int, code: str = "fz") -> Tally:
    """Damage facts for every reader and return how each ended."""
    stories = recorded(seed, steps)
    tally = Tally()
    names = ("intake", "dispatch", "escalation", "feedback", "console")
    readers = [Inside(backing, name, f"{code}{name[0]}", stories, seed) for name in names]
    asyncio.run(_all(readers, facts, Progress("damaged facts", facts), tally))
    return tally
