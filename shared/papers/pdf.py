"""A paper as PDF, and a chart of it as a picture: set by Typst from `official.typ`, offline, with bundled fonts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from shared.papers.faces import faces, fonts, without_boxes
from shared.papers.paper import Block, Chart, Paper, chinese_day, printable

PIXELS_PER_INCH = 220
_LAYOUT = Path(__file__).with_name("official.typ")


def pdf(paper: Paper) -> bytes:
    """Return the paper as PDF. Raises Refused("paper.no_font") where no face draws Chinese."""
    return _set({"paper": _data(paper)}, "pdf")


def picture(chart: Chart) -> bytes:
    """Return a chart as PNG, as wide as a page's type, as `pdf` draws it. Raises Refused("paper.no_font")."""
    return _set({"paper": _data(Paper("", "", (chart,))), "only": "0"}, "png")


def _set(inputs: dict[str, str], form: Literal["pdf", "png"]) -> bytes:
    said = {**inputs, "faces": json.dumps(faces())}
    return typst.compile(_layout(), font_paths=fonts(), format=form, sys_inputs=said, ppi=PIXELS_PER_INCH)


@cache
def _layout() -> bytes:
    return _LAYOUT.read_bytes()


def _data(paper: Paper) -> str:
    said = {name: _said(getattr(paper, name)) for name in paper.__dataclass_fields__ if name != "blocks"}
    return json.dumps({**said, "blocks": [_block(block) for block in paper.blocks]}, ensure_ascii=False)


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__
    if isinstance(block, Chart):
        series = [
            (_said(name), values, [_figure(value, block.decimals) for value in values]) for name, values in block.series
        ]
        labels = [_said(label) for label in block.labels]
        return {"kind": kind, "title": _said(block.title), "unit": _said(block.unit), "labels": labels,
                "series": series, "most": block.most}  # fmt: skip
    return {"kind": kind, **_mapped(asdict(block), _said)}


def _figure(value: float | None, decimals: int) -> str:
    return "—" if value is None else f"{value:.{decimals}f}"


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def _said(value: str | date | bool | None) -> str | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, date):
        return chinese_day(value)
    return without_boxes(printable(value)) if value else ""
