"""How a subject stands, for every page that shows one."""

from __future__ import annotations

from typing import Any

from services.feedback.store import STATE
from shared.kernel.refusals import Refused
from shared.shell.desk import Desk


async def state_of(desk: Desk, subject: str) -> dict[str, Any]:
    """Return the state with its sequence; raises Refused("subject.unknown")."""
    async with desk.engine.connect() as conn:
        found = (await conn.execute(STATE, {"id": subject})).one_or_none()
    if found is None:
        raise Refused("subject.unknown", "", subject=subject)
    return {"sequence": found.sequence, **found.state}
