"""Several reporters, one case: by rule, by a person, undone, taken back; and what is never merged."""

from __future__ import annotations

import re
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from services.intake.domain import decide, evolve, facts, heard, touches
from services.intake.domain.case import DONE, Status
from services.intake.domain.erasing import Ended, Erased, EraseDossier, TakenBack
from services.intake.domain.gathering import Sought, compare
from services.intake.domain.joining import slips
from services.intake.domain.likeness import Recent, Trace
from services.intake.domain.notification import Notification
from services.intake.domain.notification import said as words_of_notice
from services.intake.domain.registration import Prepared, seek
from services.intake.domain.report import (
    KeepApart,
    MergeCase,
    Part,
    Report,
    Reporter,
    ReportPlace,
    SplitCase,
    UnmergeCase,
    WithdrawReport,
)
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.kernel.rules import known, words
from tests.support.play import Play
from tests.unit.intake.conftest import NOW, Numbers

OPERATIONS = Actor("operations", "duty")
MINI = Actor("source", "mini")
TEXT = "花园小区从下午三点开始停水，没有任何通知"


class Gathering(Play):
    """Intake with its search for duplicates, as its store makes it."""

    def __init__(self, city: City) -> None:
        super().__init__(decide, evolve, city, NOW, touches)
        self.prepared = Prepared(Numbers())
        self.recent = Recent()

    def report(self, case: str, **fields: Any) -> list[Any]:
        said = Report(**{"id": case, "text": TEXT, "reporter": Reporter(id=f"p-{case}"), **fields})
        trace = seek(said, case, self.now, "mini", None, self.city)
        found = compare([trace], [self.recent.near(trace).values()], self.city.shares) if trace else [((), ())]
        ((likes, names),) = found
        stated = self.send(case, Sought(said, trace, likes), MINI, creates=True, touches=names)
        for row in self.rows[-3:]:
            if isinstance(row, Trace) and row.case == case:
                self.recent.keep(row)
        return stated

    def act(self, case: str, data: Any, actor: Actor = OPERATIONS) -> list[Any]:
        """Send a command with what the store would have peeked: the chain of homes."""
        chain, at = [], self.states.get(case)
        while at is not None and at.home:
            chain.append(at.home)
            at = self.states.get(at.home)
        return self.send(case, data, actor, touches=tuple(chain))

    def stage(self, case: str, status: str) -> None:
        self.hear(case, heard.OrderHandled(status=status, responsible="x"), "dispatch")


@pytest.fixture
def office(city: City) -> Gathering:
    return Gathering(city)


def at(grid: str, **fields: Any) -> dict[str, Any]:
    return {"place": ReportPlace(unit=grid), "matter": "water-outage", **fields}


def names(stated: list[Any]) -> list[str]:
    return [type(fact).__name__ for fact in stated]


