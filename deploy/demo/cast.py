"""Everybody who acts in a simulated city, whatever they act on: a running platform, or one in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from deploy.demo.callers import Callers
from deploy.demo.checkers import Checkers
from deploy.demo.conveners import Conveners
from deploy.demo.councillors import Councillors
from deploy.demo.holders import Holders
from deploy.demo.model import Sending
from deploy.demo.proposers import Proposers
from deploy.demo.senders import Senders
from deploy.demo.streams import Heard
from deploy.demo.visitors import Visitors
from deploy.demo.volunteers import Volunteers
from deploy.demo.whistlers import Whistlers
from deploy.demo.wishers import Wishers
from deploy.demo.world import World


class Cast:
    """Sources and residents, units and departments, officers, conveners and secretaries of one world."""

    def __init__(self, world: World) -> None:
        self.senders, self._holders, self._conveners = Senders(world), Holders(world), Conveners(world)
        self.proposers, self.whistlers, self.wishers = Proposers(world), Whistlers(world), Wishers(world)
        self.volunteers, self._callers = Volunteers(world), Callers(world)
        self._checkers, self.visitors, self.councillors = Checkers(world), Visitors(world), Councillors(world)
        self._by_family = {
            "receipts": self.senders.hear,
            "ledger": self._hear_ledger,
            "feedback": self._hear_feedback,
            "orders": self._hear_orders,
        }

    def topics(self) -> list[str]:
        """Return what they read."""
        return [*self.senders.topics(), *self._holders.topics(), *self._conveners.topics()]

    def plan(self, sendings: Iterable[Sending], opens: datetime) -> None:
        """Let residents report, or order what this city has claimed; communities begin what they share at `opens`."""
        wishes: list[Sending] = []
        reports: list[Sending] = []
        for one in sendings:
            (wishes if self.wishers.takes(one) else reports).append(one)
        self.senders.plan(reports)
        self.wishers.plan(wishes, opens)

    def _hear_ledger(self, heard: Heard) -> None:
        self._conveners.hear(heard)
        self._checkers.hear_ledger(heard)
        self.proposers.hear(heard)
        self.councillors.hear(heard)

    def _hear_orders(self, heard: Heard) -> None:
        self._holders.hear(heard)
        self.whistlers.hear(heard)
        if heard.stream == "orders":
            self.wishers.hear(heard)

    def _hear_feedback(self, heard: Heard) -> None:
        self._holders.hear(heard)
        self._callers.hear(heard)
        self._checkers.hear_draw(heard)

    def hear(self, heard: Heard) -> None:
        """Let those take a message whom it concerns."""
        self._by_family.get(heard.stream.split(".", 1)[0], self._holders.hear)(heard)
