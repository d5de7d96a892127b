"""A running Donggang to throw things at, with some real cases in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import control
from deploy.local.plan import plan_for
from deploy.local.resolver import Backing
from shared.city.load import load
from tests.support.running_city import PLACE, RunningCity, wait
from tests.support.wording import apart

SOURCE = "hotline"


@contextmanager
def running(backing: Backing, folder: Path) -> Iterator[RunningCity]:
    """Run the five services on servers that are there already; everything ends with the block."""
    os.environ.update(SIDAN_KAFKA=backing.kafka, SIDAN_POSTGRES=backing.postgres)
    plan = plan_for("donggang", folder=folder)
    try:
        stack = control.start(plan, tell=lambda words: None, is_bound=True)
        yield RunningCity(stack, load(plan.city_file), folder)
    finally:
        control.stop(folder, tell=lambda words: None)
        del os.environ["SIDAN_KAFKA"], os.environ["SIDAN_POSTGRES"]


@dataclass(frozen=True)
class Office:
    """What there is to reply to: a department with a stream, its orders, and invitations to rate."""

    department: str
    dispatched: tuple[str, ...]
    accepted: tuple[str, ...]
    tokens: tuple[str, ...]


def furnish(city: RunningCity, cases: int) -> Office:
    """Register cases of one department, accept half of them, and bring a few to their rating."""
    reports = [
        {"id": f"base-{n}", "text": apart(f"base-{n}"), "matter": "burst-pipe", "place": {"unit": PLACE},
         "reporter": {"id": f"r-{n}"}}
        for n in range(cases)
    ]  # fmt: skip
    answer = city.post("intake", "/v1/reports", reports, ("source", SOURCE))
    assert answer.status_code == 200, answer.text
    ids = [item["case"] for item in answer.json()["items"]]
    rated, accepted, dispatched = ids[: cases // 4], ids[cases // 4 : cases // 2], ids[cases // 2 :]
    lead = city.order(ids[-1], "dispatched", 60)["lead"]
    for case in ids:
        city.order(case, "dispatched", 60)
    with ThreadPoolExecutor(4) as some:
        list(some.map(lambda case: _accept(city, lead, case), [*rated, *accepted]))
        list(some.map(lambda case: _finish(city, lead, case), rated))

    def tokens() -> tuple[str, ...] | None:
        sent = [m["data"] for m in city.messages(f"receipts.{SOURCE}") if m["type"] == "invitation.sent.v1"]
        mine = tuple(s["token"] for s in sent if s["case"] in rated)
        return mine if len(mine) == len(rated) else None

    return Office(lead, tuple(dispatched), tuple(accepted), tuple(wait(tokens, 60, "invitations")) if rated else ())


def _accept(city: RunningCity, lead: str, case: str) -> None:
    said = city.act(case, "accept", city.holder(lead), assignment=1, handler="抢修班长")
    assert said.status_code == 200, said.text


def _finish(city: RunningCity, lead: str, case: str) -> None:
    done = city.act(case, "finish", city.holder(lead), assignment=1, what="已更换阀门", contacted=True, evidence=1)
    assert done.status_code == 200, done.text
    order = city.order(case, "handled")
    seen = city.act(
        case, "verify", ("unit", order["responsible"]), assignment=1, passed=True, note="现场看过已修好", means="photo"
    )
    assert seen.status_code == 200, seen.text


SERVICES = ("intake", "dispatch", "escalation", "feedback", "console")


def unready(city: RunningCity) -> dict[str, str]:
    """Return what keeps a service from being ready."""
    found = {}
    for service in SERVICES:
        answer = city.get(service, "/readyz")
        if answer.status_code != 200:
            found[service] = answer.text
    return found
