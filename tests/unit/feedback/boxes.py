"""Feedback's rules in virtual time with the tables behind its secret ballots in memory."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

from services.feedback.domain import decide, evolve, touches
from services.feedback.domain.assessment import Assessed, CastBallot, CloseAssessment, NameRaters
from services.feedback.domain.ballot import Ballot, Box, Count, NamedVoter, Spent, Voter
from services.feedback.domain.contact import Contact, LeaderAct
from services.feedback.domain.draw import Completion, FreezeDraw, Head
from services.feedback.domain.drawing import Candidate
from services.feedback.domain.duty import VISITS
from services.feedback.domain.exporting import ExportResults, YearResults
from services.feedback.domain.mutual import Sealing
from services.feedback.domain.poll import CastVote
from services.feedback.domain.returning import Received
from services.feedback.domain.score import Prepared
from services.feedback.domain.summary import SumUp
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Due, Message
from tests.support.play import Play


class Office(Play):
    """A play whose deciders find what earlier rows put into the tables."""

    def __init__(self, city: Any, at: datetime) -> None:
        super().__init__(decide, evolve, city, at, touches)
        self.candidates: tuple[Candidate, ...] = ()
        self.heads: dict[str, Head] = {}
        self.results = YearResults()

    def _play(self, message: Message, heard: bool = False) -> list[Any]:
        self.prepared = Prepared(lambda invitation: f"token-{invitation}", found={message.id: self.found(message)})
        if self.prepared.found[message.id] is None:
            self.prepared = Prepared(self.prepared.token)
        return super()._play(message, heard)

    def found(self, message: Message) -> Any:
        """Return what the store would find for a message."""
        match message.data:
            case CastBallot():
                return self.voter(message.subject, message.data.token)
            case NameRaters():
                return tuple(row.voter for row in self.rows_of(NamedVoter) if row.box == message.subject)
            case CloseAssessment() | Due(name="assessment") | Due(name="assessment:lapse") | Due(name="poll"):
                return self.box(message.subject)
            case CastVote(voter=voter):
                person = message.actor.id if message.actor.kind == "resident" else voter
                spent = {s.about for s in self.rows_of(Spent) if (s.box, s.token_hash) == (message.subject, person)}
                return Voter(person, frozenset(spent)) if person else None
            case FreezeDraw():
                return self.candidates
            case ExportResults():
                return self.results
            case Due(name="duty", data=data) if message.subject == VISITS:
                return self.visits(date.fromisoformat(data["first"]))
            case Due(name=name, data=data) if name.startswith("return_visit:"):
                return next((row for row in self.rows_of(Received) if row.report == data["report"]), None)
            case Due(name="duty", data=data):
                done = [c for c in self.rows_of(Completion) if c.quarter == data["quarter"] and c.kind != "inspection"]
                return Counter(completion.unit for completion in done)
            case SumUp():
                chain = message.subject.partition(":")[2]
                return sum(c.cycle == chain and c.kind != "inspection" for c in self.rows_of(Completion))
            case Due(name="draw", data=data):
                return self.heads.get(data["on"])
            case Due(name=name) if name.partition(":")[0] in ("seal", "mutual"):
                return {(s.rater, s.rated): s for s in self.rows_of(Sealing) if s.box == message.subject}
        return None

    def visits(self, first: date) -> dict[tuple[str, str], int]:
        """Return how often each leader came, since the quarter began, to whom he was tied before it."""
        begins = datetime(first.year, first.month, 1, tzinfo=SHANGHAI)
        tied = [(c.leader, c.unit) for c in self.rows_of(Contact) if c.at < begins]
        came = Counter((a.leader, a.unit) for a in self.rows_of(LeaderAct) if a.day >= first and not a.received)
        return {pair: came[pair] for pair in tied}

    def rows_of(self, kind: type) -> list[Any]:
        return [row for row in self.rows if isinstance(row, kind)]

    def voter(self, box: str, token: str) -> Voter | None:
        if token.removeprefix("token-of-") not in {row.voter for row in self.rows_of(NamedVoter) if row.box == box}:
            return None
        spent = {row.about for row in self.rows_of(Spent) if (row.box, row.token_hash) == (box, token)}
        return Voter(token, frozenset(spent))

    def box(self, name: str) -> Box:
        spent = {row.token_hash for row in self.rows_of(Spent) if row.box == name}
        cast = [row for row in self.rows_of(Ballot) if row.box == name]
        counts = {
            about: Count(
                sum(b.about == about for b in cast), sum(b.points for b in cast if b.about == about)
            )
            for about in {b.about for b in cast}
        }  # fmt: skip
        return Box(len(spent), counts, Counter((b.about, b.content) for b in cast))

    def assessed(self) -> list[Assessed]:
        return self.rows_of(Assessed)
