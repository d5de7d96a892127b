"""One service as a process: FastAPI with the log, desk and clock doors, relay and health as tasks of its lifespan."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from faststream.kafka import KafkaBroker
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.contracts.topics import READS, STATE_STREAM, topic_name
from shared.persistence.engine import connect, schema_of
from shared.shell import kept
from shared.shell import log as reading
from shared.shell.apply import Bench
from shared.shell.clock import ClockDoor
from shared.shell.desk import Desk, note_unread
from shared.shell.ids import new_id
from shared.shell.log import Reader
from shared.shell.problems import answer_problems
from shared.shell.relay import Relay, gauge_pending
from shared.shell.service import Service
from shared.shell.settings import Settings
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.waiting import wait_for_kafka
from shared.telemetry import metrics
from shared.telemetry.logs import brief
from shared.telemetry.traces import ASKED, collector, well_formed

log = structlog.get_logger()

ON_THE_WAY = frozenset({"intake", "dispatch"})
"""The services between a report and its order; nobody waits a tenth of a second for the others."""
OUTSIDE_STREAMS = {"intake": "reports", "dispatch": "replies", "feedback": "ratings"}
"""Service -> the family of outside streams that it reads, in a group of its own (architecture §3)."""
PARKED_ALARM_SECONDS = 60
PENDING_ALARM_SECONDS = 60
OVERDUE_ALARM_SECONDS = 60
"""Real seconds that the oldest due deadline may wait to fire."""
INBOX_DAYS = 14
"""Twice the retention of every outside stream; older ids cannot come again (shell.md §2.2)."""
QUARANTINE_DAYS = 90
"""How long the bytes of a refused message are kept: they may hold a resident's words. That it was refused, when,
by which rule, stays."""
CHECK_SECONDS = 2.0
STOP_SECONDS = 4.0
"""How long a task may take to let go before it is asked again."""
YOUNG_OBJECTS = 200_000
"""New containers before the cycle collector looks: a batch makes some ten thousand and frees them all by counting."""


class Process:
    """The tasks of one service and what health knows of them."""

    def __init__(self, service: Service, settings: Settings, city: Any) -> None:
        self.service, self.settings, self.city = service, settings, city
        self.engine = connect(settings.postgres)
        bench = Bench(service, city, city.code, city.version, new_id)
        self.shell = Shell(SqlStore(self.engine, bench, schema_of(city.code)), bench)
        if settings.traces:
            self.shell.traces = collector(service.name, settings.traces)
        self.desk = Desk(self.shell, settings.secret)
        self.broker = KafkaBroker(
            settings.kafka,
            apply_types=False,
            allow_auto_create_topics=False,
            metadata_max_age_ms=10_000,
            graceful_timeout=25,
            logger=None,
        )
        self.readers = self._readers()
        self.relay = (
            Relay(settings.postgres, settings.kafka, city.code, service.name) if service.name in STATE_STREAM else None
        )
        if self.relay:
            self.shell.wake = self.relay.wake
        self.clock = ClockDoor(self.shell, self._may_fire)
        self.chores: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        """What the service does of itself, for ever, beside its doors; one that ends is an error."""
        self.reading = False
        self.fatal: str | None = None
        self.database_ok = False
        self._overdue = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def _readers(self) -> list[Reader]:
        code, name = self.city.code, self.service.name
        kafka = self.settings.kafka
        topics = tuple(topic_name(code, stream) for stream in READS[name])
        patient = name not in ON_THE_WAY
        readers = [Reader(self.shell, self.broker, kafka, f"{code}.{name}", topics=topics, patient=patient)]
        family = OUTSIDE_STREAMS.get(name)
        if family:
            pattern = rf"^{code}\.{family}\..+\.v1$"
            group = f"{code}.{name}.{family}"
            readers.append(Reader(self.shell, self.broker, kafka, group, pattern=pattern, patient=patient))
        return readers

    def _may_fire(self) -> bool:
        return self.reading and all(r.assigned() and not r.is_behind() for r in self.readers)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Run the doors while the application runs."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def start(self) -> None:
        """Start every task; the desk answers while Kafka or the database is still away."""
        self._spawn("desk", self.desk.run())
        self._spawn("log", self._read())
        self._spawn("clock", self.clock.run())
        self._spawn("health", self._watch())
        if self.relay:
            self._spawn("relay", self.relay.run())
        for name, chore in self.chores.items():
            self._spawn(name, chore())

    async def stop(self) -> None:
        """Finish the batch in hand and let go."""
        with suppress(Exception):
            await asyncio.wait_for(self.broker.stop(), 25)
        while left := [task for task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=STOP_SECONDS)
        await self.engine.dispose()
        if self.shell.traces is not None:
            await asyncio.to_thread(self.shell.traces.stop)

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.fatal = f"{task.get_name()}: {task.exception()!r}"
            log.critical("task ended", task=task.get_name(), error=self.fatal)

    async def _read(self) -> None:
        code = self.city.code
        await wait_for_kafka(self.settings.kafka, [topic_name(code, stream) for stream in READS[self.service.name]])
        await self._seed()
        await self.broker.start()
        self.reading = True
        await self._release()
        while True:
            await asyncio.sleep(reading.SETTLE_SECONDS)
            for reader in self.readers:
                await reader.settle()

    async def _release(self) -> None:
        """Try what is set aside once more: this may be the code that was waited for (shell.md §4.2)."""
        try:
            for subject in await self.shell.store.aside():
                gone = await self.shell.release(subject)
                log.warning("set aside, tried again", subject=subject, gone=gone)
        except Exception as error:
            log.error("not released", error=brief(error))

    async def _seed(self) -> None:
        while self.service.seeds is not None:
            try:
                now = (await self.shell.store.now()).now
                await self.shell.store.seed(self.service.seeds(self.city, now))
            except Exception as error:
                log.warning("not seeded yet", error=brief(error))
                await asyncio.sleep(1)
            else:
                return

    async def _watch(self) -> None:
        conn: asyncpg.Connection | None = None
        pruned = 0.0
        while True:
            try:
                if conn is None or conn.is_closed():
                    conn = await asyncpg.connect(self.settings.postgres, timeout=5, command_timeout=10)
                    await conn.execute("SET enable_seqscan = off")  # a table of cases is never read whole to be counted
                await self._measure(conn)
                if time.monotonic() - pruned > 3600:
                    await self.prune(conn)
                    pruned = time.monotonic()
                self.database_ok = True
            except Exception as error:
                self.database_ok = False
                log.warning("health not measured", error=brief(error))
                if conn is not None:
                    conn.terminate()
                conn = None
            await asyncio.sleep(CHECK_SECONDS)

    async def _measure(self, conn: asyncpg.Connection) -> None:
        if self.relay:
            await gauge_pending(conn)
            metrics.HELD_BACK.set(len(self.relay._held))
        count, oldest = await conn.fetchrow("SELECT count(*), min(at) FROM parked")
        metrics.PARKED.set(count)
        metrics.PARKED_AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
        metrics.ASIDE.set(await conn.fetchval("SELECT count(*) FROM subject WHERE aside IS NOT NULL"))
        clock = await self.shell.store.now()
        due = await conn.fetchval("SELECT min(due_at) FROM deadline")
        metrics.OVERDUE_AGE.set(max(0.0, (clock.now - due).total_seconds()) if due else 0)
        self._overdue = metrics.OVERDUE_AGE._value.get() / clock.rate if clock.rate else 0.0
        armed = await conn.fetchval("SELECT reltuples::bigint FROM pg_class WHERE oid = 'deadline'::regclass")
        metrics.ARMED.set(max(0, armed))
        for reader in self.readers:
            for topic, lag in reader.lags().items():
                metrics.LAG.labels(reader.group, topic).set(lag)
        due_now = "SELECT count(*) FROM (SELECT FROM deadline WHERE due_at <= $1 LIMIT 10000) d"
        metrics.DUE.set(await conn.fetchval(due_now, clock.now))
        metrics.QUARANTINE.set(await conn.fetchval("SELECT count(*) FROM quarantine WHERE state = 'kept'"))

    async def prune(self, conn: asyncpg.Connection) -> None:
        """Forget old message ids, and empty what was kept aside long ago; that it was refused, and why, stays."""
        before = datetime.now(UTC) - timedelta(days=INBOX_DAYS)
        gone = "DELETE 10000"
        while gone == "DELETE 10000":
            gone = await conn.execute(
                "DELETE FROM inbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox WHERE at < $1 LIMIT 10000))", before
            )
        await conn.execute(
            "UPDATE quarantine SET key = NULL, headers = '[]', value = '', params = '{}', state = 'swept' "
            "WHERE at < $1 AND state <> 'swept'",
            datetime.now(UTC) - timedelta(days=QUARANTINE_DAYS),
        )

    def live(self) -> bool:
        """Tell whether this process can still work, or must be started anew."""
        return not any(t.done() for t in self._tasks) and not any(r.given_up for r in self.readers)

    def ready(self) -> dict[str, Any]:
        """Say what keeps the service from its work; empty when nothing does."""
        why: dict[str, Any] = {}
        if not self.database_ok:
            why["database"] = "away"
        if not self.reading:
            why["kafka"] = "waiting"
        for reader in self.readers:
            if self.reading and not reader.assigned():
                why[reader.group] = "not assigned"
            if reader.stuck:
                why[reader.group] = {f"{tp.topic}/{tp.partition}": said for tp, said in reader.stuck.items()}
            if reader.standing():
                why[f"{reader.group}.lag"] = reader.lag()
            if reader.last_error:
                why[f"{reader.group}.error"] = reader.last_error
        for gauge, limit in ((metrics.PARKED_AGE, PARKED_ALARM_SECONDS), (metrics.PENDING_AGE, PENDING_ALARM_SECONDS)):
            if (age := gauge._value.get()) > limit:
                why[gauge._name] = round(age)
        if self._overdue > OVERDUE_ALARM_SECONDS:
            why["deadlines"] = f"overdue by {self._overdue:.0f} s"
        if self.fatal:
            why["fatal"] = self.fatal
        return why


def application(service: Service, settings: Settings, city: Any, routes: Callable[[FastAPI, Process], None]) -> FastAPI:
    """Build a service's ASGI application; `routes` adds its own HTTP."""
    process = Process(service, settings, city)
    app = FastAPI(title=f"sidan {service.name}", version="1", lifespan=process.lifespan, docs_url=None, redoc_url=None)
    answer_problems(app, note_unread)
    attach(app, process)
    routes(app, process)
    return app


