"""The auditor where a server or a topic is away: it says so, and what a person can do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.audit import Unreachable, audit
from deploy.audit.cases import account
from deploy.cli.audit import examine
from deploy.local.database import SERVICES
from deploy.local.folder import PROJECT, Running, Stack, write_json
from deploy.local.processes import identity
from deploy.local.resolver import Backing
from deploy.local.topics import ensure_topics
from shared.contracts.topics import topic_name, topics
from tests.support.stack import Cell, make_schemas
from tests.support.world import until

pytestmark = pytest.mark.stack

CODE = "audited"
NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def city(backing: Backing) -> Cell:
    return make_schemas(backing, CODE, SERVICES)


async def _make_and_lose(cell: Cell, stream: str) -> None:
    await ensure_topics(cell.kafka, topics(cell.code, (), ()))
    admin = AIOKafkaAdminClient(bootstrap_servers=cell.kafka)
    await admin.start()
    try:
        await admin.delete_topics([topic_name(cell.code, stream)])

        async def is_gone() -> bool:
            return topic_name(cell.code, stream) not in await admin.list_topics()

        await until(is_gone)
    finally:
        await admin.close()


def _stack(folder: Path, kafka: str, auditor: str) -> Stack:
    """Write down a stack whose supervisor is this process, so that a command finds it running."""
    stack = Stack(CODE, folder, state="ready", kafka=kafka, supervisor=Running(os.getpid(), identity(os.getpid())))
    stack.save()
    stack.dsns = {"auditor": auditor}
    write_json(folder / "dsns.json", stack.dsns)
    return stack


def _sidan_audit(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "audit", "--lang", "en", "--city", CODE, "--folder", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_missing_topic_is_one_finding_that_says_what_to_do(city: Cell) -> None:
    verdict = asyncio.run(audit(city.dsns["auditor"], city.kafka, city.code))
    assert verdict.by_kind() == {"missing": 4}
    assert [one.where for one in verdict.findings] == [
        topic_name(CODE, stream) for stream in ("cases", "orders", "ledger", "feedback")
    ]
    assert all("sidan republish" in one.what for one in verdict.findings)


def test_one_lost_topic_fails_the_audit_and_not_its_neighbours(city: Cell, tmp_path: Path) -> None:
    asyncio.run(_make_and_lose(city, "orders"))
    ended = _sidan_audit(_stack(tmp_path, city.kafka, city.dsns["auditor"]).folder)
    assert ended.returncode == 1
    assert f"{topic_name(CODE, 'orders')}  the topic does not exist" in ended.stdout
    assert topic_name(CODE, "cases") not in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("away", ["broker", "database"])
def test_a_server_that_is_away_ends_the_audit_with_3_and_words(city: Cell, tmp_path: Path, away: str) -> None:
    auditor = city.dsns["auditor"]
    kafka = NOWHERE if away == "broker" else city.kafka
    if away == "database":
        auditor = f"postgresql://{CODE}_auditor:test@{NOWHERE}/sidan"
    ended = _sidan_audit(_stack(tmp_path, kafka, auditor).folder)
    assert ended.returncode == 3
    assert {"broker": "Kafka cannot be reached", "database": "PostgreSQL cannot be reached"}[away] in ended.stderr
    assert "sidan status" in ended.stderr
    assert "Traceback" not in ended.stderr
    with pytest.raises(Unreachable):
        examine(_stack(tmp_path, kafka, auditor))


def test_cases_are_counted_and_the_duties_beside_them_are_not(backing: Backing) -> None:
    cell = make_schemas(backing, "counted", ("intake", "dispatch", "escalation"))

    async def written() -> Counter[str]:
        conn = await asyncpg.connect(cell.dsns["admin"])
        try:
            await conn.executemany(
                f'INSERT INTO "{cell.code}_intake".journal (subject, sequence, type, streams, key, headers, value) '
                "VALUES ($1, $2, $3, '{}', $1, '{}', '{}')",
                [
                    ("c-1", 1, "case.held.v1"),
                    ("c-1", 2, "case.rejected.v1"),
                    ("c-2", 1, "case.held.v1"),
                    ("c-3", 1, "case.registered.v1"),
                    ("leader:l-1", 1, "leader.tied.v1"),
                    ("unit:C01-G01", 1, "visit.logged.v1"),
                ],
            )
            cases = await account(conn, cell.code)
        finally:
            await conn.close()
        assert [one.where for one in cases.findings] == ["case c-3"]
        assert cases.reports == 3
        return cases.outcomes

    assert asyncio.run(written()) == {"rejected": 1, "in_triage": 1, "nowhere": 1}
