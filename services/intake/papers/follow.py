"""The page behind a reporter's link, for a telephone: what anybody wrote stands in it as text and never runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M}"


_PAPER = Environment(autoescape=True)
_PAPER.filters["when"] = _when
_PAGE = _PAPER.from_string(
    """\
{% macro listed(steps) %}<ol>
{% for step in steps|reverse %}<li><strong>{{ step.zh }}</strong> <span class="en" lang="en">{{ step.en }}</span><br>
<small>{{ step.at|when }}{% if step.unit %} · {{ step.unit.name }}{% endif %}</small>
{% if step.note %}<br>{{ step.note }}{% endif %}</li>
{% endfor %}</ol>{% endmacro %}
{% macro where(of) %}<p class="now">{{ of.status.zh }} <span class="en" lang="en">{{ of.status.en }}</span></p>
{% if of.responsible %}
<p>责任单位：{{ of.responsible.name }} <span class="en" lang="en">Responsible</span></p>
{% endif %}
{% if of.due_at %}<p>办理期限：{{ of.due_at|when }} <span class="en" lang="en">Due</span></p>{% endif %}
{% endmacro %}
<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ number }} · {{ city.zh }}</title>
<style>
body { font: 16px/1.6 system-ui, "Noto Sans SC", sans-serif; color: #1f2328; max-width: 40rem; margin: 0 auto;
  padding: 1rem }
h1 { font-size: 1.25rem } small, .en { color: #57606a } .now { font-weight: 600 }
ol { list-style: none; padding: 0; border-left: 3px solid #b42318 }
li { padding: .25rem 0 .75rem 1rem }
</style></head><body>
<h1>{{ number }}</h1>
{{ where(shown) }}
{% if reply %}<p>{{ reply.zh }}<br><span class="en" lang="en">{{ reply.en }}</span></p>{% endif %}
{% for part in parts %}<h2>{{ part.number }} · {{ part.summary }}</h2>
{{ where(part) }}
{{ listed(part.steps) }}
{% endfor %}{{ listed(steps) }}
<p><small>{{ city.zh }} · 本页不含反映人信息 <span lang="en">Nothing here tells who reported</span></small></p>
</body></html>
"""
)


def page(shown: Mapping[str, Any], city: Any) -> str:
    """Return the page of what a link shows; newest step first."""
    return _PAGE.render({**shown, "shown": shown, "city": city})
