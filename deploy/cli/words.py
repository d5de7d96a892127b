"""Which language a person reads on the command line; known before any help text is built."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def pick(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return "zh" or "en": `--lang` anywhere on the command line, else `SIDAN_LANG`, else Chinese."""
    wanted = environment.get("SIDAN_LANG", "zh")
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and at + 1 < len(arguments):
            wanted = arguments[at + 1]
        elif argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
    return "en" if wanted.lower().startswith("en") else "zh"


def without_language(arguments: Sequence[str]) -> list[str]:
    """Return the command line without `--lang …`, which may stand anywhere and is no command's own option."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*kept, argument, *rest]
        if argument == "--lang":
            next(rest, None)
        elif not argument.startswith("--lang="):
            kept.append(argument)
    return kept


LANGUAGE = pick(sys.argv[1:], os.environ)


def t(zh: str, en: str) -> str:
    """Return the words in the language of this run."""
    return en if LANGUAGE == "en" else zh


def both(zh: str, en: str) -> str:
    """Return the words for a line that everyone should understand: Chinese first, English after it."""
    return en if LANGUAGE == "en" else f"{zh}  [dim]{en}[/dim]"
