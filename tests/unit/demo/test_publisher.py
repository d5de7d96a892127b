"""How outside parties publish when the broker fails them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from deploy.demo import streams


class Producer:
    """A producer whose first made fails: `early` at once, anything else once it is told to."""

    made: list[Producer]
    fail_late: asyncio.Event

    def __init__(self, **_: Any) -> None:
        self.number, self.is_stopped, self.sent = len(self.made), False, []
        self.made.append(self)

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.is_stopped = True

    async def send_and_wait(self, topic: str, value: bytes, **_: Any) -> None:
        if self.number == 0:
            if value != b"early":
                await self.fail_late.wait()
            raise RuntimeError("the broker went away")
        self.sent.append(value)


async def test_a_sender_that_fails_late_leaves_the_producer_alone_that_others_made_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Producer.made, Producer.fail_late = [], asyncio.Event()
    monkeypatch.setattr(streams, "AIOKafkaProducer", Producer)
    publisher = streams.Publisher("nowhere:1")

    async def send(value: bytes) -> None:
        await publisher.send("t", "k", value, id_=value.decode(), type_="x.v1", sender="/test")

    late = asyncio.create_task(send(b"late"))
    await asyncio.wait_for(send(b"early"), 5)
    Producer.fail_late.set()
    await asyncio.wait_for(late, 5)
    assert [producer.is_stopped for producer in Producer.made] == [True, False]
    assert Producer.made[1].sent == [b"early", b"late"]
