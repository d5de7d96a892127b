"""Forms by which work is done: one act of the owning service each, sent by the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from services.console.access.acts import ACTS, find
from services.console.pages.frame import Desk
from services.console.parts import Part
from services.console.words import Tongue

PROPOSALS = 3
"""Choices that may stand above their field, each with its key."""
Field = dict[str, Any]
Options = Sequence[tuple[Any, str]]
"""Values as they are sent, whatever JSON they are, each with its words."""


class ActForm(Part, component=Path(__file__).parents[1] / "components" / "actform.js"):
    """A form that sends one act, keeps what is typed, and tells what became of it."""

    def __init__(self, **props: Any) -> None:
        super().__init__(**props)
        self._part: Element = self
        self.on("blank", self._vanish)

    def retire(self, part: Element) -> None:
        """Take no more; the form goes, and with its last one the part, as soon as the browser says nothing is in it."""
        self._part = part
        self.show(gone=True)

    def _vanish(self) -> None:
        part = self._part
        self.delete()
        if not any(isinstance(one, ActForm) for one in part.descendants()):
            part.delete()


def text(
    name: str, label: str, *, least: int = 4, most: int = 500, required: bool = True, hint: str = "", **more: Any
) -> Field:
    """Return a field of several lines; `least` and `most` are characters. `each=(list, (key, second), given)` sends one
    entry of that list per word, `key` being what stands before an @ and `second` what stands after it; `lines=True`
    sends a list of the lines, numbered: code and text."""
    return {"name": name, "label": label, "kind": "text", "required": required, "least": least, "most": most,
            "hint": hint, **more}  # fmt: skip


def choice(name: str, label: str, options: Options, *, value: Any = None, required: bool = True, **more: Any) -> Field:
    """Return a field that takes one of (value, words); `entry=(list, n, given)` sends it as `key` of its n-th.

    `first=n` shows the first n as buttons too, each with its key; `like=name` takes the options of another field."""
    shown = [{"value": code, "text": words} for code, words in options]
    if not required:
        shown.insert(0, {"value": "", "text": "—"})
    return {
        "name": name,
        "label": label,
        "kind": "choice",
        "options": shown,
        "required": required,
        "value": value,
        **more,
    }


def verdict(name: str, label: str, yes_words: str, no_words: str) -> Field:
    """Return a field that takes one of two, sent as true or false."""
    return choice(name, label, [("true", yes_words), ("false", no_words)]) | {"flag": True}


def many(name: str, label: str, options: Options) -> Field:
    """Return a field that takes several of (value, words); sent as a list."""
    return {"name": name, "label": label, "kind": "many", "options": [{"value": c, "text": w} for c, w in options]}


def cards(name: str, label: str, options: Sequence[tuple[str, str, str, str]], *, value: str = "") -> Field:
    """Return a field that takes one of (value, words, hint, rule): what a rule forbids just now is shown with it."""
    shown = [{"value": code, "text": words, "hint": hint, "off": off} for code, words, hint, off in options]
    return {"name": name, "label": label, "kind": "cards", "options": shown, "required": True, "value": value}


def yes(name: str, label: str, *, value: bool = False) -> Field:
    """Return a box to tick; sent as true or false."""
    return {"name": name, "label": label, "kind": "yes", "value": value}


def single(name: str, label: str, kind: str = "text", *, required: bool = True, **more: Any) -> Field:
    """Return a field of one line: `day`, `moment` or an HTML input type; `number` is sent as a number; `most`, `least`,
    `step`, `value`, `hint`; `list=True` sends the words as a list, `entry` as a choice;
    `when=(name, value or values)` shows it only then, `when=(name,)` once something stands there."""
    return {"name": name, "label": label, "kind": "line" if kind == "text" else kind, "required": required, **more}


def photos(name: str, label: str, to: str, beside: str, *, count: str = "", most: int = 6, hint: str = "") -> Field:
    """Return a field of photos: each is sent as it is chosen; with the words of the field `beside` they go `to` an act
    of their own before the form's. The number in the field `count` is never less than theirs."""
    return {"name": name, "label": label, "kind": "photos", "required": False, "to": to, "beside": beside,
            "count": count, "most": most, "hint": hint}  # fmt: skip


def act_form(
    desk: Desk,
    service: str,
    path: str,
    submit: str,
    fields: Sequence[Field] = (),
    *,
    title: str = "",
    next: str = "",
    fixed: Mapping[str, Any] | None = None,
    sequence: int | None = None,
    off: str = "",
    look: str = "",
    mark: str = "",
    into: tuple[str, Mapping[str, Any]] | None = None,
    done: Callable[[Mapping[str, Any]], Any] | None = None,
) -> ActForm | None:
    """Build the form of an act, or nothing at all if the act is not of the reader's role.

    `path` is the service's own address, ids filled in; `fixed` goes into the body beside the fields; `sequence` is what
    the form was built on, so that it is refused when the case has changed; `next` says what will happen; `off` is the
    rule that forbids it just now. `mark` tells several forms of one act apart; `into=(list, given)` sends the
    fields, with what is given, as one more entry of that list of `fixed`. `done` hears what the service answered:
    subject, sequence, facts.
    """
    act = find(ACTS, service, path)
    if act is None or desk.signed.role not in act.roles:
        return None
    form = ActForm(
        url=f"/act/{service}{path}{'?' if mark else ''}{mark}", title=title, submit=submit, next=next,
        fields=list(fields),
        fixed=dict(fixed or {}), sequence="" if sequence is None else str(sequence), off=off, look=look,
        words=form_words(desk.t), opened=0, gone=False, into=None if into is None else [into[0], dict(into[1])],
    )  # fmt: skip
    if done is not None:
        hear = done

        def tell(event: GenericEventArguments) -> None:
            hear(event.args)

        form.on("done", tell)
    return form


def form_words(t: Tongue) -> dict[str, str]:
    """Return what a form says of its own."""
    return {
        "sent": t("已送出，等待生效"),
        "done": t("已生效"),
        "refused": t("未生效：{why}", why="{why}"),
        "slow": t("还在处理，可以离开本页"),
        "lost": t("没有送到，请检查网络后再按一次；不会重复办理"),
        "gone": t("这一步现在办不了；写下的留在这里，可以抄走"),
        "toss": t("不留了"),
        "calendar": t("日历"),
        "day": t("请写成 2026-11-24"),
        "moment": t("请写成 2026-11-24 14:30"),
        "span": t("须在 {least} 至 {most} 之间", least="{least}", most="{most}"),
        "title": "title" if t.language == "zh" else "title_en",
    }