class Traced:
    """Keep the trace that a request came with for what it leads to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"traceparent":
                    ASKED.set(well_formed(value.decode("latin-1")))
        await self.app(scope, receive, send)


def attach(app: FastAPI, process: Process) -> None:
    """Add what every process answers: is it alive, is it ready, how much has it done, what time is it."""
    app.state.desk = process.desk
    app.include_router(kept.router(process.desk, process.settings.kafka))
    metrics.BUILD.info(
        {"version": metrics.VERSION, "city_version": process.city.version, "service": process.service.name}
    )
    app.state.process = process

    app.add_middleware(Traced)

    @app.get("/livez", include_in_schema=False)
    async def livez() -> JSONResponse:
        return JSONResponse({"live": process.live()}, 200 if process.live() else 503)

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        why = process.ready()
        return JSONResponse({"ready": not why, "why": why}, 503 if why else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics_page() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/v1/clock", tags=["clock"])
    async def clock() -> dict[str, Any]:
        """Tell the platform's time, and how fast it runs."""
        at = await process.shell.store.now()
        return {"now": at.now.isoformat(), "rate": at.rate, "real_at": at.real_now.isoformat()}


def serve(app: FastAPI, settings: Settings) -> None:
    """Run the application until SIGTERM or SIGINT."""
    import uvicorn

    gc.collect()
    gc.freeze()  # code, contracts and the city live as long as the process: never look through them again
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    uvicorn.run(
        app, host=settings.http_host, port=settings.http_port, log_config=None, timeout_graceful_shutdown=5,
        access_log=False, server_header=False,
    )  # fmt: skip
