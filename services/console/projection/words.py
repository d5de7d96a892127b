"""What a search finds: the pairs of characters of each summary, and the number and its parts, each as one word.

Pairs, since most Chinese words have two characters, which three-character indexes cannot look up; and PostgreSQL's
own text search, since it is always there and finds beginnings of words: one character, or the start of a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec

from services.console.projection import rows
from services.console.projection.case import CaseRow
from shared.persistence.connection import Executes

_RUN = re.compile(r"\w+")
_NUMBER = re.compile(r"[0-9a-z]+(-[0-9a-z]+)*-?")


class WordsRow(msgspec.Struct, frozen=True):
    """The words of one case: `said` is what is compared, `words` what is looked up."""

    id: str
    said: str
    words: str


async def keep(conn: Executes, before: Mapping[str, CaseRow], after: Mapping[str, CaseRow]) -> None:
    """Keep the words of cases whose number or summary is new."""
    changed = [
        row for name, row in after.items()
        if (was := before.get(name)) is None or (was.number, was.summary) != (row.number, row.summary)
    ]  # fmt: skip
    await rows.write(conn, "case_words", [words_of(row) for row in changed])


def words_of(row: CaseRow) -> WordsRow:
    """Return the words of a case."""
    number, said = row.number.lower(), row.summary.lower().replace("\0", "\ufffd")
    found = {f"#{number}", *(f"#{part}" for part in number.split("-"))} if number else set[str]()
    for run in _RUN.findall(said):
        found.update(map("".join, pairwise(run)))
        found.add(run[-1])
    return WordsRow(row.id, said, " ".join(map(_quoted, sorted(found))))


def sought(q: str) -> tuple[str, str, bool]:
    """Return what to look up as a `tsquery`, "" for nothing, the pattern a summary must then be LIKE, or none of it.

    What reads like a number, or the beginning of one or of one of its parts, finds numbers as well.
    """
    q = q.lower().replace("\0", "")
    runs = _RUN.findall(q)
    pairs = [pair for run in runs for pair in map("".join, pairwise(run))]
    pairs += [f"{run}:*" for run in runs if len(run) == 1]
    words = " & ".join(f"{_quoted(pair.removesuffix(':*'))}{':*' if pair.endswith(':*') else ''}" for pair in pairs)
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if not _NUMBER.fullmatch(q):
        return words, f"%{escaped}%", False
    number = f"{_quoted('#' + q)}:*"
    return (f"({words}) | {number}" if words else number), f"%{escaped}%", True


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
