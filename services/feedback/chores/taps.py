"""Hand in answers that were tapped whole and left: nobody has to press a last button to be heard."""

from __future__ import annotations

import asyncio

import structlog

from services.feedback.routes.answer import LINK_HOLDER, rating_of
from services.feedback.tables import tap
from shared.contracts.feedback import LinkAnswer
from shared.shell.desk import Desk
from shared.telemetry.logs import brief

log = structlog.get_logger()
EVERY_SECONDS = 15.0
STILL_SECONDS = 120.0
"""How long somebody may change his mind after the last tap."""
UNFINISHED_DAYS = 30
AT_ONCE = 200


async def hand_in(desk: Desk) -> None:
    """Look every few seconds, for ever; what fails is tried again."""
    while True:
        try:
            await once(desk)
        except Exception as error:
            log.warning("taps not handed in", error=brief(error))
        await asyncio.sleep(EVERY_SECONDS)


async def once(desk: Desk, still: float = STILL_SECONDS) -> int:
    """Hand in what is whole; a refused one (answered meanwhile, another round) is dropped; returns how many were."""
    async with desk.engine.connect() as conn:
        found = await tap.whole(conn, still, AT_ONCE)
    said = [
        (row.token, LinkAnswer(contacted=row.contacted, solved=row.solved, grade=row.grade, comment=row.comment))
        for row in found
    ]
    ratings = [rating_of(token, answer) for token, answer in said]
    replies = await desk.submit_many([(rating, "", LINK_HOLDER, rating.id, False) for rating in ratings])
    async with desk.engine.begin() as conn:
        await tap.drop(conn, [row.invitation for row in found], UNFINISHED_DAYS)
    return sum(reply.rule is None for reply in replies)
