"""The cockpit's panels as plain values, made once per snapshot and language for everybody who watches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from services.console import clocks, figures, grounds, listing, moments, stories, words
from services.console.projection.ledger import TopicRow
from services.console.selection import Selection
from services.console.ticker import Board, Snapshot
from services.console.words import Tongue
from shared.city.model import City, UnitLevel

Rows = list[dict[str, Any]]
MODES = ("open", "overdue", "recent", "density")
BREAKS = {"open": (4, 7, 11, 17), "overdue": (1, 2, 3, 5), "recent": (4, 7, 11, 17), "density": (4, 7, 11, 17)}
"""Where a darker shade of the map begins; fixed, so that colours do not jump."""


def tiles(s: Snapshot, t: Tongue) -> Rows:
    """Return the eight tiles; a rate is feedback's, or unknown."""
    n, links = s.counts, {key: choice.address() for key, choice in figures.tiles(s.today).items()}
    return [
        _tile("received", t("今日受理"), n, links, t, t("今天立案的件数，不含待归类和不予受理"),
              [(t("昨日全天 {n}", n=_count(n["received_before"])), links["received_before"])]),
        _tile("open", t("在办"), n, links, t, t("已立案，尚未结案、撤回的件数"),
              [(t("待派 {n}", n=_count(n["waiting"])), links["waiting"]),
               (t("上会 {n}", n=_count(n["meeting"])), links["meeting"])]),
        _tile("soon", t("临期"), n, links, t, t("已催办、尚未超期的在办件"), [(t("已催办，未超期"), "")], "soon", "▲"),
        _tile("overdue", t("超期"), n, links, t, t("现行时限已过、尚未办结的在办件，含督办"),
              [(_share(t, n["overdue"], n["open"]), "")], "late", "■"),
        _tile("supervised", t("督办"), n, links, t, t("已发督办单、尚未办结的在办件"),
              [(t("督办未结"), "")], "supervised", "◆"),
        _tile("closed", t("今日办结"), n, links, t, t("今天结案的件数"),
              [(t("昨日全天 {n}", n=_count(n["closed_before"])), links["closed_before"])]),
        _tile("on_time_window", t("按期结案"), n, links, t,
              t("近 {days} 天结案且未超全案时限的件数；按期结案率以评分公布为准", days=figures.WINDOW_DAYS),
              [(t("近 {days} 天结案 {n}", days=figures.WINDOW_DAYS, n=_count(n["closed_window"])),
                links["closed_window"])]),
        _score(s, t),
    ]  # fmt: skip


def unknown_tiles(t: Tongue) -> Rows:
    """Return the tiles before anything is known: their names and a dash, never a zero."""
    names = (t("今日受理"), t("在办"), t("临期"), t("超期"), t("督办"), t("今日办结"), t("按期结案"), t("三率综合"))
    blank = {"value": "—", "unit": "", "href": "", "hint": "", "tone": "", "shape": "", "more": []}
    return [{"key": f"unknown{i}", "name": name, **blank} for i, name in enumerate(names)]


def _tile(
    key: str, name: str, counts: dict[str, int], links: dict[str, str], t: Tongue, hint: str,
    more: list[tuple[str, str]], tone: str = "", shape: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "key": key,
        "name": name,
        "value": _count(counts[key]),
        "unit": t("件"),
        "href": links[key],
        "hint": hint,
        "tone": tone,
        "shape": shape,
        "more": [{"text": text, "href": href} for text, href in more],
    }


def _score(s: Snapshot, t: Tongue) -> dict[str, Any]:
    """Return the composite of the whole city, published or so far, else the range of the units' own."""
    tile = {"key": "score", "name": t("三率综合"), "unit": "%", "href": "", "tone": "", "shape": ""}
    hint = t("响应率、解决率、满意度的综合：最近一月公布的数，未公布的为测算数")
    if s.score and s.score.composite:
        answers = _count(s.score.resolution["denominator"])
        if s.score.revision:
            said = t("{period} · 有效回访 {n}", period=s.score.period, n=answers)
        else:
            said = t("测算中 · 有效回访 {n}", n=answers)
        return {**tile, "value": f"{float(s.score.composite):.1f}", "hint": hint, "more": [{"text": said, "href": ""}]}
    if s.published:
        low, high = float(s.published.lowest), float(s.published.highest)
        value = f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"
        said = t("{period} · {n} 个单位各自公布", period=s.published.period, n=_count(s.published.units))
        return {**tile, "value": value, "hint": hint, "more": [{"text": said, "href": ""}]}
    return {**tile, "value": "—", "unit": "", "hint": hint, "more": [{"text": t("本期尚未公布"), "href": ""}]}


