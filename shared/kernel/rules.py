"""The words of every rule that can refuse something: rule id -> (Chinese, English), with `{name}` parameters.

A service registers its own rules at import of its `domain` package by `register({...})`; a rule without words is a
programming error that the architecture tests find.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = tuple[str, str]

_WORDS: dict[str, Words] = {
    "message.unreadable": ("内容无法读取：{reason}", "The message cannot be read: {reason}"),
    "message.unknown_type": ("未知的消息类型或版本：{type}", "Unknown message type or version: {type}"),
    "message.missing_header": ("缺少消息头 {name}", "Header {name} is missing"),
    "message.too_large": ("内容超过 {limit} 字节", "Larger than {limit} bytes"),
    "message.invalid": ("字段 {field_name} 不合要求：{reason_zh}", "Field {field_name} is invalid: {reason}"),
    "message.stale": (
        "事项已有变化（当前序号 {sequence}），请核对后再提交",
        "Changed meanwhile (now at {sequence}); check and send again",
    ),
    "message.conflicting_id": ("同一编号已用于另一内容", "This id was already used for another content"),
    "actor.bad_token": ("凭证无效", "The token is not valid"),
    "internal.error": ("系统内部错误（{kind}），已记录", "Internal error ({kind}); it has been recorded"),
    "database.away": ("系统暂时不可用，请稍后再试", "Not available just now; try again shortly"),
    "http.refused": ("地址或方法不对：{reason}", "No such address or method: {reason}"),
    "paper.no_font": (
        "没有中文字体，以下任一即可：{families}；可安装 pylopdf-fonts-zh-cn 或 fonts-noto-cjk",
        "No Chinese font; any of {families} will do: install pylopdf-fonts-zh-cn or fonts-noto-cjk",
    ),
    "http.too_often": ("请求过于频繁，请 {seconds} 秒后再试", "Too many requests; try again in {seconds} s"),
    "subject.unknown": ("没有这个编号：{subject}", "No such id: {subject}"),
    "move.forbidden": ("{now} 状态下不能{to}", "Not possible: {now} -> {to}"),
    "actor.not_allowed": ("{actor} 无权办理此事项：{act}", "{actor} may not do this: {act}"),
}


_NAMES: dict[str, str] = {}
_STATES = frozenset({"now", "to", "stage", "status"})
"""Parameters that say how something stands."""


def name(states: Mapping[str, str]) -> None:
    """Give codes of states their Chinese names, by which the words of rules speak of them; in English the code does."""
    _NAMES.update(states)


_TERMS: dict[str, Mapping[str, str]] = {}
_CODED = frozenset({"now", "act"})
"""Parameters that hold a code of a rule's own terms: a status, a step."""


def register(words: Mapping[str, Words], terms: Mapping[str, str] | None = None) -> None:
    """Give rules their words; the same id with other words is refused, so that no two services fight over one.

    `terms` are Chinese names of the codes that these rules alone name: their steps, states of something of their own.
    """
    for rule, pair in words.items():
        _TERMS[rule] = terms or {}
        if _WORDS.setdefault(rule, pair) != pair:
            raise ValueError(f"rule {rule} already has other words")


def words(rule: str, params: Mapping[str, str]) -> Words:
    """Render a rule in Chinese and English; a missing parameter shows as its name instead of failing.

    A parameter that is itself words comes twice: `reason`, and `reason_zh` for the Chinese sentence.
    """
    pair = _WORDS[rule]
    terms = _TERMS.get(rule, {})
    named = {key: _NAMES.get(said, said) if key in _STATES else said for key, said in params.items()}
    named |= {key: terms[said] for key, said in params.items() if key in _CODED and said in terms}
    return pair[0].format_map(_Forgiving(named)), pair[1].format_map(_Forgiving(params))


def known() -> frozenset[str]:
    """Return every rule id that has words."""
    return frozenset(_WORDS)


class _Forgiving(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
