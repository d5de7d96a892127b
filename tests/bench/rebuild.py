"""How fast the read model is made anew: `python -m tests.bench.rebuild`; FACTS=n CORES=0,1, servers included."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from collections import defaultdict
from collections.abc import Iterator

import asyncpg
from aiokafka import AIOKafkaProducer
from rich.progress import Progress

from deploy.local.database import AUDITOR, SERVICES, prepare
from deploy.local.topics import ensure_topics
from services.console.projection import Heard
from services.console.rebuild import rebuild
from shared.city.load import load
from shared.contracts.envelope import stated
from shared.contracts.topics import STATE_STREAM, topic_name, topics
from shared.persistence.migrate import migrate
from shared.shell.relay import Batches
from tests.bench.stand import servers
from tests.support.console_facts import tell_city
from tests.support.console_stack import NOON

Sent = tuple[str, bytes, list[tuple[str, bytes]], bytes]
COPIED = 400
"""Invented cases; the rest are copies of them under other ids."""
CITY = "donggang"


def sent(facts: Iterator[Heard]) -> list[Sent]:
    """Return facts as the relay sends them: stream, key, headers, value."""
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    counted: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for fact in facts:
        counted[fact.subject, fact.service] += 1
        after = {name: n for name, n in seen[fact.subject].items() if name != fact.service}
        seen[fact.subject][fact.service] = counted[fact.subject, fact.service]
        headers = stated(
            service=fact.service, city=CITY, subject=fact.subject, sequence=counted[fact.subject, fact.service],
            type_=fact.type, acted_at=fact.acted_at, recorded_at=fact.recorded_at, after=after,
            auth=("system", "system"), causation=f"dispatch/{fact.subject}/1", city_version="1",
        )  # fmt: skip
        said = [(name, text.encode()) for name, text in headers.items()]
        found.append((STATE_STREAM[fact.service], fact.subject.encode(), said, fact.data.model_dump_json().encode()))
    return found


async def produce(kafka: str, count: int) -> int:
    """Fill the streams with at least so many facts; returns how many."""
    city = load(CITY)
    await ensure_topics(kafka, topics(CITY, (), ()))
    told = sent(tell_city(city, NOON, COPIED))
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5, max_batch_size=131_072, compression_type="lz4")
    await producer.start()
    done, copy = 0, 0
    while done < count:
        batches = Batches(producer)
        for stream, key, headers, value in told:
            own = key + b".%06d" % copy
            named = [(name, text.replace(key, own)) for name, text in headers]
            await batches.add(topic_name(CITY, stream), own, value, named)
        await batches.delivered()
        done, copy = done + len(told), copy + 1
    await producer.stop()
    return done


async def run(dsn: str, kafka: str, count: int) -> dict[str, object]:
    """Fill, rebuild, and say what it took."""
    city = load(CITY)
    facts = await produce(kafka, count)
    print(f"{facts} facts in the streams", flush=True)
    stages: dict[str, float] = {}
    with Progress(refresh_per_second=2) as progress:
        task = progress.add_task("read", total=facts)

        def tell(stage: str, done: int, of: int) -> None:
            stages[stage] = time.perf_counter()
            if stage == "read":
                progress.update(task, completed=done)

        began, before = time.perf_counter(), time.process_time()
        done = await rebuild(dsn, kafka, city, tell)
        passed, spent = time.perf_counter() - began, time.process_time() - before
    conn = await asyncpg.connect(dsn)
    held = await conn.fetchval(f"SELECT count(*) FROM {CITY}_console.timeline")
    cases = await conn.fetchval(f"SELECT count(*) FROM {CITY}_console.case_view")
    await conn.close()
    assert held == done.facts == facts, (held, done.facts, facts)
    return {
        "facts": facts, "cases": cases, "seconds": round(passed, 1), "facts_per_second": round(facts / passed),
        "read_seconds": round(stages["read"] - began, 1), "processor_us_per_fact": round(spent / facts * 1e6, 1),
        "facts_per_processor_second": round(facts / spent), "load": os.getloadavg()[0],
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def main() -> None:
    """Lend servers, run, print one JSON line."""
    with servers() as (_, backing):
        passwords = dict.fromkeys((*SERVICES, AUDITOR), "bench")
        dsn = asyncio.run(prepare(backing.postgres, CITY, passwords))["admin"]
        migrate(dsn, CITY, "console")
        print(json.dumps(asyncio.run(run(dsn, backing.kafka, int(os.environ.get("FACTS", "1000000"))))))


if __name__ == "__main__":
    main()
