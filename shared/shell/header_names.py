"""Read records whose header *names* are not UTF-8: the client would die of one such record, again and again.

Kafka does not look into names, so any producer can write one. The compiled reader of `aiokafka` (0.14) stays in use;
only a batch that it cannot read is read again by the Python one, with the bad bytes shown as `\\xff`.
"""

from __future__ import annotations

from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import memory_records
from aiokafka.record.default_records import _DefaultRecordBatchPy


class _Forgiving(bytearray):
    """Bytes that can always be shown as text."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Forgiving(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "backslashreplace")


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: Any

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Forgiving(self._buffer)


class _Slowly(memory_records._MemoryRecordsPy):  # type: ignore[misc]
    """The same records, read by Python."""

    def next_batch(self, *args: Any) -> Any:
        kept = self._next_slice
        found = super().next_batch(*args)
        is_new = kept is not None and kept[self.MAGIC_OFFSET] >= 2
        return _Batch(kept) if is_new else found


class _Kept(memory_records.MemoryRecords):  # type: ignore[misc]
    """Records that can be read once more."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _Partition(fetcher.PartitionRecords):  # type: ignore[misc]
    _records: Any

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except (UnicodeDecodeError, CorruptRecordException):
            if not isinstance(self._records, _Kept):
                raise
            self._records = _Slowly(self._records.data)  # what was handed on already lies before `next_fetch_offset`
            self._records_iterator = self._unpack_records()
            return super().__next__()


def forgive() -> None:
    """Make every consumer of this process read on past such names."""
    fetcher.MemoryRecords, fetcher.PartitionRecords = _Kept, _Partition
