"""A refusal (拒收) on record: a reply or command that changed nothing, with who, when, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A private row. `sender` is kind and code of the actor, `said` the type of the message, `message` its own id."""

    subject: str
    sender: str
    said: str
    message: str
    refused_at: datetime
    rule: str
    field: str
    params: Mapping[str, str]
