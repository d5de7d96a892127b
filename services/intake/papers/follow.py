"""The page behind a reporter's link, for a telephone: what anybody wrote stands in it as text and never runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment

_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
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
<p class="now">{{ status.zh }} <span class="en" lang="en">{{ status.en }}</span></p>
{% if responsible %}<p>责任单位：{{ responsible.name }} <span class="en" lang="en">Responsible</span></p>{% endif %}
{% if due %}<p>办理期限：{{ due }} <span class="en" lang="en">Due</span></p>{% endif %}
{% if reply %}<p>{{ reply.zh }}<br><span class="en" lang="en">{{ reply.en }}</span></p>{% endif %}
<ol>
{% for step in steps %}<li><strong>{{ step.zh }}</strong> <span class="en" lang="en">{{ step.en }}</span><br>
<small>{{ step.when }}{% if step.unit %} · {{ step.unit.name }}{% endif %}</small>
{% if step.note %}<br>{{ step.note }}{% endif %}</li>
{% endfor %}</ol>
<p><small>{{ city.zh }} · 本页不含反映人信息 <span lang="en">Nothing here tells who reported</span></small></p>
</body></html>
"""
)


def page(shown: Mapping[str, Any], city: Any) -> str:
    """Return the page of what a link shows; newest step first."""
    steps = [{**step, "when": _when(step["at"])} for step in reversed(shown["steps"])]
    due = _when(shown["due_at"]) if shown["due_at"] else ""
    return _PAGE.render({**shown, "steps": steps, "due": due, "city": city})


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M}"
