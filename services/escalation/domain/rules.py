"""The words of what a joint meeting's rules refuse."""

from __future__ import annotations

from shared.kernel.rules import register

register(
    {
        "body.not_yours": (
            "此事项由 {body} 联席会办理，不归 {actor}",
            "This is for the body of {body}, not for {actor}",
        ),
        "body.other_post": (
            "此事项由{posts}办理，不归{post}",
            "This is for {posts}, not for {post}",
        ),
        "body.not_a_member": (
            "{actor} 不是 {body} 联席会的成员",
            "{actor} is no member of the body of {body}",
        ),
        "agenda.incomplete": (
            "待议 {count} 项，只列入 {given} 项，缺：{topics}",
            "{count} entries wait, only {given} are on the agenda; missing: {topics} (G3)",
        ),
        "agenda.foreign": (
            "下列议题不在 {body} 台账的待议之列：{topics}",
            "These do not wait in the ledger of {body}: {topics} (G4)",
        ),
        "agenda.order": (
            "议程顺序应为：{topics}（上移的在前，其次重新上会的，再按提出先后）",
            "The order is {topics}: moved up first, then reopened, then by age (G3)",
        ),
        "agenda.not_named": (
            "临时会议只议召集时列明的议题，未列明：{topics}",
            "A temporary meeting deals with what its call names, not with {topics} (G4)",
        ),
        "meeting.other_day": ("会议日期定为 {on}，只能更改时间", "The meeting is on {on}; only its hour can change"),
        "meeting.opened": ("会议已于 {opens_at} 开始", "The meeting has opened at {opens_at}"),
        "meeting.postponed": ("会议只能改期一次", "A meeting can be postponed once only"),
        "meeting.past": ("现在已是 {at}", "It is {at} already"),
        "meeting.day_off": ("{on} 不是工作日", "{on} is no working day"),
        "meeting.period": ("会议须在 {within} 前召开", "The meeting must be held by {within}"),
        "meeting.unknown_guest": ("没有这个单位、部门或岗位：{code}", "No such unit, department or post: {code}"),
        "meeting.nothing_left": ("列明的议题都已不待议", "None of the named topics waits any more"),
        "meeting.duty": (
            "议题 {topics} 紧急，或其期限早于下次例会，必须召开临时会议",
            "A temporary meeting is a duty: {topics} cannot wait for the next regular date (G16)",
        ),
        "meeting.regular": ("例会不能取消", "A regular meeting cannot be called off"),
        "meeting.still_named": ("下列议题尚未撤回：{topics}", "Not withdrawn yet: {topics}"),
        "meeting.not_excusable": (
            "{body} 的例会必须按期召开，不能免开",
            "Only a top body that meets in principle may be excused, not {body}",
        ),
        "meeting.not_called": (
            "两次召集均未开成，须由召集人改期",
            "Two calls have failed; the convener has to name another day",
        ),
        "body.unknown": ("{body} 没有联席会", "{body} has no joint meeting"),
        "ledger.no_record": ("{ledger} 的台账没有第 {seq} 号记录", "The ledger of {ledger} has no record {seq}"),
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
        "decision.not_admitted": (
            "{matter} 未列入社区准入清单，不得交 {lead} 办理",
            "{matter} is not admitted to communities: it cannot be given to {lead}",
        ),
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
        "council.unknown": ("没有议事机构 {council}", "There is no council {council}"),
        "council.called": (
            "已有一次会议召集在 {opens_at}，先召开或取消",
            "A session is called for {opens_at}: hold it or call it off",
        ),
        "council.not_called": ("没有已召集的会议", "No session is called"),
        "council.past": ("开会时间须在此刻之后", "A session is called for a time to come"),
        "council.early": ("会议在 {opens_at} 才开始", "The session begins at {opens_at}"),
        "council.no_party": ("{party} 不是议事方；议事方：{parties}", "{party} is none of the parties: {parties}"),
        "council.no_quorum": (
            "不足法定方数（{quorum}，含召集方），未到：{absent}",
            "No quorum ({quorum}, the chair among them); absent: {absent}",
        ),
        "council.outcomes": ("{count} 项议题须各有一个结果", "Each of the {count} items needs exactly one outcome"),
        "council.becomes": (
            "第 {item} 项：议定的须说明转为反映、项目或表决，未议定的不得",
            "Item {item}: what is agreed becomes a report, a project or a vote; what is not, nothing",
        ),
        "council.no_vote": (
            "第 {item} 项未经居民代表会议表决，不得议定",
            "Item {item} was not voted on, so it is not agreed",
        ),
        "council.vote_lost": (
            "第 {item} 项赞成 {yes} 票，未过半数",
            "Item {item}: {yes} votes for it are not more than half",
        ),
        "council.unwatched": ("该议事机构没有监督一方", "This council has no supervision committee"),
        "council.overseen": ("第 {item} 项已有监督意见", "Item {item} has an opinion already"),
        "council.not_overseen": (
            "第 {item} 项尚无监督委员会意见",
            "Item {item} waits for the supervision committee's opinion",
        ),
        "council.no_item": (
            "第 {number} 次会议没有待跟进的第 {item} 项",
            "Session {number} has no item {item} to be followed",
        ),
    }
)
