"""What a person may have done by a page: the commands of the owning services, and for which roles (workflows §1).

`{}` in a path stands for an id. Each path is a route of its service; a test asks them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.console.access.roles import AT_BODY, AT_DEPARTMENT, EVERYBODY, Role
from services.console.words import word

_HOLDERS = frozenset({Role.GRID, Role.COMMUNITY, Role.STREET, Role.CLERK, Role.HEAD})
_UNITS = frozenset({Role.GRID, Role.COMMUNITY, Role.STREET})
_DISPATCHERS = frozenset({Role.COMMUNITY, Role.STREET, Role.OPERATIONS})
_TRIAGE = frozenset({Role.COMMUNITY, Role.STREET, Role.OPERATIONS})
_OPERATIONS = frozenset({Role.OPERATIONS})
_COMMUNITIES = frozenset({Role.COMMUNITY})
_SIDES = _COMMUNITIES | AT_DEPARTMENT
"""Who claims from each other: a community and the units paired with it."""
_CHANNELS = frozenset({Role.GRID, Role.COMMUNITY})
"""Who orders for a resident."""
_ABOVE = frozenset({Role.STREET, Role.OPERATIONS})
_OFFICE = frozenset(Role)
_KEEPERS = frozenset({Role.OPERATIONS, Role.ADMIN})
_QUARANTINE = (
    ("/v1/quarantine/{}/replay", _KEEPERS, word("重放")),
    ("/v1/quarantine/{}/discard", _KEEPERS, word("作废")),
)
_CONVENER = frozenset({Role.CONVENER})
_RECORDER = frozenset({Role.RECORDER})
_CALLERS = _CONVENER | {Role.CHARGE}
_OFFICERS = _UNITS | AT_BODY
_MEMBERS = _HOLDERS | _OPERATIONS | AT_BODY
_OVER_LEDGERS = frozenset(Role) - AT_DEPARTMENT


@dataclass(frozen=True, slots=True)
class Act:
    """One command or paper of a service, and whose it is."""

    service: str
    path: str
    roles: frozenset[Role]
    name: str = ""
    """What the button of its form says; a paper has none."""
    pattern: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Make the pattern that addresses of this act match."""
        parts = (re.escape(part) for part in self.path.split("{}"))
        object.__setattr__(self, "pattern", re.compile("[^/]+".join(parts)))


def _acts(service: str, *lines: tuple[str, frozenset[Role], str]) -> tuple[Act, ...]:
    return tuple(Act(service, path, roles, name) for path, roles, name in lines)


def _papers(service: str, *lines: tuple[str, frozenset[Role]]) -> tuple[Act, ...]:
    return tuple(Act(service, path, roles) for path, roles in lines)


