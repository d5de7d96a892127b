"""A paper as Word document, laid out as its PDF is; set in the faces that an office has, by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor, Twips
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from shared.papers.paper import Block, Chart, Entry, Form, Heading, Labelled, Paper, Table, Text, chinese_day, printable
from shared.papers.pdf import picture

BODY, TITLE, HEADING, SUBHEADING, FIGURES = "仿宋", "方正小标宋简体", "黑体", "楷体", "宋体"
LATIN = "Times New Roman"
STAND_INS = {BODY: "FangSong,仿宋_GB2312,Noto Serif CJK SC", TITLE: "华文中宋,宋体,Noto Serif CJK SC",
             HEADING: "SimHei,Noto Sans CJK SC", SUBHEADING: "KaiTi,楷体_GB2312,Noto Serif CJK SC"}  # fmt: skip
"""Face -> what Word may take where it is not installed."""
RED = RGBColor(0xE6, 0x00, 0x12)
GREY = RGBColor(0x59, 0x59, 0x59)
SIZE, SMALL, TITLE_SIZE = 16, 10.5, 22
LINE = Twips(Mm(225).twips // 22)
"""Rounded down to what Word counts in, since a 22nd line that is a hair too high goes to the next page."""
TYPE_WIDTH = Mm(156)
PAGE_NUMBER, FOOT = Pt(18), Pt(12)
"""Heights of the footer's lines, which begin 7 mm below the type."""
FORM_LINE = 340
"""Twentieths of a point of a line in a form, which is set in 小四."""
_MEETING = re.compile(r"第\d+次会议")
TIGHTER = -4
"""Twentieths of a point between characters, so that 28 of them fill a line of 156 mm."""
LEFT, CENTRE, RIGHT, BOTH = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)


def word(paper: Paper) -> bytes:
    """Return the paper as .docx. Raises Refused("paper.no_font") where a chart cannot be drawn."""
    sheet = _Sheet()
    sheet.head(paper)
    for block in paper.blocks:
        sheet.put(block, sealed=paper.slip and bool(paper.signed) and block is paper.blocks[-1])
    sheet.tail(paper)
    return sheet.bytes()


