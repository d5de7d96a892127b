"""Which type faces a PDF is set in: the office's own where they are installed, else the free ones that come along."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import typst
from fontTools.ttLib import TTFont

from shared.kernel.refusals import Refused

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
def _drawn() -> frozenset[int]:
    """Return the characters for which every role has a glyph."""
    per_role = []
    for families in faces().values():
        files = {(font.path, font.index) for font in fonts().fonts() if font.family in families}
        per_role.append(frozenset().union(*(_characters(path, index) for path, index in files)))
    return frozenset.intersection(*per_role)


@cache
def _characters(path: str, index: int) -> frozenset[int]:
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap())


def without_boxes(text: str) -> str:
    """Return a text in which a character that no face draws is named by its code instead: never an empty box."""
    drawn = _drawn()
    if all(ord(letter) in drawn or letter in "\n\t" for letter in text):
        return text
    return "".join(c if ord(c) in drawn or c in "\n\t" else f"〔U+{ord(c):04X}〕" for c in text)
