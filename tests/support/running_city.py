"""A whole running city for tests: five processes on real Kafka and PostgreSQL, and outside parties to talk to it."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.audit import Verdict, audit
from deploy.local import control
from deploy.local.folder import Stack
from deploy.local.plan import plan_for
from shared.city.load import load
from shared.city.model import City
from shared.contracts.base import Contract
from shared.contracts.envelope import sent
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign
from tests.support.wording import apart

_keys = itertools.count()
PLACE = "C01-G01-B1"
"""A third-level grid of Donggang."""


@dataclass
class RunningCity:
    """A started stack and its city file."""

    stack: Stack
    city: City
    folder: Path

    def header(self, kind: str, name: str, key: str | None = None) -> dict[str, str]:
        token = sign(self.stack.secret, self.city.code, Actor(kind, name))
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or f"k-{time.time_ns()}-{next(_keys)}"}

    def post(self, service: str, path: str, body: Any, who: tuple[str, str], key: str | None = None) -> httpx.Response:
        """Send a command as somebody; returns whatever the service answers."""
        url = self.stack.services[service] + path
        return httpx.post(url, json=body, headers=self.header(*who, key), timeout=30, trust_env=False)

    def get(self, service: str, path: str, who: tuple[str, str] = ("operations", "donggang")) -> httpx.Response:
        url = self.stack.services[service] + path
        return httpx.get(url, headers=self.header(*who), timeout=30, trust_env=False)

    def report(self, id_: str, matter: str | None = None, source: str = "hotline", **more: Any) -> dict[str, Any]:
        """Report something over HTTP; returns the receipt."""
        body = {"id": id_, "text": apart(id_), "place": {"unit": PLACE}, "reporter": {"id": "r-1"}}
        answer = self.post("intake", "/v1/reports", {**body, "matter": matter, **more}, ("source", source))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def order(self, case: str, status: str | None = None, seconds: float = 20.0) -> dict[str, Any]:
        """Return the register's line of a case, waiting until it has a status."""

        def look() -> dict[str, Any] | None:
            try:
                answer = self.get("dispatch", f"/v1/orders/{case}")
            except httpx.TransportError:  # it is being started anew
                return None
            if answer.status_code != 200 or (status and answer.json()["status"] != status):
                return None
            return dict(answer.json())

        return dict(wait(look, seconds, f"{case} {status}"))

    def shown(self, case: str, status: str) -> dict[str, Any]:
        """Return the register's line of a case, waiting until it has a status and the console's pages show it."""
        order = self.order(case, status)
        wait(lambda: self.get("console", f"/v1/cases/{case}").json().get("status") == status, 20, f"shown {status}")
        return order

    def act(self, case: str, command: str, who: tuple[str, str], **body: Any) -> httpx.Response:
        """Send a command of the order desk."""
        return self.post("dispatch", f"/v1/orders/{case}/{command}", body, who)

    def holder(self, code: str) -> tuple[str, str]:
        """Return the kind of actor that a responsible unit is."""
        return ("department", code) if code in self.city.departments else ("unit", code)

    def publish(self, stream: str, data: Contract | bytes, id_: str, *, type_: str = "", key: bytes = b"k",
                headers: list[tuple[str, bytes]] | None = None) -> None:  # fmt: skip
        """Write a message on an outside stream as its owner would."""
        name = data.TYPE if isinstance(data, Contract) else type_
        value = data.model_dump_json().encode() if isinstance(data, Contract) else data

        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.stack.kafka, acks="all", max_request_size=4_000_000)
            await producer.start()
            try:
                own = headers if headers is not None else list(sent(id_, name, "/test"))
                await producer.send_and_wait(topic_name(self.city.code, stream), value, key, headers=own)
            finally:
                await producer.stop()

        asyncio.run(send())

    def messages(self, stream: str) -> list[dict[str, Any]]:
        """Read a whole stream: (type, data, key) of each record."""

        async def read() -> list[dict[str, Any]]:
            topic = topic_name(self.city.code, stream)
            consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.stack.kafka, enable_auto_commit=False)
            await consumer.start()
            try:
                places = list(consumer.assignment())
                wanted = sum((await consumer.end_offsets(places)).values()) - sum(
                    (await consumer.beginning_offsets(places)).values()
                )
                await consumer.seek_to_beginning(*places)
                found: list[dict[str, Any]] = []
                while len(found) < wanted:
                    for records in (await consumer.getmany(timeout_ms=500)).values():
                        for r in records:
                            said = {name: value.decode("utf-8", "replace") for name, value in r.headers}
                            kind, cause = said.get("ce_type", ""), said.get("ce_causationid", "")
                            found.append({"type": kind, "cause": cause, "key": r.key, "data": json.loads(r.value)})
                return found
            finally:
                await consumer.stop()

        return asyncio.run(read())

    def audit(self) -> Verdict:
        """Run the auditor."""
        return asyncio.run(audit(self.stack.dsns["auditor"], self.stack.kafka, self.city.code))

    def sql(self, statement: str, *args: Any, login: str = "admin") -> list[Any]:
        """Run a statement as the administrator: to plant a fault, or to look."""

        async def run() -> list[Any]:
            conn = await asyncpg.connect(self.stack.dsns[login])
            try:
                return list(await conn.fetch(statement, *args))
            finally:
                await conn.close()

        return asyncio.run(run())


def wait(look: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until `look` returns something true; fails after some seconds."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="session")
def donggang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCity]:
    """Run the whole of Donggang once: five services under their supervisor, real time."""
    with running("donggang", Path(tmp_path_factory.mktemp("donggang"))) as city:
        yield city


@contextmanager
def running(code: str, folder: Path) -> Iterator[RunningCity]:
    """Run the whole of a city in a folder, which is erased afterwards."""
    plan = plan_for(code, folder=folder)
    stack = control.start(plan, tell=lambda words: print(words[1]), is_bound=True)
    try:
        wait(lambda: all(_is_ready(url) for url in stack.services.values()), 120, "ready")  # the machine may be busy
        yield RunningCity(stack, load(plan.city_file), folder)
    finally:
        control.stop(folder, tell=lambda words: None)
        control.erase(folder)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
