"""Times and durations as the office writes them, in Asia/Shanghai."""

from __future__ import annotations

from datetime import datetime

from services.console.clocks import Left
from services.console.words import UNITS, WEEKDAYS, Tongue
from shared.kernel.calendar import SHANGHAI
from shared.kernel.clock import Budget

_HOUR, _MINUTE = 3600, 60


def clock_time(at: datetime) -> str:
    """Return 14:32:05."""
    return f"{at.astimezone(SHANGHAI):%H:%M:%S}"


def day(at: datetime, now: datetime) -> str:
    """Return 11-24, with the year only if it is not this one."""
    local = at.astimezone(SHANGHAI)
    return f"{local:%m-%d}" if local.year == now.astimezone(SHANGHAI).year else f"{local:%Y-%m-%d}"


def weekday(t: Tongue, at: datetime) -> str:
    """Return 周二."""
    return t(WEEKDAYS[at.astimezone(SHANGHAI).weekday()])


def moment(t: Tongue, at: datetime, now: datetime) -> str:
    """Return 11-24 周二 10:11."""
    return f"{day(at, now)} {weekday(t, at)} {at.astimezone(SHANGHAI):%H:%M}"


def moment_of(t: Tongue, at: str) -> str:
    """Return the same of an instant as HTTP says it, in real time."""
    found = datetime.fromisoformat(at)
    return moment(t, found, found)


def short_moment(at: datetime, now: datetime) -> str:
    """Return 11-24 10:11."""
    return f"{day(at, now)} {at.astimezone(SHANGHAI):%H:%M}"


def budget(t: Tongue, limit: Budget) -> str:
    """Return a time limit in its own unit: 7 个工作日."""
    return t(UNITS[limit.unit.value], n=limit.amount)


def amount(t: Tongue, left: Left) -> str:
    """Return the size of a time left or over in the clock's own unit: 1 工作日 7 小时."""
    seconds = abs(left.seconds)
    days, rest = divmod(seconds, left.day)
    hours, minutes = rest // _HOUR, rest % _HOUR // _MINUTE
    if left.unit in ("wd", "wh"):
        if days:
            return t("{days} 工作日 {hours} 小时", days=days, hours=hours) if hours else t("{days} 工作日", days=days)
    elif days:
        return t("{days} 天 {hours} 小时", days=days, hours=hours) if hours else t("{days} 天", days=days)
    if hours:
        return t("{hours} 小时 {minutes} 分", hours=hours, minutes=minutes)
    return t("{minutes} 分", minutes=minutes)


def remaining(t: Tongue, left: Left) -> str:
    """Return what is left or over on a clock: 剩 1 工作日 7 小时."""
    said = amount(t, left)
    return t("超 {time}", time=said) if left.seconds < 0 else t("剩 {time}", time=said)


def days_of(t: Tongue, seconds: float) -> str:
    """Return a median as days or hours with one decimal, below an hour as minutes."""
    if seconds >= 86_400:
        return t("{days} 天", days=f"{seconds / 86_400:.1f}")
    if seconds < _HOUR:
        return t("{minutes} 分", minutes=round(seconds / _MINUTE))
    return t("{hours} 小时", hours=f"{seconds / _HOUR:.1f}")
