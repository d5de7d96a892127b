"""The console on a real PostgreSQL with invented facts: `python -m tests.support.console_stack` shows it."""

from __future__ import annotations

import asyncio
import multiprocessing
import secrets
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import uvicorn

from deploy.local import clock, database, postgres
from deploy.local.folder import keep_secret
from services.console import web
from services.console.access import accounts
from services.console.access.roles import Post, Role
from services.console.projection import Heard, project
from shared.city.load import load
from shared.city.model import City
from shared.persistence.engine import connect, schema_of
from shared.persistence.migrate import migrate
from tests.support.console_facts import tell_case, tell_city

V = TypeVar("V")
NOON = datetime(2026, 11, 24, 14, 32, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Tuesday, in office hours."""
SECRET = "a secret of the tests alone"


@dataclass
class Served:
    """A console that is up: its address, the city, and how to tell it more."""

    url: str
    city: City
    dsn: str
    late: list[str] = field(default_factory=list)
    """Topics of which its read model is to be late."""
    admin: str = ""
    """A DSN by which the city's clock may be turned."""

    def signed(self, *posts: Post) -> str:
        """Return the key of a session of somebody at these posts, by default of operations."""
        return _aside(lambda: asyncio.run(sign_in(self.dsn, posts or (Post(Role.OPERATIONS, self.city.root.code),))))

    def tell(self, facts: Sequence[Heard]) -> None:
        """Project further facts, as the shell would."""
        _aside(lambda: asyncio.run(fill(self.dsn, facts)))

    def plant(self, statement: str, *values: Any) -> None:
        """Run a statement on its database: what a console with services behind it would have kept."""

        async def run() -> None:
            conn = await asyncpg.connect(self.dsn)
            await conn.execute(statement, *values)
            await conn.close()

        _aside(lambda: asyncio.run(run()))

    def turn(self, at: datetime, rate: float) -> None:
        """Set the platform's clock to a moment, from where it goes on at a rate."""
        row = f'UPDATE "{schema_of(self.city.code)}".clock SET real_at = clock_timestamp(), virtual_at = $1, rate = $2'

        async def write() -> None:
            conn = await asyncpg.connect(self.admin)
            await conn.execute(row, at, rate)
            await conn.close()

        _aside(lambda: asyncio.run(write()))


async def fill(dsn: str, facts: Sequence[Heard]) -> None:
    """Project facts in batches of 500."""
    engine = connect(dsn)
    waiting = iter(facts)
    while batch := list(islice(waiting, 500)):
        async with engine.begin() as conn:
            await project(conn, batch)
    await engine.dispose()


async def sign_in(dsn: str, posts: Sequence[Post]) -> str:
    """Make an account for these posts and sign it in, as the form would; returns the session's key."""
    engine = connect(dsn)
    login = "-".join(f"{post.role}.{post.at}.{post.seat}".strip(".") for post in posts)[:64]
    async with engine.begin() as conn:
        await accounts.add(conn, login, login, posts, None, None)
        key = await accounts.begin(conn, login)
    await engine.dispose()
    return key


def _make(admin: str, code: str, passwords: dict[str, str]) -> str:
    dsns = asyncio.run(database.prepare(admin, code, passwords))
    migrate(dsns["admin"], code, "console")
    asyncio.run(clock.start_clock(dsns["admin"], code, 1, virtual_at=NOON))
    return dsns["console"]


def _aside(work: Callable[[], V]) -> V:
    """Run in a thread of its own: a browser's driver may hold this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def _admin(folder: Path, dsn: str) -> str:
    return f"postgresql://postgres:{keep_secret(folder, 'postgres')}@{dsn.partition('@')[2]}"


@contextmanager
def read_model(folder: Path, code: str = "donggang") -> Iterator[str]:
    """Start a PostgreSQL of our own with the console's tables and a clock set to a Tuesday; yield a DSN."""
    server, port, admin = postgres.prepare(folder, logs=folder, is_lasting=False)
    try:
        postgres.start(server, port)
        names = (*database.SERVICES, database.AUDITOR)
        yield _aside(lambda: _make(admin, code, {name: secrets.token_hex(8) for name in names}))
    finally:
        server.stop()
        postgres.erase(folder)


@contextmanager
def console(folder: Path, cases: int = 2400, code: str = "donggang", port: int = 0) -> Iterator[Served]:
    """Serve the console over invented facts on a free port of the loopback address."""
    city = load(code)
    with read_model(folder, code) as dsn:
        if cases:
            _aside(lambda: asyncio.run(fill(dsn, list(tell_city(city, NOON, cases)))))
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
            served = Served(f"http://127.0.0.1:{listening.getsockname()[1]}", city, dsn, admin=_admin(folder, dsn))
            app = web.build(connect(dsn), city, web.Outside(SECRET), lambda: list(served.late))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            try:
                while not server.started and thread.is_alive():
                    thread.join(0.05)
                yield served
            finally:
                server.should_exit = True
                thread.join(10)


@contextmanager
def apart(serving: Callable[..., AbstractContextManager[Served]], folder: Path, **given: Any) -> Iterator[Served]:
    """Serve it in a process of its own: NiceGUI has one application a process, which another test may have."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_serve_apart, args=(theirs, serving, folder, given))
    child.start()
    theirs.close()
    try:
        url, code, dsn, admin = ours.recv()
        yield Served(url, load(code), dsn, admin=admin)
    finally:
        ours.close()
        child.join(30)


def _serve_apart(
    pipe: Any, serving: Callable[..., AbstractContextManager[Served]], folder: Path, given: dict[str, Any]
) -> None:
    with serving(folder, **given) as served:
        pipe.send((served.url, served.city.code, served.dsn, served.admin))
        with suppress(EOFError):
            pipe.recv()


async def _go_on(served: Served) -> None:
    """Let a new case begin every few seconds."""
    import random

    rnd, n = random.Random(1), 900_000
    connection = await asyncpg.connect(served.dsn)
    while True:
        n += 1
        now = await connection.fetchval("SELECT sidan_now()")
        await fill(served.dsn, tell_case(served.city, rnd, n, now - timedelta(seconds=1), now))
        await asyncio.sleep(3)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/tmp") as place, console(Path(place) / "data", port=8199) as shown:
        print(shown.url, flush=True)
        with suppress(KeyboardInterrupt):
            asyncio.run(_go_on(shown)) if "live" in sys.argv else threading.Event().wait()
