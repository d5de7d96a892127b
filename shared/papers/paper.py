"""What a paper says, without a word about files: one description for every form it is given out in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` 1 is set in 黑体, 2 in 楷体. Its number is part of the text: see `numbered`."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs, one per line of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A word and what it stands before, as in 出席：…; further lines hang under the first."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` is its share of the page's width, `right` sets figures."""

    title: str
    width: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose heading repeats on every page; `title` stands above it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right, a group per label and a bar per series; None is no value and draws no bar.

    `most` is the value of a full bar; values are written with `decimals`.
    """

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    most: float
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a form: what is asked, what is filled in, and room for at least so many `lines`."""

    label: str
    text: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Form:
    """A ruled form (单): rows of one entry, which takes the whole width, or of two side by side."""

    rows: tuple[tuple[Entry] | tuple[Entry, Entry], ...]


Block = Heading | Text | Labelled | Table | Chart | Form


@dataclass(frozen=True, slots=True)
class Paper:
    """One official paper (公文, GB/T 9704): red agency line, number, title, body, signature, record of issue, footer.

    `foot` stands small on every page. What is empty is left out. A `slip` (单) is a form that fits on a page: its head
    begins at the top of the type and takes half the room.
    """

    agency: str
    title: str
    blocks: tuple[Block, ...]
    number: str = ""
    recipients: str = ""
    signed: str = ""
    signed_on: date | None = None
    copies: str = ""
    issued_by: str = ""
    issued_on: date | None = None
    foot: str = ""
    slip: bool = False


def printable(text: str) -> str:
    """Return a text without the characters that no XML can hold."""
    return _UNPRINTABLE.sub("", text)


def numeral(number: int) -> str:
    """Return a number from 1 to 9999 in Chinese, as headings are numbered."""
    if not 1 <= number <= 9999:
        raise ValueError(f"{number} is not numbered in words")
    said, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return said.removeprefix("一") if said.startswith("一十") else said


def numbered(texts: Sequence[str], level: int = 1) -> list[str]:
    """Return headings with their numbers: 一、 at the first level, （一） at the second."""
    form = "{}、{}" if level == 1 else "（{}）{}"
    return [form.format(numeral(n), text) for n, text in enumerate(texts, start=1)]


def chinese_day(on: date) -> str:
    """Return a day as papers are dated: without leading zeros."""
    return f"{on.year}年{on.month}月{on.day}日"
