"""A whole city of its own for faults: folders of the broker and the database small enough to fill, nothing left behind.

The small folders are mounts of a namespace of our own: they go with its last process, however that ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from deploy.local import control, postgres
from deploy.local.folder import Running, Stack, read_stack
from deploy.local.plan import plan_for
from shared.city.load import load
from shared.city.model import City

CITY = "donggang"
SIZES = {"kafka": "1500m", "postgres": "4g"}
"""Room of each server; what a run writes leaves most of it free until it is filled on purpose."""
LONGEST_PAUSE = 2.0
"""Seconds before a restart: with the supervisor's own half a minute, most kills would find nobody at home."""
_NEW_MOUNTS = 0x00020000


@dataclass
class Stand:
    """A started city; `rooms` are the folders that can be filled, by server, none where mounting is not possible."""

    stack: Stack
    city: City
    folder: Path
    rooms: dict[str, Path] = field(default_factory=dict)

    def running(self, name: str) -> Running | None:
        """Return the present run of a process, None while there is none."""
        now = read_stack(self.folder)
        known = now.processes.get(name) if now else None
        return known if known is not None and known.is_alive() else None

    def restarts(self) -> int:
        """Return how often the supervisor has started something anew."""
        now = read_stack(self.folder)
        return sum(known.restarts for known in now.processes.values()) if now else 0


@contextmanager
def stand(tell: Callable[[str], None]) -> Iterator[Stand]:
    """Lend a running Donggang; to be entered from the main thread."""
    can_mount = _own_mounts()
    folder = Path(tempfile.mkdtemp(prefix="sidan-faults-"))
    folder.chmod(0o755)  # the database runs as nobody where we are root
    (folder / "way").write_text("recipe\n")  # containers have folders that we cannot fill
    rooms: dict[str, Path] = {}
    try:
        if can_mount:
            rooms = _small_rooms(folder)
        plan = replace(
            plan_for(CITY, folder=folder, virtual_at=datetime.now(UTC)), longest_pause=LONGEST_PAUSE
        )  # fmt: skip
        stack = control.start(plan, tell=lambda words: tell(words[1]), is_bound=True)
        try:
            yield Stand(stack, load(plan.city_file), folder, rooms)
        finally:
            control.stop(folder, tell=lambda words: tell(words[1]))
    finally:
        for room in rooms.values():
            subprocess.run(["umount", "--lazy", str(room)], check=False)
        control.erase(folder)


def _own_mounts() -> bool:
    """Leave for a mount namespace of our own; only root may."""
    if os.geteuid() != 0 or ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNTS) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode == 0


def _small_rooms(folder: Path) -> dict[str, Path]:
    """Put the broker's and the database's folder on file systems of limited size."""
    server, _, _ = postgres.prepare(folder, logs=folder / "logs")  # makes the cluster, which wants an absent folder
    data = Path(server.argv[server.argv.index("-D") + 1])
    owner, made = data.stat(), data.with_name("postgres-made")
    shutil.move(data, made)
    rooms = {"kafka": folder / "kafka", "postgres": data}
    for name, room in rooms.items():
        room.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZES[name]}", "none", str(room)], check=True)
    subprocess.run(["cp", "-a", f"{made}/.", str(data)], check=True)
    os.chown(data, owner.st_uid, owner.st_gid)
    data.chmod(0o700)
    shutil.rmtree(made)
    return rooms
