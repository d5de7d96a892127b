"""Damaged requests: from each service's own OpenAPI, and by hand down to bad bytes on the wire.

None may be answered by 5xx, refusals name rule and field, and a good request right after goes through at once.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.generation import GenerationMode

from tests.fuzz.damage import CODES, KINDS, NUMBERS, ODD, TEXTS, TIMES, Raw
from tests.fuzz.stand import SERVICES, SOURCE, Office, unready
from tests.fuzz.tally import Progress, Tally
from tests.integration.city import PLACE, RunningCity

GOOD = "none: a good neighbour"
ONE_IN = 25
GOOD_WITHIN = 2.0
"""Seconds in which a good request right after must be through."""
ANSWERS_WITHIN = 20.0
MOST_OF_A_HEAD = 60_000
"""Bytes of address and headers above which the server closes without a word."""
BODY_KINDS = (
    "bytes flipped", "cut short", "said twice, or with something before or after", "another encoding",
    "bytes that are not UTF-8 in a text", "NUL, raw or escaped", "lone surrogate", "no value, or nothing in it",
    "a megabyte", "nested deeply", "wrong type of a field", "huge or odd number", "odd text in a field",
    "odd code in a field", "date out of range", "field missing, unknown or twice",
)  # fmt: skip
SEGMENTS = (
    "%00", "%ff", "..", "../../etc/passwd", "%2e%2e%2f", "%ED%A0%80", "%zz", "%", "a%0Ab", "%F0%9F%98%80", "'", "a;b=c", "%E2%80%AE",
    "x" * 5_000, "x" * 70_000, "", "%2F", "ledger:x", "a b".replace(" ", "%20"), "9" * 400, "-1", "null", "{id_}", "//",
)  # fmt: skip
HEADER_BYTES = (
    b"",
    b"\xff\xfe",
    b"\xb2",
    b"\xc2\xb2",
    b"a" * 129,
    b"a" * 60_000,
    b"\x01",
    b"'; --",
    "钥匙".encode(),
    b"null",
    b"0",
    b"-1",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it is to be sent; `path` and header values are bytes as they go over the wire."""

    service: str
    method: str
    path: str
    who: tuple[str, str]
    body: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    """In place of those that a good request has."""
    token: bytes | None = None


def templates(city: RunningCity, office: Office) -> list[Ask]:
    """Return good requests of every kind."""
    case, held = office.accepted[0], office.dispatched[0]
    department, root, source = ("department", office.department), city.city.root.code, ("source", SOURCE)
    operations, unit = ("operations", root), ("unit", root)
    meetings = city.get("escalation", "/v1/meetings?limit=1").json()["meetings"]
    meeting = meetings[0]["id"] if meetings else f"meeting:{root}:1"
    report = {
        "id": "fz-http", "text": "楼下路灯坏了", "subject": "路灯", "at": "2026-01-01T08:00:00+08:00", "matter": "street-lights",
        "place": {"unit": PLACE, "lon": 121.5, "lat": 31.2, "system": "gcj02", "address": "幸福路"},
        "reporter": {"id": "r", "name": "某", "phone": "13812345678"}, "photos": ["a.jpg"], "raised_by": PLACE,
        "solved": {"what": "已处理", "evidence": 1},
    }  # fmt: skip
    note = {"assignment": 1, "note": "正在处理中"}
    record = {"decisions": [{"topic": "t-1", "kind": "resolve", "lead": "S01", "support": ["S02"], "due_on": "2026-12-31",
                             "done_means": "全部修复完成", "reply": "已安排"}]}  # fmt: skip
    rows: list[tuple[str, str, tuple[str, str], Any]] = [
        ("intake", "/v1/reports", source, report),
        ("intake", "/v1/reports", source, {key: report[key] for key in ("id", "text", "place", "at")}),
        ("intake", "/v1/reports", source, [report, {"id": "fz-2", "text": "路灯坏了"}]),
        ("intake", "/v1/reports/hotline/fz-none/withdraw", source, {}),
        ("intake", f"/v1/cases/{case}/triage", operations, {"matter": "street-lights", "unit": PLACE}),
        ("intake", f"/v1/cases/{case}/reject", operations, {"rule": "report.not_ours"}),
        ("intake", "/v1/reports/hotline/base-1", source, None),
        ("intake", "/v1/triage?after=2026-01-01T00:00:00%2B08:00~x&limit=5", operations, None),
        ("intake", f"/v1/cases/{case}/dossier?why=check", operations, None),
        ("dispatch", f"/v1/orders/{case}/progress", department, note),
        ("dispatch", f"/v1/orders/{held}/accept", department, {"assignment": 9, "handler": "班长"}),
        ("dispatch", f"/v1/orders/{held}/hand-back", department, {**note, "clause": "三定", "proposed": "S01"}),
        ("dispatch", f"/v1/orders/{held}/unable", department, {"assignment": 9, "missing": "money", "tried": "尝试过了"}),
        ("dispatch", f"/v1/orders/{held}/verify", unit, {**note, "passed": True}),
        ("dispatch", f"/v1/orders/{held}/dispatch", unit, {"lead": "S01", "support": ["S02"]}),
        ("dispatch", f"/v1/orders/{case}", department, None),
        ("dispatch", "/v1/orders?responsible=S01&judge=S01&status=accepted&after=x&limit=5", department, None),
        ("escalation", f"/v1/meetings/{meeting}/hold", unit, {"present": [root, "S01"]}),
        ("escalation", f"/v1/meetings/{meeting}/record", unit, record),
        ("escalation", f"/v1/meetings/{meeting}/adopt", unit, {}),
        ("escalation", f"/v1/topics/{case}/object", unit, {"why": "不同意这个决定"}),
        ("escalation", f"/v1/meetings?body={root}&status=planned&after=x&limit=3", unit, None),
        ("escalation", f"/v1/meetings/{meeting}", unit, None),
        ("escalation", f"/v1/topics?body={root}&status=tabled&to_do=true&after=x&limit=3", unit, None),
        ("escalation", f"/v1/topics/{case}", unit, None),
        ("escalation", f"/v1/ledger/{root}?after=0&limit=5", unit, None),
        ("feedback", "/v1/ratings", source, {"id": "fz-r", "token": office.tokens[0], "contacted": True, "solved": True,
                                             "grade": 5, "comment": "很好"}),
        ("feedback", f"/v1/cases/{case}/judge", operations, {"controllable": True, "why": "现场复核"}),
        ("feedback", "/v1/scores?period=2026-11&unit=S01", operations, None),
        ("feedback", f"/v1/cases/{case}/remarks", operations, None),
        ("console", f"/v1/cases/{case}?after=dispatch:1", operations, None),
        ("console", "/v1/cases?sort=-received&limit=5&offset=0&status=accepted&q=a", operations, None),
        ("console", "/rows/cases?sort=received&limit=5&offset=0&lang=en", operations, None),
        ("console", f"/cases/{case}?lang=en", operations, None),
        ("console", "/cases?status=accepted&wall=1", operations, None),
        ("console", "/?lang=zh", operations, None),
    ]  # fmt: skip
    return [
        Ask(service, "GET" if body is None else "POST", path, who, None if body is None else json.dumps(body).encode())
        for service, path, who, body in rows
    ]


