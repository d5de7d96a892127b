"""Alarms of one sensor that follow each other shortly are one report; each repetition is counted on its case.

The times are those that the sensors claim: what was gathered offline is told apart as it sounded, not as it came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from services.intake.domain import facts
from services.intake.domain.case import Case, Status, evolve
from services.intake.domain.report import Report
from shared.kernel.decisions import Decision, Fact
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Alarm:
    """A private row: the alarm that a sensor sounds, the case that it began, when it began and sounded last."""

    source: str
    device: str
    case: str
    began_at: datetime
    last_at: datetime

    def is_again(self, at: datetime, source: Any) -> bool:
        """Tell whether what sounded then is this alarm still: not quiet for so long, not on for longer."""
        quiet, longest = timedelta(minutes=source.flapping.quiet), timedelta(minutes=source.flapping.longest)
        return self.began_at - quiet <= at <= self.last_at + quiet and at <= self.began_at + longest

    def sounding(self, at: datetime) -> Alarm:
        """Return the alarm after it sounded once more."""
        return replace(self, began_at=min(self.began_at, at), last_at=max(self.last_at, at))


def sounded(report: Report, source: Any, case: str, at: datetime) -> Alarm | None:
    """Return the alarm that a report would begin; None for a source whose reports are not alarms.

    A sensor that does not name itself is known by what it says of matter and place.
    """
    if source is None or source.flapping is None:
        return None
    said = report.place
    place = (said.unit, said.address, said.lon and round(said.lon, 4), said.lat and round(said.lat, 4)) if said else ()
    device = report.device or sha256(repr((report.matter, place, report.text)).encode()).hexdigest()[:32]
    claimed = report.at or at
    return Alarm(source.code, device, case, claimed, claimed)


def chain(alarms: Mapping[tuple[str, str], Alarm], heard: list[Alarm], city: Any) -> list[Alarm | None]:
    """Return, for each alarm of a batch in order, the one that it repeats, of those known before or of the batch."""
    known, found = dict(alarms), list[Alarm | None]()
    for one in heard:
        before = known.get((one.source, one.device))
        if before is not None and before.case != one.case and before.is_again(one.last_at, city.sources[one.source]):
            found.append(before)
            known[one.source, one.device] = before.sounding(one.last_at)
        else:
            found.append(None)
            known[one.source, one.device] = one
    return found


def again(fact: Any, alarm: Alarm, before: Alarm, states: Mapping[str, Case | None], subject: str) -> Decision | None:
    """Let a repetition join the case of its alarm, where it is counted and makes nobody a reporter.

    None where that case is done: then it is a new occurrence.
    """
    name, home = before.case, states.get(before.case)
    while home is not None and home.status is Status.MERGED and home.home:
        name, home = home.home, states.get(home.home)
    if home is None or home.status not in (Status.OPEN, Status.HELD) or home.is_handled or name == subject:
        return None
    merged = facts.CaseMerged(
        number=fact.number, source=fact.source, report=fact.report, dossier=fact.dossier, summary=fact.summary,
        reporter=fact.reporter, ratable=False, into=name, reporters=(), how="flapping", placement=fact.placement,
        understanding=getattr(fact, "understanding", None), raised_by=fact.raised_by, claimed_at=fact.claimed_at,
    )  # fmt: skip
    counted = facts.AlarmRepeated(
        source=fact.source, report=fact.report, case=subject, sounded_at=alarm.last_at, repeats=home.repeats + 1
    )
    rows = (replace(before, case=name).sounding(alarm.last_at), facts.Rehomed((subject,), name, (fact.dossier,)))
    return Decision((Fact(merged), Fact(counted, name)), rows=rows)


@evolve.on(facts.AlarmRepeated)
def repeated(case: Case, fact: facts.AlarmRepeated, at: datetime) -> Case:
    """Count it."""
    return replace(case, repeats=fact.repeats)
