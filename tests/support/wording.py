"""Words of reports that have nothing to do with each other, where a test wants as many cases as it sends."""

from __future__ import annotations

from hashlib import sha256


def apart(id_: str) -> str:
    """Return sixteen letters of its own for an id: no other report is like it, whatever place and matter they share."""
    digest = sha256(id_.encode()).digest()
    return "".join(chr(0x5000 + int.from_bytes(digest[n : n + 2]) % 0x4000) for n in range(0, 32, 2))
