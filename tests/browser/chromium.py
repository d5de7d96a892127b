"""A Chromium for the browser tests, from wherever this machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--lang=zh-CN")


def find() -> str | None:
    """Return a Chromium: SIDAN_CHROMIUM, the path, Playwright's own, Debian's, else one that apt-get installs."""
    return next((found for found in _candidates() if Path(found).is_file()), None)


def _candidates() -> Iterator[str]:
    yield os.environ.get("SIDAN_CHROMIUM", "")
    yield from (shutil.which(name) or "" for name in NAMES)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    yield own
    yield "/usr/bin/chromium"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"]):
            subprocess.run(["apt-get", *command], capture_output=True, timeout=300, check=False)
        yield "/usr/bin/chromium"
