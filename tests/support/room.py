"""Feedback's desk and clock on a real database, without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from services.feedback.domain import STATES, decide, evolve, touches
from services.feedback.store import Store
from services.feedback.translate import WIRE, refusal
from shared.city.load import load
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from tests.support.stack import Cell

SECRET = "s" * 32


class Room:
    """Feedback's desk and clock on a real database, without a broker."""

    def __init__(self, cell: Cell, city: Any) -> None:
        self.cell, self.city = cell, city
        self.engine = connect(cell.dsns["feedback"])
        self.store = Store(SECRET, city.code)
        service = Service("feedback", decide, evolve, STATES, WIRE, self.store, touches, refusal)
        bench = Bench(service, city, city.code, city.version, new_id)
        self.shell = Shell(SqlStore(self.engine, bench, schema_of(cell.code)), bench)
        self.desk = Desk(self.shell, SECRET)

    async def at(self, when: datetime) -> None:
        """Set the city's clock."""
        await self.execute(f'DELETE FROM "{schema_of(self.cell.code)}".clock')
        await self.execute(
            f'INSERT INTO "{schema_of(self.cell.code)}".clock VALUES (clock_timestamp(), $1, 0, NULL)', when
        )

    async def execute(self, statement: str, *values: Any) -> list[Any]:
        conn = await asyncpg.connect(self.cell.dsns["admin"])
        try:
            await conn.execute(f'SET search_path TO "{schema_of(self.cell.code, "feedback")}"')
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()

    async def send(self, data: Any, subject: str, actor: Actor, *, creates: bool = False) -> Any:
        return await self.desk.submit(data, subject, actor, new_id(), creates=creates)

    async def refused(self, data: Any, subject: str, actor: Actor) -> str:
        with pytest.raises(Refused) as refused:
            await self.send(data, subject, actor)
        return refused.value.rule

    async def strike(self) -> int:
        """Fire everything that is due."""
        fired = 0
        while taken := await self.shell.take_due():
            fired += taken
        return fired


@asynccontextmanager
async def room(cell: Cell, city: str) -> AsyncIterator[Room]:
    made = Room(cell, load(city))
    task = asyncio.create_task(made.desk.run())
    try:
        yield made
    finally:
        task.cancel()
        await made.engine.dispose()
