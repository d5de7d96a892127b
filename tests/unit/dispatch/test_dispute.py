"""Mediation (矛盾纠纷调解): every allowed and forbidden step, who may mediate, who sees names (workflows §3.5)."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import product
from typing import Any

import pytest

from services.dispatch.domain import decide, evolve, heard
from services.dispatch.domain import dispute as d
from services.dispatch.domain.dispute import MOVES, Dispute, Mediation
from services.dispatch.domain.mediating import ACTS, check_reader
from services.dispatch.domain.order import Status
from services.dispatch.papers.agreement import agreement
from shared.city.model import Kind, Post, Rung, UnitLevel
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.papers.paper import Labelled, Text
from tests.support.play import Play
from tests.unit.dispatch import town
from tests.unit.dispatch.town import CASE

NEIGHBOURS = replace(town.matter("neighbours", Rung.GRID, ("order",), verified=False), kind=Kind.DISPUTE)
CITY = replace(
    town.TOWN,
    mechanisms=frozenset({"mediation"}),
    matters={**town.TOWN.matters, "neighbours": NEIGHBOURS},
    posts={
        "liaison": Post("liaison", "联络员", UnitLevel.COMMUNITY),
        "staff": Post("staff", "网格员", UnitLevel.GRID),
        "clerk": Post("clerk", "干事", UnitLevel.STREET),
    },
)
GRID, COMMUNITY, MEDIATOR = town.unit("g111"), town.unit("c11"), Actor("post", "c11:liaison")
PARTIES = (d.Party("p1", "张某", "13900001111", ("g111:staff",)), d.Party("p2", "李某"))
OPEN = d.OpenDispute(CASE, PARTIES, "楼上漏水，张某要求赔偿")
NAME = d.NameMediator(CASE, "c11:liaison", True)
AGREE = d.ReachAgreement(CASE, ("李某十日内修好", "赔偿八百元"), ("p1", "p2"))
FAIL = d.FailDispute(CASE, ("lawsuit",))
WITHDRAW = d.WithdrawDispute(CASE)
SAMPLES = {d.NameMediator: NAME, d.ReachAgreement: AGREE, d.FailDispute: FAIL, d.WithdrawDispute: WITHDRAW}


def registered(matter: str = "neighbours") -> Play:
    played = Play(decide, evolve, CITY, town.MONDAY)
    played.hear(CASE, town.case(matter), "intake")
    return played


def mediating() -> Play:
    played = registered()
    played.send(CASE, OPEN, GRID)
    played.send(CASE, NAME, COMMUNITY)
    return played


def refused(played: Play, data: Any, actor: Actor, rule: str) -> None:
    before = dict(played.states)
    with pytest.raises(Refused) as error:
        played.send(CASE, data, actor)
    assert (error.value.rule, played.states) == (rule, before)


def taken(played: Play, data: Any, actor: Actor) -> str | None:
    try:
        played.send(CASE, data, actor)
    except Refused as error:
        return error.rule
    return None


def now(played: Play) -> Dispute:
    found: Dispute = played.states[CASE].dispute
    return found


ACTORS = {
    "opener": GRID, "community": COMMUNITY, "mediator": MEDIATOR, "other post": Actor("post", "c11:chair"),
    "street": town.unit("s1"), "other community": town.unit("c12"), "department": town.department("order"),
    "operations": town.OPERATIONS, "resident": Actor("resident", "c11"),
}  # fmt: skip
MAY = {True: {"community", "mediator"}, False: {"opener", "community", "mediator", "other post"}}
"""Whether the mediator alone takes the step -> who may; the unit's own token speaks for its posts."""


