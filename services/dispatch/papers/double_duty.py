"""The two forms of double duty (双岗双责): the activity register and the community's opinion.

The platform knows a member by his code alone: name and signature are written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Block, Column, Labelled, Paper, Table, Text, chinese_day

KINDS = {"post": "义务服务岗位", "team": "志愿者服务队", "zone": "党员责任区"}
GRADES = {"excellent": "优秀", "good": "良好", "passed": "合格", "failed": "不合格"}
_COLUMNS = (Column("序号", 1), Column("日期", 2), Column("活动内容", 6), Column("时长（小时）", 2, right=True))


def register(state: Mapping[str, Any], year: int, city: City) -> Paper | None:
    """Return the activity register (活动登记表) of a year; None where nothing was registered."""
    done = _of_year(state, year)
    if not done:
        return None
    rows = tuple(
        (str(number), chinese_day(date.fromisoformat(one["on"])), str(one["what"]), str(one["hours"]))
        for number, one in enumerate(done, 1)
    )
    total = Text(f"{year}年度参加活动{len(done)}次，共{sum(one['hours'] for one in done)}小时。")
    blocks = (*_head(state, city), Table(_COLUMNS, rows), total, _SIGNED)
    community = city.name_of(state["community"])
    return Paper(agency=community, title="在职党员“双岗双责”活动登记表", blocks=blocks, signed=community)


def opinion(state: Mapping[str, Any], year: int, city: City) -> Paper | None:
    """Return the community's opinion on a year (活动意见反馈表); None before it is given."""
    found = next((one for one in state["assessed"] if one["year"] == year), None)
    if found is None:
        return None
    done = _of_year(state, year)
    community = city.name_of(state["community"])
    blocks: tuple[Block, ...] = (
        *_head(state, city),
        Labelled("参加活动", f"{year}年度{len(done)}次，{sum(one['hours'] for one in done)}小时"),
        Labelled("考评等次", GRADES[found["grade"]]),
        Labelled("社区意见", str(found["opinion"])),
        _SIGNED,
    )
    return Paper(
        agency=community,
        title="在职党员“双岗双责”活动意见反馈表",
        recipients=city.name_of(state["employer"]),
        blocks=blocks,
        signed=community,
        signed_on=datetime.fromisoformat(found["at"]).astimezone(SHANGHAI).date(),
    )


_SIGNED = Labelled("党员签字", "＿＿＿＿＿＿＿＿")


def _head(state: Mapping[str, Any], city: City) -> tuple[Block, ...]:
    return (
        Labelled("姓名", f"＿＿＿＿＿＿＿＿（编号{state['member']}）"),
        Labelled("所在单位", city.name_of(state["employer"])),
        Labelled("报到社区", city.name_of(state["community"])),
        Labelled(f"认领{KINDS[state['kind']]}", str(state["item"])),
    )


def _of_year(state: Mapping[str, Any], year: int) -> list[Mapping[str, Any]]:
    done = [one for one in state["activities"] if date.fromisoformat(one["on"]).year == year]
    return sorted(done, key=lambda one: str(one["on"]))
