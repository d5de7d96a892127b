"""The store of photos: a folder, or a bucket; what belongs to nobody is swept from it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import structlog

from services.intake.tables import photo
from shared.shell.desk import Desk
from shared.telemetry.logs import brief

log = structlog.get_logger()
EVERY_SECONDS = 60.0
WAIT_HOURS = 24
"""How long an uploaded photo may wait for its report."""
AT_ONCE = 200


class Blobs:
    """Pictures by their random keys; obstore is loaded with the first one."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address, self._folder = address, folder
        self._store: Any = None

    def _opened(self) -> Any:
        if self._store is None:
            from obstore.store import LocalStore, from_url

            is_folder = not self._address
            self._store = LocalStore(self._folder, mkdir=True) if is_folder else from_url(self._address)
        return self._store

    async def put(self, key: str, data: bytes) -> None:
        """Write a picture; raises OSError or obstore's own errors."""
        import obstore

        await asyncio.to_thread(lambda: obstore.put(self._opened(), _path(key), data))

    async def get(self, key: str) -> bytes | None:
        """Return a picture, None for one that is gone."""
        import obstore

        try:
            return await asyncio.to_thread(lambda: bytes(obstore.get(self._opened(), _path(key)).bytes()))
        except FileNotFoundError:
            return None

    async def drop(self, key: str) -> None:
        """Delete a picture; one that is gone is no error."""
        import obstore

        try:
            await asyncio.to_thread(lambda: obstore.delete(self._opened(), _path(key)))
        except FileNotFoundError:
            return


def _path(key: str) -> str:
    """Spread keys over folders, none of which grows large."""
    return f"{key[:2]}/{key}"


async def sweep(desk: Desk, blobs: Blobs) -> None:
    """Sweep every minute, for ever, so that the photos of an erased person go at once; what fails is tried again."""
    while True:
        try:
            gone = await once(desk, blobs)
            if gone:
                log.info("photos gone", gone=gone)
        except Exception as error:
            log.warning("photos not swept", error=brief(error))
        await asyncio.sleep(EVERY_SECONDS)


async def once(desk: Desk, blobs: Blobs, hours: int = WAIT_HOURS) -> int:
    """Delete the pictures that belong to nobody, then their rows, locked meanwhile; returns how many."""
    gone = 0
    while True:
        async with desk.engine.begin() as conn:
            keys = await photo.lost(conn, hours, AT_ONCE)
            for key in keys:
                await blobs.drop(key)
            gone += await photo.forget(conn, keys)
        if len(keys) < AT_ONCE:
            return gone