def refused(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.rule in known()
    return caught.value.rule


def test_the_same_problem_of_another_person_joins_the_case_and_both_are_kept(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    assert names(office.report("c2", **at(grid, text="我家停水了，从下午到现在没有通知"))) == [
        "CaseMerged", "ReporterJoined",
    ]  # fmt: skip
    merged, joined = (fact for _, fact in office.facts[-2:])
    assert (merged.into, merged.reporters, merged.how) == ("c1", ("r2",), "rule")
    assert merged.alike.score >= 0.72
    assert (joined.reporter, joined.report, joined.source, joined.ratable) == ("r2", "c2", "mini", True)
    assert office.answers[-1].data.outcome == "merged"
    assert office.states["c2"].status is Status.MERGED
    assert office.states["c1"].reporters == 2


def test_two_wishes_are_two_however_alike(office: Gathering, grid: str) -> None:
    said = at(grid, matter="wish-goods", text="老人的微心愿是一台收音机")
    office.report("c1", **said)
    assert names(office.report("c2", **said)) == ["CaseRegistered"]


def test_a_recurrence_a_done_case_and_a_closed_one_are_never_joined_by_rule(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    assert names(office.report("c2", **at(grid, follows="c0"))) == ["CaseRegistered"]
    office.states.pop("c2")
    office.recent = Recent()
    office.report("c3", **at(grid))
    office.stage("c3", "handled")
    assert names(office.report("c4", **at(grid))) == ["CaseRegistered", "DuplicateSuspected"]
    office.hear("c3", heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    office.recent.by_block = {k: [t for t in v if t.case == "c3"] for k, v in office.recent.by_block.items()}
    assert names(office.report("c5", **at(grid))) == ["CaseRegistered"]


def test_what_is_only_likely_is_shown_to_a_person_who_keeps_it_apart_or_merges_it(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.advance(NOW + timedelta(hours=20))
    assert names(office.report("c2", **at(grid, text="管道井里有人施工，把水管挖断了，请来修一下"))) == [
        "CaseRegistered", "DuplicateSuspected",
    ]  # fmt: skip
    assert office.states["c2"].suspects == ("c1",)
    community = office.facts[-1][1].responsible
    assert office.city.units[community].level.value == "community"
    assert refused(lambda: office.act("c2", KeepApart(), Actor("unit", grid))) == "actor.not_allowed"
    assert names(office.act("c2", KeepApart(), Actor("unit", community))) == ["CaseKeptApart"]
    assert refused(lambda: office.act("c2", KeepApart())) == "merge.not_suspected"
    assert names(office.act("c2", MergeCase("c1"))) == ["CaseMerged", "ReporterJoined"]


def test_a_merge_takes_along_everybody_who_had_joined_before(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    office.report("c3", **at(grid, text="请问停水什么时候恢复", follows="x"))
    stated = office.act("c1", MergeCase("c3"))
    assert names(stated) == ["CaseMerged", "ReporterJoined", "ReporterJoined"]
    assert stated[0].reporters == ("r2", "r3")
    assert [m.case for m in office.states["c3"].members] == ["c1", "c2"]
    stated = office.act("c2", WithdrawReport(), MINI)
    assert names(stated) == ["CaseWithdrawn", "ReporterLeft", "ReporterLeft"], "he leaves the case on the way, too"
    assert [m.case for m in office.states["c3"].members] == ["c1"]


def test_forbidden_24_nothing_is_merged_into_a_closed_case_itself_or_a_circle(office: Gathering, grid: str) -> None:
    """Workflows §3.6, 24."""
    office.report("c1", **at(grid))
    office.report("c2", **at(grid, follows="x"))
    assert refused(lambda: office.act("c1", MergeCase("c1"))) == "merge.itself"
    assert refused(lambda: office.act("c1", MergeCase("nowhere"))) == "subject.unknown"
    office.act("c1", MergeCase("c2"))
    assert refused(lambda: office.act("c2", MergeCase("c1"))) == "merge.circle"
    office.report("c3", **at(grid, follows="x"))
    assert refused(lambda: office.act("c3", MergeCase("c1"))) == "merge.not_open"
    office.hear("c2", heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    assert refused(lambda: office.act("c3", MergeCase("c2"))) == "merge.not_open"


def test_forbidden_12_a_matter_not_admitted_does_not_slip_to_a_community_by_merge_or_split(
    office: Gathering, grid: str
) -> None:
    """Workflows §3.6, 12."""
    city = office.city
    barred = next(m.code for m in city.matters.values() if not m.admitted and m.kind.value == "problem")
    admitted = next(m.code for m in city.matters.values() if m.admitted and m.kind.value == "problem")
    office.report("c1", **at(grid, matter=admitted))
    office.report("c2", **at(grid, matter=barred, follows="x"))
    assert refused(lambda: office.act("c2", MergeCase("c1"))) == "merge.not_admitted"
    ours, office.city = city, city.admitting(frozenset({barred}))
    assert not slips(barred, office.states["c1"], office.city)
    office.city = ours
    office.act("c1", SplitCase((Part(barred, "一件事"), Part(admitted, "另一件事"))))
    office.advance(office.now + timedelta(seconds=1))
    opened = office.stated(facts.CaseRegistered)[-2:]
    assert [o.rung in ("grid", "community") for o in opened if o.understanding.matter == barred] == [False]


def test_a_wish_or_a_dispute_is_merged_with_nothing_by_nobody(office: Gathering, grid: str) -> None:
    """Two people's wishes or quarrels are theirs: no person, no rule and no word of a reporter makes them one."""
    kinds = {
        kind: next(m.code for m in office.city.matters.values() if m.kind.value == kind) for kind in ("wish", "dispute")
    }
    office.report("c1", **at(grid))
    for kind, matter in kinds.items():
        office.report(kind, **at(grid, matter=matter))
        office.report(f"{kind}-2", **at(grid, matter=matter, same_as=kind))
        assert office.states[f"{kind}-2"].status is Status.OPEN
        assert refused(lambda kind=kind: office.act("c1", MergeCase(kind))) == "merge.personal"
        assert refused(lambda kind=kind: office.act(kind, MergeCase("c1"))) == "merge.personal"
        assert refused(lambda kind=kind: office.act(kind, MergeCase(f"{kind}-2"))) == "merge.personal"


def test_a_merge_is_undone_until_the_work_is_done_and_its_reporters_go_with_it(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    assert refused(lambda: office.act("c1", UnmergeCase())) == "unmerge.not_merged"
    stated = office.act("c2", UnmergeCase())
    assert names(stated) == ["CaseUnmerged", "ReporterLeft"]
    assert (stated[0].from_case, stated[0].understanding.matter, stated[1].reporter) == ("c1", "water-outage", "r2")
    assert office.states["c2"].status is Status.OPEN
    assert office.states["c1"].reporters == 1
    office.act("c2", MergeCase("c1"))
    assert office.states["c1"].members[0].reporter == "r3", "an id is never given twice"
    office.stage("c1", "handled")
    assert refused(lambda: office.act("c2", UnmergeCase())) == "unmerge.too_late"


def test_a_held_report_may_be_merged_and_must_be_named_when_it_comes_back(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.report("c2", text="不知道说什么好", place=None)
    assert office.states["c2"].status is Status.HELD
    assert names(office.act("c2", MergeCase("c1"))) == ["CaseMerged", "ReporterJoined"]
    assert facts.Decided("c2") in office.rows
    assert refused(lambda: office.act("c2", UnmergeCase())) == "unmerge.matter_needed"
    assert refused(lambda: office.act("c2", UnmergeCase("water-outage"))) == "triage.place_needed"
    assert office.act("c2", UnmergeCase("water-outage", grid))[0].placement.unit == grid


def test_who_takes_back_leaves_and_the_case_goes_on_for_the_others_until_the_last(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    assert names(office.act("c1", WithdrawReport(), MINI)) == ["ReporterLeft"]
    assert office.states["c1"].status is Status.OPEN
    assert refused(lambda: office.act("c1", WithdrawReport(), MINI)) == "move.forbidden"
    office.act("c2", WithdrawReport(), MINI)
    assert names(office.advance(office.now + timedelta(seconds=1))) == ["CaseWithdrawn"]
    assert office.states["c1"].status is Status.WITHDRAWN


def test_a_split_case_closes_when_all_its_parts_have(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    (split,) = office.act(
        "c1", SplitCase((Part("street-lights", "东门路灯不亮"), Part("drains", "楼前下水道堵", grid)))
    )
    opened = office.advance(office.now + timedelta(seconds=1))
    assert names(opened) == ["CaseRegistered", "ReporterJoined"] * 2
    assert {fact.part_of for fact in opened if isinstance(fact, facts.CaseRegistered)} == {"c1"}
    assert [d.text for d in office.rows if isinstance(d, facts.Dossier) and d.case in split.parts] == [
        "东门路灯不亮", "楼前下水道堵",
    ]  # fmt: skip
    first, second = split.parts
    assert refused(lambda: office.act(first, SplitCase((Part("drains", "甲"), Part("drains", "乙"))))) == "split.part"
    assert refused(lambda: office.act(first, MergeCase(second))) == "merge.part"
    office.hear(first, heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    (ended,) = office.advance(office.now + timedelta(seconds=1))
    assert (ended.part, ended.left, office.states["c1"].status) == (first, 1, Status.SPLIT)
    office.hear(second, heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
    office.advance(office.now + timedelta(seconds=1))
    assert (office.states["c1"].status, office.states["c1"].reason) == (Status.CLOSED, "parts_ended")


def told(office: Gathering) -> list[tuple[str, str, str | None]]:
    return [(row.case, row.step, row.whole) for row in office.rows if isinstance(row, Notification)]


def test_who_reported_a_split_case_is_told_of_each_part_and_its_time_begins_when_the_last_ends(
    office: Gathering, grid: str
) -> None:
    office.report("c1", **at(grid))
    (split,) = office.act("c1", SplitCase((Part("street-lights", "东门路灯不亮"), Part("drains", "楼前下水道堵"))))
    office.advance(office.now + timedelta(seconds=1))
    first, second = split.parts
    assert told(office) == [
        ("c1", "registered", None), ("c1", "split", None), (first, "registered", "c1"), (second, "registered", "c1"),
    ]  # fmt: skip
    for part in split.parts:
        office.hear(part, heard.CaseClosed(status="closed", responsible=None, reason="rated"), "dispatch")
        office.advance(office.now + timedelta(seconds=1))
    assert told(office)[4:] == [(first, "closed", "c1"), (second, "closed", "c1"), ("c1", "closed", None)]
    assert [row.case for row in office.rows if isinstance(row, Ended)] == [first, second, "c1"]


def test_taking_back_a_split_report_takes_back_its_parts(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    (split,) = office.act("c1", SplitCase((Part("street-lights", "东门路灯不亮"), Part("drains", "楼前下水道堵"))))
    office.advance(office.now + timedelta(seconds=1))
    office.act("c1", WithdrawReport(), MINI)
    office.advance(office.now + timedelta(seconds=1))
    assert {office.states[part].status for part in split.parts} == {Status.WITHDRAWN}
    office.advance(office.now + timedelta(seconds=1))
    assert [step for case, step, _ in told(office) if case == "c1"] == ["registered", "split", "withdrawn"]


@pytest.mark.parametrize("status", [*Status, *sorted(DONE)])
@pytest.mark.parametrize("rule", ["move.forbidden", "merge.not_open", "split.too_late", "reminder.over"])
def test_a_refusal_speaks_of_a_state_by_its_chinese_name(rule: str, status: str) -> None:
    zh, en = words(rule, {"now": status, "to": status, "status": status, "stage": status, "number": "7"})
    assert not re.search("[a-z{]", zh)
    assert status in en


VARIANTS = (
    "小区从下午三点停水到现在，物业没有任何通知，请尽快恢复供水", "家里一滴水都没有，做不了晚饭，老人孩子都在等",
    "{e}停水，物业电话打不通，什么时候能来水", "请问{e}什么时候来水，从放学到现在都没法洗漱",
    "{e}整个小区都停水了，也没有看到公告", "自来水停了，孩子没法洗澡，希望有人来管管",
    "水管里一滴水都没有，{e}是不是爆管了", "{e}又停水了，这个月已经是第二次，怎么回事",
    "停水几个小时了没人管，打了三个电话都说不知道", "下班回家发现停水，楼上楼下都一样，麻烦查一下",
    "{e}高层没有水，低层水也很小，快断了", "打自来水公司电话没人接，我们这里停水了",
    "{e}停水，家里老人没法做饭吃药，请派送水车", "一直停水到现在，马桶都冲不了，太不方便了",
    "{e}水停了，没有看到公告，也没有短信提醒", "我们楼没水，邻居家也没水，请问是不是在抢修",
    "{e}全部停水，请尽快恢复供水", "没有通知就停水，严重影响生活，要求给个说法",
    "傍晚开始停水，楼下水箱也空了", "{e}晚上六点多开始停水，现在还没有恢复",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_three_hundred_reports_of_one_evening_become_three_cases_at_most_and_one_alarm(city: City, seed: int) -> None:
    """simulation.md §8, hot_issue: 20 texts, 15 % misread, 3 % misplaced, 10 % sent twice."""
    random = Random(seed)
    office = Gathering(city)
    grids = [unit for unit in city.units.values() if unit.level.value == "grid" and unit.estates]
    home = grids[5]
    start = NOW.replace(hour=18, minute=40)
    times = sorted(random.lognormvariate(4.0, 0.75) for _ in range(300))
    sent = [(start + timedelta(minutes=t), f"p{n}", random.choice(VARIANTS)) for n, t in enumerate(times)]
    sent += [(when + timedelta(minutes=5), f"{who}-again", text) for when, who, text in sent if random.random() < 0.1]
    for when, case, text in sorted(sent):
        office.now = when
        unit = random.choice(grids) if random.random() < 0.03 else home
        matter = (
            random.choice(("water-supply", "property-service", "bus")) if random.random() < 0.15 else "water-outage"
        )
        said = text.format(e=home.estates[0].name)
        office.report(case, text=said, place=ReportPlace(unit=unit.code), matter=matter, reporter=Reporter(id=case))
    cases = {name for name, case in office.states.items() if case.status is Status.OPEN}
    largest = max((office.states[name] for name in cases), key=lambda case: case.reporters)
    people = {m.case.removesuffix("-again") for m in largest.members}
    assert len(cases) <= 3
    assert len(people) >= 285
    assert len(office.stated(facts.HotIssueRaised)) == 1
    assert sum(office.states[name].reporters for name in cases) == len(sent), "everybody is told and asked"


CLOSED = heard.CaseClosed(status="closed", responsible=None, reason="rated")


def erased(office: Gathering, case: str, dossier: str, *touches: str) -> list[tuple[str, str]]:
    """Erase a dossier, with what the store would have found of its reporter; returns cases and ids stated gone."""
    count = len(office.facts)
    office.send(case, EraseDossier(dossier), OPERATIONS, touches=touches)
    return [(name, fact.reporter) for name, fact in office.facts[count:]]


def test_an_erased_reporter_is_named_by_the_id_that_he_has_in_each_case(office: Gathering, grid: str) -> None:
    for case in ("c1", "c2", "c3"):
        office.report(case, **at(grid))
    papers = {case: office.states[case].dossier for case in ("c1", "c2", "c3")}
    assert refused(lambda: erased(office, "c2", papers["c2"])) == "dossier.still_open"
    office.act("c3", WithdrawReport(), MINI)
    assert erased(office, "c3", papers["c3"], "c1") == [("c3", "r1"), ("c1", "r3")]
    office.hear("c1", CLOSED, "dispatch")
    assert erased(office, "c1", papers["c2"], "c2") == [("c1", "r2"), ("c2", "r1")]
    assert erased(office, "c1", papers["c2"], "c2") == []
    assert erased(office, "c1", papers["c1"]) == [("c1", "r1")]


def test_after_an_unmerge_an_erased_reporter_is_named_by_his_old_ids_too(office: Gathering, grid: str) -> None:
    """What he wrote while merged is kept under the id that he had there."""
    for case in ("c1", "c2"):
        office.report(case, **at(grid))
    office.act("c2", UnmergeCase())
    assert office.states["c2"].was == ("c1",), "where the store looks for his ids"
    office.hear("c2", CLOSED, "dispatch")
    assert erased(office, "c2", office.states["c2"].dossier, "c1") == [("c2", "r1"), ("c1", "r2")]


def test_whose_own_report_goes_on_for_others_is_read_no_more_once_he_took_it_back(office: Gathering, grid: str) -> None:
    for case in ("c1", "c2"):
        office.report(case, **at(grid))
    office.act("c1", WithdrawReport(), MINI)
    assert office.states["c1"].status is Status.OPEN
    assert [row for row in office.rows if isinstance(row, TakenBack)] == [TakenBack(office.states["c1"].dossier)]
    assert not [row for row in office.rows if isinstance(row, Ended)]


def test_the_reporters_of_a_split_case_are_erased_from_each_part(office: Gathering, grid: str) -> None:
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    (split,) = office.act("c1", SplitCase((Part("street-lights", "东门路灯不亮"), Part("drains", "楼前下水道堵"))))
    office.advance(office.now + timedelta(seconds=1))
    for part in split.parts:
        office.hear(part, CLOSED, "dispatch")
    office.advance(office.now + timedelta(seconds=1))
    own, joined = (office.states[case].dossier for case in ("c1", "c2"))
    assert erased(office, "c1", own, *split.parts) == [("c1", "r1"), *((part, "r1") for part in sorted(split.parts))]
    assert [row.dossier for row in office.rows if isinstance(row, Erased)] == [
        own, *(office.states[part].dossier for part in split.parts),
    ]  # fmt: skip
    assert set(erased(office, "c1", joined, "c2", *split.parts)) == {
        ("c1", "r2"), ("c2", "r1"), *((part, "r2") for part in split.parts),
    }  # fmt: skip


def test_who_takes_back_a_merged_report_takes_its_dossier_home(office: Gathering, grid: str) -> None:
    """The unit of the case that he left reads it no more and tells him nothing more, and its time begins to run."""
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    office.act("c2", WithdrawReport(), MINI)
    assert facts.Rehomed(("c2",), "c2", (office.states["c2"].dossier,)) in office.rows
    assert Ended("c2") in office.rows


def test_a_reporter_is_told_that_his_case_was_merged_and_that_it_was_taken_apart_again(
    office: Gathering, grid: str
) -> None:
    office.report("c1", **at(grid))
    office.report("c2", **at(grid))
    office.act("c2", UnmergeCase())
    told = [(row.case, row.step) for row in office.rows if isinstance(row, Notification)]
    assert told == [("c1", "registered"), ("c2", "merged"), ("c2", "unmerged")]
    zh, en = words_of_notice("merged", "DG-2", "", "", None, {})
    assert zh == "您反映的事项（DG-2）与他人反映的为同一事项，已合并办理。"
    assert "handled as one" in en