ACTS: tuple[Act, ...] = (
    *(
        act
        for service in ("intake", "dispatch", "escalation", "feedback", "console")
        for act in _acts(service, *_QUARANTINE)
    ),
    *_acts(
        "intake",
        ("/v1/cases/{}/triage", _TRIAGE, word("归类立案")),
        ("/v1/cases/{}/reject", _TRIAGE, word("不予受理")),
        ("/v1/cases/{}/merge", _TRIAGE, word("并单")),
        ("/v1/cases/{}/unmerge", _TRIAGE, word("撤销并单")),
        ("/v1/cases/{}/keep-apart", _TRIAGE, word("不是同一件")),
        ("/v1/cases/{}/split", _TRIAGE, word("拆分")),
        ("/v1/sources/{}/imports", _OPERATIONS, word("导入表格")),
        ("/v1/photos", _HOLDERS, word("上传照片")),
        ("/v1/cases/{}/supplement", _HOLDERS, word("附上照片")),
    ),
    *_acts(
        "dispatch",
        ("/v1/orders/{}/dispatch", _DISPATCHERS, word("派单")),
        ("/v1/orders/{}/recall", _DISPATCHERS, word("撤回派单")),
        ("/v1/orders/{}/state-dispute", _DISPATCHERS, word("职责争议")),
        ("/v1/orders/{}/accept", _HOLDERS, word("签收")),
        ("/v1/orders/{}/progress", _HOLDERS, word("报进展")),
        ("/v1/orders/{}/finish", _HOLDERS, word("办结反馈")),
        ("/v1/orders/{}/hand-back", _HOLDERS, word("退单")),
        ("/v1/orders/{}/extension", _HOLDERS, word("申请延期")),
        ("/v1/orders/{}/suspension", _HOLDERS, word("申请挂账")),
        ("/v1/orders/{}/unable", _HOLDERS, word("无力办理")),
        ("/v1/orders/{}/pass-up", _UNITS, word("上报上一级")),
        ("/v1/orders/{}/answer-part", _HOLDERS, word("协办答复")),
        ("/v1/orders/{}/release", _HOLDERS, word("申请退出协办")),
        ("/v1/orders/{}/judge-hand-back", _DISPATCHERS, word("裁定退单")),
        ("/v1/orders/{}/judge-unable", _DISPATCHERS, word("裁定无力办理")),
        ("/v1/orders/{}/judge-extension", _DISPATCHERS, word("裁定延期")),
        ("/v1/orders/{}/judge-suspension", _DISPATCHERS, word("裁定挂账")),
        ("/v1/orders/{}/judge-release", _DISPATCHERS, word("裁定退出协办")),
        ("/v1/orders/{}/resume", _DISPATCHERS, word("恢复办理")),
        ("/v1/orders/{}/verify", _UNITS | _OPERATIONS, word("核查")),
        ("/v1/orders/{}/remind", _DISPATCHERS, word("催办")),
        ("/v1/orders/{}/supervise", _DISPATCHERS, word("督办")),
        ("/v1/orders/{}/answer-supervision", _HOLDERS, word("督办回执")),
        ("/v1/whistles", _UNITS, word("吹哨")),
        ("/v1/whistles/{}/approve", _UNITS, word("负责人同意")),
        ("/v1/whistles/{}/sign", _HOLDERS, word("签收哨令")),
        ("/v1/whistles/{}/report-in", _HOLDERS, word("到场报到")),
        ("/v1/whistles/{}/object", _HOLDERS, word("现场异议")),
        ("/v1/whistles/{}/finish-part", _HOLDERS, word("完成议定事项")),
        ("/v1/whistles/{}/confirm", _UNITS, word("确认到场")),
        ("/v1/whistles/{}/release", _UNITS, word("放行")),
        ("/v1/whistles/{}/receipt", _HOLDERS, word("回执未到场的督办")),
        ("/v1/whistles/{}/end", _UNITS, word("结束吹哨")),
        ("/v1/whistles/{}/cancel", _UNITS, word("取消吹哨")),
        ("/v1/whistles/{}/rate", _HOLDERS, word("评价对方")),
        ("/v1/wishes", _CHANNELS, word("代为点单")),
        ("/v1/wishes/{}/offer", _COMMUNITIES, word("审单通过，公布认领")),
        ("/v1/wishes/{}/refuse", _COMMUNITIES, word("不予受理")),
        ("/v1/wishes/{}/divert", _COMMUNITIES, word("转为诉求办理")),
        ("/v1/wishes/{}/name", _COMMUNITIES, word("社区派单")),
        ("/v1/wishes/{}/buy", _COMMUNITIES, word("政府购买服务")),
        ("/v1/wishes/{}/claim", AT_DEPARTMENT, word("认领")),
        ("/v1/wishes/{}/agree", AT_DEPARTMENT, word("答复社区派单")),
        ("/v1/wishes/{}/give-up", AT_DEPARTMENT, word("放弃认领")),
        ("/v1/wishes/{}/fulfil", _SIDES, word("已办好")),
        ("/v1/wishes/{}/confirm", _CHANNELS, word("确认并评价")),
        ("/v1/lists/{}/items", _SIDES | _OPERATIONS, word("写入清单")),
        ("/v1/lists/{}/review", _SIDES | _OPERATIONS, word("本季度复核过了")),
        ("/v1/items/{}/publish", _SIDES | _OPERATIONS, word("公布")),
        ("/v1/items/{}/replace", _SIDES | _OPERATIONS, word("替换")),
        ("/v1/items/{}/withdraw", _SIDES | _OPERATIONS, word("撤下")),
        ("/v1/items/{}/book", _SIDES | _CHANNELS, word("预约")),
        ("/v1/items/{}/answer-booking", _SIDES | _OPERATIONS, word("答复预约")),
        ("/v1/items/{}/cancel-booking", _SIDES | _CHANNELS, word("退还预约")),
        ("/v1/communities/{}/projects", _SIDES, word("认领并签约")),
        ("/v1/projects/{}/sign", _SIDES, word("签约")),
        ("/v1/projects/{}/start", _SIDES, word("开始")),
        ("/v1/projects/{}/confirm", _SIDES, word("确认完成")),
        ("/v1/projects/{}/rate", _SIDES, word("评价对方")),
    ),
    *_acts(
        "feedback",
        ("/v1/cases/{}/call-back", _OPERATIONS, word("记录回访")),
        ("/v1/cases/{}/judge", _OPERATIONS, word("认定")),
        ("/v1/cases/{}/ask-exclusion", _HOLDERS, word("申请剔除")),
        ("/v1/cases/{}/support-exclusion", _OPERATIONS, word("支持剔除")),
        ("/v1/cases/{}/decide-exclusion", _OPERATIONS, word("决定剔除")),
        ("/v1/draws/{}/{}/{}/freeze", _ABOVE, word("封存")),
        ("/v1/draws/{}/{}/{}/record", _HOLDERS | _OPERATIONS, word("记录检查")),
        ("/v1/assessments/{}/{}/open", _COMMUNITIES, word("开启评议")),
        ("/v1/assessments/{}/{}/raters", _COMMUNITIES, word("登记评议人")),
        ("/v1/assessments/{}/{}/close", _COMMUNITIES, word("结束并计票")),
        ("/v1/consents/{}/{}/ask", AT_DEPARTMENT, word("征求意见")),
        ("/v1/consents/{}/{}/answer", frozenset({Role.STREET}), word("答复")),
        ("/v1/joint-reviews/{}/{}/open", _ABOVE, word("开启评议")),
        ("/v1/joint-reviews/{}/{}/score", _ABOVE, word("评分")),
        ("/v1/problems/{}/{}/list", _ABOVE, word("列入")),
        ("/v1/problems/{}/{}/rectify", _HOLDERS, word("报告整改")),
        ("/v1/problems/{}/{}/check", _ABOVE, word("记录检查")),
        ("/v1/polls/{}/{}/open", frozenset({Role.COMMUNITY, Role.STREET, Role.OPERATIONS}), word("发起")),
        ("/v1/polls/{}/{}/vote", _CHANNELS, word("交票")),
        ("/v1/results/{}/{}/export", _OPERATIONS, word("输出")),
        ("/v1/summaries/{}/sum-up", _OPERATIONS, word("总结")),
        ("/v1/stars/{}/{}/apply", _COMMUNITIES, word("申报")),
        ("/v1/stars/{}/{}/review", _UNITS | _OPERATIONS, word("审核")),
        ("/v1/stars/award", _OPERATIONS, word("统一授予")),
    ),
    *_acts(
        "escalation",
        ("/v1/topics", _OFFICERS, word("提请列为议题")),
        ("/v1/topics/{}/admit", _RECORDER, word("列入台账")),
        ("/v1/topics/{}/return", _RECORDER, word("退回")),
        ("/v1/bodies/{}/propose", _MEMBERS, word("提议召开")),
        ("/v1/meetings/{}/call", _CALLERS, word("召集会议")),
        ("/v1/meetings/{}/refuse", _CALLERS, word("不同意召开")),
        ("/v1/meetings/{}/postpone", _CONVENER, word("改期")),
        ("/v1/meetings/{}/hold", _CALLERS, word("开会")),
        ("/v1/meetings/{}/record", _RECORDER, word("记入纪要")),
        ("/v1/meetings/{}/adopt", _CALLERS, word("闭会并签发纪要")),
        ("/v1/meetings/{}/supplement", _CALLERS, word("补充纪要")),
        ("/v1/meetings/{}/cancel", _CALLERS, word("取消会议")),
    ),
)
"""Commands, sent by POST."""

