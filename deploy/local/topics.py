"""Topics are made before anyone reads or writes them; the broker makes none by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code


class TopicSpec(Protocol):
    """What a topic has to look like."""

    @property
    def partitions(self) -> int:
        """Return the number of partitions, which never changes."""

    @property
    def config(self) -> Mapping[str, str]:
        """Return Kafka's topic settings."""


class TopicDiffers(RuntimeError):
    """A topic exists with another number of partitions; keys would move, so a person has to decide."""


async def ensure_topics(bootstrap: str, topics: Mapping[str, TopicSpec], *, within: float = 30) -> list[str]:
    """Make the topics that are missing and return their names; a broker that is still waking up is waited for.

    Three copies of each where there are three brokers, as many as there are brokers below that.
    """
    end = asyncio.get_running_loop().time() + within
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
        try:
            await admin.start()
            return await _ensure(admin, topics)
        except (KafkaError, OSError):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.2)
        finally:
            with suppress(Exception):
                await admin.close()


async def _ensure(admin: AIOKafkaAdminClient, topics: Mapping[str, TopicSpec]) -> list[str]:
    present = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    for name, spec in topics.items():
        if present.get(name, spec.partitions) != spec.partitions:
            raise TopicDiffers(f"{name}: {present[name]} partitions, {spec.partitions} wanted")
    missing = [name for name in topics if name not in present]
    if missing:
        brokers = len((await admin.describe_cluster())["brokers"])
        answer = await admin.create_topics(
            [
                NewTopic(name, topics[name].partitions, min(3, brokers), topic_configs=dict(topics[name].config))
                for name in missing
            ]
        )
        for name, code, message in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"{name}: {message}")
    return missing
