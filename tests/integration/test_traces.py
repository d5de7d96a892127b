"""One trace from a report to the console, over the services that the case passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deploy.local.topics import ensure_topics
from shared.city.load import load
from shared.contracts.envelope import sent
from shared.contracts.intake import Report
from shared.contracts.topics import topic_name, topics
from shared.shell.process import Process
from shared.telemetry.traces import Traces
from tests.fuzz.facts import service_of
from tests.support.stack import Backing, Cell, delete_topics, make_schemas, numbers
from tests.support.world import settings, until

pytestmark = pytest.mark.stack
TRACE = "0af7651916cd43dd8448eb211c80319c"
SERVICES = ("intake", "dispatch", "console")


@asynccontextmanager
async def _at_work(cell: Cell, name: str, exporter: InMemorySpanExporter | None) -> AsyncIterator[Process]:
    city = replace(load("donggang"), code=cell.code)
    process = Process(service_of(name, city), settings(cell, name), city)
    if exporter is not None:
        process.shell.traces = Traces(name, exporter, at_once=True)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def test_a_case_is_one_trace_over_the_services_and_a_service_that_makes_no_spans_hands_it_on(
    backing: Backing,
) -> None:
    code = f"o{next(numbers)}"
    cell = await asyncio.to_thread(make_schemas, backing, code, SERVICES)
    wanted = {name: replace(topic, partitions=1) for name, topic in topics(code, ("hotline",), ()).items()}
    await ensure_topics(backing.kafka, wanted)
    exporter = InMemorySpanExporter()
    producer = AIOKafkaProducer(bootstrap_servers=backing.kafka)
    await producer.start()
    db = await asyncpg.connect(cell.dsns["console"])
    try:
        async with AsyncExitStack() as stack:
            for name in SERVICES:
                await stack.enter_async_context(_at_work(cell, name, None if name == "dispatch" else exporter))
            report = Report.model_validate(
                {"id": "t-1", "text": "小区门口路灯不亮", "place": {"unit": "C01-G01"}, "matter": None,
                 "reporter": {"id": "r-1"}}
            )  # fmt: skip
            headers = [
                *sent("t-1", report.TYPE, "/test"),
                ("ce_traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode()),
            ]
            value = report.model_dump_json(exclude_none=True).encode()
            await producer.send_and_wait(topic_name(code, "reports.hotline"), value, b"t-1", headers=headers)

            async def arrived() -> bool:
                return bool(await db.fetchval("SELECT count(*) > 0 FROM timeline WHERE service = 'dispatch'"))

            await until(arrived, 40, "at the console")
            await until(lambda: len(_spans(exporter)) >= 3, 10, "spans")
        spans = _spans(exporter)
        assert {span.context.trace_id for span in spans if span.context} == {int(TRACE, 16)}
        assert {_service(span) for span in spans} == {"sidan-intake", "sidan-console"}
        ids = {span.context.span_id for span in spans if _service(span) == "sidan-intake" and span.context}
        assert all(span.parent and span.parent.span_id in ids for span in spans if _service(span) == "sidan-console")
    finally:
        await db.close()
        await producer.stop()
        await delete_topics(backing.kafka, wanted)


def _spans(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    """Return the spans of the case, without those of seeded deadlines."""
    return [
        span for span in exporter.get_finished_spans() if span.attributes and span.attributes["sidan.door"] == "log"
    ]


def _service(span: ReadableSpan) -> str:
    return str(span.resource.attributes["service.name"])
