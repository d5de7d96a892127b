"""The words of what a joint meeting's rules refuse."""

from __future__ import annotations

from shared.kernel.rules import register

register(
    {
        "body.not_yours": (
            "此事项由 {body} 联席会办理，不归 {actor}",
            "This is for the body of {body}, not for {actor}",
        ),
        "body.unknown": ("{body} 没有联席会", "{body} has no joint meeting"),
        "ledger.no_record": ("{ledger} 的台账没有第 {seq} 号记录", "The ledger of {ledger} has no record {seq}"),
        "topic.over": ("议题 {topic} 已了结（{entry}）", "Topic {topic} is over ({entry})"),
        "topic.not_here": ("{body} 的台账中没有此议题", "The ledger of {body} has no entry of this topic"),
        "topic.nothing_to_acknowledge": ("{body} 没有待签收的议定意见", "{body} has no decision to acknowledge"),
        "topic.nothing_to_tell": ("没有待告知反映人的议定意见", "The reporters have been told of every decision"),
        "topic.objected_already": ("每个议题只能申请复核一次", "A topic may be objected to once only"),
        "topic.window_over": ("申请复核的期限已于 {until} 届满", "The time to object ended at {until}"),
        "topic.above_open": ("须先由上级 {body} 销号", "The entry of {body} above must be written off first (G13)"),
        "topic.unacknowledged": (
            "下列单位尚未签收议定意见：{units}",
            "Decisions are not yet acknowledged by {units} (G13)",
        ),
        "topic.untold": ("尚未将议定意见告知反映人", "The reporters have not been told of every decision (G13)"),
        "meeting.too_early": ("会议定于 {opens_at} 召开", "The meeting opens at {opens_at}"),
        "meeting.slot_over": ("会议应于 {until} 前召开", "The meeting had to be held by {until}"),
        "paper.too_early": (
            "会议 {meeting} 尚无此文书（{status}）",
            "Meeting {meeting} has no such paper yet ({status})",
        ),
        "minutes.undecided": ("下列议题没有议定意见：{topics}", "No decision is recorded for {topics} (G6)"),
        "minutes.not_tabled": ("议题 {topic} 未列入本次会议", "Topic {topic} is not tabled at this meeting (G6)"),
        "minutes.twice": ("议题 {topic} 有两条议定意见", "Topic {topic} has two decisions (G6)"),
        "decision.incomplete": ("{kind} 须写明 {missing}", "{kind} needs {missing}"),
        "decision.lead_unknown": ("没有这个单位：{lead}", "No such unit or department: {lead}"),
        "decision.out_of_reach": (
            "{lead} 不在 {body} 的辖区内，也不是成员或到会单位",
            "{lead} is neither in the area of {body} nor a member nor present (G7)",
        ),
        "decision.lead_again": ("{lead} 上移此议题后已牵头过一次", "{lead} moved the topic up and has led once (G7)"),
        "decision.deadline": (
            "办理期限须在会议之后、{latest} 之前",
            "The deadline must lie after the meeting and not after {latest} (G7)",
        ),
        "decision.top": ("{body} 已是最高一级，不能上移", "{body} is the top: nothing to move up to (G8)"),
        "decision.only_move_up": (
            "已重新上会 {reopened} 次，只能上移",
            "Reopened {reopened} times: it can only be moved up (G12)",
        ),
        "decision.deferrals": ("本级已暂缓 {deferrals} 次，不能再缓", "Deferred {deferrals} times at this level (G9)"),
        "decision.urgent": ("涉及安全的紧急议题不能不予办理", "An urgent topic cannot be declined (G10)"),
    }
)
