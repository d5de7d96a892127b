"""What is done to a running city: who is hit, how and when is drawn from the seed alone."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.faults.stand import Stand

VICTIMS = {
    "intake": 16, "dispatch": 18, "escalation": 14, "feedback": 14, "console": 10,
    "kafka": 9, "postgres": 6, "postmaster": 3, "backend": 10,
}  # fmt: skip
"""Whom kill -9 meets, by weight: `postgres` is every process of the server, `postmaster` its first, `backend` one."""
HELD = ("intake", "dispatch", "escalation", "feedback", "console", "kafka", "postgres")
_JUMP = """UPDATE "{city}".clock SET real_at = clock_timestamp(),
    virtual_at = virtual_at + (clock_timestamp() - real_at) * rate + make_interval(secs => $1)"""


@dataclass(frozen=True)
class Strike:
    """One blow: `at` seconds after the beginning; `amount` is seconds held, seconds full, or hours jumped."""

    at: float
    kind: str
    victim: str
    amount: float = 0.0


def draw(rng: random.Random, kills: int, seconds: float, *, has_rooms: bool) -> list[Strike]:
    """Return all strikes of a run in their order; every sixth or so is not a kill."""
    strikes = []
    for n in range(kills):
        at = seconds * (n + rng.uniform(0.1, 0.9)) / kills
        strikes.append(Strike(at, "kill", rng.choices(list(VICTIMS), list(VICTIMS.values()))[0]))
    others = [("hold", rng.choice(HELD), rng.choice((1.0, 2.0, 4.0, 8.0, 14.0))) for _ in range(max(1, kills // 10))]
    others += [("jump", "clock", rng.uniform(0.5, 6)) for _ in range(max(1, kills // 20))]
    if has_rooms:
        others += [("fill", ("kafka", "postgres")[n % 2], rng.uniform(2, 8)) for n in range(kills // 40)]
    strikes += [Strike(seconds * rng.uniform(0.05, 0.95), *other) for other in others]
    return sorted(strikes, key=lambda strike: strike.at)


@dataclass
class Struck:
    """What really happened."""

    kills: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    missed: int = 0


class Hand:
    """Carry strikes out, and undo whatever would outlast the run."""

    def __init__(self, stand: Stand, rng: random.Random, tell: Callable[[str], None]) -> None:
        self.stand, self.rng, self.tell = stand, rng, tell
        self.struck = Struck()
        self._held: set[int] = set()
        self._ballast: set[Path] = set()

    async def strike(self, strike: Strike) -> None:
        """Carry out one strike; a victim that is not there is waited for."""
        self.tell(f"{strike.kind} {strike.victim} {strike.amount:.1f}")
        if strike.kind == "kill":
            await self._kill(strike.victim)
        elif strike.kind == "hold":
            await self._hold(strike.victim, strike.amount)
        elif strike.kind == "fill":
            await self._fill(strike.victim, strike.amount)
        else:
            await self._jump(strike.amount)

    async def _processes(self, victim: str) -> Sequence[int]:
        name = "postgres" if victim in ("postmaster", "backend") else victim
        for _ in range(200):
            running = self.stand.running(name)
            if running is not None:
                children = _children(running.pid) if name == "postgres" else []
                if victim == "backend" and children:
                    return [self.rng.choice(children)]
                if victim != "backend":
                    return [running.pid, *children] if victim != "postmaster" else [running.pid]
            await asyncio.sleep(0.1)
        return []

    async def _kill(self, victim: str) -> None:
        pids = await self._processes(victim)
        if _send(pids, signal.SIGKILL):
            self.struck.kills[victim] += 1
        else:
            self.struck.missed += 1

    async def _hold(self, victim: str, seconds: float) -> None:
        pids = await self._processes(victim)
        self._held.update(pids)
        try:
            if _send(pids, signal.SIGSTOP):
                self.struck.others[f"hold {victim}"] += 1
            await asyncio.sleep(seconds)
        finally:
            _send(pids, signal.SIGCONT)
            self._held.difference_update(pids)

    async def _fill(self, server: str, seconds: float) -> None:
        ballast = self.stand.rooms[server] / "ballast"
        self._ballast.add(ballast)
        try:
            await asyncio.to_thread(_fill_up, ballast)
            self.struck.others[f"fill {server}"] += 1
            await asyncio.sleep(seconds)
        finally:
            ballast.unlink(missing_ok=True)

    async def _jump(self, hours: float) -> None:
        for _ in range(100):
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await asyncpg.connect(self.stand.stack.dsns["admin"], timeout=3, command_timeout=3)
                try:
                    async with connection.transaction():
                        cell = self.stand.city.code
                        await connection.execute(f'LOCK TABLE "{cell}".clock IN SHARE ROW EXCLUSIVE MODE')
                        await connection.execute(_JUMP.format(city=cell), hours * 3600)
                finally:
                    await connection.close(timeout=2)
                self.struck.others["jump"] += 1
                return
            await asyncio.sleep(0.5)
        self.struck.missed += 1

    def undo(self) -> None:
        """Let everything go on that is still held or full."""
        _send(sorted(self._held), signal.SIGCONT)
        for ballast in self._ballast:
            ballast.unlink(missing_ok=True)


def _send(pids: Sequence[int], number: signal.Signals) -> bool:
    sent = False
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            sent = True
    return sent


def _children(parent: int) -> list[int]:
    """Return the children of a process; the database puts each of its own in a session of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent and fields[0] not in "ZX":
                    found.append(int(entry.name))
    return sorted(found)


def _fill_up(ballast: Path) -> None:
    """Write until nothing more goes on that disk."""
    block = b"\0" * (1 << 20)
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(block)
