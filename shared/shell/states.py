"""The states of subjects as their rows keep them; one that this process wrote itself is not read a second time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

REMEMBERED = 5_000
"""Subjects whose last state is held beside its text, some 5 KB each: cases in motion, whose next fact comes soon."""


class States:
    """Turns states into text and back.

    Only the very text that was written stands for the state that it was made of: neither what another process wrote nor
    what was rolled back can be missed.
    """

    def __init__(self, kinds: Mapping[str, type]) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            kind: msgspec.json.Decoder(state) for kind, state in kinds.items()
        }
        self._encode = msgspec.json.Encoder().encode
        self._known: dict[str, tuple[str, Any]] = {}

    def read(self, subject: str, kind: str, text: str | None) -> Any:
        """Return the state of a subject whose row holds this text; None where it has none."""
        if text is None:
            return None
        known = self._known.get(subject)
        return known[1] if known is not None and known[0] == text else self._decoders[kind].decode(text)

    def write(self, subject: str, state: Any) -> str | None:
        """Return the text of a state for its row, and remember it; the longest unwritten is forgotten first."""
        if state is None:
            return None
        text = self._encode(state).decode()
        self._known.pop(subject, None)
        self._known[subject] = text, state
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        return text