@pytest.mark.parametrize("kind", ACTS, ids=lambda kind: kind.__name__)
def test_a_step_exists_for_its_role_in_its_state_alone(kind: type) -> None:
    act, allowed = ACTS[kind], 0
    for status, order_status, who in product(Mediation, Status, ACTORS):
        played = registered()
        known = Dispute(status, "c11", "g111", 2, (), "c11:liaison")
        played.states[CASE] = replace(played.states[CASE], status=order_status, dispute=known)
        exists = (
            who in MAY[act.by_mediator]
            and act.to in MOVES.table[status]
            and order_status in (Status.WAITING, Status.DISPATCHED, Status.ACCEPTED, Status.ESCALATED)
        )
        rule = taken(played, SAMPLES[kind], ACTORS[who])
        assert (rule is None) == exists, (status, order_status, who, rule)
        if exists:
            assert now(played).status is act.to
            allowed += 1
        else:
            assert rule in {"move.forbidden", "dispute.order", "dispute.not_yours", "actor.not_allowed"}
    assert allowed


def test_a_settled_failed_or_withdrawn_dispute_stays_so() -> None:
    assert {status for status, to in MOVES.table.items() if not to} == {
        Mediation.SUCCEEDED, Mediation.FAILED, Mediation.WITHDRAWN,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("matter", "data", "actor", "rule"),
    [
        ("litter", OPEN, GRID, "dispute.kind"),
        ("neighbours", OPEN, town.unit("g112"), "dispute.not_yours"),
        ("neighbours", OPEN, town.unit("s1"), "dispute.not_yours"),
        ("neighbours", OPEN, town.department("order"), "actor.not_allowed"),
        ("neighbours", replace(OPEN, parties=(PARTIES[0], PARTIES[0])), GRID, "dispute.party_twice"),
        ("neighbours", NAME, COMMUNITY, "dispute.not_opened"),
    ],
)
def test_only_a_dispute_of_its_own_ground_is_opened(matter: str, data: Any, actor: Actor, rule: str) -> None:
    refused(registered(matter), data, actor, rule)


def test_a_dispute_is_opened_once_and_while_its_order_runs() -> None:
    played = registered()
    played.send(CASE, OPEN, GRID)
    refused(played, OPEN, COMMUNITY, "dispute.twice")
    over = registered()
    over.states[CASE] = replace(over.states[CASE], status=Status.CLOSED)
    refused(over, OPEN, GRID, "dispute.order")


@pytest.mark.parametrize(
    ("mediator", "no_interest", "rule"),
    [
        ("g111:staff", True, "dispute.interested"),
        ("c11:liaison", False, "dispute.declaration"),
        ("c12:liaison", True, "dispute.post"),
        ("s1:clerk", True, "dispute.post"),
        ("c11:staff", True, "dispute.post"),
        ("c11:nobody", True, "dispute.post"),
    ],
)
def test_only_a_post_of_the_ground_without_interest_mediates(mediator: str, no_interest: bool, rule: str) -> None:
    played = registered()
    played.send(CASE, OPEN, GRID)
    refused(played, d.NameMediator(CASE, mediator, no_interest), COMMUNITY, rule)


def test_another_mediator_may_take_the_place_of_the_first() -> None:
    played = mediating()
    played.send(CASE, d.NameMediator(CASE, "g112:staff", True), COMMUNITY)
    assert (now(played).mediator, now(played).reader) == ("g112:staff", "g112")
    refused(played, AGREE, MEDIATOR, "dispute.not_yours")


def test_an_agreement_needs_every_signature_and_a_failure_the_lawful_ways() -> None:
    played = mediating()
    refused(played, replace(AGREE, signed=("p1",)), MEDIATOR, "dispute.unsigned")
    refused(played, d.FailDispute(CASE, ()), MEDIATOR, "dispute.untold")
    played.send(CASE, AGREE, MEDIATOR)
    assert played.stated(d.DisputeSucceeded) == [d.DisputeSucceeded("c11:liaison", 2, 2)]


