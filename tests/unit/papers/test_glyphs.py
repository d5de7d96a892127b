"""Which characters a face draws is read from its own table, in either of its two forms."""

from __future__ import annotations

from pathlib import Path
from struct import pack

from pylopdf_fonts_zh_cn import sans_path, serif_path

from shared.papers.glyphs import drawn


def font(path: Path, form: bytes, encoding: int) -> str:
    """Write a font file that has nothing but a table of characters."""
    cmap = pack(">HHHHI", 0, 1, 3, encoding, 12) + form
    path.write_bytes(pack(">IHHHH", 0x00010000, 1, 0, 0, 0) + pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap)
    return str(path)


def test_the_bundled_faces_draw_chinese_and_figures() -> None:
    for path in (serif_path(), sans_path()):
        ranges = drawn(str(path), 0)
        assert ranges == tuple(sorted(ranges))
        for letter in "市〔〕—①A9㙍":
            assert any(first <= ord(letter) <= last for first, last in ranges), letter
        assert not any(first <= 0xE0041 <= last for first, last in ranges)


def test_a_table_of_groups_is_read(tmp_path: Path) -> None:
    groups = pack(">HHIII", 12, 0, 16 + 24, 0, 2) + pack(">IIIIII", 0x41, 0x43, 1, 0x4E00, 0x4E01, 4)
    assert drawn(font(tmp_path / "a.otf", groups, 10), 0) == ((0x41, 0x43), (0x4E00, 0x4E01))


def test_a_table_of_segments_is_read_glyph_by_glyph_where_it_has_holes(tmp_path: Path) -> None:
    lasts, firsts, deltas, offsets = (0x42, 0x4E02, 0xFFFF), (0x41, 0x4E00, 0xFFFF), (0, 0, 1), (0, 4, 0)
    glyphs = (7, 0, 9)  # 0 is no glyph
    table = b"".join(
        [pack(">HHHHHHH", 4, 0, 0, 6, 0, 0, 0), pack(">3H", *lasts), pack(">H", 0), pack(">3H", *firsts),
         pack(">3H", *deltas), pack(">3H", *offsets), pack(">3H", *glyphs)]
    )  # fmt: skip
    assert drawn(font(tmp_path / "a.ttf", table, 1), 0) == ((0x41, 0x42), (0x4E00, 0x4E00), (0x4E02, 0x4E02))


def test_a_font_without_such_a_table_draws_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.otf").write_bytes(pack(">IHHHH", 0x00010000, 0, 0, 0, 0))
    assert drawn(str(tmp_path / "a.otf"), 0) == ()
