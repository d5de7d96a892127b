"""How each fact about a topic, own or heard, changes it; nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.escalation.domain import heard
from services.escalation.domain import topic_facts as t
from services.escalation.domain.table import evolve
from services.escalation.domain.topic import Attempt, CaseFile, Entry, EntryStatus, Notice, Telling, Topic
from shared.kernel.replacing import replace

Fold = Callable[[Any, Any, datetime], Topic]


def _on(*kinds: type) -> Callable[[Fold], Fold]:
    """Enter a fold for facts about a topic; on the subject of a further case of it they change only the pointer."""

    def enter(fold: Fold) -> Fold:
        def folded(topic: Topic | None, fact: t.OfTopic, at: datetime) -> Topic:
            return _pointed(topic, fact) if fact.home else fold(topic, fact, at)

        evolve.on(*kinds)(folded)
        return fold

    return enter


def _pointed(topic: Topic | None, fact: t.OfTopic) -> Topic:
    """Return the subject of a further case: it points to the case that carries the topic, until the topic is over."""
    now = topic or Topic("", "", "", None, "", "", False, entries=())
    match fact:
        case t.TopicCombined():
            return replace(now, id=fact.into, home=fact.into_case)
        case t.TopicJoined():
            return now
        case t.TopicReturned() | t.TopicWithdrawn() | t.TopicWrittenOff(final=True):
            return replace(now, home="")
        case _:
            return replace(now, id=fact.topic, home=fact.home, entries=())


@_on(t.TopicRaised)
def raised(topic: Topic | None, fact: t.TopicRaised, at: datetime) -> Topic:
    """Begin the topic with its first entry."""
    entry = Entry(fact.body, fact.level, fact.entry, fact.answer_due_at)
    begun = Topic(
        fact.topic, fact.number, fact.cause, fact.lead, fact.summary, fact.unit, fact.urgent, entries=(entry,)
    )
    return _after(topic, replace(begun, tried=fact.tried, reporters=fact.reporters))


@_on(t.TopicProposed)
def proposed(topic: Topic | None, fact: t.TopicProposed, at: datetime) -> Topic:
    """Begin the topic with an entry that waits to be screened; its answer clock starts when it is admitted."""
    entry = Entry(fact.body, fact.level, fact.entry, fact.screen_due_at)
    begun = Topic(
        fact.topic, fact.number, fact.cause, fact.lead, fact.summary, fact.unit, fact.urgent, entries=(entry,)
    )
    return _after(
        topic,
        replace(
            begun,
            kind=fact.kind,
            proposer=fact.proposer,
            support=fact.support,
            tried=fact.tried,
            asked=fact.asked,
            cases=fact.cases if len(fact.cases) > 1 else (),
            reporters=fact.reporters,
        ),
    )


def _after(before: Topic | None, begun: Topic) -> Topic:
    return replace(begun, file=before.file, round=before.round + 1) if before else replace(begun, round=1)


@_on(t.TopicAdmitted)
def admitted(topic: Topic, fact: t.TopicAdmitted, at: datetime) -> Topic:
    """Open the entry; its answer clock runs."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry, answer_due_at=fact.answer_due_at))


@_on(t.TopicJoined)
def joined_by_order(topic: Topic, fact: t.TopicJoined, at: datetime) -> Topic:
    """Change nothing: the case was the topic's before."""
    return topic


