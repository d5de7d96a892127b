"""What all actors of the simulated city share: the city file, time, the ways to speak, and what is publicly known."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from deploy.demo.agenda import Deed
from deploy.demo.behaviour import Behaviour
from deploy.demo.cases import KnownCase
from deploy.demo.desk import Result
from deploy.demo.tally import Tally
from shared.city.model import City
from shared.contracts.base import OutsideMessage
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor

_TRUTHS = 20_000


class Plans(Protocol):
    """What actors have set themselves to do."""

    def at(self, when: datetime, deed: Deed) -> None:
        """Plan a deed; one whose time is past is done at once."""
        ...


class Commands(Protocol):
    """The platform's desks."""

    async def act(self, actor: Actor, service: str, path: str, body: Mapping[str, Any], key: str) -> Result:
        """Post a command until it is answered."""
        ...

    async def answer(self, service: str, link: str, body: Mapping[str, Any]) -> Result:
        """Answer at a link, without an account."""
        ...

    async def post(self, actor: Actor, service: str, path: str, content: bytes, key: str) -> Result:
        """Post bytes as they are."""
        ...


class Publishes(Protocol):
    """The platform's topics."""

    async def send(self, topic: str, key: str, value: bytes, *, id_: str, type_: str, sender: str) -> None:
        """Send one message and return once it is there."""
        ...


@dataclass
class World:
    """One simulated city at work."""

    city: City
    behaviour: Behaviour
    agenda: Plans
    now: Callable[[], datetime]
    desk: Commands
    publisher: Publishes
    tally: Tally = field(default_factory=Tally)
    cases: dict[str, KnownCase] = field(default_factory=dict)
    """Open cases only."""
    truths: OrderedDict[tuple[str, str], tuple[str, str]] = field(default_factory=OrderedDict)
    """(source, report) -> matter and unit, which anybody who reads and looks can see."""

    def actor(self, code: str) -> Actor:
        """Return who acts for a unit or department; for the city itself its operations team."""
        if code in self.city.departments:
            return Actor("department", code)
        return Actor("operations" if code == self.city.root.code else "unit", code)

    def is_on_stream(self, code: str | None) -> bool:
        """Tell whether a department works by its own topics."""
        department = self.city.departments.get(code or "")
        return department is not None and department.reply_path == "stream"

    def remember(self, source: str, report: str, matter: str, unit: str) -> None:
        """Keep what is true of a report; the oldest are forgotten first."""
        self.truths[source, report] = matter, unit
        if len(self.truths) > _TRUTHS:
            self.truths.popitem(last=False)

    async def order(
        self, who: str, case: KnownCase, verb: str, kind: type[OutsideMessage], body: Mapping[str, Any], nth: int = 0
    ) -> Result:
        """Let a unit or department say something about an order, by its topic or the desk; `nth` is another try."""
        said = {"order": case.id, **body}
        if "assignment" in kind.model_fields:
            said["assignment"] = case.assignment
        key = f"{who}/{case.id}/{'.'.join(map(str, case.work[1:]))}/{verb}/{nth}"
        if not self.is_on_stream(who):
            return await self.desk.act(self.actor(who), "dispatch", f"/v1/orders/{case.id}/{verb}", said, key)
        topic = topic_name(self.city.code, f"replies.{who}")
        value = json.dumps(said, ensure_ascii=False).encode()
        await self.publisher.send(topic, case.id, value, id_=key, type_=kind.TYPE, sender=f"/{self.city.code}/{who}")
        self.tally.act(verb, "")
        return Result(None)
