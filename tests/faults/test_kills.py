"""A few kills under load; `make faults` has many."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import pytest

from deploy.local.folder import PROJECT
from tests.faults.strikes import draw


def test_the_seed_alone_says_who_is_struck_how_and_when() -> None:
    one, again, other = (draw(random.Random(seed), 300, 900, has_rooms=True) for seed in (7, 7, 8))
    assert one == again != other
    assert sum(strike.kind == "kill" for strike in one) == 300
    assert {strike.kind for strike in one} == {"kill", "hold", "jump", "fill"}


@pytest.mark.stack
def test_five_kills_under_load_lose_nothing_double_nothing_and_leave_nothing_standing() -> None:
    argv = [sys.executable, "-m", "tests.faults.run", "--kills", "5", "--minutes", "0.25", "--seed", "5"]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["kills"] == 5
    assert (said["lost"], said["twice"], said["disordered"], said["stuck"]) == (0, 0, 0, 0)
