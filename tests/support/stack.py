"""A real Kafka and a real PostgreSQL for the whole session, and cells on them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.database import AUDITOR, SERVICES, prepare
from deploy.local.resolver import Backing, local_stack
from deploy.local.topics import ensure_topics
from shared.contracts.topics import TopicConfig, topic_name, topics
from shared.persistence.migrate import migrate

numbers = itertools.count(1)


@dataclass(frozen=True)
class Cell:
    """One city on the shared servers: its code, the broker, a DSN per login and `admin`."""

    code: str
    kafka: str
    dsns: dict[str, str]


@pytest.fixture(scope="session")
def backing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backing]:
    """Start Kafka and PostgreSQL once."""
    with local_stack(Path(tmp_path_factory.mktemp("stack")), profile="test") as running:
        yield running


def make_cell(backing: Backing, code: str, services: tuple[str, ...], sources: tuple[str, ...] = ("s",)) -> Cell:
    """Make a city's database, topics and tables."""
    cell = make_schemas(backing, code, services)
    asyncio.run(ensure_topics(backing.kafka, topics(code, sources, ("hb",))))
    return cell


def make_slim_cell(backing: Backing, code: str) -> Cell:
    """Make a city for the shell alone: dispatch's tables, and few partitions where few will do."""
    cell = make_schemas(backing, code, ("dispatch",))
    asyncio.run(ensure_topics(backing.kafka, slim_topics(code)))
    return cell


def slim_topics(code: str) -> dict[str, TopicConfig]:
    """Return the topics of such a city."""
    fewer = {topic_name(code, "orders"): 3, topic_name(code, "ledger"): 1, topic_name(code, "feedback"): 1}
    wanted = topics(code, ("s",), ("hb",))
    return {name: replace(topic, partitions=fewer.get(name, topic.partitions)) for name, topic in wanted.items()}


async def delete_topics(kafka: str, names: Iterable[str]) -> None:
    """Delete topics: a broker that was killed looks through everything it has before it answers."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
    finally:
        await admin.close()


def make_schemas(backing: Backing, code: str, services: tuple[str, ...]) -> Cell:
    """Make a city's database and tables, without topics."""
    passwords = dict.fromkeys((*SERVICES, AUDITOR), "test")
    dsns = asyncio.run(prepare(backing.postgres, code, passwords))
    for service in services:
        migrate(dsns["admin"], code, service)
    return Cell(code, backing.kafka, dsns)
