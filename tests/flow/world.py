"""The whole system in one thread: four services and the console, streams as lists, virtual time, all by one seed.

Whatever happens is drawn here: who reads which partitions, who dies before or after a commit, which old member comes
back with a batch, which batch the framework loses, which topic lags, when a deadline's worker is passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from services.feedback import domain as feedback
from shared.city.load import load
from shared.city.model import City, UnitLevel, Whistling
from shared.contracts.base import Contract
from shared.contracts.envelope import sent
from shared.contracts.topics import READS, topic_name, topics
from shared.kernel.decisions import Actor
from shared.shell.opening import outside
from shared.shell.process import OUTSIDE_STREAMS
from shared.shell.work import Batch, Hole, OurFault, Partition, Place, Record, Reply, Unfenced, Work
from tests.flow.office import Crash, Office, Reader
from tests.flow.services import circle_seeds, seeds_of, services
from tests.flow.stores import ConsoleTables, DispatchTables, EscalationTables, FeedbackTables, IntakeTables
from tests.flow.streams import Streams

STARTS = tuple(datetime(2026, month, day, 1, tzinfo=UTC) for month, day in ((2, 2), (5, 4), (8, 3), (11, 2)))
"""Each some weeks before regular meetings of every level."""
BEHIND = timedelta(seconds=5)
T = TypeVar("T")


@lru_cache(maxsize=1)
def donggang() -> City:
    """Load the city once; whoever is silent is drawn for a call-back, a fifth of so few cases would be nobody."""
    city = load(Path(__file__).parents[2] / "deploy" / "cities" / "donggang.yaml")
    calls = Whistling("departments", ("emergency", "joint"))
    return replace(
        city,
        shares={**city.shares, "call_back": Fraction(1)},
        mechanisms=city.mechanisms | {"whistle"},
        whistles={UnitLevel.COMMUNITY: calls},
    )


def run_now(coro: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine that awaits nothing real to its end."""
    try:
        coro.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coro.close()
    raise RuntimeError("it waits for something real")


class Broken(Exception):
    """Something happened that must never happen; the run ends here."""


