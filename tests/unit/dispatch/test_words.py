"""What a refusal names by a code, a status or a step, is said in Chinese words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import Enum

import pytest

from services.dispatch.domain import desk, order, whistle, whistle_desk
from services.dispatch.domain.claims import item, project, projecting, wish, wishing
from shared.kernel.rules import words

STATUSES: dict[str, tuple[Iterable[Enum], Collection[str]]] = {
    "order.act_not_now": (order.Status, [act.right.act for act in desk.ACTS.values()]),
    "dispute.order": (order.Status, [""]),
    "whistle.not_now": ([*whistle.Status, *whistle.Presence], [act.name for act in whistle_desk.ACTS.values()]),
    "wish.act_not_now": (wish.WishStatus, [act.name for act in wishing.ACTS.values()]),
    "project.act_not_now": (project.ProjectStatus, [act for act, _ in projecting.ACTS.values()]),
    "list.status": (item.ItemStatus, ["write", "publish", "revise", "replace"]),
}


@pytest.mark.parametrize("rule", STATUSES)
def test_every_status_and_step_is_said_in_chinese(rule: str) -> None:
    statuses, acts = STATUSES[rule]
    for status in statuses:
        for act in acts:
            zh, en = words(rule, {"now": str(status.value), "act": act})
            assert not re.search("[a-z{]", zh), zh
            assert str(status.value) in en


def test_a_code_nobody_has_words_for_is_shown_as_it_is() -> None:
    assert words("order.act_not_now", {"now": "moon", "act": "verify"})[0] == "moon状态下不能办理：核查"
