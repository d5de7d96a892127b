"""Which type faces a PDF is set in: the office's own where they are installed, else the free ones that come along."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import typst

from shared.kernel.refusals import Refused
from shared.papers.glyphs import Ranges, drawn

SERIF = ("Noto Serif SC", "Noto Serif CJK SC", "Source Han Serif SC")
SANS = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC")
FANGSONG = ("FangSong_GB2312", "FangSong", "STFangsong", "FandolFang R", *SERIF)
WANTED = {
    "body": FANGSONG,
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "STZhongsong", *SERIF),
    "heading": ("SimHei", "STHeiti", *SANS),
    "subheading": ("KaiTi_GB2312", "KaiTi", "STKaiti", "FandolKai", *FANGSONG),
    "figures": SERIF,
}
"""Role in GB/T 9704 -> families in order of preference: 仿宋, 小标宋, 黑体, 楷体, and 宋体 for page numbers."""


REGULAR = 400
"""Weight of the faces that papers are set in; bold titles are drawn with a stroke."""


def choose(available: Iterable[str]) -> dict[str, list[str]]:
    """Return the families of each role that are available. Raises Refused("paper.no_font")."""
    known = {name.casefold(): name for name in available}
    chosen: dict[str, list[str]] = {}
    for role, wanted in WANTED.items():
        chosen[role] = [known[name.casefold()] for name in wanted if name.casefold() in known]
        if not chosen[role]:
            raise Refused("paper.no_font", role, families="、".join(wanted))
    return chosen


@cache
def fonts() -> Any:
    """Return what Typst may use: the system's fonts and the bundled ones; looked for once."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=_bundled())


def _bundled() -> list[str]:
    try:
        import pylopdf_fonts_zh_cn as bundle
    except ImportError:
        return []
    return [str(bundle.serif_path().parent)]


@cache
def faces() -> dict[str, list[str]]:
    """Return the families of each role on this machine. Raises Refused("paper.no_font")."""
    return choose(fonts().families())


@cache
def _drawn() -> dict[str, tuple[Ranges, ...]]:
    """Return, for each role, what each of its faces draws."""
    found = fonts().fonts()
    return {
        role: tuple(
            drawn(font.path, font.index) for font in found if font.family in families and font.weight == REGULAR
        )
        for role, families in faces().items()
    }


@lru_cache(maxsize=1 << 14)
def is_drawn(letter: str) -> bool:
    """Tell whether a paper can show a character, whatever it is set in."""
    code = ord(letter)
    return letter in "\n\t" or all(any(_holds(ranges, code) for ranges in role) for role in _drawn().values())


def _holds(ranges: Ranges, code: int) -> bool:
    at = bisect_right(ranges, (code, sys.maxunicode)) - 1
    return at >= 0 and ranges[at][0] <= code <= ranges[at][1]


def without_boxes(text: str) -> str:
    """Return a text in which a character that no face draws is named by its code instead: never an empty box."""
    return "".join(letter if is_drawn(letter) else f"〔U+{ord(letter):04X}〕" for letter in text)
