"""Made-up messages: three kinds of trouble in sentences that share their words, so that there is something to learn."""

from __future__ import annotations

from random import Random

TROUBLES = {
    "路灯": ("路灯", "不亮", "漆黑", "照明", "灯杆"),
    "噪音": ("噪音", "扰民", "施工", "深夜", "睡不着"),
    "工资": ("工资", "拖欠", "老板", "农民工", "劳动合同"),
}
_AROUND = ("请领导关注", "我们小区", "附近居民", "已经很久", "希望尽快处理", "多次反映无果", "谢谢", "每天晚上")


def letters(count: int, seed: int = 1) -> list[tuple[str, str, str]]:
    """Return (subject, text, label), labels in turn."""
    draw = Random(seed)
    made = []
    for number in range(count):
        label = list(TROUBLES)[number % len(TROUBLES)]
        said = draw.sample(TROUBLES[label], 3) + draw.sample(_AROUND, 4)
        draw.shuffle(said)
        made.append((f"{draw.choice(TROUBLES[label])}问题{draw.choice(_AROUND)}", "，".join(said), label))
    return made
