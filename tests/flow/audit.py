"""What must hold whatever happened (domain.md 7): each check returns what it found wrong, in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.dispatch.domain.order import Order, Status
from shared.contracts.base import by_type
from shared.contracts.envelope import read as read_envelope
from shared.contracts.topics import READS, STATE_STREAM, STATED_ON, topic_name
from shared.kernel.decisions import CLOCK, Message
from shared.shell.work import INDEX, INSIDE, JournalRow
from tests.flow.city_audit import CITY_CHECKS, Findings, facts_of, orders_of
from tests.flow.claim_audit import CLAIM_CHECKS
from tests.flow.office import Office
from tests.flow.rating_audit import RATING_CHECKS
from tests.flow.residents import Residents
from tests.flow.world import World


def audit(world: World, residents: Residents) -> list[str]:
    """Return everything that does not hold; the world must be at rest."""
    found: list[str] = []
    for check in CHECKS:
        found += (f"{check.__name__}: {finding}" for finding in check(world, residents))
    return found


def _stating(world: World) -> list[Office]:
    return [world.offices[name] for name in STATE_STREAM]


def rest(world: World, residents: Residents) -> Findings:
    """Nothing waits, nothing is set aside, no inside fact was refused or unreadable."""
    for office in world.offices.values():
        tables = office.store.tables
        for subject, waiting in tables.parked.items():
            yield f"{office.name}: {sorted(waiting)} parked for ever at {subject}"
        for subject, kept in tables.subjects.items():
            if kept.aside:
                yield f"{office.name}: {subject} is set aside: {kept.aside}"
        for subject, why in office.store.watch.set_aside:
            yield f"{office.name}: {subject} was set aside: {why}"
        for quarantined in tables.quarantine.values():
            if quarantined.record.topic.split(".")[1] in STATED_ON:
                yield f"{office.name}: an inside fact is in quarantine: {quarantined.rule}"
            if quarantined.rule == "internal.error":
                yield f"{office.name}: {quarantined.record.topic} met an error of ours: {dict(quarantined.params)}"
        for reader in office.readers:
            for topic in reader.topics:
                for place in ((topic, p) for p in range(world.streams.partitions[topic])):
                    kept_record = world.streams.first_from(place, tables.fences.get(reader.group, {}).get(place, 0))
                    if kept_record is not None:
                        yield f"{reader.group}: {place} was not read to its end"


def marks(world: World, residents: Residents) -> Findings:
    """A deadline that knows how it was counted lies where that puts it: else another calendar would move it wrongly."""
    for office in _stating(world):
        for subject, armed in office.store.tables.deadlines.items():
            for arm in armed.values():
                if arm.mark is not None and arm.mark.at(world.city.calendar) != arm.due_at:
                    yield f"{office.name} {subject}: {arm.name} at {arm.due_at} is not where its mark puts it"


def journal(world: World, residents: Residents) -> Findings:
    """Facts of a subject are numbered 1, 2, 3 … as its row says; the stream has each of them, in order, unchanged."""
    for office in _stating(world):
        facts = facts_of(office)
        for subject, kept in office.store.tables.subjects.items():
            numbers = [row.sequence for row in facts.get(subject, ())]
            if numbers != list(range(1, kept.sequence + 1)):
                yield f"{office.name} {subject}: journal has {numbers}, subject row {kept.sequence}"
        topic = topic_name(world.city.code, STATE_STREAM[office.name])
        yield from _wire(office, facts, world, topic)
        yield from _sent(office, world)


def _sent(office: Office, world: World) -> Findings:
    """Every row is on each of its streams: copies for departments, answers for sources."""
    wanted: dict[str, list[str]] = {}
    for row in office.store.tables.journal:
        for stream in row.streams:
            wanted.setdefault(stream, []).append(row.headers["ce_id"])
    for stream, ids in wanted.items():
        there = [dict(r.headers)["ce_id"].decode() for r in world.streams.records(topic_name(world.city.code, stream))]
        theirs = [id_ for id_ in dict.fromkeys(there) if id_ in set(ids)]
        if sorted(theirs) != sorted(ids):
            yield f"{stream}: {len(ids)} rows of {office.name}, {len(theirs)} there"
        elif stream not in STATED_ON and theirs != ids:
            yield f"{stream} is not in the order of {office.name}'s journal"


def _wire(office: Office, facts: Mapping[str, list[JournalRow]], world: World, topic: str) -> Findings:
    heard: Counter[str] = Counter()
    place_of: dict[str, int] = {}
    for record in world.streams.records(topic):
        envelope = read_envelope(record.headers, inside=True)
        subject, sequence = envelope.subject, envelope.sequence
        if place_of.setdefault(subject, record.partition) != record.partition:
            yield f"{topic}: {subject} is in two partitions"
        if sequence > len(facts.get(subject, ())):
            yield f"{topic}: {subject}/{sequence} was never stated"
            continue
        row = facts[subject][sequence - 1]
        headers = {name: value.decode() for name, value in record.headers}
        if (record.value.decode(), headers) != (row.value, dict(row.headers)):
            yield f"{topic}: {subject}/{sequence} is not what the journal says"
        if sequence > heard[subject] + 1:
            yield f"{topic}: {subject} jumps from {heard[subject]} to {sequence}"
        heard[subject] = max(heard[subject], sequence)
    for subject, rows in facts.items():
        if heard[subject] != len(rows):
            yield f"{topic}: {subject} ends at {heard[subject]} of {len(rows)}"


def hearing(world: World, residents: Residents) -> Findings:
    """Every reader has met each fact of every service that it reads exactly once, in causal order."""
    for office in world.offices.values():
        for source in (STATED_ON[stream] for stream in READS[office.name]):
            for subject, kept in world.offices[source].store.tables.subjects.items():
                mine = office.store.tables.subjects.get(subject)
                seen = mine.seen[INDEX[source]] if mine else 0
                if seen != kept.sequence:
                    yield f"{office.name} has seen {seen} of {kept.sequence} facts of {source} about {subject}"
        yield from _met(office, world)
    told = Counter((h.service, h.subject, h.sequence) for h in world.console.heard)
    stated = Counter(
        (office.name, row.subject, row.sequence)
        for office in _stating(world) for rows in facts_of(office).values() for row in rows
    )  # fmt: skip
    for fact in (told - stated) + (stated - told):
        yield f"the read model has {fact} {told[fact]} times, the journals {stated[fact]} times"


def _met(office: Office, world: World) -> Findings:
    reads = {STATED_ON[stream] for stream in READS[office.name]}
    facts = {name: facts_of(world.offices[name]) for name in reads}
    met: dict[tuple[str, str], int] = {}
    for commit in office.store.watch.commits:
        for message in commit.met:
            if message.source not in INSIDE:
                continue
            place = (message.subject, message.source)
            if message.sequence <= met.get(place, 0):
                yield f"{office.name} met {message.id} twice or late"
            for skipped in range(met.get(place, 0) + 1, message.sequence):
                kind = by_type(facts[message.source][message.subject][skipped - 1].type)
                if office.name == "console" or (kind and _is_wanted(office, kind)):
                    yield f"{office.name} met {message.id} without {skipped}"
            met[place] = message.sequence


def _is_wanted(office: Office, kind: type) -> bool:
    return kind in office.wire._domain  # type: ignore[attr-defined]


def causes(world: World, residents: Residents) -> Findings:
    """A fact says what its service had seen of others; what others met before it lies before it for all."""
    for office in _stating(world):
        for row in (row for rows in facts_of(office).values() for row in rows):
            after = dict(part.split(":") for part in row.headers.get("ce_after", "").split(",") if part)
            seen = office.store.tables.subjects[row.subject].seen
            for source, number in after.items():
                if int(number) > seen[INDEX[source]]:
                    yield f"{office.name} {row.subject}/{row.sequence} is after {source}:{number}, never seen"
    place = {(h.service, h.subject, h.sequence): n for n, h in enumerate(world.console.heard)}
    for office in _stating(world):
        for row in (row for rows in facts_of(office).values() for row in rows):
            for source, number in (part.split(":") for part in row.headers.get("ce_after", "").split(",") if part):
                cause, effect = (source, row.subject, int(number)), (office.name, row.subject, row.sequence)
                if place.get(cause, 0) > place.get(effect, 0):
                    yield f"the console heard {effect} before {cause}"


def fold(world: World, residents: Residents) -> Findings:
    """The states are what the facts make of them, own and heard, read back from the journal."""
    for office in _stating(world):
        states: dict[str, Any] = {}
        for commit in office.store.watch.commits:
            rows = [row for row in commit.journal if row.sequence]
            used = 0
            for message in commit.met:
                if message.source in INSIDE:
                    _fold_heard(office, states, message)
                while used < len(rows) and rows[used].headers["ce_causationid"] == message.id:
                    row = rows[used]
                    _fold_own(office, states, row)
                    yield from _stands(states[row.subject], row)
                    if message.source in INSIDE and row.subject == message.subject:
                        after = dict(part.split(":") for part in row.headers.get("ce_after", "").split(",") if part)
                        if int(after.get(message.source, 0)) < message.sequence:
                            yield f"{office.name} {row.subject}/{row.sequence} hides that it follows {message.id}"
                    used += 1
            if used != len(rows):
                yield f"{office.name}: {rows[used].subject}/{rows[used].sequence} has no cause"
        for subject, kept in office.store.tables.subjects.items():
            if kept.state != states.get(subject):
                yield f"{office.name} {subject}: {kept.state} is not the fold of its facts {states.get(subject)}"


def _fold_heard(office: Office, states: dict[str, Any], message: Message) -> None:
    states[message.subject] = office.evolve(states.get(message.subject), message.data, message.acted_at)


def _fold_own(office: Office, states: dict[str, Any], row: JournalRow) -> None:
    kind = by_type(row.type)
    assert kind is not None
    fact = office.wire.to_domain(kind.model_validate_json(row.value))
    at = datetime.fromisoformat(row.headers["ce_time"])
    states[row.subject] = office.evolve(states.get(row.subject), fact, at)


def _stands(state: Any, row: JournalRow) -> Findings:
    """A fact of dispatch says where the order stands after it."""
    if not isinstance(state, Order):
        return
    said = json.loads(row.value)
    for name in ("status", "responsible", "rung", "assignment", "clock", "dispatcher", "bounces", "failures"):
        if name in said and said[name] != getattr(state, name):
            yield f"{row.type} {row.subject}/{row.sequence} says {name} {said[name]}, the order {getattr(state, name)}"


def once(world: World, residents: Residents) -> Findings:
    """No outside message had an effect in two transactions, no deadline more often than it was armed."""
    for office in _stating(world):
        effects: dict[tuple[str, str], set[int]] = {}
        armed: dict[str, int] = {}
        for n, commit in enumerate(office.store.watch.commits):
            doors = {message.id: message for message in commit.met}
            for row in commit.journal:
                message = doors.get(row.headers["ce_causationid"])
                if message is None or message.source in INSIDE or not row.sequence:
                    continue
                sender = f"{row.headers['ce_authtype']}:{row.headers['ce_authid']}"
                effects.setdefault((sender, message.id), set()).add(n)
                if message.source == CLOCK:
                    key = (message.subject, message.data.name, message.acted_at)
                    armed[message.id] = office.store.watch.armings[key]
        for (sender, cause), commits in effects.items():
            if len(commits) > armed.get(cause, 1):
                yield f"{office.name}: {cause} of {sender} had an effect {len(commits)} times"


def deadlines(world: World, residents: Residents) -> Findings:
    """Armed is what was armed, cancelled, fired one by one; nothing due is left; no clock ran out unheard."""
    for office in _stating(world):
        tables, armed = office.store.tables, office.store.watch.armed
        there = {(s, n): (a.due_at, dict(a.data)) for s, names in tables.deadlines.items() for n, a in names.items()}
        wanted = {key: (a.due_at, dict(a.data)) for key, a in armed.items()}
        for key in there.keys() | wanted.keys():
            if there.get(key) != wanted.get(key):
                yield f"{office.name}: deadline {key} is {there.get(key)} and must be {wanted.get(key)}"
            elif wanted[key][0] <= world.now:
                yield f"{office.name}: deadline {key} was due at {wanted[key][0]} and did not fire"
    for case, order in orders_of(world):
        if order.due_at is None or order.due_at > world.now:
            continue
        if order.status is Status.SUSPENDED:
            yield f"{case}: the pause ended at {order.due_at} and it did not go on"
        elif order.status is Status.DISPATCHED:
            yield f"{case}: nobody signed by {order.due_at}, and it does not count as signed"
        elif order.clock in ("dispatch", "handle", "verify") and order.clock not in order.overdue:
            yield f"{case}: the {order.clock} clock ran out at {order.due_at} and nobody was charged"
        elif order.clock == "window" and _is_still_asked(world, case):
            yield f"{case}: the window ended at {order.due_at} and it is still asked"


def _is_still_asked(world: World, case: str) -> bool:
    rated = world.offices["feedback"].state(case)
    return rated is None or rated.status == "unasked" or (rated.status == "asked" and rated.is_settled(world.now))


CHECKS: tuple[Callable[[World, Residents], Findings], ...] = (
    rest, marks, journal, hearing, causes, fold, once, deadlines, *CITY_CHECKS, *CLAIM_CHECKS, *RATING_CHECKS,
)  # fmt: skip
