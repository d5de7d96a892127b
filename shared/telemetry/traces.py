"""Traces across a case's hops, off unless `SIDAN_TRACES` names a collector: one span a message that a service takes.

The context travels as `traceparent`, in HTTP and in the records' headers; it is handed on whether or not spans are
made here, so that somebody else's trace goes through. Off, a message costs a look at one variable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from shared.kernel.replacing import replace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from shared.shell.work import Work

ASKED: ContextVar[str] = ContextVar("traceparent", default="")
"""The context that the HTTP request in hand came with."""
_WELL_FORMED = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Traces:
    """Makes the spans of one service."""

    def __init__(self, service: str, exporter: SpanExporter, *, at_once: bool = False) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        self.provider: TracerProvider = TracerProvider(resource=Resource.create({"service.name": f"sidan-{service}"}))
        self.provider.add_span_processor(SimpleSpanProcessor(exporter) if at_once else BatchSpanProcessor(exporter))
        self.service, self._tracer = service, self.provider.get_tracer("sidan")

    def begin(self, works: Sequence[Work], door: str) -> tuple[list[Work], list[Any]]:
        """Begin a span for each message; what it leads to carries its context."""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator as Text

        begun: list[Any] = []
        changed: list[Work] = []
        for work in works:
            message = work.message
            if message is None or message.data is None:
                changed.append(work)
                continue
            kind = getattr(type(message.data), "TYPE", "") or type(message.data).__name__
            span = self._tracer.start_span(
                f"{self.service} {kind}",
                context=Text().extract({"traceparent": message.traceparent}),
                attributes={"sidan.door": door, "sidan.subject": message.subject, "sidan.message": message.id},
            )
            from opentelemetry.trace import set_span_in_context

            carrier: dict[str, str] = {}
            Text().inject(carrier, set_span_in_context(span))
            begun.append(span)
            changed.append(replace(work, message=replace(message, traceparent=carrier.get("traceparent", ""))))
        return changed, begun

    def stop(self) -> None:
        """Send what is left."""
        self.provider.shutdown()


def collector(service: str, endpoint: str) -> Traces:
    """Return spans that go to an OTLP collector over HTTP, such as http://127.0.0.1:4318/v1/traces."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Traces(service, OTLPSpanExporter(endpoint=endpoint))


def well_formed(traceparent: str) -> str:
    """Return the context if it is one, else nothing: a stranger's text goes no further."""
    return traceparent if _WELL_FORMED.fullmatch(traceparent) else ""
