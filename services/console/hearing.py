"""The console as a service: it hears every fact for its read model and states nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.console.projection import heard_of, project
from shared.contracts.pairing import Unpaired
from shared.kernel.decisions import Context, Decision, Message
from shared.persistence.connection import Connection
from shared.shell.service import NoTables, Service


class ReadModel(NoTables):
    """The read model as a store: each heard fact is a row to project."""

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Fold the batch's facts into the read model."""
        await project(conn, rows)


def hear(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Keep the fact for the read model; state nothing."""
    return Decision(rows=(heard_of(message, context.now),))


def keep(state: Any, fact: Any, at: datetime) -> Any:
    """Keep no state: the read model is all there is."""
    return state


SERVICE = Service("console", hear, keep, {}, Unpaired(), ReadModel())
