"""What may travel: nothing that names or finds a person is left in a masked text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.masking import finds_a_person, mask

MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
IDENTITY = re.compile(r"\d{17}[\dXx]|\d{15}")

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
identities = st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True)
chatter = st.text(alphabet="楼上漏水请处理，。 abcX:：()（）我叫\n", max_size=80)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
ALL_WIDE = {n: n + 0xFEE0 for n in range(0x21, 0x7F)}
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
JOINTS = (
    "",
    " ",
    "  ",
    "-",
    "－",
    "—",
    "–",
    "‐",
    "−",
    "_",
    "/",
    "·",
    ".",
    "．",
    "　",
    "\u200b",
    " - ",
    "\t",
    "\n",
    "~",
    "～",
    "、",
    "、 ",
    ")",
)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("电话13800138000请回复", "13800138000"),
        ("电话138 0013 8000", "138 0013 8000"),
        ("电话138-0013-8000", "0013"),
        ("电话+8613800138000", "13800138000"),
        ("电话１３８００１３８０００", "13800138000"),
        ("固话0731-88886666", "88886666"),
        ("固话88886666", "88886666"),
        ("固话8888-6666", "6666"),
        ("身份证11010519491231002X", "100105"),
        ("身份证110105 19491231 002X", "19491231"),
        ("卡号6222 0200 0000 0000 000", "6222"),
        ("车牌辽F·12345挡路", "12345"),
        ("邮箱zhang.san@example.com", "zhang"),
        ("微信号abc_12345", "abc_12345"),
        ("住在幸福小区3栋2单元501室", "501"),
        ("住在幸福小区3栋2单元501室", "2单元"),
        ("住在幸福小区3号楼302室", "302"),
        ("住在3-502栋", "502"),
        ("A座1204", "1204"),
        ("兴东路12号", "12"),
        ("住在12-3-401", "401"),
        ("住在B12—3—401", "12"),
        ("住3#2-501", "501"),
        ("住3#501", "501"),
        ("天江花园3-501", "501"),
        ("我家住3-501", "501"),
        ("我家3-501漏水", "501"),
        ("电话一三八零零一三八零零零", "三八零零"),
        ("电话1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "0️⃣"),
        ("幸福小区12号楼1-302", "302"),
        ("十二栋三单元", "三单元"),
        ("我叫张三，家里停水", "张三"),
        ("联系人：李四光", "李四光"),
        ("姓名: 王小明", "王小明"),
        ("电1\u200b3800138000", "3800138000"),
    ],
)
def test_personal_parts_are_starred(text: str, gone: str) -> None:
    masked = mask(text)
    assert gone not in masked
    assert "*" in masked


@pytest.mark.parametrize(
    "text",
    [
        "7月10号停水",
        "地铁3号线噪音",
        "2018-2019学年收费",
        "请拨12345",
        "已经3天没有水",
        "2019-07-10 投诉过",
        "三号楼电梯坏了",
        "3号楼和12栋之间路灯不亮",
        "A座门口堆满杂物",
        "等了10-20天",
        "二〇一九年就反映过",
    ],
)
def test_harmless_numbers_stay(text: str) -> None:
    assert mask(text) == text


@settings(max_examples=150)
@given(chatter, mobiles, chatter, identities, st.sampled_from(["", " ", "-", "  "]), st.integers(1, 200))
def test_no_mobile_and_no_identity_number_survives_any_surrounding(
    before: str, mobile: str, between: str, identity: str, joint: str, limit: int
) -> None:
    grouped = joint.join((mobile[:3], mobile[3:7], mobile[7:]))
    for shown in (mobile, grouped, mobile.translate(WIDE)):
        masked = mask(f"{before}{shown}{between}{identity}", limit)
        assert len(masked) <= limit
        bare = re.sub(r"[ \-]", "", masked)
        assert not MOBILE.search(bare)
        assert not IDENTITY.search(bare)
        assert mobile[3:] not in bare


@st.composite
def written(draw: st.DrawFn, bare: str) -> str:
    """Return a number as people write it: full-width, and with the same joint between groups of any size."""
    joint = draw(st.sampled_from(JOINTS))
    cuts = sorted(draw(st.sets(st.integers(1, len(bare) - 1), max_size=5)))
    parts = [bare[i:j] for i, j in zip((0, *cuts), (*cuts, len(bare)), strict=True)]
    return joint.join(part.translate(WIDE) if draw(st.booleans()) else part for part in parts)


@settings(max_examples=150)
@given(st.data(), st.one_of(mobiles, identities), chatter, chatter)
def test_no_number_survives_however_its_digits_are_written(
    data: st.DataObject, bare: str, before: str, after: str
) -> None:
    masked = mask(f"{before}{data.draw(written(bare))}{after}")
    assert not re.search(r"\d", masked)


@settings(max_examples=100)
@given(
    st.sampled_from(PROVINCES),
    st.from_regex(r"[A-HJ-NP-Z]", fullmatch=True),
    st.from_regex(r"[A-HJ-NP-Z0-9]{5,6}", fullmatch=True),
    st.sampled_from(("", " ", "·", "•", ".", "-", "－", "　", "・")),
    st.booleans(),
    st.booleans(),
    chatter,
)
def test_no_plate_survives(
    province: str, area: str, rest: str, joint: str, is_wide: bool, is_small: bool, after: str
) -> None:
    shown = f"{area}{joint}{rest}"
    shown = shown.lower() if is_small else shown
    masked = mask(f"车{province}{shown.translate(ALL_WIDE) if is_wide else shown}，{after}")
    assert rest.lower() not in masked.lower()
    assert province not in masked


@settings(max_examples=100)
@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,20}", fullmatch=True),
    st.from_regex(r"[a-z0-9\-]{2,10}(\.[a-z]{2,5}){1,2}", fullmatch=True),
    st.sampled_from(("@", "＠", " @ ", "@ ")),
    st.booleans(),
    chatter,
)
def test_no_mailbox_survives(name: str, host: str, at: str, is_wide: bool, before: str) -> None:
    shown = f"{name}{at}{host}"
    masked = mask(
        f"{before}，邮箱：{shown.translate(ALL_WIDE) if is_wide else shown}，谢谢"
    )  # 我叫邮箱 would be a name
    assert masked.endswith(f"，邮箱：{'*' * len(shown)}，谢谢")


@settings(max_examples=100)
@given(
    st.integers(1, 99),
    st.integers(1, 9),
    st.integers(101, 3399),
    st.sampled_from(
        (
            "{b}栋{u}单元{r}室",
            "{b}号楼{u}-{r}",
            "{b}幢{u}单元{r}",
            "{b}座{r}房",
            "{b}-{u}-{r}室",
            "{b} 栋 {u} 单元 {r} 室",
            "{b}#{u}-{r}室",
            "{b}弄{u}号{r}室",
            "{b}栋{r}",
            "{b}-{u}-{r}",
            "{b}#{u}-{r}",
            "{b}#{r}",
            "{b}-{r}",
        )
    ),
    st.booleans(),
    chatter,
)
def test_no_house_or_room_survives(house: int, stair: int, room: int, form: str, is_wide: bool, before: str) -> None:
    shown = form.format(b=house, u=stair, r=room)
    masked = mask(f"{before}幸福小区{shown.translate(WIDE) if is_wide else shown}漏水")
    beside_the_building = re.sub(rf"(?<!\d){house} ?(?:栋|号楼|幢|座)", "", masked)
    assert not re.search(r"\d", beside_the_building)


@settings(max_examples=150)
@given(st.text(max_size=400), st.integers(0, 250))
def test_masking_twice_changes_nothing_and_the_limit_holds(text: str, limit: int) -> None:
    once = mask(text, limit)
    assert len(once) <= limit
    assert mask(once, limit) == once
    assert "\n" not in once


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("13800138000", True),
        ("HL-13800138000/2", True),
        ("11010519491231002X", True),
        ('{"note": "致电15912345678"}', True),
        ("HL-20261116-00371", False),
        ("202611230000000123", False),
        ("1732345678901", False),
        ('{"confidence": 0.13912345678}', False),
        ("a13912345678f0c4e2b19d3a5f6071ab", False),
    ],
)
def test_a_mobile_and_an_identity_number_are_found_in_what_travels_as_it_is(code: str, is_one: bool) -> None:
    assert finds_a_person(code) is is_one
