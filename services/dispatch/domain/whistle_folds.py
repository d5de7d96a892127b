"""What each fact makes of a whistle."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.dispatch.domain import whistle as w
from services.dispatch.domain.whistle import Callee, Part, Presence, Status, Whistle
from shared.kernel.decisions import Evolution
from shared.kernel.replacing import replace

evolve = Evolution()


def _callee(state: Whistle, code: str, **change: Any) -> Whistle:
    callees = tuple(replace(callee, **change) if callee.code == code else callee for callee in state.callees)
    return replace(state, callees=callees)


@evolve.on(w.WhistleAsked)
def asked(state: Whistle | None, fact: w.WhistleAsked, at: datetime) -> Whistle:
    callees = tuple(Callee(code) for code in fact.callees)
    return Whistle(
        fact.whistler, fact.kind, Status.ASKED, fact.place, fact.spot, fact.why, fact.case, fact.meet_at, callees
    )


@evolve.on(w.WhistleSounded)
def sounded(state: Whistle | None, fact: w.WhistleSounded, at: datetime) -> Whistle:
    return Whistle(
        fact.whistler, fact.kind, Status.SOUNDED, fact.place, fact.spot, fact.why, fact.case,
        state.meet_at if state else None, tuple(Callee(code) for code in fact.callees), fact.sign_due_at,
        fact.report_due_at,
    )  # fmt: skip


@evolve.on(w.CalleeSigned)
def signed(state: Whistle, fact: w.CalleeSigned, at: datetime) -> Whistle:
    return _callee(state, fact.callee, presence=Presence.SIGNED)


@evolve.on(w.CalleeReportedIn)
def reported_in(state: Whistle, fact: w.CalleeReportedIn, at: datetime) -> Whistle:
    if fact.late:
        return _callee(state, fact.callee, arrived_at=at)
    return _callee(state, fact.callee, presence=Presence.REPORTED_IN, arrived_at=at)


@evolve.on(w.ReportInConfirmed)
def confirmed(state: Whistle, fact: w.ReportInConfirmed, at: datetime) -> Whistle:
    if fact.here:
        return _callee(state, fact.callee, confirmed=True)
    return _callee(state, fact.callee, presence=Presence.SIGNED, confirmed=False, arrived_at=None, objected=False)


@evolve.on(w.CalleeMissing)
def missing(state: Whistle, fact: w.CalleeMissing, at: datetime) -> Whistle:
    return _callee(state, fact.callee, presence=Presence.NO_SHOW, receipt_due_at=fact.receipt_due_at)


@evolve.on(w.AbsenceAnswered)
def absence_answered(state: Whistle, fact: w.AbsenceAnswered, at: datetime) -> Whistle:
    return _callee(state, fact.callee, receipted=True)


@evolve.on(w.CalleeObjected)
def objected(state: Whistle, fact: w.CalleeObjected, at: datetime) -> Whistle:
    return _callee(state, fact.callee, objected=True)


@evolve.on(w.CalleeReleased)
def released(state: Whistle, fact: w.CalleeReleased, at: datetime) -> Whistle:
    return _callee(state, fact.callee, presence=Presence.RELEASED)


@evolve.on(w.WhistleEnded)
def ended(state: Whistle, fact: w.WhistleEnded, at: datetime) -> Whistle:
    return replace(
        state, status=Status.ENDED, parts=tuple(Part(c.unit, c.due_on, c.on_order) for c in fact.conclusions)
    )


@evolve.on(w.PartDone)
def part_done(state: Whistle, fact: w.PartDone, at: datetime) -> Whistle:
    parts = tuple(replace(p, is_done=True) if n == fact.part else p for n, p in enumerate(state.parts, 1))
    return replace(state, parts=parts)


@evolve.on(w.WhistleCancelled)
def cancelled(state: Whistle, fact: w.WhistleCancelled, at: datetime) -> Whistle:
    return replace(state, status=Status.CANCELLED)


@evolve.on(w.WhistleRated)
def rated(state: Whistle, fact: w.WhistleRated, at: datetime) -> Whistle:
    return replace(state, ratings=(*state.ratings, (fact.rater, fact.rated)))
