"""Tables of figures, and charts with such a table behind each (console page §5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from nicegui import ui

from services.console.parts import Box, Part, Text
from services.console.words import Tongue

Cell = dict[str, Any]
Series = Sequence[tuple[str, Sequence[float | None]]]
INK, LINE, FAINT = "#3F4E61", "#D9E0E8", "#EAEEF3"
COLOURS = ("#1B4F8F", "#B45309", "#3F4E61", "#1D7349")
DASHES = ("solid", "dashed", "dotted", [8, 3, 2, 3])
MARKS = ("circle", "triangle", "rect", "diamond")
SHADES = ("#EDF2F8", "#C9DDF0", "#93BCE0", "#4F8DC6", "#1B4F8F")
FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'


class FactTable(Part, component=Path(__file__).parents[1] / "components" / "facttable.js"):
    """A table whose figures are links."""


def cell(text: object, href: str = "", **more: Any) -> Cell:
    """Return a cell; `small`, `chip`, `at` (0 to 100 on a strip), `css`, `title`, `links` (text, href) instead."""
    return {"text": str(text), **({"href": href} if href else {}), **more}


def column(text: str, css: str = "", title: str = "") -> dict[str, str]:
    """Return the head of a column; `num` is set to the right."""
    return {"text": text, "css": css, "title": title}


def table(
    head: Sequence[dict[str, str]], rows: Iterable[Sequence[Cell]], empty: str, *, caption: str = "",
    stacked: bool = True,
) -> FactTable:  # fmt: skip
    """Build a table; `stacked` turns each row into a card on a phone."""
    made = [{"cells": list(row)} for row in rows]
    return FactTable(head=list(head), rows=made, empty=empty, caption=caption, stacked=stacked)


def behind(t: Tongue, head: Sequence[dict[str, str]], rows: Iterable[Sequence[Cell]]) -> None:
    """Build the table behind a chart, closed until it is asked for."""
    with Box("details", "behind"):
        Text("summary", t("表格"))
        table(head, rows, t("没有数据"), stacked=False)


def _base(title: str) -> dict[str, Any]:
    return {
        "animation": False,
        "aria": {"enabled": True, "label": {"description": title}},
        "textStyle": {"fontFamily": FONT, "color": INK, "fontSize": 12},
        "tooltip": {"trigger": "axis", "confine": True},
    }


def lines(
    title: str, places: Sequence[str], series: Series, *, unit: str = "%", limits: Any = None, top: float = 0
) -> ui.echart:
    """Build a line chart on an axis cut to what is shown; at most four series, named at their ends.

    `limits` are lines across it, `top` is what the axis has to reach.
    """
    values = [value for _, points in series for value in points if value is not None]
    low = max(0.0, (min(values, default=0) // 5 - 1) * 5) if unit == "%" else 0
    high = 100 if unit == "%" else ceil(top * 1.1 / 10) * 10 or None
    shown = [
        {
            "name": name, "type": "line", "data": list(points), "symbol": MARKS[n], "symbolSize": 7,
            "lineStyle": {"width": 2, "type": DASHES[n], "color": COLOURS[n]}, "itemStyle": {"color": COLOURS[n]},
            "endLabel": {"show": True, "formatter": name, "color": COLOURS[n]},
            "labelLayout": {"moveOverlap": "shiftY"},
            **({"markLine": limits} if limits and n == 0 else {}),
        }
        for n, (name, points) in enumerate(series[:4])
    ]  # fmt: skip
    axis = {"type": "value", "min": low, "max": high, "axisLabel": {"formatter": "{value}" + unit},
            "splitLine": {"lineStyle": {"color": FAINT}}}  # fmt: skip
    chart = ui.echart(
        {
            **_base(title),
            "grid": {"left": 52, "right": 64, "top": 18, "bottom": 28},
            "xAxis": {"type": "category", "data": list(places), "axisLine": {"lineStyle": {"color": LINE}},
                      "axisTick": {"show": False}},
            "yAxis": axis,
            "series": shown,
        }
    )  # fmt: skip
    return _named(chart, title)


def heat(title: str, across: Sequence[str], down: Sequence[str], cells: Sequence[tuple[int, int, int]]) -> ui.echart:
    """Build a heat map of counts, darker for more, each count written out."""
    most = max((count for _, _, count in cells), default=1)
    ink = [{"value": [x, y, n], "label": {"color": "#fff" if n > most * 0.6 else "#16202C"}} for x, y, n in cells]
    chart = ui.echart(
        {
            **_base(title),
            "tooltip": {"trigger": "item", "confine": True},
            "grid": {"left": 8, "right": 8, "top": 8, "bottom": 24, "containLabel": True},
            "xAxis": {"type": "category", "data": list(across), "axisTick": {"show": False}},
            "yAxis": {"type": "category", "data": list(down), "inverse": True, "axisTick": {"show": False},
                      "axisLabel": {"width": 110, "overflow": "truncate"}},
            "visualMap": {"show": False, "min": 0, "max": max(most, 1), "inRange": {"color": list(SHADES)}},
            "series": [{"type": "heatmap", "data": ink, "label": {"show": True, "fontSize": 11},
                        "itemStyle": {"borderColor": "#fff", "borderWidth": 1}}],
        }
    )  # fmt: skip
    return _named(chart, title)


def bars(title: str, places: Sequence[str], values: Sequence[float | None], *, unit: str = "") -> ui.echart:
    """Build horizontal bars from zero, the longest on top, each value written out."""
    chart = ui.echart(
        {
            **_base(title),
            "grid": {"left": 8, "right": 56, "top": 8, "bottom": 8, "containLabel": True},
            "xAxis": {"type": "value", "min": 0, "axisLabel": {"show": False}, "splitLine": {"show": False}},
            "yAxis": {"type": "category", "data": list(places), "inverse": True, "axisTick": {"show": False},
                      "axisLine": {"lineStyle": {"color": LINE}}, "axisLabel": {"width": 150, "overflow": "truncate"}},
            "series": [{"type": "bar", "data": list(values), "barMaxWidth": 18, "itemStyle": {"color": COLOURS[0]},
                        "label": {"show": True, "position": "right", "formatter": "{c}" + unit, "color": INK}}],
        }
    )  # fmt: skip
    return _named(chart, title)


def _named(chart: ui.echart, title: str) -> ui.echart:
    chart.classes("chart")
    chart.props["role"] = "img"
    chart.props["aria-label"] = title
    return chart
