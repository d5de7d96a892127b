"""The words of everything that can be wrong with a city file."""

from __future__ import annotations

from shared.kernel.rules import register

register(
    {
        "city.unreadable": ("文件无法读取：{reason}", "The file cannot be read: {reason}"),
        "city.unknown_key": ("未知的键 {key}（{section}）", "Unknown key {key} in {section}"),
        "city.missing_key": ("缺少键 {key}（{section}）", "Key {key} is missing in {section}"),
        "city.duplicate_key": ("键 {key} 重复", "Key {key} is given twice"),
        "city.wrong_type": ("{key} 应为{wanted}", "{key} must be a {wanted}"),
        "city.bad_value": ("{key} 的值 {value} 不可用，可用：{known}", "{key}: {value} is none of {known}"),
        "city.bad_budget": ("{key} 的时限 {value} 无法识别", "{key}: {value} is no amount of time such as 4 wh"),
        "city.bad_number": ("{key} 的值 {value} 不是数", "{key}: {value} is no number in its range"),
        "city.bad_date": ("{key} 的日期 {value} 无法识别", "{key}: {value} is no date"),
        "city.bad_code": ("代码 {code} 只能用小写字母、数字和连字符", "Code {code}: only a-z, 0-9 and hyphen"),
        "city.duplicate_code": ("{section} 中代码 {code} 重复", "Code {code} is used twice in {section}"),
        "city.no_root": (
            "应恰有一个无上级的市级单位，现有 {count} 个",
            "Exactly one city without parent, found {count}",
        ),
        "city.unknown_unit": ("{where} 引用了不存在的单位 {unit}", "{where} names an unknown unit {unit}"),
        "city.cycle": ("单位上下级成环：{units}", "Units form a cycle: {units}"),
        "city.unit_level": ("{unit} 的级别不在其上级 {parent} 之下", "Unit {unit} is not of a level below {parent}"),
        "city.no_reply_path": (
            "部门 {department} 没有答复途径（desk 或 stream）",
            "Department {department} has no reply path (desk or stream)",
        ),
        "city.unknown_department": (
            "{where} 引用了不存在的部门 {department}",
            "{where} names no department: {department}",
        ),
        "city.unknown_group": ("事项 {matter} 的类别 {group} 不存在", "Matter {matter} is of an unknown group {group}"),
        "city.matter_without_clock": ("事项 {matter} 没有 {clock} 时限", "Matter {matter} has no clock for {clock}"),
        "city.matter_unserved": (
            "事项 {matter} 没有主办部门",
            "Nobody serves matter {matter}: no known lead department",
        ),
        "city.matter_unserved_in": (
            "事项 {matter} 在 {streets} 没有可派的主办部门",
            "Nobody serves matter {matter} in {streets}: no lead department is in reach there",
        ),
        "city.routing_to": (
            "派单规则 {routing} 须写明 to（按属地、首接）和 sources（首接）",
            "Routing rule {routing} needs `to` (place, receiver) and `sources` (receiver)",
        ),
        "city.routing_unknown": (
            "派单规则 {routing} 引用了不存在的{key}：{value}",
            "Routing rule {routing} names an unknown {key}: {value}",
        ),
        "city.routing_dead": (
            "派单规则 {routing} 永远不会生效：没有适用的事项，或之前的规则总是先定",
            "Routing rule {routing} never fires: no matter it is for, or an earlier rule always decides",
        ),
        "city.pairing_rule": (
            "社区 {community} 包联 {count} 个部门，不合本市规定（{allowed}）",
            "Community {community} is paired with {count}, outside this city's rule ({allowed})",
        ),
        "city.unknown_level": (
            "会议层级 {level} 的单位级别 {unit_level} 没有单位",
            "Chain level {level}: there are no units of level {unit_level}",
        ),
        "city.chain_order": ("会议层级须自下而上，最高为市", "The chain runs upwards and ends with the city"),
        "city.unknown_post": ("{level} 引用了不存在的岗位 {post}", "{level} names an unknown post {post}"),
        "city.unknown_member": (
            "{level} 的成员 {member} 既不是岗位、部门，也不是 below、paired、served",
            "{level}: member {member} is no post, no department, nor below, paired or served",
        ),
        "city.unknown_field": (
            "{level} 的分管领域 {field_name} 没有部门",
            "{level}: no department is of the field {field_name}",
        ),
        "city.three_parties": ("{level} 不是小区，不能用三方议事", "{level}: three parties consult in estates only"),
        "city.bad_time": ("{key} 的时间 {value} 无法识别", "{key}: {value} is no time of day such as 09:00"),
        "city.cadence": (
            "{level} 每个周期须恰有一次例会：一年应有 {wanted} 次，现定 {count} 次",
            "{level} meets once in every period: {wanted} days a year, one in each, not {count}",
        ),
        "city.council_chair": (
            "议事机构 {council} 的召集方 {chair} 不是其一方",
            "Council {council}: its chair {chair} is none of its parties",
        ),
        "city.council_off": (
            "议事机构 {council} 所属机制 {mechanism} 没有启用",
            "Council {council}: its mechanism {mechanism} is not switched on",
        ),
        "city.whistle_off": (
            "{level} 可以吹哨，但吹哨报到、街道赋权都没有启用",
            "Level {level} may whistle, but neither whistle nor street-rights is switched on",
        ),
        "city.volunteering_off": (
            "设有志愿岗位，但双岗双责没有启用",
            "There are volunteer posts, but double-post is not switched on",
        ),
        "city.weights": (
            "评分版本 {version} 的权重合计 {total}，应为 100%",
            "Policy {version}: weights add to {total}",
        ),
        "city.policy_late": (
            "第 {version} 版评分办法 {on} 才公布，应在生效之前公布",
            "Policy {version} is published on {on}: that must be before it takes effect",
        ),
        "city.tier": (
            "分档 {tier} 中的 {unit} 已在别的档，或与同档单位不是一类",
            "{unit} of tier {tier} is in another tier, or of another kind than its peers",
        ),
        "city.two_windows": (
            "评价窗口 {window} 与评价时限 clocks.rate {rate} 不同：评价到期和事项了结不在同一时刻",
            "Rating window {window} differs from clocks.rate {rate}: answers end at another time than the case",
        ),
        "city.policy_order": ("评分版本须按序号和生效日期递增", "Policy versions and their dates must rise"),
        "city.veto": (
            "一年一考的城市不得对社区设一票否决：{items}",
            "No veto item for communities in a city with one yearly assessment: {items}",
        ),
        "city.yearly_only": (
            "一年一考的城市，评分版本 {version} 须列明社区只公布年度成绩",
            "Policy {version}: communities must be yearly_only in a city with one yearly assessment",
        ),
        "city.unknown_mechanism": ("未知的机制 {mechanism}", "Unknown mechanism {mechanism}"),
        "city.makeup": (
            "调休上班日 {day} 不是周末，或又是假日",
            "Make-up day {day} is no weekend day, or also a holiday",
        ),
        "city.boundary": ("单位 {unit} 的边界无效：{reason}", "Boundary of {unit} is invalid: {reason}"),
        "city.grid_size": (
            "层级为 {level} 的网格有 {count} 个户数不在 {low}–{high} 之内（{units}）",
            "{count} grids of level {level} are outside {low}-{high} households ({units})",
        ),
        "city.unmarked": ("{section} 没有标明是公布值还是假定值", "{section} is marked neither published nor assumed"),
        "city.unloadable": ("文件无法装入：{reason}", "The file does not load: {reason}"),
    }
)
