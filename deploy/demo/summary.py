"""What a demonstration shows: the live picture, and the account of the week, from what outside clients saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from deploy.cli.words import t
from deploy.demo.life import Life

RUNGS = {
    "grid": t("网格", "grid"),
    "community": t("社区", "community"),
    "street": t("街道", "street"),
    "department": t("部门", "department"),
    "meeting": t("联席会", "joint meeting"),
    "intake": t("受理", "intake"),
    "": "–",
}
ENDS = {
    "on_spot": t("当场解决", "solved on the spot"),
    "rated": t("评价后结案", "rated"),
    "window_over": t("评价期满结案", "rating window over"),
    "not_ratable": t("无须评价结案", "nobody to rate"),
    "answered": t("会议答复", "answered by a meeting"),
    "rejected": t("不予受理", "rejected"),
    "withdrawn": t("撤回", "withdrawn"),
}
STATUSES = {
    "waiting": t("待派", "to dispatch"),
    "dispatched": t("待签收", "to accept"),
    "accepted": t("办理中", "in hand"),
    "suspended": t("挂账", "suspended"),
    "handled": t("待核查", "to verify"),
    "verified": t("待评", "to rate"),
    "escalated": t("上会", "at a meeting"),
}
ENTRIES = {
    "open": t("待议", "open"),
    "tabled": t("上会", "tabled"),
    "executing": t("落实中", "executing"),
    "moved_up": t("已上移", "moved up"),
    "declined": t("已答复", "declined"),
    "settled": t("待销号", "settled"),
    "written_off": t("销号", "written off"),
    "withdrawn": t("撤回", "withdrawn"),
}
DECISIONS = {
    "resolve": t("议定", "resolved"),
    "move_up": t("上移", "moved up"),
    "defer": t("缓议", "deferred"),
    "decline": t("不予采纳", "declined"),
}
RATES = {
    "response": t("响应率", "response"),
    "resolution": t("解决率", "resolution"),
    "satisfaction": t("满意率", "satisfaction"),
}
FAULTS = {
    "malformed": t("格式错误", "malformed"),
    "twice": t("重复发送", "sent twice"),
    "late": t("迟到", "late"),
    "misplaced": t("地点有误", "misplaced"),
}
JUDGED = {"upheld": t("认可", "upheld"), "refused": t("不认可", "refused")}
_DAYS = t("一二三四五六日", "MTWTFSS")


@dataclass
class Figures:
    """What the platform itself answers: counts of the console's read model, rates of feedback."""

    totals: dict[str, int] = field(default_factory=dict)
    rates: dict[str, tuple[float, int]] = field(default_factory=dict)

    @classmethod
    async def ask(cls, life: Life) -> Figures:
        """Ask console and feedback over HTTP."""
        totals = {state: await life.total(state) for state in ("", "open", "overdue", "meeting", "held", "ended")}
        return cls({state: total for state, total in totals.items() if total is not None}, await life.rates())


def live(life: Life, figures: Figures, address: str) -> RenderableType:
    """Draw the picture while the week runs."""
    tally, at = life.tally, life.city.calendar.local(life.clock.now())
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column()
    sent, receipts = sum(tally.sent.values()), sum(tally.receipts.values())
    rows.add_row(t("反映", "reports"), f"{sent} → {receipts}  {_by_source(tally.sent)}")
    rows.add_row(t("在办", "open"), _open(life, figures))
    rows.add_row(t("已办", "ended"), _few({ENDS.get(end, end): n for end, n in _ends(life).items()}))
    rows.add_row(t("会议", "meetings"), _meetings(life))
    rows.add_row(t("议题", "topics"), _few({ENTRIES.get(e, e): n for e, n in Counter(tally.topics.values()).items()}))
    rows.add_row(t("评价", "ratings"), _ratings(life, figures))
    lag = tally.lag
    waited = f" · {t('重试', 'repeated')} {tally.waited}" if tally.waited else ""
    refused = sum(tally.refusals.values())
    rows.add_row(
        t("往来", "traffic"),
        f"{t('办理动作', 'acts')} {sum(tally.acts.values())} · {t('按规则不予办理', 'refused by rule')} {refused}"
        f" · {t('反映到回执', 'report to receipt')} {'–' if lag is None else f'{lag:.2f} s'}{waited}",
    )
    day = f"{at:%Y-%m-%d} {t('周', '')}{_DAYS[at.weekday()]} {at:%H:%M}"
    share = (life.clock.now() - life.starts) / (life.ends - life.starts)
    title = (
        f"{life.city.names.zh} {life.city.names.en} · {day} · {life.clock.rate:g}× · {max(0.0, min(1.0, share)):.0%}"
    )
    return Panel(rows, title=title, subtitle=address, border_style="blue")


def line(life: Life, figures: Figures) -> str:
    """Return the picture as one line, for a log."""
    at, tally = life.city.calendar.local(life.clock.now()), life.tally
    return (
        f"{at:%m-%d %H:%M} {t('反映', 'reports')} {sum(tally.sent.values())}→{sum(tally.receipts.values())}"
        f" · {t('在办', 'open')} {_open(life, figures)} · {t('已办', 'ended')} {sum(tally.ended.values())}"
        f" · {t('会议', 'meetings')} {_meetings(life)} · {t('议题', 'topics')} {len(tally.topics)}"
        f" · {t('评价', 'ratings')} {sum(tally.grades.values())}"
        f" · {t('不予办理', 'refused')} {sum(tally.refusals.values())}"
    )


def account(life: Life, figures: Figures) -> RenderableType:
    """Draw the account of the week."""
    return Group(_outcomes(life, figures), _levels(life), _said(life, figures), _refused(life))


