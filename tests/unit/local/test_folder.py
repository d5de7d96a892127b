from __future__ import annotations

import os
import socket
import stat
import subprocess
from pathlib import Path

from deploy.local.folder import Running, Stack, keep_port, keep_secret, only_one, read_stack, write_json
from deploy.local.processes import identity, is_same


def test_a_port_stays_with_the_folder_until_someone_else_takes_it(tmp_path: Path) -> None:
    port = keep_port(tmp_path, "kafka")
    assert keep_port(tmp_path, "kafka") == port
    assert keep_port(tmp_path, "postgres") != port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        moved = keep_port(tmp_path, "kafka")
    assert moved != port
    assert keep_port(tmp_path, "kafka") == moved


def test_secrets_differ_stay_and_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    assert keep_secret(tmp_path, "a") != keep_secret(tmp_path, "b")
    assert keep_secret(tmp_path, "a") == keep_secret(tmp_path, "a")
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_only_one_process_may_run_a_folder(tmp_path: Path) -> None:
    with only_one(tmp_path) as first, only_one(tmp_path) as second:
        assert (first, second) == (True, False)
    with only_one(tmp_path) as again:
        assert again


def test_a_stack_reads_back_as_it_was_written_without_its_passwords(tmp_path: Path) -> None:
    stack = Stack("cell", tmp_path, kafka="127.0.0.1:1", processes={"intake": Running(7, "x", 2, "http://i")})
    stack.dsns = {"intake": "postgresql://secret"}
    stack.steps = [("好", "good")]
    stack.save()
    assert "secret" not in (tmp_path / "stack.json").read_text()
    write_json(tmp_path / "dsns.json", stack.dsns, mode=0o600)
    assert read_stack(tmp_path) == stack
    assert read_stack(tmp_path / "none") is None


def test_a_written_down_process_is_alive_only_while_it_is_the_same_run() -> None:
    me = os.getpid()
    assert is_same(me, identity(me))
    assert not is_same(me, "another boot:1")
    assert not is_same(me, "")
    with subprocess.Popen(["sleep", "60"]) as child:
        known = identity(child.pid)
        assert is_same(child.pid, known)
        child.kill()
        child.wait()
        assert not is_same(child.pid, known)
