"""Read the state streams once more from their beginning: every fact once, in causal order, without a database.

What the log door does under locks for a batch (shell.md §1, §2, §4), here in memory for all that a partition holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.pairing import Wire
from shared.contracts.topics import READS, topic_name
from shared.kernel.decisions import Message
from shared.kernel.refusals import Refused
from shared.shell.log import record_of
from shared.shell.opening import open_record
from shared.shell.taking import Shell
from shared.shell.work import INDEX, UNSEEN, Batch, Clock, Partition, Work

READ_RECORDS, FOLLOW_RECORDS = 5_000, 1_000
FETCH_BYTES = 4 * 1024 * 1024
FETCH_WAIT_MS = 20
"""The ends are known: a fetch that waits for more than there is only holds up the next group of partitions."""


@dataclass(slots=True)
class Order:
    """Which facts may be taken: `seen` of each subject, what waits for an earlier one, who is set aside and why."""

    reads: frozenset[str]
    seen: dict[str, list[int]] = field(default_factory=dict)
    waiting: dict[str, list[Work]] = field(default_factory=dict)
    aside: dict[str, str] = field(default_factory=dict)

    def take(self, work: Work) -> list[Work]:
        """Return the facts that can be taken now that this one has come: none, it, or it and some that waited."""
        message = work.message
        if message is None:  # what cannot be read is kept by the log door, once
            return []
        seen = self.seen.get(message.subject)
        if seen is None:
            seen = self.seen[message.subject] = list(UNSEEN)
        if message.sequence <= seen[INDEX[message.source]]:
            return []
        if not self._is_next(seen, message):
            self.waiting.setdefault(message.subject, []).append(work)
            return []
        if isinstance(message.data, Refused):
            self.aside[message.subject] = f"{message.id}: {message.data.rule}"
            self.waiting.setdefault(message.subject, []).append(work)
            return []
        seen[INDEX[message.source]] = message.sequence
        taken = [work] if message.data is not None else []
        if message.subject in self.waiting:
            works = self.waiting.pop(message.subject)
            for waiting in sorted(works, key=lambda w: (w.message.source, w.message.sequence)):  # type: ignore[union-attr]
                taken += self.take(waiting)
        return taken

    def _is_next(self, seen: Sequence[int], message: Message) -> bool:
        if message.sequence != seen[INDEX[message.source]] + 1 or message.subject in self.aside:
            return False
        after = message.after
        return not after or all(n <= seen[INDEX[name]] for name, n in after.items() if name in self.reads)


class Streams:
    """The state streams that a service reads, read by nobody's group."""

    def __init__(self, kafka: str, city: str, service: str) -> None:
        self.topics = [topic_name(city, stream) for stream in READS[service]]
        self.group = f"{city}.{service}"
        self.consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka, enable_auto_commit=False, max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )  # fmt: skip

    async def __aenter__(self) -> Streams:
        await self.consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.consumer.stop()

    async def groups(self) -> list[list[TopicPartition]]:
        """Return the partitions in groups that each hold every fact of the subjects in them: those of one number."""
        counts = [len(await self.consumer._client._wait_on_metadata(topic) or ()) for topic in self.topics]
        everywhere = [[TopicPartition(topic, n) for topic in self.topics] for n in range(max(counts))]
        if len(set(counts)) == 1:
            return everywhere
        return [
            [
                place
                for places in everywhere
                for place in places
                if place.partition < counts[self.topics.index(place.topic)]
            ]
        ]

    async def waiting(self, places: Sequence[TopicPartition]) -> int:
        """Return how many records there are."""
        starts, ends = await self.consumer.beginning_offsets(places), await self.consumer.end_offsets(places)
        return sum(ends[place] - starts[place] for place in places)

    async def reread(
        self, places: Sequence[TopicPartition], order: Order, wire: Wire, clock: Clock
    ) -> AsyncIterator[tuple[list[Work], int, dict[Partition, int]]]:
        """Yield the facts of a group from the first to the one that is the last now, thousands at a time.

        With them come the number of records read for them, and up to where each partition was read. The partitions are
        read side by side by the time at which their records were written, so that hardly a fact waits for another.
        """
        consumer, ends = self.consumer, await self.consumer.end_offsets(places)
        consumer.assign(list(places))
        await consumer.seek_to_beginning(*places)
        following = {place: await consumer.position(place) for place in places}
        held: dict[TopicPartition, list[Work]] = {place: [] for place in places}
        while True:
            wanted = [place for place in places if not held[place] and following[place] < ends[place]]
            if wanted:
                got = await consumer.getmany(*wanted, timeout_ms=1000, max_records=READ_RECORDS)
                for place, records in got.items():
                    held[place] = [open_record(record_of(r), wire, clock) for r in records if r.offset < ends[place]]
                for place in wanted:  # the end may stand behind what no record is at
                    following[place] = min(await consumer.position(place), ends[place])
                if any(not held[place] and following[place] < ends[place] for place in places):
                    continue
            works = _merged(held, {place for place in places if following[place] < ends[place]})
            if not works:
                return
            facts = [taken for work in works for taken in order.take(work)]
            yield facts, len(works), {(place.topic, place.partition): following[place] for place in places}

    async def follow(self, shell: Shell, until: Mapping[Partition, int] | None = None) -> int:
        """Take what lies behind the fences as the log door does, up to given offsets or what are the ends now."""
        fences = await shell.store.fences(self.group)
        places = [TopicPartition(*place) for place in fences]
        ends = await self.consumer.end_offsets(places)
        if until is not None:
            ends = {place: min(end, until.get((place.topic, place.partition), 0)) for place, end in ends.items()}
        left = {place for place in places if fences[place] < ends.get(place, 0)}
        self.consumer.assign(places)
        for place in places:
            self.consumer.seek(place, fences[place])
        taken = 0
        while left:
            got = await self.consumer.getmany(*left, timeout_ms=1000, max_records=FOLLOW_RECORDS)
            works = [
                Work(None, record_of(r)) for place, records in got.items() for r in records if r.offset < ends[place]
            ]
            if works:
                real = frozenset((w.record.topic, w.record.partition, w.record.offset) for w in works if w.record)
                await shell.take(Batch(works, self.group, real), "log")
                taken += len(works)
            for place in list(left):
                if await self.consumer.position(place) >= ends[place]:
                    left.remove(place)
        return taken


def _merged(held: dict[TopicPartition, list[Work]], open_: set[TopicPartition]) -> list[Work]:
    """Take off what was written before anything that may still be read, in the order in which it was written."""
    until = min((_written(held[place][-1]) for place in open_), default=float("inf"))
    taken: list[Work] = []
    for place, works in held.items():
        count = len(works)
        while count and _written(works[count - 1]) > until:
            count -= 1
        taken += works[:count]
        held[place] = works[count:]
    taken.sort(key=_written)
    return taken


def _written(work: Work) -> float:
    assert work.record is not None
    return work.record.timestamp.timestamp()
