"""What is wrong with a body, said in both languages: pydantic's complaint becomes the refusal of its first field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.kernel.refusals import Refused

_CHINESE: Mapping[str, str] = {
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "date_from_datetime_inexact": "应为日期，不带时刻",
    "date_from_datetime_parsing": "应为日期，如 2026-11-02",
    "date_parsing": "应为日期，如 2026-11-02",
    "date_type": "应为日期，如 2026-11-02",
    "datetime_from_date_parsing": "应为带时区的时间，如 2026-11-02T09:00:00+08:00",
    "datetime_parsing": "应为带时区的时间，如 2026-11-02T09:00:00+08:00",
    "datetime_type": "应为带时区的时间，如 2026-11-02T09:00:00+08:00",
    "dict_type": "应为对象",
    "enum": "应为下列之一：{expected}",
    "extra_forbidden": "没有这个字段",
    "finite_number": "应为有限的数",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "frozen_set_type": "应为列表",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "int_from_float": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_type": "应为整数",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "list_type": "应为列表",
    "literal_error": "应为下列之一：{expected}",
    "missing": "必填",
    "model_attributes_type": "应为对象",
    "model_type": "应为对象",
    "none_required": "应为空",
    "string_pattern_mismatch": "格式应为 {pattern}",
    "string_too_long": "至多 {max_length} 个字",
    "string_too_short": "至少 {min_length} 个字",
    "string_type": "应为文字",
    "string_unicode": "不是有效的 UTF-8 文字",
    "timezone_aware": "时间须带时区，如 +08:00",
    "too_long": "至多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "tuple_type": "应为列表",
}
"""pydantic's type of a complaint → its sentence; what is not here keeps pydantic's English."""


def invalid(errors: Sequence[Any]) -> Refused:
    """Return the refusal of a body by its first validation error, naming the field as the sender wrote it."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return Refused("message.unreadable", "body", reason="JSON")
    loc = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path", "header")]
    name = ".".join(loc) or "body"
    english = str(first.get("msg", ""))[:200]
    known = _CHINESE.get(first["type"])
    chinese = known.format_map(first.get("ctx", {}))[:200] if known else english
    return wrong(name, chinese, english)


def wrong(field: str, zh: str, en: str) -> Refused:
    """Return the refusal of one field, with what is wrong with it in both languages."""
    return Refused("message.invalid", field, field_name=field, reason=en, reason_zh=zh)
