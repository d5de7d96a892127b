"""How a paper is handed over HTTP: content types, and file names in Chinese (RFC 6266, RFC 8187)."""

from __future__ import annotations

import re
from urllib.parse import quote

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_UNFIT = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|]')


def handed_over(name: str, form: str, plain: str) -> dict[str, str]:
    """Return the headers of a file: `name` is what people see, `plain` what a program without RFC 8187 gets."""
    known = quote(f"{_UNFIT.sub('', name)}.{form}", safe="")
    return {
        "Content-Type": CONTENT_TYPES[form],
        "Content-Disposition": f"attachment; filename=\"{plain}.{form}\"; filename*=UTF-8''{known}",
    }
