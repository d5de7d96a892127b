"""The tables of everything that feedback supervises, asked and written together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.feedback.tables import brief, contact, deed, draw, mutual, pay, result
from services.feedback.tables.ballot import Boxes
from shared.kernel.decisions import Message
from shared.persistence.connection import Connection

APPEND_ONLY = (
    "assessed",
    "drawn",
    "checked",
    "completion",
    "city_head",
    "sealing",
    *deed.APPEND_ONLY,
    *contact.APPEND_ONLY,
    *result.APPEND_ONLY,
)


class Supervised:
    """What deciders of supervision may find, and where their rows go."""

    def __init__(self, secret: str, city: str) -> None:
        self.boxes = Boxes(secret, city)

    async def find(self, conn: Connection, messages: Sequence[Message]) -> dict[str, Any]:
        """Return, by message id, what the tables know about a message that asks them."""
        return {
            **await self.boxes.find(conn, messages),
            **await draw.find(conn, messages),
            **await mutual.find(conn, messages),
            **await contact.find(conn, messages),
            **await result.find(conn, messages),
        }

    async def keep(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Keep the rows of a batch."""
        await self.boxes.keep(conn, rows)
        await brief.keep(conn, rows)
        await draw.keep(conn, rows)
        await mutual.keep(conn, rows)
        await pay.keep(conn, rows)
        await deed.keep(conn, rows)
        await contact.keep(conn, rows)
        await result.keep(conn, rows)
