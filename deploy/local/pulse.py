"""Ask a service on this machine how it is: can it still work, is it ready, and if not, why."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from deploy.local.processes import Child
from deploy.local.resolver import Tell

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Our own addresses are never asked for through a proxy."""
EVERY, PATIENCE = 5.0, 2.0
"""Real seconds between two looks at a service, and for its answer."""
LOOKS, LOOKS_AT_START = 3, 18
"""Bad looks in a row after which a service is stuck; silence is borne longer while it was not ready yet."""
LONGEST = 8 * LOOKS_AT_START
"""Of a start that was ended for its silence the next is borne twice as long, up to this: on a machine that is too busy
for one start, ending it again and again would keep the service away for ever."""
NO_ANSWER = "no answer"


def is_ready(url: str) -> bool:
    """Ask a service whether it can do its work."""
    return not hindrances(url)


def hindrances(url: str) -> Sequence[str]:
    """Return what keeps a service from its work in its own words, nothing when it is ready."""
    try:
        with DIRECT.open(f"{url}/readyz", timeout=1) as answer:
            return [] if answer.status == 200 else [f"HTTP {answer.status}"]
    except urllib.error.HTTPError as refusal:
        with refusal:
            return _why(refusal.read()) or [f"HTTP {refusal.code}"]
    except (OSError, ValueError):
        return [NO_ANSWER]


def _why(body: bytes) -> list[str]:
    try:
        why = json.loads(body)["why"]
        return [f"{what}: {_said(said)}" for what, said in why.items()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _said(reason: object) -> str:
    """Return a reason as one line; where it concerns many partitions, the first stands for all."""
    if isinstance(reason, dict) and reason:
        first = min(reason)
        return f"{first}: {reason[first]}" + (f" (+{len(reason) - 1})" if len(reason) > 1 else "")
    return str(reason)


@dataclass
class Pulse:
    """What is known of one run of a service."""

    url: str
    pid: int
    borne: int = LOOKS_AT_START
    """Looks of silence that this start is given."""
    was_ready: bool = False
    bad: int = 0
    silent: int = 0

    @property
    def is_stuck(self) -> bool:
        """Tell whether it says that it cannot go on, or says nothing, though it lives.

        One that says so and was never ready is left alone: what one start did not heal, the next would not.
        """
        return (self.was_ready and self.bad >= LOOKS) or self.silent >= self.borne

    def next(self, pid: int) -> Pulse:
        """Return what is known of the run that follows this one: nothing, but how long its silence is borne."""
        was_mute = self.silent >= self.borne and not self.was_ready
        return Pulse(self.url, pid, min(2 * self.borne, LONGEST) if was_mute else LOOKS_AT_START)

    def note(self, live: int, ready: int) -> None:
        """Take in one look: the HTTP status of `/livez` and `/readyz`, 0 where there was no answer."""
        self.was_ready = self.was_ready or ready == 200
        self.bad = self.bad + 1 if live != 200 else 0
        self.silent = self.silent + 1 if live == 0 else 0


class Vigil:
    """Look at services every few seconds and end the stuck ones; starting anew what has ended is the supervisor's."""

    def __init__(self, services: Sequence[Child], urls: Mapping[str, str], tell: Tell) -> None:
        self._services, self._urls, self._tell = services, urls, tell
        self._pulses: dict[str, Pulse] = {}
        self._ends: dict[int, float] = {}
        self._next = time.monotonic() + EVERY

    def was_ready(self, name: str) -> bool:
        """Tell whether the present run of a service has ever been ready."""
        return name in self._pulses and self._pulses[name].was_ready

    def keep(self) -> None:
        """Do what is due now; takes no longer than `PATIENCE`, and no thread, for children are started here."""
        now = time.monotonic()
        for service in self._services:
            if self._ends.get(service.pid, now) < now:
                service.kill()
        if now < self._next:
            return
        self._next = now + EVERY
        alive = [service for service in self._services if service.is_alive() and service.pid not in self._ends]
        for service in alive:
            known = self._pulses.setdefault(service.name, Pulse(self._urls[service.name], service.pid))
            if known.pid != service.pid:
                self._pulses[service.name] = known.next(service.pid)
        asyncio.run(_look([self._pulses[service.name] for service in alive]))
        for service in alive:
            if self._pulses[service.name].is_stuck:
                self._end(service)

    def _end(self, service: Child) -> None:
        """Ask it to stop; later rounds kill it if it does not, so that the supervisor can go on meanwhile."""
        self._tell(
            (f"{service.name} 活着但已停滞，将其停止后重启", f"{service.name} lives but is stuck; it is started anew")
        )
        service.ask()
        self._ends[service.pid] = time.monotonic() + service.ladder[0][1]


async def _look(pulses: Sequence[Pulse]) -> None:
    answers = await asyncio.gather(*(_status(p.url, path) for p in pulses for path in ("/livez", "/readyz")))
    for pulse, live, ready in zip(pulses, answers[::2], answers[1::2], strict=True):
        pulse.note(live, ready)


async def _status(url: str, path: str) -> int:
    address = urlsplit(url)
    with suppress(OSError, ValueError, IndexError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    return 0
