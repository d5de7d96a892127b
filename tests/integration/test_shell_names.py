"""shell.md 4.2 and 4.3 where the bytes are not even the client's to read: names of headers that are not UTF-8."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c

from shared.contracts import dispatch
from tests.support.mini import registered
from tests.support.stack import Cell
from tests.support.world import running, until, world

pytestmark = pytest.mark.stack

CRC, COUNTED = slice(17, 21), 21
"""Where a batch has its checksum, and from where on that counts."""


def _write_bytes_for(name: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a producer put bytes that are no UTF-8 where a header has this name, as one in another language could."""
    real = BatchBuilder._build

    def build(self: Any) -> Any:
        batch = bytearray(bytes(real(self)).replace(name, b"\xff" * len(name)))
        batch[CRC] = struct.pack(">I", calc_crc32c(bytes(batch[COUNTED:])))
        self._buffer = batch
        return batch

    monkeypatch.setattr(BatchBuilder, "_build", build)


async def test_4_2_a_header_whose_name_is_not_utf8_stops_nobody(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_bytes_for(b"POISON", monkeypatch)
    async with world(cell) as w, running(cell) as process:
        await w.fact(registered(), "c-1", 1)
        await until(lambda: w.state("c-1"), what="opened")
        good = [("ce_type", b"order.progress.v1"), ("POISON", b"x")]
        for note, headers in (
            ("first", None),
            ("named", [("ce_id", b"m-named"), *good]),
            ("no id", good),
            ("last", None),
        ):
            await w.reply(dispatch.Progress(order="c-1", assignment=1, note=note), f"m-{note}", headers=headers)

        async def all_taken() -> bool:
            state = await w.state("c-1")
            return state is not None and state["notes"] == ["first", "named", "last"]

        await until(all_taken, what="the neighbours of a header that nobody can read")
        assert await w.rows("SELECT rule, field FROM quarantine") == [("message.missing_header", "ce_id")]
        kept = await w.value("SELECT headers::text FROM quarantine")
        assert "\\\\xff" in kept
        assert process.live()
        assert not any(reader.stuck for reader in process.readers)
