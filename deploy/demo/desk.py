"""How people of the city use the platform's HTTP interface: their token, one key per act, patience when it is away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.demo.tally import Tally
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an act: `rule` names the refusal, empty when it took effect."""

    content: Any
    rule: str = ""
    field: str = ""

    @property
    def is_done(self) -> bool:
        """Tell whether it took effect."""
        return not self.rule


class Desk:
    """Call services by name; an outage is waited out under the same key, a refusal is a result and is counted."""

    def __init__(
        self, http: httpx.AsyncClient, services: Mapping[str, str], secret: str, city: str, tally: Tally
    ) -> None:
        self._http, self._services, self._tally = http, services, tally
        self._secret, self._city = secret, city

    async def act(self, actor: Actor, service: str, path: str, body: Mapping[str, Any], key: str) -> Result:
        """Post a command until it is answered; the same key makes a repetition harmless."""
        result = await self._send(actor, "POST", service, path, json=dict(body), headers={"Idempotency-Key": key})
        self._tally.act(verb_of(path), result.rule)
        return result

    async def answer(self, service: str, link: str, body: Mapping[str, Any]) -> Result:
        """Answer at a link until it is taken, as somebody without an account."""
        result = await self._send(None, "POST", service, link, json=dict(body))
        self._tally.act("answer", result.rule)
        return result

    async def post(self, actor: Actor, service: str, path: str, content: bytes, key: str) -> Result:
        """Post bytes as they are, also faulty ones."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return await self._send(actor, "POST", service, path, content=content, headers=headers)

    async def ask(self, actor: Actor, service: str, path: str, **params: Any) -> Any:
        """Return the JSON of a GET, None where there is nothing to be had."""
        result = await self._send(actor, "GET", service, path, params=params)
        return result.content if result.is_done else None

    async def _send(self, actor: Actor | None, method: str, service: str, path: str, **how: Any) -> Result:
        headers = dict(how.pop("headers", {}))
        if actor is not None:
            headers["Authorization"] = f"Bearer {sign(self._secret, self._city, actor)}"
        pause = _FIRST_PAUSE
        while True:
            try:
                answer = await self._http.request(method, f"{self._services[service]}{path}", headers=headers, **how)
                if answer.status_code < 500 and answer.status_code != 429:
                    return _result(answer)
                self._tally.waited += 1
            except httpx.HTTPError:
                self._tally.waited += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            pause = min(2 * pause, _LONGEST_PAUSE)


def verb_of(path: str) -> str:
    """Return what a path commands: its last part, without parameters."""
    return path.partition("?")[0].rsplit("/", 1)[-1]


def _result(answer: httpx.Response) -> Result:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if answer.status_code < 400:
        return Result(content)
    problem = content if isinstance(content, dict) else {}
    return Result(content, str(problem.get("rule") or f"http.{answer.status_code}"), str(problem.get("field", "")))
