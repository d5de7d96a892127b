"""Escalation's own desk, clock and HTTP on a real database, without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from services.escalation.api import router
from services.escalation.domain import STATES, decide, evolve, seeds, touches
from services.escalation.store import Store
from services.escalation.translate import WIRE
from shared.city.load import load
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.problems import answer_problems
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import sign
from tests.support.stack import Cell

SECRET = "s" * 32


class LedgerOffice:
    """One city's escalation; `http` speaks to its desk. The cell bears the city's code."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.city = cell, load(cell.code)
        self.engine = connect(cell.dsns["escalation"])
        service = Service("escalation", decide, evolve, STATES, WIRE, Store(self.city), touches, seeds=seeds)
        bench = Bench(service, self.city, self.city.code, self.city.version, new_id)
        self.store = SqlStore(self.engine, bench, schema_of(cell.code))
        self.shell = Shell(self.store, bench)
        self.desk = Desk(self.shell, SECRET)
        app = FastAPI()
        answer_problems(app)
        app.state.desk = self.desk
        app.include_router(router(self.desk))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://escalation")

    def headers(self, actor: Actor) -> dict[str, str]:
        token = sign(SECRET, self.cell.code, actor)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}

    async def post(self, path: str, by: Actor | str, **body: Any) -> httpx.Response:
        """Give a command, as a unit if only its code is named."""
        actor = by if isinstance(by, Actor) else Actor("unit", by)
        return await self.http.post(path, json=body, headers=self.headers(actor))

    async def get(self, path: str, by: Actor) -> httpx.Response:
        return await self.http.get(path, headers=self.headers(by))

    async def at(self, when: datetime) -> None:
        """Let the city's clock stand at an instant, and fire what is due."""
        clock = f'"{schema_of(self.cell.code)}".clock'
        await self.ask(f"DELETE FROM {clock}")
        await self.ask(f"INSERT INTO {clock} VALUES (clock_timestamp(), $1, 0, NULL)", when)
        while await self.shell.take_due():
            pass

    async def ask(self, statement: str, *values: Any) -> list[Any]:
        conn = await asyncpg.connect(self.cell.dsns["admin"])
        try:
            return list(await conn.fetch(statement, *values))
        finally:
            await conn.close()


@asynccontextmanager
async def ledger_office(cell: Cell) -> AsyncIterator[LedgerOffice]:
    made = LedgerOffice(cell)
    task = asyncio.create_task(made.desk.run())
    try:
        yield made
    finally:
        task.cancel()
        await made.http.aclose()
        await made.engine.dispose()
