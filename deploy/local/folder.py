"""What a stack keeps on disk between two starts: ports, passwords, and what is running now."""

from __future__ import annotations

import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.processes import is_same

PROJECT = Path(__file__).resolve().parents[2]
FILES = "files"
"""Folder, in a stack's own, of what its services keep in files."""


def folder_of(city: str) -> Path:
    """Return where the stack of a city keeps everything when no other folder is named."""
    return PROJECT / ".sidan" / city


def write_json(path: Path, content: object, *, mode: int = 0o644) -> None:
    """Replace a file in one step, so that a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    fresh.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file, an empty one when there is no file."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def keep_port(folder: Path, name: str) -> int:
    """Return the port that `name` had before, or a free one, which it then keeps.

    Ports lie below those the kernel lends to outgoing connections, which would take a kept one sooner or later.
    """
    path = folder / "ports.json"
    ports = read_json(path)
    port = int(ports.get(name, 0))
    if not port or not is_free(port):
        taken = set(ports.values())
        while not is_free(port := random.randint(15000, 31999)) or port in taken:  # noqa: S311 - no secret
            pass
        write_json(path, {**ports, name: port})
    return port


def keep_secret(folder: Path, name: str) -> str:
    """Return the secret that `name` had before, or a new one, which it then keeps; only the owner can read the file."""
    path = folder / "secrets.json"
    known = read_json(path)
    if name not in known:
        known[name] = secrets.token_urlsafe(24)
        write_json(path, known, mode=0o600)
    return str(known[name])


@contextmanager
def only_one(folder: Path) -> Iterator[bool]:
    """Say whether this process is the only one to run the stack in `folder`; the kernel lets go when it dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@dataclass
class Running:
    """One process of the stack as written down: `identity` tells it from a later one with the same id."""

    pid: int
    identity: str
    restarts: int = 0
    url: str = ""

    def is_alive(self) -> bool:
        """Tell whether it is still this very process."""
        return is_same(self.pid, self.identity)


@dataclass
class Stack:
    """What `stack.json` says: enough to find, call and stop a running stack. It holds no password."""

    city: str
    folder: Path
    state: str = "starting"
    """starting, ready, waiting (up, but not every service has become ready yet), stopping, stopped or failed."""
    way: str = ""
    kafka: str = ""
    kafka_outside: str = ""
    """Where those come in who need a login; empty where there is no such door."""
    city_file: str = ""
    speed: float = 1.0
    supervisor: Running = field(default_factory=lambda: Running(0, ""))
    processes: dict[str, Running] = field(default_factory=dict)
    steps: list[tuple[str, str]] = field(default_factory=list)
    """What has been done so far, in Chinese and English."""
    dsns: dict[str, str] = field(default_factory=dict, repr=False)
    """Filled from the private file: a DSN per service, `auditor` and `admin`."""

    def save(self) -> None:
        """Write it down."""
        content = asdict(self) | {"folder": str(self.folder)}
        del content["dsns"]
        write_json(self.folder / "stack.json", content)

    def is_running(self) -> bool:
        """Tell whether its supervisor lives, not just whether a file is left."""
        return self.supervisor.is_alive()

    @property
    def services(self) -> Mapping[str, str]:
        """Return service -> base URL."""
        return {name: running.url for name, running in self.processes.items() if running.url}

    @property
    def secret(self) -> str:
        """Return the stack's secret, from which unguessable links are made."""
        return keep_secret(self.folder, "secret")


def read_stack(folder: Path) -> Stack | None:
    """Return what is known of the stack in `folder`, None when there never was one."""
    content = read_json(folder / "stack.json")
    if not content:
        return None
    content["folder"] = folder
    content["supervisor"] = Running(**content["supervisor"])
    content["processes"] = {name: Running(**running) for name, running in content["processes"].items()}
    content["steps"] = [(zh, en) for zh, en in content["steps"]]
    return Stack(**content, dsns=read_json(folder / "dsns.json"))
