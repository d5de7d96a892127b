"""The wire's words and the domain's are the same; a refused rating is answered to its source."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from services.feedback.domain import STATES, decide, evolve
from services.feedback.domain.call_back import CallBack, Stage
from services.feedback.domain.case_line import CaseLine
from services.feedback.domain.exclusion import Exclusion
from services.feedback.domain.policy import PolicyState
from services.feedback.domain.publishing import PeriodScores
from services.feedback.domain.rating import Asked, InvitationSent, RatedCase, Rating, RatingInvited, Reporter, Status
from services.feedback.domain.score import ScorePublished
from services.feedback.domain.tally import Tally
from services.feedback.store import Store
from services.feedback.translate import WIRE, refusal
from shared.contracts import feedback
from shared.contracts.base import all_types
from shared.kernel.decisions import Actor, CalendarChanged, Due
from shared.kernel.refusals import Refused
from tests.unit.feedback.cards import card_of

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
TALLY = Tally(1, 1, 1, outcomes=1, solved=1, grades={3: 1})


def published() -> ScorePublished:
    return ScorePublished(**vars(card_of(TALLY)), revision=1, place=2, ranked=3, frozen_at=AT, cause=("sent_back",))


def test_every_fact_and_message_of_feedback_has_a_domain_form() -> None:
    ours = {c for c in all_types().values() if c.__module__ == feedback.__name__}
    assert ours == set(WIRE._domain) & ours
    assert ours == {c for c in WIRE._domain if c.__module__ == feedback.__name__}


def test_every_heard_fact_and_message_that_is_decided_or_folded_comes_from_the_wire() -> None:
    known = set(WIRE._wire)
    assert set(decide.table) - {Due, CalendarChanged} <= known
    assert set(evolve.table) <= known


def test_a_score_goes_to_the_wire_whole() -> None:
    figures = published()
    wire = WIRE.to_wire(figures)
    assert isinstance(wire, feedback.ScorePublished)
    assert wire.satisfaction.numerator == "0.9"
    assert WIRE.to_domain(wire) == figures


def test_an_invitation_goes_to_the_wire_whole() -> None:
    assert WIRE.to_wire(RatingInvited("i", 1, "r", AT)).TYPE == "rating.invited.v1"
    sent = WIRE.to_wire(InvitationSent("r-1", "case-1", "DG-1", "t" * 43, AT, "/v1/answers/t"))
    assert isinstance(sent, feedback.InvitationSent)


@pytest.mark.parametrize(
    "state",
    [
        RatedCase(
            "DG-1",
            "C01-G01",
            (Reporter("r1", "hotline", "r-1", True),),
            Status.ASKED,
            1,
            (Asked("r1", "i-1", AT, call_back=CallBack(Stage.TRIED, 1, AT.date())),),
            exclusion=Exclusion("hb", "outside_law"),
            line=CaseLine("DG-1", "C01", due_at=AT),
        ),
        PeriodScores(counted=card_of(TALLY)),
        PeriodScores(frozen_at=AT),
        PolicyState(True),
    ],
)
def test_states_are_kept_as_json(state: object) -> None:
    assert msgspec.json.decode(msgspec.json.encode(state), type=type(state)) == state
    assert type(state) in STATES.values()


def test_a_source_is_told_on_its_receipts_why_a_rating_changed_nothing() -> None:
    rating = Rating("a-1", "t" * 43, True, True, 5)
    told = refusal(
        rating, Actor("source", "hotline"), "m-1", "ratings.hotline", Refused("rating.unknown_token", "token")
    )
    assert told is not None
    assert (told.stream, told.key) == ("receipts.hotline", "a-1")
    wire = WIRE.to_wire(told.data)
    assert wire.model_dump()["rule"] == "rating.unknown_token"


def test_an_unreadable_rating_is_answered_by_its_message_id() -> None:
    unreadable = refusal(None, Actor("source", "hotline"), "m-1", "ratings.hotline", Refused("message.unreadable"))
    assert unreadable is not None
    assert unreadable.data.rating == "m-1"


def test_over_http_the_response_says_it_alone() -> None:
    assert refusal(None, Actor("source", "hotline"), "m-1", None, Refused("rating.unknown_token")) is None


def test_tokens_differ_by_city_secret_and_invitation_and_cannot_be_guessed_short() -> None:
    store = Store("s", "donggang")
    tokens = {
        store.token("i-1"), store.token("i-2"), Store("s", "guiping").token("i-1"), Store("z", "donggang").token("i-1")
    }  # fmt: skip
    assert len(tokens) == 4
    assert store.token("i-1") == Store("s", "donggang").token("i-1")
    assert all(len(each) == 43 for each in tokens)
