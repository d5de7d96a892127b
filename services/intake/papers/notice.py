"""The public notice of a grid (公示) as a sheet of paper: who answers here, for what, and a code that leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

_SHEET = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{{ name }} 网格公示</title>
<style>
@page { size: A4; margin: 20mm } body { font: 14pt/1.6 "Noto Sans SC", sans-serif; max-width: 170mm; margin: auto }
h1 { color: #b42318; text-align: center } table { border-collapse: collapse; width: 100% }
td, th { border: 1px solid #57606a; padding: 2mm 3mm; text-align: left } footer { text-align: center }
</style></head><body>
<h1>{{ name }} 网格公示</h1>
<table><tr><th>网格</th><th>岗位</th><th>姓名</th><th>电话</th><th>职责</th></tr>
{% for one in people %}<tr><td>{{ one.unit }}</td><td>{{ one.post }}</td><td>{{ one.name }}</td>
<td>{{ one.phone or "" }}</td><td>{{ one.duties | join("；") }}</td></tr>
{% endfor %}</table>
{% if services %}<h2>网格化服务管理清单</h2>
<table><tr><th>任务</th><th>岗位</th><th>职责</th></tr>
{% for one in services %}<tr><td>{{ one.task }}</td><td>{{ one.post_name }}</td><td>{{ one.duty }}</td></tr>
{% endfor %}</table>{% endif %}
<footer>{{ picture }}<p>{{ city.zh }} · 第 {{ version }} 版 · 扫码查看最新公示</p></footer>
</body></html>
"""
)


def sheet(shown: Mapping[str, Any], city: Any, picture: str) -> str:
    """Return the sheet of a notice; `picture` is the code as SVG of our own making, everything else is text."""
    return _SHEET.render({**shown, "city": city, "picture": Markup(picture)})  # noqa: S704 - made by segno
