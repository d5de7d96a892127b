"""The words of the rules by which dispatch refuses."""

from __future__ import annotations

from collections.abc import Mapping

from shared.kernel.rules import name, register

name(
    {
        "waiting": "待派", "dispatched": "待签收", "accepted": "办理中", "suspended": "挂账", "handled": "待核查",
        "verified": "待评", "escalated": "提请上会", "closed": "结案", "withdrawn": "撤回",
    }
)  # fmt: skip
_ACTS: Mapping[str, str] = {
    "dispatch": "派单",
    "recall": "收回",
    "state_dispute": "提出争议",
    "accept": "签收",
    "progress": "报进展",
    "finish": "办结",
    "hand_back": "退单",
    "extension": "延期",
    "suspension": "挂账",
    "unable": "无力办理",
    "pass_up": "上报",
    "answer_part": "答复协办",
    "release": "退出协办",
    "judge_hand_back": "裁定退单",
    "judge_unable": "裁定无力办理",
    "judge_extension": "裁定延期",
    "judge_suspension": "裁定挂账",
    "judge_release": "裁定退出协办",
    "resume": "恢复办理",
    "verify": "核查",
}

register(
    {
        "order.not_yours": ("此事项不由 {actor} 办理此步骤", "This step is not {actor}'s to take"),
        "order.assignment_over": (
            "第 {assignment} 次交办不是当前交办（当前为第 {now} 次）",
            "Assignment {assignment} is not the present one ({now})",
        ),
        "order.act_not_now": ("{now}状态下不能办理：{act}", "Not possible while {now}: {act}"),
        "order.request_pending": ("已有一项申请待裁定", "A request is already waiting to be judged"),
        "order.nothing_asked": ("没有待裁定的此类申请", "No such request is waiting to be judged"),
        "order.judge_interested": (
            "申请人和被建议的单位不能裁定：{actor}",
            "Neither the asker nor the unit it proposes may judge: {actor}",
        ),
        "order.hand_back_window": ("退单期限已过（{until}）", "The time for handing back ended at {until}"),
        "order.hand_back_once": ("每次交办只能申请退单一次", "A hand-back may be asked once per assignment"),
        "order.hand_back_handled": ("已办结过的事项不能退单", "What was once handled cannot be handed back"),
        "order.hand_back_meeting": ("联席会议交办的事项不能退单", "An order of a meeting cannot be handed back"),
        "order.hand_back_proposed": (
            "请写明应承办的其他单位：{proposed}",
            "Name another unit that should hold it: {proposed}",
        ),
        "order.unable_once": ("每次交办只能申请无力办理一次", "Unable may be said once per assignment"),
        "order.unable_meeting": (
            "联席会议交办的事项不能申请无力办理",
            "Unable cannot be said of an order of a meeting",
        ),
        "order.unable_rung": (
            "网格、社区不申请无力办理，应当上报",
            "Grid and community pass up instead of saying unable",
        ),
        "order.pass_up_rung": ("只有网格和社区可以上报", "Only a grid or a community passes up"),
        "order.pass_up_meeting": ("联席会议交办的事项不能上报", "An order of a meeting cannot be passed up"),
        "order.dispatch_reach": ("{dispatcher} 不能向 {lead} 派单", "{dispatcher} may not dispatch to {lead}"),
        "order.dispatch_barred": (
            "{lead} 的退单已被认可，不得再次派单",
            "The hand-back of {lead} was upheld: it may not get this case again",
        ),
        "order.dispatch_back": (
            "{lead} 所在层级已经上报，没有新情况不得派回",
            "The rung of {lead} passed it up: not back there without new facts",
        ),
        "order.dispatch_on": (
            "只有街道可将自办事项转派部门",
            "Only a street dispatches on what it holds, to a department",
        ),
        "order.dispatch_on_meeting": ("联席会议交办的事项不能转派", "An order of a meeting cannot be dispatched on"),
        "order.support_unknown": ("配合单位不存在或与牵头单位相同：{unit}", "Not a supporting department: {unit}"),
        "order.verify_own": ("不得核查本单位办理的事项", "Nobody verifies his own work"),
        "order.extension_once": ("每次交办只能申请延期一次", "An extension may be asked once per assignment"),
        "order.extension_late": ("已超期的事项不能延期", "What is overdue cannot be extended"),
        "order.extension_before": (
            "延期须在到期前至少 {before} 申请（{until} 到期）",
            "An extension is asked at least {before} before it is due ({until})",
        ),
        "order.extension_most": ("延期不得超过原时限（{most}）", "At most the original budget may be added ({most})"),
        "order.convener_only": (
            "联席会议交办的事项由召集人裁定延期，{post} 不能裁定",
            "The convener judges this for an order of a meeting, not {post}",
        ),
        "order.suspension_once": ("每件事项只能申请挂账一次", "A suspension may be asked once per case"),
        "order.suspension_late": ("已超期的事项不能挂账", "What is overdue cannot be suspended"),
        "order.suspension_meeting": (
            "联席会议交办的事项只能由会议决定挂账",
            "An order of a meeting is suspended by a meeting only",
        ),
        "order.suspension_longest": ("挂账最长 {longest}", "A suspension is {longest} at most"),
        "order.release_once": ("每项协办只能申请退出一次", "A release may be asked once per part"),
        "order.part_over": ("该协办事项已了结（{state}）", "This part is over ({state})"),
        "order.parts_open": ("协办单位尚未答复：{units}", "Parts are still open: {units}"),
        "order.finish_who": ("处置反馈单须写明经办岗位", "A disposal report says which post did it"),
        "order.finish_evidence": ("处置反馈单须附至少一份佐证", "A disposal report has at least one piece of evidence"),
        "order.finish_when": (
            "办理时间须在交办（{begun}）之后、反馈（{now}）之前",
            "It was done between the dispatch ({begun}) and this report ({now})",
        ),
        "order.office_phone": (
            "请填写办公电话，不填个人手机号",
            "Give the telephone of the office, not a person's mobile",
        ),
        "order.recall_meeting": ("联席会议交办的事项不能收回", "An order of a meeting cannot be recalled"),
        "order.dispute_meeting": (
            "联席会议交办的事项不再提争议，由会议复议",
            "An order of a meeting is not disputed again; its entry is reopened",
        ),
        "order.dispute_among": (
            "请列出与承办部门有争议的其他部门",
            "Name the other departments that dispute it with the lead department",
        ),
        "order.verify_means": ("核查通过须有现场照片或电话核实", "To pass takes a photo on the spot or a call"),
    },
    _ACTS,
)