def test_the_order_cannot_be_finished_while_it_is_mediated_and_its_clock_is_the_matters_own() -> None:
    played = mediating()
    before = played.states[CASE]
    town.say(played, GRID, town.replies.Accept(CASE, 1, "staff"))
    done = town.replies.Finish(CASE, 1, "已调解", True, 1)
    refused(played, done, GRID, "dispute.running")
    played.send(CASE, AGREE, MEDIATOR)
    town.say(played, GRID, done)
    assert played.states[CASE].status is Status.VERIFIED
    assert (before.responsible, before.clock) == ("g111", "accept")


def test_a_failed_mediation_leaves_the_order_to_be_passed_up() -> None:
    played = mediating()
    played.send(CASE, FAIL, MEDIATOR)
    town.say(played, GRID, town.replies.Accept(CASE, 1, "staff"))
    town.say(played, GRID, town.replies.PassUp(CASE, 1, "tried", "调解不成"))
    assert played.states[CASE].responsible == "c11"


def test_a_mediation_ends_with_its_order_and_counts_neither_way() -> None:
    played = mediating()
    played.hear(CASE, heard.CaseWithdrawn(), "intake")
    assert played.stated(d.DisputeWithdrawn) == [d.DisputeWithdrawn(True)]
    assert (played.states[CASE].status, now(played).status) == (Status.WITHDRAWN, Mediation.WITHDRAWN)


def test_no_name_no_telephone_and_no_term_is_in_any_fact_or_state() -> None:
    played = mediating()
    played.send(CASE, AGREE, MEDIATOR)
    said = repr([asdict(fact) for _, fact in played.facts]) + repr(played.states)
    for private in ("张某", "李某", "13900001111", "漏水", "八百"):
        assert private not in said
    assert [row.name for row in played.rows if isinstance(row, d.PartyRow)] == ["张某", "李某"]


def test_the_mediators_unit_alone_sees_names_before_him_the_one_that_opened() -> None:
    played = registered()
    played.send(CASE, OPEN, GRID)
    assert now(played).reader == "g111"
    played.send(CASE, NAME, COMMUNITY)
    check_reader(MEDIATOR, now(played).reader)
    for actor in (GRID, town.unit("s1"), town.OPERATIONS, town.department("order")):
        with pytest.raises(Refused):
            check_reader(actor, now(played).reader)


def test_names_and_terms_are_erased_with_the_residents() -> None:
    played = mediating()
    before = len(played.rows)
    played.hear(CASE, heard.ResidentErased("r2"), "intake")
    assert len(played.rows) == before, "the others are still mediated"
    played.send(CASE, d.FailDispute(CASE, ("court",)), MEDIATOR)
    assert played.rows[-1] == d.DisputeErased(CASE)
    count = len(played.rows)
    played.hear(CASE, heard.ResidentErased("r1"), "intake")
    assert played.rows[count:] == [d.DisputeErased(CASE)]
    other = registered("litter")
    before = len(other.rows)
    other.hear(CASE, heard.ResidentErased("r1"), "intake")
    assert len(other.rows) == before


def test_the_agreement_prints_with_every_party_clause_and_signature() -> None:
    dispute = {"mediator": "c11:liaison", "community": "c11"}
    parties = [{"party": "p1", "name": "张某", "phone": "13900001111"}, {"party": "p2", "name": "李某", "phone": ""}]
    dossier = {"parties": parties, "about": "楼上漏水", "clauses": list(AGREE.clauses), "agreed_at": town.MONDAY}
    paper = agreement("T-1", dispute, dossier, CITY)
    assert paper is not None
    assert (paper.title, paper.agency, str(paper.signed_on)) == ("调解协议书", "一社区", "2026-03-02")
    said = [f"{b.label}：{b.text}" for b in paper.blocks if isinstance(b, Labelled)]
    assert said[:2] == ["当事人甲：张某，13900001111", "当事人乙：李某"]
    assert sum("签字" in line for line in said) == 2
    assert any(isinstance(b, Text) and b.text == "1. 李某十日内修好\n2. 赔偿八百元" for b in paper.blocks)
    assert agreement("T-1", dispute, {"parties": [], "clauses": [], "agreed_at": None}, CITY) is None
