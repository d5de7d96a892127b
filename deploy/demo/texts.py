"""What people write: own short sentences by matter and place, so that the city's keyword rules can work on them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from deploy.demo.draws import one_of

STUBBORN = "反复整改不到位"
"""In a text: work on it will fail verification again and again (a seeded hard problem of the demonstration)."""
TANGLED = "涉及多个部门、权属不清"
"""In a text: no single department can do it."""

# Matter -> what is wrong. {p} is the place. Matters of one class that come more often have more sentences.
SENTENCES: Mapping[str, Sequence[str]] = {
    "burst-pipe": ("{p}门口水管爆裂，水漫到了马路上", "{p}地下供水管爆管，一直在跑水"),
    "open-manhole": ("{p}旁边的井盖不见了，晚上很危险", "{p}路口窨井盖碎了，露着大洞"),
    "gas-leak": ("{p}单元楼里闻到煤气味，怀疑燃气泄漏", "{p}楼下燃气管接口漏气"),
    "live-wire": ("{p}楼头电线脱落，垂到人行道上", "{p}配电箱门开着，电线裸露，怕孩子触电"),
    "lift-trapped": ("{p}有人被困电梯，请马上来人",),
    "collapse": ("{p}门前地面塌陷了一块", "{p}楼体外墙脱落，瓷砖往下掉"),
    "heating": ("{p}暖气不热，室温只有十五度", "{p}供暖几天了还是冰凉", "{p}顶楼供热温度上不来"),
    "heating-outage": ("{p}整栋楼没有供暖", "{p}暖气管漏水，楼上停暖了"),
    "water-outage": ("{p}从早上开始停水，没有通知", "{p}四楼以上没水"),
    "water-supply": ("{p}自来水发黄，水质不好", "{p}早晚水压太小，洗衣机都进不了水"),
    "power-outage": ("{p}整栋楼停电两个小时了", "{p}一用电就跳闸断电"),
    "telecom": ("{p}宽带断了三天没人修",),
    "sanitation": ("{p}垃圾桶满了没人清运", "{p}后面垃圾堆成小山，味道很大", "{p}垃圾站周围脏乱差"),
    "street-stalls": ("{p}门口流动摊贩占道经营，出不去车", "{p}早市收摊后摊贩还在摆摊"),
    "illegal-parking": ("{p}路两边违停严重", "{p}有一辆僵尸车停了半年", "{p}有人把车乱停在盲道上"),
    "parking": ("{p}停车位紧张，晚上没处停", "{p}停车难，居民天天为车位吵"),
    "small-ads": ("{p}楼道里贴满小广告",),
    "clutter": ("{p}楼道杂物堆了一层", "{p}装修的建筑垃圾堆在路边没人运"),
    "e-bikes": ("{p}有人飞线充电，从五楼拉到一楼", "{p}电动车上楼充电，不安全"),
    "fire-lanes": ("{p}消防通道被私家车堵住",),
    "dogs": ("{p}有人遛狗不牵绳，吓着老人", "{p}大型犬在院里乱跑"),
    "road-damage": ("{p}门前路面坑洼，下雨积一滩泥", "{p}人行道地砖翘起来绊人", "{p}道路破损一个多月没修"),
    "street-lights": ("{p}路灯不亮，晚上走路看不见", "{p}一排路灯坏了三盏"),
    "drains": ("{p}下水道堵了，污水外溢", "{p}排水沟堵塞，一下雨就积水"),
    "greening": ("{p}绿化带被踩秃了没人补", "{p}树枝长到三楼窗户，请修剪"),
    "public-facilities": ("{p}健身器材松了，怕伤着孩子", "{p}公园护栏断了一截"),
    "traffic-lights": ("{p}路口红绿灯时间太短，老人过不去", "{p}学校门前没有斑马线"),
    "property-service": ("{p}物业公司收了费不管事", "{p}物业服务差，打电话没人来", "{p}物业费年年涨，保洁却少了"),
    "lifts": ("{p}电梯停运一周了", "{p}电梯老是出故障，老人下不了楼"),
    "house-repair": ("{p}顶楼漏雨，墙皮都掉了", "{p}卫生间渗水到楼下"),
    "estate-parking": ("{p}地下车位只卖不租", "{p}小区停车没有规划，车库空着进不去"),
    "estate-security": ("{p}单元门坏了关不上", "{p}门禁刷不了，谁都能进"),
    "common-areas": ("{p}有人把公共部位圈起来种菜",),
    "owners-committee": ("{p}业委会到期没有换届",),
    "social-noise": ("{p}广场舞音响开得很大，孩子写不了作业", "{p}楼下酒吧半夜噪音扰民"),
    "construction-noise": ("{p}旁边工地夜间施工，一夜没睡",),
    "cooking-fumes": ("{p}楼下烧烤店油烟扰民", "{p}餐馆排烟正对着窗户"),
    "low-income": ("{p}有位老人想问低保怎么续", "{p}一户困难户需要临时救助"),
    "elderly": ("{p}独居老年人需要助餐", "{p}高龄津贴这个月没有到账"),
    "disabled": ("{p}残疾人出入没有坡道", "{p}想给家里人换轮椅"),
    "community-affairs": ("{p}社区服务中心中午没人值班",),
    "illegal-building": ("{p}顶楼私搭乱建阳光房", "{p}一楼违章搭建占了绿地"),
    "house-quality": ("{p}新房墙面开裂，怀疑质量问题",),
    "change-of-use": ("{p}楼上改成群租房，住了二十多人",),
    "bus": ("{p}公交站牌倒了", "{p}公交车晚上收班太早"),
    "housing-deeds": ("{p}入住六年房产证还没办下来",),
    "developers": ("{p}开发商延期交房一年多",),
    "highways": ("{p}前面公路大桥接缝处颠得厉害",),
    "schools": ("{p}幼儿园放学时门口太挤",),
    "food-safety": ("{p}超市卖过期食品",),
    "consumers": ("{p}健身房关门，预付卡不给退款",),
    "wages": ("{p}工地拖欠工资三个月",),
    "public-order": ("{p}棋牌室夜里赌博，请派出所管管",),
    "policy-enquiry": ("请问{p}这里老楼加装电梯怎么办理", "想咨询{p}办理居住登记需要什么材料"),
    "neighbours": ("{p}楼上住户天天拖椅子，邻居劝了不听", "{p}两家因为门口放鞋柜起了邻里纠纷"),
    "family": ("{p}兄弟几个为赡养老人闹家庭纠纷",),
    "tenancy": ("{p}房东不退押金，租客要说法",),
    "wish-goods": ("{p}一位孩子的微心愿是一盏台灯", "{p}老人的微心愿是一台收音机"),
    "wish-service": ("{p}行动不便的老人想请人上门服务理发", "{p}老人需要陪诊去医院"),
}
_ENDS = ("", "，请尽快处理。", "，麻烦来看看。", "，已经好几天了。", "，附近居民都有意见。", "，希望给个答复。")
_OPENS = ("", "", "您好，", "反映：")
_GRID_OPENS = ("", "走访发现，", "巡查发现，")


def sentence(rng: random.Random, matter: str, keywords: Sequence[str], place: str, *, by_grid: bool = False) -> str:
    """Return one report's text; a matter without own sentences is named by one of the city's keywords for it."""
    known = SENTENCES.get(matter)
    core = one_of(rng, known) if known else f"{{p}}有{one_of(rng, keywords) if keywords else '其他'}方面的问题"
    return f"{one_of(rng, _GRID_OPENS if by_grid else _OPENS)}{core.format(p=place)}{one_of(rng, _ENDS)}"


DONE = (
    "已到现场处理完毕，恢复正常",
    "派人清理整改，现场已拍照",
    "联系责任单位当场整改，问题消除",
    "更换损坏部件并试用正常",
    "与当事人沟通一致，已落实",
)
PAUSED = ("资金已下达但尚未到账", "冬季低温无法施工")
MORE_TIME = ("施工工序未完，需延长办理", "材料采购周期较长，申请延期")
SUPPORTED = ("已按牵头单位要求配合完成", "已派员到场配合，相关手续已办")
OFFICE_PHONE = "12345"
TRIED = ("两次到现场核实，超出本单位职权", "已协调相关单位，未能解决", "现有经费和人员不足以完成")
CLAUSE = "派单目录职责条款"
HAND_BACK = "该事项不在本单位职责范围，建议改派"
PASS_UP = ("本级无相应职权，需上级协调", "本级没有相应设备和经费", "多次上门未能解决")
FAILED = ("现场查看问题仍在", "只处理了一部分", "当天又出现同样情况")
ON_THE_SPOT = ("当场劝导并清理完毕", "当场联系修好", "当场帮助办理", "当场整理到位")

QUARREL = "邻里之间因琐事争执，协商不成"
MEDIATED = "社区调解不成，已告知依法解决途径"
MEDIATED_ASKED = "请联席会议协调有关单位共同化解"
