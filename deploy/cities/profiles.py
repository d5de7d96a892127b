"""The generated part of the five profiles: how many units, where, under which published names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Profile:
    """What distinguishes one city's generated part; counts are of the units to make under each parent."""

    code: str
    name: str
    centre: tuple[float, float]
    area: float
    seed: int
    streets: Sequence[tuple[str, str, int]]
    """Street name, county name ("" if none), number of communities."""
    grids: int
    subgrids: int = 0
    estates: int = 0
    households: int = 0
    residents: int = 0
    buildings: int = 0
    communities: Sequence[Sequence[str]] = ()
    gridless: frozenset[str] = frozenset()
    suffix: str = "社区"
    departments: int = 78
    pairs: int = 78
    verify: str = "2 wd"
    supervision: str = "1 wd"
    unclaimed: str = "15 nd"
    give_up: str = "30 nd"
    yearly: str = "[]"
    enforcement_teams: bool = False
    named_estates: Mapping[str, Sequence[str]] = field(default_factory=dict)
    draws: str = ""
    admission: Sequence[tuple[str, int]] = ()
    consultations: bool = False
    """Estates have joint meetings of their own, of the parties that each has."""


DONGGANG = Profile(
    code="donggang",
    name="东港市",
    centre=(124.1530, 39.8640),
    area=27,
    seed=4,
    # The document names the communities 桥东, 兴海, 公安, 海关 and 港北; other names and who lies where are assumed.
    streets=(("大东街道", "", 6), ("新兴街道", "", 6), ("新城街道", "", 6)),
    communities=(
        ("桥东", "公安", "振兴", "永安", "福兴", "和平"),
        ("兴海", "海关", "新华", "文化", "站前", "朝阳"),
        ("港北", "花园", "滨海", "向阳", "光明", "迎宾"),
    ),
    named_estates={"公安社区": ("鼎林华庭小区",), "文化社区": ("太平湖小区",), "桥东社区": ("锦江畔小区",)},
    grids=105,
    consultations=True,
    subgrids=382,
    estates=168,
    households=96_817,
    residents=241_000,
    buildings=1_800,
    pairs=78,
    verify="1 wd",
    supervision="5 wd",
    unclaimed="14 nd",
    give_up="15 nd",
)

GUIPING = Profile(
    code="guiping",
    name="桂平市",
    centre=(110.0790, 23.3940),
    area=40,
    seed=3,
    streets=(("西山镇", "", 9), ("江口镇", "", 3), ("蒙圩镇", "", 3), ("麻垌镇", "", 3)),
    communities=(
        ("浔州", "城东", "城西", "城南", "城北", "江滨", "新华", "人民", "西苑"),
        ("光明", "和平", "东风村"),
        ("建设", "团结", "红旗村"),
        ("幸福", "前进村", "胜利村"),
    ),
    gridless=frozenset({"东风村", "红旗村", "前进村", "胜利村"}),
    grids=340,
    consultations=True,
    households=98_000,
    departments=69,
    pairs=69,
    draws="  yearly: {problems: 1020, hard: 0.0618, solved: 0.667, wishes: 468}   # P as plain draws\n",
)

_YULIN = ("玉州区", "福绵区", "玉东新区", "北流市", "容县", "陆川县", "博白县", "兴业县")
_YULIN_STREETS = tuple(
    # 110 towns and streets over 8 counties, 162 communities over them: the first 52 have two, the others one.
    (f"{_YULIN[number % 8][:2]}{'第' + str(number // 8 + 1)}{'街道' if number < 8 else '镇'}", _YULIN[number % 8])
    for number in range(110)
)

YULIN = Profile(
    code="yulin",
    name="玉林市",
    centre=(110.1540, 22.6310),
    area=12_838,
    seed=0,
    streets=tuple((name, county, 2 if number < 52 else 1) for number, (name, county) in enumerate(_YULIN_STREETS)),
    grids=551,
    households=1_120_000,
    pairs=0,
    draws="  yearly: {disputes: 742.5, wishes: 3690}   # P as plain draws\n",
)

_NANCHANG = ("东湖区", "西湖区", "青云谱区", "青山湖区", "红谷滩区", "新建区", "南昌县", "进贤县", "安义县")
NANCHANG = Profile(
    code="nanchang",
    name="南昌市",
    centre=(115.8580, 28.6830),
    area=7_195,
    seed=2,
    streets=(
        *((f"{county[:2]}第{i}街道", county, 4) for county in _NANCHANG[:5] for i in (1, 2)),
        *((f"{county}城市社区管理委员会", county, 4) for county in _NANCHANG[5:]),
    ),
    grids=168,
    households=168_000,
    pairs=224,
    yearly="[community]",
    enforcement_teams=True,
    admission=(("statutory", 14), ("assisting", 45), ("certificate", 20)),
    draws="  yearly: {admitted: 79, refused: 200}   # P, exact\n",
)

LONGCHANG = Profile(
    code="longchang",
    name="隆昌市",
    centre=(105.2880, 29.3390),
    area=25,
    seed=1,
    streets=(("金鹅街道", "", 14), ("古湖街道", "", 14)),
    communities=(
        (
            "桂花园",
            "大南街",
            "新华",
            "人民",
            "向阳",
            "文化",
            "站前",
            "城东",
            "城南",
            "江滨",
            "幸福",
            "光明",
            "和平",
            "前进",
        ),
        (
            "大东街",
            "康复西路",
            "建设",
            "团结",
            "友谊",
            "育才",
            "振兴",
            "永安",
            "福兴",
            "朝阳",
            "民主",
            "胜利",
            "解放",
            "迎宾",
        ),
    ),
    grids=84,
    households=115_000,
    pairs=46,
    draws="  yearly: {meeting_matters: 71, problems: 622}   # P as plain draws\n",
)

PROFILES = (DONGGANG, GUIPING, YULIN, NANCHANG, LONGCHANG)
