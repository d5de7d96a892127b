"""Count a year from its facts alone: the figures that cities publish, and those that show how they come about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from deploy.demo.streams import Heard
from shared.city.model import City
from shared.contracts import alliance, dispatch, escalation, feedback, intake, wish
from shared.contracts.topics import STATED_ON

_WORK = frozenset({"problem", "service"})
"""Kinds of case that go round the whole loop; enquiries, disputes and wishes have flows of their own."""


@dataclass(slots=True)
class Story:
    """One topic on its way: the bodies that hold an entry, lowest first, and when it began and ended."""

    began: datetime
    levels: list[str]
    has_cases: bool
    ended: datetime | None = None
    declined: bool = False

    @property
    def days(self) -> float:
        """Return its life in days, 0 while it lasts."""
        return (self.ended - self.began).total_seconds() / 86_400 if self.ended else 0.0


@dataclass
class Count:
    """What a reader of the four state streams finds in a year."""

    city: City
    topics: dict[str, Story] = field(default_factory=dict)
    proposed: dict[str, bool] = field(default_factory=dict)
    """Topics brought by hand that wait to be admitted, and whether they have cases."""
    meetings: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(level, regular, makeup, temporary or missed) -> number."""
    cases: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, str] = field(default_factory=dict)
    _members: set[str] = field(default_factory=set)
    """Persons of the alliances; whoever else does a wish is a unit."""
    _sent_to_department: set[str] = field(default_factory=set)

    def hear(self, heard: Heard) -> None:
        """Count a fact; copies and answers are passed over."""
        if heard.stream not in STATED_ON:
            return
        subject, at = heard.envelope.subject, heard.envelope.time
        assert at is not None, "every fact has its time"
        match heard.data:
            case escalation.Topic() as topic:
                self._topic(topic, at)
            case escalation.Meeting() as meeting:
                self._meeting(meeting)
            case intake.CaseSolvedOnSpot():
                self.cases["on_the_spot"] += 1
            case intake.CaseRegistered(kind=kind, source=source):
                self.kinds[subject] = kind
                self.cases["passed_up"] += source == "grid" and kind in _WORK
            case dispatch.Dispatch() as order:
                self._order(subject, order)
            case alliance.MemberJoined(party=party, kind=alliance.MemberKind.PARTY_MEMBER):
                self._members.add(party)
            case wish.WishFulfilled(claimant=str(claimant)):
                self.cases["wish.by_member" if claimant in self._members else "wish.by_unit"] += 1
            case feedback.RatingAnswered(valid=True) as answer:
                self.cases["answered"] += 1
                self.cases["answers.solved"] += answer.solved
                self.cases["answers.satisfied"] += answer.grade >= 3
            case _:
                pass

    def _topic(self, fact: escalation.Topic, at: datetime) -> None:
        match fact:
            case escalation.Topic(home=home) if home:
                pass  # of a further case of the topic
            case escalation.TopicRaised():
                self.topics[fact.topic] = Story(at, [fact.level], has_cases=True)
            case escalation.TopicProposed():
                self.proposed[fact.topic] = fact.kind is escalation.TopicKind.CASE
            case escalation.TopicAdmitted():
                self.topics[fact.topic] = Story(at, [fact.level], has_cases=self.proposed.pop(fact.topic))
            case escalation.TopicMovedUp(to_level=level):
                self.topics[fact.topic].levels.append(level)
            case escalation.TopicDeclined():
                self.topics[fact.topic].declined = True
            case escalation.TopicObjected():
                self.topics[fact.topic].declined = False
            case escalation.TopicWrittenOff(final=True):
                self.topics[fact.topic].ended = at
            case _:
                pass

    def _meeting(self, fact: escalation.Meeting) -> None:
        kind = "temporary" if fact.temporary else "makeup" if fact.makeup else "regular"
        if isinstance(fact, escalation.MeetingHeld):
            self.meetings[fact.level, kind] += 1
        elif isinstance(fact, escalation.MeetingMissed):
            self.meetings[fact.level, "missed"] += 1

    def _order(self, case: str, fact: dispatch.Dispatch) -> None:
        is_work = self.kinds.get(case) in _WORK
        match fact:
            case dispatch.OrderDispatched(meeting=False, rung="department") if is_work:
                self.cases["assigned"] += 1
                self.cases["orders"] += case not in self._sent_to_department
                self._sent_to_department.add(case)
            case dispatch.HandBackAsked() if is_work:
                self.cases["handed_back"] += 1
            case dispatch.OrderEscalated(cause=cause):
                self.cases[f"escalated.{cause}"] += 1
            case dispatch.OrderVerified() if is_work:
                self.cases["verified"] += 1
            case dispatch.VerificationFailed() if is_work:
                self.cases["rework"] += 1
            case dispatch.CaseClosed(reason=reason, solved_at_rung=rung, on_time=on_time):
                kind = self.kinds.pop(case, "spot")
                if reason != "answered" and kind == "dispute":
                    self.cases["mediated"] += 1
                elif reason != "answered" and kind in _WORK:
                    self.cases[f"solved.{rung}"] += 1
                    self.cases[f"on_time.{rung}"] += bool(on_time)
            case _:
                pass

    # -- figures ----------------------------------------------------------------------------------------------------

    def figures(self) -> Mapping[str, float]:
        """Return every figure by its key in the city file's `simulation.year.figures`; shares in percent."""
        stories = self.topics.values()
        own = [story for story in stories if len(story.levels) == 1 and story.ended]
        moved = [story for story in stories if len(story.levels) > 1]
        solved = [story for story in moved if story.ended]
        first, *upper = (level.code for level in self.city.chain)
        cases = self.cases
        return {
            "meetings": sum(self._held(level) for level in upper),
            "temporary": sum(self.meetings[level, "temporary"] for level in upper),
            "estate_meetings": self._held(first),
            "settled": len(own),
            "moved_up": len(moved),
            "solved_above": len(solved),
            "solved_share": _share(len(solved), len(moved)),
            "topics": len(self.topics),
            "topics_from_cases": sum(story.has_cases for story in stories),
            "moved_twice": sum(len(story.levels) > 2 for story in stories),
            "declined": sum(story.declined for story in stories),
            "days_own": median(story.days for story in own) if own else 0.0,
            "days_moved_up": median(story.days for story in solved) if solved else 0.0,
            "passed_up": cases["passed_up"],
            "mediated": cases["mediated"],
            "on_the_spot": cases["on_the_spot"],
            "solved_by_departments": cases["solved.department"],
            "done_by_members": cases["wish.by_member"],
            "done_by_consortia": cases["wish.by_unit"],
            "orders": cases["orders"],
            "bounced_out": cases["escalated.bounced"],
            "hand_back": _share(cases["handed_back"], cases["assigned"]),
            "rework": _share(cases["rework"], cases["rework"] + cases["verified"]),
            "on_time": _share(cases["on_time.department"], cases["solved.department"]),
            "resolution": _share(cases["answers.solved"], cases["answered"]),
            "satisfied": _share(cases["answers.satisfied"], cases["answered"]),
        }

    def _held(self, level: str) -> int:
        return sum(self.meetings[level, kind] for kind in ("regular", "makeup", "temporary"))


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
