"""Wait for Kafka and its topics; away at start is no reason to die (shell.md §8, faststream.md §6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

log = structlog.get_logger()


async def wait_for_kafka(bootstrap: str, topics: Iterable[str]) -> None:
    """Return once the broker answers and has every topic."""
    n = 0
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            missing = set(topics) - set(await admin.list_topics())
            if not missing:
                return
            why = f"topics missing: {sorted(missing)}"
        except (KafkaError, OSError) as error:
            why = repr(error)
        finally:
            with suppress(Exception):
                await admin.close()
        if n % 10 == 0:
            log.warning("waiting for Kafka", why=why)
        n += 1
        await asyncio.sleep(min(5.0, 0.2 * 2 ** min(n, 5)))
