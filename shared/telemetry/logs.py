"""Structured logs, one JSON line each; a flood from the Kafka client is thinned out."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import structlog
from pydantic import ValidationError


def set_up(service: str, level: str = "INFO") -> None:
    """Send every log line, ours and the libraries', to standard error as JSON with the service's name."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Throttle())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").setLevel("WARNING")
    logging.getLogger("httpx").setLevel("WARNING")
    structlog.contextvars.bind_contextvars(service=service)


def brief(error: BaseException) -> str:
    """Name an error without the values that led to it: those of an outside message may be personal."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state:
        return f"{type(error).__name__} {state}"
    if isinstance(error, ValidationError):
        places = [".".join(map(str, e["loc"])) + " " + e["type"] for e in error.errors(include_input=False)[:3]]
        return f"{error.title}: {', '.join(places)}"[:300]
    return f"{type(error).__name__}: {error}"[:300]


class Throttle(logging.Filter):
    """Let one line a minute through from each place in the Kafka client: an outage logs thousands."""

    def __init__(self, every: float = 60.0) -> None:
        super().__init__()
        self.every = every
        self.seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what came from the same place less than `every` seconds ago, and count it."""
        if not record.name.startswith("aiokafka"):
            return True
        key, now = (record.name, record.lineno), time.monotonic()
        since, dropped = self.seen.get(key, (-self.every, 0))
        if now - since < self.every:
            self.seen[key] = since, dropped + 1
            return False
        self.seen[key] = now, 0
        if dropped:
            record.msg = f"{record.msg} [{dropped} more like this]"
        return True
