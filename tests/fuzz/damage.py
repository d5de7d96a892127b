"""What can be wrong with a record: each kind of damage is a function of its own, drawn by a seeded chance."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as a producer hands it over; `stamp` is its own time in milliseconds, None for now."""

    key: bytes | None
    headers: Headers
    value: bytes | None
    stamp: int | None = None


Damage = Callable[[Random, Raw], Raw]
KINDS: dict[str, Damage] = {}
"""Kind of damage -> what does it."""

TEXTS = (
    "", " ", "\u0001\u001b[2J", "a\nb\r\nc", "\u007f", "😀👩‍👩‍👧", "\u202e反\u202c", "\u200b\u200d\ufeff",
    "İı", "ﷺ" * 50,
    "../../etc/passwd",
    "'; DROP TABLE subject; --", "%s%n{0}{self}", "\\", "null", "NaN", "\ufffe\uffff", "e\u0301" * 60, "长" * 70_000,
)  # fmt: skip
CODES = (
    "",
    "é",
    "部门",
    "A" * 65,
    "-x",
    "a b",
    "a/b",
    "x\u200b",
    "ledger:x",
    "meeting:1",
    "a\u0000b",
    "score:hb:2026-01",
    "a'b",
)
NUMBERS = (
    "0",
    "-1",
    "2147483648",
    "-9223372036854775809",
    "1" + "0" * 30,
    "9" * 5000,
    "1e400",
    "-1e-400",
    "0.1",
    "1e0",
)
ODD = ("NaN", "Infinity", "-Infinity", "nan", "0x10", "01", "+1", "1_000", "True", "undefined", "'x'", "{,}", "[1,]")
TIMES = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z", "2026-02-30T00:00:00+08:00", "2026-01-01T24:00:00+08:00", "2016-12-31T23:59:60Z",
    "2026-01-01T00:00:00", "now", "1e18", "-62135596801", "2026-01-01T00:00:00+99:99", "２０２６-01-01T00:00:00Z",
    "2026-01-01T00:00:00.123456789123+08:00", "20260101T000000Z", "2026-W01-1T00:00:00Z",
)  # fmt: skip
SEQUENCES = (
    "-1",
    "0",
    "1" + "0" * 30,
    "2147483648",
    "one",
    "1.0",
    "１",
    " 1",
    "1_0",
    "0x1",
    "",
    "9" * 5000,
    "+1",
    "99",
)
AFTERS = (
    "intake", "intake:x", "intake:-1", "intake:" + "9" * 40, "nobody:1", "intake:1,intake:2", ":1", ",,,", "intake:1:2",
    "dispatch:99999", "intake:0", "feedback:2147483647",
)  # fmt: skip
TYPES = (
    "report.v1", "report.v2", "report.v99", "rating.v1", "order.accept.v1", "order.progress.v0", "case.registered.v1",
    "case.closed.v1", "order.opened.v1", "", "v1", "Report.V1", "report.v1\u200b", "x" * 10_000, "__class__",
    "score.published.v1",
)  # fmt: skip


def kind(name: str) -> Callable[[Damage], Damage]:
    """Enter a kind of damage under a name."""

    def enter(damage: Damage) -> Damage:
        KINDS[name] = damage
        return damage

    return enter


# ---- the value, byte by byte


@kind("bytes flipped")
def _flip(random: Random, raw: Raw) -> Raw:
    value = bytearray(raw.value or b"")
    for _ in range(random.randint(1, 8)):
        value[random.randrange(len(value))] ^= 1 << random.randrange(8)
    return replace(raw, value=bytes(value))


@kind("cut short")
def _cut(random: Random, raw: Raw) -> Raw:
    value = raw.value or b""
    return replace(raw, value=value[: random.randrange(len(value))])


@kind("said twice, or with something before or after")
def _around(random: Random, raw: Raw) -> Raw:
    value = raw.value or b""
    return replace(
        raw,
        value=random.choice(
            (
                value * 2,
                b"\xef\xbb\xbf" + value,
                value + b"\0",
                b" \n" + value + b"\t",
                value + b"}",
                b"[" + value + b"]",
            )
        ),
    )


@kind("another encoding")
def _encoding(random: Random, raw: Raw) -> Raw:
    text = (raw.value or b"").decode()
    return replace(
        raw, value=text.encode(random.choice(("utf-16", "utf-16-le", "utf-32", "gb18030", "utf-7")), "replace")
    )


@kind("bytes that are not UTF-8 in a text")
def _bad_utf8(random: Random, raw: Raw) -> Raw:
    bad = random.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe4\xb8"))
    return replace(raw, value=_put_in_text(random, raw.value, bad))


@kind("NUL, raw or escaped")
def _nul(random: Random, raw: Raw) -> Raw:
    return replace(raw, value=_put_in_text(random, raw.value, random.choice((b"\0", b"\\u0000", b"\\\\u0000"))))


