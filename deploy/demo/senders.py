"""Sources and residents: they report, read their receipts, and answer when they are asked how it went."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial

from deploy.demo.behaviour import Answer
from deploy.demo.model import Sending
from deploy.demo.streams import Heard
from deploy.demo.world import World
from shared.contracts import feedback, intake
from shared.contracts.topics import topic_name
from shared.kernel.decisions import Actor

BY_HTTP = frozenset({"mini", "excel"})
"""Sources that call `POST /v1/reports`, and whose people open the link; the others publish on their topics."""
_AWAITED = 5_000


class Senders:
    """Everything that sources do."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sent_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def plan(self, sendings: Iterable[Sending]) -> None:
        """Put reports on the agenda."""
        for sending in sendings:
            self._world.agenda.at(sending.at, partial(self._send, sending))

    def topics(self) -> list[str]:
        """Return what sources read."""
        return [topic_name(self._world.city.code, f"receipts.{source}") for source in self._world.city.sources]

    async def _send(self, sending: Sending) -> None:
        world, source = self._world, sending.source
        if source not in world.city.sources:
            return
        world.remember(source, sending.id, sending.matter, sending.unit)
        world.tally.sent[source] += 1
        if sending.fault:
            world.tally.faults[sending.fault] += 1
        self._await(source, sending.id)
        if source in BY_HTTP:
            key = f"{sending.id}{'-again' if sending.fault == 'twice' else ''}"
            result = await world.desk.post(Actor("source", source), "intake", "/v1/reports", sending.raw, key)
            if result.rule:
                self._refused(result.rule)
            return
        await world.publisher.send(
            topic_name(world.city.code, f"reports.{source}"),
            sending.id,
            sending.raw,
            id_=sending.id,
            type_=intake.Report.TYPE,
            sender=f"/{world.city.code}/{source}",
        )

    def _await(self, source: str, report: str) -> None:
        self._sent_at[source, report] = time.monotonic()
        if len(self._sent_at) > _AWAITED:
            self._sent_at.popitem(last=False)

    def hear(self, heard: Heard) -> None:
        """Take a receipt, an invitation or a refusal."""
        source = heard.stream.split(".", 1)[1]
        match heard.data:
            case intake.ReportReceived() as receipt:
                since = self._sent_at.pop((source, receipt.report), None)
                self._world.tally.receipts[receipt.outcome] += 1
                if since is not None:
                    self._world.tally.trip(time.monotonic() - since)
            case intake.ReportRejected(rule=rule):
                self._refused(rule)
            case feedback.InvitationSent() as invitation:
                self._invite(source, invitation)
            case feedback.RatingRefused(rule=rule):
                self._world.tally.refusals[rule] += 1
            case _:
                pass

    def _refused(self, rule: str) -> None:
        self._world.tally.receipts["refused"] += 1
        self._world.tally.refusals[rule] += 1

    def _invite(self, source: str, invitation: feedback.InvitationSent) -> None:
        world = self._world
        world.tally.invited += 1
        case = world.cases.get(invitation.case)
        # A resident knows how long it took, and whether somebody helped while standing at the door.
        late, on_spot = case is not None and case.is_late, case is not None and case.is_on_spot
        name = f"{source}:{invitation.report}/{case.reworks if case else 0}"
        answer = world.behaviour.answer(name, late=late, on_spot=on_spot)
        if answer is None:
            return
        rating = feedback.Rating(
            id=f"{invitation.report}/{invitation.token[:8]}",
            token=invitation.token,
            contacted=answer.contacted,
            solved=answer.solved,
            grade=answer.grade,
        )
        at = world.behaviour.answers_at(name, world.now(), invitation.until)
        if source in BY_HTTP:
            world.agenda.at(at, partial(self._open_link, invitation.link, answer))
        else:
            world.agenda.at(at, partial(self._rate, source, invitation.case, rating))

    async def _open_link(self, link: str, answer: Answer) -> None:
        self._world.tally.answered += 1
        body = {"contacted": answer.contacted, "solved": answer.solved, "grade": answer.grade}
        await self._world.desk.answer("feedback", link, body)

    async def _rate(self, source: str, case: str, rating: feedback.Rating) -> None:
        world = self._world
        world.tally.answered += 1
        value = json.dumps(rating.model_dump(mode="json", exclude_none=True), ensure_ascii=False).encode()
        await world.publisher.send(
            topic_name(world.city.code, f"ratings.{source}"),
            case,
            value,
            id_=rating.id,
            type_=feedback.Rating.TYPE,
            sender=f"/{world.city.code}/{source}",
        )
