"""The log door: batches of records from Kafka, each taken once, in order, none skipped (shell.md §1)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from shared.persistence.engine import is_away
from shared.shell.fetching import SILENCE_MS, Gathering
from shared.shell.header_names import forgive
from shared.shell.taking import Shell
from shared.shell.work import Batch, Hole, OurFault, Partition, Place, Record, Unfenced, Work
from shared.telemetry import metrics
from shared.telemetry.logs import brief

log = structlog.get_logger()
forgive()

REBALANCE_TIMEOUT_MS = 30_000
DRAIN_SECONDS = 25.0
HOLE_TRIES = 5
BEHIND_SECONDS = 5.0
STANDING_SECONDS = 60.0
"""Without a batch for this long while records wait, a reader does not count as working."""
LATE_SECONDS = 30.0
"""What is read this long after it was written is late for whoever reads it on a page."""
SETTLE_SECONDS = 5.0
"""Between looks at what no batch would show: partitions not placed, stopped, or passed over at the log's end."""
RESTARTED_RECENTLY = 60.0


def record_of(raw: Any) -> Record:
    """Return a record as the shell knows it, of one as the client hands it out."""
    headers = raw.headers
    if any(value is None for _, value in headers):
        headers = tuple((name, value or b"") for name, value in headers)
    at = datetime.fromtimestamp(raw.timestamp / 1000, UTC)
    return Record(raw.topic, raw.partition, raw.offset, raw.key, headers, raw.value or b"", at)