@_on(t.TopicTabled, t.TopicReturnedToAgenda)
def tabled(topic: Topic, fact: t.TopicTabled | t.TopicReturnedToAgenda, at: datetime) -> Topic:
    """Put the entry on a meeting's agenda, or back to the open ones."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry, meeting=fact.meeting))


@_on(t.TopicReceived)
def received(topic: Topic, fact: t.TopicReceived, at: datetime) -> Topic:
    """Note that the level above has it."""
    return topic.with_entry(replace(_entry(topic, fact), is_received=True))


@_on(t.TopicResolved, t.TopicSquadFormed)
def resolved(topic: Topic, fact: t.TopicResolved, at: datetime) -> Topic:
    """Wait for the order that the meeting made."""
    entry = replace(_entry(topic, fact), status=fact.entry, order_due_at=fact.due_at, is_listed=False)
    now = replace(topic.with_entry(entry), led_by=(*topic.led_by, fact.lead))
    if isinstance(fact, t.TopicSquadFormed):
        now = replace(now, to_sum_up=fact.to_sum_up)
    return _to_tell(now, fact)


@_on(t.TopicListed)
def listed(topic: Topic, fact: t.TopicListed, at: datetime) -> Topic:
    """Keep the entry on the list of hard problems until the next regular meeting."""
    entry = replace(
        _entry(topic, fact),
        status=fact.entry,
        reviews=fact.reviews,
        is_listed=True,
        answer_due_at=fact.answer_due_at,
        order_due_at=None,
    )
    return _to_tell(replace(topic.with_entry(entry), to_sum_up=fact.to_sum_up), fact)


@_on(t.TopicSummedUp)
def summed_up(topic: Topic, fact: t.TopicSummedUp, at: datetime) -> Topic:
    """Let a squad or a hard problem be written off."""
    return replace(topic, to_sum_up=False)


@_on(t.TopicMovedUp)
def moved_up(topic: Topic, fact: t.TopicMovedUp, at: datetime) -> Topic:
    """Open the entry of the level above in the same instant."""
    now = topic.with_entry(replace(_entry(topic, fact), status=fact.entry, is_listed=False))
    above = Entry(fact.to_body, fact.to_level, EntryStatus.OPEN, fact.answer_due_at, is_received=False)
    return _to_tell(replace(now, entries=(*now.entries, above)), fact)


@_on(t.TopicDeferred)
def deferred(topic: Topic, fact: t.TopicDeferred, at: datetime) -> Topic:
    """Leave the entry open for the named meeting."""
    entry = replace(
        _entry(topic, fact),
        status=fact.entry,
        deferrals=fact.deferrals,
        answer_due_at=fact.answer_due_at,
        order_due_at=None,
        is_listed=False,
    )
    return _to_tell(topic.with_entry(entry), fact)


@_on(t.TopicDeclined)
def declined(topic: Topic, fact: t.TopicDeclined, at: datetime) -> Topic:
    """Wait for an objection."""
    entry = replace(_entry(topic, fact), status=fact.entry, objection_until=fact.objection_until, is_listed=False)
    return _to_tell(topic.with_entry(entry), fact)


@_on(t.TopicObjected)
def objected(topic: Topic, fact: t.TopicObjected, at: datetime) -> Topic:
    """Open the entry again, for the only time on this ground."""
    entry = replace(_entry(topic, fact), status=fact.entry, answer_due_at=fact.answer_due_at, objection_until=None)
    return replace(topic.with_entry(entry), has_been_objected=True)


@_on(t.TopicReopened)
def reopened(topic: Topic, fact: t.TopicReopened, at: datetime) -> Topic:
    """Open the entry again since its order failed or something new came to light; its deadline still presses (G16)."""
    entry = replace(
        _entry(topic, fact),
        status=fact.entry,
        reopened=fact.reopened,
        answer_due_at=fact.answer_due_at,
    )
    return replace(topic.with_entry(entry), tried=fact.tried or topic.tried)


@_on(t.TopicFedBack)
def fed_back(topic: Topic, fact: t.TopicFedBack, at: datetime) -> Topic:
    """Wait for a lower unit's receipt."""
    return replace(topic, notices=(*topic.notices, Notice(fact.body, fact.to, fact.decision)))


@_on(t.TopicAcknowledged)
def acknowledged(topic: Topic, fact: t.TopicAcknowledged, at: datetime) -> Topic:
    """Note the receipt."""
    key = (fact.by, fact.decision)
    return replace(
        topic,
        notices=tuple(replace(n, is_acknowledged=True) if (n.to, n.decision) == key else n for n in topic.notices),
    )


@_on(t.ReportersTold)
def told(topic: Topic, fact: t.ReportersTold, at: datetime) -> Topic:
    """Note which reporters know."""
    return _telling(topic, fact.decision, lambda telling: _told(telling, fact.reporters))


def _told(telling: Telling, reporters: tuple[str, ...]) -> Telling:
    waiting = tuple(reporter for reporter in telling.waiting if reporter not in reporters) if reporters else ()
    return replace(telling, waiting=waiting, is_done=not waiting)


@_on(t.TellingTried)
def tried(topic: Topic, fact: t.TellingTried, at: datetime) -> Topic:
    """Note an attempt that reached nobody."""
    attempt = Attempt(fact.reporter, fact.on)
    return _telling(topic, fact.decision, lambda telling: replace(telling, attempts=(*telling.attempts, attempt)))


@_on(t.TopicReporterJoined)
def joined(topic: Topic, fact: t.TopicReporterJoined, at: datetime) -> Topic:
    """Tell one more reporter from now on."""
    return replace(topic, reporters=(*topic.reporters, fact.reporter))


@_on(t.TopicCaseClosed)
def case_closed(topic: Topic, fact: t.TopicCaseClosed, at: datetime) -> Topic:
    """Wait for the other cases of the topic."""
    if fact.withdrawn:
        return replace(topic, gone=(*topic.gone, fact.case))
    return replace(topic, closed=(*topic.closed, fact.case))


@_on(t.TopicSettled, t.TopicWithdrawn, t.TopicWrittenOff, t.TopicReturned)
def ended(topic: Topic, fact: t.OfTopic, at: datetime) -> Topic:
    """Bring the entry to one of its ends."""
    return topic.with_entry(replace(_entry(topic, fact), status=fact.entry))


