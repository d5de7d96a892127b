"""How far a case is, in the words that its reporter reads."""

from __future__ import annotations

Words = tuple[str, str]

STAGES: dict[str, Words] = {
    "held": ("已收到，待分拣", "Received, to be sorted"),
    "registered": ("已立案", "Registered"),
    "solved_on_spot": ("当场解决", "Solved on the spot"),
    "merged": (
        "已并入同一事项，一并办理并分别告知",
        "Merged with others who report the same; you are told all the same",
    ),
    "split": ("已拆分为几件分别办理", "Split into several cases"),
    "rejected": ("不予受理", "Not accepted"),
    "waiting": ("待派", "To be dispatched"),
    "dispatched": ("已派单，待签收", "Dispatched, to be accepted"),
    "accepted": ("办理中", "Being handled"),
    "suspended": ("暂缓办理", "Paused for a stated cause"),
    "handled": ("已办结，待核查", "Done, to be verified"),
    "verified": ("已核查，待评", "Verified, to be rated"),
    "escalated": ("已提请联席会议", "Before the joint meeting"),
    "meeting_resolved": ("联席会议决定办理", "The meeting decided that it be done"),
    "meeting_moved_up": ("联席会议上移上一级", "The meeting moved it one level up"),
    "meeting_deferred": ("联席会议决定缓议", "The meeting put it off"),
    "meeting_declined": ("联席会议答复不予办理", "The meeting declined it with a reply"),
    "rating_invited": ("请您评价", "You are asked to rate it"),
    "closed": ("已结案", "Closed"),
    "withdrawn": ("已撤回", "Withdrawn"),
}


def words_of(stage: str) -> Words:
    """Return the words of a stage, or the code itself for one that has none."""
    return STAGES.get(stage, (stage, stage))
