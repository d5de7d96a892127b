"""Damaged requests: from each service's own OpenAPI, and by hand down to bad bytes on the wire.

None may be answered by 5xx, refusals name rule and field, and a good request right after goes through at once.
"""

from __future__ import annotations

import asyncio
import json
import time
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.generation import GenerationMode

from tests.fuzz.asks import Ask, templates
from tests.fuzz.by_hand import HAND, WIRE
from tests.fuzz.stand import SERVICES, SOURCE, Office, unready
from tests.fuzz.tally import Progress, Tally
from tests.support.running_city import PLACE, RunningCity
from tests.support.wording import apart

GOOD = "none: a good neighbour"
ONE_IN = 25
GOOD_WITHIN = 2.0
"""Seconds in which a good request right after must be through."""
ANSWERS_WITHIN = 20.0
MOST_OF_A_HEAD = 60_000
"""Bytes of address and headers above which the server closes without a word."""


class Requests:
    """Asks the five services of a running city."""

    def __init__(self, city: RunningCity, office: Office, seed: int) -> None:
        self.city, self.office, self.seed = city, office, seed
        self.templates = templates(city, office)
        self.count = 0

    def run(self, requests: int) -> Tally:
        """Send so many requests, four of ten of them from the OpenAPI documents, and count how they ended."""
        tally = Tally()
        progress = Progress("damaged requests", requests)
        self._by_documents(requests * 4 // 10, progress, tally)  # which may have less to say
        left, on_the_wire = requests - tally.total(), requests // 10
        asyncio.run(self._by_hand(left - on_the_wire, on_the_wire, progress, tally))
        for service, why in unready(self.city).items():
            tally.find(f"{service} is not ready: {why}")
        return tally

    def _headers(self, ask: Ask) -> list[tuple[str, bytes]]:
        self.count += 1
        good = {k: v.encode() for k, v in self.city.header(*ask.who, f"fz-{self.seed}-{self.count}").items()}
        if ask.token is not None:
            good["Authorization"] = ask.token
        if ask.body is not None:
            good["Content-Type"] = b"application/json"
        return list((good | dict(ask.headers)).items())

    def _bytes(self, ask: Ask) -> bytes:
        """Write a request down as it goes over the wire."""
        host = urlsplit(self.city.stack.services[ask.service]).netloc
        headers = [("Host", host.encode()), ("Connection", b"close"), *self._headers(ask)]
        if ask.body is not None:
            headers.append(("Content-Length", str(len(ask.body)).encode()))
        lines = [f"{ask.method} {ask.path} HTTP/1.1".encode(), *(n.encode() + b": " + v for n, v in headers)]
        return b"\r\n".join([*lines, b"", b""]) + (ask.body or b"")

    # ---- by hand

    async def _by_hand(self, requests: int, on_the_wire: int, progress: Progress, tally: Tally) -> None:
        random = Random(self.seed)
        kinds = [*(sorted(HAND)[n % len(HAND)] for n in range(requests))]
        kinds += [sorted(WIRE)[n % len(WIRE)] for n in range(on_the_wire)]
        doors = asyncio.Semaphore(8)

        async def one(n: int, kind: str) -> None:
            choices = [t for t in self.templates if t.body is not None or not kind.startswith(("body", "wire: c"))]
            ask = random.choice(choices)
            by_hand = HAND.get(kind)
            raw = self._bytes(by_hand(random, ask)) if by_hand else WIRE[kind](random, self._bytes(ask))
            async with doors:
                await self._ask(kind, ask.service, raw, tally)
                if n % ONE_IN == 0:
                    await self._neighbour(ask.service, tally)
            progress.step()

        for start in range(0, len(kinds), 100):
            await asyncio.gather(*(one(n, kinds[n]) for n in range(start, min(start + 100, len(kinds)))))

    async def _ask(self, kind: str, service: str, raw: bytes, tally: Tally) -> None:
        where = urlsplit(self.city.stack.services[service])
        what = f"{service} {raw[:240]!r} .. {raw[-200:]!r}"
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                said = await _exchange(str(where.hostname), int(where.port or 0), raw)
        except TimeoutError:
            tally.add(kind, "stuck", what=what)
            return
        head, _, body = said.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1."):
            # nobody waits for the rest of a request that never came whole, or reads on in one with an endless head
            is_cut = kind.startswith("wire") or raw.find(b"\r\n\r\n") > MOST_OF_A_HEAD
            tally.add(kind, "cut off" if is_cut else "lost", what=f"{what} -> {said[:100]!r}")
            return
        types = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-type:")]
        judge(tally, kind, int(head.split(b" ", 2)[1]), types[0][13:].strip().decode() if types else "", body, what)

    async def _neighbour(self, service: str, tally: Tally) -> None:
        """Ask something good of the same service; it must be through in no time."""
        self.count += 1
        report = {
            "id": f"good-{self.seed}-{self.count}",
            "text": apart(f"good-{self.seed}-{self.count}"),
            "matter": "street-lights",
            "place": {"unit": PLACE},
        }
        operations = ("operations", self.city.city.root.code)
        ask = {
            "intake": Ask("intake", "POST", "/v1/reports", ("source", SOURCE), json.dumps(report).encode()),
            "dispatch": Ask(
                "dispatch", "POST", f"/v1/orders/{self.office.accepted[0]}/progress",
                ("department", self.office.department),
                json.dumps({"assignment": 1, "note": f"正在处理第{self.count}次"}).encode(),
            ),
            "escalation": Ask("escalation", "GET", "/v1/meetings?limit=1", operations),
            "feedback": Ask("feedback", "GET", "/v1/scores", operations),
            "console": Ask("console", "GET", "/v1/cases?limit=1", operations),
        }[service]  # fmt: skip
        began = time.monotonic()
        where = urlsplit(self.city.stack.services[service])
        try:
            async with asyncio.timeout(GOOD_WITHIN):
                said = await _exchange(str(where.hostname), int(where.port or 0), self._bytes(ask))
        except (TimeoutError, OSError) as error:
            tally.add(GOOD, "slow", what=f"{service}: {error!r} after {time.monotonic() - began:.1f} s")
            return
        is_good = said.startswith(b"HTTP/1.1 200")
        tally.add(GOOD, "answered" if is_good else "lost", what=f"{service} {said[:300]!r}")

    # ---- by the documents

    def _by_documents(self, requests: int, progress: Progress, tally: Tally) -> None:
        share = -(-requests // len(SERVICES))
        for service in SERVICES:
            self._of_service(service, share, progress, tally)

    def _of_service(self, service: str, requests: int, progress: Progress, tally: Tally) -> None:
        """Draw requests from one service's OpenAPI document, valid and not; few of them from some of its operations."""
        base = self.city.stack.services[service]
        random = Random(f"{self.seed} {service}")
        with httpx.Client(base_url=base, timeout=ANSWERS_WITHIN, trust_env=False) as client:
            schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
            operations = [found.ok() for found in schema.get_all_operations()]
            each = max(2, requests // (2 * len(operations)))
            operations = random.sample(operations, min(len(operations), max(1, requests // (2 * each))))
            for operation in operations:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    self._draw(client, service, operation, mode, each, random, tally)
                    progress.step(each)

    def _draw(
        self, client: httpx.Client, service: str, operation: Any, mode: GenerationMode, each: int, random: Random,
        tally: Tally,
    ) -> None:  # fmt: skip
        kind = f"OpenAPI {service}: {mode.value}"

        @hypothesis.seed(random.getrandbits(32))
        @hypothesis.settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            self._ask_case(client, service, case, kind, random, tally)

        try:
            ask()
        except (hypothesis.errors.Unsatisfiable, schemathesis.errors.SchemathesisError):
            return  # nothing about this operation can be invalid

    def _ask_case(self, client: httpx.Client, service: str, case: Any, kind: str, random: Random, tally: Tally) -> None:
        own = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
        url = str(own["url"])
        if random.random() < 0.6:
            for name, value in (case.path_parameters or {}).items():
                real = (
                    PLACE if name == "unit" else SOURCE if name == "source" else random.choice(self.office.accepted[1:])
                )
                base, path = url[: len(str(client.base_url))], url[len(str(client.base_url)) :]
                url = base + path.replace(quote(str(value), safe=""), real, 1) if value else url
        headers = {str(k): str(v).encode("latin-1", "replace") for k, v in own["headers"].items()}
        if random.random() < 0.85:
            who = random.choice([t.who for t in self.templates if t.service == service])
            given = {k.lower(): v.encode() for k, v in self.city.header(*who).items()}
            headers = {k: v for k, v in headers.items() if k.lower() not in given} | given
        body: dict[str, Any] = {k: own[k] for k in ("json", "data", "params") if own.get(k) is not None}
        content = body.pop("data", None)
        if "json" in body:
            content = json.dumps(body.pop("json")).encode()
            headers["content-type"] = b"application/json"
        what = f"{case.method} {url[:200]} {headers.get('idempotency-key')!r} {content!r:.250}"
        try:
            request = client.build_request(
                case.method, url, params=body.get("params"), content=content, headers=headers
            )
            answer = client.send(request)
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError, TypeError, ValueError):
            return  # the client itself will not send it
        except httpx.TransportError as error:
            tally.add(kind, "stuck" if isinstance(error, httpx.TimeoutException) else "lost", what=f"{what}: {error!r}")
            return
        judge(tally, kind, answer.status_code, answer.headers.get("content-type", ""), answer.content, what)


def judge(tally: Tally, kind: str, status: int, type_: str, body: bytes, what: str) -> None:
    """Count an answer: 5xx never, and a refusal by one of our rules says which, about what, in both languages."""
    if status >= 500:
        tally.add(kind, "5xx", what=f"{status} {body[-200:]!r} to {what}")
        return
    if status < 400:
        tally.add(kind, "answered")
        return
    if not type_.startswith("application/problem+json"):
        tally.add(kind, f"by the server {status}")
        return
    text = body if body.startswith(b"{") else body[body.find(b"{") : body.rfind(b"}") + 1]
    problem = json.loads(text) if text else {}
    rule = problem.get("rule", "")
    if str(problem.get("type", "")).startswith("urn:sidan:rule:"):
        if (
            not (rule and "field" in problem and problem["title"] and problem["title_en"])
            or problem["status"] != status
        ):
            tally.find(f"a refusal without rule, field or words: {problem} to {what}")
        if rule == "internal.error":
            tally.find(f"internal.error: {problem} to {what}")
    tally.add(kind, "refused", rule or f"HTTP {status}")


async def _exchange(host: str, port: int, raw: bytes) -> bytes:
    """Send bytes, say that there are no more, and return all that comes back."""
    reader, writer = await asyncio.open_connection(host, port)
    said = b""
    try:
        writer.write(raw)
        try:
            await writer.drain()
            if b"Connection: close" not in raw or not _is_whole(raw):
                writer.write_eof()
            while more := await reader.read(65_536):
                said += more
        except (ConnectionError, OSError):
            return said
    finally:
        writer.close()
    return said


def _is_whole(raw: bytes) -> bool:
    """Tell whether the body is as long as announced, so that the server need not wait for more."""
    head, end, body = raw.partition(b"\r\n\r\n")
    if not end:
        return False
    lengths = [line[16:] for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
    return b"chunked" not in head and (not lengths or lengths == [str(len(body)).encode()])
