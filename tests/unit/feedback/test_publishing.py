"""Figures so far, the freeze, revisions with their cause, and the one assessment a year (workflows §4.4, §4.9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.feedback.domain import decide, evolve, heard, seeds
from services.feedback.domain.book import Book
from services.feedback.domain.period import Period
from services.feedback.domain.policy import PolicyPublished, PolicyRefused, in_force, text_of, version_of
from services.feedback.domain.publishing import cards, ranked
from services.feedback.domain.score import Prepared, ScoreCounted, ScorePublished
from services.feedback.domain.tally import Tally
from shared.city.load import load
from shared.city.model import UnitLevel
from shared.kernel.decisions import CLOCK, SYSTEM, Arm, Context, Decision, Due, Message
from shared.kernel.refusals import Refused
from tests.support.play import Play
from tests.unit.feedback.cards import POLICY, Town, at

CITY = load("donggang")
JUNE = "score:2026-06"
FROZEN = datetime.fromisoformat("2026-07-09T18:00:00+08:00")
PLACE = next(grid.code for grid in CITY.of_level(UnitLevel.GRID))
COMMUNITY = CITY.ancestors(PLACE)[0].code
STREET = CITY.ancestors(PLACE)[1].code
LEAD = next(iter(CITY.departments))


class Table(Play):
    """Feedback with its book of counts, and nobody called back."""

    def __init__(self, city: Any = CITY, start: datetime | None = None) -> None:
        super().__init__(decide, evolve, city, start or at(6, 1, 9))
        self.book, self.kept = Book(), 0
        for subject, arm in seeds(city, self.now):
            self.deadlines[subject, arm.name] = replace(arm, subject=subject)
        self.advance(self.now)

    @property
    def prepared(self) -> Any:
        return self._prepared

    @prepared.setter
    def prepared(self, value: Any) -> None:
        self._prepared = value

    def _play(self, message: Any, heard: bool = False) -> list[Any]:
        self.prepared = Prepared(lambda invitation: f"t-{invitation}", **self.book.coming_due((message,)))
        stated = super()._play(message, heard)
        self.book.keep(self.rows[self.kept :])
        self.kept = len(self.rows)
        return stated

    def case(self, name: str, closed: datetime, *, lead: str = LEAD, due_at: datetime | None = None) -> None:
        """Let a case go its way and close at an instant, asked and silent."""
        due_at = due_at or closed - timedelta(days=8)
        placement = heard.Placement(PLACE)
        self.hear(name, heard.CaseRegistered(f"DG-{name}", "hotline", name, "p", True, placement), "intake")
        for fact, when in (
            (heard.OrderDispatched(lead, STREET, f"DG-{name}", PLACE, 1), due_at - timedelta(days=3)),
            (heard.OrderAccepted(due_at), due_at - timedelta(days=3)),
            (heard.OrderHandled(due_at), due_at - timedelta(hours=1)),
            (heard.OrderVerified(lead, STREET), due_at),
            (heard.CaseClosed("window_over", lead, STREET), closed),
        ):
            self.hear(name, fact, "dispatch", when)

    def published(self, period: str = "2026-06", unit: str = LEAD) -> list[ScorePublished]:
        return [score for score in self.stated(ScorePublished) if (score.period, score.unit) == (period, unit)]


def test_the_city_has_working_figures_at_the_full_hour_and_anew_only_when_they_changed() -> None:
    table = Table()
    table.now = at(6, 20, 10)
    table.case("c-1", at(6, 20, 10))
    assert not table.stated(ScoreCounted)
    (first,) = table.advance(at(6, 20, 11))
    assert isinstance(first, ScoreCounted)
    assert (first.unit, first.kind, first.asked, first.period) == (CITY.root.code, "city", 1, "2026-06")
    table.deadlines[JUNE, "count:again"] = replace(_due(), name="count:again")
    assert not [fact for fact in table.advance(at(6, 20, 13)) if isinstance(fact, ScoreCounted)]


def _due() -> Arm:
    return Arm("count", at(6, 20, 12), {"frozen_at": FROZEN.isoformat(), "root": CITY.root.code}, JUNE)


def test_every_card_with_figures_is_published_at_the_freeze_with_policy_revision_and_time() -> None:
    table = Table()
    table.case("c-1", at(6, 20, 10))
    table.advance(FROZEN - timedelta(seconds=1))
    assert not table.stated(ScorePublished)
    table.advance(FROZEN)
    months = [score for score in table.stated(ScorePublished) if score.period == "2026-06"]
    assert {score.unit for score in months} == {LEAD, STREET, COMMUNITY, PLACE, CITY.root.code}
    assert {(s.policy, s.revision, s.frozen_at, s.cause) for s in months} == {("1", 1, FROZEN, ())}
    assert [s.period for s in table.published("2026-Q2")] == ["2026-Q2"]


def test_the_freeze_of_a_period_arms_that_of_the_next() -> None:
    table = Table()
    table.advance(at(12, 31, 23))
    frozen = [arm.due_at for (subject, name), arm in table.deadlines.items() if name.startswith("freeze")]
    assert len(frozen) == 3
    assert {subject for subject, name in table.deadlines if name.startswith("freeze")} == {
        "score:2026-12", "score:2026-Q4", "score:2026",
    }  # fmt: skip


def test_a_late_change_is_a_further_revision_with_its_cause_and_nothing_is_overwritten() -> None:
    table = Table()
    table.case("c-1", at(6, 20, 10))
    table.case("c-2", at(6, 21, 10))
    table.advance(at(7, 12))
    table.hear("c-1", heard.OrderReworked("handle", at(7, 20, 18)), "dispatch", at(7, 12))
    table.advance(at(7, 12, 13))
    first, second = table.published()
    assert (first.revision, first.cause, first.rates["closing"].percent) == (1, (), "100.00")
    assert (second.revision, second.cause, second.rates["closing"].percent) == (2, ("sent_back",), "100.00")
    assert second.rates["closing"].denominator == 1
    assert (second.frozen_at, second.asked) == (FROZEN, 2)
    assert [s.revision for s in table.published(unit=CITY.root.code)] == [1, 2]


def test_what_changes_no_figure_of_a_frozen_period_makes_no_revision() -> None:
    table = Table()
    table.case("c-1", at(6, 20, 10))
    table.advance(at(7, 12))
    table.hear("c-1", heard.OrderOverdue("case"), "dispatch", at(7, 12))
    assert not [name for _, name in table.deadlines if name.startswith("revise")]


def test_a_unit_whose_last_case_left_gets_a_revision_without_value() -> None:
    table = Table()
    table.case("c-1", at(6, 30, 10), due_at=at(6, 20, 18))
    table.advance(at(7, 12))
    table.hear("c-1", heard.OrderEscalated("unable"), "dispatch", at(7, 12))
    table.advance(at(7, 12, 13))
    last = table.published()[-1]
    assert (last.revision, last.rates["closing"].percent, last.cause) == (2, None, ("late_fact",))


def test_a_month_counts_under_the_policy_in_force_on_its_first_day_whenever_its_cases_began() -> None:
    first, second = POLICY, replace(POLICY, version=2)
    published = [_text(first, "2019-01-01"), _text(second, "2026-07-01")]
    assert in_force(Period.parse("2026-06"), published, None).version == 1
    assert in_force(Period.parse("2026-07"), published, None).version == 2
    # Verified on 28 June, window to 5 July, closed on 5 July: July, version 2.
    assert Period.containing(at(7, 5, 23, 59), Period.parse("2026-07").span).code == "2026-07"
    assert in_force(Period.parse("2026-Q2"), published, None).version == 1
    assert in_force(Period.parse("2026"), published, None).version == 1


def test_a_case_verified_on_28_june_and_closed_on_5_july_is_published_with_july_under_version_2() -> None:
    second = replace(CITY.policies[0], version=2, effective_from=at(7, 1).date())
    table = Table(_with(CITY, CITY.policies[0], second))
    table.case("c-1", at(6, 20, 10))
    table.now = at(7, 5, 23)
    table.case("c-2", at(7, 5, 23, 59), due_at=at(6, 28, 12))
    table.advance(at(8, 20))
    published = {month: table.published(month)[0] for month in ("2026-06", "2026-07")}
    assert [(month, score.policy, score.asked) for month, score in published.items()] == [
        ("2026-06", "1", 1), ("2026-07", "2", 1),
    ]  # fmt: skip
    assert published["2026-06"].rates["closing"].denominator == 2, "both were due in June"


def _text(policy: Any, counts_from: str) -> PolicyPublished:
    said = text_of(CITY.policies[0], at(1, 1))
    return replace(said, version=policy.version, counts_from=datetime.fromisoformat(counts_from).date())


def _with(city: Any, *policies: Any) -> Any:
    return replace(city, policies=policies)


def test_a_version_published_on_10_july_counts_from_august_however_early_it_says() -> None:
    table = Table()
    late = replace(CITY.policies[0], version=2, effective_from=at(7, 1).date(), rank_from=20)
    table.city = _with(CITY, CITY.policies[0], late)
    table.now = at(7, 10, 9)
    _restart(table)
    (said,) = [fact for fact in table.stated(PolicyPublished) if fact.version == 2]
    assert said.counts_from == at(7, 11).date()
    published = table.stated(PolicyPublished)
    assert in_force(Period.parse("2026-07"), published, table.city).version == 1
    assert in_force(Period.parse("2026-08"), published, table.city).version == 2


def _restart(table: Table) -> list[Any]:
    for subject, arm in seeds(table.city, table.now):
        if subject not in table.states:
            table.deadlines[subject, arm.name] = replace(arm, subject=subject)
    return table.advance(table.now)


def test_another_text_for_a_published_version_is_refused_and_changes_nothing() -> None:
    table = Table()
    table.now = at(6, 15)
    table.city = _with(CITY, replace(CITY.policies[0], rank_from=1))
    told = [fact for fact in _restart(table) if isinstance(fact, PolicyRefused)]
    assert [(fact.version, fact.rule) for fact in told] == [(1, "policy.changed")]
    assert in_force(Period.parse("2026-07"), table.stated(PolicyPublished), table.city).rank_from == 10
    assert not [fact for fact in _restart(table) if isinstance(fact, PolicyPublished | PolicyRefused)]


def test_versions_with_which_a_city_starts_count_from_when_its_file_says() -> None:
    two = replace(CITY.policies[0], version=2, effective_from=at(7, 1).date())
    table = Table(_with(CITY, CITY.policies[0], two))
    assert {fact.version: str(fact.counts_from) for fact in table.stated(PolicyPublished)} == {
        1: "2019-01-01", 2: "2026-07-01",
    }  # fmt: skip


def test_a_city_whose_first_policy_begins_in_june_publishes_june_and_no_year() -> None:
    first = replace(CITY.policies[0], effective_from=at(6, 1).date())
    table = Table(_with(CITY, first))
    table.case("c-1", at(6, 20, 10))
    table.advance(datetime.fromisoformat("2027-02-01T00:00:00+08:00"))
    assert {score.period for score in table.stated(ScorePublished)} == {"2026-06"}
    assert any(subject == "score:2027" for subject, _ in table.deadlines)


def test_a_version_that_nobody_published_cannot_be_asked_for() -> None:
    with pytest.raises(Refused) as caught:
        version_of(9, [_text(POLICY, "2019-01-01")])
    assert caught.value.rule == "policy.unknown"
    with pytest.raises(Refused) as caught:
        in_force(Period.parse("2018-12"), [_text(POLICY, "2019-01-01")], None)
    assert caught.value.rule == "policy.none_in_force"


def test_a_community_of_nanchang_has_one_published_assessment_a_year_and_working_figures_before() -> None:
    yearly = replace(POLICY, yearly_only=("community",))
    tallies = {
        unit: Tally(asked=1, answers=1, contacted=1, outcomes=1, solved=1, grades={5: 1}) for unit in ("c11", "s1")
    }
    units = {
        code: [card.unit for card in cards(Period.parse(code), tallies, yearly, Town())]
        for code in ("2026-06", "2026-Q2", "2026")
    }
    assert units == {"2026-06": ["s1"], "2026-Q2": ["s1"], "2026": ["c11", "s1"]}
    working = cards(Period.parse("2026-06"), tallies, yearly, Town(), working=True)
    assert [card.unit for card in working] == ["c11", "s1"]
    assert load("nanchang").policies[0].yearly_only == ("community",)


def test_working_figures_of_a_community_of_nanchang_have_no_place_in_a_what_if_either() -> None:
    yearly = replace(POLICY, yearly_only=("community",))
    tallies = {
        unit: Tally(asked=12, answers=12, contacted=12, outcomes=12, solved=12, grades={5: 12})
        for unit in ("c11", "s1")
    }
    placed = {
        code: ranked(period, cards(period, tallies, yearly, Town(), working=True), yearly).keys()
        for code in ("2026-06", "2026-Q2", "2026")
        for period in (Period.parse(code),)
    }
    assert placed == {"2026-06": {"s1"}, "2026-Q2": {"s1"}, "2026": {"c11", "s1"}}


def test_a_unit_that_the_city_file_has_no_more_gets_no_card() -> None:
    assert cards(Period.parse("2026-06"), {"gone": Tally(asked=1)}, POLICY, Town()) == []


def test_a_revision_prepared_before_another_of_its_batch_is_met_once_more_and_published_once() -> None:
    table = Table()
    table.case("c-1", at(6, 20, 10))
    table.advance(FROZEN)
    when = FROZEN + timedelta(hours=1)
    due = Message(Due("revise:1", {"root": "x"}), JUNE, CLOCK, SYSTEM, when, "m-1")
    stale = Context(when, CITY, table.new_id, Prepared(lambda invitation: invitation))
    assert decide({JUNE: table.states[JUNE]}, due, stale) == Decision(deadlines=(Arm("revise:1", when, {"root": "x"}),))
