"""The words of what the rules of topics refuse (workflows §2.4)."""

from __future__ import annotations

from shared.kernel.rules import register

register(
    {
        "topic.carried": (
            "此件由议题 {topic} 办理，请在主件 {home} 上操作",
            "This case is part of topic {topic}, which case {home} carries: act there",
        ),
        "topic.other_body": (
            "{unit} 只能向本级（或最近上级）联席会提请，不能直接提请 {body}",
            "{unit} proposes to its own body or its nearest ancestor's, never to {body} (G2)",
        ),
        "topic.needs_case": ("须写明至少一个来源案件", "At least one source case is needed (G1)"),
        "topic.needs_no_case": ("{kind} 类议题没有来源案件", "A topic of kind {kind} has no source case (G1)"),
        "topic.case_twice": ("来源案件重复", "A source case is named twice (G1)"),
        "topic.active": (
            "案件已在议题 {topic} 中，请并入该议题",
            "The case has the active topic {topic}: join it (G1)",
        ),
        "topic.case_over": ("案件 {case} 已结案", "Case {case} is closed (G1)"),
        "topic.other_area": ("案件 {case} 不在 {body} 辖区内", "Case {case} lies outside the area of {body} (G2)"),
        "topic.only_a_meeting": (
            "上移来的议题必须受理，只能由会议答复（{topic}）",
            "A topic that was moved up is received, always; only a meeting answers it ({topic}, G18)",
        ),
        "topic.received": ("{body} 已签收该议题", "{body} has received the topic already"),
        "topic.moved_up": (
            "议题已上移至 {body}，提出单位不能撤回",
            "The topic was moved up to {body}: the proposing unit cannot take it back (G14)",
        ),
        "topic.withdraw_late": (
            "议题已列入会议（{entry}），不能撤回",
            "Too late to take the topic back: it is {entry} (G14)",
        ),
        "topic.cases_open": (
            "还有 {cases} 个案件未结，秘书不能撤回议题",
            "{cases} cases are open: the secretary cannot take the topic off the ledger (G14)",
        ),
        "topic.deadline_over": (
            "办理期限 {due_at} 已过，不能再以新情况重新上会",
            "The deadline {due_at} is over: new facts come too late (G12)",
        ),
        "topic.reopened_enough": (
            "已重新上会 {reopened} 次，不能再次重新上会",
            "Reopened {reopened} times already: not once more (G12)",
        ),
        "topic.reporter_unknown": ("{reporter} 不是此议题的反映人", "{reporter} is no reporter of this topic"),
        "topic.tried_today": (
            "今天已联系过 {reporter}，请改日再联系",
            "{reporter} was tried today already; the second attempt must be on another day",
        ),
        "topic.not_summed_up": (
            "专班、难点问题须完成 {least} 次抽检或回头看并经指挥中心总结后才能销号（周期代码 {case}）",
            "A squad or hard problem is written off after {least} checks and its summary (cycle {case})",
        ),
        "topic.no_survivor": ("{into} 不是可以并入的议题", "{into} carries no topic that could take this one (G15)"),
        "topic.other_ledger": ("两个议题不在同一台账（{body}）", "The other topic is in the ledger of {body} (G15)"),
        "topic.other_cause": (
            "两个议题事由不同（{cause}，{other}）",
            "The two topics have different causes ({cause}, {other}) (G15)",
        ),
        "decision.level": ("{body} 不能作出此类决定：{kind}", "{body} may not decide this: {kind} (G11)"),
        "decision.reviews": (
            "已列入难点清单 {reviews} 次，须作出其他决定",
            "Listed {reviews} times: another decision is due (G11)",
        ),
        "decision.only_squad": (
            "已重新上会 {reopened} 次，只能成立专班或列入难点清单",
            "Reopened {reopened} times: only a squad or the list of hard problems is left (G12)",
        ),
    }
)