@kind("lone surrogate")
def _surrogate(random: Random, raw: Raw) -> Raw:
    return replace(
        raw, value=_put_in_text(random, raw.value, random.choice((b"\\ud800", b"\\udc00", b"\\ude00\\ud800")))
    )


@kind("no value, or nothing in it")
def _empty(random: Random, raw: Raw) -> Raw:
    return replace(raw, value=random.choice((None, b"", b" ", b"null", b"{}", b"[]", b"0", b'""', b"true")))


@kind("a megabyte")
def _large(random: Random, raw: Raw) -> Raw:
    fill = random.choice((b" ", b"x", b"[", "长".encode()))
    return replace(
        raw, value=_put_in_text(random, raw.value, (fill * 1_000_000)[: random.choice((66_000, 300_000, 900_000))])
    )


@kind("nested deeply")
def _nested(random: Random, raw: Raw) -> Raw:
    deep = random.choice((30, 120, 1_000, 30_000))
    head, tail = random.choice(((b"[", b"]"), (b'{"a":', b"}")))
    tree = head * deep + b"1" + tail * random.choice((deep, deep - 1))
    return replace(raw, value=random.choice((tree, _set(random, raw.value, tree.decode()))))


# ---- the value, field by field


@kind("wrong type of a field")
def _type(random: Random, raw: Raw) -> Raw:
    return replace(
        raw,
        value=_set(
            random, raw.value, random.choice(('"x"', "1", "true", "null", "[]", "{}", '{"a":1}', '["a"]', "1.5", '""'))
        ),
    )


@kind("huge or odd number")
def _number(random: Random, raw: Raw) -> Raw:
    return replace(raw, value=_set(random, raw.value, random.choice((*NUMBERS, *ODD))))


@kind("odd text in a field")
def _text(random: Random, raw: Raw) -> Raw:
    return replace(
        raw, value=_set(random, raw.value, json.dumps(random.choice(TEXTS), ensure_ascii=random.random() < 0.5))
    )


@kind("odd code in a field")
def _code(random: Random, raw: Raw) -> Raw:
    return replace(raw, value=_set(random, raw.value, json.dumps(random.choice(CODES))))


@kind("date out of range")
def _date(random: Random, raw: Raw) -> Raw:
    said = json.dumps(random.choice(TIMES))
    places = [p for p in _places(json.loads(raw.value or b"{}")) if str(p[-1]).endswith(("at", "_by", "until", "on"))]
    if not places:
        body = json.loads(raw.value or b"{}")
        body = body if isinstance(body, dict) else {}
        return replace(raw, value=_dump({**body, "at": _Literal(said)}))
    return replace(raw, value=_set(random, raw.value, said, places))


@kind("field missing, unknown or twice")
def _field(random: Random, raw: Raw) -> Raw:
    body = json.loads(raw.value or b"{}")
    if not isinstance(body, dict) or not body:
        return replace(raw, value=b'{"unknown": 1}')
    name = random.choice(sorted(body))
    match random.randrange(4):
        case 0:
            del body[name]
        case 1:
            body[random.choice(("", "__proto__", "TYPE", "model_config", "é", "x" * 5000, "\ud800"))] = 1
        case 2:
            return replace(raw, value=_dump(body)[:-1] + f", {json.dumps(name)}: 1}}".encode())
        case _:
            body[f"{name} "] = body.pop(name)
    return replace(raw, value=_dump(body))


# ---- key and headers


@kind("key")
def _key(random: Random, raw: Raw) -> Raw:
    return replace(raw, key=random.choice((None, b"", b"\xff\xfe", b"\0", b"k" * 60_000, "钥匙😀".encode())))


@kind("header missing")
def _missing(random: Random, raw: Raw) -> Raw:
    gone = random.choice(raw.headers)[0]
    return replace(raw, headers=tuple(h for h in raw.headers if h[0] != gone) if random.random() < 0.9 else ())


@kind("header without a value")
def _null_header(random: Random, raw: Raw) -> Raw:
    return _header(raw, random.choice(raw.headers)[0], random.choice((None, b"", b" ")))


@kind("header twice")
def _twice(random: Random, raw: Raw) -> Raw:
    name, _ = random.choice(raw.headers)
    other = (name, random.choice((b"other", b"\xff", None, b"1")))
    return replace(raw, headers=(*raw.headers, other) if random.random() < 0.5 else (other, *raw.headers))


@kind("header very long, or a thousand of them")
def _long(random: Random, raw: Raw) -> Raw:
    if random.random() < 0.3:
        return replace(raw, headers=(*raw.headers, *((f"x-{n}", b"v" * 50) for n in range(1000))))
    return _header(raw, random.choice(raw.headers)[0], b"a" * random.choice((129, 5_000, 200_000)))


