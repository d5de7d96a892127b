"""Feedback's tables on a PostgreSQL of their own, without a broker."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.local import database, postgres
from shared.persistence.migrate import migrate


@contextmanager
def feedback_tables(folder: Path, code: str) -> Iterator[dict[str, str]]:
    """Start a server with the schema of a city's feedback; yield a DSN per login and `admin`."""
    server, port, admin = postgres.prepare(folder, logs=folder, is_lasting=False)
    try:
        postgres.start(server, port)
        with ThreadPoolExecutor(1) as thread:  # the caller may have an event loop of its own
            yield thread.submit(_make, admin, code).result()
    finally:
        server.stop()
        postgres.erase(folder)


def _make(admin: str, code: str) -> dict[str, str]:
    passwords = {name: secrets.token_hex(8) for name in (*database.SERVICES, database.AUDITOR)}
    dsns = asyncio.run(database.prepare(admin, code, passwords))
    migrate(dsns["admin"], code, "feedback")
    return dsns
