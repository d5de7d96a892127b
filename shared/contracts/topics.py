"""The map of the system: every stream, who writes it, who reads it, what is on it, how it is kept (architecture §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.contracts import admission as admission  # its types are on `cases`
from shared.contracts import alliance as alliance  # its types are on `orders`
from shared.contracts import appraisal as appraisal  # its types are on `feedback`
from shared.contracts import calendar as calendar  # its types are on `orders`
from shared.contracts import council as council  # its types are on `ledger`
from shared.contracts import dispatch, feedback, intake
from shared.contracts import dispute as dispute  # its types are on `orders`
from shared.contracts import escalation as escalation  # its types are on `ledger`
from shared.contracts import grid_service as grid_service  # its types are on `cases`
from shared.contracts import household as household  # its types are on `cases`
from shared.contracts import list_item as list_item  # its types are on `orders`
from shared.contracts import membership as membership  # its types are on `orders`
from shared.contracts import people as people  # its types are on `cases`
from shared.contracts import project as project  # its types are on `orders`
from shared.contracts import supervision as supervision  # its types are on `feedback`
from shared.contracts import whistle as whistle  # its types are on `orders`
from shared.contracts import wish as wish  # its types are on `orders`
from shared.contracts.base import Contract, all_types

SERVICES = ("intake", "dispatch", "escalation", "feedback")
"""The services that state facts; their order is the order of `seen` everywhere, for ever."""

MAX_MESSAGE_BYTES = 1_048_576
"""`max.message.bytes` of every stream."""
MAX_REQUEST_BYTES = 900_000
"""The relay's own limit, below the broker's, so that a refusal poisons nothing (shell.md §5.3)."""


@dataclass(frozen=True, slots=True)
class TopicConfig:
    """Partitions and settings of one stream."""

    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream or, with `<...>` in its name, a family of streams, one per source or department."""

    name: str
    writer: str
    readers: tuple[str, ...]
    types: tuple[type[Contract], ...]
    key: str
    state: bool
    partitions: int
    about: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """Return what comes before the member's own name, or the whole name."""
        return self.name.split(".", 1)[0]


def _of(service: str, *without: type[Contract]) -> tuple[type[Contract], ...]:
    return tuple(c for c in all_types().values() if service == c.SERVICE and c not in without)


_WEEK = {"retention.ms": str(7 * 86_400_000), "segment.ms": "86400000", "message.timestamp.type": "LogAppendTime"}
_FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1"}

_TOLD = (feedback.InvitationSent, feedback.RatingRefused, feedback.FollowUpOffered)
_ANSWERS = (intake.ReportReceived, intake.ReportRejected, *_TOLD)
REPLIES = (
    dispatch.Accept, dispatch.Progress, dispatch.HandBack, dispatch.Unable, dispatch.Finish, dispatch.AskExtension,
    dispatch.AskSuspension, dispatch.AnswerPart, dispatch.AskRelease,
)  # fmt: skip

STREAMS = (
    Stream(
        "cases", "intake", ("dispatch", "escalation", "feedback", "console"),
        _of("intake", intake.ReportReceived, intake.ReportRejected), "case id", True, 12,
        "cases as they are registered",
    ),
    Stream(
        "orders", "dispatch", ("intake", "escalation", "feedback", "console"),
        _of("dispatch", dispatch.ReplyRefused), "case id", True, 12,
        "who is responsible, from registration to closing",
    ),
    Stream(
        "ledger", "escalation", ("intake", "dispatch", "feedback", "console"),
        _of("escalation"), "case, meeting or ledger id", True, 12, "topics, meetings, minutes, heads of ledgers",
    ),
    Stream(
        "feedback", "feedback", ("intake", "dispatch", "escalation", "console"),
        _of("feedback", *_TOLD), "case or score id", True, 12,
        "ratings and scores",
    ),
    Stream("reports.<source>", "source", ("intake",), (intake.Report,), "the source's id", False, 3, "reports"),
    Stream("receipts.<source>", "intake", ("source",), _ANSWERS, "the source's id", False, 1, "answers to a source"),
    Stream("ratings.<source>", "source", ("feedback",), (feedback.Rating,), "case id", False, 1, "residents' answers"),
    Stream(
        "orders.<department>", "dispatch", ("department",), (*_of("dispatch"),), "case id", False, 1,
        "the orders of one department",
    ),
    Stream("replies.<department>", "department", ("dispatch",), REPLIES, "case id", False, 1, "a department's replies"),
)  # fmt: skip

STATE_STREAM = {stream.writer: stream.name for stream in STREAMS if stream.state}
"""Service -> the stream of its facts."""
STATED_ON = {stream.name: stream.writer for stream in STREAMS if stream.state}
READS = {
    service: tuple(s.name for s in STREAMS if s.state and service in s.readers) for service in (*SERVICES, "console")
}
"""Service -> the state streams that it reads."""


def topic_name(city: str, stream: str) -> str:
    """Return the Kafka topic of a stream in a city's cell, such as `donggang.orders.v1`."""
    return f"{city}.{stream}.v1"


def login_of(city: str, department: str) -> str:
    """Return the login of a department that subscribes; its reader groups are called so, a dot, and what it likes."""
    return f"{city}.department.{department}"


def source_login_of(city: str, source: str) -> str:
    """Return the login of a source that writes its own streams; its reader groups are called so as a department's."""
    return f"{city}.source.{source}"


def stream_of(topic: str) -> str:
    """Return the stream of a Kafka topic: `donggang.orders.hb.v1` -> `orders.hb`."""
    return topic.split(".", 1)[1].rsplit(".", 1)[0]


def topics(city: str, sources: Iterable[str], departments: Iterable[str]) -> dict[str, TopicConfig]:
    """Return every topic of a city: the state streams, three per source, two per subscribed department."""
    members = {"<source>": tuple(sources), "<department>": tuple(departments)}
    found: dict[str, TopicConfig] = {}
    for stream in STREAMS:
        kept = _FOR_EVER if stream.state else _WEEK
        config = TopicConfig(stream.partitions, {**kept, "max.message.bytes": str(MAX_MESSAGE_BYTES), **stream.extra})
        placeholder = next((p for p in members if p in stream.name), None)
        for member in members[placeholder] if placeholder else ("",):
            found[topic_name(city, stream.name.replace(placeholder or "<>", member))] = config
    return found