class _Sheet:
    """A Word document under the pen."""

    def __init__(self) -> None:
        self._document = Document()
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        grid = _element("docGrid", type="lines", linePitch=str(LINE.twips))
        for old in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(old)
        section._sectPr.append(grid)
        normal = self._document.styles["Normal"]
        normal.font.size = Pt(SIZE)
        properties = normal.element.get_or_add_rPr()
        _face(properties, BODY)
        for name, value in (("spacing", {"val": str(TIGHTER)}), ("lang", {"val": "en-US", "eastAsia": "zh-CN"})):
            for old in properties.findall(qn(f"w:{name}")):
                properties.remove(old)
            properties.append(_element(name, **value))
        spaced = normal.element.get_or_add_pPr()
        spaced.extend([_element("autoSpaceDE", val="0"), _element("autoSpaceDN", val="0")])
        _stand_ins(self._document)

    def bytes(self) -> bytes:
        file = BytesIO()
        self._document.save(file)
        return file.getvalue()

    def head(self, paper: Paper) -> None:
        """Put the red line of the agency, number, rule, title and recipients."""
        properties = self._document.core_properties
        properties.title, properties.author = printable(paper.title)[:255], printable(paper.agency)[:255]
        size = max(20.0, min(30.0 if paper.slip else 40.0, TYPE_WIDTH.pt / max(1, len(paper.agency)) * 0.98))
        mark = self._line(paper.agency, CENTRE, face=TITLE, size=size, colour=RED, bold=True)
        gap = LINE // 2 if paper.slip else LINE
        mark.paragraph_format.space_before = Mm(0 if paper.slip else 35)
        mark.paragraph_format.line_spacing = Pt(size + 4)
        _off_the_grid(mark)
        last = mark
        if paper.number:
            last = self._line(paper.number, CENTRE)
            last.paragraph_format.space_before = gap
        _rule_below(last, "E60012", 12, 11)
        title = self._line(_broken(paper.title), CENTRE, face=TITLE, size=TITLE_SIZE, bold=True)
        title.paragraph_format.space_before = title.paragraph_format.space_after = gap
        title.paragraph_format.line_spacing = Pt(32)
        _off_the_grid(title)
        if paper.recipients:
            self._line(f"{paper.recipients}：", BOTH)

    def put(self, block: Block, *, sealed: bool = False) -> None:
        """Put one block of the body; the last line of a form goes with a seal below it, never alone on a page."""
        match block:
            case Heading():
                face = HEADING if block.level == 1 else SUBHEADING
                self._line(block.text, BOTH, face=face, indent=True).paragraph_format.keep_with_next = True
            case Text():
                for said in block.text.split("\n"):
                    self._line(said, BOTH, indent=True)
            case Labelled():
                self._labelled(block)
            case Table():
                self._table(block)
            case Form():
                self._ruled(_form_xml(block, sealed), sealed)
            case Chart():
                self._document.add_picture(BytesIO(picture(block)), width=TYPE_WIDTH)

    def tail(self, paper: Paper) -> None:
        """Put signature, record of issue and the footers of odd and even pages."""
        if paper.signed:
            if paper.blocks and isinstance(paper.blocks[-1], Text):  # no page holds the signature alone
                self._document.paragraphs[-1].paragraph_format.keep_with_next = True
            said = [paper.signed, *([chinese_day(paper.signed_on)] if paper.signed_on else [])]
            lines = [self._line(each, RIGHT, size=14 if paper.slip else SIZE) for each in said]
            lines[0].paragraph_format.space_before = Pt(6) if paper.slip else LINE * 2
            lines[0].paragraph_format.keep_with_next = True
            widest = max(map(_width, said))
            for line, each in zip(lines, said, strict=True):
                aside = (widest - _width(each)) / 2 * (14 if paper.slip else SIZE)
                line.paragraph_format.right_indent = Pt(SIZE * 4 + aside)
                if paper.slip:
                    line.paragraph_format.line_spacing = Pt(22)
                    _off_the_grid(line)
        if paper.copies:
            copies = self._line(f"抄送：{paper.copies}。", LEFT, size=14)
            copies.paragraph_format.space_before = LINE
            copies.paragraph_format.keep_with_next = True
            copies.paragraph_format.first_line_indent = Pt(14)
            _rule_above(copies)
        if paper.issued_by:
            day = f"\t{chinese_day(paper.issued_on)}印发" if paper.issued_on else ""
            issue = self._line(f"{paper.issued_by}{day}", LEFT, size=14)
            issue.paragraph_format.first_line_indent = Pt(14)
            issue.paragraph_format.space_before = Pt(0) if paper.copies else LINE
            issue.paragraph_format.tab_stops.add_tab_stop(TYPE_WIDTH - Pt(14), WD_TAB_ALIGNMENT.RIGHT)
            _rule_above(issue)
            _rule_below(issue, "000000", 8, 1)
        self._document.settings.odd_and_even_pages_header_footer = True
        section = self._document.sections[0]
        section.footer_distance = Mm(28) - PAGE_NUMBER - (FOOT if paper.foot else 0)
        for footer, side in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
            page = footer.paragraphs[0]
            page.alignment = side
            page.paragraph_format.line_spacing = PAGE_NUMBER
            _off_the_grid(page)
            edge = page.paragraph_format
            edge.right_indent, edge.left_indent = (Pt(14), None) if side is RIGHT else (None, Pt(14))
            self._run(page, "— ", face=FIGURES, size=14)
            _page_number(self._run(page, "", face=FIGURES, size=14))
            self._run(page, " —", face=FIGURES, size=14)
            if paper.foot:
                foot = footer.add_paragraph()
                foot.alignment = LEFT
                foot.paragraph_format.line_spacing = FOOT
                _off_the_grid(foot)
                self._run(foot, paper.foot, face=FIGURES, size=7.5, colour=GREY)

    def _labelled(self, block: Labelled) -> None:
        hang = Pt(SIZE * (len(block.label) + 1))
        for index, said in enumerate(block.text.split("\n")):
            line = self._document.add_paragraph()
            self._measure(line, BOTH)
            line.paragraph_format.left_indent = Pt(SIZE * 2) + hang
            if index == 0:
                line.paragraph_format.first_line_indent = -hang
                self._run(line, f"{block.label}：", face=HEADING)
            self._run(line, said)

    def _table(self, block: Table) -> None:
        if block.title:
            title = self._line(block.title, CENTRE, face=HEADING, size=12)
            title.paragraph_format.keep_with_next = True
        self._ruled(_table_xml(block))

    def _ruled(self, table: str, sealed: bool = False) -> None:
        after = self._line("", LEFT, size=6)
        after.paragraph_format.line_spacing = Pt(8)
        after.paragraph_format.keep_with_next = sealed or None
        _off_the_grid(after)
        after._p.addprevious(parse_xml(table))

    def _line(
        self,
        said: str,
        side: WD_ALIGN_PARAGRAPH,
        *,
        face: str = BODY,
        size: float = SIZE,
        colour: RGBColor | None = None,
        bold: bool = False,
        indent: bool = False,
    ) -> Paragraph:
        line = self._document.add_paragraph()
        self._measure(line, side)
        if indent:
            line.paragraph_format.first_line_indent = Pt(SIZE * 2)
        self._run(line, said, face=face, size=size, colour=colour, bold=bold)
        return line

    def _measure(self, line: Paragraph, side: WD_ALIGN_PARAGRAPH) -> None:
        line.alignment = side
        line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(0)
        line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        line.paragraph_format.line_spacing = LINE

    def _run(
        self,
        line: Paragraph,
        said: str,
        *,
        face: str = BODY,
        size: float = SIZE,
        colour: RGBColor | None = None,
        bold: bool = False,
    ) -> Run:
        run = line.add_run(printable(said))
        run.font.size, run.font.bold = Pt(size), bold
        _face(run._r.get_or_add_rPr(), face)
        if colour is not None:
            run.font.color.rgb = colour
        return run