@dataclass(frozen=True, slots=True)
class Said:
    """One desk command with its key."""

    service: str
    data: Contract
    subject: str
    actor: Actor
    key: str
    if_match: int | None = None
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A batch in the hands of a member that was thought dead."""

    office: Office
    reader: Reader
    records: list[Record]


class World:
    """Everything of one seed. `tell` gets the story: (step, time, what)."""

    def __init__(self, seed: int, tell: Callable[[str], None] | None = None) -> None:
        self.random = Random(seed)
        self.city = donggang()
        self.now = self.random.choice(STARTS)
        self.steps = 0
        self._ids = 0
        self._tell = tell
        self.places = self._places()
        departments = [d.code for d in self.city.departments.values() if d.reply_path == "stream"]
        self.streams = Streams(topics(self.city.code, self.city.sources, departments))
        self.offices: dict[str, Office] = {}
        self.intake, self.dispatch = IntakeTables(self.new_id, self.city), DispatchTables()
        self.escalation_tables = EscalationTables(
            self.city, self.peek, lambda subject: self.offices["escalation"].state(subject)
        )
        self.feedback_tables = FeedbackTables("s" * 32, self.city.code)
        self.console = ConsoleTables()
        self._peek_since = 0
        self._open_offices()
        self.zombies: list[Held] = []
        self.unanswered: list[Said] = []
        """Commands whose process died before it answered: their senders will ask again."""
        self.waiting: dict[str, list[Said]] = {}
        """Commands that wait at a desk, by service."""
        self.replies: dict[tuple[str, str, str], Reply] = {}
        self.counts: dict[str, int] = {}

    # ---- what there is

    def _places(self) -> list[str]:
        """Choose some third-level grids: two estates of one community, one of another."""
        communities = self.random.sample(sorted(u.code for u in self.city.of_level(UnitLevel.COMMUNITY)), 2)
        found: list[str] = []
        for community, estates in zip(communities, (2, 1), strict=True):
            for estate in [u.code for u in self.city.children(community)][:estates]:
                found += [u.code for u in self.city.children(estate)][:2]
        return found

    @property
    def bodies(self) -> list[str]:
        """Return the bodies to which cases of these places can come."""
        chain = {u.code for place in self.places for u in self.city.lineage(place)}
        return [unit for unit in self.city.bodies if unit in chain]

    def _open_offices(self) -> None:
        city, chain = self.city, frozenset(self.bodies)
        for service in services(self, chain):
            office = Office(service, city, self.new_id, self.now, lambda: self.steps)
            self.offices[service.name] = office
            office.readers.append(
                Reader(f"{city.code}.{service.name}", tuple(topic_name(city.code, s) for s in READS[service.name]))
            )
            family = OUTSIDE_STREAMS.get(service.name)
            if family:
                head = f"{city.code}.{family}."
                theirs = tuple(name for name in self.streams.partitions if name.startswith(head))
                office.readers.append(Reader(f"{city.code}.{service.name}.{family}", theirs))
        self.intake.shell = self.offices["intake"].store.tables
        seeding = {"dispatch": circle_seeds(self.places), "escalation": seeds_of(chain), "feedback": feedback.seeds}
        for name, seeds in seeding.items():
            store, wanted = self.offices[name].store, seeds(city, self.now)
            wanted = [(subject, replace(arm, subject=subject)) for subject, arm in wanted]
            run_now(store.seed(wanted))
            store.watch.armed.update({(subject, arm.name): arm for subject, arm in wanted})
            store.watch.armings.update((subject, arm.name, arm.due_at) for subject, arm in wanted)

    def peek(self, subject: str) -> Any:
        """Return what escalation may read of a subject before its locks."""
        office = self.offices["escalation"]
        return office.peek(subject, self._peek_since) if self.random.random() < 0.6 else office.state(subject)

    def new_id(self) -> str:
        """Return ids in order, as the real ones are."""
        self._ids += 1
        return f"{self._ids:08d}-0000-7000-8000-{self.random.getrandbits(48):012x}"

    def tell(self, what: str) -> None:
        """Add a line to the story."""
        if self._tell is not None:
            self._tell(f"{self.steps:5d} {self.now:%m-%d %H:%M:%S} {what}")

    def count(self, what: str) -> None:
        """Count an event for the summary."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def chance(self, share: float) -> bool:
        """Draw."""
        return self.random.random() < share

    def pass_time(self, by: timedelta) -> None:
        """Let the one clock of all services move."""
        self.now += by
        for office in self.offices.values():
            office.store.at = office.store.real_at = self.now

    # ---- the log door

    def place(self, office: Office) -> None:
        """Begin or begin anew: every reader goes to its fences."""
        for reader in office.readers:
            fences = run_now(office.store.fences(reader.group))
            new = {p: 0 for p in self._partitions(reader) if p not in fences}
            if new:
                run_now(office.store.begin_fences(reader.group, new))
            reader.position = {**new, **fences}

    def _partitions(self, reader: Reader) -> list[Partition]:
        return [place for topic in reader.topics for place in self.streams.places[topic]]

    def fetch(self, reader: Reader, *, lagging: bool = True) -> list[Record]:
        """Return some records of some partitions, each partition's in order, and move the client's position."""
        room = self.random.choice((1, 3, 10, 50, 500))
        position, logs = reader.position, self.streams.logs
        if sum(position.values()) == sum(self.streams.used[topic] for topic in reader.topics):
            return []  # everywhere at the end
        open_ = [
            place for topic in reader.topics
            if not (lagging and reader.lags_until.get(topic, 0) > self.steps)
            for place in self.streams.places[topic] if position.get(place, 0) < len(logs[place])
        ]  # fmt: skip
        self.random.shuffle(open_)
        records: list[Record] = []
        for place in open_[: self.random.randint(1, len(open_))] if open_ else ():
            start = reader.position.get(place, 0)
            chunk = self.streams.logs[place][start : start + room - len(records)]
            reader.position[place] = start + len(chunk)
            records += [kept.record for kept in chunk if kept is not None]
        return records

    def deliver(self, office: Office, reader: Reader, records: list[Record], *, is_zombie: bool = False) -> bool:
        """Hand a batch to the shell as the log door does; tells whether it was taken."""
        accepted: frozenset[Place] = frozenset()
        came = {(r.topic, r.partition, r.offset) for r in records}
        self._peek_since = max((self._step_of(r) for r in records), default=self.steps)
        while True:
            batch = Batch([Work(None, record) for record in records], reader.group, accepted)
            try:
                outcome = run_now(office.shell.take(batch, "log"))
            except Hole as hole:
                self.count("hole")
                if is_zombie:
                    return False
                real = {
                    place for at, expected in hole.holes.items()
                    if (place := self._following(at, expected)) in came and place[2] > expected
                }  # fmt: skip
                if len(real) < len(hole.holes):
                    self._give_back(reader, records, hole.holes)
                    return False
                accepted |= real
            except Unfenced as unfenced:
                if is_zombie:
                    return False
                run_now(office.store.begin_fences(reader.group, dict.fromkeys(unfenced.places, 0)))
                self._give_back(reader, records, {})
                return False
            except Crash:
                self.count("crash")
                self.tell(f"{office.name} dies {office.store.dies} its commit")
                office.store.dies = None
                self.place(office)
                return False
            except OurFault as fault:
                raise Broken(f"{office.name} stands still: {fault}") from fault
            except Exception as error:
                raise Broken(f"{office.name} cannot take {[_named(r) for r in records]}: {error!r}") from error
            else:
                self.count("batch")
                for subject, why in outcome.set_aside:
                    self.tell(f"{office.name} SETS ASIDE {subject}: {why}")
                self._tell_facts(office, outcome.journal)
                return True

    def _step_of(self, record: Record) -> int:
        kept = self.streams.logs[record.topic, record.partition][record.offset]
        return kept.step if kept else 0

    def _following(self, place: Partition, offset: int) -> Place:
        """Ask the log itself which record comes first from an offset."""
        kept = self.streams.first_from(place, offset)
        return (*place, kept.record.offset if kept else -1)

    def _give_back(self, reader: Reader, records: list[Record], holes: dict[Partition, int]) -> None:
        first: dict[Partition, int] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record.offset)
        for place, expected in holes.items():
            first[place] = min(first.get(place, expected), expected)
        reader.position.update(first)

    def settle(self, office: Office, reader: Reader) -> None:
        """Go back to records that the client passed over without handing them on."""
        fences = run_now(office.store.fences(reader.group))
        for place in self._partitions(reader):
            reader.position[place] = min(reader.position.get(place, 0), fences.get(place, 0))

    # ---- relay and clock

    def relay(self, office: Office, limit: int, *, dies: bool = False) -> None:
        """Send a page of pending facts in order; a relay that dies has sent some of them and forgets that it did."""
        tables = office.store.tables
        page = tables.pending[:limit]
        if dies:
            self.count("relay crash")
            page = page[: self.random.randint(0, len(page))]
        for id_ in page:
            self.send_row(office, id_)
        if not dies:
            del tables.pending[: len(page)]

    def send_row(self, office: Office, id_: int) -> None:
        """Send one row of the journal to each of its streams."""
        row = office.store.tables.journal[id_ - 1]
        headers = tuple((name, value.encode()) for name, value in row.headers.items())
        for stream in row.streams:
            topic = topic_name(self.city.code, stream)
            record = self.streams.append(topic, row.key.encode(), headers, row.value.encode(), self.now, self.steps)
            if self.chance(0.05):
                self.streams.mark((record.topic, record.partition))

    def may_fire(self, office: Office) -> bool:
        """Tell whether the readers of a service keep up (shell.md 6.3)."""
        for reader in office.readers:
            fences = run_now(office.store.fences(reader.group))
            for place in self._partitions(reader):
                kept = self.streams.first_from(place, fences.get(place, 0))
                if kept is not None and self.now - kept.record.timestamp > BEHIND:
                    return False
        return True

    def strike(
        self, office: Office, limit: int, *, locked: frozenset[str] = frozenset(), dies: str | None = None
    ) -> int:
        """Let one worker of the clock door fire what is due; returns how many deadlines were."""
        office.store.tables.locked, office.store.dies = locked, dies
        self._peek_since = self.steps
        before = len(office.store.tables.journal)
        try:
            fired = run_now(office.shell.take_due(limit))
        except Crash:
            self.count("clock crash")
            self.tell(f"{office.name}'s clock dies {dies} its commit")
            self.place(office)
            fired = 0
        except Exception as error:
            raise Broken(f"{office.name}'s clock: {error!r}") from error
        finally:
            office.store.tables.locked, office.store.dies = frozenset(), None
        if fired:
            self.count("struck")
            self._tell_facts(office, office.store.tables.journal[before:])
        return fired

    # ---- the desk and the outside

    def command(self, *batch: Said, dies: str | None = None) -> bool:
        """Send commands of one desk that wait together; False if the process died before it answered."""
        name = batch[0].service
        office = self.offices[name]
        office.store.dies = dies
        self._peek_since = max(0, self.steps - 2)
        clock = run_now(office.store.now())
        works = [
            outside(
                said.data, said.actor, said.key, office.wire, subject=said.subject, clock=clock, creates=said.creates,
                if_match=said.if_match, ticket=n,
            )
            for n, said in enumerate(batch)
        ]  # fmt: skip
        try:
            outcome = run_now(office.shell.take(Batch(works), "desk"))
        except Crash:
            self.count("crash")
            self.unanswered += batch
            self.tell(f"{name} dies {dies} its commit of {[said.data.TYPE for said in batch]}")
            self.place(office)
            return False
        except Exception as error:
            what = ", ".join(f"{said.data.TYPE} of {said.subject}" for said in batch)
            raise Broken(f"{name} desk, {what}: {error!r}") from error
        finally:
            office.store.dies = None
        for subject, why in outcome.set_aside:
            raise Broken(f"{name} desk, {[said.data.TYPE for said in batch]} of {subject}: {why}")
        for n, said in enumerate(batch):
            reply = outcome.replies[n]
            self.count("refused" if reply.rule else "commanded")
            self.tell(f"{said.actor.kind}.{said.actor.id} {said.data.TYPE} {said.subject}: {reply.rule or 'ok'}")
            self._compare(said, reply)
        self._tell_facts(office, outcome.journal)
        return True

    def enter(self, said: Said) -> None:
        """Let a command wait for others at the same desk."""
        self.waiting.setdefault(said.service, []).append(said)

    def serve(self, name: str, dies: str | None = None) -> None:
        """Take what waits at a desk, all of it as one batch."""
        batch = self.waiting.pop(name, None)
        if batch:
            self.count("desk batch")
            self.command(*batch, dies=dies)

    def _compare(self, said: Said, reply: Reply) -> None:
        """Hold the answer to a repeated command against the first one."""
        key = (said.service, f"{said.actor.kind}:{said.actor.id}", said.key)
        first = self.replies.setdefault(key, reply)
        if first.rule is not None:
            self.replies[key] = reply
        elif said.data.KNOWN_FOR_EVER:
            if first.answers and reply.answers and first.answers[0]["data"]["case"] != reply.answers[0]["data"]["case"]:
                raise Broken(f"{said.data.TYPE} {said.key} got two cases")
        elif (first.facts, first.rule) != (reply.facts, reply.rule):
            raise Broken(f"{said.data.TYPE} {said.key} was answered {first} and then {reply}")

    def post(
        self, stream: str, data: Contract | bytes, id_: str, key: str, *, type_: str = "",
        headers: tuple[tuple[str, bytes], ...] | None = None,
    ) -> None:  # fmt: skip
        """Write what an outside party says on its stream."""
        name = data.TYPE if isinstance(data, Contract) else type_
        value = data.model_dump_json().encode() if isinstance(data, Contract) else data
        own = headers if headers is not None else sent(id_, name, "/outside")
        self.streams.append(topic_name(self.city.code, stream), key.encode(), own, value, self.now, self.steps)
        self.tell(f"-> {stream}: {name} {id_} {key}")

    def said_on(self, stream: str) -> list[Record]:
        """Return what lies on a stream, as any outside party sees it."""
        return self.streams.records(topic_name(self.city.code, stream))

    def actor_of(self, code: str) -> Actor:
        """Return as whom a unit or department acts."""
        if code in self.city.departments:
            return Actor("department", code)
        return Actor("operations" if code == self.city.root.code else "unit", code)

    def _tell_facts(self, office: Office, rows: Any) -> None:
        if self._tell is not None:
            for row in rows:
                self.tell(f"   {office.name}: {row.type} {row.subject}/{row.sequence} {row.value[:160]}")

    # ---- the end

    def drain(self) -> None:
        """Let everything arrive: no crash, no lag, until nothing is under way and nothing is due."""
        for held in self.zombies:
            self.deliver(held.office, held.reader, held.records, is_zombie=True)
        self.zombies.clear()
        for office in self.offices.values():
            office.store.dies = None
            self.place(office)
        for _ in range(2000):
            self.steps += 1
            if not self._drain_once():
                return
        raise Broken("it does not come to rest")

    def _drain_once(self) -> bool:
        is_busy = bool(self.waiting or self.unanswered)
        for name in [*self.waiting]:
            self.serve(name)
        again, self.unanswered = self.unanswered, []
        for said in again:
            self.command(said)
        if self.flow_once() or is_busy:
            return True
        return sum(self.strike(office, 500) for office in self.offices.values()) > 0

    def flow_once(self, *, lagging: bool = False) -> bool:
        """Let relays send and readers read what there is; tells whether there was anything."""
        is_busy = False
        for office in self.offices.values():
            if office.store.tables.pending:
                self.relay(office, 1000)
                is_busy = True
            for reader in office.readers:
                while records := self.fetch(reader, lagging=lagging):
                    self.deliver(office, reader, records)
                    is_busy = True
        return is_busy or (not lagging and self._pass_over())

    def _pass_over(self) -> bool:
        """Let every reader go back to what its client passed over; tells whether there is anything to read again."""
        for office in self.offices.values():
            for reader in office.readers:
                self.settle(office, reader)
        return any(
            self.streams.first_from(place, reader.position[place]) is not None
            for office in self.offices.values() for reader in office.readers for place in self._partitions(reader)
        )  # fmt: skip

    def digest(self) -> str:
        """Return a hash of everything that was written down, in its order."""
        found = hashlib.sha256()
        for office in self.offices.values():
            for row in office.store.tables.journal:
                found.update(
                    f"{row.subject} {row.sequence} {row.key} {sorted(row.headers.items())} {row.value}".encode()
                )
        for place in sorted(self.streams.logs):
            for kept in self.streams.logs[place]:
                found.update(kept.record.value if kept else b"-")
        return found.hexdigest()[:16]


def _named(record: Record) -> str:
    headers = dict(record.headers)
    return f"{record.topic}/{record.partition}@{record.offset} {headers.get('ce_id', b'?').decode(errors='replace')}"
