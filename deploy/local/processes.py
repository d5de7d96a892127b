"""Child processes on a leash: none outlives the process that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
LOG_LIMIT = 10 * 1024 * 1024
"""Bytes after which a log is moved aside; one older piece is kept, so a process holds at most twice this on disk."""


class Died(RuntimeError):
    """A child ended before it was of use; the message carries the end of its log."""


def leash(on_orphaned: signal.Signals, *, as_nobody: bool = False) -> Callable[[], None]:
    """Return what a child runs before exec so that the kernel signals it when its parent dies.

    The kernel watches the *thread* that forked and forgets the wish when the user id changes: start children from the
    main thread, and drop rights here, before the wish is made.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children must be started from the main thread")
    parent = os.getpid()
    account = pwd.getpwnam("nobody") if as_nobody else None

    def before_exec() -> None:
        if account is not None:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(on_orphaned), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return before_exec


def run_once(argv: Sequence[str | Path], *, as_nobody: bool = False, timeout: float = 120) -> None:
    """Run a short set-up command to its end; raise `Died` with its output when it fails."""
    done = subprocess.run(
        [str(part) for part in argv],
        preexec_fn=leash(signal.SIGKILL, as_nobody=as_nobody),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode:
        raise Died(f"{Path(str(argv[0])).name}: exit {done.returncode}\n{done.stdout[-2000:]}")


@dataclass
class Child:
    """One process that can be started again; its output goes to `log`.

    `ladder` is how it is asked to stop: signal, then seconds to wait; SIGKILL to its whole group comes last.
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: str = "/"
    as_nobody: bool = False
    on_orphaned: signal.Signals = signal.SIGKILL
    ladder: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 12.0),)
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0

    @property
    def pid(self) -> int:
        """Return the process id of the present run, 0 before the first."""
        return self.process.pid if self.process else 0

    def start(self) -> None:
        """Start it in a session of its own, so that a Ctrl-C of the terminal reaches the supervisor alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                list(self.argv),
                preexec_fn=leash(self.on_orphaned, as_nobody=self.as_nobody),
                start_new_session=True,
                cwd=self.cwd,
                env=None if self.env is None else dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.started = time.monotonic()

    def is_alive(self) -> bool:
        """Tell whether the present run goes on."""
        return self.process is not None and self.process.poll() is None

    def ask(self) -> None:
        """Send the first signal of the ladder without waiting."""
        if self.is_alive() and self.process:
            self.process.send_signal(self.ladder[0][0])

    def stop(self) -> None:
        """Walk down the ladder until it has ended."""
        for wanted, seconds in self.ladder:
            if not self.is_alive() or self.process is None:
                break
            self.process.send_signal(wanted)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it and what it started, at once."""
        if self.process is None:
            return
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait_until(self, is_ready: Callable[[], bool], *, within: float) -> None:
        """Return once `is_ready()`; raise `Died` when the process ends first or `within` seconds pass."""
        end = time.monotonic() + within
        while not is_ready():
            if not self.is_alive():
                raise Died(f"{self.name} ended at once; see {self.log}\n{tail(self.log)}")
            if time.monotonic() > end:
                raise Died(f"{self.name} gave no answer within {within:.0f} s; see {self.log}\n{tail(self.log)}")
            time.sleep(0.02)

    def bound_log(self) -> None:
        """Keep the log below its limit; writers append, so cutting it in place loses at most a line."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
                os.truncate(self.log, 0)


def tail(log: Path, size: int = 2000) -> str:
    """Return the last `size` bytes of a log as text, nothing when there is none."""
    try:
        return log.read_bytes()[-size:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


def identity(pid: int) -> str:
    """Return what tells this run of a process from a later one with the same id; empty when there is none.

    A process id comes again, its start in clock ticks within one boot does not. A zombie counts as gone.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return ""
    return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def is_same(pid: int, known: str) -> bool:
    """Tell whether `pid` is still the run that was written down as `known`."""
    return bool(known) and identity(pid) == known


def memory(pid: int) -> int:
    """Return the bytes a process and the children of its session hold, memory they share counted once; 0 when gone."""
    return sum(_held(each, own=each == pid) for each in _session(pid))


def _session(leader: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                if os.getsid(int(entry.name)) == leader:
                    found.append(int(entry.name))
    return found


def _held(pid: int, *, own: bool) -> int:
    try:
        resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
    except (OSError, ValueError):
        return 0
    return (resident if own else resident - shared) * os.sysconf("SC_PAGE_SIZE")


def is_listening(port: int) -> bool:
    """Tell whether something on this machine accepts connections on `port`."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
