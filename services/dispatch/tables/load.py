"""How many orders are open at a department, counted from the register of responsibility."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import text

from services.dispatch.domain.heard import CaseRegistered
from services.dispatch.domain.register import OPEN_AT_LEAD
from services.dispatch.domain.replies import PassUp
from shared.kernel.decisions import Message
from shared.persistence.connection import Executes

ROUTED = (CaseRegistered, PassUp)
"""Whose deciders may ask a routing rule; an undone merge is a registration, too."""

_OPEN = text(
    "SELECT responsible, count(*) FROM responsibility WHERE responsible = ANY(CAST(:codes AS text[])) "
    "AND status = ANY(CAST(:statuses AS text[])) GROUP BY responsible"
)


async def loads(conn: Executes, codes: Collection[str], messages: Sequence[Message] | None = None) -> Mapping[str, int]:
    """Return the open orders of these departments; nothing where no message of a batch asks for them."""
    if not codes or (messages is not None and not any(isinstance(message.data, ROUTED) for message in messages)):
        return {}
    statuses = sorted(status.value for status in OPEN_AT_LEAD)
    rows = await conn.execute(_OPEN, {"codes": sorted(codes), "statuses": statuses})
    return dict(rows.all())