def _share(t: Tongue, part: int, whole: int) -> str:
    return t("占在办 {share}%", share=f"{100 * part / whole:.1f}") if whole else t("没有在办件")


def _count(n: int) -> str:
    return f"{n:,}"


def ladder(s: Snapshot, t: Tongue) -> Rows:
    """Return the steps of the ladder, each bar as long as its share of the most that any rung was reached."""
    since = figures.window_start(s.today).isoformat()
    most = max((step.reached for step in s.steps), default=0)
    return [_step(step, most, since, t) for step in s.steps]


def _step(step: figures.Step, most: int, since: str, t: Tongue) -> dict[str, Any]:
    width = round(100 * step.reached / most, 1) if most else 0
    parts = [("solved", step.solved), ("in_hand", step.in_hand), ("passed_up", step.passed_up)]
    share = f"{100 * step.solved / step.reached:.0f}%" if step.reached else "—"
    median = moments.days_of(t, step.median) if step.median is not None else "—"
    links = {
        kind: Selection(
            registered_from=since, reached=step.rung, outcome=kind if kind in ("solved", "in_hand", "passed_up") else ""
        ).address()
        for kind in ("reached", "solved", "in_hand", "passed_up")
    }
    passed = t("，").join(t("{rung} {n}", rung=t(words.RUNGS[above]), n=n) for above, n in step.passed_to.items())
    hint = t(
        "到达 {reached} = 本级解决 {solved} + 在办 {held} + 上交 {up}；其中直接到达 {direct}",
        reached=step.reached,
        solved=step.solved,
        held=step.in_hand,
        up=step.passed_up,
        direct=step.direct,
    )
    return {
        "rung": step.rung,
        "name": t(words.RUNGS[step.rung]),
        "reached": _count(step.reached),
        "width": width,
        "parts": [{"kind": kind, "n": n, "text": _count(n), "shown": _shown(kind, n, most)} for kind, n in parts if n],
        "hrefs": links,
        "hint": f"{hint}{t('；上交到：{passed}', passed=passed) if passed else ''}",
        "foot": t("本级解决 {share} · 中位用时 {median}", share=share, median=median),
    }


def _shown(kind: str, n: int, most: int) -> str:
    """Return the number in a part of the bar, if it is wide enough for it."""
    text = f"↑ {_count(n)}" if kind == "passed_up" else _count(n)
    return text if n >= most * 0.035 * len(text) else ""


def cells(s: Snapshot, city: City, t: Tongue, mode: str) -> dict[str, dict[str, Any]]:
    """Return every grid's shade, number, overdue badge, hint and link for a way of looking at the map."""
    found = {}
    week = (s.today - timedelta(days=6)).isoformat()
    for grid in city.of_level(UnitLevel.GRID):
        count, late = s.grids.get(grid.code, (0, 0))
        recent = s.recent.get(grid.code, 0)
        density = round(1000 * count / grid.households) if grid.households else 0
        n = {"open": count, "overdue": late, "recent": recent, "density": density}[mode]
        choice = {
            "overdue": Selection(state="overdue", unit=grid.code),
            "recent": Selection(registered_from=week, unit=grid.code),
        }
        found[grid.code] = {
            "shade": figures.shade(n, BREAKS[mode]),
            "n": n,
            "late": late,
            "hint": t("在办 {n} 件，超期 {late} 件，近 7 日 {recent} 件", n=count, late=late, recent=recent),
            "href": choice.get(mode, Selection(state="open", unit=grid.code)).address(),
        }
    return found


def legend(t: Tongue, mode: str) -> Rows:
    """Return the classes of the map."""
    limits = (0, *BREAKS[mode])
    texts = [_range(low, high) for low, high in zip(limits, (*limits[1:], None), strict=True)]
    return [{"shade": shade, "text": text} for shade, text in enumerate(texts)]