def _outcomes(life: Life, figures: Figures) -> Table:
    open_ = list(life.world.cases.values())
    found = {rung for _, rung in life.tally.ended} | {case.rung or "" for case in open_}
    rungs = [rung for rung in RUNGS if rung in found]
    table = Table(title=t("案件去向（按解决层级）", "Cases by outcome and rung"), title_justify="left")
    table.add_column(t("结果", "outcome"))
    for rung in rungs:
        table.add_column(RUNGS[rung], justify="right")
    table.add_column(t("合计", "total"), justify="right")
    for end in sorted(
        {end for end, _ in life.tally.ended}, key=lambda one: list(ENDS).index(one) if one in ENDS else 99
    ):
        counts = [life.tally.ended[end, rung] for rung in rungs]
        table.add_row(ENDS.get(end, end), *(str(n) if n else "" for n in counts), str(sum(counts)))
    for status, label in STATUSES.items():
        by_rung = Counter(case.rung or "" for case in open_ if case.status == status)
        if by_rung:
            cells = [str(by_rung[rung]) if by_rung[rung] else "" for rung in rungs]
            table.add_row(f"{t('在办', 'open')} · {label}", *cells, str(by_rung.total()), style="dim")
    if figures.totals:
        told = " · ".join(f"{label} {figures.totals.get(state, 0)}" for state, label in _STATES.items())
        table.caption = f"{t('控制台', 'console')}: {told}"
    return table


_STATES = {
    "": t("全部", "all"),
    "open": t("在办", "open"),
    "overdue": t("超期", "overdue"),
    "meeting": t("上会", "at a meeting"),
    "held": t("待归类", "in triage"),
    "ended": t("已了结", "ended"),
}


def _levels(life: Life) -> Table:
    table = Table(title=t("联席会议与议题", "Joint meetings and topics"), title_justify="left")
    for head in (t("层级", "level"), t("已开", "held"), t("未开成", "missed"), t("纪要", "minutes")):
        table.add_column(head, justify="left" if head == t("层级", "level") else "right")
    for level in life.city.chain:
        counts = [life.tally.meetings[level.code, state] for state in ("held", "missed", "adopted")]
        table.add_row(level.names.zh if t("zh", "en") == "zh" else level.names.en, *(str(n) for n in counts))
    topics = _few({ENTRIES.get(e, e): n for e, n in Counter(life.tally.topics.values()).items()})
    decided = _few({DECISIONS.get(kind, kind): n for kind, n in life.tally.decisions.items()})
    table.caption = f"{t('议题', 'topics')}: {topics} · {t('议定意见', 'decisions')}: {decided}"
    return table


def _said(life: Life, figures: Figures) -> Table:
    table = Table(title=t("三率", "Three rates"), title_justify="left")
    for name in RATES.values():
        table.add_column(name, justify="right")
    table.add_row(*(_rate(figures.rates.get(name)) for name in RATES))
    table.caption = _ratings(life, Figures())
    return table


def _refused(life: Life) -> Table:
    table = Table(
        title=t("按规则不予办理（正常）", "Refused by rule (normal)"), title_justify="left", show_header=False
    )
    for rule, n in life.tally.refusals.most_common(12):
        table.add_row(rule, str(n))
    planted = {FAULTS[fault]: n for fault, n in life.tally.faults.items() if fault in FAULTS}
    judged = {JUDGED[how]: n for how, n in life.tally.hand_backs.items()}
    table.caption = (
        f"{t('超期', 'overdue')}: {_few(life.tally.overdue)} · {t('退单', 'hand-backs')}: {_few(judged)}"
        f" · {t('有意发出的坏数据', 'faults sent on purpose')}: {_few(planted)}"
    )
    return table


def _open(life: Life, figures: Figures) -> str:
    open_, late = figures.totals.get("open"), figures.totals.get("overdue")
    statuses: Counter[str] = Counter(case.status for case in life.world.cases.values())
    parts = _few({label: statuses[status] for status, label in STATUSES.items()})
    return f"{'–' if open_ is None else open_} · {t('超期', 'overdue')} {'–' if late is None else late}  {parts}"


def _ends(life: Life) -> Counter[str]:
    found: Counter[str] = Counter()
    for (end, _), n in life.tally.ended.items():
        found[end] += n
    return found


def _meetings(life: Life) -> str:
    names = {level.code: level.names.zh if t("zh", "en") == "zh" else level.names.en for level in life.city.chain}
    held = {names.get(level, level): n for (level, state), n in life.tally.meetings.items() if state == "held"}
    missed = sum(n for (_, state), n in life.tally.meetings.items() if state == "missed")
    return f"{_few(held)} · {t('未开成', 'missed')} {missed}"


def _ratings(life: Life, figures: Figures) -> str:
    grades = life.tally.grades
    total = sum(grades.values())
    told = f"{t('邀评', 'asked')} {life.tally.invited} · {t('回评', 'answered')} {total}"
    if total:
        content = sum(n for grade, n in grades.items() if grade >= 3)
        told += f" · {t('满意及以上三档', 'upper three grades')} {content / total:.0%}"
    for name, label in RATES.items():
        if name in figures.rates:
            told += f" · {label} {_rate(figures.rates[name])}"
    return told


def _rate(rate: tuple[float, int] | None) -> str:
    return "—" if rate is None or not rate[1] else f"{100 * rate[0] / rate[1]:.1f} % ({rate[1]})"


def _few(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {n}" for name, n in counts.items() if n) or "–"


def _by_source(counts: Counter[str]) -> str:
    return _few(dict(counts.most_common()))
