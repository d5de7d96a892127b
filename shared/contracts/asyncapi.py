"""Describe every stream, its messages, headers and keys as one AsyncAPI 3.0 document, from the map in `topics`."""

from __future__ import annotations

from typing import Any

from shared.contracts.base import Contract
from shared.contracts.envelope import KNOWN, REQUIRED_INSIDE, REQUIRED_OUTSIDE
from shared.contracts.topics import SERVICES, STREAMS, Stream, topic_name, topics

HEADERS: dict[str, tuple[str, str]] = {
    "ce_specversion": ("string", "CloudEvents version, 1.0"),
    "ce_id": ("string", "service/subject/sequence of a fact; the sender's own id of an outside message"),
    "ce_type": ("string", "versioned type of the value"),
    "ce_source": ("string", "/city/service that states it; an outside sender is known by the stream, not by this"),
    "ce_subject": ("string", "case, meeting, ledger or score that it is about"),
    "ce_time": ("date-time", "when it happened, in the time of the platform's clock"),
    "ce_sequence": ("integer", "place in the service's history of the subject, from 1 without gaps"),
    "ce_after": (
        "string",
        "what its decider had seen of other services about the subject, such as intake:3,feedback:1",
    ),
    "ce_correlationid": ("string", "subject that began the chain"),
    "ce_causationid": ("string", "id of the message that led to it"),
    "ce_recordedtime": ("date-time", "real time of writing"),
    "ce_authtype": ("string", "kind of the actor: system, source, department, unit, post, operations, resident"),
    "ce_authid": ("string", "code of the actor, never a person's name"),
    "ce_cityversion": ("string", "version of the city file in force"),
    "ce_traceparent": ("string", "W3C trace context"),
    "content-type": ("string", "application/json"),
}
"""Each header of CloudEvents binary mode: its form as UTF-8 text, what it says."""

OUTSIDE = ("source", "department")
_CONFIGS = topics("", ("source",), ("department",))


def document(types: dict[str, type[Contract]]) -> dict[str, Any]:
    """Return the whole document; payloads refer to the schema files beside it."""
    carried = {c.TYPE for stream in STREAMS for c in stream.types}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "四单 Sidan",
            "version": "1",
            "description": "Streams of one city's cell. Delivery is at least once and in order per subject; drop what "
            "you have seen by (ce_source, ce_subject, ce_sequence).",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_channel(stream): _describe(stream) for stream in STREAMS},
        "operations": {name: act for stream in STREAMS for name, act in _operations(stream).items()},
        "components": {
            "messages": {name: _message(c) for name, c in sorted(types.items()) if name in carried},
            "schemas": {
                "FactHeaders": _headers(REQUIRED_INSIDE),
                "AnswerHeaders": _headers(tuple(name for name in REQUIRED_INSIDE if name != "ce_sequence")),
                "OutsideHeaders": _headers(REQUIRED_OUTSIDE),
            },
        },
    }


def writers(stream: Stream) -> tuple[str, ...]:
    """Return who writes a stream: outside its one party, else every service that states one of its types."""
    stated = {c.SERVICE for c in stream.types}
    return (stream.writer,) if stream.writer in OUTSIDE else tuple(s for s in SERVICES if s in stated)


def key_of(contract: type[Contract]) -> str:
    """Return the key under which a type is sent, the same on every stream. Raises ValueError otherwise."""
    keys = {stream.key for stream in STREAMS if contract in stream.types}
    if len(keys) != 1:
        raise ValueError(f"{contract.TYPE} is keyed by {sorted(keys)}")
    return keys.pop()


def _channel(stream: Stream) -> str:
    return stream.name.replace(".<", "-").rstrip(">")


def _describe(stream: Stream) -> dict[str, Any]:
    member = next((name for name in OUTSIDE if f"<{name}>" in stream.name), None)
    parameters = {"city": {"description": "code of the cell, such as donggang"}}
    settings = _CONFIGS[topic_name("", stream.name.replace("<", "").replace(">", ""))]
    if member:
        parameters[member] = {"description": f"code of the {member} in the city file"}
    return {
        "address": f"{{city}}.{stream.name.replace('<', '{').replace('>', '}')}.v1",
        "title": stream.name,
        "description": stream.about,
        "parameters": parameters,
        "messages": {c.TYPE: {"$ref": f"#/components/messages/{c.TYPE}"} for c in _sorted(stream)},
        "bindings": {
            "kafka": {
                "partitions": settings.partitions,
                "topicConfiguration": {
                    name: int(settings.config[name]) for name in ("retention.ms", "max.message.bytes")
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(stream: Stream) -> dict[str, Any]:
    channel = _channel(stream)
    acts = [(who, "send") for who in writers(stream)] + [(who, "receive") for who in stream.readers]
    return {
        f"{who}.{action}.{channel}": {
            "action": action,
            "title": f"{who} {'writes' if action == 'send' else 'reads'} {stream.name}",
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [
                {"$ref": f"#/channels/{channel}/messages/{c.TYPE}"}
                for c in _sorted(stream)
                if action == "receive" or who in OUTSIDE or who == c.SERVICE
            ],
        }
        for who, action in acts
    }


def _message(contract: type[Contract]) -> dict[str, Any]:
    fact = any(stream.state and contract in stream.types for stream in STREAMS)
    form = "OutsideHeaders" if contract.SERVICE == "outside" else "FactHeaders" if fact else "AnswerHeaders"
    return {
        "name": contract.TYPE,
        "title": contract.__name__,
        "summary": summary(contract),
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": f"#/components/schemas/{form}"},
                {"type": "object", "properties": {"ce_type": {"const": contract.TYPE}}},
            ]
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./schemas/{contract.TYPE}.json"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": key_of(contract)}, "bindingVersion": "0.5.0"}},
    }


def summary(contract: type[Contract]) -> str:
    """Return the first sentence of a contract's docstring; its name in words where it has none of its own."""
    own = contract.__dict__.get("__doc__") or contract.__name__
    return " ".join(own.split("\n\n")[0].split())


def _headers(required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {name: _header(name) for name in KNOWN},
    }


def _header(name: str) -> dict[str, str]:
    form, about = HEADERS[name]
    described = {"type": "string", "description": about}
    if form == "date-time":
        described["format"] = form
    elif form == "integer":
        described["pattern"] = "^[0-9]+$"
    return described


def _sorted(stream: Stream) -> list[type[Contract]]:
    return sorted(stream.types, key=lambda c: c.TYPE)
