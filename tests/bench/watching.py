"""What watching costs: WATCHERS=n cockpits open as browsers hold them, while CASES_A_SECOND=r go their way.

`python -m tests.bench.watching`; CASES=n stand there before, CORES=0,1, SECONDS=s. Servers included.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import socketio
from aiokafka import AIOKafkaProducer

from deploy.local import control
from deploy.local.folder import Stack
from deploy.local.plan import plan_for
from services.console.access.roles import Post, Role
from services.console.reader import SESSION
from shared.city.load import load
from shared.city.model import City
from shared.contracts.topics import STATE_STREAM, topic_name
from shared.shell.ids import new_id
from shared.shell.relay import Batches
from tests.bench import gauge
from tests.bench.rebuild import sent
from tests.bench.stand import servers
from tests.support.console_facts import tell_city
from tests.support.console_stack import NOON, fill, sign_in

WATCHERS = int(os.environ.get("WATCHERS", "50"))
RATE = float(os.environ.get("CASES_A_SECOND", "20"))
SECONDS = int(os.environ.get("SECONDS", "60"))
WARM = 15
"""Seconds until what starts has started: the client's caches, first looks."""
TRIES = 10
ACK_SECONDS = 3
"""A page says that often what it has, as the browser's script does."""
_QUERY = re.compile(r"query: (\{.*?\}),$", re.M)


@dataclass
class Watcher:
    """A page held open: what its browser receives, without drawing it."""

    url: str
    cookie: str
    messages: int = 0
    bytes: int = 0
    beats: list[float] = field(default_factory=list)
    """When the time on the page went on."""
    query: dict[str, Any] = field(default_factory=dict)

    async def open(self, http: httpx.AsyncClient) -> None:
        for _ in range(TRIES):  # a page that a busy machine does not build in time is asked for again, as by a person
            page = await http.get(self.url + "/", cookies={SESSION: self.cookie})
            if page.is_success:
                break
        found = _QUERY.search(page.raise_for_status().text)
        assert found is not None
        self.query = ast.literal_eval(found[1]) | {
            "document_id": new_id(),
            "tab_id": new_id(),
            "old_tab_id": "",
        }
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("update", self._take)
        asked = "&".join(
            f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in self.query.items()
        )
        headers = {"Cookie": f"{SESSION}={self.cookie}", "Origin": self.url}
        await self.socket.connect(
            f"{self.url}?{asked}", headers=headers, transports=["websocket"], socketio_path="/_nicegui_ws/socket.io"
        )
        if not self.query.get("implicit_handshake"):
            await self.socket.call("handshake", self.query)
        self._acks = asyncio.create_task(self._ack())

    async def close(self) -> None:
        self._acks.cancel()
        await self.socket.disconnect()

    def _take(self, message: dict[str, Any]) -> None:
        self.messages += 1
        self.bytes += len(json.dumps(message, ensure_ascii=False))
        self.query["next_message_id"] = message.get("_id", -1) + 1
        if any("beat" in (part or {}).get("props", {}) for part in message.values() if isinstance(part, dict)):
            self.beats.append(time.perf_counter())

    async def _ack(self) -> None:
        while True:
            await asyncio.sleep(ACK_SECONDS)
            said = {"client_id": self.query["client_id"], "next_message_id": self.query["next_message_id"]}
            await self.socket.emit("ack", said)


async def produce(kafka: str, city: City, records: Sequence[Any], a_second: float) -> None:
    """Send the records over and over, each time about other subjects, so many a second."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5)
    await producer.start()
    began, done, copy = time.perf_counter(), 0, 0
    try:
        while True:
            due = int((time.perf_counter() - began) * a_second) - done
            batches = Batches(producer)
            for _ in range(due):
                copy, at = divmod(done, len(records))
                stream, key, headers, value = records[at]
                own = key + b".%06d" % copy
                named = [(name, text.replace(key, own)) for name, text in headers]
                await batches.add(topic_name(city.code, stream), own, value, named)
                done += 1
            await batches.delivered()
            await asyncio.sleep(0.05)
    finally:
        await producer.stop()


async def run(stack: Stack, city: City) -> dict[str, Any]:
    """Open the pages, let facts come, say what the console took while they did."""
    facts = sent(tell_city(city, NOON, 600, days=2))
    cases = len({key for stream, key, *_ in facts if stream == STATE_STREAM["intake"]})
    cookie = await asyncio.to_thread(
        lambda: asyncio.run(sign_in(stack.dsns["console"], (Post(Role.LEADER, city.root.code),)))
    )
    console = stack.processes["console"]
    url, pids = console.url, {"console": console.pid}
    watchers = [Watcher(url, cookie) for _ in range(WATCHERS)]
    telling = asyncio.create_task(produce(stack.kafka, city, facts, RATE * len(facts) / cases))
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        empty = gauge.memory(pids)["console"]
        for watcher in watchers:
            await watcher.open(http)
        await asyncio.sleep(WARM)
        for watcher in watchers:
            watcher.messages, watcher.bytes = 0, 0
            watcher.beats.clear()
        began, before = time.perf_counter(), gauge.processor(pids)["console"]
        most = 0
        while time.perf_counter() - began < SECONDS:
            await asyncio.sleep(2)
            most = max(most, gauge.memory(pids)["console"])
        passed, spent = time.perf_counter() - began, gauge.processor(pids)["console"] - before
        for watcher in watchers:
            await watcher.close()
    telling.cancel()
    await asyncio.wait([telling])
    gaps = [b - a for w in watchers for a, b in zip(w.beats, w.beats[1:], strict=False)]
    return {
        "watchers": len(watchers), "cases_a_second": RATE, "cores": round(spent / passed, 3),
        "memory_mb": round(most / 1e6), "memory_before_mb": round(empty / 1e6),
        "messages_a_second": round(sum(w.messages for w in watchers) / passed / len(watchers), 2),
        "kb_a_second": round(sum(w.bytes for w in watchers) / passed / len(watchers) / 1000, 2),
        "beats_a_second": round(sum(len(w.beats) for w in watchers) / passed / len(watchers), 2),
        "beat_gap_p95_s": round(statistics.quantiles(gaps, n=20)[18], 2) if len(gaps) > 1 else None,
        "load": os.getloadavg()[0],
    }  # fmt: skip


def main() -> None:
    """Lend servers and a console alone, fill its read model, print one JSON line."""
    with servers() as (folder, backing):
        os.environ.update(SIDAN_KAFKA=backing.kafka, SIDAN_POSTGRES=backing.postgres)
        whole = plan_for("donggang", folder=folder / "city", virtual_at=NOON)
        plan = replace(whole, commands={"console": whole.commands["console"]}, migrations=("console",))
        stack = control.start(plan, tell=lambda words: print(words[1], flush=True), is_bound=True)
        try:
            city = load(Path(plan.city_file))
            told = list(tell_city(city, NOON, int(os.environ.get("CASES", "2400"))))
            asyncio.run(fill(stack.dsns["console"], told))
            print(json.dumps(asyncio.run(run(stack, city))))
        except httpx.HTTPError:
            print((plan.folder / "logs" / "console.log").read_text()[-3000:])
            raise
        finally:
            control.stop(plan.folder, tell=lambda words: None)


if __name__ == "__main__":
    main()
