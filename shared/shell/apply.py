"""What one batch does, as a plain function of what was loaded: order, dedupe, park, decide, evolve (shell.md §2-§4).

No input, no output, no clock, no business: the same function runs on PostgreSQL, in the tests and in the simulation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.base import Contract
from shared.contracts.envelope import stated
from shared.contracts.topics import READS, STATE_STREAM, stream_of
from shared.kernel.decisions import (
    CLOCK,
    OUTSIDE,
    Actor,
    Answer,
    Arm,
    CalendarChanged,
    Cancel,
    Context,
    Decision,
    Message,
)
from shared.kernel.refusals import Refused
from shared.kernel.replacing import replace
from shared.shell.opening import OUTSIDE_ID, sender_of
from shared.shell.service import Service
from shared.shell.work import (
    INDEX,
    INSIDE,
    Batch,
    Hole,
    JournalRow,
    Loaded,
    OurFault,
    Outcome,
    Partition,
    Quarantined,
    Relock,
    Reply,
    Subject,
    Unfenced,
    Work,
    later,
)
from shared.telemetry.logs import brief

MAX_ASIDE_IN_A_ROW = 20
"""More subjects than this set aside one after the other are our fault, not theirs (shell.md §4.2)."""
RETRY_DEADLINE_AFTER = 60.0
"""Seconds of virtual time after which a deadline whose decider failed is tried again."""


@dataclass(frozen=True)
class Bench:
    """What a decider's work needs beside the batch: service, city, ids."""

    service: Service
    city: Any
    city_code: str
    city_version: str
    new_id: Callable[[], str]

    @property
    def reads(self) -> frozenset[str]:
        """Return the services whose facts this one hears."""
        return frozenset(name for name, stream in STATE_STREAM.items() if stream in READS[self.service.name])


def subjects_of(service: Service, work: Work) -> tuple[str, ...]:
    """Name every subject that a piece of work may read or change."""
    message = work.message
    if message is None or work.named:
        return work.named
    if message.data is None or isinstance(message.data, Refused):
        work.named = (message.subject,)
    else:
        work.named = (message.subject, *message.touches, *service.touches(message))
    return work.named


def subjects_to_lock(service: Service, works: Iterable[Work]) -> tuple[frozenset[str], frozenset[str]]:
    """Split the subjects of a batch: those that a bogus id must not make, those that get a row if missing (§3.2)."""
    may: set[str] = set()
    must: set[str] = set()
    for work in works:
        if work.message is not None:
            is_bound = work.message.source == OUTSIDE and not work.message.creates
            (may if is_bound else must).update(subjects_of(service, work))
    return frozenset(may - {""}), frozenset(must)


def due_id(subject: str, name: str, due_at: datetime) -> str:
    """Return the message id of a deadline that came due."""
    return f"{subject}/{name}/{due_at.isoformat()}"


def fold_deadlines(changes: Iterable[Arm | Cancel]) -> tuple[list[Cancel], list[Arm]]:
    """Reduce a batch's changes to what is left of them: first all cancels, then the arms that none of them met."""
    arms: dict[str, dict[str, Arm]] = {}
    cancels: list[Cancel] = []
    for change in changes:
        of_subject = arms.setdefault(change.subject, {})
        if isinstance(change, Arm):
            of_subject[change.name] = change
            continue
        cancels.append(change)
        for name in [name for name in of_subject if is_disarmed((change.subject, name), change)]:
            del of_subject[name]
    return cancels, [arm for of_subject in arms.values() for arm in of_subject.values()]


def is_disarmed(deadline: tuple[str, str], by: Arm | Cancel) -> bool:
    """Tell whether a change takes the deadline (subject, name) away: a cancel that names it, or its being re-armed."""
    subject, name = deadline
    if subject != by.subject:
        return False
    if isinstance(by, Cancel) and by.name.endswith("*"):
        return name.startswith(by.name[:-1])
    return name == by.name


