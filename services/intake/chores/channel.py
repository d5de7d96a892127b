"""The ways on which a notice leaves: addresses of Apprise by the contact that a reporter left, else a file."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import SEEK_END
from pathlib import Path
from string import Formatter
from typing import Any, Protocol
from urllib.parse import quote


class NotSent(Exception):
    """A channel did not take a notice; the message names the kind of failure and nothing personal."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one reporter is told: `id` is the same at every attempt, so that a receiver may drop a repetition."""

    id: int
    dossier: str
    number: str
    step: str
    at: datetime
    zh: str
    en: str
    link: str


class Channel(Protocol):
    """A way to a reporter."""

    code: str

    def reaches(self, contact: Mapping[str, str]) -> bool:
        """Tell whether this contact is enough for it."""
        ...

    async def send(self, notice: Notice, contact: Mapping[str, str]) -> None:
        """Send; raises NotSent, and anything else counts as that."""
        ...


class FileChannel:
    """The embedded default: one JSON line per notice in a file per day, without any contact.

    Whoever sends them on (an SMS gateway's own program, say) looks the contact up by the dossier's id.
    """

    code = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: dict[str, list[str]] = {}
        """Day -> what is not yet being written."""
        self._writing: asyncio.Task[None] | None = None

    def reaches(self, contact: Mapping[str, str]) -> bool:
        """Take everything."""
        return True

    async def send(self, notice: Notice, contact: Mapping[str, str]) -> None:
        """Append a line, in one writing with those sent at the same time; raises NotSent where the disk takes none."""
        said = {
            "id": notice.id, "dossier": notice.dossier, "number": notice.number, "step": notice.step,
            "at": notice.at.isoformat(), "zh": notice.zh, "en": notice.en, "link": notice.link,
        }  # fmt: skip
        self._lines.setdefault(f"{notice.at:%Y-%m-%d}", []).append(json.dumps(said, ensure_ascii=False))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(self._writing)

    async def _write(self) -> None:
        lines, self._lines, self._writing = self._lines, {}, None
        await asyncio.to_thread(self._append, lines)

    def _append(self, lines: Mapping[str, Sequence[str]]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for day, said in lines.items():
                with (self._folder / f"{day}.jsonl").open("ab+") as file:
                    at_end = file.seek(0, SEEK_END)
                    file.seek(max(0, at_end - 1))
                    torn = b"\n" if file.read(1) not in (b"", b"\n") else b""  # by a disk that was full
                    file.write(torn + "".join(f"{line}\n" for line in said).encode())
        except OSError as error:
            raise NotSent(type(error).__name__) from None


class AppriseChannel:
    """An address of Apprise with places for what the reporter left, such as `sms://…/{phone}` or `json://…?to={id}`."""

    def __init__(self, code: str, address: str) -> None:
        self.code, self._address = code, address
        self._needs = frozenset(name for _, name, _, _ in Formatter().parse(address) if name)
        logging.getLogger("apprise").disabled = True  # its lines repeat addresses, which hold contacts

    def reaches(self, contact: Mapping[str, str]) -> bool:
        """Tell whether the contact fills every place of the address."""
        return contact.keys() >= self._needs

    async def send(self, notice: Notice, contact: Mapping[str, str]) -> None:
        """Send; raises NotSent when the address cannot be used or its far side refuses."""
        import apprise  # loaded when a channel of its kind is used

        sender: Any = apprise.Apprise()
        if not sender.add(self._address.format_map({name: quote(contact[name], safe="") for name in self._needs})):
            raise NotSent("address")
        body = "\n".join((notice.zh, notice.en, notice.link))
        if not await sender.async_notify(body=body, title=notice.number):
            raise NotSent("refused")


def channels_of(addresses: Mapping[str, str], folder: Path) -> tuple[Channel, ...]:
    """Return the configured channels in their order, at last the file."""
    return (*(AppriseChannel(code, address) for code, address in addresses.items()), FileChannel(folder))
