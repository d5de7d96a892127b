"""What a text is made of for a program: its Chinese characters alone, in short runs and as words of a dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

LONGEST_WORD = 4
"""Characters; longer entries of the dictionary are names and sayings."""
_OTHER = re.compile("[^\u4e00-\u9fff]+")


def plain(text: str) -> str:
    """Return the Chinese characters of a text, a space for whatever stands between them.

    Digits and letters say where and who, not what: without them no telephone number is ever learnt.
    """
    return _OTHER.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of feature: runs of `shortest` to `longest` characters of the headline or of the whole text.

    With `words` only those that a dictionary has; `rows` is in how many texts one must stand to be learnt.
    """

    name: str
    headline: bool
    shortest: int
    longest: int
    words: bool
    rows: int


BLOCKS = (
    Block("words", False, 2, LONGEST_WORD, True, 2),
    Block("headline", True, 1, 2, False, 1),
    Block("letters", False, 1, 2, False, 2),
    Block("headline_words", True, 2, LONGEST_WORD, True, 1),
    Block("triples", False, 3, 3, False, 2),
)
"""The headline counts twice: it is a fifteenth of the text and says what the text is about."""


def grams(block: Block, text: str) -> Iterator[str]:
    """Yield the runs of a text for a block, as often as they stand there."""
    known = dictionary() if block.words else None
    for length in range(block.shortest, block.longest + 1):
        for at in range(len(text) - length + 1):
            gram = text[at : at + length]
            if known is None or gram in known:
                yield gram


@cache
def dictionary() -> frozenset[str]:
    """Return the words of jieba's dictionary that have two to four characters; read when first wanted (0.2 s)."""
    package = find_spec("jieba")  # its dictionary alone: importing it compiles a segmenter that is not needed
    if package is None or package.origin is None:
        raise ModuleNotFoundError("jieba")
    said = Path(package.origin).with_name("dict.txt").read_text(encoding="utf-8")
    words = (line.partition(" ")[0] for line in said.splitlines())
    return frozenset(word for word in words if 2 <= len(word) <= LONGEST_WORD and not _OTHER.search(word))
