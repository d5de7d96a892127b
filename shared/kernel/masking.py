"""Text as it may travel on a shared stream: what could name or find a person is starred out.

Every rule errs towards starring too much; the exact text stays in the dossier, for the handling unit alone.
"""

from __future__ import annotations

import re

_DASHES = r"\-‐‑‒–—−"
_DOTS = ".·•・‧"
_JOIN = rf"[ {_DASHES}{_DOTS}_/~～、()（）]{{0,3}}"
_NUMBER = r"[0-9一二两三四五六七八九十百零〇]"
_HOUSE = rf"(?:[A-Za-z]?{_NUMBER}{{1,6}}(?:[-–—#]{_NUMBER}{{1,6}}){{0,3}}[A-Za-z]?)"
_BUILDING = rf"[A-Za-z]?{_NUMBER}{{1,3}}[A-Za-z]? ?(?:号楼|栋|幢|座)"
"""A building is a place: many live there. What follows it, the unit and the room, finds somebody."""
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_PERSONAL = tuple(
    re.compile(pattern)
    for pattern in (
        # identity numbers (18, 15) and bank cards, however grouped
        rf"\d(?:{_JOIN}\d){{11,}}{_JOIN}[Xx]?",
        # mobiles, with or without country code
        rf"(?:\+?86{_JOIN})?1{_JOIN}[3-9](?:{_JOIN}\d){{9}}",
        # landlines and service numbers; two years (2018-2019) are none
        r"\(?0\d{2,3}\)?[ \-–—]{0,2}\d{3,4}[ \-–—]?\d{3,4}",
        r"[48]00[ \-–—]\d{3,4}[ \-–—]?\d{3,4}",
        r"(?<!\d)(?!(?:19|20)\d\d[-–—](?:19|20)\d\d)\d{3,4}[-–—]\d{4}(?!\d)",
        # any other long number, also one that is spelt
        r"\d{7,}",
        r"[零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖]{7,}",
        # mailboxes, of whose names or hosts a part may be starred already
        r"[A-Za-z0-9*._%+\-]{1,64} ?@ ?[A-Za-z0-9*.\-]{1,253}",
        rf"[{_PROVINCES}] ?[A-Za-z] ?[{_DASHES}{_DOTS}]? ?[A-Za-z0-9]{{5,6}}",
        # accounts and names after the word that announces them
        r"(?<=微信)[号是为: ：]{0,4}[A-Za-z0-9_\-]{5,}",
        r"(?i:(?<=qq))[号是为: ：]{0,4}\d{5,}",
        r"(?:(?<=姓名)|(?<=联系人)|(?<=[我人名]叫))[ :：是为]{0,3}(?:[\u4e00-\u9fff·]{1,4}|[A-Za-z ]{2,30})",
        # house, unit and room; a day of the month (7月10号), a line (3号线) and a building (3号楼) are none
        rf"(?<![月A-Za-z0-9一二两三四五六七八九十百零〇])(?!{_BUILDING})"
        rf"{_HOUSE}(?= ?(?:号楼|栋|幢|座|单元|室|弄|房|号(?!线)))",
        rf"(?:(?<=[栋幢座])|(?<=号楼)|(?<=单元)) ?{_HOUSE}",
        # the same in figures alone: 12-3-401, 3#2-501, 3#501; behind the name of an estate, 住, 在 or 家 also 3-501
        rf"(?<![0-9A-Za-z])[A-Za-z]?\d{{1,3}}(?:[{_DASHES}]\d{{1,2}}[{_DASHES}]|#(?:\d{{1,2}}[{_DASHES}])?)\d{{3,4}}(?!\d)",
        rf"(?<=[区苑园里府城庄居邸湾住在家])[A-Za-z]?\d{{1,3}}[{_DASHES}]\d{{3,4}}(?!\d)",
    )
)
_FINDS = re.compile(
    r"(?<![0-9A-Fa-f.])(?:1[3-9]\d{9}"
    r"|[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx])(?![0-9A-Fa-f])"
)
"""A mobile, or an identity number by its date of birth; neither a fraction nor a piece of a hash is one."""
_NARROW = {ord("０") + i: ord("0") + i for i in range(10)}
_NARROW |= {ord("Ａ") + i: ord("A") + i for i in range(26)}
_NARROW |= {ord("ａ") + i: ord("a") + i for i in range(26)}
_NARROW |= {ord(wide): ord(narrow) for wide, narrow in zip("＠＋－．／＿％", "@+-./_%", strict=True)}
_INVISIBLE = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0x20E3, 0xFE0F, 0xFEFF)
)
_MARGIN = 128
"""A number that begins inside the limit is recognised whole; longer ones match by any part of them."""


def mask(text: str, limit: int = 200) -> str:
    """Return the text in one line of at most `limit` characters, everything personal starred out.

    Stars keep the length, so that what is cut off is exactly what was never looked at. Full-width letters and digits
    become narrow, invisible characters go.
    """
    line = " ".join(text.translate(_NARROW).translate(_INVISIBLE).split())[: limit + _MARGIN]
    for personal in _PERSONAL:
        line = personal.sub(_stars, line)
    return line if len(line) <= limit else line[: max(limit - 1, 0)] + "…"[:limit]


def finds_a_person(code: str) -> bool:
    """Tell whether a mobile or an identity number stands whole in what must travel as it is, such as an id."""
    return _FINDS.search(code) is not None


def _stars(found: re.Match[str]) -> str:
    return "*" * len(found.group())
