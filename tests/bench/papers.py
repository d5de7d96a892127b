"""How long ledgers of so many entries take as files, and how much memory: `python -m tests.bench.papers [ENTRIES]`."""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from deploy.local import postgres
from deploy.local.database import AUDITOR, SERVICES, prepare
from services.escalation.api import router
from services.escalation.domain import STATES, decide, evolve, touches
from services.escalation.domain.chain import GENESIS, Record, make_record
from services.escalation.domain.entry_board import EntryRow
from services.escalation.domain.ledger import Wording, word
from services.escalation.store import Store
from services.escalation.translate import WIRE
from shared.city.load import load
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of
from shared.persistence.migrate import migrate
from shared.shell.apply import Bench
from shared.shell.desk import Desk
from shared.shell.ids import new_id
from shared.shell.service import Service
from shared.shell.sql_store import SqlStore
from shared.shell.taking import Shell
from shared.shell.tokens import sign

SECRET = "s" * 32
WHY = "经会议研究，由牵头单位会同配合单位现场核实，限期完成整改并向反映人反馈。"
PIECE = 2000


@contextmanager
def server() -> Iterator[str]:
    """Lend a PostgreSQL; yield its administrator's DSN."""
    folder = Path(tempfile.mkdtemp(prefix="sidan-bench-"))
    child, port, dsn = postgres.prepare(folder / "servers", logs=folder, is_lasting=False)
    try:
        postgres.start(child, port)
        yield dsn
    finally:
        child.stop()
        postgres.erase(folder / "servers")
        shutil.rmtree(folder, ignore_errors=True)


def ledger(unit: str, lead: str, entries: int) -> Iterator[tuple[str, list[Record], Wording]]:
    """Yield each topic's records, nine of them, and the words of its decision; the chain goes through all."""
    seq, prev, at = 0, GENESIS, datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
    for number in range(entries):
        topic, case, meeting = f"T-{unit}-{number}", f"case-{unit}-{number}", f"meeting:{unit}:{number // 20 + 1}"
        said = word(unit, meeting, topic, f"salt-{unit}-{number}", {"done_means": WHY})
        decided = {"meeting": meeting, "decision": "resolve", "words": said.digest, "lead": lead, "support": [unit],
                   "due_on": "2026-06-30"}  # fmt: skip
        bodies: Sequence[tuple[str, dict[str, Any]]] = (
            ("raised", {"cases": [case], "cause": "unable"}),
            ("tabled", {"meeting": meeting}),
            ("missed", {"meeting": meeting, "why": "no_quorum"}),
            ("tabled", {"meeting": meeting}),
            ("decided", decided),
            ("reporter_told", {"by": unit, "decision": meeting}),
            ("feedback_acknowledged", {"by": unit, "decision": meeting, "lapsed": False}),
            ("settled", {"why": "order_closed"}),
            ("written_off", {}),
        )
        records = []
        for kind, body in bodies:
            seq, at = seq + 1, at + timedelta(minutes=1)
            records.append(make_record(unit, seq, prev, at.isoformat(), kind, topic, body))
            prev = records[-1].hash
        yield topic, records, said


def _board(topic: str, unit: str) -> EntryRow:
    owed = dict.fromkeys((f.name for f in fields(EntryRow) if f.name.startswith("has_")), False)
    at = datetime(2026, 6, 30, tzinfo=SHANGHAI)
    return EntryRow(f"case-{topic[2:]}", topic, unit, "community", 0, "written_off", True, at, **owed)


async def fill(dsn: str, engine: Any, city: Any, units: Sequence[str], entries: int) -> None:
    """Put so many entries into the ledgers of these units."""
    admin = await asyncpg.connect(dsn)
    await admin.execute(f'SET search_path TO "{schema_of(city.code, "escalation")}"')
    for unit in units:
        rows: list[Any] = []
        topics: list[str] = []
        lead = next(iter(city.departments))
        for topic, records, said in ledger(unit, lead, entries // len(units)):
            rows += [*records, said, _board(topic, unit)]
            topics.append(topic)
            if len(rows) >= PIECE:
                async with engine.begin() as conn:
                    await Store(city).save(conn, rows)
                rows = []
        async with engine.begin() as conn:
            await Store(city).save(conn, rows)
        state = {"summary": "地下室返污水，居民多次反映", "unit": unit, "lead": lead, "cause": "unable"}
        await admin.executemany(
            "INSERT INTO subject (id, kind, seen, state) VALUES ($1, 'case', '{}', $2)",
            [(f"case-{t[2:]}", json.dumps({"id": t, "number": t[2:], **state}, ensure_ascii=False)) for t in topics],
        )
    await admin.execute("ANALYZE")
    await admin.close()


async def measure(dsns: dict[str, str], entries: int) -> None:
    """Fill one ledger, then many, and fetch them in every form."""
    city = load("donggang")
    engine = connect(dsns["escalation"])
    service = Service("escalation", decide, evolve, STATES, WIRE, Store(city), touches)
    bench = Bench(service, city, city.code, city.version, new_id)
    desk = Desk(Shell(SqlStore(engine, bench, schema_of(city.code)), bench), SECRET)
    app = FastAPI()
    app.state.desk = desk
    app.include_router(router(desk))
    street, *communities = [unit for unit in city.bodies if unit.startswith(("S01", "C")) and "-" not in unit]
    await fill(dsns["admin"], engine, city, [street], entries)
    await fill(dsns["admin"], engine, city, communities, entries)
    headers = {"Authorization": f"Bearer {sign(SECRET, city.code, Actor('operations', 'desk'))}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers, timeout=600) as http:
        before = _memory()
        for path, held in ((f"/v1/ledger/{street}.xlsx", entries), (f"/v1/ledger/{street}.csv", entries),
                           (f"/v1/ledger/{street}.json", entries), ("/v1/ledgers.xlsx", 2 * entries),
                           (f"/v1/ledger/{street}/annual/2026.pdf", entries)):  # fmt: skip
            began = time.perf_counter()
            answer = await http.get(path)
            seconds, size = time.perf_counter() - began, len(answer.content) / 2**20
            what = f"{path:36} {held:6,} entries  {answer.status_code}"
            print(f"{what}  {seconds:6.2f} s  {size:6.1f} MB  peak +{_memory() - before:.0f} MB", flush=True)
    await engine.dispose()


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run it."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with server() as dsn:
        dsns = asyncio.run(prepare(dsn, "donggang", dict.fromkeys((*SERVICES, AUDITOR), "bench")))
        for service in SERVICES:
            migrate(dsns["admin"], "donggang", service)
        asyncio.run(measure(dsns, entries))


if __name__ == "__main__":
    main()