def _range(low: int, high: int | None) -> str:
    if high is None:
        return f"{low}+"
    return f"{low}" if high == low + 1 else f"{low}–{high - 1}"


def areas(city: City) -> Rows:
    """Return streets with their communities and the codes of their grids."""
    return [
        {
            "code": street.code,
            "name": street.name,
            "rows": [
                {
                    "code": community.code,
                    "name": grounds.short(community),
                    "grids": [grid.code for grid in city.children(community.code)],
                }
                for community in city.children(street.code)
            ],
        }
        for street in city.of_level(UnitLevel.STREET)
    ]


def overdue(s: Snapshot, city: City, t: Tongue) -> Rows:
    """Return the cases that have been overdue longest, with the time over in their own clock."""
    rows = []
    for row in s.overdue:
        since = row.overdue_since or row.due_at or s.at
        chip = listing.state(row)
        rows.append(
            {
                "id": row.id,
                "title": row.summary,
                "number": row.number,
                "href": address(row.number or row.id),
                "unit": city.name_of(row.responsible) if row.responsible else "",
                "state": chip,
                "chip": t(words.STATES[chip]),
                "over": moments.amount(t, clocks.left(city, row, s.at, since)),
            }
        )
    return rows


def board(s: Snapshot, city: City, t: Tongue) -> Rows:
    """Return the levels of the joint meetings."""
    return [_level(s, level, city, t) for level in s.boards]


def _level(s: Snapshot, board: Board, city: City, t: Tongue) -> dict[str, Any]:
    level = city.levels[board.level]
    name = level.names.zh if t.language == "zh" else level.names.en
    period = t(words.PERIODS[level.cadence.period]) if level.cadence.period in words.PERIODS else level.cadence.period
    upcoming = t("下次 {day}", day=moments.day(board.next_at, s.at)) if board.next_at else t("下次待定")
    return {
        "code": board.level,
        "name": t("{level}联席会议", level=name),
        "pending": _count(board.pending),
        "href": Selection(pending=board.level).address(),
        "when": f"{period} · {upcoming}",
        "done": t(
            "已开 {held}  议定 {resolved}  销号 {gone}",
            held=board.held,
            resolved=board.resolved,
            gone=board.written_off,
        ),
        "up": t("上移 {n} →", n=board.moved_up) if board.moved_up else "",
        "topics": [_topic(s, entry, city, t) for entry in board.entries],
    }


def _topic(s: Snapshot, entry: TopicRow, city: City, t: Tongue) -> dict[str, Any]:
    due = entry.answer_due_at
    late = due is not None and due < s.at
    by = t("{day} 前", day=moments.day(due, s.at)) if due else ""
    return {
        "topic": entry.topic,
        "title": entry.summary,
        "href": address(entry.number or entry.case_id),
        "from": t("↑ 来自{unit}", unit=city.name_of(entry.from_body)) if entry.from_body else "",
        "unit": city.name_of(entry.body),
        "by": t("超 {by}", by=by) if late else by,
        "late": late,
    }


def year(s: Snapshot, t: Tongue) -> str:
    """Return the year's sums over all levels."""
    return t(
        "本年：已开 {held} 次 · 议定 {resolved} · 上移 {up} · 销号 {gone}",
        held=_count(sum(b.held for b in s.boards)),
        resolved=_count(sum(b.resolved for b in s.boards)),
        up=_count(sum(b.moved_up for b in s.boards)),
        gone=_count(sum(b.written_off for b in s.boards)),
    )


def stream(s: Snapshot, city: City, t: Tongue) -> Rows:
    """Return the last facts."""
    rows = []
    for fact in s.stream:
        line = stories.tell(fact, city, t, s.at)
        data = fact.data
        place = data.get("responsible") or data.get("body") or data.get("unit") or data.get("placement", {}) or ""
        code = place.get("unit", "") if isinstance(place, dict) else place
        rows.append(
            {
                "key": fact.position,
                "at": moments.clock_time(fact.acted_at),
                "verb": line.verb,
                "title": fact.summary or line.title,
                "href": address(fact.number or fact.subject) if fact.summary else "",
                "unit": city.name_of(code) if code else "",
            }
        )
    return rows


def address(case: str) -> str:
    """Return the address of a case's page."""
    return f"/cases/{quote(case, safe='')}"
