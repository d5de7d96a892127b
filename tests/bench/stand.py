"""A whole city pinned to some cores, on a Kafka and a PostgreSQL of its own that keep what they acknowledge."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import control
from deploy.local.folder import Stack
from deploy.local.plan import plan_for
from deploy.local.resolver import Backing, local_stack
from shared.city.load import load
from shared.city.model import City


@dataclass(frozen=True)
class Stand:
    """What is measured: the stack, and every process by name, this one as `load`."""

    stack: Stack
    city: City
    pids: dict[str, int]


@contextmanager
def servers() -> Iterator[tuple[Path, Backing]]:
    """Lend Kafka and PostgreSQL, fsync on, on the cores that `CORES` names; children inherit them from us."""
    cores = {int(core) for core in os.environ.get("CORES", "0,1").split(",")}
    os.sched_setaffinity(0, cores)
    folder = Path(tempfile.mkdtemp(prefix="sidan-bench-"))
    try:
        with local_stack(folder / "servers", "bench") as backing:
            yield folder, backing
    finally:
        control.erase(folder / "servers")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def city() -> Iterator[Stand]:
    """Lend a running Donggang; everything ends with the block."""
    with servers() as (folder, backing):
        os.environ.update(SIDAN_KAFKA=backing.kafka, SIDAN_POSTGRES=backing.postgres)
        plan = plan_for("donggang", folder=folder / "city")
        stack = control.start(plan, tell=lambda words: print(words[1], flush=True), is_bound=True)
        try:
            pids = {name: running.pid for name, running in stack.processes.items()}
            pids |= {child.name: child.pid for child in backing.children}
            pids |= {"supervisor": stack.supervisor.pid, "load": os.getpid()}
            yield Stand(stack, load(plan.city_file), pids)
        finally:
            control.stop(plan.folder, tell=lambda words: None)
            del os.environ["SIDAN_KAFKA"], os.environ["SIDAN_POSTGRES"]