def _width(said: str) -> float:
    """Return about how wide a line is, in its own size: a Chinese character is as wide as high."""
    return sum(1 if ord(letter) > 0xFF else 0.5 for letter in said)


def _broken(title: str) -> str:
    """Return a title of more than one line so that the number of a meeting is not torn apart."""
    number, fits = _MEETING.search(title), TYPE_WIDTH.pt // TITLE_SIZE
    if number is None or not _width(title[: number.start()]) <= fits < _width(title):
        return title
    return f"{title[: number.start()]}\n{title[number.start() :]}"


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _face(properties: Any, face: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for name, value in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", face), ("hint", "eastAsia")):
        fonts.set(qn(f"w:{name}"), value)


def _off_the_grid(line: Paragraph) -> None:
    """Let lines of another size keep their own distance."""
    line._p.get_or_add_pPr().insert_element_before(_element("snapToGrid", val="0"), *_AFTER_GRID)


def _rule_below(line: Paragraph, colour: str, eighths: int, gap: int) -> None:
    _rule(line, "bottom", colour, eighths, gap)


def _rule_above(line: Paragraph) -> None:
    _rule(line, "top", "000000", 6, 1)


def _rule(line: Paragraph, side: str, colour: str, eighths: int, gap: int) -> None:
    properties = line._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(borders, *_AFTER_BORDERS)
    borders.append(_element(side, val="single", sz=str(eighths), space=str(gap), color=colour))


_AFTER_BORDERS = (
    "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct", "w:topLinePunct",
    "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
    "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
    "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
)  # fmt: skip
"""What the schema wants after the borders of a paragraph."""


_AFTER_GRID = _AFTER_BORDERS[_AFTER_BORDERS.index("w:snapToGrid") + 1 :]


def _page_number(run: Run) -> None:
    """Let a run show the page's number."""
    for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = _element("instrText") if code else _element("fldChar", fldCharType=kind)
        part.text = code or None
        run._r.append(part)


def _stand_ins(document: Any) -> None:
    """Name the faces in the font table, each with those that may stand in for it."""
    part = next(p for p in document.part.package.iter_parts() if str(p.partname) == "/word/fontTable.xml")
    entries = "".join(
        f'<w:font w:name="{face}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for face, others in STAND_INS.items()
    )
    part._blob = part.blob.replace(b"</w:fonts>", f"{entries}</w:fonts>".encode())


def _table_xml(block: Table) -> str:
    """Return a table as WordprocessingML; made as text, since a cell at a time takes seconds for hundreds of rows."""
    total = sum(column.width for column in block.columns)
    widths = [round(TYPE_WIDTH.twips * column.width / total) for column in block.columns]
    sides = ["right" if column.right else "left" for column in block.columns]
    titles = [column.title for column in block.columns]
    heading = _row_xml(titles, widths, ["center"] * len(titles), HEADING, "<w:tblHeader/>")
    return _ruled_xml(widths, heading + "".join(_row_xml(row, widths, sides, BODY, "") for row in block.rows))


def _form_xml(block: Form, sealed: bool) -> str:
    """Return a form as WordprocessingML: labels and fields in four columns, a field alone over three of them."""
    label = Mm(27).twips
    field = (TYPE_WIDTH.twips - 2 * label) // 2
    rows = "".join(
        _form_row_xml(row, label, field, "<w:keepNext/>" if sealed and row is block.rows[-1] else "")
        for row in block.rows
    )
    return _ruled_xml([label, field, label, field], rows)


def _form_row_xml(row: Sequence[Entry], label: int, field: int, keeps: str) -> str:
    cells = ""
    for entry in row:
        width, span = (field, "") if len(row) > 1 else (2 * field + label, '<w:gridSpan w:val="3"/>')
        lie = "top" if entry.lines > 1 else "center"
        cells += _cell_xml((entry.label,), label, "", "center", "center", HEADING, keeps)
        cells += _cell_xml(entry.text.split("\n"), width, span, lie, "left", BODY, keeps)
    height = max(entry.lines for entry in row) * FORM_LINE + 140
    return f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="atLeast"/></w:trPr>{cells}</w:tr>'


def _cell_xml(lines: Sequence[str], width: int, span: str, lie: str, side: str, face: str, keeps: str) -> str:
    fonts = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{face}" w:hint="eastAsia"/>'
    spacing = (
        f'<w:snapToGrid w:val="0"/><w:spacing w:before="20" w:after="20" w:line="{FORM_LINE}" w:lineRule="exact"/>'
    )
    said = "".join(
        f'<w:p><w:pPr>{keeps}{spacing}<w:jc w:val="{side}"/></w:pPr><w:r><w:rPr>{fonts}<w:sz w:val="24"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(printable(line))}</w:t></w:r></w:p>'
        for line in lines
    )
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}<w:vAlign w:val="{lie}"/></w:tcPr>{said}</w:tc>'


def _ruled_xml(widths: Sequence[int], rows: str) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}'
        "</w:tbl>"
    )


def _row_xml(values: Sequence[str], widths: Sequence[int], sides: Sequence[str], face: str, mark: str) -> str:
    fonts = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{face}" w:hint="eastAsia"/>'
    spacing = '<w:snapToGrid w:val="0"/><w:spacing w:before="40" w:after="40" w:line="280" w:lineRule="exact"/>'
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr>{spacing}<w:jc w:val="{side}"/></w:pPr>'
        f'<w:r><w:rPr>{fonts}<w:sz w:val="{round(SMALL * 2)}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(printable(value))}</w:t></w:r></w:p></w:tc>'
        for value, width, side in zip(values, widths, sides, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{mark}</w:trPr>{cells}</w:tr>"
