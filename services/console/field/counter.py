"""The counter behind the field pages: what a resident says goes to the owning service, signed for him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic_core import to_json
from starlette.datastructures import UploadFile

from services.console.access.gateway import NotDone, Owners
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.shell.allowance import address_of

SOURCE = "mini"
"""The source as which reports of these pages come: the residents' own channel of the city file."""
RESIDENTS = Actor("source", SOURCE)
PAGES = Actor("resident", "pages")
"""As whom intake is asked whose link a token is."""
MOST_PHOTOS = 6
MOST_PHOTO_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """What the holder of a link sees of his report, and as whom he acts."""

    token: str
    shown: dict[str, Any]

    @property
    def case(self) -> str:
        """Return the case that answers for the report."""
        return str(self.shown["case"])

    @property
    def actor(self) -> Actor:
        """Return the holder, as the services know him: by the case and his id in it."""
        return Actor("resident", f"{self.case}:{self.shown['reporter']}")


class Counter:
    """Calls of the field pages to the services."""

    def __init__(self, owners: Owners, city: City) -> None:
        self._owners, self.city = owners, city

    async def call(
        self, actor: Actor | None, service: str, method: str, path: str, request: Request, body: Any = None,
        *, key: str = "", raw: bytes | None = None,
    ) -> Any:  # fmt: skip
        """Return what a service answers; raises NotDone with the rule that refuses, Refused("owner.away")."""
        answer = await self.ask(actor, service, method, path, request, body, key=key, raw=raw)
        if answer.is_error:
            raise NotDone(answer.status_code, answer.json())
        return answer.json()

    async def ask(
        self, actor: Actor | None, service: str, method: str, path: str, request: Request, body: Any = None,
        *, key: str = "", raw: bytes | None = None,
    ) -> Any:  # fmt: skip
        """Return the answer itself; the caller's address goes with it, for whoever calls too often is not us."""
        headers = {"X-Forwarded-For": address_of(request)}
        if key:
            headers["Idempotency-Key"] = key
        content = raw if raw is not None else None if body is None else to_json(body)
        return await self._owners.ask_as(actor, service, method, path, headers=headers, content=content)

    async def held(self, token: str, request: Request) -> Held:
        """Return whose link a token is; raises NotDone (404) for any other."""
        return Held(token, await self.call(PAGES, "intake", "GET", f"/v1/follow/{token}", request))

    async def send_photos(self, actor: Actor, files: Sequence[Any], request: Request) -> list[str]:
        """Send the photos of a form and return their keys; raises NotDone, naming the rule, at the first bad one."""
        keys: list[str] = []
        for file in files:
            if not isinstance(file, UploadFile) or not file.size:
                continue
            data = await file.read(MOST_PHOTO_BYTES + 1)
            sent = await self.call(actor, "intake", "POST", "/v1/photos", request, raw=data)
            keys.append(str(sent["photo"]))
        return keys