PAPERS: tuple[Act, ...] = (
    *_papers(
        "intake",
        ("/v1/cases/{}/dossier", _HOLDERS | _DISPATCHERS),
        ("/v1/cases/{}/evidence/{}", _HOLDERS | _DISPATCHERS),
        ("/v1/imports/{}", _OPERATIONS),
        ("/v1/imports/{}/rejects.xlsx", _OPERATIONS),
    ),
    *_papers(
        "dispatch",
        ("/v1/orders/{}/assignment.{}", _HOLDERS | _DISPATCHERS),
        ("/v1/orders/{}/disposal.{}", _HOLDERS | _DISPATCHERS),
        ("/v1/wishes/{}/wisher", _SIDES),
        ("/v1/lists/{}.xlsx", EVERYBODY),
        ("/v1/projects/{}/agreement.{}", _SIDES | _DISPATCHERS),
    ),
    *_papers("feedback", ("/v1/cases/{}/rating.{}", _DISPATCHERS | frozenset({Role.HEAD}))),
    *_papers("feedback", ("/v1/bulletins/{}.{}", _OFFICE), ("/v1/results/{}/{}.{}", _OPERATIONS)),
    *_papers(
        "escalation",
        ("/v1/meetings/{}/notice.{}", EVERYBODY),
        ("/v1/meetings/{}/minutes.{}", EVERYBODY),
        ("/v1/meetings/{}/supplements/{}.{}", EVERYBODY),
        ("/v1/ledger/{}.{}", _OVER_LEDGERS),
        ("/v1/ledger/{}/annual/{}.{}", _OVER_LEDGERS),
    ),
)
"""Papers and exports, fetched by GET."""


def find(among: Sequence[Act], service: str, path: str) -> Act | None:
    """Return the act that an address means."""
    return next((act for act in among if act.service == service and act.pattern.fullmatch(path)), None)
