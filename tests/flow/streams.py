"""Kafka as lists: partitions by key, records that stay, now and then an offset without a record."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.topics import TopicConfig
from shared.shell.work import Partition, Record


@dataclass(frozen=True, slots=True)
class Kept:
    """A record and the step at which it was written."""

    record: Record
    step: int


class Streams:
    """Every topic of the city. An offset without record stands for a transaction's marker."""

    def __init__(self, topics: Mapping[str, TopicConfig]) -> None:
        self.partitions = {name: config.partitions for name, config in topics.items()}
        self.logs: dict[Partition, list[Kept | None]] = {}
        self.places: dict[str, list[Partition]] = {name: [] for name in topics}
        """The partitions of each topic that hold anything."""
        self.used = dict.fromkeys(topics, 0)
        """How many offsets each topic has used up."""

    def append(
        self, topic: str, key: bytes | None, headers: tuple[tuple[str, bytes], ...], value: bytes, at: datetime,
        step: int, *, partition: int | None = None,
    ) -> Record:  # fmt: skip
        """Write a record where its key belongs."""
        place = (topic, zlib.crc32(key or b"") % self.partitions[topic] if partition is None else partition)
        if (log := self.logs.get(place)) is None:
            log = self.logs[place] = []
            self.places[topic].append(place)
        record = Record(*place, len(log), key, headers, value, at)
        log.append(Kept(record, step))
        self.used[topic] += 1
        return record

    def mark(self, place: Partition) -> None:
        """Use up an offset that no reader will ever be given."""
        self.logs[place].append(None)
        self.used[place[0]] += 1

    def end(self, place: Partition) -> int:
        """Return the offset that the next record will have."""
        return len(self.logs.get(place, ()))

    def first_from(self, place: Partition, offset: int) -> Kept | None:
        """Return the first record at or after an offset."""
        log = self.logs.get(place, ())
        for n in range(offset, len(log)):
            if (kept := log[n]) is not None:
                return kept
        return None

    def records(self, topic: str) -> list[Record]:
        """Return all records of a topic, partition by partition."""
        return [
            kept.record
            for partition in range(self.partitions[topic])
            for kept in self.logs.get((topic, partition), ())
            if kept is not None
        ]
