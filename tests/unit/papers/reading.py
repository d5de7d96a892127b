"""Read generated papers back as others would."""

from __future__ import annotations

from io import BytesIO

from docx import Document
from pypdf import PdfReader


def pdf_pages(made: bytes) -> list[str]:
    """Return the text of each page without blanks and line breaks, which are the layout's."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(made)).pages]


def pdf_text(made: bytes) -> str:
    """Return all of it."""
    return "".join(pdf_pages(made))


def word_text(made: bytes) -> str:
    """Return the body's paragraphs and table cells, in order of kind."""
    document = Document(BytesIO(made))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def word_footers(made: bytes) -> list[str]:
    """Return the text of the odd and of the even pages' footer."""
    section = Document(BytesIO(made)).sections[0]
    return ["\n".join(p.text for p in footer.paragraphs) for footer in (section.footer, section.even_page_footer)]
