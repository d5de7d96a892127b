"""Faults planted after a run, one after the other: each must be counted, or the count proves nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka import AIOKafkaProducer

from tests.faults.counting import Count

_CASE = "(SELECT subject FROM {c}_dispatch.journal WHERE sequence >= 3 GROUP BY 1 ORDER BY 1 OFFSET {n} LIMIT 1)"
_LAST = "(SELECT max(sequence) FROM {c}_dispatch.journal WHERE subject = " + _CASE + ")"
_COLUMNS = "type, streams, key, headers, value"
SQL = {
    "a fact is gone from the journal": (
        "lost", "DELETE FROM {c}_dispatch.journal WHERE subject = " + _CASE + " AND sequence = " + _LAST, 0,
    ),
    "a report is gone from the register": (
        "lost", "DELETE FROM {c}_intake.report WHERE case_id = (SELECT min(case_id) FROM {c}_intake.report)", 0,
    ),
    "a message is gone from the inbox": (
        "lost", "DELETE FROM {c}_dispatch.inbox WHERE id = (SELECT min(id) FROM {c}_dispatch.inbox "
        "WHERE sender LIKE 'department:%')", 0,
    ),
    "a reader skipped a fact": (
        "lost", "UPDATE {c}_console.subject SET seen[2] = seen[2] - 1 WHERE id = " + _CASE, 1,
    ),
    "an effect is applied twice": (
        "twice", "INSERT INTO {c}_dispatch.journal (subject, sequence, " + _COLUMNS + ") SELECT subject, sequence + 1, "
        + _COLUMNS + " FROM {c}_dispatch.journal WHERE subject = " + _CASE + " AND sequence = " + _LAST, 2,
    ),
    "two facts changed places": (
        "disordered", "UPDATE {c}_dispatch.journal SET sequence = 3 - sequence WHERE sequence IN (1, 2) "
        "AND subject = " + _CASE, 3,
    ),
    "a case has no clock": (
        "stuck", "UPDATE {c}_dispatch.responsibility SET due_at = NULL, status = 'accepted' WHERE case_id = " + _CASE,
        4,
    ),
    "a fact is never sent": (
        "stuck", "INSERT INTO {c}_feedback.pending VALUES (1::bigint << 40)", 0,
    ),
}  # fmt: skip
"""Name -> figure that must grow, statement, which case."""
REWOUND = "an old fact comes again under a new name"


async def plant_all(
    dsn: str, kafka: str, city: str, found: Count, again: Callable[[], Awaitable[Count]]
) -> dict[str, bool]:
    """Plant each fault in a city at rest; returns whether its figure grew."""
    caught: dict[str, bool] = {}
    before = found.figures()
    connection = await asyncpg.connect(dsn)
    try:
        for name, (figure, statement, n) in SQL.items():
            await connection.execute(statement.format(c=city, n=n))
            after = (await again()).figures()
            caught[name] = after[figure] > before[figure]
            before = after
        case = await connection.fetchval(f"SELECT {_CASE}".format(c=city, n=5))
    finally:
        await connection.close()
    await _old_fact(kafka, city, case)
    caught[REWOUND] = (await again()).figures()["disordered"] > before["disordered"]
    return caught


async def _old_fact(kafka: str, city: str, case: str) -> None:
    headers = {"ce_id": "planted", "ce_source": f"/{city}/dispatch", "ce_subject": case, "ce_sequence": "1"}
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        raw = [(name, value.encode()) for name, value in headers.items()]
        await producer.send_and_wait(f"{city}.orders.v1", b"{}", case.encode(), headers=raw)
    finally:
        await producer.stop()
