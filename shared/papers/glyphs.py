"""Which characters a font file draws, from its `cmap` table alone: a font's outlines would fill memory for nothing."""

from __future__ import annotations

from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import unpack_from

_UNICODE_FULL, _UNICODE_BASIC = ((3, 10), (0, 6), (0, 4)), ((3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
"""Platform and encoding of tables of all characters, and of those below U+10000."""

Ranges = tuple[tuple[int, int], ...]


@cache
def drawn(path: str, index: int) -> Ranges:
    """Return the ranges of characters that a face of a font file draws, both ends included, in order.

    Raises struct.error for a file that is no OpenType font.
    """
    with Path(path).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as font:
        return _read(font, index)


def _read(font: mmap, index: int) -> Ranges:
    start = unpack_from(">I", font, 12 + 4 * index)[0] if font[:4] == b"ttcf" else 0
    (count,) = unpack_from(">H", font, start + 4)
    tables = (unpack_from(">4s4xI", font, start + 12 + 16 * number) for number in range(count))
    cmap = next((offset for tag, offset in tables if tag == b"cmap"), None)
    if cmap is None:
        return ()
    (count,) = unpack_from(">H", font, cmap + 2)
    found = {}
    for number in range(count):
        platform, encoding, offset = unpack_from(">HHI", font, cmap + 4 + 8 * number)
        found[platform, encoding] = cmap + offset
    for wanted in (*_UNICODE_FULL, *_UNICODE_BASIC):
        if wanted in found:
            form = unpack_from(">H", font, found[wanted])[0]
            if form == 12:
                return _groups(font, found[wanted])
            if form == 4:
                return _segments(font, found[wanted])
    return ()


def _groups(font: mmap, at: int) -> Ranges:
    (count,) = unpack_from(">I", font, at + 12)
    groups = (unpack_from(">III", font, at + 16 + 12 * number) for number in range(count))
    return tuple((first + (glyph == 0), last) for first, last, glyph in groups)


def _segments(font: mmap, at: int) -> Ranges:
    (double,) = unpack_from(">H", font, at + 6)
    count = double // 2
    lasts = unpack_from(f">{count}H", font, at + 14)
    firsts = unpack_from(f">{count}H", font, at + 16 + double)
    deltas = unpack_from(f">{count}H", font, at + 16 + 2 * double)
    far = at + 16 + 3 * double
    offsets = unpack_from(f">{count}H", font, far)
    found: list[tuple[int, int]] = []
    for number, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        if offset == 0:
            found.append((first, last))
            continue
        for code in range(first, last + 1):
            glyph = unpack_from(">H", font, far + 2 * number + offset + 2 * (code - first))[0]
            if glyph and (glyph + delta) % 0x10000:
                found.append((code, code))
    return tuple((first, min(last, 0xFFFE)) for first, last in found if first < 0xFFFF)