def apply(bench: Bench, loaded: Loaded, batch: Batch) -> Outcome:
    """Take a batch; raises Hole, Relock or OurFault to have all of it rolled back."""
    return _Run(bench, loaded, batch).run()


class _Run:
    def __init__(self, bench: Bench, loaded: Loaded, batch: Batch) -> None:
        self.bench, self.service, self.loaded, self.batch = bench, bench.service, loaded, batch
        self.reads = bench.reads
        self.out = Outcome()
        self.context = Context(loaded.clock.now, loaded.city or bench.city, bench.new_id, loaded.prepared)
        self.waiting: dict[str, list[Work]] = {s: list(works) for s, works in loaded.parked.items()}
        self.was_parked = {id(w) for works in loaded.parked.values() for w in works}
        self.low: set[Partition] = set()
        self.aside_in_a_row = batch.aside_in_a_row
        self.rearmed: dict[str, list[Arm | Cancel]] = {}

    def run(self) -> Outcome:
        self._check_position()
        for subject in self.batch.release:
            if subject in self.loaded.subjects:
                self._change(self.loaded.subjects[subject]).aside = None
        queue: deque[Work] = deque()
        for subject in self.batch.release:
            queue.extend(self._take_waiting(subject))
        queue.extend(self.batch.work)
        while queue:
            work = queue.popleft()
            released = self._one(work)
            queue.extendleft(reversed(released))
        for works in self.waiting.values():
            for work in works:
                if id(work) not in self.was_parked:
                    self.out.park.append((work, self._why(work)))
        self.out.subjects = [s for s in self.loaded.subjects.values() if s.changed]
        self.out.aside_in_a_row = self.aside_in_a_row
        return self.out

    # ---- position (shell.md §1)

    def _check_position(self) -> None:
        holes: dict[Partition, int] = {}
        following = dict(self.loaded.fences)
        places = {(w.record.topic, w.record.partition) for w in self.batch.work if w.record is not None}
        if places - following.keys():
            raise Unfenced(frozenset(places - following.keys()))
        for work in self.batch.work:
            record = work.record
            if record is None:
                continue
            place = (record.topic, record.partition)
            expected = following[place]
            if record.offset > expected and (*place, record.offset) not in self.batch.holes_accepted:
                holes.setdefault(place, expected)
            if record.offset < self.loaded.fences[place]:
                self.low.add(place)
            following[place] = record.offset + 1
        if holes:
            raise Hole(holes)
        self.out.fences = {place: end for place, end in following.items() if end > self.loaded.fences[place]}
        self.ends = following

    def _rewound(self, work: Work) -> None:
        """A record below the fence was new: the log was rewound, the fence follows (§1.3)."""
        if work.record is None or not self.low:
            return
        place = (work.record.topic, work.record.partition)
        if place in self.low and work.record.offset < self.loaded.fences[place] and id(work) not in self.was_parked:
            self.out.fences[place] = self.ends[place]
            if place not in self.out.rewound:
                self.out.rewound.append(place)

    # ---- one message

    def _one(self, work: Work) -> list[Work]:
        message = work.message
        if message is None:
            self._unreadable(work)
            return []
        if message.source in INSIDE:
            return self._inside(work, message)
        if message.source == CLOCK and isinstance(message.data, CalendarChanged):
            self._project_anew(work, message)
        elif message.source == CLOCK:
            self._due(work, message)
        else:
            self._outside(work, message)
        return []

    def _inside(self, work: Work, message: Message) -> list[Work]:
        subject = self.loaded.subjects[message.subject]
        place = INDEX[message.source]
        if message.sequence <= subject.seen[place]:
            self.out.duplicates += 1
            if id(work) in self.was_parked:
                self.out.unpark.append(work)
            return []
        if subject.aside is not None or not self._is_next(subject, message):
            self._wait(work, message)
            return []
        if not all(map(self.loaded.subjects.__contains__, subjects_of(self.service, work))):
            raise Relock(self._missing())
        before = subject.seen
        subject.seen = (*before[:place], message.sequence, *before[place + 1 :])
        try:
            if isinstance(message.data, Refused):
                raise message.data
            if message.data is not None:
                self._commit(message, self._decide(work, message), hears=True)
        except Exception as error:
            subject.seen = before
            self._set_aside(subject, work, message, error)
            return []
        if message.data is not None:
            self.aside_in_a_row = 0
        self._change(subject)
        self._rewound(work)
        if id(work) in self.was_parked:
            self.out.unpark.append(work)
        return self._take_waiting(message.subject)

    def _missing(self) -> frozenset[str]:
        """Name every subject that some waiting message needs and nobody locked: so that one more try is enough."""
        waiting = [w for works in (*self.waiting.values(), *self.loaded.parked.values()) for w in works]
        needed = {name for w in (*waiting, *self.batch.work) if _is_fact(w) for name in subjects_of(self.service, w)}
        return frozenset(needed) - self.loaded.subjects.keys()

    def _is_next(self, subject: Subject, message: Message) -> bool:
        seen = subject.seen
        if message.sequence != seen[INDEX[message.source]] + 1:
            return False
        for service, sequence in message.after.items():
            if service in self.reads and seen[INDEX[service]] < sequence:
                return False
        return True

    def _wait(self, work: Work, message: Message) -> None:
        waiting = self.waiting.setdefault(message.subject, [])
        if all((w.message.source, w.message.sequence) != (message.source, message.sequence)  # type: ignore[union-attr]
               for w in waiting):  # fmt: skip
            waiting.append(work)

    def _take_waiting(self, subject: str) -> list[Work]:
        works = self.waiting.pop(subject, None)
        if works is None:
            return []
        return sorted(works, key=lambda w: (w.message.source, w.message.sequence))  # type: ignore[union-attr]

    def _why(self, work: Work) -> str:
        message = work.message
        subject = self.loaded.subjects[message.subject] if message else None
        return (subject.aside if subject else None) or "early"

    def _set_aside(self, subject: Subject, work: Work, message: Message, error: Exception) -> None:
        self.aside_in_a_row += 1
        if self.aside_in_a_row > MAX_ASIDE_IN_A_ROW:
            raise OurFault(f"{self.aside_in_a_row} subjects in a row, last {message.id}: {error!r}") from error
        self._change(subject).aside = f"{message.id}: {brief(error)}"
        self.out.set_aside.append((message.subject, subject.aside or ""))
        self._wait(work, message)

    def _outside(self, work: Work, message: Message) -> None:
        key = work.inbox
        if key is not None:
            earlier = self.out.inbox.get(key) or self.loaded.inbox.get(key)
            if earlier is not None and earlier.digest == work.digest:
                self.out.duplicates += 1
                self._reply(work, earlier)
                return
            if earlier is not None:
                self._refuse(work, message, Refused("message.conflicting_id", "id"), keep=False)
                return
        try:
            subject = self.loaded.subjects.get(message.subject)
            if work.if_match is not None and (subject is None or subject.sequence != work.if_match):
                sequence = subject.sequence if subject else 0
                raise Refused("message.stale", "If-Match", sequence=sequence)
            decision = self._decide(work, message)
            reply = self._commit(message, decision, tell=work.ticket >= 0)
        except Refused as refused:
            if key is not None:
                self._rewound(work)
            self._refuse(work, message, refused, keep=True)
            return
        except Exception as error:
            self.out.set_aside.append((message.subject, f"outside {message.id}: {brief(error)}"))
            self._refuse(work, message, Refused("internal.error", "", kind=type(error).__name__), keep=False)
            return
        if key is not None or decision.facts:  # a report that came before states nothing
            self._rewound(work)
        self._reply(work, reply)
        if key is not None:
            self.out.inbox[key] = _with_digest(reply, work.digest)

    def _due(self, work: Work, message: Message) -> None:
        deadline = (message.subject, message.data.name)
        if any(is_disarmed(deadline, change) for change in self.rearmed.get(message.subject, ())):
            return  # an earlier one of this batch took it away: as if each had its own transaction
        try:
            self._commit(message, self._decide(work, message))
        except Exception as error:
            self.out.set_aside.append((message.subject, f"deadline {message.data.name}: {brief(error)}"))
            again = later(self.loaded.clock.now, RETRY_DEADLINE_AFTER)
            due = message.data
            self._rearm([Arm(due.name, again, due.data, message.subject, message.touches)])

    def _project_anew(self, work: Work, message: Message) -> None:
        """Let a subject follow the calendar; where that fails its deadlines stay where they are, and it is said."""
        try:
            self._commit(message, self._decide(work, message))
        except Exception as error:
            self.out.set_aside.append((message.subject, f"calendar {message.data.version}: {brief(error)}"))

    def _unreadable(self, work: Work) -> None:
        """Keep what cannot be read; an inside one leaves a gap in its subject that parks what follows."""
        assert work.record is not None
        assert work.unreadable is not None
        sender = sender_of(work.record.topic)
        refused, answer = work.unreadable, None
        if sender.kind != "unknown":
            answer = self._refusal(None, sender, _header(work, "ce_id"), work.record.topic, refused)
        kept = Quarantined(work.record, f"{sender.kind}:{sender.id}", refused.rule, refused.field, refused.params)
        self.out.quarantine.append((kept, answer))

    # ---- deciding and stating

    def _decide(self, work: Work, message: Message) -> Decision:
        states: dict[str, Any] = {}
        for name in subjects_of(self.service, work):
            subject = self.loaded.subjects.get(name)
            states[name] = subject.state if subject else None
        return self.service.decide(states, message, self.context)

    def _commit(self, message: Message, decision: Decision, *, hears: bool = False, tell: bool = False) -> Reply:
        """Turn a decision into rows; nothing of it is kept if any part of it fails."""
        states: dict[str, Any] = {}
        counts: dict[str, int] = {}
        rows: list[JournalRow] = []
        said: list[Mapping[str, Any]] = []
        if hears and message.data is not None:
            now = self.loaded.subjects[message.subject].state
            states[message.subject] = self.service.evolve(now, message.data, message.acted_at)
        for fact in decision.facts:
            name = fact.subject or message.subject
            subject = self.loaded.subjects[name]
            wire = self.service.wire.to_wire(fact.data)
            sequence = counts.get(name, subject.sequence) + 1
            row = self._journal(subject, sequence, wire, message, fact.copy_to)
            states[name] = self.service.evolve(states.get(name, subject.state), fact.data, message.acted_at)
            counts[name] = sequence
            rows.append(row)
            if tell:
                said.append(
                    {"subject": name, "sequence": sequence, "type": wire.TYPE, "data": wire.model_dump(mode="json")}
                )
        answers = [self._answer(answer, message.id, message.traceparent) for answer in decision.answers]
        deadlines = [_about(change, message.subject) for change in decision.deadlines]
        for name, state in states.items():
            subject = self._change(self.loaded.subjects[name])
            subject.state, subject.sequence = state, counts.get(name, subject.sequence)
        self.out.journal += [*rows, *(a for a in answers if a)]
        self._rearm(deadlines)
        self.out.rows += decision.rows
        last = self.loaded.subjects.get(message.subject)
        told = tuple(
            {"stream": a.stream, "type": wire.TYPE, "data": wire.model_dump(mode="json")}
            for a in (decision.answers if tell else ())
            for wire in (self.service.wire.to_wire(a.data),)
        )
        return Reply(message.subject, last.sequence if last else 0, tuple(said), told)

    def _rearm(self, changes: Iterable[Arm | Cancel]) -> None:
        for change in changes:
            self.out.deadlines.append(change)
            self.rearmed.setdefault(change.subject, []).append(change)

    def _journal(
        self, subject: Subject, sequence: int, wire: Contract, message: Message, copies: tuple[str, ...]
    ) -> JournalRow:
        service = self.service.name
        after = {s: subject.seen[INDEX[s]] for s in self.reads if subject.seen[INDEX[s]]}
        headers = stated(
            service=service,
            city=self.bench.city_code,
            subject=subject.id,
            sequence=sequence,
            type_=wire.TYPE,
            acted_at=message.acted_at,
            recorded_at=self.loaded.clock.real_now,
            after=after,
            auth=(message.actor.kind, message.actor.id),
            causation=message.id,
            city_version=self.bench.city_version,
            traceparent=message.traceparent,
        )
        streams = (STATE_STREAM[service], *copies)
        return JournalRow(subject.id, sequence, wire.TYPE, streams, subject.id, headers, wire.model_dump_json())

    def _answer(self, answer: Answer | None, cause: str, trace: str = "") -> JournalRow | None:
        if answer is None:
            return None
        wire = self.service.wire.to_wire(answer.data)
        id_ = self.bench.new_id()
        headers = stated(
            service=self.service.name,
            city=self.bench.city_code,
            subject=answer.key,
            sequence=0,
            type_=wire.TYPE,
            acted_at=self.loaded.clock.now,
            recorded_at=self.loaded.clock.real_now,
            after={},
            auth=("system", self.service.name),
            causation=cause,
            city_version=self.bench.city_version,
            id_=id_,
            traceparent=trace,
        )
        value = wire.model_dump_json()
        return JournalRow(f"answer:{id_}", 0, wire.TYPE, (answer.stream,), answer.key, headers, value)

    # ---- ends

    def _reply(self, work: Work, reply: Reply) -> None:
        if work.ticket >= 0:
            self.out.replies[work.ticket] = reply

    def _refuse(self, work: Work, message: Message, refused: Refused, *, keep: bool) -> None:
        reply = Reply(message.subject, 0, (), (), refused.rule, refused.field, refused.params, work.digest)
        self._reply(work, reply)
        if self.service.record is not None and message.data is not None and refused.rule != "internal.error":
            self.out.rows.append(self.service.record(message, refused))
        if work.record is None:
            return
        if keep and work.inbox is not None:
            self.out.inbox[work.inbox] = reply
        answer = self._refusal(message.data, message.actor, message.id, work.record.topic, refused)
        sender = f"{message.actor.kind}:{message.actor.id}"
        kept = Quarantined(work.record, sender, refused.rule, refused.field, refused.params)
        self.out.quarantine.append((kept, answer))

    def _refusal(self, data: Any, sender: Actor, id_: str | None, topic: str, refused: Refused) -> JournalRow | None:
        """Answer the sender; where his own id or words cannot be repeated, without them; never fail because of it."""
        for said, known in ((data, id_), (None, id_), (None, None)):
            with suppress(Exception):
                make = self.service.refusal
                if make is None:
                    return None
                return self._answer(make(said, sender, known, stream_of(topic), refused), known or "")
        return None

    def _change(self, subject: Subject) -> Subject:
        subject.changed = True
        return subject


def _is_fact(work: Work) -> bool:
    return work.message is not None and work.message.source in INSIDE


def _about(change: Arm | Cancel, subject: str) -> Arm | Cancel:
    if change.subject:
        return change
    if isinstance(change, Arm):
        return Arm(change.name, change.due_at, change.data, subject, change.touches, change.mark)
    return Cancel(change.name, subject)


def _with_digest(reply: Reply, digest: str) -> Reply:
    return replace(reply, digest=digest)


def _header(work: Work, name: str) -> str | None:
    """Return a header of the record that can be repeated in an answer."""
    value = next((v for n, v in work.record.headers if n == name), None) if work.record else None
    said = (value or b"").decode("utf-8", "replace")
    return said if OUTSIDE_ID.fullmatch(said) else None
