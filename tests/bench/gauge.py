"""What processes cost: processor seconds and memory, read from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def processor(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the processor seconds of each process with its unnamed children, those that have ended included."""
    tree = _children(pids)
    return {name: _seconds(pid, ended=True) + sum(map(_seconds, _below(pid, tree))) for name, pid in pids.items()}


def memory(pids: Mapping[str, int]) -> dict[str, int]:
    """Return the bytes that each process with its unnamed children holds; what some share is divided among them."""
    tree = _children(pids)
    return {name: _own(pid) + sum(map(_own, _below(pid, tree))) for name, pid in pids.items()}


def _seconds(pid: int, *, ended: bool = False) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11 : 15 if ended else 13])) / _TICK


def _own(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _children(pids: Mapping[str, int]) -> dict[int, list[int]]:
    named = set(pids.values())
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) not in named:
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found


def _below(pid: int, tree: Mapping[int, list[int]]) -> list[int]:
    return [p for child in tree.get(pid, ()) for p in (child, *_below(child, tree))]
