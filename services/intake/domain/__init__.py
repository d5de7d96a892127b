"""Intake's rules: what becomes of a report, what a person may do with it, what its reporter can follow."""

from services.intake.domain import (
    admission,
    erasing,
    follow_up,
    following,
    grid_service,
    ground_work,
    household,
    merging,
    recounting,
    registration,
    splitting,
    triage,
)
from services.intake.domain.case import Case, evolve
from services.intake.domain.merging import touches
from services.intake.domain.telling import decide
from shared.kernel.rules import name, register

name(
    {
        "held": "待分拣", "open": "办理中", "registered": "立案", "solved_on_spot": "当场解决", "rejected": "不予受理",
        "merged": "并单", "split": "拆分", "waiting": "待派", "dispatched": "待签收", "accepted": "办理中",
        "suspended": "挂账", "handled": "待核查", "verified": "待评", "rating_invited": "待评", "escalated": "提请上会",
        "closed": "结案", "withdrawn": "撤回",
    }
)  # fmt: skip
register(
    {
        "report.unknown_source": ("没有这个来源：{source}", "No such source: {source}"),
        "source.closed": ("来源 {source} 未启用", "The source {source} is not switched on"),
        "source.too_many": (
            "来源 {source} 每分钟至多 {most} 件，请稍后再报",
            "The source {source} may send {most} reports a minute; send it again later",
        ),
        "source.text_too_long": (
            "来源 {source} 的内容至多 {most} 字，此件 {length} 字",
            "The source {source} may write {most} characters; these are {length}",
        ),
        "source.needs": ("来源 {source} 须填写 {name}", "The source {source} must give {name}"),
        "report.personal_id": (
            "编号里不能有手机号或身份证号：编号会随事项流转",
            "An id holds no mobile or identity number: it travels with the case",
        ),
        "report.in_future": ("所称时间 {at} 晚于现在（{now}）", "The stated time {at} is in the future (now {now})"),
        "report.unknown_matter": ("没有这个事项：{matter}", "No such matter: {matter}"),
        "report.unknown_unit": ("没有这个单位或网格：{unit}", "No such unit or grid: {unit}"),
        "report.unknown_photo": (
            "没有这张照片，或已用于别的反映：{photo}；请先上传",
            "No such photo, or used in another report: {photo}; upload it first",
        ),
        "report.half_point": ("经度和纬度必须同时给出", "Longitude and latitude come together"),
        "report.spot_not_allowed": ("{source} 不能上报当场解决", "{source} may not report what was solved on the spot"),
        "report.withdraw_too_late": (
            "已办结（{stage}），不能再撤回，请在评价时说明",
            "Already done ({stage}), too late to take back; say so when rating",
        ),
        "report.out_of_area": (
            "地点不在{city}辖区内，请向当地反映",
            "The place lies outside the city; please turn to its own",
        ),
        "report.meaningless": (
            "内容为空或无法理解，请补充后重新提交",
            "Empty or unreadable; please add to it and send again",
        ),
        "report.abusive": (
            "内容为辱骂、恐吓或骚扰，没有可办理的诉求；请说明具体问题后重新提交",
            "Insults, threats or harassment, without a request to handle; say what the trouble is, and send again",
        ),
        "report.unlawful": (
            "内容违反法律法规，不予受理",
            "The content is against the law; it is not taken",
        ),
        "report.not_public": ("不属于公共管理和服务事项", "Not a matter of public administration or service"),
        "report.decided_by_law": (
            "应当通过诉讼、仲裁、行政复议等法定途径解决",
            "To be settled in court, by arbitration or administrative review",
        ),
        "photo.too_large": ("照片超过 {limit} MB", "A photo of more than {limit} MB"),
        "photo.wrong_type": (
            "不是照片：只收 JPEG、PNG 和 WebP（收到的是 {found}）",
            "Not a photo: JPEG, PNG and WebP are taken (this is {found})",
        ),
        "photo.unreadable": ("照片已损坏，无法打开", "The photo is damaged and cannot be opened"),
        "photo.too_many_pixels": (
            "照片像素过多（{width}×{height}），上限 {limit} 万像素",
            "A photo of too many pixels ({width} x {height}); at most {limit}0 thousand are taken",
        ),
        "photo.unknown": ("没有这张照片", "No such photo"),
        "photo.too_many_waiting": (
            "已有 {waiting} 张照片等待提交，请先提交或稍后再传",
            "{waiting} photos wait for their reports already; send those first",
        ),
        "merge.itself": ("不能并入自身", "A case cannot be merged into itself"),
        "merge.circle": (
            "{number} 已并入本件，不能再把本件并入它",
            "{number} was merged into this one; merging back would be a circle",
        ),
        "merge.not_open": (
            "{number} 已不在办理中（{status}），不能并入",
            "{number} is not open any more ({status}); nothing can be merged into it",
        ),
        "merge.too_late": ("已办结（{stage}），不能再并单", "Already done ({stage}), too late to merge"),
        "merge.part": ("拆分出的部分不能并单：{number}", "A part of a split case cannot be merged away: {number}"),
        "merge.not_admitted": (
            "“{matter}”未准入社区，不能通过并单转给社区",
            "{matter} is not admitted to communities; a merge cannot bring it there",
        ),
        "merge.personal": (
            "微心愿和矛盾纠纷各是各家的事，不能并单",
            "A wish or a dispute is its own people's; it cannot be merged",
        ),
        "merge.not_suspected": ("{number} 没有疑似重复待确认", "Nothing is suspected about {number}"),
        "unmerge.not_merged": ("{number} 没有并入其他事项", "{number} is not merged"),
        "unmerge.too_late": ("并入的 {number} 已办结，不能再取消并单", "{number} is done; too late to undo the merge"),
        "unmerge.matter_needed": ("还没有分类，请同时指明事项", "Not classified yet; name the matter too"),
        "split.too_late": ("已办结（{stage}），不能再拆分", "Already done ({stage}), too late to split"),
        "split.part": ("{number} 本身是拆分出的，不能再拆分", "{number} is itself a part and cannot be split again"),
        "import.columns_needed": (
            "尚未说明各列含义，请给出：text=列名；可用字段：{fields}；文件有：{heading}",
            "Say which column is which: text=COLUMN is needed; fields: {fields}; the file has: {heading}",
        ),
        "import.unknown_field": ("没有字段 {name}；可用：{fields}", "No field {name}; there are: {fields}"),
        "import.missing_column": (
            "文件没有列 {columns}；有：{heading}",
            "No column {columns}; the file has: {heading}",
        ),
        "import.double_column": (
            "列名 {columns} 不止一列，请改名后再导入",
            "Several columns are named {columns}; rename them and import again",
        ),
        "import.not_a_table": ("不是可读的表格：{reason_zh}", "Not a readable table: {reason}"),
        "import.too_many_rows": ("多于 {most} 行，请分成几个文件", "More than {most} rows; make several files of it"),
        "triage.unknown_rule": ("不予受理须引用以下规则之一：{rules}", "A rejection cites one of these rules: {rules}"),
        "triage.place_needed": (
            "还不知道地点，请同时指明单位或网格",
            "The place is not known yet; name the unit or grid too",
        ),
    }
)

registration.decide.include(ground_work.decide)
registration.decide.include(admission.decide)
registration.decide.include(grid_service.decide)
registration.decide.include(household.decide)
registration.decide.include(recounting.decide)
evolve.include(ground_work.evolve)
evolve.include(admission.evolve)
evolve.include(grid_service.evolve)
evolve.include(household.evolve)
evolve.include(recounting.evolve)

STATES: dict[str, type] = {
    "case": Case,
    "unit": ground_work.UnitRecord,
    "leader": ground_work.Leader,
    "admission": admission.AdmissionRecord,
    "services": grid_service.GridServices,
    "households": household.Households,
}
"""Kind of subject -> its state."""

__all__ = [
    "STATES",
    "Case",
    "decide",
    "erasing",
    "evolve",
    "follow_up",
    "following",
    "merging",
    "splitting",
    "touches",
    "triage",
]
