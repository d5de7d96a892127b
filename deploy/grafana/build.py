"""Write the dashboard from the list of its panels: `python -m deploy.grafana.build`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parent / "dashboards" / "sidan.json"
_IN = '{city=~"$city", service=~"$service"}'
_BY = "sum by (service)"


def _quantile(metric: str, by: str, share: float = 0.95) -> str:
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{_IN}[1m])))"


PANELS: tuple[tuple[str, str, str, str], ...] = (
    ("服务在线 Services up", f"up{_IN}", "{{service}}", "short"),
    ("每秒事实 Facts a second", f"{_BY} (rate(sidan_facts_total{_IN}[1m]))", "{{service}}", "ops"),
    ("每秒消息 Messages a second", f"sum by (service, door) (rate(sidan_messages_total{_IN}[1m]))",
     "{{service}} {{door}}", "ops"),
    ("落后条数 Lag by topic", f"sum by (service, topic) (sidan_lag_records{_IN})", "{{service}} ← {{topic}}", "short"),
    ("待发条数 Facts to send", f"sidan_pending_facts{_IN}", "{{service}}", "short"),
    ("最久未发 Oldest to send", f"sidan_oldest_pending_seconds{_IN}", "{{service}}", "s"),
    ("等前一条 Parked facts", f"sidan_parked_facts{_IN}", "{{service}}", "short"),
    ("最久等待 Oldest parked", f"sidan_oldest_parked_seconds{_IN}", "{{service}}", "s"),
    ("搁置的案件 Subjects aside", f"sidan_aside_subjects{_IN}", "{{service}}", "short"),
    ("隔离区 Quarantine", f"sidan_quarantine_records{_IN}", "{{service}}", "short"),
    ("进入隔离的原因 Kept aside by rule", f"sum by (service, rule) (rate(sidan_quarantined_total{_IN}[5m]))",
     "{{service}} {{rule}}", "ops"),
    ("规则拒绝 Refused by rule", f"sum by (service, rule) (rate(sidan_refused_total{_IN}[5m]))",
     "{{service}} {{rule}}", "ops"),
    ("时限在计 Deadlines armed", f"sidan_deadlines_armed{_IN}", "{{service}}", "short"),
    ("到期未触发 Deadlines due", f"sidan_deadlines_due{_IN}", "{{service}}", "short"),
    ("时限触发迟 p99 Fired late p99", _quantile("sidan_deadline_late_seconds", "service", 0.99), "{{service}}", "s"),
    ("事务 p95 Transaction p95", _quantile("sidan_batch_seconds", "service, door"), "{{service}} {{door}}", "s"),
    ("操作答复 p99 Desk p99", _quantile("sidan_desk_seconds", "service", 0.99), "{{service}}", "s"),
    ("指挥台一看 p95 Console look p95", _quantile("sidan_console_look_seconds", "service"), "{{service}}", "s"),
    ("送达通知 Notices", f"sum by (channel, outcome) (rate(sidan_notices_total{_IN}[5m]))",
     "{{channel}} {{outcome}}", "ops"),
    ("内存 Memory", f"process_resident_memory_bytes{_IN}", "{{service}}", "bytes"),
    ("处理器 Processor", f"rate(process_cpu_seconds_total{_IN}[1m])", "{{service}}", "percentunit"),
)  # fmt: skip
"""Title, expression, legend, unit."""


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana reads it."""
    source = {"type": "prometheus", "uid": "prometheus"}
    panels = [
        {
            "id": n + 1, "type": "timeseries", "title": title, "datasource": source,
            "gridPos": {"x": n % 3 * 8, "y": n // 3 * 8, "w": 8, "h": 8},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
            "targets": [{"refId": "A", "expr": expression, "legendFormat": legend, "datasource": source}],
        }
        for n, (title, expression, legend, unit) in enumerate(PANELS)
    ]  # fmt: skip
    names = {"city": "城市 City", "service": "服务 Service"}
    variables = [
        {
            "name": name, "label": label, "type": "query", "datasource": source, "refresh": 2, "multi": True,
            "includeAll": True, "current": {"text": "All", "value": "$__all"},
            "query": {"query": f'label_values(up{{job="sidan"}}, {name})', "refId": name},
        }
        for name, label in names.items()
    ]  # fmt: skip
    return {
        "uid": "sidan", "title": "四单 Sidan", "tags": ["sidan"], "timezone": "Asia/Shanghai", "schemaVersion": 39,
        "refresh": "5s", "time": {"from": "now-1h", "to": "now"}, "templating": {"list": variables}, "panels": panels,
    }  # fmt: skip


def text() -> str:
    """Return the file's content."""
    return json.dumps(dashboard(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