# ---- damage by hand

ByHand = Callable[[Random, Ask], Ask]
HAND: dict[str, ByHand] = {}


def by_hand(name: str) -> Callable[[ByHand], ByHand]:
    """Enter a kind of damage under a name."""

    def enter(damage: ByHand) -> ByHand:
        HAND[name] = damage
        return damage

    return enter


@by_hand("odd piece of the path")
def _path(random: Random, ask: Ask) -> Ask:
    path, mark, query = ask.path.partition("?")
    pieces = path.split("/")
    pieces[random.randrange(1, len(pieces))] = random.choice(SEGMENTS)
    return replace(ask, path="/".join(pieces) + mark + query)


@by_hand("odd query")
def _query(random: Random, ask: Ask) -> Ask:
    path, _, query = ask.path.partition("?")
    names = [pair.partition("=")[0] for pair in query.split("&") if pair] or ["limit", "after", "x"]
    odd = random.choice(
        (*NUMBERS, *ODD, *TEXTS[:-1], *CODES, *TIMES, "-1", "0", "dispatch:99", "dispatch:²", "~", "_", "%")
    )
    said = random.choice((quote(odd, safe="", errors="surrogatepass"), "%00", "%ff", "%", "%zz", "x" * 60_000))
    pairs = [f"{n}={said if n == names[0] or random.random() < 0.2 else 1}" for n in random.sample(names, len(names))]
    return replace(ask, path=f"{path}?{'&'.join(pairs)}")


@by_hand("token: none, garbled, forged, of another kind")
def _token(random: Random, ask: Ask) -> Ask:
    kind, name = ask.who
    match random.randrange(3):
        case 0:
            who = random.choice(
                (("source", "iot"), ("department", "finance"), ("unit", "S01"), ("resident", "r"), ("operations", "x"))
            )
            return replace(ask, who=who)
        case 1:
            forged = random.choice((b"\xff", b"0" * 64, b"", b"\xc3\xa9" * 9, b"a" * 20_000))
            return replace(ask, token=f"Bearer {kind}.{name}.".encode() + forged)
    return replace(
        ask,
        token=random.choice(
            (*HEADER_BYTES, b"Bearer", b"Bearer ...", b"Basic eDp5", b"Bearer \xb2.\xb2.\xb2", b"bearer a.b")
        ),
    )


@by_hand("Idempotency-Key, If-Match")
def _key(random: Random, ask: Ask) -> Ask:
    name = random.choice(("Idempotency-Key", "If-Match"))
    return replace(ask, headers=((name, random.choice((*HEADER_BYTES, b'"1"', b'"\xb2"', b'W/"1"', b"9" * 20))),))


