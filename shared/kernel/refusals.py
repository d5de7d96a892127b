"""The one way a rule says no."""

from __future__ import annotations

from datetime import datetime

from shared.kernel.calendar import SHANGHAI


class Refused(Exception):
    """Say which rule refuses an act, about which field, with the parameters a person needs to understand it.

    `rule` is a dotted id with words in both languages in `shared.kernel.rules`; `params` fill those words, an
    instant as a person reads it in Asia/Shanghai.
    """

    def __init__(self, rule: str, field: str = "", **params: object) -> None:
        super().__init__(f"{rule}({field})" if field else rule)
        self.rule = rule
        self.field = field
        self.params = {key: _said(value) for key, value in params.items()}


def _said(value: object) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
