"""Paint forms anew without disturbing who is writing in one: what says the same as before stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nicegui.element import Element

from services.console.parts.act import ActForm

_OF_THE_MOMENT = frozenset({"sequence", "opened"})
"""Props of a form that may change under a person's hands: what it is built on, how often it was offered."""


@contextmanager
def repainted(place: Element) -> Iterator[None]:
    """Replace what a place holds by what the block builds, keeping each part that came out the same, cursor and all.

    A form that is offered no more goes too, unless somebody wrote in it: then it stands until that is copied or tossed.

    The block must not await: both paintings would be seen.
    """
    before = list(place.default_slot.children)
    with place:
        yield
    standing: dict[str, list[Element]] = {}
    for old in before:
        standing.setdefault(_said(old), []).append(old)
    for new in place.default_slot.children[len(before) :]:
        if same := standing.get(_said(new)):
            old = same.pop(0)
            before.remove(old)
            for was, becomes in zip(_forms(old), _forms(new), strict=True):
                was.show(sequence=becomes.props["sequence"], opened=was.props["opened"] + 1)
            new.delete()
            old.move(place)
        else:
            new.move(place)
    offered = {form.props["url"] for part in place if part not in before for form in _forms(part)}
    for gone in before:
        forms = _forms(gone)
        if forms and offered.isdisjoint(form.props["url"] for form in forms):
            for form in forms:
                form.retire(gone)
        else:
            gone.delete()


def _forms(element: Element) -> list[ActForm]:
    return [one for one in element.descendants(include_self=True) if isinstance(one, ActForm)]


def _said(element: Element) -> str:
    """Return all that a part shows, as one text that equals that of another which shows the same."""
    props: dict[str, Any] = {k: v for k, v in sorted(element.props.items()) if k not in _OF_THE_MOMENT}
    inside = [_said(child) for child in element.default_slot.children]
    return repr((element.tag, sorted(element.classes), getattr(element, "text", ""), props, inside))