class Reader(ConsumerRebalanceListener):  # type: ignore[misc]
    """One consumer group of one service: fixed state streams, or a pattern of outside ones."""

    def __init__(
        self, shell: Shell, broker: KafkaBroker, bootstrap: str, group: str, *,
        topics: tuple[str, ...] = (), pattern: str | None = None, safe: bool = True, patient: bool = False,
    ) -> None:  # fmt: skip
        self.shell, self.bootstrap, self.group = shell, bootstrap, group
        self._idle = asyncio.Event()
        self._idle.set()
        self._placed: set[TopicPartition] = set()
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._passed: dict[TopicPartition, int] = {}
        self._holes: dict[Partition, tuple[int, int]] = {}
        self.stuck: dict[TopicPartition, str] = {}
        self._last_age = 0.0
        self._last_at = time.monotonic()
        self._no_coordinator_since: float | None = None
        self._lost_at: float | None = None
        self._subscribed_at: float | None = None
        self._restarted_at: float | None = None
        self.given_up = False
        self._pattern = pattern
        self.last_error: str | None = None
        where: dict[str, Any] = {"pattern": pattern} if pattern else {}
        parser: dict[str, Any] = {"parser": self._parse} if safe else {}
        self.sub: Any = broker.subscriber(
            *topics,
            **where,
            group_id=group,
            batch=True,
            fetch_max_wait_ms=SILENCE_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,  # the fence is the position; Kafka's is for lag tools
            no_reply=True,
            include_in_schema=False,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            partition_assignment_strategy=(RangePartitionAssignor,),
            listener=self,
            decoder=self._decode,
            **parser,
        )
        self.sub.get_msg = Gathering(patient=patient).next
        self.sub(self._on_batch)

    # ---- FastStream's hooks

    async def _parse(self, records: tuple[Any, ...], original: Any) -> KafkaMessage:
        """Hand the records on untouched: the framework's own parser would decode the headers, and skip the whole batch
        silently where one is not UTF-8 (shell.md §4.3); they are read once, by `open_record`.
        """
        return KafkaMessage(records, b"", message_id=f"{records[0].offset}", consumer=self.sub.consumer)

    async def _decode(self, message: KafkaMessage) -> KafkaMessage:
        return message

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let the batch in hand finish before the partitions go to another member."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
            await asyncio.sleep(0.05)
        self._placed.clear()
        self._next.clear()
        self._passed.clear()
        self.stuck.clear()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Go to the fence: the database owns the position (shell.md §1.4)."""
        for delay in (0.1, 0.5, 2.0, None):
            try:
                await self._place(assigned)
            except Exception as error:
                if delay is None:  # `settle` goes on trying
                    log.warning("not placed yet", reader=self.group, error=brief(error))
                    return
                await asyncio.sleep(delay)
            else:
                return

    async def _place(self, places: set[TopicPartition]) -> None:
        consumer = self.sub.consumer
        places = places & consumer.assignment() if consumer is not None else set()
        if not places:
            return
        fences = await self.shell.store.fences(self.group)
        new = {tp for tp in places if (tp.topic, tp.partition) not in fences}
        positions = {(tp.topic, tp.partition): int(await consumer.position(tp)) for tp in new}
        if positions:
            await self.shell.store.begin_fences(self.group, positions)
        ends = await consumer.end_offsets(list(places))
        for tp in places:
            fence = fences.get((tp.topic, tp.partition), positions.get((tp.topic, tp.partition), 0))
            if fence > ends[tp]:
                self._stop_partition(tp, f"fence {fence} lies beyond the log's end {ends[tp]}")
                continue
            if self.stuck.pop(tp, None):
                consumer.resume(tp)
            consumer.seek(tp, fence)
            self._next[tp], self._ends[tp] = fence, ends[tp]
            self._placed.add(tp)
            if fence < ends[tp]:
                self._last_age = float("inf")  # how old the backlog is shows when some of it was read
        metrics.STUCK.labels(self.group).set(len(self.stuck))

    def _stop_partition(self, tp: TopicPartition, why: str) -> None:
        self.sub.consumer.pause(tp)
        if self.stuck.get(tp) == why:
            return
        self.stuck[tp] = why
        metrics.STUCK.labels(self.group).set(len(self.stuck))
        log.error("partition stopped", reader=self.group, topic=tp.topic, partition=tp.partition, why=why)

    # ---- a batch

    async def _on_batch(self, message: KafkaMessage) -> None:
        self._idle.clear()
        try:
            await self._take(message)
        except Exception:  # it is known in `last_error`
            self._give_back([record_of(r) for r in message.raw_message])
        finally:
            self._idle.set()

    async def _take(self, message: KafkaMessage) -> None:
        records = [record_of(r) for r in message.raw_message]
        places = {TopicPartition(r.topic, r.partition) for r in records}
        unplaced = places - self._placed
        if unplaced or places & self.stuck.keys():
            self._give_back(records)
            try:
                await self._place(unplaced - self.stuck.keys())
            except Exception as error:
                log.warning("not placed yet", reader=self.group, error=brief(error))
                await asyncio.sleep(1.0)
            return
        accepted: frozenset[Place] = frozenset()
        for delay in (0.1, 0.5, 1.0, 2.0, 2.0, None):
            try:
                batch = Batch([Work(None, r) for r in records], self.group, accepted)
                await self.shell.take(batch, "log")
            except Hole as hole:
                real = await self._on_hole(records, hole)
                if not real:
                    return
                accepted |= real
            except Unfenced as error:
                log.error("fence gone", reader=self.group, error=str(error))
                self._placed -= {TopicPartition(*place) for place in error.places}
                self._give_back(records)
                await asyncio.sleep(0.2)
                return
            except OurFault as error:
                self.last_error = str(error)
                log.critical("too many facts cannot be decided; standing still", error=str(error))
                await asyncio.sleep(10)
                raise
            except Exception as error:
                self.last_error = brief(error)
                log.warning("batch not taken", reader=self.group, error=self.last_error)
                if delay is None:
                    raise
                if not is_away(error):
                    await asyncio.sleep(1.0)
                await asyncio.sleep(delay * random.uniform(0.5, 1.5))  # noqa: S311
            else:
                break
        else:
            raise RuntimeError("batch not taken")
        self._taken(records)

    async def _on_hole(self, records: list[Record], hole: Hole) -> frozenset[Place]:
        """Rewind to the fence, unless the very record that came is the next one that the log itself has."""
        real: set[Place] = set()
        came = {(record.topic, record.partition, record.offset) for record in records}
        for (topic, partition), expected in hole.holes.items():
            metrics.HOLES.labels(self.group).inc()
            tp = TopicPartition(topic, partition)
            before, tries = self._holes.get((topic, partition), (expected, 0))
            tries = tries + 1 if before == expected else 1
            self._holes[topic, partition] = expected, tries
            found = await self._first_from(tp, expected)
            log.error(
                "hole", reader=self.group, topic=topic, partition=partition, expected=expected, log_has=found, n=tries
            )
            if found is not None and found > expected and (topic, partition, found) in came:
                real.add((topic, partition, found))
            elif tries >= HOLE_TRIES:
                self._stop_partition(tp, f"cannot pass offset {expected}")
        if len(real) == len(hole.holes):
            return frozenset(real)
        self._give_back(records, hole.holes)
        await asyncio.sleep(0.2)
        return frozenset()

    def _give_back(self, records: list[Record], holes: Mapping[Partition, int] | None = None) -> None:
        """Go back to the first record of each partition that is still ours, or to where its hole begins."""
        first: dict[Partition, int] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record.offset)
        ours = self.sub.consumer.assignment()
        for place, expected in (holes or {}).items():
            first[place] = min(first.get(place, expected), expected)  # nothing of the batch was kept
        for (topic, partition), offset in first.items():
            if (tp := TopicPartition(topic, partition)) in ours:
                self.sub.consumer.seek(tp, offset)

    async def _first_from(self, tp: TopicPartition, offset: int) -> int | None:
        """Ask the log itself, with a reader of our own, which record follows the fence."""
        probe = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False, auto_offset_reset="none")
        try:
            await probe.start()
            probe.assign([tp])
            start = (await probe.beginning_offsets([tp]))[tp]
            probe.seek(tp, max(offset, start))
            record = await asyncio.wait_for(probe.getone(), 5)
            return int(record.offset)
        except (KafkaError, TimeoutError):
            return None
        finally:
            with suppress(Exception):
                await probe.stop()

    def _taken(self, records: list[Record]) -> None:
        self.last_error = None
        for record in records:
            self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1
            self._holes.pop((record.topic, record.partition), None)
        self._last_age = (datetime.now(UTC) - records[0].timestamp).total_seconds()
        self._last_at = time.monotonic()

    # ---- what health asks

    def lag(self) -> int:
        """Return how many records lie between the fences and the ends of the logs, as far as is known."""
        return sum(self.lags().values())

    def lags(self) -> dict[str, int]:
        """Return the same by topic."""
        consumer = self.sub.consumer
        found: dict[str, int] = {}
        for tp, following in self._next.items() if consumer is not None else ():
            with suppress(Exception):
                known = consumer.highwater(tp)  # None before the first fetch
                behind = max(0, (self._ends[tp] if known is None else known) - following)
                found[tp.topic] = found.get(tp.topic, 0) + behind
        return found

    def assigned(self) -> bool:
        """Tell whether the group has given this process its share, which may be nothing, and all of it is placed."""
        consumer = self.sub.consumer
        if consumer is None:
            return False
        subscription = consumer._subscription.subscription
        if subscription is None:  # no stream matches the pattern, or metadata are still under way
            self._subscribed_at = self._subscribed_at or time.monotonic()
            return self._pattern is not None and time.monotonic() - self._subscribed_at > BEHIND_SECONDS
        if subscription.assignment is None or consumer._subscription.reassignment_in_progress:
            return False
        return bool(consumer.assignment() <= (self._placed | self.stuck.keys()))

    def is_behind(self) -> bool:
        """Tell whether our own reading is late by more than five seconds (the clock door then waits, §6.3).

        A broker that is away hides how late: until it has been back for as long, that counts as late.
        """
        now = time.monotonic()
        consumer = self.sub.consumer
        if consumer is None or (consumer._coordinator.coordinator_id is None and consumer.assignment()):
            self._lost_at = now
        if self._lost_at is not None and now - self._lost_at < BEHIND_SECONDS:
            return True
        if self.lag() == 0:
            return False
        return self._last_age > BEHIND_SECONDS or now - self._last_at > BEHIND_SECONDS

    def late(self) -> list[str]:
        """Return the topics in which records wait while what was taken last was old by then, or is by now."""
        old = max(self._last_age, time.monotonic() - self._last_at) > LATE_SECONDS
        return sorted(topic for topic, lag in self.lags().items() if lag) if old else []

    def standing(self) -> bool:
        """Tell whether records wait and none was taken for a minute."""
        return self.lag() > 0 and time.monotonic() - self._last_at > STANDING_SECONDS

    def alive(self) -> bool:
        """Tell whether the client's tasks live (faststream.md §6); an outage of the broker leaves them alive."""
        sub: Any = self.sub
        consumer = sub.consumer
        if not sub.running or consumer is None or not sub.tasks or sub.tasks[-1].done() or len(sub.tasks) > 5:
            return False
        coordinator = consumer._coordinator
        if coordinator._coordination_task.done() or consumer._fetcher._fetch_task.done():
            return False
        if not coordinator._rejoin_needed_fut.done():
            self._no_coordinator_since = None
            return True
        now = time.monotonic()
        self._no_coordinator_since = self._no_coordinator_since or now
        return now - self._no_coordinator_since < 120

    async def settle(self) -> None:
        """Look at what no batch would show, and start a dead client anew, once (shell.md §8)."""
        if not self.alive():
            await self._restart()
            return
        with suppress(Exception):  # a database or broker that is away: the next look will do
            waiting = self.sub.consumer.assignment() - self._placed
            await self._place(waiting | self._to_try_again())
            await self._seek_passed()
            await self._commit()

    def _to_try_again(self) -> set[TopicPartition]:
        """Name the stopped partitions to look at anew; of those with a hole one at a time, each in its turn.

        Read together they would share their batches, and what one cannot pass would take the others along.
        """
        holed = [tp for tp in self.stuck if (tp.topic, tp.partition) in self._holes]
        return set(self.stuck) - set(holed[1:])

    async def _commit(self) -> None:
        """Tell Kafka how far we are, for those who watch groups by its tools."""
        ours = self.sub.consumer.assignment()
        reached = {tp: offset for tp, offset in self._next.items() if tp in ours}
        if reached:
            await self.sub.consumer.commit(reached)

    async def _seek_passed(self) -> None:
        """Go back to records that the client passed over without handing them on, with none after them (§1.2)."""
        passed: dict[TopicPartition, int] = {}
        for tp in self._placed - self.stuck.keys():
            if self._idle.is_set() and await self.sub.consumer.position(tp) > self._next[tp]:
                passed[tp] = self._next[tp]
        before, self._passed = self._passed, passed
        for tp, expected in passed.items():
            if before.get(tp) != expected or await self._first_from(tp, expected) != expected:
                continue
            metrics.HOLES.labels(self.group).inc()
            known, tries = self._holes.get((tp.topic, tp.partition), (expected, 0))
            tries = tries + 1 if known == expected else 1
            self._holes[tp.topic, tp.partition] = expected, tries
            log.error("passed over", reader=self.group, topic=tp.topic, partition=tp.partition, expected=expected)
            if tries >= HOLE_TRIES:
                self._stop_partition(tp, f"cannot pass offset {expected}")
            elif self._idle.is_set() and self._next.get(tp) == expected:
                self.sub.consumer.seek(tp, expected)

    async def _restart(self) -> None:
        now = time.monotonic()
        if self._restarted_at is not None and now - self._restarted_at < RESTARTED_RECENTLY:
            self.given_up = True
            return
        self._restarted_at = now
        log.error("reader restarts", reader=self.group)
        with suppress(Exception):
            await asyncio.wait_for(self.sub.stop(), 10)
        self._placed.clear()
        self._next.clear()
        self.stuck.clear()
        with suppress(Exception):
            await asyncio.wait_for(self.sub.start(), 30)