@by_hand("wrong method")
def _method(random: Random, ask: Ask) -> Ask:
    return replace(
        ask,
        method=random.choice(
            ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "POST", "GET", "PROPFIND", "get", "X" * 200)
        ),
    )


@by_hand("content type")
def _content(random: Random, ask: Ask) -> Ask:
    other = (
        b"",
        b"text/xml",
        b"multipart/form-data; boundary=x",
        b"application/x-www-form-urlencoded",
        b"application/json; charset=utf-16",
        b"\xff",
    )
    return replace(ask, headers=(("Content-Type", random.choice(other)),))


@by_hand("flood of headers")
def _flood(random: Random, ask: Ask) -> Ask:
    many = random.choice((90, 2_000))
    return replace(ask, headers=tuple((f"X-{n}", b"v" * random.choice((1, 60))) for n in range(many)))


def _of_body(kind: str) -> ByHand:
    def damage(random: Random, ask: Ask) -> Ask:
        return replace(ask, body=KINDS[kind](random, Raw(None, (), ask.body)).value or b"")

    return damage


HAND |= {f"body: {kind}": _of_body(kind) for kind in BODY_KINDS}

WIRE: dict[str, Callable[[Random, bytes], bytes]] = {
    "wire: content-length too small": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: 0\r\nX: "),
    "wire: content-length too big": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: 9"),
    "wire: content-length nonsense": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: " + r.choice((b"-", b"x", b"1, ", b"9" * 30))),
    "wire: two content-lengths": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: "),
    "wire: chunked 2 MB": lambda r, b: _chunked(b, b"8000\r\n" + b"x" * 0x8000 + b"\r\n", 64),
    "wire: bad chunks": lambda r, b: _chunked(b, r.choice((b"zz\r\nx\r\n", b"-1\r\n", b"5\r\nab\r\n", b"F" * 20 + b"\r\n")), 1),
    "wire: bytes flipped": lambda r, b: _flip(r, b),
    "wire: cut off": lambda r, b: b[: r.randrange(1, len(b))],
    "wire: not HTTP": lambda r, b: r.choice((b"\x16\x03\x01\x02\x00", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50, b"SSH-2.0-x\r\n")),
    "wire: raw bytes in the path": lambda r, b: b.replace(b" /", b" /" + r.choice((b"\xff\xfe", b"\xe9\x83\xa8", b"\x01", b"a b", b"\\")), 1),
}  # fmt: skip
"""Damage of the bytes of a whole request."""


def _flip(random: Random, request: bytes) -> bytes:
    own = bytearray(request)
    for _ in range(random.randint(1, 6)):
        own[random.randrange(len(own))] ^= 1 << random.randrange(8)
    return bytes(own)


def _chunked(request: bytes, chunk: bytes, times: int) -> bytes:
    head = request.partition(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b""]) + chunk * times + b"0\r\n\r\n"


# ---- asking


class Requests:
    """Asks the five services of a running city."""

    def __init__(self, city: RunningCity, office: Office, seed: int) -> None:
        self.city, self.office, self.seed = city, office, seed
        self.templates = templates(city, office)
        self.count = 0

    def run(self, requests: int) -> Tally:
        """Send so many requests, four of ten of them from the OpenAPI documents, and count how they ended."""
        tally = Tally()
        from_documents = requests * 4 // 10
        on_the_wire = requests // 10
        progress = Progress("damaged requests", requests)
        asyncio.run(self._by_hand(requests - from_documents - on_the_wire, on_the_wire, progress, tally))
        self._by_documents(from_documents, progress, tally)
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
            if kind in HAND:
                raw = self._bytes(HAND[kind](random, ask))
            else:
                raw = WIRE[kind](random, self._bytes(ask))
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
            "text": "楼下路灯坏了",
            "matter": "street-lights",
            "place": {"unit": PLACE},
        }
        operations = ("operations", self.city.city.root.code)
        ask = {
            "intake": Ask("intake", "POST", "/v1/reports", ("source", SOURCE), json.dumps(report).encode()),
            "dispatch": Ask(
                "dispatch", "POST", f"/v1/orders/{self.office.accepted[0]}/progress", ("department", self.office.department),
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
        """Draw requests from one service's OpenAPI document, valid and not."""
        base = self.city.stack.services[service]
        random = Random(f"{self.seed} {service}")
        with httpx.Client(base_url=base, timeout=ANSWERS_WITHIN, trust_env=False) as client:
            schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
            operations = [found.ok() for found in schema.get_all_operations()]
            each = max(2, requests // (2 * len(operations)))
            for operation in operations:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    self._draw(client, service, operation, mode, each, random, tally)
                    progress.step(each)

    def _draw(
        self, client: httpx.Client, service: str, operation: Any, mode: GenerationMode, each: int, random: Random, tally: Tally
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
                real = PLACE if name == "unit" else SOURCE if name == "source" else random.choice(self.office.accepted)
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
            if b"Connection: close" not in raw[:2000] or not _is_whole(raw):
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
