"""What can be wrong with a request: what it says, and the very bytes on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from urllib.parse import quote

from tests.fuzz.asks import Ask
from tests.fuzz.damage import CODES, KINDS, NUMBERS, ODD, TEXTS, TIMES, Raw

BODY_KINDS = (
    "bytes flipped", "cut short", "said twice, or with something before or after", "another encoding",
    "bytes that are not UTF-8 in a text", "NUL, raw or escaped", "lone surrogate", "no value, or nothing in it",
    "a megabyte", "nested deeply", "wrong type of a field", "huge or odd number", "odd text in a field",
    "odd code in a field", "date out of range", "field missing, unknown or twice",
)  # fmt: skip
SEGMENTS = (
    "%00", "%ff", "..", "../../etc/passwd", "%2e%2e%2f", "%ED%A0%80", "%zz", "%", "a%0Ab", "%F0%9F%98%80", "'", "a;b=c",
    "%E2%80%AE",
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

LENGTH = b"Content-Length: "
BAD_CHUNKS = (b"zz\r\nx\r\n", b"-1\r\n", b"5\r\nab\r\n", b"F" * 20 + b"\r\n")
NOT_HTTP = (
    b"\x16\x03\x01\x02\0",
    b"\0" * 99,
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\r\n" * 50,
    b"SSH-2.0-x\r\n",
)
RAW_BYTES = (b"\xff\xfe", b"\xe9\x83\xa8", b"\x01", b"a b", b"\\")
WIRE: dict[str, Callable[[Random, bytes], bytes]] = {
    "wire: content-length too small": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: 0\r\nX: "),
    "wire: content-length too big": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: 9"),
    "wire: content-length nonsense": lambda r, b: b.replace(LENGTH, LENGTH + r.choice((b"-", b"x", b"1, ", b"9" * 30))),
    "wire: two content-lengths": lambda r, b: b.replace(b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: "),
    "wire: chunked 2 MB": lambda r, b: _chunked(b, b"8000\r\n" + b"x" * 0x8000 + b"\r\n", 64),
    "wire: bad chunks": lambda r, b: _chunked(b, r.choice(BAD_CHUNKS), 1),
    "wire: bytes flipped": lambda r, b: _flip(r, b),
    "wire: cut off": lambda r, b: b[: r.randrange(1, len(b))],
    "wire: not HTTP": lambda r, b: r.choice(NOT_HTTP),
    "wire: raw bytes in the path": lambda r, b: b.replace(b" /", b" /" + r.choice(RAW_BYTES), 1),
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
