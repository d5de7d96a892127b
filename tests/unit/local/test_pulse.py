from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import pulse
from deploy.local.folder import is_free, keep_port
from deploy.local.processes import Child
from deploy.local.pulse import LOOKS, LOOKS_AT_START, NO_ANSWER, Pulse, Vigil, hindrances, is_ready

STAND_IN = Path(__file__).resolve().parents[2] / "integration" / "stand_in.py"


def _looked(*looks: tuple[int, int]) -> Pulse:
    seen = Pulse("http://127.0.0.1:1", 1)
    for live, ready in looks:
        seen.note(live, ready)
    return seen


@pytest.mark.parametrize("bad", [(503, 503), (0, 0)])
def test_a_service_that_was_ready_is_stuck_after_three_bad_looks_in_a_row(bad: tuple[int, int]) -> None:
    assert not _looked((200, 200), *[bad] * (LOOKS - 1)).is_stuck
    assert _looked((200, 200), *[bad] * LOOKS).is_stuck
    assert not _looked((200, 200), bad, bad, (200, 503), bad, bad).is_stuck


def test_a_service_busy_at_its_start_is_given_time_and_one_that_only_waits_is_left_alone() -> None:
    assert not _looked(*[(0, 0)] * (LOOKS_AT_START - 1)).is_stuck
    assert _looked(*[(0, 0)] * LOOKS_AT_START).is_stuck
    assert not _looked(*[(200, 503)] * 100).is_stuck
    assert not _looked(*[(503, 503)] * 100).is_stuck, "what one start did not heal, the next would not"


def test_a_start_that_was_ended_for_its_silence_is_followed_by_one_with_twice_the_time_up_to_a_limit() -> None:
    run = _looked()
    given = []
    for pid in range(2, 7):
        for _ in range(run.borne):
            assert not run.is_stuck
            run.note(0, 0)
        assert run.is_stuck
        run = run.next(pid)
        given.append(run.borne // LOOKS_AT_START)
    assert given == [2, 4, 8, 8, 8]
    run.note(200, 200)
    assert run.next(9).borne == LOOKS_AT_START, "what came up at last begins anew"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    monkeypatch.setattr(pulse, "PATIENCE", 0.3)
    port = keep_port(tmp_path, "intake-http")
    child = Child(
        "intake", [sys.executable, str(STAND_IN), str(tmp_path / "mood")], tmp_path / "log",
        env={**os.environ, "SIDAN_HTTP_PORT": str(port)}, ladder=((signal.SIGTERM, 0.3),),
    )  # fmt: skip
    child.start()
    child.wait_until(lambda: is_ready(_url(tmp_path)), within=10)
    yield child
    child.kill()


def _url(folder: Path) -> str:
    return f"http://127.0.0.1:{_port(folder)}"


def _port(folder: Path) -> int:
    return int(json.loads((folder / "ports.json").read_text())["intake-http"])


def _keep(vigil: Vigil, until: Callable[[], bool], within: float) -> None:
    end = time.monotonic() + within
    while not until():
        assert time.monotonic() < end, "did not happen in time"
        vigil.keep()
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["says so", "hangs"])
def test_a_stuck_service_is_ended_and_its_next_run_is_let_live(service: Child, tmp_path: Path, kind: str) -> None:
    told: list[str] = []
    vigil = Vigil([service], {"intake": _url(tmp_path)}, lambda words: told.append(words[1]))
    _keep(vigil, lambda: vigil.was_ready("intake"), within=5)
    if kind == "hangs":
        os.kill(service.pid, signal.SIGSTOP)  # only SIGKILL ends it now
    else:
        (tmp_path / "mood").write_text('{"/livez": [503, {"live": false}]}')
    _keep(vigil, lambda: not service.is_alive(), within=10)
    assert told == ["intake lives but is stuck; it is started anew"]
    (tmp_path / "mood").unlink(missing_ok=True)
    service.start()
    end = time.monotonic() + 1.5
    _keep(vigil, lambda: time.monotonic() > end, within=5)
    assert service.is_alive()
    assert vigil.was_ready("intake")
    assert len(told) == 1


def test_what_keeps_a_service_from_its_work_is_told_in_its_own_words(service: Child, tmp_path: Path) -> None:
    assert hindrances(_url(tmp_path)) == []
    stuck = {"x.cases.v1/4": "fence 6 lies beyond", "x.cases.v1/3": "fence 2 lies beyond"}
    why = {"kafka": "waiting", "x.dispatch": stuck, "oldest_pending": 70, "x.console": {"x.cases.v1/1": "rewound"}}
    (tmp_path / "mood").write_text(json.dumps({"/readyz": [503, {"ready": False, "why": why}]}))
    assert hindrances(_url(tmp_path)) == [
        "kafka: waiting",
        "x.dispatch: x.cases.v1/3: fence 2 lies beyond (+1)",
        "oldest_pending: 70",
        "x.console: x.cases.v1/1: rewound",
    ]
    (tmp_path / "mood").write_text('{"/readyz": [500, "no JSON of ours"]}')
    assert hindrances(_url(tmp_path)) == ["HTTP 500"]
    service.kill()
    assert is_free(_port(tmp_path))
    assert hindrances(_url(tmp_path)) == [NO_ANSWER]
