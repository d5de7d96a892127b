"""Start, look at and stop a stack from another process."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from deploy.local import resolver
from deploy.local.folder import PROJECT, Stack, only_one, read_stack
from deploy.local.plan import Plan
from deploy.local.processes import leash, memory, tail
from deploy.local.pulse import DIRECT, hindrances
from deploy.local.resolver import Tell
from deploy.local.supervisor import AlreadyRunning, sweep

STOPS_WITHIN = 35.0
_COUNTS = ("sidan_lag_records", "sidan_pending_facts", "sidan_parked_facts")


class StartFailed(RuntimeError):
    """The stack is not up; the reason was told and is in `log`."""

    def __init__(self, log: Path) -> None:
        super().__init__(tail(log))
        self.log = log


def start(plan: Plan, *, tell: Tell, is_bound: bool = False) -> Stack:
    """Start a supervisor in the background and return once all services are ready, or one of them keeps us waiting.

    The answer's `state` is `ready` or `waiting`; in either case the stack goes on.
    With `is_bound` the stack ends when this process ends, however it does; to be called from the main thread then.
    Raises `AlreadyRunning`, `StartFailed`; after a Ctrl-C the stack is stopped before KeyboardInterrupt goes on.
    """
    with only_one(plan.folder) as is_free:
        if not is_free:
            raise AlreadyRunning(str(plan.folder))
    (plan.folder / "stack.json").unlink(missing_ok=True) if not _has_leftovers(plan.folder) else sweep(plan.folder)
    log = plan.folder / "logs" / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.supervisor", str(plan.save())],
            preexec_fn=leash(signal.SIGKILL) if is_bound else None,
            start_new_session=True,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        return _follow(plan, process, log, tell)
    except KeyboardInterrupt:
        stop(plan.folder, tell=tell)
        raise


def _has_leftovers(folder: Path) -> bool:
    stack = read_stack(folder)
    return stack is not None and any(running.is_alive() for running in stack.processes.values())


def _follow(plan: Plan, process: subprocess.Popen[bytes], log: Path, tell: Tell) -> Stack:
    told = 0
    while True:
        has_ended = process.poll() is not None
        stack = read_stack(plan.folder)
        if stack is not None and stack.supervisor.pid == process.pid:
            for words in stack.steps[told:]:
                tell(words)
            told = len(stack.steps)
            if stack.state in ("ready", "waiting"):
                return stack
        if has_ended:
            raise StartFailed(log)
        time.sleep(0.1)


def stop(folder: Path, *, tell: Tell) -> bool:
    """Stop the stack in `folder` within 35 s and return whether one was running; a Ctrl-C meanwhile kills it."""
    stack = read_stack(folder)
    if stack is None or not stack.is_running():
        sweep(folder)
        return False
    told = len(stack.steps)
    os.kill(stack.supervisor.pid, signal.SIGTERM)
    end = time.monotonic() + STOPS_WITHIN
    while stack.is_running():
        try:
            if time.monotonic() > end:
                os.kill(stack.supervisor.pid, signal.SIGKILL)  # its children go with it
                break
            now = read_stack(folder)
            for words in now.steps[told:] if now else ():
                tell(words)
                told += 1
            time.sleep(0.1)
        except KeyboardInterrupt:
            with suppress(ProcessLookupError):
                os.kill(stack.supervisor.pid, signal.SIGTERM)
    sweep(folder)
    return True


def erase(folder: Path) -> None:
    """Remove everything a stopped stack kept."""
    resolver.erase(folder)
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Condition:
    """How one process is: `lag`, `pending`, `parked` are counts of a service, None where there is no such count.

    `why` says what keeps a service from its work; it is ready when nothing does.
    """

    name: str
    pid: int
    is_alive: bool
    is_ready: bool | None
    restarts: int
    memory: int
    url: str
    lag: int | None = None
    pending: int | None = None
    parked: int | None = None
    why: Sequence[str] = ()

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is wrong with it."""
        return self.is_alive and self.is_ready is not False


def look_at(stack: Stack) -> Sequence[Condition]:
    """Ask every process of a running stack how it is."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda name: _condition(stack, name), stack.processes))


def _condition(stack: Stack, name: str) -> Condition:
    running = stack.processes[name]
    metrics = _metrics(running.url) if running.url else {}
    why = hindrances(running.url) if running.url else ()
    return Condition(
        name=name,
        pid=running.pid,
        is_alive=running.is_alive(),
        is_ready=not why if running.url else None,
        restarts=running.restarts,
        memory=memory(running.pid),
        url=running.url,
        lag=metrics.get("sidan_lag_records"),
        pending=metrics.get("sidan_pending_facts"),
        parked=metrics.get("sidan_parked_facts"),
        why=why,
    )


def _metrics(url: str) -> dict[str, int]:
    try:
        with DIRECT.open(f"{url}/metrics", timeout=2) as answer:
            text = answer.read().decode("utf-8")
    except (OSError, ValueError):
        return {}
    found: dict[str, int] = {}
    for family in text_string_to_metric_families(text):
        values = [sample.value for sample in family.samples if math.isfinite(sample.value)]
        if family.name in _COUNTS and values:
            found[family.name] = int(sum(values))
    return found