@_on(t.TopicCombined)
def combined(topic: Topic, fact: t.TopicCombined, at: datetime) -> Topic:
    """End here, with the lower entries that the survivor takes over, and point to the case that carries it."""
    return replace(
        topic, entries=tuple(replace(entry, status=fact.entry) for entry in topic.entries), home=fact.into_case
    )


@_on(t.TopicEnlarged)
def enlarged(topic: Topic, fact: t.TopicEnlarged, at: datetime) -> Topic:
    """Take over another topic's cases, reporters and lower entries, and the higher of each counter (G15)."""
    known = {entry.body: entry for entry in topic.entries}
    entries = tuple(
        known.get(body, Entry(body, level, EntryStatus.MOVED_UP, fact.answer_due_at))
        for body, level in zip(fact.chain, fact.levels, strict=True)
    )
    active = replace(
        known[fact.body],
        deferrals=fact.deferrals,
        reopened=fact.reopened,
        reviews=fact.reviews,
        answer_due_at=fact.answer_due_at,
    )
    now = replace(
        topic,
        entries=entries,
        cases=fact.cases,
        closed=fact.closed,
        gone=fact.gone,
        reporters=fact.reporters,
        led_by=fact.led_by,
        urgent=fact.urgent,
        has_been_objected=fact.objected,
        to_sum_up=fact.to_sum_up,
    )
    return now.with_entry(active)


@evolve.on(heard.CaseRegistered)
def registered(topic: Topic | None, fact: heard.CaseRegistered, at: datetime) -> Topic:
    """Open the file of a case, which may be proposed as a topic from now on."""
    matter = fact.understanding.matter if fact.understanding else ""
    file = CaseFile(fact.number, fact.placement.unit, fact.summary, fact.urgent, (fact.reporter,), matter=matter)
    blank = Topic("", fact.number, "", None, fact.summary, fact.placement.unit, fact.urgent, entries=())
    return replace(topic or blank, file=file)


@evolve.on(heard.ExtensionJudged)
def extended(topic: Topic | None, fact: heard.ExtensionJudged, at: datetime) -> Topic | None:
    """Move the deadline of the meeting's running order with the time that its convener granted."""
    if topic is None or not topic.entries or not fact.granted or fact.due_at is None:
        return topic
    entry = topic.active
    if entry.order_due_at is None or entry.order_due_at > fact.due_at:
        return topic
    return topic.with_entry(replace(entry, order_due_at=fact.due_at))


@evolve.on(heard.CaseUnmerged)
def unmerged(topic: Topic | None, fact: heard.CaseUnmerged, at: datetime) -> Topic:
    """Have a file, for all who had reported the case before it was merged."""
    return topic if topic is not None and topic.file is not None else registered(topic, fact, at)


@evolve.on(heard.OrderOpened)
def opened(topic: Topic | None, fact: heard.OrderOpened, at: datetime) -> Topic | None:
    """Open the file again: an order that had ended begins anew once the merge that ended it is undone."""
    if topic is None or topic.file is None or topic.file.is_open:
        return topic
    return replace(topic, file=replace(topic.file, is_open=True))


@evolve.on(heard.ReporterJoined)
def file_joined(topic: Topic | None, fact: heard.ReporterJoined, at: datetime) -> Topic | None:
    """Enter one reporter more in the file, to be told should the case become a topic."""
    if topic is None or topic.file is None:
        return topic
    return replace(topic, file=replace(topic.file, reporters=(*topic.file.reporters, fact.reporter)))


@evolve.on(heard.ReporterLeft)
def file_left(topic: Topic | None, fact: heard.ReporterLeft, at: datetime) -> Topic | None:
    """Strike one reporter from the file; who was promised to be told of a topic still is."""
    if topic is None or topic.file is None:
        return topic
    rest = tuple(reporter for reporter in topic.file.reporters if reporter != fact.reporter)
    return replace(topic, file=replace(topic.file, reporters=rest))


@evolve.on(heard.CaseClosed, heard.OrderWithdrawn)
def over(topic: Topic | None, fact: heard.CaseClosed | heard.OrderWithdrawn, at: datetime) -> Topic | None:
    """Close the file of a case."""
    if topic is None or topic.file is None:
        return topic
    return replace(topic, file=replace(topic.file, is_open=False))


def _entry(topic: Topic, fact: t.OfTopic) -> Entry:
    entry = topic.entry_of(fact.body)
    assert entry is not None, f"{fact.topic} has no entry at {fact.body}"
    return entry


def _to_tell(
    topic: Topic, fact: t.TopicResolved | t.TopicMovedUp | t.TopicDeferred | t.TopicDeclined | t.TopicListed
) -> Topic:
    telling = Telling(fact.body, fact.meeting, waiting=topic.reporters)
    return replace(topic, tellings=(*topic.tellings, telling))


def _telling(topic: Topic, decision: str, change: Callable[[Telling], Telling]) -> Topic:
    return replace(
        topic, tellings=tuple(change(x) if x.decision == decision and not x.is_done else x for x in topic.tellings)
    )
