"""Who may do what, when (workflows §1): every (status, act, role) of the table, allowed and forbidden."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.domain import replies
from services.dispatch.domain.desk import ACTS, ties
from services.dispatch.domain.order import Order, Status
from shared.city.model import Post, UnitLevel
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rights import RIGHTS, Tie
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE, OPERATIONS, department, order, unit

NOBODY = "someone-else"
KINDS = ("department", "unit", "post", "operations", "source", "resident", "member", "system")
REQUESTS: dict[str, Callable[[Play], list[Any]]] = {
    "judge_hand_back": town.ask_hand_back,
    "judge_extension": town.ask_extension,
    "judge_suspension": town.ask_suspension,
    "judge_unable": town.ask_unable,
    "judge_release": lambda played: town.say(played, department("roads"), replies.AskRelease(CASE, 1, "无此职能")),
}
SAMPLES: dict[type, Callable[[int], Any]] = {
    replies.Accept: lambda n: replies.Accept(CASE, n, "post"),
    replies.Progress: lambda n: replies.Progress(CASE, n, "正在办理"),
    replies.HandBack: lambda n: replies.HandBack(CASE, n, "3", "order", "不属职责"),
    replies.AskExtension: lambda n: replies.AskExtension(CASE, n, 1, "雨季施工"),
    replies.AskSuspension: lambda n: replies.AskSuspension(CASE, n, "funds", 5, "资金未到"),
    replies.Unable: lambda n: replies.Unable(CASE, n, "money", "已试过"),
    replies.Finish: lambda n: replies.Finish(CASE, n, "已修好了", True, 1),
    replies.PassUp: lambda n: replies.PassUp(CASE, n, "means", "无力办理"),
    replies.AnswerPart: lambda n: replies.AnswerPart(CASE, n, "已配合完成"),
    replies.AskRelease: lambda n: replies.AskRelease(CASE, n, "无此职能"),
    replies.JudgeHandBack: lambda n: replies.JudgeHandBack(CASE, n, True),
    replies.JudgeExtension: lambda n: replies.JudgeExtension(CASE, n, True),
    replies.JudgeSuspension: lambda n: replies.JudgeSuspension(CASE, n, True),
    replies.JudgeUnable: lambda n: replies.JudgeUnable(CASE, n, True),
    replies.JudgeRelease: lambda n: replies.JudgeRelease(CASE, n, True),
    replies.Resume: lambda n: replies.Resume(CASE, n),
    replies.Recall: lambda n: replies.Recall(CASE, n, "派错单位"),
    replies.StateDispute: lambda n: replies.StateDispute(CASE, n, ("order",), "两家互推"),
    replies.Verify: lambda n: replies.Verify(CASE, n, True, "现场查看", "photo"),
    replies.DispatchTo: lambda n: replies.DispatchTo(CASE, "s1"),
}
CITY = replace(town.TOWN, posts={f"{level}-clerk": Post(f"{level}-clerk", "经办", level) for level in UnitLevel})
"""Every unit has a post; a post of another level is none of its posts."""
REFUSED_BY_WHO = frozenset(
    {"actor.not_allowed", "order.not_yours", "order.judge_interested", "order.verify_own", "order.act_not_now"}
)


def desks(now: Order) -> set[str]:
    """Return every code that stands to the order in some way, and one that does not."""
    found = {now.lead, now.dispatcher, now.responsible, now.paused_by, *(part.unit for part in now.parts), NOBODY}
    if now.request is not None:
        found |= {now.request.judge, now.request.asker, now.request.proposed}
    return {code for code in found if code}


def actor_of(kind: str, code: str) -> Actor:
    if kind == "post":
        return Actor("post", f"{code}:{_post_at(code)}")
    return OPERATIONS if kind == "operations" else Actor(kind, code)


def _post_at(code: str) -> str:
    """Name a post that a unit has; a code that is no unit has none."""
    units, posts = CITY.units, CITY.posts
    return next((p.code for p in posts.values() if code in units and p.level is units[code].level), "none")


def desk_of(kind: str, code: str, act: str) -> str:
    """Say for whom somebody acts: a post for its unit, at the city as convener alone; nobody where it is none."""
    if kind != "post":
        return "top" if kind == "operations" else code
    return code if _post_at(code) != "none" and (code != "top" or act == "judge_extension") else ""


def bring(status: Status, kind: type) -> Play:
    """Bring a case into a status, with the request pending that an act judges where it can be asked there."""
    name = ACTS[kind].right.act
    is_accepted = status is Status.ACCEPTED
    if is_accepted and kind in (replies.AnswerPart, replies.AskRelease, replies.JudgeRelease):
        played = town.supported()
    elif is_accepted and kind is replies.PassUp:
        played = town.accepted("litter")
    else:
        played = town.IN[status]()
    if name in REQUESTS and status in (Status.DISPATCHED, Status.ACCEPTED):
        with suppress(Refused):  # what cannot be asked there is not pending, and the judge is told so
            REQUESTS[name](played)
    return played


def again(played: Play) -> Play:
    """Return the same moment once more."""
    other = copy(played)
    other.city = CITY
    other.states, other.deadlines = dict(played.states), dict(played.deadlines)
    other.facts, other.copies, other.rows = list(played.facts), [], []
    return other


def may(now: Order, kind: type, actor: Actor, desk: str) -> bool:
    """Say by the tables alone whether this actor may take this step now."""
    act = ACTS[kind]
    stands = ties(now, desk)
    is_known = ("unit" if actor.kind == "post" else actor.kind) in act.right.kinds
    return is_known and now.status in act.statuses and act.right.may in stands and not stands & act.right.never.keys()


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: str(ACTS[kind].right.act))
def test_an_act_is_taken_from_nobody_but_whom_the_table_names_and_only_where_it_exists(kind: type) -> None:
    tried = allowed = 0
    for status in Status:
        brought = bring(status, kind)
        now = order(brought)
        for code in sorted(desks(now)):
            for actor_kind in KINDS:
                actor = actor_of(actor_kind, code)
                rule, played = outcome(brought, actor, SAMPLES[kind](max(now.assignment, 1)))
                is_allowed = may(now, kind, actor, desk_of(actor_kind, code, ACTS[kind].right.act))
                tried += 1
                if rule:
                    assert not is_allowed or rule not in REFUSED_BY_WHO, (status, actor, rule)
                    assert order(played) == now
                    assert (played.deadlines, played.facts) == (brought.deadlines, brought.facts)
                else:
                    assert is_allowed, (status, actor)
                    allowed += 1
    assert tried > 8 * len(KINDS)
    assert allowed


def outcome(brought: Play, actor: Actor, command: Any) -> tuple[str, Play]:
    """Return the rule that refuses a command, or nothing, and what became of the moment."""
    played = again(brought)
    try:
        assert town.say(played, actor, command)
    except Refused as error:
        return error.rule, played
    return "", played


def test_a_post_of_another_level_acts_for_nobody() -> None:
    for code, post in (("s1", "community-clerk"), ("c11", "street-clerk"), ("nowhere", "street-clerk")):
        for kind, sample in SAMPLES.items():
            rule, _ = outcome(town.waiting(), Actor("post", f"{code}:{post}"), sample(1))
            assert rule in REFUSED_BY_WHO | {"order.assignment_over"}, (code, kind)


def test_every_act_of_the_desk_has_its_line_and_its_sample() -> None:
    assert SAMPLES.keys() == ACTS.keys()
    assert {act.right.act for act in ACTS.values()} <= RIGHTS.keys()


def test_the_never_column_of_workflows_1_is_in_the_table() -> None:
    for name in ("judge_hand_back", "judge_unable", "judge_extension", "judge_suspension", "judge_release"):
        assert {Tie.ASKER, Tie.PROPOSED} <= RIGHTS[name].never.keys()
    assert Tie.LEAD in RIGHTS["verify"].never
    assert "department" not in RIGHTS["dispatch"].kinds
    assert "department" not in RIGHTS["pass_up"].kinds


@pytest.mark.parametrize("code", ["g111", "b1111", "water"])
def test_grid_and_department_dispatch_to_nobody(code: str) -> None:
    assert not town.TOWN.reach(code)
    played = town.waiting()
    with pytest.raises(Refused):
        town.say(played, unit(code) if code != "water" else department(code), replies.DispatchTo(CASE, "roads"))
