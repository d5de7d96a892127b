"""How a running platform is stepped through a year: when its clock stands still, what is done then, what is read."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from deploy.simulation import stepping
from deploy.simulation.stack import instants
from deploy.simulation.stepping import Ears, Steps
from shared.city.load import load

NOON = datetime(2019, 1, 2, 12, tzinfo=UTC)
FIRST, SECOND = TopicPartition("ledger", 0), TopicPartition("ledger", 1)


def test_the_clock_stands_still_a_minute_before_offices_close_and_at_the_end_of_a_day_off() -> None:
    stands = [f"{at:%m-%d %H:%M}" for at in instants(load("donggang"), date(2019, 1, 1), 2)]
    assert stands == ["01-01 23:59", "01-02 11:59", "01-02 17:59", "01-03 00:00"]


def test_what_is_due_is_done_in_its_order_and_what_comes_of_it_with_the_next_turn() -> None:
    steps, done = Steps(NOON), list[str]()

    async def say(word: str) -> None:
        done.append(word)
        if word == "second":
            steps.at(NOON - timedelta(hours=1), lambda: say("at once"))

    for word, hours in (("later", 1), ("second", 0), ("first", -1)):
        steps.at(NOON + timedelta(hours=hours), lambda word=word: say(word))  # type: ignore[misc]
    asyncio.run(steps.do())
    assert (done, steps.is_anything_due) == (["first", "second"], True)
    asyncio.run(steps.do())
    assert (done, steps.is_anything_due) == (["first", "second", "at once"], False)


class Reader:
    """A consumer of two partitions that hands out one record a call, of those alone that are not paused."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.at, self.paused = {FIRST: 0, SECOND: 0}, set[TopicPartition]()
        self.asked = list[set[TopicPartition]]()

    async def start(self) -> None:
        """Connect."""

    def assignment(self) -> list[TopicPartition]:
        return list(self.at)

    def pause(self, *places: TopicPartition) -> None:
        self.paused |= set(places)

    def resume(self, *places: TopicPartition) -> None:
        self.paused -= set(places)

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Any]]:
        self.asked.append(self.at.keys() - self.paused)
        found = {}
        for place in self.asked[-1]:
            found[place] = [SimpleNamespace(topic=place.topic, offset=self.at[place])]
            self.at[place] += 1
        return found


def test_only_what_has_grown_is_read_and_that_to_its_end(monkeypatch: Any) -> None:
    heard = list[str]()
    said = SimpleNamespace(envelope="e")
    monkeypatch.setattr(stepping, "AIOKafkaConsumer", Reader)
    monkeypatch.setattr(stepping, "open_record", lambda record: said)
    ears = Ears("", ["ledger"], lambda one: heard.append(one.envelope))  # type: ignore[arg-type]
    monkeypatch.setattr(ears._once, "is_new", lambda topic, envelope: True)

    async def read() -> None:
        await ears.start()
        await ears.catch_up({FIRST: 0, SECOND: 3})
        await ears.catch_up({FIRST: 0, SECOND: 3})

    asyncio.run(read())
    reader: Any = ears._reader
    assert (len(heard), reader.asked, reader.paused) == (3, [{SECOND}] * 3, {FIRST, SECOND})
