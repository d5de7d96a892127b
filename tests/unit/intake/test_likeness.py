"""How alike two reports are, and which of them a rule may make one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from services.intake.domain.likeness import NEWEST, SKETCH, Recent, Trace, alike, blocks, common, is_sure, sketch
from tests.unit.intake.conftest import NOW

HERE = Trace("c1", "c1", "water-outage", "g1", "g1", "k1", NOW, sketch("停水花园小区从下午三点开始停水，没有任何通知"))
SURE = 0.72


def one(later: Trace, *earlier: Trace) -> tuple[float, bool]:
    found = alike(later, earlier)
    return (found[0].score, is_sure(found[0], SURE)) if found else (0.0, False)


def later(minutes: int, **changed: object) -> Trace:
    return replace(HERE, **{"case": "c2", "home": "c2", "at": NOW + timedelta(minutes=minutes), **changed})


def test_texts_compare_by_what_they_have_in_common_whatever_their_punctuation() -> None:
    a = sketch("路灯不亮，晚上走路看不见！")
    assert common(a, sketch("路灯不亮晚上走路看不见")) == 1.0
    assert 0.2 < common(a, sketch("路灯坏了，晚上走路看不见路")) < 0.9
    assert common(a, sketch("物业费太贵")) == 0.0
    assert common((), ()) == 0.0


def test_what_two_sketches_share_is_counted_among_the_smallest_of_both() -> None:
    """As the union of both, cut to its smallest, would tell it (Broder 1997)."""
    chance = Random(1)
    for _ in range(300):
        pool = chance.sample(range(2**32), 100)
        a, b = (tuple(sorted(chance.sample(pool, chance.randint(0, SKETCH)))) for _ in range(2))
        union = sorted({*a, *b})[:SKETCH]
        shared = sum(h in a and h in b for h in union)
        assert common(a, b) == (shared / len(union) if union else 0.0)


def test_a_sketch_is_small_and_tells_the_share_of_common_pairs_of_long_texts() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(400))
    assert len(sketch(text)) == 64
    half = text[:200] + "".join(chr(0x7000 + n) for n in range(200))
    assert abs(common(sketch(text), sketch(half)) - 1 / 3) < 0.15


def test_the_same_matter_place_and_words_shortly_after_are_sure() -> None:
    assert one(later(10), HERE)[1]
    assert one(later(10, sketch=sketch("我们花园小区停水了，从下午到现在没有通知")), HERE)[1]


def test_the_same_words_elsewhere_or_much_later_are_not_sure() -> None:
    assert not one(later(10, unit="g9", grid="g9", community="k9"), HERE)[1]
    assert not one(later(5 * 24 * 60), HERE)[1]
    assert one(later(8 * 24 * 60), HERE) == (0.0, False)


def test_other_words_about_the_same_matter_at_the_same_place_are_likely_but_not_sure() -> None:
    score, sure = one(later(24 * 60, sketch=sketch("管道井有人施工挖断了水管请来修")), HERE)
    assert 0.5 < score < SURE
    assert not sure


def test_in_company_fewer_common_words_are_needed_and_never_none() -> None:
    crowd = [replace(HERE, case=f"x{n}", home="c1") for n in range(4)]
    other = later(30, sketch=sketch("从下午停水到现在做不了饭"))
    assert not one(other, replace(HERE, at=NOW - timedelta(hours=9)))[1]
    assert one(other, *crowd)[1]
    assert not one(later(30, sketch=sketch("完全不同")), *crowd)[1]


def test_a_matter_that_was_misread_still_meets_its_like_by_its_words() -> None:
    assert one(later(10, matter="bus"), HERE)[1]
    assert not one(later(10, matter="bus", sketch=sketch("公交车不停站")), HERE)[1]


def test_near_points_are_one_place_across_a_border() -> None:
    a = replace(HERE, lon=124.15, lat=39.86)
    assert alike(later(5, unit="g2", grid="g2", lon=124.1512, lat=39.8611), [a])[0].place == 1.0
    assert alike(later(5, unit="g2", grid="g2", lon=124.19, lat=39.86), [a])[0].place == 0.4


def test_a_place_known_only_roughly_says_nothing() -> None:
    rough = replace(HERE, unit="city", grid="", community="")
    assert alike(later(5, unit="city", grid="", community=""), [rough])[0].place == 0.0
    assert len(blocks(rough)) == 4


def test_a_block_gives_its_newest_alone_however_many_it_holds() -> None:
    recent = Recent()
    for n in range(500):
        recent.keep(replace(HERE, case=f"x{n}", sketch=sketch(f"第{n}件事各不相同")))
    near = recent.near(later(1))
    assert len(near) <= NEWEST * len(blocks(HERE))
    assert "x499" in near
    assert "x0" not in near


def test_each_case_is_named_once_by_its_report_that_is_most_alike() -> None:
    joined = replace(HERE, case="c3", sketch=sketch("别的话"))
    assert [(one.case, one.home) for one in alike(later(10), [joined, HERE])] == [("c1", "c1")]