@kind("header not UTF-8, or with NUL or control characters")
def _header_bytes(random: Random, raw: Raw) -> Raw:
    bad = random.choice((b"\xff\xfe", b"a\0b", b"a\nb", b"\x1b[31m", b"\xc3", b"\xed\xa0\x80"))
    return _header(raw, random.choice((*raw.headers, ("x-theirs", b"")))[0], bad)


@kind("header with an odd name")
def _header_name(random: Random, raw: Raw) -> Raw:
    name = random.choice(("", "\0", "ce_id\0", "头", "😀", "CE_ID", "n" * 30_000, "\u202e", "ce_id "))
    return replace(raw, headers=(*raw.headers, (name, b"x")))


@kind("ce_id")
def _id(random: Random, raw: Raw) -> Raw:
    return _header(raw, "ce_id", random.choice((*TEXTS[:-1], "i" * 128, "i" * 129, "i" * 100_000)).encode())


@kind("ce_type")
def _type_header(random: Random, raw: Raw) -> Raw:
    return _header(raw, "ce_type", random.choice(TYPES).encode())


@kind("ce_source, ce_authid and the rest")
def _source(random: Random, raw: Raw) -> Raw:
    names = (
        "ce_source",
        "ce_authtype",
        "ce_authid",
        "ce_specversion",
        "ce_cityversion",
        "ce_correlationid",
        "ce_causationid",
        "content-type",
    )
    return _header(raw, random.choice(names), random.choice((*TEXTS, *CODES)).encode())


@kind("ce_subject")
def _subject(random: Random, raw: Raw) -> Raw:
    own = f"s{random.getrandbits(40)}"
    others = (
        *TEXTS,
        "s" * 201,
        "a\0b",
        f"ledger:{own}",
        f"{own}:{own}",
        f"case:{own}",
        f"{own} ",
        f"meeting:{own}:9",
        f"score:{own}",
    )
    return _header(raw, "ce_subject", random.choice(others).encode())


@kind("ce_sequence")
def _sequence(random: Random, raw: Raw) -> Raw:
    return _header(raw, "ce_sequence", random.choice(SEQUENCES).encode())


@kind("ce_after")
def _after(random: Random, raw: Raw) -> Raw:
    return _header(raw, "ce_after", random.choice(AFTERS).encode())


@kind("ce_time, ce_recordedtime")
def _time(random: Random, raw: Raw) -> Raw:
    return _header(raw, random.choice(("ce_time", "ce_recordedtime")), random.choice(TIMES).encode())


@kind("the record's own time")
def _stamp(random: Random, raw: Raw) -> Raw:
    return replace(raw, stamp=random.choice((0, 1, 253_402_300_800)))


@kind("several at once")
def _several(random: Random, raw: Raw) -> Raw:
    for name in random.sample(sorted(KINDS.keys() - {"several at once", "a megabyte"}), random.randint(2, 4)):
        try:
            raw = KINDS[name](random, raw)
        except (ValueError, IndexError, AttributeError, RecursionError, TypeError):
            continue  # the one before has left nothing of what this one damages
    return raw


def _header(raw: Raw, name: str, value: bytes | None) -> Raw:
    if any(n == name for n, _ in raw.headers):
        return replace(raw, headers=tuple((n, value if n == name else v) for n, v in raw.headers))
    return replace(raw, headers=(*raw.headers, (name, value)))


# ---- JSON


class _Literal(str):
    """Text that goes into JSON as it is."""


def _places(tree: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in pairs:
        yield (*above, name)
        yield from _places(value, (*above, name))


def _set(random: Random, value: bytes | None, literal: str, places: list[tuple[Any, ...]] | None = None) -> bytes:
    tree = json.loads(value or b"{}")
    choices = places or sorted(_places(tree), key=str)
    if not choices:
        return literal.encode("utf-8", "surrogatepass")
    *above, last = random.choice(choices)
    node = tree
    for name in above:
        node = node[name]
    node[last] = _Literal(literal)
    return _dump(tree)


def _dump(tree: Any) -> bytes:
    return _write(tree).encode("utf-8", "surrogatepass")


def _write(tree: Any) -> str:
    if isinstance(tree, _Literal):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_write(value)}" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(_write(value) for value in tree) + "]"
    return json.dumps(tree, ensure_ascii=False)


def _put_in_text(random: Random, value: bytes | None, bad: bytes) -> bytes:
    """Insert bytes before a closing quotation mark: into a text, or into the name of a field."""
    text = value or b'""'
    ends = [n for n, byte in enumerate(text) if byte == 0x22][1::2] or [len(text)]
    at = random.choice(ends)
    return text[:at] + bad + text[at:]
