"""The stack on real Kafka and PostgreSQL, with services that only answer."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from deploy.local import clock, control, resolver
from deploy.local.database import SERVICES
from deploy.local.folder import PROJECT, Stack, read_stack
from deploy.local.plan import Plan, Topic
from deploy.local.processes import is_same
from deploy.local.resolver import local_stack
from deploy.local.supervisor import AlreadyRunning
from deploy.local.topics import TopicDiffers, ensure_topics

pytestmark = pytest.mark.stack

STAND_IN = str(Path(__file__).with_name("stand_in.py"))
TOPICS = {"cell.cases.v1": Topic(12, {"retention.ms": "-1"}), "cell.receipts.web.v1": Topic(1, {})}


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("stack")
    yield place
    control.stop(place, tell=_hear)
    resolver.erase(place)


def _hear(_: object) -> None:
    pass


def _plan(folder: Path, city: str = "cell", **more: object) -> Plan:
    commands = dict.fromkeys(SERVICES, (sys.executable, STAND_IN))
    return Plan(city, folder, PROJECT / "none.yaml", TOPICS, commands, **more)  # type: ignore[arg-type]


def _pids(stack: Stack) -> list[tuple[int, str]]:
    return [(running.pid, running.identity) for running in (stack.supervisor, *stack.processes.values())]


def _await(is_so: object, within: float) -> None:
    end = time.monotonic() + within
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.1)


def _are_gone(pids: list[tuple[int, str]]) -> bool:
    return not any(is_same(pid, known) for pid, known in pids)


async def _ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def test_a_stopped_stack_starts_again_without_a_network_on_the_same_ports_with_its_data(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = control.start(_plan(folder), tell=_hear)
    assert set(first.processes) == {"postgres", "kafka", *SERVICES}
    asyncio.run(_ask(first.dsns["admin"], "CREATE TABLE public.kept AS SELECT 4 AS four"))
    pids = _pids(first)
    assert control.stop(folder, tell=_hear)
    assert _are_gone(pids)

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    began = time.monotonic()
    second = control.start(_plan(folder), tell=_hear)
    assert time.monotonic() - began < 30
    assert second.kafka == first.kafka
    assert second.services == first.services
    assert asyncio.run(_ask(second.dsns["admin"], "SELECT four FROM public.kept")) == 4
    assert asyncio.run(ensure_topics(second.kafka, TOPICS)) == []
    with pytest.raises(TopicDiffers):
        asyncio.run(ensure_topics(second.kafka, {"cell.cases.v1": Topic(3, {})}))


def test_nothing_is_left_after_kill_9_of_the_supervisor_and_the_next_start_works(folder: Path) -> None:
    stack = control.start(_plan(folder), tell=_hear)
    pids = _pids(stack)
    os.kill(stack.supervisor.pid, signal.SIGKILL)
    _await(lambda: _are_gone(pids), within=5)
    assert not _mentions(folder)
    left = read_stack(folder)
    assert left is not None
    assert not left.is_running()
    again = control.start(_plan(folder), tell=_hear)
    assert again.state == "ready"


def _mentions(folder: Path) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(folder) in line]


def test_what_dies_is_restarted_and_a_second_supervisor_is_refused(folder: Path) -> None:
    stack = control.start(_plan(folder), tell=_hear)
    with pytest.raises(AlreadyRunning):
        control.start(_plan(folder), tell=_hear)
    for name in ("intake", "kafka", "postgres"):
        os.kill(stack.processes[name].pid, signal.SIGKILL)

    def is_back() -> bool:
        now = read_stack(folder)
        assert now is not None
        return all(
            now.processes[name].restarts and one.is_sound for name, one in _conditions(now).items() if name in dead
        )

    dead = {"intake", "kafka", "postgres"}
    _await(is_back, within=20)
    assert asyncio.run(ensure_topics(stack.kafka, TOPICS)) == []
    assert asyncio.run(_ask(stack.dsns["admin"], "SELECT 1")) == 1


def _conditions(stack: Stack) -> dict[str, control.Condition]:
    return {one.name: one for one in control.look_at(stack)}


def test_a_service_that_keeps_ending_fails_the_start_with_its_last_words_and_leaves_nothing(folder: Path) -> None:
    plan = _plan(folder)
    broken = {**plan.commands, "feedback": (sys.executable, "-c", "raise SystemExit('no such city')")}
    with pytest.raises(control.StartFailed, match="no such city"):
        control.start(Plan(plan.city, folder, plan.city_file, {}, broken), tell=_hear)
    left = read_stack(folder)
    assert left is not None
    assert left.state == "failed"
    assert _are_gone(_pids(left))


def test_a_service_that_lives_but_is_not_ready_leaves_the_stack_up_and_a_stuck_one_is_restarted(folder: Path) -> None:
    moods = {name: folder / f"{name}.json" for name in ("intake", "feedback")}
    commands = {name: (sys.executable, STAND_IN, str(mood)) for name, mood in moods.items()}
    moods["feedback"].write_text('{"/readyz": [503, {"why": {"cell.feedback": "topic lost"}}]}')
    plan = Plan("cell", folder, PROJECT / "none.yaml", {}, commands)
    quick = "from deploy.local import pulse, supervisor; supervisor.READY_WITHIN = 2; pulse.EVERY = 0.3; import sys"
    supervisor = subprocess.Popen(
        [sys.executable, "-c", f"{quick}; sys.exit(supervisor.main())", str(plan.save())],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )

    def state() -> str:
        return stack.state if (stack := read_stack(folder)) else ""

    _await(lambda: state() == "waiting", within=30)
    told = read_stack(folder)
    assert told is not None
    assert "service feedback is not ready: cell.feedback: topic lost" in [en for _, en in told.steps]
    status = _status(folder)
    assert status.returncode == 1
    assert "feedback: cell.feedback: topic lost" in status.stdout
    assert max(map(len, status.stdout.splitlines())) <= 80

    moods["feedback"].unlink()
    _await(lambda: state() == "ready", within=10)
    assert _status(folder).returncode == 0

    moods["intake"].write_text('{"/livez": [503, {"live": false}]}')
    _await(lambda: (now := read_stack(folder)) is not None and now.processes["intake"].restarts == 1, within=10)
    moods["intake"].unlink()
    _await(lambda: _conditions(told)["feedback"].is_sound and _status(folder).returncode == 0, within=10)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0


def _status(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "status", "--lang", "en", "--folder", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_ctrl_c_stops_a_stack_in_the_foreground_and_a_second_one_kills_it(folder: Path) -> None:
    deaf = folder / "deaf.py"
    deaf.write_text(
        "import runpy, signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"runpy.run_path({STAND_IN!r}, run_name='__main__')\n"
    )
    plan = Plan("cell", folder, PROJECT / "none.yaml", {}, {"intake": (sys.executable, str(deaf))})
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "deploy.local.supervisor", str(plan.save())], cwd=PROJECT, stdout=subprocess.DEVNULL
    )
    _await(lambda: (now := read_stack(folder)) is not None and now.state == "ready", within=30)
    stack = read_stack(folder)
    assert stack is not None
    began = time.monotonic()
    supervisor.send_signal(signal.SIGINT)
    time.sleep(1)
    assert supervisor.poll() is None, "the deaf service is given time"
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(10) == 0
    assert time.monotonic() - began < 8
    assert _are_gone(_pids(stack))


def test_two_stacks_run_side_by_side_and_stopping_one_leaves_the_other(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    try:
        one = control.start(_plan(folder), tell=_hear)
        two = control.start(_plan(other, "cell"), tell=_hear)
        assert one.kafka != two.kafka
        assert control.stop(folder, tell=_hear)
        assert all(condition.is_sound for condition in control.look_at(two))
    finally:
        control.stop(other, tell=_hear)
        resolver.erase(other)


def test_a_service_reads_its_own_schema_and_the_clock_and_nothing_else(folder: Path) -> None:
    dsns = control.start(_plan(folder, migrations=("dispatch", "escalation")), tell=_hear).dsns

    assert asyncio.run(_ask(dsns["dispatch"], "SELECT count(*) FROM journal")) == 0
    assert asyncio.run(_ask(dsns["auditor"], "SELECT count(*) FROM cell_escalation.journal")) == 0
    refused = {
        "dispatch": ("SELECT 1 FROM cell_escalation.journal", "UPDATE clock SET rate = 9", "DELETE FROM journal"),
        "auditor": ("INSERT INTO cell.clock VALUES (now(), now(), 1)",),
    }
    for login, statements in refused.items():
        for statement in statements:
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
                asyncio.run(_ask(dsns[login], statement))
    limits = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "10s"}
    for setting, value in limits.items():
        assert asyncio.run(_ask(dsns["console"], f"SHOW {setting}")) == value
    assert isinstance(asyncio.run(_ask(dsns["console"], "SELECT sidan_now()")), datetime)


async def _ask_many(dsn: str, script: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


def test_virtual_time_stands_still_while_stopped_and_neither_jumps_nor_turns_back_after_a_crash(folder: Path) -> None:
    started = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with local_stack(folder, "test") as backing:
        from deploy.local import database

        passwords = dict.fromkeys((*SERVICES, database.AUDITOR), "x")
        dsn = asyncio.run(database.prepare(backing.postgres, "cell", passwords))["admin"]

        def now() -> datetime:
            return asyncio.run(clock.read_clock(dsn, "cell"))

        def rest(real: timedelta) -> None:
            asyncio.run(
                _ask_many(dsn, f"UPDATE cell.clock SET real_at = real_at - interval '{real.total_seconds()} s'")
            )

        asyncio.run(clock.start_clock(dsn, "cell", 1))
        assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5), "no row is real time"

        asyncio.run(clock.start_clock(dsn, "cell", 360, virtual_at=started))
        rest(timedelta(minutes=1))
        assert timedelta(hours=6) <= now() - started < timedelta(hours=8)
        asyncio.run(clock.write_clock(dsn, "cell"))
        stopped = now()
        asyncio.run(clock.write_clock(dsn, "cell", rate=0))
        rest(timedelta(days=3))
        assert stopped <= now() < stopped + timedelta(minutes=30)
        asyncio.run(clock.start_clock(dsn, "cell", 360))
        assert now() < stopped + timedelta(hours=1)

        before = now()
        rest(timedelta(days=1))  # nobody wrote the row for a day: a crash
        asyncio.run(clock.start_clock(dsn, "cell", 360))
        assert before < now() < before + timedelta(hours=3)


def test_addresses_from_the_environment_are_used_and_outlive_the_stack(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_stack(tmp_path / "given", "test") as given:
        monkeypatch.setenv("SIDAN_KAFKA", given.kafka)
        monkeypatch.setenv("SIDAN_POSTGRES", given.postgres)
        stack = control.start(_plan(folder), tell=_hear)
        assert (stack.way, stack.kafka) == ("addresses", given.kafka)
        assert set(stack.processes) == set(SERVICES)
        assert control.stop(folder, tell=_hear)
        assert asyncio.run(_ask(given.postgres, "SELECT 1")) == 1
        assert asyncio.run(ensure_topics(given.kafka, TOPICS)) == []


def test_a_bound_stack_ends_with_the_process_that_started_it(folder: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from deploy.local import control; "
        "from deploy.local.plan import read_plan; "
        "control.start(read_plan(Path(sys.argv[1])), tell=lambda _: None, is_bound=True); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(_plan(folder).save())], cwd=PROJECT, check=False)
    stack = read_stack(folder)
    assert stack is not None
    assert stack.state == "ready"
    _await(lambda: _are_gone(_pids(stack)), within=5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
def test_postgres_runs_although_its_account_cannot_enter_the_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with local_stack(closed / "stack", "up") as backing:
        assert asyncio.run(_ask(backing.postgres, "SELECT 1")) == 1
        elsewhere = Path((closed / "stack" / "postgres-elsewhere").read_text().strip())
        assert elsewhere.exists()
    resolver.erase(closed / "stack")
    assert not elsewhere.exists()
    shutil.rmtree(closed)
