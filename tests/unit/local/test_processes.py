from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.processes import Child, Died, memory, tail

PROJECT = Path(__file__).resolve().parents[3]


def test_a_child_that_ignores_being_asked_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 61 & echo $! > grandchild; while :; do sleep 0.1; done"
    child = Child(
        "deaf", ["/bin/sh", "-c", script], tmp_path / "log", cwd=str(tmp_path), ladder=((signal.SIGTERM, 0.3),)
    )
    child.start()
    child.wait_until(lambda: bool(tail(tmp_path / "grandchild")), within=5)
    child.stop()
    assert not child.is_alive()
    end = time.monotonic() + 5
    while processes.identity(int(tail(tmp_path / "grandchild"))):  # killed together, but each dies in its own time
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_child_dies_with_its_parent_even_when_that_one_is_killed(tmp_path: Path) -> None:
    parent = textwrap.dedent(f"""
        import time, pathlib
        from deploy.local.processes import Child
        child = Child("sleeper", ["sleep", "62"], pathlib.Path({str(tmp_path / "log")!r}))
        child.start()
        print(child.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, cwd=PROJECT, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert processes.identity(pid)
        process.kill()
        end = time.monotonic() + 5
        while processes.identity(pid) and time.monotonic() < end:
            time.sleep(0.02)
        assert not processes.identity(pid)


def test_a_child_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Child("broken", ["/bin/sh", "-c", "echo no such city; exit 3"], tmp_path / "log")
    child.start()
    with pytest.raises(Died, match="no such city"):
        child.wait_until(lambda: False, within=5)


def test_a_log_is_moved_aside_before_it_outgrows_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    log = tmp_path / "intake.log"
    log.write_text("a long story")
    Child("intake", [], log).bound_log()
    assert log.read_text() == ""
    assert (tmp_path / "intake.log.1").read_text() == "a long story"


def test_memory_is_counted_for_the_living_only() -> None:
    assert memory(os.getsid(0)) > 0
    assert memory(2**22 - 1) == 0
