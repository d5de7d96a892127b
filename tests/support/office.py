"""Drive one shell by hand on either store: a log of our own, batches as a reader would take them, rows to look at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg

from shared.contracts import dispatch
from shared.contracts.base import Contract
from shared.contracts.envelope import sent, stated
from shared.contracts.topics import STATE_STREAM, topic_name
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of
from shared.shell.dict_store import DictStore
from shared.shell.opening import outside
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.work import Batch, Outcome, Partition, Record, Reply, Work
from tests.support import mini
from tests.support.stack import Cell

T = TypeVar("T")
START = datetime(2026, 11, 2, 1, tzinfo=UTC)
HB = Actor("department", "hb")
GROUP = "t.dispatch"


def run_now(coro: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine that awaits nothing real to its end."""
    try:
        coro.send(None)
    except StopIteration as stop:
        return stop.value
    coro.close()
    raise RuntimeError("it waits for something real")


@dataclass
class Row:
    sequence: int
    seen: tuple[int, ...]
    state: Any
    aside: str | None


class Office:
    """A shell with a log beside it. `deliver` hands over what lies in the log from the fence on, as Kafka would."""

    def __init__(self, code: str, shell: Shell, drive: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self.code, self.shell, self.drive = code, shell, drive
        self.log: dict[Partition, list[Record]] = {}
        self.now = START
        self.set_time(START)

    # ---- what comes in

    def topic(self, stream: str) -> str:
        return topic_name(self.code, stream)

    def append(self, stream: str, headers: Any, value: bytes, partition: int = 0, key: bytes = b"k") -> Record:
        place = (self.topic(stream), partition)
        lying = self.log.setdefault(place, [])
        pairs = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
        pairs = tuple((k, v.encode() if isinstance(v, str) else v) for k, v in pairs)
        record = Record(*place, len(lying), key, pairs, value, datetime.now(UTC))
        lying.append(record)
        return record

    def fact(
        self, data: Contract, subject: str, sequence: int, *, after: Mapping[str, int] | None = None,
        partition: int = 0, **other: Any,
    ) -> Record:  # fmt: skip
        """Put a fact of another service into the log."""
        headers = stated(
            service=data.SERVICE, city=self.code, subject=subject, sequence=sequence, type_=data.TYPE,
            acted_at=self.now, recorded_at=self.now, after=after or {}, auth=("system", "system"), causation="",
            city_version="v1",
        )  # fmt: skip
        headers.update(other)
        return self.append(STATE_STREAM[data.SERVICE], headers, data.model_dump_json().encode(), partition)

    def reply(self, note: str, id_: str, subject: str = "c-1", **changed: Any) -> Record:
        """Put a department's reply into the log."""
        data = dispatch.Progress.model_construct(order=subject, assignment=1, note=note)  # a bad one, too
        headers = changed.pop("headers", sent(id_, data.TYPE, "/hb"))
        return self.append("replies.hb", headers, changed.pop("value", data.model_dump_json().encode()), **changed)

    def take(self, *records: Record, reader: str = GROUP, **how: Any) -> Outcome:
        """Take these records as one batch of a reader."""
        places = {(r.topic, r.partition): 0 for r in records}
        self.drive(self.shell.store.begin_fences(reader, places))
        return self.drive(self.shell.take(Batch([Work(None, r) for r in records], reader, **how), "log"))

    def deliver(self, most: int = 500) -> list[Outcome]:
        """Hand over everything that lies between the fences and the ends of the log, in batches."""
        outcomes: list[Outcome] = []
        for place in sorted(self.log):
            while batch := self.log[place][self.fences().get(place, 0) :][:most]:
                outcomes.append(self.take(*batch))
        return outcomes

    def desk(self, note: str, key: str, subject: str = "c-1", actor: Actor = HB, **more: Any) -> Reply:
        """Submit a command as the desk door does; a refusal shows in the reply."""
        data = dispatch.Progress(order=subject, assignment=1, note=note)
        clock = self.drive(self.shell.store.now())
        work = outside(data, actor, key, mini.SERVICE.wire, subject=subject, clock=clock, ticket=0, **more)
        return self.drive(self.shell.take(Batch([work]), "desk")).replies[0]

    def open(self, *subjects: str) -> None:
        """Register and open cases."""
        for subject in subjects or ("c-1",):
            self.fact(mini.registered(), subject, 1)
        self.deliver()

    def pass_time(self, **by: float) -> int:
        """Let time pass and fire what came due; returns how many."""
        self.now += timedelta(**by)
        self.set_time(self.now)
        return self.drive(self.shell.take_due())

    # ---- what each store shows

    def set_time(self, at: datetime) -> None:
        raise NotImplementedError

    def row(self, subject: str) -> Row | None:
        raise NotImplementedError

    def journal(self) -> list[tuple[int, str, int, str, tuple[str, ...]]]:
        raise NotImplementedError

    def headers(self, id_: int) -> dict[str, str]:
        raise NotImplementedError

    def pending(self) -> list[int]:
        raise NotImplementedError

    def parked(self) -> set[tuple[str, str, int]]:
        raise NotImplementedError

    def quarantine(self) -> list[tuple[str, int, str]]:
        raise NotImplementedError

    def deadlines(self) -> dict[tuple[str, str], datetime]:
        raise NotImplementedError

    def inbox(self) -> set[tuple[str, str]]:
        raise NotImplementedError

    def fences(self, reader: str = GROUP) -> dict[Partition, int]:
        return dict(self.drive(self.shell.store.fences(reader)))

    def notes(self, subject: str = "c-1") -> tuple[str, ...]:
        row = self.row(subject)
        return tuple(row.state.notes) if row and row.state else ()

    def answers(self) -> list[str]:
        return [type_ for _, subject, _, type_, _ in self.journal() if subject.startswith("answer:")]


class DictOffice(Office):
    def __init__(self, service: Service = mini.SERVICE) -> None:
        bench = mini.bench("t", service)
        self.store = DictStore(bench, START)
        super().__init__("t", Shell(self.store, bench), run_now)

    def set_time(self, at: datetime) -> None:
        self.store.at, self.store.real_at = at, datetime.now(UTC)

    def row(self, subject: str) -> Row | None:
        kept = self.store.tables.subjects.get(subject)
        return Row(kept.sequence, kept.seen, kept.state, kept.aside) if kept else None

    def journal(self) -> list[tuple[int, str, int, str, tuple[str, ...]]]:
        rows = enumerate(self.store.tables.journal, 1)
        return [(n, r.subject, r.sequence, r.type, r.streams) for n, r in rows]

    def headers(self, id_: int) -> dict[str, str]:
        return dict(self.store.tables.journal[id_ - 1].headers)

    def pending(self) -> list[int]:
        return sorted(self.store.tables.pending)

    def parked(self) -> set[tuple[str, str, int]]:
        return {id_ for waiting in self.store.tables.parked.values() for id_ in waiting}

    def quarantine(self) -> list[tuple[str, int, str]]:
        return [(k[0], k[2], kept.rule) for k, kept in self.store.tables.quarantine.items()]

    def deadlines(self) -> dict[tuple[str, str], datetime]:
        armed = self.store.tables.deadlines
        return {(subject, name): arm.due_at for subject, names in armed.items() for name, arm in names.items()}

    def inbox(self) -> set[tuple[str, str]]:
        return set(self.store.tables.inbox)


class SqlOffice(Office):
    TABLES = "fence, subject, inbox, parked, quarantine, journal, pending, deadline"

    def __init__(self, cell: Cell, service: Service = mini.SERVICE) -> None:
        bench = mini.bench(cell.code, service)
        self.runner = asyncio.Runner()
        self.cell, self.schema = cell, schema_of(cell.code, "dispatch")
        self.engine = connect(cell.dsns["dispatch"])
        self.db: asyncpg.Connection = self.runner.run(asyncpg.connect(cell.dsns["admin"]))
        city = schema_of(cell.code)
        tables = f"{self.TABLES}, {city}.calendar, {city}.admission"
        self.runner.run(self.db.execute(f"SET search_path = {self.schema}; TRUNCATE {tables} RESTART IDENTITY"))
        self.fetch(f'GRANT INSERT ON {city}.admission TO "{self.schema}"')  # the miniature is intake as well
        shell = Shell(SqlStore(self.engine, bench, schema_of(cell.code)), bench)
        super().__init__(cell.code, shell, self.runner.run)

    def close(self) -> None:
        self.runner.run(self.db.execute(f"DELETE FROM {schema_of(self.cell.code)}.clock"))
        self.runner.run(self.db.close())
        self.runner.run(self.engine.dispose())
        self.runner.close()

    def fetch(self, query: str, *args: Any) -> list[Any]:
        return self.runner.run(self.db.fetch(query, *args))

    def set_time(self, at: datetime) -> None:
        clock = f"{schema_of(self.cell.code)}.clock"
        self.fetch(f"DELETE FROM {clock}")
        self.fetch(f"INSERT INTO {clock} VALUES (clock_timestamp(), $1, 1, $1)", at)

    def row(self, subject: str) -> Row | None:
        rows = self.fetch("SELECT sequence, seen, state::text, aside FROM subject WHERE id = $1", subject)
        if not rows:
            return None
        state = json.loads(rows[0]["state"]) if rows[0]["state"] else None
        if state:
            state = mini.MiniCase(**{**state, "notes": tuple(state["notes"])})
        return Row(rows[0]["sequence"], tuple(rows[0]["seen"]), state, rows[0]["aside"])

    def journal(self) -> list[tuple[int, str, int, str, tuple[str, ...]]]:
        rows = self.fetch("SELECT id, subject, sequence, type, streams FROM journal ORDER BY id")
        return [(r["id"], r["subject"], r["sequence"], r["type"], tuple(r["streams"])) for r in rows]

    def headers(self, id_: int) -> dict[str, str]:
        return dict(json.loads(self.fetch("SELECT headers::text FROM journal WHERE id = $1", id_)[0][0]))

    def pending(self) -> list[int]:
        return [r[0] for r in self.fetch("SELECT id FROM pending ORDER BY id")]

    def parked(self) -> set[tuple[str, str, int]]:
        return {tuple(r) for r in self.fetch("SELECT subject, service, sequence FROM parked")}

    def quarantine(self) -> list[tuple[str, int, str]]:
        return [tuple(r) for r in self.fetch('SELECT topic, "offset", rule FROM quarantine ORDER BY id')]

    def deadlines(self) -> dict[tuple[str, str], datetime]:
        return {(r[0], r[1]): r[2] for r in self.fetch("SELECT subject, name, due_at FROM deadline")}

    def inbox(self) -> set[tuple[str, str]]:
        return {tuple(r) for r in self.fetch("SELECT sender, id FROM inbox")}
