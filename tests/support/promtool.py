"""Prometheus' own checker of rules: the machine's, or the one in Debian's package, fetched once into our cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_CACHE = Path(os.environ.get("SIDAN_CACHE", Path.home() / ".cache" / "sidan")) / "promtool"


def promtool() -> tuple[Path | None, str]:
    """Return the program, or none and why there is none."""
    found = shutil.which("promtool")
    if found:
        return Path(found), ""
    kept = _CACHE / "usr" / "bin" / "promtool"
    if kept.exists():
        return kept, ""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return None, "promtool is not on PATH, and there is no apt-get to fetch Debian's package prometheus with"
    _CACHE.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            ["apt-get", "download", "-qq", "prometheus"], cwd=_CACHE, check=True, capture_output=True, timeout=60
        )
        for package in _CACHE.glob("prometheus_*.deb"):
            subprocess.run(["dpkg", "-x", package.name, "."], cwd=_CACHE, check=True, capture_output=True, timeout=60)
            package.unlink()
    except (subprocess.SubprocessError, OSError) as error:
        return None, f"Debian's package prometheus could not be fetched: {type(error).__name__}"
    return (kept, "") if kept.exists() else (None, "Debian's package prometheus holds no promtool")
