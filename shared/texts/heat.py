"""How hot an issue is, where, whom it concerns and what it is, from the messages that tell of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log, log1p

from shared.texts.clusters import Message
from shared.texts.grams import dictionary

PARTS = {"people": 0.4, "growth": 0.25, "days": 0.2, "likes": 0.15}
"""What each part counts in the heat (assumed): people before everything, likes least, as one click is no letter."""
_ENDINGS = "苑园城区村路街镇乡场校院站桥湖湾府里墅线行际店寺山岛厂道司居庭郡汇寓贷网团楼"
_NO_NAME = "的是在对把被将请与及"
_PLACE = re.compile(rf"(?=((?:(?![{_NO_NAME}])[\u4e00-\u9fff]){{1,7}}[{_ENDINGS}]))")
"""Characters up to one that ends names, none of which only words between names have; overlapping ones too."""
_ABOVE = r"(?:[A-Z]\d{0,2}[市县区]|[市县乡]|(?<!城)镇|街道)"
"""What stands before a name of a place where it is said in full; before a mere word it hardly ever does."""
_IN_FULL = 0.2
"""Share of the messages with a name that must say it in full, two at least."""
_OF_CITY = re.compile(r"[A-Z]\d{0,2}[市县区]")
_GROUPS = (
    "业主", "村民", "学生", "家长", "职工", "员工", "教师", "老师", "农民工", "消费者", "购房者", "受害人", "投资人",
    "乘客", "司机", "商户", "租户", "老人", "残疾人", "退役军人", "患者", "学员",
)  # fmt: skip
"""Groups of people as they call themselves."""
_EVERYBODY = ("居民", "市民", "群众")
_NARROWER = 0.3
"""Share of the messages that must name a group for it to be the issue's."""
_MOST = 0.5
"""Share of the messages that must name a place for it to be the issue's."""
_SHORTER = 0.85
"""A longer name is taken if nearly as many messages have it."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: `messages` are places in the list; `growth` is how many more came in the last third of its days than
    in the first; `likes` counts dislikes against likes."""

    messages: tuple[int, ...]
    heat: float
    place: str
    group: str
    problem: str
    first: datetime
    last: datetime
    people: int
    days: int
    growth: int
    likes: int


def rank(messages: Sequence[Message], groups: Sequence[Sequence[int]], top: int) -> list[Issue]:
    """Return the hottest groups of at least two people, heat from 0 to 100 beside the greatest of each part."""
    parts = {tuple(group): _parts([messages[at] for at in group]) for group in groups if len(group) > 1}
    parts = {group: said for group, said in parts.items() if said["people"] > 1}
    most = {name: max((said[name] for said in parts.values()), default=0) for name in PARTS}
    heat = {
        group: 100 * sum(PARTS[name] * log1p(said[name]) / log1p(most[name]) for name in PARTS if most[name])
        for group, said in parts.items()
    }
    ranked = sorted(parts, key=lambda group: (-heat[group], group))[:top]
    return [_issue(messages, group, round(heat[group], 1), parts[group]) for group in ranked]


def _parts(told: Sequence[Message]) -> dict[str, int]:
    times = sorted(message.at for message in told)
    third = (times[-1] - times[0]) / 3
    early = sum(at < times[0] + third for at in times)
    late = sum(at > times[-1] - third for at in times)
    return {
        "people": len({message.person for message in told}),
        "growth": max(0, late - early),
        "days": (times[-1] - times[0]).days + 1,
        "likes": max(0, sum(message.likes - message.dislikes for message in told)),
    }


def _issue(messages: Sequence[Message], group: tuple[int, ...], heat: float, parts: dict[str, int]) -> Issue:
    told = [messages[at] for at in group]
    times = sorted(message.at for message in told)
    inside = set(group)
    others = [f"{m.subject}{m.text}" for at, m in enumerate(messages) if at not in inside]
    return Issue(
        messages=tuple(sorted(group, key=lambda at: (messages[at].at, messages[at].id))),
        heat=heat,
        place=_place(told, others),
        group=_group(told),
        problem=_problem(told),
        first=times[0],
        last=times[-1],
        **parts,
    )


def _place(told: Sequence[Message], others: Sequence[str]) -> str:
    """Return the name that most of these messages share and the others do not; the town where there is none."""
    named = _names([m.subject for m in told]) or _names([f"{m.subject} {m.text}" for m in told])
    wanted = list(named)
    if not wanted:
        towns = Counter(town for m in told for town in set(_OF_CITY.findall(f"{m.subject}{m.text}")))
        return towns.most_common(1)[0][0] if towns else ""
    worth = {
        name: named[name] * log((len(others) + 2) / (1 + sum(name in other for other in others))) for name in wanted
    }
    best = max(worth.values())
    return max(
        (name for name in wanted if worth[name] >= _SHORTER * best), key=lambda name: (len(name), worth[name], name)
    )


def _names(texts: Sequence[str]) -> dict[str, int]:
    """Return what is said as names of places are in at least half of the texts, and in how many each stands."""
    named: Counter[str] = Counter()
    for text in texts:
        named.update({found.group(1).lstrip("市区县镇") for found in _PLACE.finditer(text)} - dictionary())
    often = {name: times for name, times in named.items() if len(name) > 1 and times >= max(2, _MOST * len(texts))}
    in_full = {name: re.compile(f"{_ABOVE}{re.escape(name)}") for name in often}
    return {
        name: times
        for name, times in often.items()
        if sum(bool(in_full[name].search(text)) for text in texts) >= max(2, _IN_FULL * times)
    }


def _group(told: Sequence[Message]) -> str:
    """Return who complains, by their own word."""
    said = [f"{m.subject}{m.text}" for m in told]
    for words, least in ((_GROUPS, _NARROWER * len(told)), (_EVERYBODY, 1)):
        named = {word: sum(word in text for text in said) for word in words}
        word = max(words, key=lambda w: named[w])
        if named[word] >= least:
            return word
    return _EVERYBODY[1]


def _problem(told: Sequence[Message]) -> str:
    """Return the subject line that shares most with all the others: the middle of what is said."""
    pairs = [Counter(m.subject[at : at + 2] for at in range(len(m.subject) - 1)) for m in told]
    everyone = Counter(pair for of_one in pairs for pair in of_one)
    shares = [sum(everyone[pair] for pair in of_one) / (1 + len(of_one)) for of_one in pairs]
    return told[max(range(len(told)), key=lambda at: (shares[at], -len(told[at].subject)))].subject
