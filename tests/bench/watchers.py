"""What watching browsers cost the console: `python -m tests.bench.watchers`; VIEWERS=50 SECONDS=30.

Clients in a process of their own speak the pages' socket protocol as a browser does (page, handshake, acknowledgements); a
case goes on every second, so that each tick has something to show. Nothing is drawn.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

import httpx
import socketio

from services.console.reader import SESSION
from tests.bench.gauge import memory
from tests.support.console_facts import tell_case
from tests.support.console_stack import NOON, console


async def watch(url: str, key: str, viewers: int, seconds: float) -> None:
    """Open so many cockpits, keep them open, and print how many messages each got."""
    got = 0
    sockets = []
    async with httpx.AsyncClient(cookies={SESSION: key}, timeout=60, trust_env=False) as http:
        for _ in range(viewers):
            page = (await http.get(url)).text
            found = re.search(r'"client_id":\s*"([0-9a-f-]+)"', page.replace("&#34;", '"').replace("\\", ""))
            assert found, page[:2000]
            client = found.group(1)
            socket = socketio.AsyncClient(reconnection=False)

            async def update(data: object) -> None:
                nonlocal got
                got += 1

            socket.on("update", update)
            await socket.connect(url, transports=["websocket"], socketio_path="/_nicegui_ws/socket.io",
                                 headers={"Cookie": f"{SESSION}={key}", "Origin": url}, wait_timeout=30)  # fmt: skip
            told = {"client_id": client, "tab_id": str(uuid.uuid4()), "document_id": str(uuid.uuid4()),
                    "next_message_id": 0}  # fmt: skip
            assert await socket.call("handshake", told)
            sockets.append(socket)
    print("ready", flush=True)
    got = 0
    await asyncio.sleep(seconds)
    print(json.dumps({"messages_per_viewer_and_second": round(got / viewers / seconds, 2)}), flush=True)
    for socket in sockets:
        await socket.disconnect()


def main() -> None:
    """Serve, let them watch, print one JSON line."""
    viewers, seconds = int(os.environ.get("VIEWERS", "50")), float(os.environ.get("SECONDS", "30"))
    with tempfile.TemporaryDirectory(dir="/tmp") as place, console(Path(place) / "data") as served:
        before = memory({"console": os.getpid()})["console"]
        arguments = [sys.executable, "-m", "tests.bench.watchers", served.url, served.signed(), str(viewers), str(seconds)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as clients:
            assert clients.stdout is not None
            assert clients.stdout.readline() == "ready\n"
            began, spent = time.monotonic(), time.process_time()
            rnd, n = random.Random(1), 0
            while time.monotonic() - began < seconds - 1:
                n += 1
                served.tell(tell_case(served.city, rnd, 900_000 + n, NOON - timedelta(hours=2), NOON))
                time.sleep(max(0.0, n - (time.monotonic() - began)))
            spent, passed = time.process_time() - spent, time.monotonic() - began
            held = memory({"console": os.getpid()})["console"]
            heard = json.loads(clients.stdout.readline())
    found = {"viewers": viewers, "cores": round(spent / passed, 3), "memory_mb": round(held / 2**20),
             "memory_without_mb": round(before / 2**20), "cases_told": n, "load": os.getloadavg()[0]}  # fmt: skip
    print(json.dumps({**found, **heard}))


if __name__ == "__main__":
    if len(sys.argv) == 5:
        asyncio.run(watch(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    else:
        main()
