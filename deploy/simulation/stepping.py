"""Step a running platform through virtual time: its clock stands still while anything is on its way."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.demo.agenda import Deed
from deploy.demo.streams import Heard, Once, open_record
from deploy.local.database import SERVICES, schema_of

_AT_ONCE = 32
_LOOK = 0.01
"""Real seconds between two looks at whether everything has arrived."""
_HOLD_MS = 20
"""Milliseconds that the broker holds a fetch open: what was asked for is there, and a later one waits behind it."""
_PATIENCE = 60.0


class Stalled(RuntimeError):
    """The platform does not come to rest; the message says what is on its way."""


class Steps:
    """The agenda of outside clients by a clock that they set themselves."""

    def __init__(self, starts: datetime) -> None:
        self.now = starts
        self._planned: list[tuple[datetime, int, Deed]] = []
        self._count = itertools.count()

    def at(self, when: datetime, deed: Deed) -> None:
        """Plan a deed; one whose time is past is done with the next step."""
        heapq.heappush(self._planned, (when, next(self._count), deed))

    @property
    def is_anything_due(self) -> bool:
        """Tell whether a deed waits to be done now."""
        return bool(self._planned) and self._planned[0][0] <= self.now

    async def do(self) -> None:
        """Do all that is due by now, begun in order, some at a time."""
        due: list[Deed] = []
        while self._planned and self._planned[0][0] <= self.now:
            due.append(heapq.heappop(self._planned)[2])
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(deed: Deed) -> None:
            async with room:
                await deed()

        await asyncio.gather(*(one(deed) for deed in due))


class Ears:
    """Read topics from their beginning, to their end whenever asked; between that they ask the broker for nothing."""

    def __init__(self, bootstrap: str, topics: Sequence[str], on_heard: Callable[[Heard], None]) -> None:
        self._reader = AIOKafkaConsumer(
            *topics, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
            fetch_max_wait_ms=_HOLD_MS,
        )  # fmt: skip
        self._on_heard, self._once = on_heard, Once()
        self._places: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        """Connect."""
        await self._reader.start()
        self._places = dict.fromkeys(self._reader.assignment(), 0)
        self._reader.pause(*self._places)

    async def stop(self) -> None:
        """Let go."""
        await self._reader.stop()

    async def ends(self, further: Collection[TopicPartition] = ()) -> dict[TopicPartition, int]:
        """Return where the partitions that are read here end now, and further ones."""
        found: dict[TopicPartition, int] = await self._reader.end_offsets(list(self._places.keys() | further))
        return found

    async def catch_up(self, ends: Mapping[TopicPartition, int]) -> None:
        """Take what there is up to these ends; only the partitions that have grown are asked for."""
        behind = {place: ends[place] for place, at in self._places.items() if at < ends.get(place, 0)}
        if not behind:
            return
        self._reader.resume(*behind)
        grown = list(behind)
        while behind:
            for place, records in (await self._reader.getmany(timeout_ms=_HOLD_MS, max_records=1000)).items():
                for record in records:
                    heard = open_record(record)
                    if heard is not None and self._once.is_new(record.topic, heard.envelope):
                        self._on_heard(heard)
                    self._places[place] = record.offset + 1
                if self._places[place] >= behind.get(place, 0):
                    behind.pop(place, None)
        self._reader.pause(*grown)


class Platform:
    """The platform's side of a step: set its clock, wait until nothing is on its way in any service."""

    def __init__(self, admin: asyncpg.Connection, city: str, ears: Ears) -> None:
        self._admin, self._city, self._ears = admin, city, ears
        self._ends: dict[TopicPartition, int] = {}
        """Where partitions ended when last asked; they only grow."""
        now = f'"{schema_of(city)}".sidan_now()'
        schemas = [schema_of(city, service) for service in SERVICES if service != "console"]
        waiting = " + ".join(
            f'(SELECT count(*) FROM "{schema}".pending) + '  # noqa: S608
            f'(SELECT count(*) FROM "{schema}".deadline WHERE due_at <= {now})'
            for schema in schemas
        )
        fences = " UNION ALL ".join(
            f'SELECT topic, "partition", expected FROM "{schema}".fence'  # noqa: S608
            for schema in schemas
        )
        self._standing = (
            f'SELECT waiting, topic, "partition", expected FROM (SELECT {waiting} AS waiting) w '  # noqa: S608
            f"LEFT JOIN ({fences}) f ON waiting = 0"
        )
        """What waits inside, and when that is nothing how far each log was read: one statement, so one instant."""

    async def set_clock(self, at: datetime) -> None:
        """Put the clock to an instant, at which it stands."""
        await self._admin.execute(
            f'UPDATE "{schema_of(self._city)}".clock SET rate = 0, virtual_at = $1, real_at = clock_timestamp()',  # noqa: S608
            at,
        )

    async def rest(self) -> None:
        """Wait until every fact is sent, read by those that decide and heard, every deadline fired. Raises Stalled."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + _PATIENCE
        while why := await self._under_way():
            if loop.time() > ends:
                raise Stalled(why)
            await self._ears.catch_up(self._ends)  # what there is already, while the services work on
            await asyncio.sleep(_LOOK)
        await self._ears.catch_up(self._ends)

    async def _under_way(self) -> str:
        rows = await self._admin.fetch(self._standing)
        if rows[0]["waiting"]:
            return f"{rows[0]['waiting']} facts to send or deadlines to fire"
        read = [(TopicPartition(row["topic"], row["partition"]), row["expected"]) for row in rows]
        if unread := self._unread(read):  # by what is known already: the broker need not be asked
            return f"{unread} records unread"
        self._ends = await self._ears.ends({place for place, _ in read})
        unread = self._unread(read)
        return f"{unread} records unread" if unread else ""

    def _unread(self, read: Collection[tuple[TopicPartition, int]]) -> int:
        return sum(max(0, self._ends.get(place, 0) - expected) for place, expected in read)
