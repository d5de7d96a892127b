"""What the log door does about records that the client did not hand on (shell.md 1.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import TopicPartition
from faststream.kafka import KafkaBroker

from shared.shell import log
from shared.shell.log import HOLE_TRIES, Reader
from shared.shell.work import Hole, Record

PLACE = TopicPartition("donggang.orders.v1", 0)


class Consumer:
    """Notes where it is sent."""

    def __init__(self) -> None:
        self.position: int | None = None
        self.paused = False

    def assignment(self) -> set[TopicPartition]:
        return {PLACE}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.position = offset

    def pause(self, place: TopicPartition) -> None:
        self.paused = True


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Make a reader of one partition; nothing waits."""

    async def at_once(seconds: float) -> None:
        return None

    monkeypatch.setattr(log.asyncio, "sleep", at_once)
    made = Reader(None, KafkaBroker("nowhere:1"), "nowhere:1", "g", topics=(PLACE.topic,))  # type: ignore[arg-type]
    made.sub = type("Sub", (), {"consumer": Consumer()})()
    return made


def log_begins(reader: Reader, monkeypatch: pytest.MonkeyPatch, first: int | None) -> None:
    """Say which record the log itself has first from the expected offset on."""

    async def first_from(place: Any, offset: int) -> int | None:
        return first

    monkeypatch.setattr(reader, "_first_from", first_from)


def records(*offsets: int) -> list[Record]:
    return [Record(*PLACE, offset, b"k", (), b"{}", datetime(2026, 11, 2, tzinfo=UTC)) for offset in offsets]


async def test_a_record_right_behind_the_logs_own_gap_is_accepted(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_begins(reader, monkeypatch, 11)
    assert await reader._on_hole(records(11, 12), Hole({tuple(PLACE): 10})) == {(*PLACE, 11)}


async def test_a_gap_of_the_log_does_not_excuse_the_records_that_the_client_lost_behind_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_begins(reader, monkeypatch, 11)
    assert not await reader._on_hole(records(16, 17), Hole({tuple(PLACE): 10}))
    assert reader.sub.consumer.position == 10


async def test_a_hole_in_the_middle_of_a_batch_sends_the_reader_back_to_its_beginning(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_begins(reader, monkeypatch, 12)
    assert not await reader._on_hole(records(10, 11, 15), Hole({tuple(PLACE): 12}))
    assert reader.sub.consumer.position == 10


async def test_an_offset_that_cannot_be_passed_stops_its_partition(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_begins(reader, monkeypatch, 12)
    for _ in range(HOLE_TRIES):
        assert not await reader._on_hole(records(10, 11, 15), Hole({tuple(PLACE): 12}))
    assert reader.sub.consumer.paused
    assert reader.stuck
